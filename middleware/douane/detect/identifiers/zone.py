# SPDX-License-Identifier: Apache-2.0
"""A part of a text that holds numbers, with what stands around them: words, separators, other numbers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from douane.detect.identifiers.hints import Hint, hints
from douane.detect.identifiers.kind import Kind
from douane.detect.identifiers.layout import pattern
from douane.detect.identifiers.words import LONGEST_PHRASE, Mention, Words
from douane.finding import Span

__all__ = ["LEFT_CONTEXT", "REACH", "RIGHT_CONTEXT", "Learnt", "Zone", "zones"]

LEFT_CONTEXT = 64
"""Characters before a number in which a word may speak for it."""

RIGHT_CONTEXT = 32
"""Characters after a number in which a word may speak for it."""

REACH = 48
"""No number has so many characters, so a zone that is so much wider than its digits on both sides holds all of it."""

# The digits of every kind: five, with few other characters between; only an Indian tax number has four, between letters.
_CLUSTER = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){3,}")
_FOUR = 4
_TOKEN = re.compile("[0-9A-Za-z]+")
_SPACES = (" ", "\u00a0")
_CURRENCIES = frozenset("€$£¥%")
_COUNTERS = frozenset("円圆圓元원万萬億亿만억個个개件")  # units of Chinese, Japanese and Korean, which follow without a space
_LONG = 512  # characters of a zone in which it pays to look for what was judged before
_GAP = 5  # characters that may stand between a word and its number
_MOST_WORDS = 4  # words that may stand between a number and the word that explains it, that one included


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one call has found out, so that it need not do so again in another zone or reading. It ends with the call: it holds text.

    Answers to questions about values; phones by the text before and from their digits on; kinds by the text before, in and behind.
    """

    asked: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False)
    dialled: dict[tuple[str, str], tuple[Span, ...]] = field(default_factory=dict, repr=False)
    judged: dict[tuple[str, str, str], tuple[tuple[float, Kind], ...]] = field(default_factory=dict, repr=False)


class Zone:
    """The characters `low` to `high` of a text. `words` are those of the text, `tokens` the places of words and numbers in the zone.

    `learnt` is for all zones that it is handed to.
    """

    def __init__(
        self,
        text: str,
        words: Words,
        low: int,
        high: int,
        learnt: Learnt | None = None,
    ) -> None:
        self.text = text
        self.words = words
        self.low = low
        self.high = high
        self.tokens = [match.span() for match in _TOKEN.finditer(text, low, high)]
        learnt = learnt or Learnt()
        self._asked = learnt.asked
        self.judged = learnt.judged if high - low > _LONG else None
        self.dialled = learnt.dialled if high - low > _LONG else None
        # What was asked once about a place is not asked again, since many numbers may begin or end there.
        self._left: dict[int, frozenset[str]] = {}
        self._right: dict[int, frozenset[str]] = {}
        self._explained: dict[int, bool] = {}
        self._measured: dict[int, bool] = {}
        self._counted: dict[int, bool] = {}

    @cached_property
    def signs(self) -> str:
        """The pattern of the zone, see `pattern`."""
        return pattern(self.text[self.low : self.high])

    @cached_property
    def hints(self) -> frozenset[Hint]:
        """What the words of the zone and those around it may speak for."""
        return hints(self.text[max(0, self.low - LEFT_CONTEXT - LONGEST_PHRASE) : self.high + RIGHT_CONTEXT + LONGEST_PHRASE])

    def once(self, question: str, value: str, answer: Callable[[str, str], bool]) -> bool:
        """What `answer` says to a question about a value, which is asked once only."""
        known = self._asked.get((question, value))
        if known is None:
            known = self._asked[question, value] = answer(question, value)
        return known

    def leave_out(self, spans: Sequence[Span]) -> None:
        """Take the words and numbers within these spans out of `tokens`: what they are is known."""
        if spans:
            self.dialled = None  # it is no longer the text alone that tells what stands around a number
            inside = {place for span in spans for place in range(span.start, span.end)}
            self.tokens = [token for token in self.tokens if token[0] not in inside]

    def topics(self, start: int, end: int) -> frozenset[str]:
        """What the words near a number speak for: those that begin at most `LEFT_CONTEXT` before it, or end `RIGHT_CONTEXT` behind it."""
        left, right = self._left.get(start), self._right.get(end)
        if left is None:
            said = self.words.between(start - LEFT_CONTEXT, start)
            left = self._left[start] = frozenset().union(*(mention.topics for mention in said if mention.end <= start))
        if right is None:
            said = self.words.between(end, end + RIGHT_CONTEXT)
            right = self._right[end] = frozenset().union(*(mention.topics for mention in said if mention.end <= end + RIGHT_CONTEXT))
        return left | right if left and right else left or right

    def is_for_phones(self, start: int, end: int) -> bool:
        """Whether the words near a number speak for a phone."""
        return "phone" in self.hints and "PHONE_NUMBER" in self.topics(start, end)

    def is_explained(self, start: int) -> bool:
        """Whether the words straight before a number say that it is something else: `order no. 123`."""
        known = self._explained.get(start)
        if known is None:
            known = self._explained[start] = self._explains(start)
        return known

    def _explains(self, start: int) -> bool:
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
        if behind[:1] in _COUNTERS:
            return True
        if start not in self._measured:
            unit = self._before(start - 1)
            self._measured[start] = unit is not None and "unit" in unit.topics
        if end not in self._counted:
            self._counted[end] = any(
                "unit" in mention.topics and mention.end <= end + RIGHT_CONTEXT for mention in self.words.between(end + 1, end + 2)
            )
        return self._measured[start] or self._counted[end]

    def _before(self, end: int) -> Mention | None:
        """The longest mention that ends at a place."""
        return next((mention for mention in self.words.between(end - LONGEST_PHRASE, end) if mention.end == end), None)

    def _word_end(self, place: int) -> int:
        floor = max(0, place - _GAP)
        while place > floor and not self.text[place - 1].isalnum() and self.text[place - 1] != "\n":
            place -= 1
        return place


def zones(text: str, words: Words, learnt: Learnt) -> Iterator[Zone]:
    """The parts of a text around its digits; `learnt` is for all of them."""
    low = high = -1
    for match in _CLUSTER.finditer(text):
        if match.end() - match.start() == _FOUR and not (
            text[match.start() - 1 : match.start()].isalpha() and text[match.end() : match.end() + 1].isalpha()
        ):
            continue
        if high < 0 or match.start() - REACH > high:
            if high >= 0:
                yield Zone(text, words, low, high, learnt)
            low = max(0, match.start() - REACH)
        high = min(len(text), match.end() + REACH)
    if high >= 0:
        yield Zone(text, words, low, high, learnt)
