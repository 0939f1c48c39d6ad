# SPDX-License-Identifier: Apache-2.0
"""A text in pieces that a model can look at by themselves: sentences, and long ones cut by a rule that looks only nearby.

INVARIANT: no piece is longer than 120 characters, and whether one begins at a place depends on fewer than 128 characters to the left and
the right of it. So within the 256 characters that a stream keeps, the piece that it goes on with begins where it begins in the whole.
"""

import re
from collections import deque
from collections.abc import Iterator
from zlib import crc32

__all__ = ["LONGEST", "open_piece", "pieces"]

LONGEST = 120
"""The characters of a piece, at most."""

# The end of a line; that of a sentence, but not after an initial or an abbreviation, which are short, or where a small letter goes on.
_SURE = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029。！？।؟"
_SENTENCE = r"[.!?…](?:(?<=[!?])|(?<=[^\W\d_]{3}.))[\"'»”’)\]]?\s(?![a-zß-öø-ÿ])"
_HARD = re.compile(rf"[{_SURE}]|{_SENTENCE}")
_FINAL = re.compile(f"[{_SURE}]")
_LEFT = 8  # how far to the left that looks
# Where a long sentence may be cut: before a word, or within what has no words.
_NEAR = 6  # characters to the left and the right that weigh
_SOFT = re.compile(rf"\s(?=\S)|(?<=\S{{{_NEAR}}})(?=\S{{{_NEAR}}})|(?<=\s{{{_NEAR}}})(?=\s{{{_NEAR}}})")
_CLAUSE = frozenset(",;:)-")

_Place = tuple[tuple[int, int], int]  # how good it is to cut there, and where it is


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """The start and the end of each piece, in order; together they are the text. Linear in its length."""
    start = 0
    for match in _HARD.finditer(text):
        yield from _cut(text, start, match.end())
        start = match.end()
    if start < len(text):
        yield from _cut(text, start, len(text))


def open_piece(text: str) -> int:
    """The start of the piece that more text could still make longer, or cut: at most 126 characters from the end."""
    known = len(text) - _NEAR  # a place after this one may still turn out to be better or worse
    floor = known - LONGEST
    hard = 0 if floor < 0 else -1
    for match in _HARD.finditer(text, max(0, floor - _LEFT)):
        if match.end() < len(text) or _FINAL.match(text, match.end() - 1):  # else a small letter may follow
            hard = match.end()
    if hard > floor:
        return hard
    return max(_places(text, floor + 1, known + 1, len(text)))[1]


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence in pieces: wherever a window of `LONGEST` places lies in it, the best place in the window is a cut."""
    if end - start > LONGEST:
        coming = _places(text, start + 1, end, end)
        place = next(coming, None)
        best: deque[_Place] = deque()  # what the window holds, each better than all after it
        for front in range(start + LONGEST, end):
            while place is not None and place[1] <= front:
                while best and best[-1] < place:
                    best.pop()
                best.append(place)
                place = next(coming, None)
            while best[0][1] <= front - LONGEST:
                best.popleft()
            if best[0][1] > start:
                yield start, best[0][1]
                start = best[0][1]
    yield start, end


def _places(text: str, start: int, stop: int, end: int) -> Iterator[_Place]:
    """Where a sentence that ends at `end` may be cut from `start` on and before `stop`: best after a clause, then before a word; among
    equals chance decides. Of any `LONGEST` places in a row there is one.
    """
    for match in _SOFT.finditer(text, start - 1, end):
        place = match.end()
        if place >= stop:
            return
        if place >= start:
            kind = 0 if match.start() == place else 2 if text[place - 2 : place - 1] in _CLAUSE else 1
            yield (kind, crc32(text[max(0, place - _NEAR) : min(place + _NEAR, end)].encode())), place
