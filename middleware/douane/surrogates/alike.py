# SPDX-License-Identifier: Apache-2.0
"""Realistic surrogates known again in what a model writes: whole, ignoring case and grouping, never by likeness."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Alike"]

_WORD = re.compile(r"[^\W_]+")
_GAP = 4  # characters between two words or groups
_SHORTEST_PART = 3
# What may stand between words beside what stands between them in the surrogate: blanks, escapes and emphasis of Markdown, what nobody sees.
_UNSEEN = re.compile("[\\s\\\\*_`\u00ad\u200b-\u200f\u2060\ufeff]+")
_SEPARATORS = re.compile(r"[\s\-./()\\·]*\Z")


@dataclass(frozen=True, slots=True)
class _Sought:
    """A surrogate, or one word of it, as it is looked for: letters and digits alone, in small letters.

    `gaps` are what stands between its words, None for a number, which may be grouped in any way.
    """

    letters: str = field(repr=False)
    original: str = field(repr=False)
    gaps: tuple[str, ...] | None = field(repr=False)
    is_name: bool
    is_part: bool = False
    ends: tuple[int, ...] = field(default=(), repr=False)


class Alike:
    """Finds the surrogates of `pairs` (surrogate to original) again. Immutable, so thread-safe. It shows no value in its `repr`.

    A number is found however it is grouped; other surrogates with their own signs between the words, and Markdown's escapes, blanks or
    characters that nobody sees beside them. A genitive (Anna's, Annas) is found without its ending. Of a name of several words a single
    one stands for the word at its place in the original, where that has as many words and no other value of `pairs` has this one.
    """

    __slots__ = ("_letters", "_longest", "_sought")

    def __init__(self, pairs: Mapping[str, str]) -> None:
        whole = [_sought(surrogate, original) for surrogate, original in pairs.items()]
        whole = [one for one in whole if one.letters]
        parts = _parts(pairs, {one.letters for one in whole})
        self._sought = (*sorted(whole, key=lambda one: -len(one.letters)), *parts)
        self._letters = tuple(sorted(one.letters for one in self._sought))
        self._longest = max((len(one.letters) for one in self._sought), default=0)

    def __repr__(self) -> str:
        return f"Alike({len(self._sought)} values)"

    def may_hold(self, text: str) -> bool:
        """False only where the text holds no surrogate. Cheap."""
        letters = "".join(_WORD.findall(_small(text)))
        return any(one.letters in letters for one in self._sought)

    def matches(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and what to put there, in order, without overlaps; of two that overlap the longer one is found."""
        read = _Read(text)
        found: list[tuple[int, int, str]] = []
        for one in self._sought:
            for start, end in read.places(one):
                place = bisect_left(found, (start, 0, ""))
                before = found[place - 1][1] if place else 0
                if before <= start and (place == len(found) or end <= found[place][0]):
                    found.insert(place, (start, end, _written(text[start:end], one)))
        return found

    def horizon(self, text: str) -> int:
        """Where a surrogate begins at the end of the text that is not yet whole, or that the next character may lengthen.

        At most five times the letters of the longest one from the end.
        """
        low = max(0, len(text) - (1 + _GAP) * self._longest - _GAP)
        words = [word for word in _WORD.finditer(text, low) if word.start() > low or not low]
        if not words or len(text) - words[-1].end() > _GAP:
            return len(text)
        is_ended = words[-1].end() < len(text)
        letters, horizon = "", len(text)
        for index in range(len(words) - 1, -1, -1):
            word = words[index]
            if index + 1 < len(words) and words[index + 1].start() - word.end() > _GAP:
                break
            letters = _small(word[0]) + letters
            if len(letters) > self._longest + 1:
                break
            if self._begins(letters, is_ended=is_ended):
                horizon = word.start()
        return horizon

    def _begins(self, letters: str, *, is_ended: bool) -> bool:
        """Whether these letters are the beginning of a surrogate; where no letter can follow them at once, of more than they are."""
        place = (bisect_right if is_ended else bisect_left)(self._letters, letters)
        if place < len(self._letters) and self._letters[place].startswith(letters):
            return True
        return not is_ended and letters.endswith("s") and letters[:-1] in self._letters


class _Read:
    """The letters and digits of a text, in small letters, and where each word of them stands in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = list(_WORD.finditer(text))
        self._letters = "".join(_small(word[0]) for word in self._words)
        self._starts: list[int] = []
        place = 0
        for word in self._words:
            self._starts.append(place)
            place += word.end() - word.start()

    def places(self, one: _Sought) -> Iterable[tuple[int, int]]:
        """Where a surrogate stands."""
        at = self._letters.find(one.letters)
        while at >= 0:
            stands = self._stands(one, at)
            if stands is not None:
                yield stands
            at = self._letters.find(one.letters, at + 1)

    def _stands(self, one: _Sought, at: int) -> tuple[int, int] | None:
        first = bisect_right(self._starts, at) - 1
        if self._starts[first] != at:
            return None  # inside a word
        stop = at + len(one.letters)
        last = bisect_left(self._starts, stop) - 1
        word = self._words[last]
        rest = self._starts[last] + len(word[0]) - stop
        if rest and (rest > 1 or not one.is_name or word[0][-1] not in "sS"):
            return None
        words = self._words[first : last + 1]
        gaps = [self._text[a.end() : b.start()] for a, b in pairwise(words)]
        if one.gaps is None:
            is_whole = all(len(gap) <= _GAP and _SEPARATORS.match(gap) for gap in gaps)
        else:
            ends = tuple(self._starts[place + 1] - at for place in range(first, last))
            # What nobody sees may stand within a word; where words end, the surrogate's own signs are.
            is_whole = set(one.ends) <= set(ends) and all(
                len(gap) <= _GAP + 2 and _bare(gap) == (one.gaps[one.ends.index(end)] if end in one.ends else "")
                for gap, end in zip(gaps, ends, strict=True)
            )
            if is_whole and one.is_part and not words[0][0][0].isupper():
                return None
        return (words[0].start(), word.end() - rest) if is_whole else None


def _sought(surrogate: str, original: str) -> _Sought:
    words = list(_WORD.finditer(surrogate))
    letters = "".join(_small(word[0]) for word in words)
    digits = sum(map(str.isdigit, letters))
    is_number = digits * 2 >= len(letters) and "@" not in surrogate
    if is_number:
        return _Sought(letters, original, None, is_name=False)
    ends, place = [], 0
    for word in words[:-1]:
        place += len(word[0])
        ends.append(place)
    gaps = tuple(_bare(surrogate[a.end() : b.start()]) for a, b in pairwise(words))
    return _Sought(letters, original, gaps, not digits and "@" not in surrogate, ends=tuple(ends))


def _parts(pairs: Mapping[str, str], taken: set[str]) -> list[_Sought]:
    """Single words of names that stand for single words."""
    count: Counter[str] = Counter()
    for text in (*pairs, *pairs.values()):
        if "@" not in text:  # an address is looked for whole
            count.update({_small(word) for word in _WORD.findall(text)})
    parts = []
    for surrogate, original in pairs.items():
        theirs, ours = surrogate.split(), original.split()
        if len(theirs) != len(ours) or len(ours) < 2 or not all(word.isalpha() for word in (*theirs, *ours)):
            continue
        for word, meant in zip(theirs, ours, strict=True):
            letters = _small(word)
            if len(word) >= _SHORTEST_PART and count[letters] == 1 and letters not in taken:
                parts.append(_Sought(letters, meant, (), is_name=True, is_part=True))
    return parts


def _written(found: str, one: _Sought) -> str:
    """The original, in capitals or in small letters where the surrogate was found so."""
    if not one.is_name:
        return one.original
    if found.isupper() and len(found) > 1:
        return one.original.upper()
    return one.original.lower() if found.islower() else one.original


def _small(text: str) -> str:
    """In small letters, as long as it was."""
    return text.replace("\u0130", "I").lower()


def _bare(gap: str) -> str:
    return _UNSEEN.sub("", gap)
