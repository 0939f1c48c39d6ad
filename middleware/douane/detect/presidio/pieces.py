# SPDX-License-Identifier: Apache-2.0
"""A text cut into pieces for a model: at the ends of lines and sentences, and where a sentence is long, within it.

Whether there is a cut at a place is decided by `DECIDED` characters on both sides of it, so a part of a text is cut as the text is. Only
where no cut suggests itself for `LONGEST` characters does it depend on the piece before.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from zlib import crc32

__all__ = ["DECIDED", "LONGEST", "final", "pieces"]

LONGEST = 240
"""Characters of a piece at most: spaCy's tokenizer takes quadratic time for runs of quotes and colons, and models cut off the rest."""

DECIDED = 72
"""Characters behind a place after which it is decided whether a cut is there."""

_REACH = 64  # no cut within a sentence is so near to another one, nor to the sentence's ends
_SEEN = 8  # characters before a place that its rank is made of
_FIRM = re.compile(
    r"\n|[。！？]"
    # The end of a sentence: not after the short forms that stand before names, such as `Mr.` and `J.`, and not before a small letter.
    r"|(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})(?<!\bProf)(?<!\.[A-Za-z])[.!?…]{1,3}[\"'”’»)\]]{0,2}"
    r"[ \t\u00a0]{1,8}(?=[^\sa-zß-ÿ])"
)
_FIRM_ENDS = re.compile(r"[\n。！？]")
_BORDER = re.compile(r"(?<=\S)[ \t\u00a0]+(?=\S)")


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every piece, which together are the text."""
    return ((start, end) for start, end, _ in _pieces(text))


def final(text: str) -> int:
    """Up to where the pieces of a text stay as they are, whatever comes behind it: the end of one, or 0."""
    return max((end for _, end, known in _pieces(text) if known <= len(text)), default=0)


def _pieces(text: str) -> Iterator[tuple[int, int, int]]:
    """Start and end of every piece, and how long a text must be for the end to stay one."""
    start = 0
    for end, known in _cuts(text):
        while end - start > LONGEST:
            place = text.rfind(" ", start + LONGEST - _REACH, start + LONGEST) + 1 or start + LONGEST
            yield start, place, start + LONGEST + DECIDED
            start = place
        if start < end:
            yield start, end, known
            start = end


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    for end in (*(match.end() for match in _FIRM.finditer(text)), len(text)):
        if end - done > 2 * _REACH:
            yield from ((place, place + DECIDED) for place in _within(text, done, end))
        yield end, end if _FIRM_ENDS.search(text, max(0, end - 1), end) or end < len(text) else len(text) + 1
        done = end


def _within(text: str, start: int, end: int) -> Iterator[int]:
    """Cuts in a long sentence: the best place of all those near it. INVARIANT: whether one is, only its neighbourhood decides."""
    borders = list(_BORDER.finditer(text, start, end))
    places = [border.end() for border in borders]
    ranks = [_rank(text, border.start(), border.end()) for border in borders]
    for index, (place, rank) in enumerate(zip(places, ranks, strict=True)):
        if start + _REACH < place < end - _REACH:
            before = ranks[bisect_left(places, place - _REACH) : index]
            behind = ranks[index + 1 : bisect_right(places, place + _REACH)]
            if all(rank > other for other in before) and all(rank >= other for other in behind):
                yield place


def _rank(text: str, start: int, end: int) -> tuple[int, int]:
    """How well a text may be cut between two words: a name goes over a capital, or a comma before one."""
    left, right = text[start - 1], text[end]
    level = 3 if left in ";:)" else 2 if left == "," and right.islower() else int(left.islower() and right.islower())
    return level, crc32(text[max(0, start - _SEEN) : start].encode("utf-8", "surrogatepass"))
