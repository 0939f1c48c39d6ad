# SPDX-License-Identifier: Apache-2.0
"""The rules by which words are a place: cities and countries by the lists, streets by their words and numbers."""

import re
from collections.abc import Iterator

from douane.detect.names.lists import FIRST, PLACE, STREET, TITLE, VAGUE
from douane.detect.names.page import CUED, ENDING, Page
from douane.detect.names.words import LETTER, UPPER
from douane.finding import Span

__all__ = ["PHRASE_LENGTH", "places"]

PHRASE_LENGTH = 36
"""Characters in which a place of several words ends, with what decides that it does."""

_PHRASE_WORDS = 4
_SHORTEST_UPPER = 4
_NUMBER = re.compile(r",? ?(?:n[°º.] ?)?\d{1,4}(?:[ -]?[a-zA-Z])?(?![\w])")
_NUMBERED = re.compile(rf"(?<![\w.,])\d{{1,5}}[A-Za-z]? (?:{UPPER}{LETTER}{{1,20}} ){{1,3}}\Z")
_NUMBERED_LENGTH = 64
_FIRST = frozenset(".!?:;•·|*#>-–—\n\t \u00a0")
_IN = frozenset({"in ", "in\u00a0"})


def places(page: Page) -> Iterator[Span]:
    """Every place, from every word that one may begin with."""
    street_endings = page.cues.street_endings
    for index in page.marked:
        flag = page.flags[index]
        if flag & (PLACE | FIRST):
            span = _listed(page, index, flag)
            if span is not None:
                yield span
        if flag & STREET or (flag & ENDING and page.lows[index].endswith(street_endings)):
            span = _street(page, index)
            if span is not None:
                yield span
        if flag & CUED and not flag & TITLE:
            span = _after_street_word(page, index)
            if span is not None:
                yield span


def _listed(page: Page, index: int, flag: int) -> Span | None:
    span = _phrase(page, index) if flag & FIRST else None
    if span is None and flag & PLACE and not flag & VAGUE and not (page.is_upper(index) and len(page.lows[index]) < _SHORTEST_UPPER):
        return _span(page.starts[index], page.ends[index], 0.6, "place")
    return span


def _span(start: int, end: int, score: float, rule: str) -> Span:
    return Span("LOCATION" if rule == "place" else "STREET_ADDRESS", start, end, score, "names", rule)


def _phrase(page: Page, index: int) -> Span | None:
    """New York, Frankfurt am Main: the longest that the lists have."""
    start = page.starts[index]
    words = page.low[start : start + PHRASE_LENGTH].split(" ")[:_PHRASE_WORDS]
    for count in range(len(words), 1, -1):
        phrase = " ".join(words[:count]).rstrip(".,;:!?)\"'\n")
        if phrase in page.phrases and not page.low[start + len(phrase) : start + len(phrase) + 1].isalnum():
            return _span(start, start + len(phrase), 0.65, "place")
    return None


def _street(page: Page, index: int) -> Span | None:
    """Lange Straße 5, Hauptstraße 12, 5 Baker Street: a street only with its number, since its words are common."""
    start, end = page.starts[index], page.ends[index]
    number = _NUMBER.match(page.text, end + (page.text[end : end + 1] == "."))
    if number is not None and not page.flags[index] & STREET:
        return _span(start, number.end(), 0.7, "street")
    numbered = _NUMBERED.search(page.text, max(0, start - _NUMBERED_LENGTH), start)
    if numbered is not None:
        return _span(numbered.start(), end, 0.7, "street")
    if number is not None and index and page.joins(index - 1) and not page.flags[index - 1] & TITLE:
        return _span(page.starts[index - 1], number.end(), 0.65, "street")
    return None


def _after_street_word(page: Page, index: int) -> Span | None:
    """Calle Miguel Benítez 90, rue de la Paix, in via Roma: a number is needed where the word may stand before anything: via SSL."""
    found = page.cue(index)
    if found is None or found[1].kind != "street":
        return None
    last = index + page.chain(index) - 1
    number = _NUMBER.match(page.text, page.ends[last])
    if number is None and found[1].is_weak and not _is_street(page, found[2]):
        return None
    return _span(found[2], number.end() if number else page.ends[last], 0.75 if number else 0.6, "cue.street")


def _is_street(page: Page, start: int) -> bool:
    """Whether a weak word for a street is one by what is before it: `in`, or within a sentence where it has a capital letter."""
    before = page.low[max(0, start - 3) : start]
    if before in _IN:
        return True
    return page.text[start].isupper() and len(before) > 1 and before[-1] in " \u00a0" and before[-2] not in _FIRST
