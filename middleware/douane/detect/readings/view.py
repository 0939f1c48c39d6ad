# SPDX-License-Identifier: Apache-2.0
"""A text in which some parts are replaced by what they stand for, with an exact map back."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

__all__ = ["View", "composed", "replaced"]


@dataclass(frozen=True, slots=True)
class View:
    """A view of an original, which is `outer`'s text where there is an `outer`.

    Part `n` of the view, from `lows[n]` to `highs[n]`, stands for the original from `starts[n]` to `ends[n]`, as a whole; what is between
    parts stands for itself.
    """

    text: str = field(repr=False)
    lows: tuple[int, ...] = field(repr=False)
    highs: tuple[int, ...] = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)
    outer: "View | None" = field(default=None, repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that covers a non-empty part of the view, with whatever was dropped inside it."""
        last = end - 1
        place = bisect_right(self.lows, last) - 1
        if place < 0:
            high = end
        elif last < self.highs[place]:
            high = self.ends[place]
        else:
            high = self.ends[place] + end - self.highs[place]
        low = self._start(start)
        return (low, high) if self.outer is None else self.outer.original(low, high)

    def place(self, place: int, length: int) -> int:
        """The place in the original of a place in the view; `length` is that of the original."""
        if place >= len(self.text):
            return length
        start = self._start(place)
        return start if self.outer is None else self.outer.place(start, length)

    def _start(self, start: int) -> int:
        place = bisect_right(self.lows, start) - 1
        if place < 0:
            return start
        return self.starts[place] if start < self.highs[place] else self.ends[place] + start - self.highs[place]


def replaced(text: str, parts: Iterable[tuple[int, int, str]]) -> View | None:
    """The view in which something else stands for some parts, given as (start, end, what) in order; None where there are none."""
    out: list[str] = []
    lows: list[int] = []
    highs: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    done = size = 0
    for start, end, what in parts:
        out += (text[done:start], what)
        size += start - done
        lows.append(size)
        size += len(what)
        highs.append(size)
        starts.append(start)
        ends.append(end)
        done = end
    if not done:
        return None
    out.append(text[done:])
    return View("".join(out), tuple(lows), tuple(highs), tuple(starts), tuple(ends))


def composed(outer: View | None, inner: View) -> View:
    """A view of the original of `outer`, where `inner` is a view of the text of `outer`, or of the original where there is none."""
    if outer is None:
        return inner
    return replace(inner, outer=outer if inner.outer is None else composed(outer, inner.outer))
