# SPDX-License-Identifier: Apache-2.0
"""The lists of names: what a word may be, read from the data on first use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from douane.detect.names.cues import cues
from douane.detect.names.words import lowered

__all__ = [
    "ANY",
    "COMMON",
    "COMPANY",
    "FAMILY",
    "FIRST",
    "GIVEN",
    "NAME",
    "PLACE",
    "STREET",
    "TITLE",
    "VAGUE",
    "Lists",
    "extended",
    "lists",
]

# What a word may be.
GIVEN = 1 << 0
FAMILY = 1 << 1
COMMON = 1 << 2
"""A name that is a common word too, or a common word that is no name (a month)."""
PLACE = 1 << 3
VAGUE = 1 << 4
"""A place that is a common word too."""
FIRST = 1 << 5
"""The first word of a place of several words."""
TITLE = 1 << 6
"""A title, or what else follows a cue and is no name."""
COMPANY = 1 << 7
"""The legal form of a company, or a word for an institution."""
STREET = 1 << 8
"""A word for a street."""
NAME = GIVEN | FAMILY
ANY = (STREET << 1) - 1
_LETTERS = {"g": GIVEN, "f": FAMILY, "c": COMMON, "p": PLACE, "k": VAGUE, "m": FIRST}
_PHRASES = "phrases"


@dataclass(frozen=True, slots=True)
class Lists:
    """`words` says of every word in lower case what it may be; `phrases` are places of several words, with single spaces."""

    words: Mapping[str, int] = field(repr=False)
    phrases: frozenset[str] = field(repr=False)


@cache
def lists() -> Lists:
    """The lists of the package. In `data/names.txt` a line `#gc` stands over the words that are what these letters say."""
    text = (files("douane.detect.names") / "data" / "names.txt").read_text(encoding="utf-8")
    words: dict[str, int] = {}
    phrases: frozenset[str] = frozenset()
    for section in text.split("\n#")[1:]:
        letters, _, body = section.partition("\n")
        if letters == _PHRASES:
            phrases = frozenset(body.splitlines())
        elif not letters.startswith(" "):  # a comment
            words.update(dict.fromkeys(body.split("\n"), sum(map(_LETTERS.__getitem__, letters))))
    known = cues()
    for mark, marked in ((TITLE, known.titles), (COMPANY, known.company_words | known.heads), (STREET, known.street_words)):
        for word in marked:
            words[word] = words.get(word, 0) | mark
    return Lists(words, phrases)


def extended(given: Iterable[str], family: Iterable[str]) -> Lists:
    """The lists of the package with more given and family names, each a single word, none of them taken for a common word."""
    base = lists()
    words = dict(base.words)
    for bit, names in ((GIVEN, given), (FAMILY, family)):
        for name in map(lowered, names):
            words[name] = (words.get(name, 0) | bit) & ~COMMON
    return Lists(words, base.phrases)
