# SPDX-License-Identifier: Apache-2.0
"""Tokens by the mark that their issuers put on them."""

import re
from collections.abc import Iterator
from functools import cache
from string import ascii_letters, digits

from douane.detect.secrets.checks import CHECKS
from douane.detect.secrets.encoded import Encoded, Pattern, compiled
from douane.detect.secrets.placeholder import is_drawn, is_filler
from douane.detect.secrets.rules import Token, rules
from douane.finding import Span

__all__ = ["find", "gates", "opens"]

_SURE, _CHECK_FAILED = 0.98, 0.6
_MARK = 2  # so many characters of every mark choose the rules that are tried
_LONGEST = 1700
_SHORT = 200  # what is shorter lies within one run of the text anyway
_TOKEN_CHARACTERS = ascii_letters + digits + "+/=_.-"


def gates() -> tuple[str, str]:
    """What RE2 must find in a text for a token to be in it: marks at the start of a token, and marks in its midst."""
    fronts = sorted({rule.gate for rule in rules().tokens if not rule.back})
    midst = sorted({rule.gate for rule in rules().tokens if rule.back})
    return f"(?:^|[^A-Za-z0-9])(?:{'|'.join(fronts)})", "|".join(midst)


def find(source: Encoded) -> Iterator[Span]:
    """Tokens at every place, the longest of each; what lies within another that was found adds nothing and is left out."""
    text, covered = source.text, 0
    fronts, midst = _gates()
    for place in source.fronts(fronts):
        if best := _best(text, place):
            rule, match = best
            begin, end = match.span("value" if "value" in match.re.groupindex else 0)
            if end > covered and _is_real(rule, text[begin:end]):
                covered = end
                yield _span(rule, text, begin, end)
    for start in source.starts(midst):
        for rule, match in _around(text, start):
            if _is_real(rule, match[0]):
                yield _span(rule, text, match.start(), match.end())


def opens(text: str) -> int:
    """The start of a token that may be longer than a run of the text and may go on at its end; its length where none does."""
    size = len(text)
    last = max(size - _LONGEST, len(text.rstrip(_TOKEN_CHARACTERS)))
    if size - last < _SHORT:
        return size
    found = (text.find(mark, last) for rule in rules().tokens if rule.long for mark in rule.marks)
    return min((place for place in found if place >= 0), default=size)


def _best(text: str, place: int) -> tuple[Token, re.Match[str]] | None:
    best: tuple[Token, re.Match[str]] | None = None
    for rule in _by_mark().get(text[place : place + _MARK], ()):
        match = text.startswith(rule.marks, place) and _pattern(rule).match(text, place)
        if match and (best is None or match.end() > best[1].end()):
            best = rule, match
    return best


def _around(text: str, start: int) -> Iterator[tuple[Token, re.Match[str]]]:
    for rule in rules().tokens:
        if rule.back and text.startswith(rule.marks, start):
            for back in rule.back:
                match = _pattern(rule).match(text, start - back) if start >= back else None
                if match:
                    yield rule, match


def _span(rule: Token, text: str, start: int, end: int) -> Span:
    is_sure = not rule.check or CHECKS[rule.check](text[start:end])
    return Span(rule.type, start, end, _SURE if is_sure else _CHECK_FAILED, "secrets", rule.id)


def _is_real(rule: Token, token: str) -> bool:
    mark = next((mark for mark in rule.marks if token.startswith(mark)), "")
    return not is_filler(token) and is_drawn(token[len(mark) :])


@cache
def _gates() -> tuple[Pattern, Pattern]:
    fronts, midst = gates()
    return compiled(fronts), compiled(midst)


@cache
def _by_mark() -> dict[str, list[Token]]:
    found: dict[str, list[Token]] = {}
    for rule in rules().tokens:
        for start in dict.fromkeys(mark[:_MARK] for mark in rule.marks if not rule.back):
            found.setdefault(start, []).append(rule)
    return found


@cache
def _pattern(rule: Token) -> re.Pattern[str]:
    return re.compile(rule.pattern, re.ASCII)  # a token lies within one run of the text, and a letter of another script may end that
