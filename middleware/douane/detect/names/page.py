# SPDX-License-Identifier: Apache-2.0
"""A text laid out for the rules of names: its capitalised words, what each may be, and which of them stand together."""

import re
from bisect import bisect_left
from collections.abc import Callable

from douane.detect.names.cues import Cue, Cues
from douane.detect.names.lists import COMMON, GIVEN, NAME, PLACE, VAGUE, Lists
from douane.detect.names.words import CAPITAL, GAP, LINE_GAP, PARTICLES

__all__ = ["CUED", "DOTTED", "ENDING", "LINED", "Page"]

# Why a word is looked at besides what it may be; in the same number as that.
CUED = 1 << 9
"""The word before it may end a cue, or a full stop is directly before it."""
LINED = 1 << 10
"""A line break or a colon is before it."""
DOTTED = 1 << 11
"""A full stop is before it, a space or particles between."""
ENDING = 1 << 12
"""It has an ending of family names or streets."""

_LONGEST = 5  # words that one name has at most, particles and initials aside
_LENGTH = 100  # characters that the words of one name have at most
_GAP_LENGTH = 20
_PARTICLES_BEFORE = 3
_LONGEST_CUE_WORD = 20
_BEYOND = 36  # characters of up to three particles and the word before them
_LONGEST_ABBREVIATION = 5
_TWO_LETTERS = frozenset({"ch", "th"})  # initials that have two
_SPACES = frozenset(" \u00a0")
_INSIDE = frozenset("'-./")
_WITHIN = frozenset("'-.")
_MARKS = "([{\"'“”„«»‘-./*_"
_FIRST_IN_SENTENCE = frozenset(".!?:;•·|*#>\n\t\r")
_SAINTS = frozenset({"saint", "sainte", "st", "ste", "sankt", "san", "santa"})
_AFTER_INITIAL = re.compile(r"(?:(?<!\w)[^\W\d_]\.|\d) ?\Z")
_QUOTES = frozenset("\"'“”„«»‘’([{-–— \u00a0")


class Page:
    """The capitalised words of a text, by their index: where they start and end, in lower case, and what they may be.

    `marked` are the indexes of those that a rule has to look at. A genitive is no part of a word where the word without it is in the lists.
    """

    __slots__ = ("cues", "ends", "flags", "low", "lows", "marked", "phrases", "starts", "text")

    def __init__(self, text: str, low: str, lists: Lists, cues: Cues) -> None:
        """`low` is the text in lower case."""
        self.text = text
        self.low = low
        self.cues = cues
        self.phrases = lists.phrases
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.lows: list[str] = []
        self.flags: list[int] = []
        self.marked: list[int] = []
        known, before, particles, tails = lists.words.get, cues.before, cues.particles, cues.tails
        for match in CAPITAL.finditer(text):
            start, end = match.span()
            if start and low[start - 1] == "." and not self._is_glued(start):
                continue
            word = low[start:end]
            flags = known(word, 0)
            if not flags:
                last = word[-1]
                if last == "'" or (last == "s" and word[-2] != "s"):
                    cut = 2 if word[-2:] == "'s" else 1
                    flags = known(word[:-cut], 0)
                    if flags & (COMMON | VAGUE) or not flags & (GIVEN | PLACE if cut == 1 else NAME | PLACE):
                        flags = 0
                    if flags or cut == 2:
                        end -= cut
                        word = word[:-cut]
                if not flags and "-" in word:
                    flags = _united(word, known)
                elif not flags and word[1:2] == "'":  # l'Alsace, d'Artagnan, at the start of a sentence
                    flags = known(word[2:], 0)
                if word[-3:] in tails:
                    flags |= ENDING
            if start:
                character = low[start - 1]
                if character == " " or character == "\u00a0":
                    character = low[start - 2 : start - 1]
                    if character == ".":
                        if start < 4 or not low[start - 4].isalnum() or low[start - 4 : start - 2] in _TWO_LETTERS:
                            flags |= DOTTED
                    elif character == ":" or character == " ":
                        flags |= LINED
                    floor = max(0, start - _LONGEST_CUE_WORD)
                    left = low[max(floor, low.rfind(" ", floor, start - 1) + 1) : start - 1]
                    if left in before or (not left.isalpha() and _last_word(left) in before):
                        flags |= CUED
                    elif left in particles:
                        flags |= self._beyond(start)
                elif character == "\n" or character == ":" or character == "\t":
                    flags |= LINED
                elif character == ".":
                    flags |= CUED
            if flags:
                self.marked.append(len(self.starts))
            self.starts.append(start)
            self.ends.append(end)
            self.lows.append(word)
            self.flags.append(flags)

    def _is_glued(self, start: int) -> bool:
        """Whether the full stop directly before a word is that of a title: Dr.Müller. Elsewhere it is that of an identifier: re.Match."""
        begin, end, _ = self.word_before(start)
        if end - begin > _LONGEST_ABBREVIATION or not self.text[begin : begin + 1].isupper() or (begin and self.low[begin - 1] == "_"):
            return False
        return any(cue.kind == "honorific" for cue in self.cues.before.get(self.low[begin:end], ()))

    def _beyond(self, start: int) -> int:
        """What stands before the particles that stand before a place: the last word of a cue, or an initial."""
        for word in reversed(self.low[max(0, start - _BEYOND) : start].split()):
            if word not in self.cues.particles:
                return (DOTTED if word[-1] == "." else 0) | (CUED if _last_word(word) in self.cues.before else 0)
        return 0

    def chain(self, index: int, *, lines: bool = False) -> int:
        """How many words from this one on stand together as a name would, at most five; `lines` allows a line break between two."""
        last = min(index + _LONGEST, len(self.starts))
        end = self.starts[index] + _LENGTH
        for after in range(index + 1, last):
            if self.ends[after] > end or not self.joins(after - 1, lines=lines):
                return after - index
        return last - index

    def joins(self, index: int, *, lines: bool = False) -> bool:
        """Whether nothing stands between a word and the next one but a space, initials and particles: Maria J. de la Cruz."""
        start, end = self.ends[index], self.starts[index + 1]
        length = end - start
        if length == 1:
            character = self.text[start]
            return character == " " or character == "\u00a0" or (lines and character == "\n")
        if length > _GAP_LENGTH:
            return False
        gap = self.text[start:end]
        if lines and LINE_GAP.fullmatch(gap):
            return True
        initials = GAP.match(gap)
        if initials is None:
            return False
        rest = gap[initials.end() :]
        return not rest or bool(PARTICLES.fullmatch(rest) and all(word[-1] in "'’" or word in self.cues.particles for word in rest.split()))

    def is_first(self, index: int) -> bool:
        """Whether a word begins a sentence, as far as four characters before it tell: there any word has a capital letter."""
        start = self.starts[index]
        for place in range(start - 1, max(-1, start - 5), -1):
            character = self.text[place]
            if character not in _QUOTES:
                return character in _FIRST_IN_SENTENCE
        return start < 4

    def is_upper(self, index: int) -> bool:
        """Whether a word is in capitals throughout."""
        return self.text[self.starts[index] : self.ends[index]].isupper()

    def cue(self, index: int) -> tuple[int, Cue, int] | None:
        """Where a name begins that a cue ends directly before, with its particles; the cue, and where that begins."""
        start = self.starts[index]
        for _ in range(_PARTICLES_BEFORE + 1):
            begin, end, is_dotted = self.word_before(start)
            if begin == end:
                return None
            word = self.low[begin:end]
            for cue in self.cues.before.get(word, ()):
                place = self._stands(cue, end + is_dotted, is_dotted)
                if place >= 0:
                    return start, cue, place
            if is_dotted or word not in self.cues.particles:
                return None
            start = begin
        return None

    def word_before(self, start: int) -> tuple[int, int, bool]:
        """Where the word before a place starts and ends, and whether a full stop is after it; an empty one where there is none."""
        low = self.low
        end = start - 1
        if end < 1 or (low[end] not in _SPACES and low[end] != "."):
            return start, start, False
        if low[end] == ".":
            end += 1
        elif low[end - 1] in _SPACES:
            end -= 1
        is_dotted = low[end - 1] == "."
        end -= is_dotted
        begin = end
        floor = max(0, end - _LONGEST_CUE_WORD)
        while begin > floor and (low[begin - 1].isalpha() or low[begin - 1] in _INSIDE):
            begin -= 1
        while begin < end and low[begin] in _INSIDE:
            begin += 1
        slash = low.rfind("/", begin, end)
        if slash >= 0 and low[begin:end] not in self.cues.before:  # Herr/Frau
            begin = slash + 1
        return begin, end, is_dotted

    def between(self, start: int, end: int) -> range:
        """The indexes of the words that start in a part of the text."""
        return range(bisect_left(self.starts, start), bisect_left(self.starts, end))

    def _stands(self, cue: Cue, end: int, is_dotted: bool) -> int:
        """Where the whole phrase of a cue begins that ends at `end`, the full stop included; -1 where it does not.

        Only what is short is cut short with a full stop, and `m.` after a number or another initial is none.
        """
        phrase = cue.phrase
        is_short = phrase[-1] == "."
        if is_dotted and not is_short:
            if len(phrase) > _LONGEST_ABBREVIATION or cue.kind == "street":
                return -1
            end -= 1
        begin = end - len(phrase)
        if begin < 0 or not self.low.startswith(phrase, begin) or (begin and self.low[begin - 1].isalnum()):
            return -1
        return -1 if is_short and _AFTER_INITIAL.search(self.low, max(0, begin - 4), begin) else begin


def _last_word(text: str) -> str:
    """The last word of what stands before a space, without a full stop after it and marks before it."""
    words = text.split()
    word = words[-1].rstrip(".") if words else ""
    begin = len(word)
    while begin and (word[begin - 1].isalpha() or word[begin - 1] in _WITHIN):
        begin -= 1
    return word[begin:].lstrip(_MARKS)


def _united(word: str, known: Callable[[str, int], int]) -> int:
    """What a word with hyphens may be: Jean-Pierre, Müller-Lüdenscheidt."""
    united = 0
    for part in word.split("-"):
        flags = known(part, 0)
        if flags & NAME and not flags & COMMON:
            united |= flags & NAME
        elif part in _SAINTS:
            return PLACE
    return united
