# SPDX-License-Identifier: Apache-2.0
"""Payment cards glued to a word, a field's name or a code behind them: their issuer and check digit tell them where others need space."""

import re
from collections.abc import Iterator

from douane.detect.identifiers.beside import is_word
from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.zone import Zone
from douane.finding import Span

__all__ = ["glued_cards", "open_card"]

_FOURS = r"([ .\-\u00a0])[0-9]{4}\2[0-9]{4}\2[0-9]{4}"
_CARD = re.compile(rf"(?<![0-9])(?=([2-69](?:[0-9]{{13,18}}|[0-9]{{3}}(?:{_FOURS}|([ \-\u00a0])[0-9]{{6}}\3[0-9]{{4,5}})))(?![0-9]))")
_NEVER_BEFORE = re.compile(r"(?:[$€£¥%/&?+\\\-0-9]|[0-9][.,])\Z")
# What no card stands before: more of a number, an amount, a part of a path.
_NEVER_BEHIND = re.compile(r"_{0,3}[0-9]|_{4}|[%€$£¥=\\+]|,[0-9]{1,2}(?![0-9])|[.:][^\W_]")
_CODE_BEHIND = re.compile(r"[-/][0-9]{1,4}(?:[-/][0-9]{2,4})?(?![\w/-]|[.,][0-9])")  # a security code, or a month and a year
_LETTERS_BEFORE = re.compile(r"(?<![0-9A-Za-z+/=.])[A-Za-z]{2,16}\Z")
_LETTERS_BEHIND = re.compile(r"(?!(?:[UuLl]{2,3}|[mnu]s|px)(?![0-9A-Za-z]))[A-Za-z]{2,16}(?![0-9A-Za-z+/=])")
_WIDEST = 20
_FEWEST_DIGITS = 14
_SCORE = 0.6  # too little for a text without separators, in which anything may stand beside anything


def glued_cards(zone: Zone, detector: str) -> Iterator[Span]:
    """Every card of a zone with a letter, an underscore, a point, a number sign or a code straight beside it."""
    text = zone.text
    if zone.signs.count("#") < _FEWEST_DIGITS:
        return
    for match in _CARD.finditer(text, zone.low, zone.high):
        start, end = match.span(1)
        if not _is_beside(text, start, end) or not zone.once("card", re.sub("[^0-9]", "", match[1]), is_valid):
            continue
        if _is_free_before(text, start) and _is_free_behind(text, end):
            is_solid = match[2] is None and match[3] is None
            if not (is_solid and (zone.is_explained(start) or zone.is_amount(start, end))):
                yield Span("CREDIT_CARD", start, end, _SCORE, detector, "card.digits" if is_solid else "card")


def open_card(zone: Zone, behind: int) -> int:
    """Where the first number begins that looks like a card and ends after `behind`; `zone.high` for none."""
    return next((match.start() for match in _CARD.finditer(zone.text, zone.low, zone.high) if match.end(1) > behind), zone.high)


def _is_beside(text: str, start: int, end: int) -> bool:
    before, behind = text[start - 1 : start] if start else "", text[end : end + 1]
    return before in ("_", "#", ".") or behind in ("_", "-", "/") or is_word(before) or is_word(behind)


def _is_free_before(text: str, start: int) -> bool:
    tail = text[max(0, start - _WIDEST) : start].rstrip("_")
    if text[start - 1 : start].isascii() and text[start - 1 : start].isalpha():
        return _LETTERS_BEFORE.search(tail) is not None
    return _NEVER_BEFORE.search(tail) is None


def _is_free_behind(text: str, end: int) -> bool:
    behind, right = text[end : end + 1], text[end + 1 : end + 2]
    if behind.isascii() and behind.isalpha():
        return _LETTERS_BEHIND.match(text, end) is not None
    if behind in ("-", "/") and right.isalnum():
        return _CODE_BEHIND.match(text, end) is not None
    return _NEVER_BEHIND.match(text, end) is None
