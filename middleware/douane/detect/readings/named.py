# SPDX-License-Identifier: Apache-2.0
"""Characters written by number or name: HTML entities, percent escapes, escapes of programming languages, quoted-printable."""

import re
from collections.abc import Iterator
from html import unescape

from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, replaced

__all__ = ["NAMED", "named", "open_named"]

_NAMED = re.compile(
    r"&(?:\#(?:[xX][0-9a-fA-F]{1,6}(?:;|(?=[^0-9a-fA-F;]))|[0-9]{1,7}(?:;|(?=[^0-9;])))|[A-Za-z][A-Za-z0-9]{1,31};)"
    r"|%[0-9a-fA-F]{2}"
    r"|\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(?P<octal>[01][0-7]{2}))"
    # Quoted-printable: one beside another, or a sign of addresses inside a word; else `width=30` would be none of its own.
    r"|=[0-9A-F]{2}(?:(?==[0-9A-F]{2})|(?<==[0-9A-F]{2}=[0-9A-F]{2}))|(?<=[0-9A-Za-z])=(?:40|2E|2D|2B|5F|3A|2F)(?=[0-9A-Za-z=])"
    r"|(?<=[^\s=])=\r?\n(?=[^\s=])"
)
_BYTES = re.compile(r"(?:%[0-9a-fA-F]{2}){1,4}|(?:=[0-9A-F]{2}){1,4}")  # no character has more than four
_OPEN = re.compile(
    r"(?<=[^\s=])=\r?\n?\Z|[%=][0-9A-Fa-f]?\Z|&[A-Za-z0-9\#]{0,32}\Z|\\[xuU0-9][{0-9a-fA-F]{0,8}\Z"
    r"|(?:[%=][CcDd].|[%=][Ee].(?:[%=][89ABab].)?|[%=][Ff].(?:[%=][89ABab].){0,2})(?:[%=][0-9A-Fa-f]?)?\Z"
)
_LAST = 40
NAMED = r"&[A-Za-z\#]|%[0-9A-Fa-f]|\\[0-9xuU]|=[0-9A-F\r\n]"
"""Without which no text holds such a character."""


def named(text: str) -> View | None:
    """The text with such characters in their places, once; None where there are none. Each is decided by itself, where it stands."""
    return replaced(text, _parts(text)) if hits(NAMED, text) else None


def open_named(text: str) -> int:
    """Where an escape begins that more text could complete; `len(text)` where none does."""
    last = text[-_LAST:]
    if not ("&" in last or "\\" in last or "=" in last or "%" in last):
        return len(text)
    match = _OPEN.search(text, max(0, len(text) - _LAST))
    return match.start() if match else len(text)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    while match := _NAMED.search(text, place):
        start, place = match.span()
        if match[0][0] == "&":
            what = unescape(match[0])
        elif match[0][0] == "\\":
            what = _character(int(match["octal"], 8) if match["octal"] else int(match[match.lastindex or 0], 16))
        elif bytes_ := _BYTES.match(text, start):
            what, size = _first_of(bytes.fromhex(bytes_[0].replace(match[0][0], "")))
            place = start + 3 * size
        else:
            what = ""
        if what != match[0]:
            yield start, place, what


def _character(code: int) -> str:
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _first_of(data: bytes) -> tuple[str, int]:
    """The first character of some bytes of UTF-8, and how many of them it takes."""
    for size in range(1, len(data) + 1):
        try:
            return data[:size].decode(), size
        except UnicodeDecodeError:
            continue
    return "\ufffd", 1
