# SPDX-License-Identifier: Apache-2.0
"""Overlaps of spans, settled once: what is covered, and by which finding.

Precedence among values: secrets first; towns and firms, which identify nobody, last; then the longest, the surest, the order of types.
Content never takes a value's place: a suspicious paragraph gives up what values cover of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from douane.detect.types import CONTENT, SECRET, TYPES
from douane.finding import Span

__all__ = ["settle"]

_RANKS = {type_: place for place, type_ in enumerate(TYPES)}
_CONTENT = frozenset(CONTENT)
_SECRET = frozenset(SECRET)
_VAGUE = frozenset({"LOCATION", "ORGANIZATION"})


def settle(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans without overlaps, in order.

    Values that overlap become one that covers them all, nothing of one is left beside another, with the type, score, detector and rule
    of the first by precedence. What content covers beside values is what is left of it, in pieces.
    INVARIANT: a span more can only widen what is covered, so that what a stream has let go is not found when another span goes.
    """
    values: list[Span] = []
    content: list[Span] = []
    for span in set(spans):
        (content if span.type in _CONTENT else values).append(span)
    settled = _united(values)
    return tuple(sorted((*settled, *_beside(_united(content), settled)), key=lambda span: span.start)) if content else tuple(settled)


def _united(spans: list[Span]) -> list[Span]:
    united: list[Span] = []
    first: Span | None = None
    start = high = 0
    for span in sorted(spans, key=lambda span: span.start):
        if first is not None and span.start < high:
            first, high = min(first, span, key=_precedence), max(high, span.end)
            continue
        if first is not None:
            united.append(_covering(first, start, high))
        first, start, high = span, span.start, span.end
    if first is not None:
        united.append(_covering(first, start, high))
    return united


def _covering(span: Span, start: int, end: int) -> Span:
    return span if (span.start, span.end) == (start, end) else replace(span, start=start, end=end)


def _beside(content: Sequence[Span], values: Sequence[Span]) -> Iterable[Span]:
    """What is left of content where values are taken out; both in order and without overlaps among themselves."""
    place = 0
    for span in content:
        start = span.start
        while place < len(values) and values[place].end <= start:
            place += 1
        inside = place
        while inside < len(values) and values[inside].start < span.end:
            value = values[inside]
            if value.start > start:
                yield replace(span, start=start, end=value.start)
            start = max(start, value.end)
            inside += 1
        if start < span.end:
            yield replace(span, start=start)


def _precedence(span: Span) -> tuple[bool, bool, int, float, int, int, str, str]:
    rank = _RANKS.get(span.type, len(_RANKS))
    return span.type not in _SECRET, span.type in _VAGUE, span.start - span.end, -span.score, rank, span.start, span.detector, span.rule
