# SPDX-License-Identifier: Apache-2.0
"""How a realistic surrogate may be spelt in a text: a tree of its characters, walked from each place where one may begin."""

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["SEPARATOR", "SPACE", "Node", "grouped", "spelt"]

_Entry = TypeVar("_Entry")

SPACE = r"(?:\s|%20|\\[nrt])"
_MARKS = "[*_`]{0,3}"
_MARKED = frozenset("*_`%\\")
_GAP = re.compile(rf"{_MARKS}{SPACE}{{1,6}}(?!{SPACE}){_MARKS}")
_OPEN_GAP = re.compile(rf"{_MARKS}(?:{SPACE}{{1,6}}{_MARKS}|{SPACE}{{0,5}}(?:%2?|\\)?)\Z")
_SEPARATORS = frozenset(" -./()[]:\\\u2013\u00b7")
_SKIPPED = 3
SEPARATOR = rf"[{re.escape(''.join(sorted(_SEPARATORS)))}]{{0,{_SKIPPED}}}"
"""What may stand between two letters or digits of a number, as a pattern."""


class Node(Generic[_Entry]):
    """What may follow some characters, in small letters (a space for any gap), and the entry that ends behind them."""

    __slots__ = ("after", "entry")

    def __init__(self) -> None:
        self.after: dict[str, Node[_Entry]] = {}
        self.entry: _Entry | None = None

    def add(self, units: str, entry: _Entry) -> None:
        """An entry that is spelt so."""
        node = self
        for unit in units:
            node = node.after.setdefault(unit, Node())
        node.entry = entry


def spelt(root: Node[_Entry], text: str, start: int) -> Iterator[tuple[int, _Entry | None]]:
    """Each entry that is spelt from `start` on, with its end; None where the text ends before that is known.

    Case is ignored, and backslashes before signs; a gap is up to six blanks, with emphasis of Markdown beside them.
    """
    node, place, size = root, start, len(text)
    while True:
        if node.entry is not None:
            yield place, node.entry
        if place == size:
            if node.after:
                yield place, None
            return
        character = text[place]
        if " " in node.after and (character in _MARKED or character.isspace()):
            if _OPEN_GAP.match(text, place):
                yield place, None
                return
            gap = _GAP.match(text, place)
            if gap is not None:
                node, place = node.after[" "], gap.end()
                continue
        if character == "\\":
            place += 1
            if place == size:
                if node.after:
                    yield place, None
                return
            character = text[place]
            if character.isalnum() or character.isspace():
                return
        for unit in character.casefold():
            after = node.after.get(unit)
            if after is None:
                return
            node = after
        place += 1


def grouped(root: Node[_Entry], text: str, start: int) -> Iterator[tuple[int, _Entry | None]]:
    """The same for numbers, with up to three separators between two letters or digits."""
    node, place, size, skipped = root, start, len(text), 0
    while place < size:
        character = text[place]
        place += 1
        if character.isalnum():
            skipped = 0
            for unit in character.casefold():
                after = node.after.get(unit)
                if after is None:
                    return
                node = after
            if node.entry is not None:
                yield place, node.entry
        else:
            skipped += 1
            if skipped > _SKIPPED or character not in _SEPARATORS:
                return
    if node.after:
        yield place, None
