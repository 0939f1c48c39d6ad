# SPDX-License-Identifier: Apache-2.0
"""A view of a text in which simple disguises are undone, with an exact map back to the characters that were sent.

Format characters, tags and variation selectors are dropped; digits of all scripts, compatibility forms, dashes and spaces are folded to
ASCII (Unicode UAX 15, NFKC). One character of the view comes from one run of the original.
"""

import unicodedata
from dataclasses import dataclass, field

__all__ = ["View", "normalised"]

_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
_DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me"})
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0000, 0xE0200))


@dataclass(frozen=True, slots=True)
class View:
    """`text` as detectors should see it; `starts[i]` is where its character `i` begins in the original, which has `length` characters."""

    text: str = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    length: int

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that a span of the view covers, dropped characters inside included."""
        return self.starts[start], (self.starts[end - 1] + 1 if end else self.length)


def normalised(text: str) -> View | None:
    """The view of a text, or None where it would be the text itself (always so for ASCII)."""
    if text.isascii():
        return None
    characters: list[str] = []
    starts: list[int] = []
    for index, character in enumerate(text):
        folded = character if character < "\x80" else _folded(character)
        for one in folded:
            characters.append(one)
            starts.append(index)
    seen = "".join(characters)
    return None if seen == text else View(seen, tuple(starts), len(text))


def _folded(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if any(code in selectors for selectors in _SELECTORS):
        return ""
    category = unicodedata.category(character)
    if category in _DROPPED_CATEGORIES:
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Zs":
        return " "
    if character in _DASHES:
        return "-"
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() and len(compatible) <= 3 else character
