# SPDX-License-Identifier: Apache-2.0
"""The rules by which words are an organisation: a legal form after them, or what only institutions are called."""

import re
from collections import defaultdict
from collections.abc import Iterator

from douane.detect.names.cues import Cues
from douane.detect.names.lists import COMPANY, TITLE
from douane.detect.names.page import Page
from douane.detect.names.words import UPPER
from douane.finding import Span

__all__ = ["dotted", "organisations"]

_COMPANY_LENGTH = 80  # characters before its legal form that the name of a company has at most
_COMPANY_WORDS = 6
_MARKS = frozenset("([\"'„“«")
_CAPITAL = re.compile(UPPER)
_COMPANY_WORD = re.compile(rf"(?:{UPPER}|\d)[\w&.'’+\-]{{0,30}}")
_JOINS = frozenset({"&", "+", "of", "für", "for", "van", "de", "der", "di", "del", "des", "la", "le", "do", "da", "-", "–"})
_SPACES = frozenset(" \u00a0")
_MAYBE = re.compile(r"\.[^\W\d_]")  # nearly all dotted forms have it, and ordinary prose has not
_MAYBE_SIGNS = ("a/s", "sp. ", "spol.")
_NOT = frozenset({"not", "is", "are", "be", "was", "the", "this", "any"})  # before what is a word here: but not limited to
_SHOUTED = re.compile(rf"(?:[ \u00a0]{{1,2}}| ?\r?\n ?){UPPER}+(?!\w)")
_AND_CO = re.compile(r"(?:[ \u00a0](?:&|und|et)[ \u00a0](?:Co|Cie)\b\.?)?(?:[ \u00a0](?:KGaA|KG|OHG|AG)\b)?")


def dotted(cues: Cues) -> re.Pattern[str]:
    """What finds, in a text in lower case, the legal forms that have dots or small letters: S.p.A., s.r.o., A/S."""
    rests = defaultdict(list)
    for form in cues.company_dotted:
        rests[form[0]].append(re.escape(form[1:]))
    forms = "|".join(rf"{first}(?<=[ \u00a0]{first})(?:{'|'.join(rest)})" for first, rest in rests.items())
    return re.compile(rf"(?:{forms})(?!\w)")


def organisations(page: Page, forms: re.Pattern[str]) -> Iterator[Span]:
    """Every organisation, from every legal form and every word for an institution."""
    text, low = page.text, page.low
    for index in page.marked:
        if not page.flags[index] & COMPANY:
            continue
        word = page.lows[index]
        if word in page.cues.heads:
            yield from _institution(page, index)
        elif _is_form(page, index):
            span = _before(text, page.starts[index], page.ends[index])
            if span is not None:
                yield span
    if _MAYBE.search(low) or any(sign in low for sign in _MAYBE_SIGNS):
        for match in forms.finditer(low):
            span = _before(text, *match.span())
            if span is not None:
                yield span


def _is_form(page: Page, index: int) -> bool:
    """Whether a word is a legal form here. Those that are so in capitals only are none after a comma, nor where all is in capitals."""
    start = page.starts[index]
    begin, end, _ = page.word_before(start)
    if page.low[begin:end] in _NOT:
        return False
    if page.lows[index] not in page.cues.company_capitals:
        return True
    if not page.is_upper(index) or page.text[max(0, start - 2) : start] == ", ":
        return False
    return not (page.text[begin:end].isupper() and _SHOUTED.match(page.text, page.ends[index]))


def _before(text: str, start: int, end: int) -> Span | None:
    """The company whose legal form stands at a place: the words before it that have a capital letter, and what joins such words."""
    floor = max(0, start - _COMPANY_LENGTH)
    first = place = start
    for _ in range(_COMPANY_WORDS):
        edge = place - 1 if place and text[place - 1] in _SPACES else place
        if edge == place:
            break
        edge -= text[edge - 1 : edge] == "," and place == start
        begin = max(text.rfind(" ", floor, edge), text.rfind("\u00a0", floor, edge), text.rfind("\n", floor, edge)) + 1
        if not floor < begin < edge and begin:
            break
        place = begin
        is_opened = text[begin] in _MARKS
        if _COMPANY_WORD.fullmatch(text, begin + is_opened, edge):
            first = begin + is_opened
        elif text[begin:edge] not in _JOINS:
            break
        if is_opened:
            break
    if first == start or not _CAPITAL.search(text, first, start):  # 100 MB
        return None
    tail = _AND_CO.match(text, end)
    return Span("ORGANIZATION", first, tail.end() if tail else end, 0.8, "names", "legal_form")


def _institution(page: Page, index: int) -> Iterator[Span]:
    """Universität Wien, Hospital Clínico San Carlos, Oxford University."""
    length = page.chain(index)
    if length > 1 and not page.flags[index + 1] & TITLE:
        yield Span("ORGANIZATION", page.starts[index], page.ends[index + length - 1], 0.55, "names", "institution")
    elif index and page.joins(index - 1) and not page.is_first(index - 1) and not page.flags[index - 1] & TITLE:
        yield Span("ORGANIZATION", page.starts[index - 1], page.ends[index], 0.5, "names", "institution")
