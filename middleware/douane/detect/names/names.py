# SPDX-License-Identifier: Apache-2.0
"""Finds persons, places and organisations without a model: by lists of names, by the words beside them, and by lists that policy gives."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import version

from douane.detect.names.cues import cues
from douane.detect.names.lists import extended, lists
from douane.detect.names.mail import mail_persons
from douane.detect.names.open import beginnings, open_chain, open_pattern, open_phrase, open_words, street_words
from douane.detect.names.organisations import dotted, organisations
from douane.detect.names.page import Page
from douane.detect.names.persons import persons
from douane.detect.names.places import places
from douane.detect.names.small import open_small, small_given, small_persons
from douane.detect.names.words import ANY_WORD, SIGN, lowered
from douane.finding import ReadingKind, Span
from douane.known import Known

__all__ = ["Names"]

_SHORT = 600


class Names:
    """A `Detector` of PERSON, LOCATION, STREET_ADDRESS and ORGANIZATION, in scripts that have capital letters. Keeps no text.

    `given` and `family` are single words more for the lists of names; `persons`, `places` and `organisations` are found wherever they
    stand whole, ignoring case. What decides about a name stands at most 180 characters before it and 120 after its start.
    """

    name = "names"
    is_quick = True
    sees: frozenset[ReadingKind] = frozenset({"plain", "folded", "unescaped"})

    def __init__(
        self,
        *,
        given: Iterable[str] = (),
        family: Iterable[str] = (),
        persons: Iterable[str] = (),
        places: Iterable[str] = (),
        organisations: Iterable[str] = (),
    ) -> None:
        self.version = version("douane")
        given, family = tuple(given), tuple(family)
        self._lists = extended(given, family) if given or family else lists()
        self._cues = cues()
        self._phrases = tuple(sorted(self._lists.phrases))
        self._dotted = dotted(self._cues)
        self._open = open_pattern(self._cues)
        self._open_words = open_words(self._cues)
        self._begun = beginnings(self._open_words)
        self._streets = street_words(self._cues)
        listed = (("PERSON", persons), ("LOCATION", places), ("ORGANIZATION", organisations))
        self._own = Known(((type_, value) for type_, values in listed for value in values), detector=self.name, rule="list", parts=False)

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]:
        """See `Detector.detect`."""
        return [self._spans(text) for text in texts]

    def is_shut(self, words: AbstractSet[str], before: str) -> bool:
        """Whether nothing begins, goes on or ends in these words of small letters, if nothing before them is open."""
        return self._own.is_empty and words.isdisjoint(self._open_words) and not small_given(words, self._lists)

    def horizon(self, text: str) -> int:
        """Where a name at the end may still begin, change or end: at most 160 characters back, or where one of policy's lists begins."""
        return min(
            open_chain(text, self._open, self._open_words, self._begun, self._lists),
            open_phrase(text, self._lists, self._phrases),
            open_small(text, self._lists),
            self._own.horizon(text),
        )

    def is_calm(self, text: str) -> bool:
        """Whether no rule has anything to look at. A text of more than a few sentences seldom has not, and is not read twice to see it."""
        if not ANY_WORD.search(text):
            return True
        if len(text) > _SHORT or "@" in text:
            return False
        words = _words(text)
        page = self._page(text)
        return not page.marked and not small_given(words, self._lists) and not self._dotted.search(page.low) and self._own.is_calm(text)

    def is_calm_since(self, text: str, since: int) -> bool:
        """The same for what ends after `since`: what begins before it is final, and without a sign of its own nothing begins behind it."""
        rest = text[since:]
        if SIGN.search(rest) or not self._own.is_calm(rest):
            return False
        words = _words(rest)
        return words.isdisjoint(self._streets) and not small_given(words, self._lists) and not self._dotted.search(text, max(0, since - 1))

    def _spans(self, text: str) -> list[Span]:
        words = _words(text)
        page = self._page(text)
        spans = [*persons(page), *places(page), *organisations(page, self._dotted)]
        if "@" in text:
            spans += mail_persons(page, self._lists)
        small = small_given(words, self._lists)
        if small:
            spans += small_persons(text, page.low, small, self._lists, self._cues)
        return spans + self._own.spans(text)

    def _page(self, text: str) -> Page:
        return Page(text, lowered(text), self._lists, self._cues)


def _words(text: str) -> set[str]:
    return set(ANY_WORD.findall(text))
