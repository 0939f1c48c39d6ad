# SPDX-License-Identifier: Apache-2.0
"""The n-grams of a text as places in a table of weights: hashed with numpy, a whole text at once, each with where it stands.

Runs of spaces count as one; case, accents and marks count for nothing, and a digit is a digit. Every gram is a function of its own
characters and of the one to their left, so that the grams of a part are the part of the grams.
"""

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grams", "grams"]

_Integers: TypeAlias = NDArray[np.int64]
_Hashes: TypeAlias = NDArray[np.uint64]

_CHARACTERS = (3, 5)
_WORDS = (1, 2, 3)
_FOLDED = 0x2100  # characters below it are folded by a table, those above are taken as they are
_QUOTES = {**dict.fromkeys("\u2018\u2019\u201a\u201b`\u00b4", "'"), **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'), "\u2026": "."}
_SPACE = 32

_STEP, _WORD_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95), np.uint64(0xBF58476D1CE4E5B9)
_UNSTEP = np.uint64(pow(int(_STEP), -1, 1 << 64))


@dataclass(frozen=True, slots=True)
class Grams:
    """Grams of a text. `places` are those of its characters that count, `starts` and `ends` where its words begin and end.

    `tables` holds for every order (n characters, then n words) the place in the table of each gram, in order of where it starts.
    """

    places: _Integers = field(repr=False)
    starts: _Integers = field(repr=False)
    ends: _Integers = field(repr=False)
    tables: tuple[_Integers, ...] = field(repr=False)

    def within(self, first: _Integers, last: _Integers) -> tuple[tuple[_Integers, _Integers], ...]:
        """For every order, from which to which gram the parts of the text from `first` to `last` reach: grams that lie whole in them."""
        low, high = self.places.searchsorted(first), self.places.searchsorted(last)
        word_low, word_high = self.starts.searchsorted(first), self.ends.searchsorted(last, "right")
        reaches = [(low, high, order) for order in _CHARACTERS] + [(word_low, word_high, order) for order in _WORDS]
        sizes = (len(table) for table in self.tables)
        starts = (np.minimum(start, size) for size, (start, _, _) in zip(sizes, reaches, strict=True))
        return tuple((start, np.maximum(end - order + 1, start)) for start, (_, end, order) in zip(starts, reaches, strict=True))


def grams(text: str, bits: int) -> Grams:
    """The grams of a text in a table of 2 to the power of `bits` places."""
    folded = _folded(text)
    space = folded == _SPACE
    kept = folded != 0
    kept[1:] &= ~(space[1:] & space[:-1])
    places = kept.nonzero()[0]
    characters = folded[places]
    hashed = (characters + np.uint64(1)) * _MIX
    hashed ^= hashed >> np.uint64(29)
    shift = np.uint64(64 - bits)
    tables = []
    rolled = hashed
    for order in range(1, max(_CHARACTERS) + 1):
        if order > 1:
            rolled = rolled[:-1] * _STEP + hashed[order - 1 :]
        if order in _CHARACTERS:
            tables.append((((rolled ^ np.uint64(order)) * _MIX) >> shift).astype(np.int64))
    starts, ends = _edges(folded)
    words = _words(hashed, places.searchsorted(starts), places.searchsorted(ends))
    rolled = words
    for order in range(1, max(_WORDS) + 1):
        if order > 1:
            rolled = rolled[:-1] * _WORD_STEP + words[order - 1 :]
        tables.append((((rolled ^ np.uint64(16 + order)) * _MIX) >> shift).astype(np.int64))
    return Grams(places, starts, ends, tuple(tables))


def _edges(folded: _Hashes) -> tuple[_Integers, _Integers]:
    """Where words start and end. A character that does not count is part of one: whether a word ends is said by the next character."""
    in_word = np.zeros(len(folded) + 2, np.int8)
    in_word[1:-1] = _letters()[np.minimum(folded, np.uint64(_FOLDED))]
    edges = in_word[1:] - in_word[:-1]
    return (edges == 1).nonzero()[0], (edges == -1).nonzero()[0]


def _words(hashed: _Hashes, starts: _Integers, ends: _Integers) -> _Hashes:
    """A hash of each word: the difference of two sums, moved to the beginning of the text."""
    up, down = _powers(1 << len(hashed).bit_length())
    sums = np.zeros(len(hashed) + 1, np.uint64)
    (hashed * up[: len(hashed)]).cumsum(out=sums[1:])
    return (sums[ends] - sums[starts]) * down[starts]


def _folded(text: str) -> _Hashes:
    if text.isascii():
        return _table()[np.frombuffer(text.encode("ascii"), np.uint8)]
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    return np.where(codes < _FOLDED, _table()[np.minimum(codes, np.uint64(_FOLDED - 1))], codes)


@lru_cache(maxsize=1)
def _table() -> _Hashes:
    return np.array([_fold(chr(code)) for code in range(_FOLDED)], np.uint64)


@lru_cache(maxsize=1)
def _letters() -> NDArray[np.int8]:
    """Whether a folded character is part of a word; the last one stands for all from `_FOLDED` on."""
    return np.array([True, *(chr(code).isalnum() for code in range(1, _FOLDED)), True], np.int8)


@lru_cache(maxsize=24)
def _powers(length: int) -> tuple[_Hashes, _Hashes]:
    up, down = np.full(length, _STEP), np.full(length, _UNSTEP)
    up[0] = down[0] = 1
    return np.cumprod(up), np.cumprod(down)


def _fold(character: str) -> int:
    """The one character that stands for it; 0 for one that does not count."""
    character = _QUOTES.get(character, character)
    if character.isspace():
        return _SPACE
    if character.isdecimal():
        return ord("0")
    category = unicodedata.category(character)
    if category in ("Mn", "Cf", "Cc"):
        return 0
    if category == "Pd":
        return ord("-")
    return ord(unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())[0])
