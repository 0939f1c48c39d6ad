# SPDX-License-Identifier: Apache-2.0
"""Words that speak for or against an identifier: where they stand in a text, in 26 languages."""

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["LONGEST_PHRASE", "Mention", "Vocabulary", "Words", "folded", "vocabulary"]

LONGEST_PHRASE = 40
"""Characters that no mention exceeds."""

_TOKEN = re.compile(r"(?<![^\W_])[^\W\d_]++(?!\d)")
_NEXT = re.compile(r"[\W_]{0,3}([^\W\d_]{1,40}+)")  # the next word of a phrase
_HUMPS = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_STEM = 4  # letters by which stems are kept; those of three by all of theirs
_HEAD = 3
_BLOCK = 64  # characters that are looked at together
_BARS = str.maketrans(
    {"ß": "ss", "ς": "σ", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ð": "d", "þ": "th", "æ": "ae"}
)  # which have no decomposition


class Mention(NamedTuple):
    """A word or a phrase of the vocabulary, and what it speaks for. A tuple, since there are many: it is made in a third of the time."""

    start: int
    end: int
    topics: frozenset[str]


_Phrases = tuple[tuple[tuple[str, ...], frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases by their first word. A word that ends in `*` is a stem; `stems` has them by their first three or four letters.

    `heads` are the first three letters of all of them, since most words of a text begin otherwise;
    `single` are the words that make a phrase alone and belong to no other.
    """

    phrases: Mapping[str, _Phrases]
    stems: Mapping[str, tuple[str, ...]]
    heads: frozenset[str]
    single: Mapping[str, frozenset[str]]

    def mentions(self, text: str, low: int, high: int) -> list[Mention]:
        """Every phrase that begins from `low` on and before `high`, in order of where it begins, the longest first."""
        found: list[Mention] = []
        heads, single = self.heads, self.single
        for match in _TOKEN.finditer(text, low, min(len(text), high + LONGEST_PHRASE)):
            start, end = match.span()
            if start >= high:
                break
            word = match[0]
            if word.isascii() and (word.islower() or word.istitle()):
                word = word.lower()
                topics = single.get(word)
                if topics is not None:
                    found.append(Mention(start, end, topics))
                elif word[:_HEAD] in heads:
                    self._add(found, text, word, start, end)
            else:
                for token, first, last in _parts(word, start):
                    if token[:_HEAD] in heads:
                        self._add(found, text, token, first, last)
        return found

    def _add(self, found: list[Mention], text: str, token: str, start: int, end: int) -> None:
        known = self.phrases.get(token, ())
        for stems in (self.stems.get(token[:_STEM]), self.stems.get(token[:_HEAD])):
            for stem in stems or ():
                if token.startswith(stem[:-1]):
                    known += self.phrases[stem]
        if not known:
            return
        if len(known) == 1 and len(known[0][0]) == 1:
            found.append(Mention(start, end, known[0][1]))
        else:
            here = [Mention(start, stop, topics) for phrase, topics in known if (stop := self._end(phrase, text, start, end))]
            found += sorted(here, key=lambda mention: -mention.end)

    def _end(self, phrase: tuple[str, ...], text: str, start: int, end: int) -> int:
        """Where a phrase ends whose first word stands at `start` to `end`; 0 where the others do not follow."""
        for wanted in phrase[1:]:
            match = _NEXT.match(text, end)
            if match is None:
                return 0
            token, _, end = next(_parts(match[1], match.start(1)))
            if wanted != token and not (wanted.endswith("*") and token.startswith(wanted[:-1])):
                return 0
        return end if end - start <= LONGEST_PHRASE else 0


class Words:
    """The mentions of one text, looked for in the blocks that somebody asks about."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._blocks: dict[int, list[Mention]] = {}

    def between(self, low: int, high: int) -> list[Mention]:
        """Mentions that begin from `low` on and before `high`, in order, the longest first."""
        low, high = max(0, low), min(high, len(self._text))
        found: list[Mention] = []
        for block in range(low // _BLOCK, (high + _BLOCK - 1) // _BLOCK):
            mentions = self._blocks.get(block)
            if mentions is None:
                mentions = self._blocks[block] = vocabulary().mentions(self._text, block * _BLOCK, (block + 1) * _BLOCK)
            if mentions and low <= mentions[0].start and mentions[-1].start < high:
                found += mentions
            elif mentions:
                found += mentions[bisect_left(mentions, (low,)) : bisect_left(mentions, (high,))]
        return found


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the data, read on the first call."""
    data = json.loads(files("douane.detect.identifiers").joinpath("data/words.json").read_text(encoding="utf-8"))
    speaks: dict[tuple[str, ...], set[str]] = {}
    for topic, languages in data["topics"].items():
        for language in languages.values():
            for phrase in language:
                speaks.setdefault(tuple(folded(phrase).split()), set()).add(topic)
    phrases: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    stems: dict[str, set[str]] = {}
    for words, topics in speaks.items():
        phrases.setdefault(words[0], []).append((words, frozenset(topics)))
        if words[0].endswith("*"):
            stems.setdefault(words[0][:-1][:_STEM], set()).add(words[0])
    stemmed = tuple(first[:-1] for first in phrases if first.endswith("*"))
    single = {
        first: some[0][1] for first, some in phrases.items() if len(some) == 1 and len(some[0][0]) == 1 and not first.startswith(stemmed)
    }
    return Vocabulary(
        {first: tuple(some) for first, some in phrases.items()},
        {start: tuple(sorted(some)) for start, some in stems.items()},
        frozenset(first.rstrip("*")[:_HEAD] for first in phrases),
        single,
    )


def folded(word: str) -> str:
    """The word without case and accents."""
    word = word.lower()
    if word.isascii():
        return word
    plain = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
    return plain.translate(_BARS)


def _parts(word: str, start: int) -> Iterator[tuple[str, int, int]]:
    """The words that one is made of, folded, with their places; `phoneNumber` is two."""
    if word[1:].islower():
        yield folded(word), start, start + len(word)
        return
    for part in _HUMPS.split(word):
        yield folded(part), start, start + len(part)
        start += len(part)
