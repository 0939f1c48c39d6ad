# SPDX-License-Identifier: Apache-2.0
"""What a text says from a place on, where that is nothing but words of small letters: most of a stream, told at once."""

import re

from douane.detect.readings.encoded import open_encoded
from douane.detect.readings.spelled import SIGNS, open_spelled

__all__ = ["open_prose", "prose"]

_PROSE = re.compile(r" ?(?:[a-z]{2,15}[,.;!?]? )*+(?:[a-z]{1,15})?")
_MARKS = str.maketrans("", "", ",.;!?")
_MOST = 64


def prose(text: str, floor: int) -> frozenset[str] | None:
    """The words from `floor` on, where all of it is words of ASCII's small letters with a space behind each, and perhaps a mark between.

    The last one may be a part of a word, and may be one letter. None where it is anything else, the first is part of a longer word, or
    one stands for a sign of an address.
    """
    if len(text) - floor > _MOST or (floor and text[floor - 1] != " " and text[floor : floor + 1] != " "):
        return None
    if not _PROSE.fullmatch(text, floor):
        return None
    words = frozenset(text[floor:].translate(_MARKS).split())
    return words if words.isdisjoint(SIGNS) else None


def open_prose(text: str) -> int | None:
    """Where an address in words begins that more text could complete, which is all that may begin in `prose`; None where more is open."""
    return open_spelled(text) if open_encoded(text) == len(text) else None
