# SPDX-License-Identifier: Apache-2.0
"""A plainer view of a text, for detectors to see through disguises, with an exact map back."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["View", "replaced", "view"]

# Characters that a view drops or folds. Plain accented letters, quotes and the like are none of them, so most texts need no view.
_DROPPED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
)
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_DASHES = "\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_FOLDED = (
    "\u2024\u2070-\u209c\u2100-\u214f\u2460-\u24ff\ufe10-\ufe6b\uff01-\uff9f\U0001d400-\U0001d7ff\U0001f100-\U0001f189\u00b2\u00b3\u00b9"
)
_DROP = re.compile(f"[{_DROPPED}]")
_CANDIDATE = re.compile(rf"[{_DROPPED}{_SPACES}{_DASHES}{_FOLDED}]|(?![0-9])\d")


@dataclass(frozen=True, slots=True)
class View:
    """A view and, for every character of it, where the characters that it stands for start and end in the original."""

    text: str = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that covers a non-empty part of the view, with whatever was dropped inside it."""
        return self.starts[start], self.ends[end - 1]

    def place(self, place: int, length: int) -> int:
        """The place in the original of a place in the view; `length` is that of the original."""
        return self.starts[place] if place < len(self.starts) else length


def view(text: str) -> View | None:
    """The view of `text`, or None where it would be the same.

    Format characters go; spaces, dashes, digits of every script and compatibility forms of ASCII become ASCII. Each character is
    looked at by itself, so the view of a part is the part of the view.
    """
    if text.isascii():
        return None
    parts = ((match.start(), match.end(), _plain(match[0])) for match in _CANDIDATE.finditer(text))
    return replaced(text, (part for part in parts if part[2] != text[part[0] : part[1]]))


def replaced(text: str, parts: Iterable[tuple[int, int, str]]) -> View | None:
    """The view in which something else stands for some parts, given as (start, end, what) in order; None where there are none."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, what in parts:
        out += (text[done:start], what)
        starts += (*range(done, start), *[start] * len(what))
        ends += (*range(done + 1, start + 1), *[end] * len(what))
        done = end
    if not done:
        return None
    out.append(text[done:])
    starts += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return View("".join(out), tuple(starts), tuple(ends))


def _plain(character: str) -> str:
    if _DROP.match(character):
        return ""
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Pd" or character == "\u2212":
        return "-"
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if folded.isascii() and " " not in folded else character
