# SPDX-License-Identifier: Apache-2.0
"""What reached a client of a stream when, and how long after the model had sent it: the other half of `stream.py`."""

import asyncio
import json
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import urlsplit

import httptools
import uvloop

from load import LoadFailed
from stream_model import Sent

__all__ = ["Heard", "Lag", "hear", "keep_open", "lag"]

_T = TypeVar("_T")
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer as it came in: when it was asked for, and every piece of its body with its time; nanoseconds of the monotonic clock."""

    asked: int
    pieces: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Lag:
    """How much later than the model sent it an answer arrived.

    `first` is the time in ns from the request to the first character. `times` (ns) and `deltas` hold a number for each character that
    nobody edits and for the last one of each value: how long after, and how many deltas after the one that carried it.
    `values` are the values of the answer as they arrived.
    """

    first: int
    times: Sequence[int]
    deltas: Sequence[int]
    values: Sequence[str]


def hear(url: str, bodies: Sequence[bytes]) -> list[Heard]:
    """Asks with all bodies at once, each on a connection of its own. Raises `LoadFailed` for any answer without its end."""
    return _run(url, bodies, 0, lambda heard: heard)


def keep_open(url: str, bodies: Sequence[bytes], events: int, then: Callable[[], _T]) -> _T:
    """What `then` says while all answers stand at `events` events; they are broken off afterwards."""
    return _run(url, bodies, events, lambda _: then())


def _run(url: str, bodies: Sequence[bytes], events: int, then: Callable[[list[Heard]], _T]) -> _T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(url, bodies, events, then))


async def _ask(url: str, bodies: Sequence[bytes], events: int, then: Callable[[list[Heard]], _T]) -> _T:
    parts = urlsplit(url)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
    loop, connections = asyncio.get_running_loop(), list[_Connection]()
    try:
        async with asyncio.timeout(_SECONDS):
            for body in bodies:
                raw = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
                _, connection = await loop.create_connection(lambda: _Connection(events), parts.hostname or "", parts.port or 80)
                connections.append(connection)
                if events:
                    connection.ask(raw)
                    await connection.finished  # one after another: what many at once cost is not the memory of one
                else:
                    connection.raw = raw
            for connection in connections if not events else ():
                connection.ask(connection.raw)
            return then([await connection.finished for connection in connections])
    except ConnectionError as cause:
        raise LoadFailed(f"no connection to {parts.netloc}") from cause
    except TimeoutError as cause:
        raise LoadFailed(f"not all of {len(bodies)} answers came within {_SECONDS:g} seconds") from cause
    finally:
        for connection in connections:
            connection.close()


class _Connection(asyncio.Protocol):
    """One request. Its answer is finished at its end, or at so many `events` where it has none."""

    raw = b""

    def __init__(self, events: int) -> None:
        self._events = events
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._asked = 0
        self._pieces: list[tuple[int, bytes]] = []
        self.finished: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

    def ask(self, raw: bytes) -> None:
        assert self._transport is not None
        self._asked = time.perf_counter_ns()
        self._transport.write(raw)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if not self.finished.done():
            self.finished.cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()  # where an answer ends in HTTP/1.0

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("an answer was not HTTP")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._pieces.append((time.perf_counter_ns(), body))
        if self._events and b"".join(piece for _, piece in self._pieces).count(b"\n\n") >= self._events:
            self._done()

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._end()

    def _end(self) -> None:
        if self._events and not self.finished.done():
            self._fail("an answer ended that should have stayed open")
        elif self._parser.get_status_code() != 200:
            self._fail(f"an answer had status {self._parser.get_status_code()}")
        elif not self._pieces or not b"".join(piece for _, piece in self._pieces[-3:]).rstrip().endswith(b"data: [DONE]"):
            self._fail("an answer did not end as it should")
        else:
            self._done()

    def _done(self) -> None:
        if not self.finished.done():
            self.finished.set_result(Heard(self._asked, self._pieces))

    def _fail(self, why: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(LoadFailed(why))


def lag(sent: Sent, heard: Heard) -> Lag:
    """Compares what was sent with what arrived. Raises `LoadFailed` where anything but the values was changed."""
    text, ends, times = _content(heard)
    found = re.fullmatch("(.*?)".join(map(re.escape, sent.prose)), text, re.DOTALL)
    if found is None:
        raise LoadFailed("the text around the values did not arrive as it was sent")
    late_times, late_deltas = [], []

    def compare(theirs: int, ours: int) -> None:
        # The place of a character in the text as it was sent, and as it arrived.
        carried, arrived = bisect_right(sent.ends, theirs), bisect_right(ends, ours)
        late_times.append(times[arrived] - sent.times[carried])
        late_deltas.append(arrived - carried)

    theirs = ours = 0
    for prose, value, arrived in zip(sent.prose, (*sent.values, ""), (*found.groups(), ""), strict=True):
        for _ in prose:
            compare(theirs, ours)
            theirs, ours = theirs + 1, ours + 1
        theirs, ours = theirs + len(value), ours + len(arrived)
        if value and arrived:
            compare(theirs - 1, ours - 1)
    return Lag(times[bisect_right(ends, 0)] - heard.asked, late_times, late_deltas, found.groups())


def _content(heard: Heard) -> tuple[str, list[int], list[int]]:
    """The text of an answer; for each delta, the first of which is the model's first, where it ends in it and when it arrived."""
    raw = b"".join(piece for _, piece in heard.pieces)
    stamps, reached = [], 0
    for _, piece in heard.pieces:
        stamps.append(reached := reached + len(piece))
    text, ends, times = "", list[int](), list[int]()
    start = 0
    while (stop := raw.find(b"\n\n", start)) >= 0:
        data = raw[start:stop].strip().removeprefix(b"data:").strip()
        start = stop + 2
        if not data.startswith(b"{"):
            continue
        delta = json.loads(data)["choices"][0]["delta"]
        if isinstance(delta.get("content"), str) and "role" not in delta:
            text += delta["content"]
            ends.append(len(text))
            times.append(heard.pieces[bisect_right(stamps, stop + 1)][0])
    return text, ends, times
