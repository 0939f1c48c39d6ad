# SPDX-License-Identifier: Apache-2.0
"""JSON escapes seen through: what a JSON text inside a text means, with an exact map back.

The arguments of a tool call, and most results of tools, are JSON in a string. There a line break is written as a backslash and an `n`, so
that a value after it seems to begin with an `n`, and any character may be written by its number.
"""

import re
from collections.abc import Iterator

from douane.detect.readings.view import View, composed, replaced

__all__ = ["escapes", "meanings", "open_escape", "unescaped"]

_HIGH, _LOW = r"u[dD][89abAB][0-9a-fA-F]{2}", r"u[dD][c-fC-F][0-9a-fA-F]{2}"
_MANY = 128  # backslashes in a row, which are one part: nothing is told from their places
_ESCAPE = re.compile(rf'(?:\\\\){{{_MANY // 2}}}|\\(?:{_HIGH}\\{_LOW}|u[0-9a-fA-F]{{4}}|["\\/bfnrt])')
_OPEN = re.compile(rf"\\(?:{_HIGH}(?:\\(?:u[0-9a-fA-F]{{0,3}})?)?|u[0-9a-fA-F]{{0,3}})?\Z")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LONGEST_ESCAPE = 12
_LEVELS = 3  # how deep JSON inside JSON is looked into


def meanings(text: str) -> Iterator[View]:
    """What a text means as a JSON string, then what that means as one, as deep as there are escapes; each with a map to `text`."""
    meant = unescaped(text)
    for _ in range(_LEVELS):
        if meant is None:
            return
        yield meant
        deeper = unescaped(meant.text)
        meant = None if deeper is None else composed(meant, deeper)


def escapes(text: str) -> Iterator[list[tuple[int, int]]]:
    """Where escapes stand in a text, as RFC 8259, section 7, knows them; then those of what it means, in places of `text`."""
    if "\\" in text:
        yield [match.span() for match in _ESCAPE.finditer(text)]
        for meant in meanings(text):
            yield [meant.original(*match.span()) for match in _ESCAPE.finditer(meant.text)]


def unescaped(text: str) -> View | None:
    """The text with its escapes undone once, or None where it has none."""
    if "\\" not in text:
        return None
    return replaced(text, ((match.start(), match.end(), _meant(match[0])) for match in _ESCAPE.finditer(text)))


def open_escape(text: str) -> int:
    """Where an escape begins that more text could complete; `len(text)` where none does."""
    place = max(0, len(text) - _LONGEST_ESCAPE)
    if "\\" not in text[place:]:
        return len(text)
    before = len(text[:place].rstrip("\\"))
    place -= (place - before) % 2  # never between a backslash and what it escapes
    for match in _ESCAPE.finditer(text, place):
        if _OPEN.match(text, match.start()):  # half of a pair
            return match.start()
        place = match.end()
    open_ = _OPEN.search(text, place)
    return open_.start() if open_ else len(text)


def _meant(escape: str) -> str:
    if len(escape) == _MANY:
        return escape[: len(escape) // 2]
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    if len(escape) > 6:
        return chr(0x10000 + ((int(escape[2:6], 16) & 0x3FF) << 10) + (int(escape[8:12], 16) & 0x3FF))
    code = int(escape[2:6], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
