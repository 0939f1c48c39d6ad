# SPDX-License-Identifier: Apache-2.0
"""A text as it is seen: what nobody sees in it is left out, wide letters are plain ones, and every place is mapped back.

The ids of surrogates are looked for in it; so here stands too what an id is made of, and what in a text might be read as one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

__all__ = ["ALPHABET", "ID_LENGTH", "UNUSUAL", "Shown", "id_places", "ids_in", "lettered"]

ALPHABET = "bcdfghjklmnpqrstvwxz"
"""The letters of ids: without vowels no id is a word."""
ID_LENGTH = 5
_HIDDEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff"
_HIDDEN_FEW = re.compile(f"(?<![{_HIDDEN}])[{_HIDDEN}]{{1,3}}(?![{_HIDDEN}])")
_HIDDEN_ALL = re.compile(f"[{_HIDDEN}]+")
UNUSUAL = re.compile(f"[{_HIDDEN}\u00a0\u2010\u2011\u202f\u3000\u3008-\u300b\u3010\u3011\uff01-\uff5e]")
_USUAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "\u00a0\u2010\u2011\u202f\u3000\u3008\u3009\u300a\u300b\u3010\u3011", " --  <><>[]"
)
_ROW = 16
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_RUN = re.compile(f"[{ALPHABET}{ALPHABET.upper()}]{{{ID_LENGTH},}}")


class Shown:
    """A text as it is seen: without the characters that nobody sees, and with wide letters and brackets as plain ones."""

    __slots__ = ("_places", "_shifts", "text")

    def __init__(self, text: str) -> None:
        self._places: list[int] = [0]
        self._shifts: list[int] = [0]
        self.text = text
        if text.isascii() or not UNUSUAL.search(text):
            return
        pieces: list[str] = []
        done = shift = 0
        for match in _HIDDEN_FEW.finditer(text):
            pieces.append(text[done : match.start()])
            done = match.end()
            shift += done - match.start()
            self._places.append(done - shift)
            self._shifts.append(shift)
        pieces.append(text[done:])
        self.text = "".join(pieces).translate(_USUAL)

    def raw(self, place: int) -> int:
        """The place in the text as it came."""
        return place + self._shifts[bisect_right(self._places, place) - 1]


def id_places(text: str) -> Iterator[tuple[int, str]]:
    """Each place where an id might begin, whatever stands around it, with the id in lower case.

    In a long row of such letters, as encoded bytes have them, none but the first two: no id has so many letters behind it.
    """
    for match in _RUN.finditer(text):
        start, run = match.start(), match[0].lower()
        for place in range(len(run) - ID_LENGTH + 1 if len(run) <= _ROW else 2):
            yield start + place, run[place : place + ID_LENGTH]


def lettered(number: int, count: int) -> str:
    """The last so many digits of a number, written with the letters of ids."""
    letters = []
    for _ in range(count):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def ids_in(text: str) -> set[str]:
    """Everything in a text that might be read as an id: at least what `Written` could read as one, whatever stands around it.

    Characters that nobody sees are left out, however many, and all but ASCII too, so that none can hide an id.
    """
    readings = {text}
    if not text.isascii():
        readings = {Shown(text).text, _HIDDEN_ALL.sub("", text).translate(_USUAL), _NOT_ASCII.sub("", text)}
    ids: set[str] = set()
    for reading in readings:
        ids.update(id_ for _, id_ in id_places(reading))
    return ids
