# SPDX-License-Identifier: Apache-2.0
"""Where the end of a text may still become a name, or a longer one."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from douane.detect.names.cues import Cues
from douane.detect.names.lists import FIRST, TITLE, Lists
from douane.detect.names.places import PHRASE_LENGTH
from douane.detect.names.words import LETTER, UPPER, lowered

__all__ = ["beginnings", "open_chain", "open_pattern", "open_phrase", "open_words", "street_words"]

_LENGTH = 160
_WORD = re.compile(rf"(?<!\w){LETTER}++")
_CAPITAL_AND_SMALL = re.compile(r"([A-Z][a-z]*) ([a-z]{2,30})")
_JOINS = "of|für|for|spol\\.|sp\\.|n[°º]"
_BEHIND_WORDS = ",.;:!?"


def open_pattern(cues: Cues) -> re.Pattern[str]:
    """What a name or the name of a company may still follow from, to the end of the text.

    Words with a capital letter or a digit, particles and conjunctions, with a space, a comma or a line break between; after them an
    address that begins, or a word that is not yet whole.
    """
    capital = rf"(?:{UPPER}|\d)[\w&.'’+\-]*+"
    particle = "|".join(sorted(map(re.escape, cues.particles), key=len, reverse=True))
    small = rf"(?i:{particle}|{_JOINS}|{LETTER}\.?|(?:{LETTER}\.){{2,4}}{LETTER}?|&|\+)(?![^\s,])"
    space = r",?(?:[ \u00a0]{1,2}| ?\r?\n ?)"
    streets = "|".join(re.escape(cue.phrase) for some in cues.before.values() for cue in some if cue.kind == "street")
    begun = r"(?<![\w.@#/\\$&=~%+\-])"  # a street may stand behind any sign
    first = rf"(?:{begun}{capital}|{begun}(?i:{particle})(?=[ \u00a0])|(?<!\w)(?i:{streets})(?=[ \u00a0]))"
    address = r"(?:\"?[ \u00a0:,\-]{0,3}[<(\[]?[\w.+\-]{0,64}@?)"
    return re.compile(rf"{first}(?:{space}(?:{capital}|{small})){{0,9}}+(?:{address}|,?\s{{0,2}}\S{{0,8}}|,?\s{{1,4}})\Z")


def open_words(cues: Cues) -> frozenset[str]:
    """The words in small letters that `open_pattern` goes on from."""
    others = (*cues.particles, "of", "für", "for", "spol", "sp", "nº")
    return street_words(cues) | {word for phrase in others for word in phrase.lower().split()}


def street_words(cues: Cues) -> frozenset[str]:
    """The words that an address may begin with, in small letters."""
    streets = (cue.phrase for some in cues.before.values() for cue in some if cue.kind == "street")
    return frozenset(form for phrase in streets for word in phrase.lower().split() for form in (word, word.rstrip(".")))


def beginnings(words: AbstractSet[str]) -> frozenset[str]:
    """What more letters could make one of these words."""
    return frozenset(word[:size] for word in words for size in range(1, len(word) + 1))


def open_chain(text: str, pattern: re.Pattern[str], words: AbstractSet[str], begun: AbstractSet[str], lists: Lists) -> int:
    """Where the first such name in the last characters of a text starts; `len(text)` where none does.

    `words` are its `open_words`, `begun` their `beginnings`.
    """
    if _is_prose(text[-_LENGTH:], words):
        return len(text)
    match = pattern.search(text, max(0, len(text) - _LENGTH))
    while match is not None:
        pair = _CAPITAL_AND_SMALL.fullmatch(text, match.start())
        if pair is None or pair[2] in begun or not lists.words.get(pair[1].lower(), 0) & TITLE:
            return match.start()
        match = pattern.search(text, pair.end(1))  # The, and a word in small letters: no name begins with such a word alone
    return len(text)


def _is_prose(end: str, words: AbstractSet[str]) -> bool:
    """Whether the last whole word of a text goes on from no name, and what begins behind it has no capital letter: told at once."""
    *_, whole, last = ("", "", *end.rsplit(None, 2))
    if end[-1:].isspace():
        whole, last = last, ""
    word = whole.rstrip(_BEHIND_WORDS)
    if not (len(word) > 1 and word.isalpha() and word.islower() and word not in words):
        return False
    return (last.isascii() or last.isalpha()) and last.lower() == last and not any(map(str.isdigit, last))


def open_phrase(text: str, lists: Lists, phrases: Sequence[str]) -> int:
    """Where a place of several words begins that is not yet whole, or may get a word more; `phrases` are those of the lists, in order."""
    floor = max(0, len(text) - PHRASE_LENGTH)
    low = lowered(text[floor:])
    for match in _WORD.finditer(text[floor:]):
        if text[floor + match.start()].isupper() and lists.words.get(low[match.start() : match.end()], FIRST) & FIRST:
            tail = low[match.start() :]
            place = bisect_left(phrases, tail)
            if place < len(phrases) and phrases[place].startswith(tail):
                return floor + match.start()
    return len(text)
