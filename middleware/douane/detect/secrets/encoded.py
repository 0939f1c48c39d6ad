# SPDX-License-Identifier: Apache-2.0
"""A text as the bytes that RE2 reads, with the places of the text to what it finds in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from douane.detect import linear

__all__ = ["Encoded", "Match", "Pattern", "compiled", "encoded"]


class Match(Protocol):
    """What RE2 found."""

    def start(self) -> int: ...


class Pattern(Protocol):
    """A pattern of RE2's for bytes."""

    def search(self, text: bytes, pos: int = 0) -> Match | None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text and its bytes. A lone surrogate is a question mark in these, one for one."""

    text: str = field(repr=False)
    data: bytes = field(repr=False)

    def starts(self, pattern: Pattern) -> Iterator[int]:
        """The places in the text of all matches, those that overlap too, so that it does not matter where a text begins.

        INVARIANT: a pattern matches a bounded number of characters only, or this would take quadratic time.
        """
        search, data = pattern.search, self.data
        place = seen = characters = 0
        is_ascii = len(data) == len(self.text)
        while match := search(data, place):
            start = match.start()
            place = start + 1
            if is_ascii:
                yield start
            else:
                characters += len(data[seen:start].decode())
                seen = start
                yield characters

    def fronts(self, pattern: Pattern) -> Iterator[int]:
        """The places where a word may begin, for a pattern that matches it at the start of the text or with the character before it."""
        for start in self.starts(pattern):
            yield start
            yield start + 1


def encoded(text: str) -> Encoded:
    """The text with its bytes."""
    return Encoded(text, text.encode("utf-8", "replace"))


def compiled(source: str) -> Pattern:
    """A pattern that is only asked where it matches."""
    pattern: Pattern = linear.compiled(source, captures=False)
    return pattern
