# SPDX-License-Identifier: Apache-2.0
"""Words that speak for a finding, looked up by bisection: Presidio's own lookup walks a whole text for every finding in it."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["BOOST", "LEAST", "Phrases", "Words", "boosted"]

BOOST = 0.35
"""What a word of its context adds to the score of a finding, as in Presidio."""

LEAST = 0.4
"""What the score is then at least, as in Presidio."""

_BEFORE = 5
_WORD = re.compile(r"\w+")


class Words:
    """The words of a text, in small letters, and where they start."""

    __slots__ = ("starts", "words")

    def __init__(self, text: str) -> None:
        matches = list(_WORD.finditer(text))
        self.words = [match[0].lower() for match in matches]
        self.starts = [match.start() for match in matches]

    def before(self, place: int) -> list[str]:
        """The five words before a place, and the one that it is in: a word may be glued to its number."""
        last = bisect_right(self.starts, place)
        return self.words[max(0, last - _BEFORE - 1) : last]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words and phrases that speak for something, ready for the lookup. Whole words: `lic` is no part of `duplicate`."""

    single: frozenset[str]
    longer: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Iterable[str]) -> "Phrases":
        """`social security` is the word `social`, followed by the word `security`."""
        split = {tuple(_WORD.findall(phrase.lower())) for phrase in phrases} - {()}
        longer: dict[str, tuple[tuple[str, ...], ...]] = {}
        for words in sorted(split):
            if len(words) > 1:
                longer[words[0]] = (*longer.get(words[0], ()), words)
        return cls(frozenset(words[0] for words in split if len(words) == 1), longer)

    def are_in(self, words: list[str]) -> bool:
        """Whether one of them stands among the words."""
        if not self.single.isdisjoint(words):
            return True
        return any(
            tuple(words[place : place + len(phrase)]) == phrase for place, word in enumerate(words) for phrase in self.longer.get(word, ())
        )


def boosted(score: float, phrases: Phrases, words: Words, place: int) -> float:
    """The score of what was found at a place, with what the words before it say."""
    return min(1.0, max(score + BOOST, LEAST)) if phrases.are_in(words.before(place)) else score
