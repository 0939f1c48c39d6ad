# SPDX-License-Identifier: Apache-2.0
"""From what a model thinks of words, and what their writing says, to names: which words are taken, and which make one name."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, Protocol

from douane.detect.names.rampart_evidence import Evidence

__all__ = ["LEAST", "Kind", "Name", "Reader", "Word", "names"]

_CAPITAL_BESIDE, _SMALL_BESIDE = 0.04, 0.4  # chances that are enough beside a word that is taken
_LIKELY = 0.1  # the chance from which on a word makes the one beside it more likely
LEAST = 0.04
"""A chance below this one changes nothing."""

# What may stand between two words of one name: a space, a hyphen, an apostrophe, the full stop of an initial or of a short title.
_BETWEEN = re.compile(r"\s*(?:[-'’´]\s?)?")
_INITIAL = re.compile(r"\.\s*-?")
_LONGEST_INITIAL = 3

_LETTERS = re.compile(r"[^\W\d_]\D*")

# Beside these a word in small letters is one that a machine reads: `len(x)`, `self.name`, `user_id`.
_BEFORE = frozenset("_`=<>\\$#.@/")
_AFTER = frozenset("_`=<>\\$#(@/[{")

Kind = Literal["person", "place", "street"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word from `start` to `end`, and how likely (0 to 1) it is part of a person's name, of an address, and of the street in it."""

    start: int
    end: int
    person: float
    place: float
    street: float = 0.0


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text; `score` is the chance of its surest word."""

    kind: Kind
    start: int
    end: int
    score: float


class Reader(Protocol):
    """Reads a text of at most 120 characters: its words, or nothing where no word has a chance of at least `LEAST`. Thread-safe."""

    def read(self, text: str) -> Sequence[Word]: ...


def names(text: str, words: Sequence[Word]) -> list[Name]:
    """The names that words of a text make, in order."""
    kept = [word for word in words if _could_be_a_name(text, word)]
    joined = [False, *(_are_one(text, left, right) for left, right in pairwise(kept))]  # with the word before
    evidence = Evidence(text)
    kinds = _kinds(text, kept, joined, evidence)
    taken = [kind is not None for kind in kinds]
    beside = [_is_enough_beside(text, word) and not evidence.is_no_name(word.start, word.end) for word in kept]
    for at in range(1, len(kept)):
        taken[at] = taken[at] or (taken[at - 1] and joined[at] and beside[at])
    for at in range(len(kept) - 1, 0, -1):
        taken[at - 1] = taken[at - 1] or (taken[at] and joined[at] and beside[at - 1])
    made: list[Name] = []
    for at, word in enumerate(kept):
        if taken[at]:
            kind = kinds[at] or _likelier(word)
            start, score = word.start, max(word.person, word.place)
            if at and joined[at] and taken[at - 1] and made[-1].kind == kind:
                before = made.pop()
                start, score = before.start, max(before.score, score)
            made.append(Name(kind, start, _with_marks(text, word.end), score))
    return made


def _kinds(text: str, words: Sequence[Word], joined: Sequence[bool], evidence: Evidence) -> list[Kind | None]:
    """What each word is taken for by itself."""
    likely = [text[word.start].isupper() and _chance(word) >= _LIKELY for word in words]
    kinds: list[Kind | None] = []
    for at, word in enumerate(words):
        kind: Kind | None = None
        if _chance(word) >= LEAST:
            is_single = not ((joined[at] and likely[at - 1]) or (at + 1 < len(words) and joined[at + 1] and likely[at + 1]))
            person, place = evidence.weigh(word.start, word.end, (word.person, word.place), is_single=is_single)
            if max(person, place) >= 0:
                kind = "person" if person >= place else _likelier(replace(word, person=0.0))
        kinds.append(kind)
    return kinds


def _likelier(word: Word) -> Kind:
    return "person" if word.person >= word.place else "street" if 2 * word.street > word.place else "place"


def _could_be_a_name(text: str, word: Word) -> bool:
    """Whether it is letters without a digit, more than one where they are small, and small ones are not part of a programme."""
    written = text[word.start : word.end]
    if _LETTERS.fullmatch(written) is None:
        return False
    if not written[0].islower():
        return True
    return len(written) > 1 and text[max(0, word.start - 1) : word.start] not in _BEFORE and text[word.end : word.end + 1] not in _AFTER


def _is_enough_beside(text: str, word: Word) -> bool:
    return _chance(word) >= (_CAPITAL_BESIDE if text[word.start].isupper() else _SMALL_BESIDE)


def _chance(word: Word) -> float:
    return max(word.person, word.place)


def _are_one(text: str, left: Word, right: Word) -> bool:
    between = text[left.end : right.start]
    return _BETWEEN.fullmatch(between) is not None or (
        left.end - left.start <= _LONGEST_INITIAL and _INITIAL.fullmatch(between) is not None
    )


def _with_marks(text: str, end: int) -> int:
    """The end of a word with the marks on its last letter, which a tokenizer drops."""
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end
