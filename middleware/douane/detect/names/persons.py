# SPDX-License-Identifier: Apache-2.0
"""The rules by which words are a person's name: two lists, and what stands before."""

from collections.abc import Iterator

from douane.detect.names.lists import ANY, COMMON, FAMILY, GIVEN, NAME, PLACE, TITLE
from douane.detect.names.page import CUED, DOTTED, ENDING, LINED, Page
from douane.detect.names.words import INITIALS
from douane.finding import Span

__all__ = ["persons"]

_LABEL_LENGTH = 40
_CLOSING_LENGTH = 64
_INITIALS_LENGTH = 12
_SHORTEST_UPPER = 4
_INDENT = 8
_ENDS_LINE = frozenset("\n\r,!:;.")
_ENDS_SALUTATION = frozenset(",!:\n\r")
_AT = frozenset({"in", "te", "nach", "near", "from", "at", "bei", "à", "aus", "naar", "uit", "w", "u", "v"})
_SAINTS = frozenset({"saint", "sainte", "st", "ste", "sankt", "san", "santa", "sint", "são", "sv"})


def persons(page: Page) -> Iterator[Span]:
    """Every name of a person, from every word that one may begin with, so that they overlap."""
    endings = page.cues.endings
    for index in page.marked:
        flag = page.flags[index]
        if flag & TITLE:
            continue
        span = _cued(page, index) if flag & CUED else None
        if span is None and flag & LINED:
            span = _after_line(page, index)
        if span is None and flag & DOTTED:
            span = _after_initials(page, index)
        if span is None and flag & NAME and (not flag & COMMON or page.chain(index) > 1):
            span = _listed(page, index)
        if span is None and flag & ENDING and page.lows[index].endswith(endings) and not page.is_first(index) and not page.is_upper(index):
            span = _span(page, index, 1, 0.5, "ending")
        if span is not None:
            yield span


def _span(page: Page, index: int, words: int, score: float, rule: str, start: int = -1) -> Span:
    return Span("PERSON", page.starts[index] if start < 0 else start, page.ends[index + words - 1], score, "names", rule)


def _is_name(flag: int) -> bool:
    return bool(flag & NAME) and not flag & COMMON


def _named(page: Page, index: int, *, unknown: int, places: bool = False, lines: bool = False) -> int:
    """How many words from this one on make one name: those in the lists, and up to `unknown` others, places too where that is said."""
    length = page.chain(index, lines=lines)
    for after in range(1, length):
        flag = page.flags[index + after]
        if flag & NAME and not flag & TITLE:
            continue
        is_joined = page.starts[index + after] - page.ends[index + after - 1] > 2  # by a particle
        if not unknown or flag & TITLE or (flag & PLACE and not places and not is_joined):
            return after
        unknown -= 1
    return length


def _listed(page: Page, index: int) -> Span | None:
    """Names by the lists alone. What is a common word too needs a second name that is none, in capitals every name does."""
    flag = page.flags[index]
    is_strong = not flag & COMMON
    length = _named(page, index, unknown=0, lines=is_strong)
    strong = sum(1 for after in range(length) if not page.flags[index + after] & COMMON)
    if page.is_upper(index):
        return _span(page, index, length, 0.7, "given_family.upper") if length > 1 and strong > 1 else None
    if length > 1:
        if is_strong:
            if flag & GIVEN:
                length = _named(page, index, unknown=1)
            return _span(page, index, length, 0.85 if strong > 1 else 0.7, "given_family" if flag & GIVEN else "family_given")
        if page.is_first(index):
            return None
        if strong:
            return _span(page, index, length, 0.7, "given_family")
        is_pair = flag & GIVEN and page.flags[index + 1] & FAMILY
        return _span(page, index, length, 0.5, "given_family.common") if is_pair else None
    if not is_strong:
        return None
    if flag & GIVEN:
        length = _named(page, index, unknown=1)
        if length > 1:
            return _span(page, index, length, 0.65, "given_unknown")
    if _before(page, index) in _SAINTS:
        return None
    if flag & GIVEN:
        return _span(page, index, 1, 0.5, "given")
    if page.is_first(index) or _before(page, index) in _AT:
        return None
    return _span(page, index, 1, 0.45, "family")


def _before(page: Page, index: int) -> str:
    begin, end, _ = page.word_before(page.starts[index])
    return page.low[begin:end]


def _after_initials(page: Page, index: int) -> Span | None:
    """J. R. Smith, A. van Dijk."""
    start = page.starts[index]
    for _ in range(3):
        match = INITIALS.search(page.text, max(0, start - _INITIALS_LENGTH), start)
        if match is not None:
            break
        begin, end, is_dotted = page.word_before(start)
        if is_dotted or page.low[begin:end] not in page.cues.particles:
            return None
        start = begin
    else:
        return None
    flag = page.flags[index]
    if (
        (flag & COMMON and start == page.starts[index])
        or (flag & ANY and not flag & NAME)
        or (page.is_upper(index) and (len(page.lows[index]) < _SHORTEST_UPPER or (not flag & NAME and _begins_line(page, match.start()))))
    ):
        return None
    return _span(page, index, _named(page, index, unknown=0), 0.75 if flag & NAME else 0.55, "initials", match.start())


def _begins_line(page: Page, start: int) -> bool:
    """Whether only spaces are before a place in its line, as before the number of a heading: A. HISTORY."""
    return page.low[max(0, start - _INDENT) : start].rpartition("\n")[2].strip(" #*\t") == ""


def _cued(page: Page, index: int) -> Span | None:
    """A name after a cue of its own sentence: Frau Berger, my name is Anna."""
    found = page.cue(index)
    if found is None:
        return None
    start, cue, place = found
    flag = page.flags[index]
    is_name = _is_name(flag)
    rule = f"cue.{cue.kind}"
    match cue.kind:
        case "honorific":
            return _span(page, index, _named(page, index, unknown=1, places=True), 0.8, rule, start)
        case "introduction" if is_name or not cue.is_weak:
            return _span(page, index, _named(page, index, unknown=3, places=True), 0.85, rule, start)
        case "role" if is_name or (not flag & ANY and start == page.starts[index] and not page.text[place : page.ends[index]].isupper()):
            return _span(page, index, _named(page, index, unknown=1), 0.7 if is_name else 0.5, rule, start)
        case "salutation" if not flag & PLACE:
            length = _named(page, index, unknown=2)
            end = page.ends[index + length - 1]
            if is_name or page.text[end : end + 1] in _ENDS_SALUTATION:
                return _span(page, index, length, 0.8 if is_name else 0.6, rule, start)
    return None


def _after_line(page: Page, index: int) -> Span | None:
    """A name after a label and its colon, or on the line under a closing: Name: Anna Berger."""
    text, start = page.text, page.starts[index]
    edge = start
    breaks = 0
    while edge and start - edge < 4 and text[edge - 1] in " \t\r\n\u00a0":
        edge -= 1
        breaks += text[edge] == "\n"
    if not edge:
        return None
    is_name = _is_name(page.flags[index])
    if text[edge - 1] == ":":
        is_weak = _label(page, edge - 1)
        if breaks > 1 or is_weak is None or (is_weak and not is_name):
            return None
        return _span(page, index, _named(page, index, unknown=4, places=True), 0.85, "cue.label")
    if not 0 < breaks < 3:
        return None
    line = page.low[max(0, edge - _CLOSING_LENGTH) : edge].rpartition("\n")[2].strip(" \t\r,.!;*_-")
    if line not in page.cues.closings:
        return None
    length = _named(page, index, unknown=3, places=True)
    end = page.ends[index + length - 1]
    if end < len(text) and text[end] not in _ENDS_LINE and not is_name:
        return None
    return _span(page, index, length, 0.8, "cue.closing")


def _label(page: Page, end: int) -> bool | None:
    """Whether the label before a colon is a weak one; None where there is no label. One at the end of a longer line is weak."""
    labels = page.cues.labels
    line = page.low[max(0, end - _LABEL_LENGTH) : end].rpartition("\n")[2].strip(" \t*_-\"'•|>")
    if line in labels:
        return labels[line]
    words = line.split(" ")
    return True if words[-1] in labels or " ".join(words[-2:]) in labels else None
