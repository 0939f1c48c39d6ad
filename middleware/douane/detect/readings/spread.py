# SPDX-License-Identifier: Apache-2.0
"""Values whose every two characters have the same separator between them."""

import re
from collections.abc import Iterator
from itertools import pairwise

from douane.detect.readings.tail import hits, open_at
from douane.detect.readings.view import View, replaced

__all__ = ["SPREAD", "open_spread", "spread"]

_GAPS = r"[-\s_.|/·•*,~+]"
_BEFORE = r"(?<![^\s(\"'\[:=])"
_AFTER = r"(?![^\s.,;:!?)\]\"'])"
_SPREAD = re.compile(rf"{_BEFORE}[^\s](?P<gap>, |{_GAPS})(?!(?P=gap))[^\s](?:(?P=gap)(?!(?P=gap))[^\s](?=(?P=gap)|{_AFTER})){{6,98}}+")
SPREAD = rf"(?:[^\s]{_GAPS} ?){{7}}"
"""Without which no text holds such a value."""

_OPEN = rf"(?:^|[\s(\"'\[:=])([^\s](?:{_GAPS} ?[^\s])*(?:{_GAPS} ?)?)\z"
_WIDEST = 300


def spread(text: str) -> View | None:
    """The text with such values put together, 8 to 100 characters each; None where there are none. Rows of tables are none."""
    return replaced(text, _parts(text)) if hits(SPREAD, text) else None


def open_spread(text: str) -> int:
    """Where such a value begins that more text could complete; `len(text)` where none does."""
    return open_at(_OPEN, text, _WIDEST)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _SPREAD.finditer(text):
        gap = len(match["gap"])
        if _is_value(match[0][:: gap + 1]):
            for start in range(match.start() + 1, match.end(), gap + 1):
                yield start, start + gap, ""


def _is_value(characters: str) -> bool:
    """Whether these are one value, not a row of a table of digits, bits least of all."""
    # Among the signs of other scripts there are digits that are no decimals: these count as letters do.
    is_number = characters.isdecimal()
    if is_number and len({int(other) - int(one) for one, other in pairwise(characters)}) == 1:
        return False  # counted up
    words = sum(character.isalnum() for character in characters)
    return len(set(characters)) > 3 and words * 2 > len(characters) and (not is_number or len(characters) < 25)
