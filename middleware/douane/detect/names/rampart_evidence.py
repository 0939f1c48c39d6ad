# SPDX-License-Identifier: Apache-2.0
"""What speaks for a word being a name besides the model, which sees no case: its writing, what stands beside it, what the lists say."""

import math
import re
from collections.abc import Mapping
from functools import cache

from douane.detect.names.cues import cues
from douane.detect.names.lists import COMMON, NAME, PLACE, lists
from douane.detect.names.small import is_introduced
from douane.detect.names.words import LETTER, UPPER, lowered

__all__ = ["Evidence"]

# In log odds, for a person and for a place: fitted to five sets of real text and to technical text, then rounded, see the documentation.
# A sum of zero or more is enough.
_WEIGHTS: Mapping[str, tuple[float, float]] = {
    "any": (0.7, -0.35),  # of each word
    "chance": (0.33, 0.5),  # the log odds that the model gives
    "small": (-3.0, -1.2),
    "small in English": (2.1, 0.0),  # which the model knows best
    "no case": (-1.0, -1.0),  # in a script that has none
    "short capitals": (-4.0, -4.0),  # EUR, SSL, JSON
    "capitals": (-0.5, -0.5),
    "single": (-0.8, 0.0),  # with a capital, none beside it that may be a name
    "name": (1.7, 0.8),  # in the lists, and nothing else
    "also a name": (0.7, 0.0),
    "no name": (-4.0, -3.0),  # in the lists, of what is none
    "a word too": (-0.7, -1.5),  # in the lists, and in small letters
    "listed place": (-2.0, 2.0),
    "introduced": (2.1, 0.0),
    "inside capital": (-1.3, -0.9),  # KeyError
    "quoted": (-0.8, 0.0),
    "number": (-1.2, -0.8),  # directly before or after it
    "code": (-2.6, -2.6),  # for every tenth of the text that is written as programmes are
}
# Frequent in English and, so written, in hardly any other language; one in `_SHARE` words is enough.
_ENGLISH = (
    "the and you it's i'm that this with are my your they have what his him she who from like about when will would get got been there "
    "their because don't know just think really how some were want going only good love did does you're can't that's he's she's too much "
    "more never which these those then than them our why where looks looking make makes you've should could says said"
)
_SHARE = 12
_KEYWORDS = frozenset({"elif"})  # a name in Turkish, seldom so in small letters
_FEWEST = 0.004
_SHORT = 4
_CODE = re.compile(r"[_=<>{}\[\]\\$#@/|\"`~^&*+]|\)\.|\(\)|\.\w|::")
_CODE_LENGTH = 20  # the fewest characters that the share is counted from
_MOST_CODE = 2.0  # tenths that count
_QUOTES = frozenset("\"'`")
_NUMBER_BEFORE = re.compile(r"\d[ \-]?\Z")
_NUMBER_AFTER = re.compile(r"[ \-]?\d")
_PREFIXED = re.compile(rf"(?:Ma?c|De|Di|Du|La|Le|Van|Fitz){UPPER}{LETTER}+")  # McDonald, DiMaggio


class Evidence:
    """What one text, which may be a part of a sentence, says about its words. It depends on nothing but that text."""

    __slots__ = ("_code", "_is_english", "_low", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._low = lowered(text)
        words = self._low.split()
        self._is_english = _SHARE * sum(map(_english().__contains__, words)) >= len(words)
        self._code = min(10 * sum(1 for _ in _CODE.finditer(text)) / max(_CODE_LENGTH, len(text)), _MOST_CODE)

    def weigh(self, start: int, end: int, chances: tuple[float, float], *, is_single: bool) -> tuple[float, float]:
        """The log odds that a word is part of a person's name, and of a place's, for the chances (0 to 1) that a model gives.

        `is_single` says that no word with a capital, that has a chance, stands beside it as in a name.
        """
        signs = self._signs(start, end, is_single)
        person, place = (
            sum(_WEIGHTS[sign][of] * amount for sign, amount in signs.items()) + _WEIGHTS["chance"][of] * _log_odds(chances[of])
            for of in (0, 1)
        )
        return person, place

    def is_no_name(self, start: int, end: int) -> bool:
        """Whether the lists say that a word is none."""
        flags = lists().words.get(self._low[start:end], 0)
        return flags & (COMMON | NAME) == COMMON or self._text[start:end] in _KEYWORDS

    def _signs(self, start: int, end: int, is_single: bool) -> dict[str, float]:
        text = self._text
        written = text[start:end]
        flags = lists().words.get(self._low[start:end], 0)
        signs = {"any": 1.0, "code": self._code}
        if written[0].isupper():
            if len(written) > 1 and written.isupper():
                signs["short capitals" if len(written) <= _SHORT else "capitals"] = 1
            elif any(map(str.isupper, written[1:])) and _PREFIXED.fullmatch(written) is None:
                signs["inside capital"] = 1
            if is_single:
                signs["single"] = 1
            if flags & NAME:
                signs["also a name" if flags & COMMON else "name"] = 1
            if flags & PLACE:
                signs["listed place"] = 1
        elif not written[0].islower():
            signs["no case"] = 1
        else:
            signs["small"] = 1
            if flags & COMMON:
                signs["a word too"] = 1
            if self._is_english:
                signs["small in English"] = 1
        if self.is_no_name(start, end):
            signs["no name"] = 1
        if is_introduced(self._low, start, cues()):
            signs["introduced"] = 1
        if text[max(0, start - 1) : start] in _QUOTES or text[end : end + 1] in _QUOTES:
            signs["quoted"] = 1
        if _NUMBER_BEFORE.search(text, max(0, start - 2), start) or _NUMBER_AFTER.match(text, end):
            signs["number"] = 1
        return signs


@cache
def _english() -> frozenset[str]:
    return frozenset(_ENGLISH.split())


def _log_odds(chance: float) -> float:
    chance = min(max(chance, _FEWEST), 1 - _FEWEST)
    return math.log(chance / (1 - chance))
