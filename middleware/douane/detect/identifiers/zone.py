# SPDX-License-Identifier: Apache-2.0
"""A part of a text that holds numbers, with what stands around them: words, separators, other numbers."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from douane.detect.identifiers.layout import pattern
from douane.detect.identifiers.words import LONGEST_PHRASE, Mention, Words
from douane.finding import Span

__all__ = ["LEFT_CONTEXT", "REACH", "RIGHT_CONTEXT", "Zone", "zones"]

LEFT_CONTEXT = 64
"""Characters before a number in which a word may speak for it."""

RIGHT_CONTEXT = 32
"""Characters after a number in which a word may speak for it."""

REACH = 48
"""No number has so many characters, so a zone that is so much wider than its digits on both sides holds all of it."""

# The digits of every kind: five, with few other characters between; only an Indian tax number has four, between letters.
_CLUSTER = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){3,}")
_FOUR = 4
_TOKEN = re.compile(r"[^\W_]+")
_SPACES = (" ", "\u00a0")
_CURRENCIES = frozenset("€$£¥%")
_GAP = 5  # characters that may stand between a word and its number
_MOST_WORDS = 4  # words that may stand between a number and the word that explains it, that one included


class Zone:
    """The characters `low` to `high` of a text. `words` are those of the text, `tokens` the places of words and numbers in the zone."""

    def __init__(self, text: str, words: Words, low: int, high: int) -> None:
        self.text = text
        self.words = words
        self.low = low
        self.high = high
        self.tokens = [match.span() for match in _TOKEN.finditer(text, low, high)]

    @cached_property
    def signs(self) -> str:
        """The pattern of the zone, see `pattern`."""
        return pattern(self.text[self.low : self.high])

    def leave_out(self, spans: Sequence[Span]) -> None:
        """Take the words and numbers within these spans out of `tokens`: what they are is known."""
        if spans:
            inside = {place for span in spans for place in range(span.start, span.end)}
            self.tokens = [token for token in self.tokens if token[0] not in inside]

    def topics(self, start: int, end: int) -> frozenset[str]:
        """What the words near a number speak for: those that begin at most `LEFT_CONTEXT` before it, or end `RIGHT_CONTEXT` behind it."""
        left = (mention.topics for mention in self.words.between(start - LEFT_CONTEXT, start) if mention.end <= start)
        right = (mention.topics for mention in self.words.between(end, end + RIGHT_CONTEXT) if mention.end <= end + RIGHT_CONTEXT)
        return frozenset().union(*left, *right)

    def is_explained(self, start: int) -> bool:
        """Whether the words straight before a number say that it is something else: `order no. 123`."""
        floor = start - LEFT_CONTEXT
        for _ in range(_MOST_WORDS):
            mention = self._before(self._word_end(start))
            if mention is None or mention.start < floor:
                return False
            if "against" in mention.topics:
                return True
            if "filler" not in mention.topics:
                return False
            start = mention.start
        return False

    def is_amount(self, start: int, end: int) -> bool:
        """Whether a unit or a currency stands before or behind."""
        before, behind = self.text[max(0, start - 2) : start], self.text[end : end + 2]
        if (before[:1] in _CURRENCIES and before[1:] in _SPACES) or (behind[:1] in _SPACES and behind[1:] in _CURRENCIES):
            return True
        unit = self._before(start - 1)
        return (unit is not None and "unit" in unit.topics) or any(
            "unit" in mention.topics and mention.end <= end + RIGHT_CONTEXT for mention in self.words.between(end + 1, end + 2)
        )

    def _before(self, end: int) -> Mention | None:
        """The longest mention that ends at a place."""
        return next((mention for mention in self.words.between(end - LONGEST_PHRASE, end) if mention.end == end), None)

    def _word_end(self, place: int) -> int:
        floor = max(0, place - _GAP)
        while place > floor and not self.text[place - 1].isalnum() and self.text[place - 1] != "\n":
            place -= 1
        return place


def zones(text: str, words: Words) -> Iterator[Zone]:
    """The parts of a text around its digits."""
    low = high = -1
    for match in _CLUSTER.finditer(text):
        if match.end() - match.start() == _FOUR and not (
            text[match.start() - 1 : match.start()].isalpha() and text[match.end() : match.end() + 1].isalpha()
        ):
            continue
        if high < 0 or match.start() - REACH > high:
            if high >= 0:
                yield Zone(text, words, low, high)
            low = max(0, match.start() - REACH)
        high = min(len(text), match.end() + REACH)
    if high >= 0:
        yield Zone(text, words, low, high)
