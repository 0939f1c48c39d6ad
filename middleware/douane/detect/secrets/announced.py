# SPDX-License-Identifier: Apache-2.0
"""Passwords, keys and tokens that nothing but the word before them tells, in the languages of Europe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from douane.detect.secrets.encoded import Encoded, Pattern, compiled, encoded
from douane.detect.secrets.placeholder import is_name, is_placeholder
from douane.detect.secrets.rules import words
from douane.finding import Span

__all__ = ["find", "gate", "opens"]

_LONGEST = 200
_TAIL = 2 * _LONGEST + 100
_TYPES = {"key": "API_KEY", "token": "ACCESS_TOKEN", "password": "PASSWORD"}  # in this order: `clave api` is no `clave`
_SUFFIX = r"(?:_[A-Za-z0-9]{1,12})?"
_QUOTED = re.compile(r"\\?(?P<quote>[\"'`])(?P<value>(?:(?!(?P=quote))[^\n\\]){1,200})\\?(?P=quote)")
_BARE = re.compile(r"(?P<value>[^\s\"'`<>,;]{4,200})(?![^\s\"'`<>,;])")
_OPEN = re.compile(r"(?:\\|\\?(?P<quote>[\"'`])(?:(?!(?P=quote))[^\n\\]){0,200}\\?|[^\s\"'`<>,;]{1,201})\Z")
_ASSIGNS = r"[\"'`*\])]{0,3}[ \t]{0,3}(?::=|=>|[:=])"
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"[0-9]")
_SYMBOL = re.compile(r"[!@#$%^&*?~|]")
_ALSO_VERBS = frozenset({"pass", "pin"})  # `pass x1 to y` is no password
_ENDS = ".!?:)]}\\"


@dataclass(frozen=True, slots=True)
class _Patterns:
    gate: Pattern = field(repr=False)
    any_word: Pattern = field(repr=False)
    word: re.Pattern[str]
    assigns: re.Pattern[str]
    says: re.Pattern[str]


def gate() -> str:
    """What RE2 must find in a text: a word, then a sign that assigns, or a digit in what comes next."""
    return rf"{_any_word()}(?:{_ASSIGNS}|[\"'`]?[ \t]{{1,3}}(?:(?i:{words('says')})[ \t]{{1,3}})?(?:[\"'`][^\n]{{0,200}}|\S{{0,200}})[0-9])"


def find(source: Encoded) -> Iterator[Span]:
    """Values that a word announces: after `:` or `=`, or in prose where they look like nothing else."""
    patterns = _patterns()
    for word in _words(source, patterns.gate):
        joined, assigned = patterns.assigns.match(source.text, word.end()), True
        if joined is None:
            joined, assigned = patterns.says.match(source.text, word.end()), False
        if joined is None or (not assigned and not joined["verb"] and word[0].lower() in _ALSO_VERBS):
            continue
        found = _value(source.text, joined.end())
        if found is None:
            continue
        start, end, is_quoted = found
        kind = word.lastgroup or ""
        if _is_secret(source.text[start:end], kind == "password", is_quoted, assigned):
            rule = f"{kind}.{'assigned' if assigned else 'said'}"
            yield Span(_TYPES[kind], start, end, 0.85 if assigned else 0.6, "secrets", rule)


def opens(text: str) -> int:
    """The start of a value at the end of the text that is announced; its length where there is none."""
    patterns, size = _patterns(), len(text)
    tail = text[max(0, size - _TAIL) :]
    found = size
    for word in _words(encoded(tail), patterns.any_word):
        for connector in (patterns.assigns, patterns.says):
            joined = connector.match(tail, word.end())
            if joined and (value := _OPEN.match(tail, joined.end())):
                found = min(found, size - len(tail) + value.start())
    return found


def _words(source: Encoded, pattern: Pattern) -> Iterator[re.Match[str]]:
    word = _patterns().word
    for place in source.fronts(pattern):
        if match := word.match(source.text, place):
            yield match


def _value(text: str, place: int) -> tuple[int, int, bool] | None:
    if match := _QUOTED.match(text, place):
        return *match.span("value"), True
    if match := _BARE.match(text, place):
        start, end = match.span("value")
        return start, start + len(text[start:end].rstrip(_ENDS) or text[start:end]), False
    return None


def _is_secret(value: str, is_password: bool, is_quoted: bool, assigned: bool) -> bool:
    """Whether a value that was announced looks like a secret and not like prose, code or a placeholder."""
    if is_placeholder(value):
        return False
    has_letter, has_digit, has_symbol = bool(_LETTER.search(value)), bool(_DIGIT.search(value)), bool(_SYMBOL.search(value))
    if not is_password:
        return len(value) >= 16 and has_letter and has_digit and " " not in value and not is_name(value)
    if not assigned:
        return len(value) >= 6 and has_letter and has_digit
    if is_quoted:
        return len(value) >= 4 and not is_name(value) and (" " not in value or has_digit or has_symbol)
    return len(value) >= 4 and ((has_digit and (has_letter or has_symbol)) or (has_letter and has_symbol)) and not is_name(value)


def _any_word() -> str:
    return rf"(?:^|[^0-9A-Za-z])(?i:{words('password')}|{words('key')}|{words('token')}){_SUFFIX}"


@cache
def _patterns() -> _Patterns:
    kinds = "|".join(f"(?P<{kind}>{words(kind)})" for kind in _TYPES)
    return _Patterns(
        gate=compiled(gate()),
        any_word=compiled(_any_word()),
        word=re.compile(rf"(?<![^\W_])(?:{kinds}){_SUFFIX}(?![^\W_])", re.IGNORECASE),
        assigns=re.compile(rf"{_ASSIGNS}[ \t]{{0,3}}(?:\*\*[ \t]?)?(?:(?:Bearer|Basic|Token)[ \t]{{1,2}})?"),
        says=re.compile(rf"[\"'`]?[ \t]{{1,3}}(?:(?P<verb>{words('says')})[ \t]{{1,3}})?", re.IGNORECASE),
    )
