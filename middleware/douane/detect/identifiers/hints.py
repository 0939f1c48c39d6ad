# SPDX-License-Identifier: Apache-2.0
"""Whether a text may hold a word for some topics at all, in one pass over it.

INVARIANT: what is not hinted at is in no mention of the text, so that not looking for it changes nothing.
"""

from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any, Literal

from douane.detect.identifiers.words import vocabulary
from douane.detect.linear import together

__all__ = ["DOCUMENTS", "Hint", "hints"]

Hint = Literal["document", "phone"]

DOCUMENTS = frozenset({"PASSPORT", "ID_CARD", "DRIVER_LICENSE", "LICENSE_PLATE", "PATIENT", "BANK_ACCOUNT", "eori"})
"""Topics of what is known by the word beside it only."""

_TOPICS: dict[Hint, AbstractSet[str]] = {"document": DOCUMENTS, "phone": frozenset({"PHONE_NUMBER"})}
_ALL: frozenset[Hint] = frozenset(_TOPICS)


def hints(text: str) -> frozenset[Hint]:
    """What the words of a text may speak for; all of it where letters are beyond ASCII, which fold to others."""
    if not text.isascii():
        return _ALL
    found = _set().Match(text.encode())
    return frozenset(tuple(_TOPICS)[place] for place in found) if found else frozenset()


@cache
def _set() -> Any:
    return together(map(_pattern, _TOPICS.values()))


def _pattern(topics: AbstractSet[str]) -> str:
    firsts = {first for first, phrases in vocabulary().phrases.items() if any(not topics.isdisjoint(some) for _, some in phrases)}
    # At the start of a word in any case, or with a capital inside one.
    return rf"(?:^|[^A-Za-z])(?i:{_some(firsts)})|[a-z](?:{_some(firsts, is_hump=True)})"


def _some(firsts: AbstractSet[str], *, is_hump: bool = False) -> str:
    """One of the words, or what begins with one of the stems."""
    ends = r"(?-i:[^a-z]|\z)"
    words = [word for word in sorted(firsts) if word.isascii()]
    return "|".join(
        (f"{word[0].upper()}(?i:{word[1:].rstrip('*')})" if is_hump else word.rstrip("*")) + ("" if word.endswith("*") else ends)
        for word in words
    )
