# SPDX-License-Identifier: Apache-2.0
"""The client's side of one guarded ASGI request: what is said to it, and the hop of the blocking guard to a worker thread."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from douane.border import Border
from douane.refusal import Refusal
from douane.wire import openai

__all__ = ["LARGE", "Client", "Message", "Receive", "Scope", "Send"]

# The types of the ASGI specification, version 3.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGE = 64 * 1024
"""Bytes of JSON from which reading it is work for another thread: the event loop has other clients."""

_T = TypeVar("_T")


class Client:
    """Answers one request. `gone` is set once the client has closed the connection, `started` once an answer has begun."""

    def __init__(self, border: Border, receive: Receive, send: Send) -> None:
        self.border = border
        self.gone = False
        self.started = False
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        """The next ASGI event of the client."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        return message

    async def blocking(self, function: Callable[[], _T]) -> _T:
        """Run a blocking call of the guard on a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self.border.executor, function)

    def receipt(self, id_: str, seq: int) -> list[tuple[bytes, bytes]]:
        """The headers that name the decision and its place in the log."""
        return [(b"x-douane-decision", id_.encode()), (b"x-douane-log", f"{self.border.origin}/{seq}".encode())]

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Begin the answer."""
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def body(self, piece: bytes, *, more: bool = False) -> None:
        """The next, or with `more` false the last, piece of the answer."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def refuse(self, refusal: Refusal, id_: str = "", seq: int = -1) -> None:
        """Answer with an error of ours, in the client's protocol."""
        body = openai.error_body(
            refusal.message, type=refusal.type, code=refusal.code, extra={"douane": refusal.detail} if refusal.detail else {}
        )
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if id_:
            headers += self.receipt(id_, seq)
        if refusal.status >= 500 and not refusal.is_retryable:
            headers.append((b"x-should-retry", b"false"))  # understood by OpenAI's and Anthropic's SDKs
        with contextlib.suppress(OSError):  # the client may be gone, which is its right
            await self.start(refusal.status, headers)
            await self.body(body)
