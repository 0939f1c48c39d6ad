# SPDX-License-Identifier: Apache-2.0
"""Persons whose names are written without a capital letter, as in chats: only what two lists, or a list and a cue, agree on."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from douane.detect.names.cues import Cues
from douane.detect.names.lists import COMMON, FAMILY, GIVEN, PLACE, Lists
from douane.detect.names.words import LETTER
from douane.finding import Span

__all__ = ["is_introduced", "open_small", "small_given", "small_persons"]

_WORD = re.compile(rf"(?<![\w.@#/\\$&=~%+\-]){LETTER}{{3,30}}+(?![\w@=/\\(\[{{\-]|[.:]\w)")
_NEXT = re.compile(rf"[ \u00a0]({LETTER}{{3,30}}+)(?![\w@=/\\(\[{{\-]|[.:]\w)")
_OPEN = re.compile(rf"(?<![\w.@#/\\$&=~%+\-])({LETTER}{{3,30}}+)[ \u00a0]\S{{0,30}}\Z")
_INTRODUCTION = 40
_FEW = 8


def small_given(words: AbstractSet[str], lists: Lists) -> frozenset[str]:
    """Those of some words, as they are written, that are given names in small letters and nothing else."""
    known = lists.words
    return frozenset(word for word in known.keys() & words if known[word] & GIVEN and not known[word] & (COMMON | PLACE))


def small_persons(text: str, low: str, given: AbstractSet[str], lists: Lists, cues: Cues) -> Iterator[Span]:
    """Every name that begins with one of these given names."""
    known = lists.words.get
    for start, end in _places(text, given):
        after = _NEXT.match(text, end)
        if after is not None:
            flags = known(after[1], 0)
            if flags & FAMILY and not flags & (COMMON | PLACE):
                yield Span("PERSON", start, after.end(1), 0.6, "names", "given_family.small")
        if is_introduced(low, start, cues):
            yield Span("PERSON", start, end, 0.7, "names", "cue.introduction")


def _places(text: str, given: AbstractSet[str]) -> Iterator[tuple[int, int]]:
    """Where these words stand. Few are sought one by one, which is faster; many are met on the way through the text."""
    if len(given) > _FEW:
        yield from (match.span() for match in _WORD.finditer(text) if match[0] in given)
        return
    for word in given:
        start = text.find(word)
        while start >= 0:
            match = _WORD.match(text, start)
            if match is not None and match[0] == word:
                yield match.span()
            start = text.find(word, start + len(word))


def open_small(text: str, lists: Lists) -> int:
    """Where a given name in small letters stands that the next word may make a full one; `len(text)` where none does."""
    match = _OPEN.search(text, max(0, len(text) - 64))
    if match is None or not small_given({match[1]}, lists):
        return len(text)
    return match.start()


def is_introduced(low: str, place: int, cues: Cues) -> bool:
    """Whether what introduces a name, and a space, stand before a place of a text in lower case: my name is, this is."""
    before = low[max(0, place - _INTRODUCTION) : place]
    words = before.split()
    if not words or before[-1] not in " \u00a0":
        return False
    before = " ".join(words)
    return any(cue.kind == "introduction" and before.endswith(cue.phrase) for cue in cues.before.get(words[-1], ()))
