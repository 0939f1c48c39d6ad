# SPDX-License-Identifier: Apache-2.0
"""The events of a streamed chat as they are read: chunks, the end, and what passes as it is.

Nearly all chunks of a stream repeat the one before but for one string. They are told by their bytes and not parsed again.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from douane.errors import BodyRejected, ShapeRejected, UpstreamBroken
from douane.wire import sse
from douane.wire.body import Body, BodyLimits
from douane.wire.openai_stream import Chunk, Fragment, is_text, read_chunk

__all__ = ["DONE", "EventReader", "Item", "Pattern", "Run"]

DONE = "[DONE]"
_EVENTS = frozenset({"message", "error", "ping", "completion", "chunk"})
_KEEP_ALIVE = b": keep-alive\n\n"
_MOST_PATTERNS = 4  # one a choice, mostly
_MOST_REPEATS = 64
_MOST_CHARACTERS = 1024
_INSIDE = re.compile(r'(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt])*+')  # of a string; what is written as \u may be half a character


class Pattern:
    """A chunk that others repeat but for one string, the fragment's.

    A text that has the bytes of a JSON text but for what stands inside one of its strings has its value but for that string.
    `is_passed` is for whoever guards the stream: whether all else in the chunk has passed unchanged.
    """

    __slots__ = ("_head", "_tail", "body", "event", "fragment", "is_passed")

    def __init__(self, head: str, tail: str, body: Body, event: str, fragment: Fragment) -> None:
        self._head = head
        self._tail = tail
        self.body = body
        self.event = event
        self.fragment = fragment
        self.is_passed = False

    @classmethod
    def of(cls, data: str, body: Body, event: str, chunk: Chunk) -> "Pattern | None":
        """The pattern of a chunk; None where it has more than one fragment, or anything that could depend on what the fragment says."""
        if len(chunk.fragments) != 1 or chunk.finished or chunk.logprobs or chunk.odd_logprobs or chunk.named or chunk.facts is not None:
            return None
        fragment = chunk.fragments[0]
        if "\\" in data or not is_text(fragment.channel):
            return None  # strings could be written in several ways, and quotes stand in them
        name = f'"{fragment.pointer.rpartition("/")[2]}"'
        if data.count(name) != 1:
            return None
        for joint in (":", ": "):
            head, found, tail = data.partition(f"{name}{joint}{json.dumps(fragment.text, ensure_ascii=False)}")
            if found:
                return cls(f'{head}{name}{joint}"', f'"{tail}', body, event, fragment)
        return None

    def text(self, data: str) -> str | None:
        """What the one string says in a chunk like this; None for one that is not."""
        head, tail = len(self._head), len(data) - len(self._tail)
        if tail < head or not data.startswith(self._head) or not data.endswith(self._tail):
            return None
        if not _INSIDE.fullmatch(data, head, tail):
            return None
        inside = data[head:tail]
        return str(json.loads(f'"{inside}"')) if "\\" in inside else inside

    def written(self, text: str) -> bytes:
        """The chunk with this text."""
        return f"{self._head}{json.dumps(text, ensure_ascii=False)[1:-1]}{self._tail}".encode()


@dataclass(frozen=True, slots=True)
class Item:
    """One event: a chunk with its body, the end, or what passes `verbatim`. `pattern` is that of the chunk, where it has one."""

    verbatim: bytes = b""
    event: str = ""
    body: Body | None = field(default=None, repr=False)
    chunk: Chunk | None = field(default=None, repr=False)
    pattern: Pattern | None = None
    is_done: bool = False

    @property
    def size(self) -> int:
        """Bytes of JSON."""
        return 0 if self.body is None else len(self.body.raw)


@dataclass(frozen=True, slots=True)
class Run:
    """Chunks that came at once, each one of the pattern: the bytes and the text of each."""

    pattern: Pattern
    datas: list[str] = field(repr=False)
    texts: list[str] = field(repr=False)

    @property
    def size(self) -> int:
        """Characters of JSON."""
        return sum(map(len, self.datas))


class EventReader:
    """Feed bytes as they come, take the events that they complete, read."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._parser = sse.SseParser(limits.size)
        self._patterns: deque[Pattern] = deque(maxlen=_MOST_PATTERNS)

    @property
    def is_clean(self) -> bool:
        """Whether no event is left unfinished."""
        return self._parser.is_clean

    def feed(self, raw: bytes) -> tuple[list[sse.Event | sse.Comment], UpstreamBroken | None]:
        """The events that these bytes complete, to the end of the stream or to what is broken: what came before that is to be delivered."""
        found: list[sse.Event | sse.Comment] = []
        try:
            for event in self._parser.feed(raw):
                found.append(event)
                if isinstance(event, sse.Event) and event.data.strip() == DONE:
                    break
        except UpstreamBroken as cause:
            return found, cause
        return found, None

    def read(self, events: Iterable[sse.Event | sse.Comment]) -> tuple[list[Item | Run], UpstreamBroken | None]:
        """What these events are, those before one that cannot be read, and what is wrong with that one."""
        read: list[Item | Run] = []
        run: Run | None = None
        size = 0
        try:
            for event in events:
                repeated = self._repeated(event) if isinstance(event, sse.Event) else None
                if repeated is None:
                    read.append(self._item(event))
                    run = None
                    continue
                pattern, data, text = repeated
                if run is None or run.pattern is not pattern or len(run.texts) == _MOST_REPEATS or size > _MOST_CHARACTERS:
                    run, size = Run(pattern, [], []), 0
                    read.append(run)
                run.datas.append(data)
                run.texts.append(text)
                size += len(text)
        except UpstreamBroken as cause:
            return read, cause
        return read, None

    def whole(self, run: Run) -> Iterator[Item]:
        """The chunks of a run, each read as if it repeated none."""
        return (self._item(sse.Event(data, run.pattern.event)) for data in run.datas)

    def _repeated(self, event: sse.Event) -> tuple[Pattern, str, str] | None:
        for pattern in self._patterns:
            text = pattern.text(event.data) if pattern.event == event.event else None
            if text is not None:
                return pattern, event.data, text
        return None

    def _item(self, item: sse.Event | sse.Comment) -> Item:
        if isinstance(item, sse.Comment):
            return Item(_KEEP_ALIVE)  # that it came is passed on, what it says is not: nothing inspects it
        data = item.data
        if data.strip() == DONE:
            return Item(is_done=True)
        event = item.event if item.event in _EVENTS else ""  # any other name could be a text, and nothing inspects it
        try:
            body = Body.parse(data.encode(), self._limits)
            chunk = read_chunk(body)
        except (BodyRejected, ShapeRejected) as cause:
            raise UpstreamBroken(f"an event of the stream cannot be read: {cause}") from cause
        pattern = Pattern.of(data, body, event, chunk)
        if pattern is not None:
            self._patterns.appendleft(pattern)
        return Item(event=event, body=body, chunk=chunk, pattern=pattern)
