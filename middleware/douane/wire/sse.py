# SPDX-License-Identifier: Apache-2.0
"""Event streams as the HTML standard defines them (WHATWG, 9.2.6): an incremental parser and the way back."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

from douane.errors import UpstreamBroken

__all__ = ["Comment", "Event", "SseParser", "encode"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its data, and its type where it has one."""

    data: str = field(repr=False)
    event: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon; servers send it to keep the connection alive."""

    text: str = field(repr=False)


class SseParser:
    """Feed bytes as they come, take the events that they complete. `limit` bounds one event, in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._rest: list[str] = []  # an unfinished line, in the pieces that it came in
        self._after_cr = False
        self._is_first = True
        self._data: list[str] = []
        self._event = ""
        self._size = 0  # of the event so far, without the unfinished line
        self._waiting = 0  # of the unfinished line

    @property
    def is_clean(self) -> bool:
        """Whether no event is left unfinished."""
        return not (self._waiting or self._data or self._event)

    def feed(self, raw: bytes) -> Iterator[Event | Comment]:
        """The events and comments that these bytes complete. Raises `UpstreamBroken`, after all that came before what is broken."""
        is_broken = False
        try:
            text = self._decoder.decode(raw)
        except UnicodeDecodeError as cause:
            is_broken = True
            text = cause.object[: cause.start].decode()
        yield from self._take(text)
        if is_broken:
            raise UpstreamBroken("the stream is not UTF-8")

    def _take(self, text: str) -> Iterator[Event | Comment]:
        if not text:
            return
        if self._is_first:
            self._is_first = False
            text = text.removeprefix("\ufeff")
        if self._after_cr and text.startswith("\n"):
            text = text[1:]  # the second half of a CRLF that came in two pieces
        self._after_cr = text.endswith("\r") if text else self._after_cr
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join([*self._rest, lines[0]])
            self._rest = []
            self._waiting = 0
        self._rest.append(rest)
        self._waiting += len(rest)
        for line in lines:
            item = self._line(line)
            if item is not None:
                yield item
        if self._size + self._waiting > self._limit:
            raise UpstreamBroken("an event of the stream is larger than `limits.response_bytes` allows")

    def _line(self, line: str) -> Event | Comment | None:
        if not line:
            event = Event("\n".join(self._data), self._event) if self._data else None
            self._data, self._event, self._size = [], "", 0
            return event
        if line[0] == ":":
            return Comment(line[1:].removeprefix(" "))
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        self._size += len(line)
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        # `id` and `retry` are for clients that reconnect, which chats do not; other names are ignored, as the standard asks
        return None


def encode(data: bytes | str, event: str = "") -> bytes:
    """One event on the wire."""
    raw = data.encode() if isinstance(data, str) else data
    head = b"event: " + event.encode() + b"\n" if event else b""
    if b"\n" in raw or b"\r" in raw:
        raw = b"\ndata: ".join(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    return head + b"data: " + raw + b"\n\n"
