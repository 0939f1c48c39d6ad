# SPDX-License-Identifier: Apache-2.0
"""A detector of an operator's own, in a supervised process: toxicity, a language model as a judge, whatever does not come with douane.

The operator writes a class, see `HookDetector`, and names what makes one: `package.module:factory`. It runs in a process of its own, with
a bound on its memory and its time; whoever misses it is killed, and the detector has failed, which is a fact for policy.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from douane.detect.types import TYPES
from douane.detect.unpaired import paired
from douane.errors import ConfigRejected, DetectorFailed
from douane.finding import ReadingKind, Span
from douane.worker import Worker, WorkerFailed

__all__ = ["Hook", "HookDetector"]

_FACTORY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_SENTENCE = re.compile(r"[.!?…]{1,8}[\"'”’»)\]]{0,4}\s+|\n\s*|[。！？]\s*")
_LONGEST = 8192  # characters of a piece; a stream holds no more either
_BATCH = 16  # pieces that one deadline is for
_DEADLINES = 5  # how many deadlines one request may take
_START_DEADLINE = 120.0  # a model is loaded meanwhile
_MEMORY = 4 * 2**30


class HookDetector(Protocol):
    """What an operator's factory gives.

    It may have a `version` (a string), which is recorded with every decision. It is asked from one thread, one batch at a time.
    """

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[tuple[str, int, int, float]]]:
        """For each text, in order, what is in it: type, start and end in characters (end exclusive), score from 0 to 1.

        The type is one of those that the configuration says this hook may give. An exception means that it could not look.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    index: int
    start: int
    text: str


class Hook:
    """Implements `Detector` over a class of an operator's. Thread-safe; keeps no text.

    `factory` is called once in every new process, with `settings` (JSON values) as its keyword arguments. The process inherits no
    environment but where Python and its packages are: what it needs, a key say, stands in a file that its settings name.

    `pieces` says what it is asked about, each piece by itself:
    `sentence`, sentences and lines, so that in a stream a sentence leaves when it is complete and nothing was found;
    `text`, whole texts, so that a stream is held back until its end, or refused where it is longer than a stream may hold.

    `deadline` (seconds) is for 16 pieces; one request takes at most five of them. Raises `ConfigRejected`.
    """

    # A judge reads what people read; what is hidden in it is for others to find.
    sees: frozenset[ReadingKind] = frozenset(("plain",))

    def __init__(
        self,
        factory: str,
        *,
        types: Sequence[str],
        name: str = "",
        settings: Mapping[str, object] | None = None,
        pieces: Literal["sentence", "text"] = "sentence",
        deadline: float = 2.0,
        start_deadline: float = _START_DEADLINE,
        memory_bytes: int = _MEMORY,
    ) -> None:
        """Nothing is started or imported yet."""
        if not _FACTORY.fullmatch(factory):
            raise ConfigRejected("the `factory` of a hook is no `package.module:name`; write the import path of what makes the detector")
        unknown = sorted(set(types) - set(TYPES))
        if unknown or not types:
            wrong = f"`{unknown[0]}` is no type" if unknown else "none is given"
            raise ConfigRejected(
                f"the `types` of the hook `{factory}`: {wrong}; name those that it may give, see `policies/types/data.yaml`"
            )
        self.name = name or f"hook:{factory.rpartition(':')[2].lower()}"
        if not _NAME.fullmatch(self.name.removeprefix("hook:")):
            raise ConfigRejected(f"the `name` of the hook `{factory}` is no name; use small letters, digits, `_`, `.` and `-`")
        self.version = "unknown"
        self._types = frozenset(types)
        self._pieces = pieces
        self._deadline = deadline
        self._worker = Worker(
            ["-m", "douane.detect.hook_worker"],
            name=self.name,
            greeting=json.dumps({"factory": factory, "settings": dict(settings or {})}).encode(),
            deadline=deadline,
            start_deadline=start_deadline,
            memory_bytes=memory_bytes,
        )

    def start(self) -> None:
        """Start the process, and learn the version. Raises `DetectorFailed`."""
        try:
            self._worker.start()
        except WorkerFailed as failure:
            raise DetectorFailed(f"the process of `{self.name}` does not start ({failure.cause_code})", detector=self.name) from failure
        self._ask([])

    def is_ready(self) -> bool:
        """Whether texts could be looked at now."""
        return self._worker.is_ready()

    @property
    def pid(self) -> int | None:
        """The process that looks, or None."""
        return self._worker.pid

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def is_calm(self, text: str) -> bool:
        """Whether there is nothing to ask about."""
        return not text or text.isspace()

    def horizon(self, text: str) -> int:
        """The start of the sentence that is not complete; that of the text where the hook is asked about whole texts."""
        place = 0
        for end in _SENTENCE.finditer(text) if self._pieces == "sentence" else ():
            place = end.end()
        return place

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text. Raises `DetectorFailed`."""
        pieces = [piece for index, text in enumerate(texts) for piece in self._cut(index, text)]
        spans: list[list[Span]] = [[] for _ in texts]
        until = time.monotonic() + _DEADLINES * self._deadline
        for first in range(0, len(pieces), _BATCH):
            batch = pieces[first : first + _BATCH]
            if time.monotonic() > until:
                late = WorkerFailed("the texts of one request take too long", "timeout")
                raise DetectorFailed(str(late), detector=self.name) from late
            for piece, found in zip(batch, self._ask(batch), strict=True):
                spans[piece.index] += (
                    Span(type_, piece.start + a, piece.start + b, score, self.name, "hook") for type_, a, b, score in found
                )
        return spans

    def _cut(self, index: int, text: str) -> Iterator[_Piece]:
        if self._pieces == "text":
            yield _Piece(index, 0, text)
            return
        place = 0
        for end in (*(end.end() for end in _SENTENCE.finditer(text)), len(text)):
            for start in range(place, end, _LONGEST):
                if piece := text[start : min(end, start + _LONGEST)].rstrip():
                    yield _Piece(index, start, piece)
            place = end

    def _ask(self, batch: Sequence[_Piece]) -> list[list[tuple[str, int, int, float]]]:
        # A lone surrogate may end what reads it; U+FFFD stands for it, one for one, so that places stay the same.
        texts = [paired(piece.text) for piece in batch]
        try:
            answer = self._worker.ask(json.dumps(texts).encode())
        except WorkerFailed as failure:
            raise DetectorFailed(f"`{self.name}` did not look at everything ({failure.cause_code})", detector=self.name) from failure
        found = self._read(answer, texts)
        if found is None:
            wrong = WorkerFailed("no spans", "error")
            raise DetectorFailed(f"`{self.name}` gave something else than spans of its texts and types", detector=self.name) from wrong
        return found

    def _read(self, answer: bytes, texts: Sequence[str]) -> list[list[tuple[str, int, int, float]]] | None:
        """What an answer says, or None where it is none. No error goes on from here: it would quote the answer."""
        try:
            said = json.loads(answer)
            found = [[self._checked(item, len(text)) for item in some] for text, some in zip(texts, said["found"], strict=True)]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        self.version = str(said["version"])
        return found

    def _checked(self, item: object, length: int) -> tuple[str, int, int, float]:
        match item:
            case [str(type_), int(start), int(end), int() | float() as score] if (
                type_ in self._types and bool not in map(type, item) and 0 <= start < end <= length and 0 <= score <= 1
            ):
                return type_, start, end, float(score)
        raise ValueError("not a span of this text")
