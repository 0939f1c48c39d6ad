# SPDX-License-Identifier: Apache-2.0
"""Forwarder: the ASGI app behind the guard that carries a permitted request to its endpoint and the answer back, as it comes.

aiohttp, because the HTTP client is what a gateway's cost is made of (`benchmarks/README.md`). No redirect is followed and no proxy taken
from the environment: both would move the exchange to a place that policy has not seen.
"""

import asyncio
import contextlib
import re
from collections.abc import Mapping

import aiohttp
from yarl import URL

from douane.asgi import Passage
from douane.client import Message, Receive, Scope, Send
from douane.errors import UpstreamBroken, UpstreamUnreachable
from douane.route import Endpoint

__all__ = ["Forwarder"]

# What an endpoint's headers may say to a client, and in what form: they are inspected by nobody, so nothing else fits into them.
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_MEASURE = re.compile(r"[0-9.]{1,16}")
_HANDED_BACK = {
    "content-type": re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}(?:; ?charset=[\w-]{1,20})?", re.ASCII),
    "content-encoding": re.compile(r"[a-z, ]{1,20}"),
    "retry-after": re.compile(r"[0-9.]{1,16}|[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} GMT"),
    "retry-after-ms": _MEASURE,
    "x-should-retry": re.compile("true|false"),
    "x-request-id": _ID,
    "request-id": _ID,
    "openai-processing-ms": _MEASURE,
}
_LIMIT_NAME = re.compile(r"(?:x-)?ratelimit-[a-z-]{1,40}")
_LIMIT = re.compile(r"-?[0-9][0-9A-Za-z.:+-]{0,31}")
_ACCEPT = "application/json, text/event-stream"
_USER_AGENT = "douane"
_PIECE = 64 * 1024


class Forwarder:
    """Carries requests to `endpoints`, by the id of the destination in the passage; `path` is appended to the endpoint's URL.

    `connect` bounds the time to a connection, `idle` the time between two reads, both in seconds. Raises `UpstreamError` into the guard.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint], *, connect: float, idle: float, path: str = "/chat/completions") -> None:
        self._endpoints = endpoints
        self._timeout = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=connect, sock_read=idle)
        self._path = path
        self._urls = {id_: URL(endpoint.url + path, encoded=True) for id_, endpoint in endpoints.items()}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to the endpoints."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        passage: Passage = scope["douane"]
        request = await receive()
        carrying = asyncio.ensure_future(self._carry(passage, request.get("body", b""), send))
        leaving = asyncio.ensure_future(_departure(receive))
        try:
            await asyncio.wait((carrying, leaving), return_when=asyncio.FIRST_COMPLETED)
            if carrying.done():
                carrying.result()
        finally:
            # A client that left takes its call to the model with it: nobody pays for an answer that nobody reads.
            for task in (carrying, leaving):
                if not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError, Exception):
                        await task

    async def _carry(self, passage: Passage, body: bytes, send: Send) -> None:
        id_ = passage.destination.id
        try:
            async with self._connected().post(self._urls[id_], data=body, headers=self._headers(id_), allow_redirects=False) as answer:
                if 300 <= answer.status < 400:
                    raise UpstreamBroken(f"the endpoint `{id_}` redirects; put the place that it redirects to into `base_url`")
                await send({"type": "http.response.start", "status": answer.status, "headers": _handed_back(answer)})
                async for piece in answer.content.iter_any():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except aiohttp.ConnectionTimeoutError as cause:
            raise UpstreamUnreachable(f"the endpoint `{id_}` gave no connection in time", status=504) from cause
        except TimeoutError as cause:
            raise UpstreamUnreachable(f"the endpoint `{id_}` fell silent", status=504) from cause
        except aiohttp.ClientConnectorError as cause:
            raise UpstreamUnreachable(f"the endpoint `{id_}` cannot be reached") from cause
        except aiohttp.ClientError as cause:
            raise UpstreamBroken(f"the endpoint `{id_}` broke off its answer") from cause

    def _headers(self, id_: str) -> dict[str, str]:
        # An allow-list: cookies, forwarding headers and the caller's own key are nobody's business upstream.
        headers = {"content-type": "application/json", "user-agent": _USER_AGENT, "accept": _ACCEPT, "accept-encoding": "identity"}
        return headers | self._endpoints[id_].authorization

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, enable_cleanup_closed=False),
                timeout=self._timeout,
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=_PIECE,
            )
        return self._session


def _handed_back(answer: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    headers = []
    for name, value in answer.headers.items():
        lower = name.lower()
        form = _HANDED_BACK.get(lower) or (_LIMIT if _LIMIT_NAME.fullmatch(lower) else None)
        if form is not None and form.fullmatch(value):
            headers.append((lower.encode("latin-1"), value.encode("latin-1")))
    return headers


async def _departure(receive: Receive) -> None:
    """Returns once the client has gone."""
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()
