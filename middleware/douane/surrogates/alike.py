# SPDX-License-Identifier: Apache-2.0
"""Realistic surrogates, known again in what a model writes: whole, in whatever case and grouping, and nothing that only resembles one."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from douane.surrogates.borders import begins, ends, number_begins, number_ends, part_begins, part_ends, word_ends
from douane.surrogates.firms import is_firm
from douane.surrogates.shown import UNUSUAL, Shown
from douane.surrogates.spelling import SEPARATOR, Node, grouped, spelt

__all__ = ["FEWEST", "LONGEST", "Alike"]

LONGEST = 96
"""Characters of a surrogate; a longer one is not known again."""
FEWEST = 6
"""Letters and digits of a number that is known in every grouping; a shorter one would be found in others."""

_MATCH = 200  # characters of one in a text, with those that nobody sees
_WINDOW = 3 * _MATCH + 64
_SHORTEST_PART = 3
_MOST_SIGNS = 2
_FEW = 8
_HEAD = 4
_JOINTS = "-_.@+"
_TOKEN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SIGNS = re.compile(r"\A[\W_]+|[\W_]+\Z")
_FIRST_SIGNS = re.compile(r"[\W_]*")

_Kind = Literal["name", "text", "number"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A surrogate, or a part of one, and what it stands for. `signs` stand before its first letter or digit."""

    written_so: str = field(repr=False)
    original: str = field(repr=False)
    surrogate: str = field(repr=False)
    kind: _Kind
    joints: str = _JOINTS
    signs: str = ""
    is_part: bool = False

    def begins(self, text: str, place: int) -> bool:
        if self.kind == "number":
            return number_begins(text, place, is_plus_known="+" in self.signs)
        return begins(text, place, self.joints) and (not self.is_part or part_begins(text, place))

    def ends(self, text: str, place: int) -> bool | None:
        if self.kind == "number":
            return number_ends(text, place)
        if self.kind == "text":
            return ends(text, place, self.joints)
        verdict = word_ends(text, place, self.joints, is_whole=not self.is_part)
        return part_ends(text, place) if verdict and self.is_part else verdict

    def restored(self, seen: str) -> str:
        """The original, in the case of what was seen where that is a name all in capitals or all in small letters."""
        if self.kind == "name" and len(seen) > 1:
            if seen.isupper() and not self.written_so.isupper():
                return self.original.upper()
            if seen.islower() and not self.written_so.islower():
                return self.original.lower()
        return self.original


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    entry: _Entry
    is_open: bool


class Alike:
    """The surrogates of `pairs` (surrogate to original), found again. Immutable, so thread-safe; shows no value in its `repr`.

    Ignored are case, the grouping of numbers, how blanks are written, backslashes before signs, and characters that nobody sees. The
    ending of a genitive stays behind. Nothing is found within a longer word or number, nor where two of one length overlap. Surrogates
    that are written alike and stand for different originals are not found at all.

    Of a person with as many words as its original, a word of three letters or more puts back the word at its place, if no other surrogate
    has that word and no original. It must be capitalised, and beside no other capitalised word, of whose name it may be a part.

    Time is linear in the text. A match has at most 200 characters, and nothing further than 256 from it decides about it.
    """

    __slots__ = ("_count", "_few", "_heads", "_keys", "_least", "_numbers", "_signs", "_starts", "_texts")

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._count = len(pairs)
        self._texts, self._numbers = Node[_Entry](), Node[_Entry]()
        entries = _distinct((*_entries(pairs), *_parts(pairs)))
        self._keys: set[str] = set()
        heads: set[str] = set()
        for units, entry in entries:
            if entry.kind == "number":
                self._numbers.add(units, entry)
                heads.add(units[:_HEAD])
            else:
                self._texts.add(units, entry)
                self._keys.update(_TOKEN.findall(units)[:1])
        self._few = tuple(sorted(self._keys)) if len(self._keys) <= _FEW else ()
        self._heads = re.compile("|".join(map(SEPARATOR.join, sorted(heads)))) if 0 < len(heads) <= _FEW else None
        self._least = min((sum(map(str.isdigit, units)) for units, entry in entries if entry.kind == "number"), default=0)
        self._signs = frozenset(sign for _, entry in entries for sign in entry.signs)
        firsts = {form for first in (*self._texts.after, *self._numbers.after) for form in (first, first.upper(), first.lower())}
        first = "".join(re.escape(form) for form in sorted(firsts) if len(form) == 1)
        self._starts = re.compile(rf"(?:(?<![^\W_])|(?<=\\[nrtbf])|(?<=%20))(?=[{first}])") if first else None

    def __repr__(self) -> str:
        return f"Alike({self._count} surrogates)"

    def may_hold(self, text: str) -> bool:
        """Whether a surrogate may be in the text. A wrong yes costs only time."""
        if self._starts is None:
            return False
        if not text.isascii() and UNUSUAL.search(text):
            text = Shown(text).text
        folded = text.casefold()
        if self._heads is not None:
            if self._heads.search(folded):
                return True
        elif self._least and sum(map(folded.count, "0123456789")) >= self._least:
            return True
        if self._few or "\\" in folded or "%20" in folded:
            return any(key in folded for key in self._few or self._keys)
        return not self._keys.isdisjoint(_TOKEN.findall(folded))

    def matches(self, text: str, wanted: AbstractSet[str] | None = None) -> list[tuple[int, int, str]]:
        """Start, end and what to put there, in order, without overlaps; `wanted` are the surrogates that are put back, or all.

        The others decide still: a word that two have is nobody's, whichever is wanted.
        """
        if not self.may_hold(text):
            return []
        shown = Shown(text)
        return [
            (shown.raw(each.start), shown.raw(each.end - 1) + 1, each.entry.restored(shown.text[each.start : each.end]))
            for each in _alone(self._found(shown))
            if wanted is None or each.entry.surrogate in wanted
        ]

    def horizon(self, text: str) -> int:
        """The earliest place from which more text could still make or change a match; `len(text)` where there is none.

        At most 400 characters from the end.
        """
        size = len(text)
        if self._starts is None:
            return size
        tail = text[-_MATCH:]
        shown = Shown(tail)
        place = next((start for start, found, goes_on in self._walks(shown.text) if goes_on or any(each.is_open for each in found)), -1)
        place = len(shown.text) if place < 0 else place
        for _ in range(_MOST_SIGNS):
            place -= place > 0 and shown.text[place - 1] in self._signs
        if place == len(shown.text):
            return size
        horizon = size - len(tail) + shown.raw(place)
        base = max(0, size - _WINDOW)
        shown = Shown(text[base:])
        # What is still open may come to nothing, and then does not stand in the way of what overlaps it.
        for each in _alone([each for each in self._found(shown) if not each.is_open]):
            start, end = base + shown.raw(each.start), base + shown.raw(each.end - 1) + 1
            if start < horizon < end:
                return start
        return horizon

    def _found(self, shown: Shown) -> list[_Found]:
        return [
            each
            for _, found, _ in self._walks(shown.text)
            for each in found
            if shown.raw(each.end - 1) + 1 - shown.raw(each.start) <= _MATCH
        ]

    def _walks(self, text: str) -> Iterator[tuple[int, list[_Found], bool]]:
        """For each place where something may begin: what does, and whether more text could make it something."""
        assert self._starts is not None
        for match in self._starts.finditer(text):
            start = match.start()
            found: list[_Found] = []
            goes_on = False
            for ways in (spelt(self._texts, text, start), grouped(self._numbers, text, start)):
                for end, entry in ways:
                    if entry is None:
                        goes_on = True
                    elif entry.begins(text, start) and (verdict := entry.ends(text, end)) is not False:
                        found.append(_Found(_with_signs(text, start, end, entry.signs), end, entry, verdict is None))
            if found or goes_on:
                yield start, found, goes_on


def _entries(pairs: Mapping[str, str]) -> Iterator[tuple[_Entry, str]]:
    """Each surrogate with the characters that spell it."""
    for surrogate, original in pairs.items():
        core, value = surrogate, original
        while core and value and core[-1] == value[-1] and not core[-1].isalnum():
            core, value = core[:-1], value[:-1]
        match = _FIRST_SIGNS.match(core)
        assert match is not None  # it may be empty
        signs, core = match[0], core[match.end() :]
        if not core or len(surrogate) > LONGEST or len(signs) > _MOST_SIGNS:
            continue
        if _is_number(core):
            yield _Entry(core, value, surrogate, "number", signs=signs), _folded("".join(filter(str.isalnum, core)))
        elif "@" in core or any(map(str.isdigit, core)):
            yield _Entry(core, value, surrogate, "text", joints=_joints(core), signs=signs), _folded(" ".join(core.split()))
        else:
            yield _Entry(core, value, surrogate, "name", signs=signs), _folded(" ".join(core.split()))


def _parts(pairs: Mapping[str, str]) -> Iterator[tuple[_Entry, str]]:
    """Single words of persons that are one surrogate's only."""
    originals = {word for value in pairs.values() for word in _words(value)}
    holders: dict[str, int] = {}
    for surrogate in pairs:
        for word in _words(surrogate):
            holders[word] = holders.get(word, 0) + 1
    for surrogate, original in pairs.items():
        made, meant = _names(surrogate), _names(original)
        if len(made) < 2 or len(made) != len(meant):
            continue
        for word, value in zip(made, meant, strict=True):
            is_sole = all(holders[one] == 1 and one not in originals for one in _words(word))
            if len(word) >= _SHORTEST_PART and word[0].isupper() and is_sole and [*map(str.casefold, made)].count(word.casefold()) == 1:
                yield _Entry(word, value, surrogate, "name", is_part=True), _folded(word)


def _distinct(entries: Iterable[tuple[_Entry, str]]) -> list[tuple[str, _Entry]]:
    """The entries by how they are spelt; none of those that are spelt alike and stand for different originals."""
    chosen: dict[tuple[bool, str], _Entry | None] = {}
    for entry, units in entries:
        key = (entry.kind == "number", units)
        other = chosen.setdefault(key, entry)
        if other is not None and other.original != entry.original:
            chosen[key] = None
    return [(units, entry) for (_, units), entry in chosen.items() if entry is not None]


def _alone(found: Sequence[_Found]) -> list[_Found]:
    """Those that overlap nothing as long as they are, in order: two decide about each other alone, wherever the text is cut."""
    ordered = sorted(found, key=lambda each: (each.start, each.end))
    dropped: set[int] = set()
    for place, each in enumerate(ordered):
        for next_ in range(place + 1, len(ordered)):
            other = ordered[next_]
            if other.start >= each.end:
                break
            longer = (each.end - each.start) - (other.end - other.start)
            if longer <= 0:
                dropped.add(place)
            if longer >= 0:
                dropped.add(next_)
    return [each for place, each in enumerate(ordered) if place not in dropped]


def _with_signs(text: str, start: int, end: int, signs: str) -> int:
    """Where a surrogate begins whose first letter or digit stands at `start`; a bracket belongs to it if it closes within."""
    for sign in reversed(signs):
        if not start or text[start - 1] != sign or (sign == "(" and ")" not in text[start:end]):
            break
        start -= 1
    return start


def _words(text: str) -> set[str]:
    """The words of a text, case folded; those that a hyphen joins are one too."""
    return {word.casefold() for pattern in (_WORD, _TOKEN) for word in pattern.findall(text)}


def _names(text: str) -> list[str]:
    """The words of a person's name, without the signs around them; none where it is another thing."""
    words = [_SIGNS.sub("", word) for word in text.split()]
    return words if all(_WORD.fullmatch(word) for word in words) and not any(map(is_firm, words)) else []


def _is_number(text: str) -> bool:
    """Whether a surrogate is known in every grouping: digits with few letters among them, and no address."""
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    longest = max(map(len, _RUN.findall(text)), default=0)
    is_mixed = digits >= 3 and 2 * digits >= letters and longest <= 4
    return is_mixed and digits + letters >= FEWEST and "@" not in text and not _is_ip(text)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _joints(text: str) -> str:
    """What joins an address to more of it."""
    return (".:" if ":" in text else ".") if _is_ip(text) else _JOINTS


def _folded(text: str) -> str:
    return "".join(character.casefold() for character in text)
