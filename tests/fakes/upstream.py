# SPDX-License-Identifier: Apache-2.0
"""A fake endpoint that answers as a test tells it, faults included. Over raw sockets: a library mends what is to be broken."""

import contextlib
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Connection", "FakeUpstream", "Received", "chat_answer", "chunk", "compressed", "events", "fake_upstream"]

Script = Callable[["Connection"], None]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def everything(self) -> bytes:
        """Every byte of it, for canaries."""
        return self.path.encode() + repr(self.headers).encode() + self.body


@dataclass(slots=True)
class Connection:
    """What a script may do, and the request that it answers."""

    request: Received
    socket: socket.socket
    stop: threading.Event
    gone: threading.Event

    def send(self, raw: bytes) -> None:
        """Raw bytes."""
        self.socket.sendall(raw)

    def head(self, status: int = 200, *headers: str) -> None:
        """A status line and headers, one a string."""
        lines = (f"HTTP/1.1 {status} X", *headers, "connection: close")
        self.send("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json", *headers: str) -> None:
        """A whole answer."""
        self.head(status, f"content-type: {kind}", f"content-length: {len(body)}", *headers)
        self.send(body)

    def stream(self, pieces: Iterable[bytes], kind: str = "text/event-stream") -> None:
        """A chunked answer that ends as it should."""
        self.head(200, f"content-type: {kind}", "transfer-encoding: chunked")
        for piece in pieces:
            self.piece(piece)
        self.send(b"0\r\n\r\n")

    def piece(self, piece: bytes) -> None:
        """One chunk of a chunked answer."""
        self.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    def drip(self, raw: bytes, pause: float = 0.005) -> None:
        """Raw bytes one by one, `pause` seconds apart."""
        for at in range(len(raw)):
            self.send(raw[at : at + 1])
            time.sleep(pause)

    def hang(self) -> None:
        """Say nothing until the client leaves or the test ends."""
        self.socket.settimeout(0.05)
        while not self.stop.is_set():
            try:
                if not self.socket.recv(1):
                    self.gone.set()
                    return
            except TimeoutError:
                continue
            except OSError:
                self.gone.set()
                return

    def reset(self) -> None:
        """Break the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


@dataclass(slots=True)
class FakeUpstream:
    """The endpoint; `script` answers each request. `gone` is set once a client left before its answer ended."""

    url: str
    script: Script
    received: list[Received] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def fake_upstream() -> Iterator[FakeUpstream]:
    """An endpoint on a free loopback port; it answers a chat until told otherwise."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    upstream = FakeUpstream(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", lambda c: c.answer(chat_answer("Hello.")))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not upstream.stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=_answer, args=(upstream, connection))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept, name="fake upstream")
    accepting.start()
    try:
        yield upstream
    finally:
        upstream.stop.set()
        accepting.join()
        for thread in threads:
            thread.join(timeout=10)
        listener.close()
        assert not any(thread.is_alive() for thread in threads), "a script did not end"


def _answer(upstream: FakeUpstream, connection: socket.socket) -> None:
    connection.settimeout(10)
    with contextlib.suppress(OSError), connection:
        raw = b""
        while b"\r\n\r\n" not in raw:
            piece = connection.recv(65536)
            if not piece:
                return
            raw += piece
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", "0")):
            piece = connection.recv(65536)
            if not piece:
                return
            body += piece
        request = Received(first.split()[1], headers, body)
        upstream.received.append(request)
        try:
            upstream.script(Connection(request, connection, upstream.stop, upstream.gone))
        except ConnectionError:
            upstream.gone.set()


def chat_answer(text: str | None = "Hello.", model: str = "small-paris", **message: Any) -> bytes:
    """A whole chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None, **message}, "finish_reason": "stop"}
    answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": None}
    return json.dumps(answer).encode()


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, index: int = 0, model: str = "small-paris", **more: Any) -> bytes:
    """One event with one chunk."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": finish, **more}]
    tree = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}
    return b"data: " + json.dumps(tree).encode() + b"\n\n"


def events(text: str, size: int = 4) -> list[bytes]:
    """A whole stream that says `text` in pieces."""
    pieces = [chunk({"content": text[at : at + size]}) for at in range(0, len(text), size)]
    return [chunk({"role": "assistant", "content": ""}), *pieces, chunk({}, "stop"), b"data: [DONE]\n\n"]


def compressed(body: bytes) -> bytes:
    """The body as gzip."""
    return gzip.compress(body)
