# SPDX-License-Identifier: Apache-2.0
"""What is known already: names that were found once in a conversation are found again wherever they stand."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from douane.finding import Span

__all__ = ["NAMES", "Known", "words_beside"]

NAMES = frozenset({"PERSON", "ORGANIZATION"})
"""The types of values that a conversation repeats, in whole and in part."""

_LONGEST = 12  # words of one value
_WORD_LENGTH = 64
_REACH = 256  # characters of one value, more than that is not looked for again
_GAP_LENGTH = 6
_FEW = 16
_SHORTEST_PART = 3
_WORD = re.compile(r"[^\W_]+")
_PARTED = frozenset({"PERSON"})

# Names that are everyday words: a part of a name that is one of them is not looked for by itself.
_EVERYDAY = (
    "ami an april art august baker bella berg best bianco bill black blanc bon brown butler carter chance chase christian cook costa "
    "court dawn de del den der di dom don drew duke earl early earnest east engel faith fall field fields fisher forest fox frank "
    "friend gene general gentile german good grace grand grant gray green groot gros guy hall hill holland hope house hunter ion jack "
    "joy judge june jung junior kaiser kind king klein klug knight koch kraft kurz la lane lang lange law le leo liebe long lord love "
    "luna major mark marks mason may mayor mercy miss moon neu noble north paris park parks penny petit pilar pope porter price prince "
    "queen ray read red rex rich richter rob rock roman rosa rose royal ruby sage sand santa schwarz senior shore short sir sky smart "
    "sol sommer son south star stark stein stern stone storm street strong summer sun sunny swift sydney terra the tot tour und van "
    "viola violet von walker wall ward weiss weiß west white wild will winter wise wolf wood woods worth yang young"
)

_Edge = tuple[str, str]


@dataclass(slots=True)
class _Node:
    """What may follow after some words of a value: what stands between (without white space) and the next word, case folded."""

    after: dict[_Edge, "_Node"] = field(default_factory=dict)
    type: str = ""  # of the value that ends here
    written: tuple[str, ...] = ()  # how a value of one word may be written, the part of a value too
    is_part: bool = False


class Known:
    """Values of `(type, text)`, found again by `spans`. Immutable once made, so thread-safe. It shows no value in its `repr`.

    A value of several words is found ignoring case and however its white space is written. A value of one word, and, for persons, every
    word of three letters or more in a value of several, is found as it is written, capitalised, or in capitals. Everyday words are no such
    part. A genitive (Anna's, Annas) is found without its ending. Time is linear in the text.
    """

    __slots__ = ("_count", "_detector", "_firsts", "_root", "_rule")

    def __init__(
        self,
        values: Iterable[tuple[str, str]],
        *,
        detector: str = "known",
        rule: str = "again",
        parts: bool = True,
    ) -> None:
        self._detector = detector
        self._rule = rule
        self._root = _Node()
        self._count = 0
        later: list[tuple[str, str]] = []
        for type_, value in sorted(values, key=_order):
            words = list(_WORD.finditer(value))
            if (
                not words
                or len(words) > _LONGEST
                or len(value) > _REACH
                or max(match.end() - match.start() for match in words) > _WORD_LENGTH
            ):
                continue
            self._add(type_, value, words)
            if parts and type_ in _PARTED and len(words) > 1:
                later += ((type_, match[0]) for match in words)
        everyday = _everyday()
        for type_, word in later:
            if len(word) >= _SHORTEST_PART and word[0].isupper() and word.casefold() not in everyday:
                self._add_word(type_, word, is_part=True)
        self._firsts = tuple(sorted(word for _, word in self._root.after))

    def __repr__(self) -> str:
        return f"Known({self._count} values)"

    @classmethod
    def among(cls, values: Iterable[tuple[str, str]], words: AbstractSet[str]) -> "Known":
        """Those values alone that have one of these `words_beside` what was found: no other can be found again."""
        return cls(value for value in values if not words.isdisjoint(_WORD.findall(value[1].casefold())))

    @property
    def is_empty(self) -> bool:
        """Whether there is no value to be found."""
        return not self._firsts

    def spans(self, text: str) -> list[Span]:
        """Every value that stands in the text, and every part that stands in none of them."""
        spans: list[Span] = []
        done = 0
        for words in self._places(text, self._hits(text)):
            found = self._longest(text, words, 0)
            if found is None:
                continue
            end, node = found
            if node.is_part and end <= done:
                continue
            done = max(done, end)
            rule = f"{self._rule}.part" if node.is_part else self._rule
            spans.append(Span(node.type, words[0].start(), end, 0.6 if node.is_part else 0.8, self._detector, rule))
        return spans

    def horizon(self, text: str) -> int:
        """The start of what stands at the end of the text and could still become a value, or stop being one; its length without one."""
        if not self._firsts:
            return len(text)
        floor = max(0, len(text) - 2 * _REACH)
        words = [match for match in _WORD.finditer(text, floor) if match.start() > floor or not floor]
        for index in range(max(0, len(words) - _LONGEST - 1), len(words)):
            if self._is_open(text, words, index):
                return words[index].start()
        return len(text)

    def is_calm(self, text: str) -> bool:
        """Whether no value can be in the text. A wrong no costs only time."""
        return not self._hits(text)

    def _hits(self, text: str) -> frozenset[str]:
        """The words of the text, as they are written, that a value may begin with."""
        if not self._firsts:
            return frozenset()
        if len(self._firsts) <= _FEW:
            folded = text.casefold()
            if not any(word in folded for word in self._firsts):
                return frozenset()
        root = self._root.after
        return frozenset(
            word
            for word in set(_WORD.findall(text))
            if ("", folded := word.casefold()) in root or (folded[-1] == "s" and ("", folded[:-1]) in root)
        )

    def _places(self, text: str, hits: frozenset[str]) -> Iterator[list[re.Match[str]]]:
        """Where these words stand, in order, each with the words after it that one value may have."""
        if not hits:
            return
        if len(hits) > _FEW:
            words = list(_WORD.finditer(text))
            yield from (words[index : index + _LONGEST] for index, match in enumerate(words) if match[0] in hits)
            return
        # Sought one by one: a pattern of them would stay in the cache of `re`.
        for start in sorted(place for word in hits for place in _stands(text, word)):
            yield list(islice(_WORD.finditer(text, start), _LONGEST))

    def _add(self, type_: str, value: str, words: list[re.Match[str]]) -> None:
        self._count += 1
        if len(words) == 1:
            self._add_word(type_, words[0][0], is_part=False)
            return
        node, end = self._root, words[0].start()
        for match in words:
            node = node.after.setdefault((_bare(value[end : match.start()]), match[0].casefold()), _Node())
            end = match.end()
        if not node.type or node.is_part:
            node.type, node.is_part = type_, False

    def _add_word(self, type_: str, word: str, *, is_part: bool) -> None:
        node = self._root.after.setdefault(("", word.casefold()), _Node())
        if not node.type:
            node.type, node.is_part = type_, is_part
        node.written = (*node.written, *({word, word[:1].upper() + word[1:], word.upper()} - set(node.written)))

    def _longest(self, text: str, words: list[re.Match[str]], index: int) -> tuple[int, _Node] | None:
        """Where the longest value that begins with a word ends."""
        best = None
        for end, node in self._walk(text, words, index):
            if node.type:
                best = end, node
        return best

    def _walk(self, text: str, words: list[re.Match[str]], index: int) -> Iterator[tuple[int, _Node]]:
        """What the words from one on lead to, word by word, and where each ends."""
        node, between = self._root, ""
        for place in range(index, min(index + _LONGEST, len(words))):
            match = words[place]
            word = match[0]
            for cut in (0, 1) if word[-1] in "sS" else (0,):
                after = node.after.get((between, word[: len(word) - cut].casefold()))
                if after is not None and (place > index or not after.written or after.after or word[: len(word) - cut] in after.written):
                    break
            else:
                return
            if after is None:
                return
            if place > index or not after.written or word[: len(word) - cut] in after.written:
                yield match.end() - cut, after
            if cut or place + 1 == len(words):
                return
            gap = text[match.end() : words[place + 1].start()]
            if len(gap) > _GAP_LENGTH:
                return
            node, between = after, _bare(gap)

    def _is_open(self, text: str, words: list[re.Match[str]], index: int) -> bool:
        node, between = self._root, ""
        for place in range(index, min(index + _LONGEST, len(words))):
            match = words[place]
            word = match[0].casefold()
            if match.end() == len(text):
                return _continues(node, between, word) if place > index else self._begins(word)
            after = node.after.get((between, word))
            if after is None:
                return False
            gap = text[match.end() : words[place + 1].start() if place + 1 < len(words) else len(text)]
            if len(gap) > _GAP_LENGTH or not after.after:
                return False
            if place + 1 == len(words):
                return True
            node, between = after, _bare(gap)
        return False

    def _begins(self, word: str) -> bool:
        """Whether a word is the beginning of the first word of a value, or such a one with the ending of a genitive."""
        place = bisect_left(self._firsts, word)
        return (place < len(self._firsts) and self._firsts[place].startswith(word)) or (
            word[-1] == "s" and ("", word[:-1]) in self._root.after
        )


def words_beside(text: str, spans: Iterable[Span]) -> frozenset[str]:
    """The words of a text, case folded, that no span covers, and these without the ending of a genitive."""
    done, pieces = 0, []
    for span in spans:
        if span.start >= done and not (text[span.start - 1 : span.start].isalnum() or text[span.end : span.end + 1].isalnum()):
            pieces.append(text[done : span.start])
            done = span.end
    words = set(_WORD.findall("\n".join((*pieces, text[done:])).casefold()))
    return frozenset(words | {word[:-1] for word in words if word[-1] == "s"})


def _stands(text: str, word: str) -> Iterator[int]:
    """Where a word stands by itself."""
    start = text.find(word)
    while start >= 0:
        match = _WORD.match(text, start)
        end = start + len(word) if match is None else match.end()
        if end == start + len(word) and not text[start - 1 : start].isalnum():
            yield start
        start = text.find(word, end)  # behind the letters that it stands among: they are looked at once


def _continues(node: _Node, between: str, word: str) -> bool:
    """Whether a word is the beginning of the next word of a value, or such a one with the ending of a genitive."""
    return any(gap == between and (next_.startswith(word) or (word[-1] == "s" and next_ == word[:-1])) for gap, next_ in node.after)


@cache
def _everyday() -> frozenset[str]:
    return frozenset(_EVERYDAY.split())


def _order(value: tuple[str, str]) -> tuple[bool, str, str]:
    """Persons first: of two values that are written alike the first is found."""
    return value[0] not in _PARTED, *value


def _bare(gap: str) -> str:
    return "".join(gap.split())
