# SPDX-License-Identifier: Apache-2.0
"""What a text is made of beside its words: characters that nobody sees, encoded words, pictures and elements that act by themselves."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from importlib.metadata import version
from typing import Protocol

from douane.detect.content import bidi, elements, encoded, invisible, links, mixed, styled
from douane.detect.content.mark import NAME
from douane.detect.linear import compiled
from douane.finding import ReadingKind, Span

__all__ = ["Content"]


class _Part(Protocol):
    """What each of the modules is."""

    @property
    def HINT(self) -> str: ...

    def find(self, text: str) -> Iterator[Span]: ...

    def open_from(self, text: str) -> int: ...


_ANY: tuple[_Part, ...] = (encoded, links, elements)
_BEYOND_ASCII: tuple[_Part, ...] = (invisible, bidi, mixed, styled)


class Content:
    """Invisible and turned characters, mixed scripts, encoded words, pictures, links and HTML that act. Thread-safe; keeps no text.

    Structure only: the leg, and whose text it is, are for policy. The modules beside this one name their rules.
    """

    name = NAME
    # As it stands, and as a program that reads its JSON would have it. In other readings `&lt;script&gt;`, which is how to write it
    # harmlessly, would be an element.
    sees: frozenset[ReadingKind] = frozenset(("plain", "unescaped"))

    def __init__(self) -> None:
        self.version = version("douane")

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        return [tuple(self._detect(text)) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether the text has none of the signs without which there is nothing to find."""
        data = _encoded(text)
        return not _hint(_ANY).search(data) and (text.isascii() or not _hint(_BEYOND_ASCII).search(data))

    def is_shut(self, words: AbstractSet[str], before: str) -> bool:
        """Whether nothing begins, goes on or ends in words of small letters, if nothing before them is open: that is no structure."""
        return True

    def horizon(self, text: str) -> int:
        """The start of what more text could still make, lengthen or tell apart from code."""
        return min(part.open_from(text) for part in _parts(text))

    def _detect(self, text: str) -> Iterator[Span]:
        data = _encoded(text)
        for part in _parts(text):
            if _hint((part,)).search(data):
                yield from part.find(text)


def _parts(text: str) -> tuple[_Part, ...]:
    return _ANY if text.isascii() else (*_ANY, *_BEYOND_ASCII)


def _encoded(text: str) -> bytes:
    """What the matcher reads. It takes no lone surrogate, and finds nothing in the bytes of one."""
    return text.encode("utf-8", "surrogatepass")


@cache
def _hint(parts: tuple[_Part, ...]) -> re.Pattern[bytes]:
    pattern: re.Pattern[bytes] = compiled("|".join(part.HINT for part in parts))
    return pattern
