# SPDX-License-Identifier: Apache-2.0
"""Presidio's pattern recognisers as a detector, in a supervised process of their own.

A pattern of Presidio's that runs out of time is skipped with a log line, and a text of 20 kB can cost it half a minute. So it looks at
short pieces, only where something could be found, against a deadline of ours; whoever misses it is killed, and the detector has failed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from douane.detect.presidio.host import Host
from douane.detect.presidio.recogniser import DEFAULT, RECOGNISERS, Recogniser, chosen, greeting
from douane.detect.unpaired import paired
from douane.finding import Span

__all__ = ["DEFAULT", "RECOGNISERS", "PresidioPatterns"]

# INVARIANT: nothing that a recogniser of the list finds is without one of these.
_EVIDENCE = re.compile(
    r"[\d@]|::|[0-9A-Fa-f][:-][0-9A-Fa-f]{1,4}[:-]|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.|"
    r"[a-z]{6}[lmnp-v]{2}[a-ehlmprst][lmnp-v]{2}[a-mz][lmnp-v]{3}[a-z]",  # an Italian fiscal code with letters for all its digits
    re.IGNORECASE,
)
# A British number in small letters, the one value with spaces that `run_start` takes for words.
_OPEN = re.compile(r"(?<![A-Za-z0-9_])[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z](?: ?\d\d){0,3} ?(?:\d|[a-d])?\Z", re.IGNORECASE)
_LONGEST_OPEN = 13
_PIECE = 2000
_SHARED = 256  # what two pieces have in common: longer than any value, of which an e-mail address is the longest (RFC 5321)
_BATCH = 16  # pieces that one deadline is for
_MEMORY = 2**30  # address space, of which Presidio with all that it loads takes a quarter


@dataclass(frozen=True, slots=True)
class _Piece:
    index: int
    start: int
    text: str
    is_last: bool


class PresidioPatterns:
    """Presidio's recognisers, and a user's own, without a model and without a network. Thread-safe; keeps no text.

    `deadline` (seconds) is for 32 kB of text in which something could be found; one request takes at most five of them.
    """

    name = "presidio"

    def __init__(self, *, deadline: float, recognisers: Sequence[str | Recogniser] = DEFAULT) -> None:
        """Nothing is started yet. Raises `ConfigRejected` for a recogniser that is not offered, or whose finds have no type."""
        asked = chosen(recognisers)
        self.version = version("presidio-analyzer")
        self._is_gated = all(one.has_known_evidence for one in asked)
        self._reach = max((one.reach for one in asked if not one.is_within_a_run), default=0)
        self._host = Host(
            "douane.detect.presidio.worker", name=self.name, greeting=greeting(asked), deadline=deadline, memory_bytes=_MEMORY
        )

    def start(self) -> None:
        """Start the process. Raises `DetectorFailed`, and `ConfigRejected` for a recogniser that it cannot make."""
        self._host.start()

    def is_ready(self) -> bool:
        """Whether texts could be looked at now."""
        return self._host.worker.is_ready()

    @property
    def pid(self) -> int | None:
        """The process that looks, or None."""
        return self._host.worker.pid

    def close(self) -> None:
        """End the process."""
        self._host.worker.close()

    def is_calm(self, text: str) -> bool:
        """Whether nothing in the text could be found."""
        return not _EVIDENCE.search(text) if self._is_gated else not text.strip()

    def horizon(self, text: str) -> int:
        """The start of what the last run of a text, see `Scan`, may not hold whole."""
        match = _OPEN.search(text, max(0, len(text) - _LONGEST_OPEN))
        place = match.start() if match else len(text)
        return min(place, max(0, len(text) - self._reach - 1)) if self._reach else place

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text; they may overlap. Raises `DetectorFailed`."""
        pieces = [piece for index, text in enumerate(texts) for piece in _cut(index, text) if not self.is_calm(piece.text)]
        batches = ([paired(piece.text) for piece in pieces[first : first + _BATCH]] for first in range(0, len(pieces), _BATCH))
        spans: list[list[Span]] = [[] for _ in texts]
        for piece, found in zip(pieces, self._host.ask(batches), strict=True):
            for type_, start, end, score, rule in found:
                _add(spans[piece.index], piece, Span(type_, piece.start + start, piece.start + end, score, self.name, rule))
        return spans


def _cut(index: int, text: str) -> Iterator[_Piece]:
    """Overlapping pieces of a text."""
    for start in range(0, max(1, len(text) - _SHARED), _PIECE - _SHARED):
        yield _Piece(index, start, text[start : start + _PIECE], start + _PIECE >= len(text))


def _add(spans: list[Span], piece: _Piece, span: Span) -> None:
    """Take a span in. What ends at a cut may be a part of something: the neighbour sees it whole, unless it is longer than they share."""
    is_cut_left = piece.start > 0 and span.start == piece.start
    is_cut_right = not piece.is_last and span.end == piece.start + len(piece.text)
    for place in range(len(spans) - 1, -1, -1):
        other = spans[place]
        if other.start < piece.start - _PIECE:
            break
        if other.type == span.type and other.start <= span.start and span.start < other.end:
            if other.start == span.start and other.end == span.end:
                spans[place] = replace(other, score=max(other.score, span.score))  # both pieces saw it
                return
            if is_cut_left and other.end < span.end:
                spans[place] = replace(other, end=span.end)
                return
    if span.end - span.start > _SHARED or not (is_cut_left or is_cut_right):
        spans.append(span)
