# SPDX-License-Identifier: Apache-2.0
"""Secrets without a mark of their own, such as Mistral's keys: told by their form and by the name of the issuer before them."""

import re
from collections.abc import Iterator
from functools import cache

from douane.detect.secrets.encoded import Encoded, Pattern, compiled
from douane.detect.secrets.placeholder import is_drawn, is_filler
from douane.detect.secrets.rules import Near, rules
from douane.finding import Span

__all__ = ["find", "gates"]

_REACH = 100  # characters between a name and the start of what it tells, at most
_LONGEST = 84  # characters that no value exceeds
_FIRST = 2  # so many characters of a name choose the rules that are tried
_SCORE = 0.9
_KEY = re.compile(r"key|secret|token|passw|pwd|credential|auth|geniekey|cl[ée]|schlüssel|clave|chiave|sleutel|klucz|chave", re.IGNORECASE)


def gates() -> tuple[str, str]:
    """What RE2 must find in a text, both of them: a name, and a value that is long enough to be one."""
    return f"(?i:{'|'.join(sorted({rule.name for rule in rules().near}))})", "[A-Za-z0-9+/=_.-]{16}"


def find(source: Encoded) -> Iterator[Span]:
    """For every name the first value after it that has the form which the name asks for."""
    for start in source.starts(_names()):
        for rule, pattern in _named().get(source.text[start : start + _FIRST].lower(), ()):
            name = pattern.match(source.text, start)
            span = name and _told(rule, source.text, name.start(), name.end())
            if span:
                yield span


def _told(rule: Near, text: str, start: int, end: int) -> Span | None:
    for match in rule.pattern.finditer(text, end, end + _REACH + _LONGEST + 2):
        if match.start() - end > _REACH:
            return None
        value = match[0]
        if (rule.mixed and not _is_mixed(value)) or is_filler(value) or not is_drawn(value):
            continue
        if rule.key and not _KEY.search(text, start, match.start()):
            return None
        return Span(rule.type, match.start(), match.end(), _SCORE, "secrets", rule.id)
    return None


def _is_mixed(value: str) -> bool:
    """Letters in both cases, as a checksum or an identifier of a commit has not."""
    return value != value.lower() and value != value.upper()


@cache
def _names() -> Pattern:
    return compiled(gates()[0])


@cache
def _named() -> dict[str, list[tuple[Near, re.Pattern[str]]]]:
    """The rules by how their names begin."""
    found: dict[str, list[tuple[Near, re.Pattern[str]]]] = {}
    for rule in rules().near:
        for first in dict.fromkeys(name[:_FIRST] for name in rule.name.split("|")):
            found.setdefault(first, []).append((rule, re.compile(rule.name, re.IGNORECASE)))
    return found
