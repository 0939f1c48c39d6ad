# SPDX-License-Identifier: Apache-2.0
"""One rule of an author's, compiled: a pattern of RE2, and what must hold of a match of it."""

import importlib
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import re2

from douane.detect.authored.document import AuthoredPattern, AuthoredWords
from douane.detect.linear import options
from douane.errors import BundleRejected, DetectorFailed
from douane.worker import WorkerFailed

__all__ = ["LEFT_CONTEXT", "RIGHT_CONTEXT", "Rule", "of_pattern", "of_words"]

LEFT_CONTEXT = 64
"""Characters before a value in which one of the words of its rule may stand."""

RIGHT_CONTEXT = 20
"""Characters after a value in which one of the words of its rule may stand."""

_SPACE = re.compile(r"\s+")
_APART = re.compile(r"[\s\"<>{}|,;`\[\]\u2000-\U0010ffff]")  # what ends a run, see `douane.detect.run`
_NOT_DIGITS = re.compile(r"\D+")
_LARGEST = 2000
_BYTES = 4  # of one character, in UTF-8


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, as bytes of UTF-8.

    A match is at most `longest` characters long and, without `spaces`, holds nothing that ends a run.
    """

    id: str
    type: str
    score: float
    pattern: "re2._Regexp[bytes]" = field(repr=False)
    source: str = field(repr=False)
    longest: int
    spaces: bool
    not_inside_words: bool
    is_valid: Callable[[str], bool] | None = field(default=None, repr=False)
    words: re.Pattern[str] | None = field(default=None, repr=False)
    phrases: tuple[str, ...] = field(default=(), repr=False)

    def spans(self, text: str, encoded: bytes, until: float = math.inf) -> Iterator[tuple[int, int]]:
        """Where values of this rule are: matches from every start, so that what is found does not depend on where a text begins.

        Linear: each start is looked at once, and no further than a value may reach. Raises `DetectorFailed` where it is not done at
        `until` (by the monotonic clock): a pattern may still have a large factor.
        """
        reach = self.longest * _BYTES
        place = 0  # in bytes
        counted = characters = 0
        last = -1
        while place <= len(encoded):
            if time.monotonic() > until:
                late = WorkerFailed(f"the rule `{self.id}` takes too long", "timeout")
                raise DetectorFailed(str(late), detector="authored") from late
            match = self.pattern.search(encoded, place, place + 2 * reach)
            if match is None:
                if place + 2 * reach >= len(encoded):
                    return
                place = _boundary(encoded, place + reach)
                continue
            start = match.start()
            characters += len(encoded[counted:start].decode())
            counted = start
            whole = self.pattern.match(encoded, start, start + reach + _BYTES)  # never cut by the window that it was found in
            stop = start if whole is None else whole.end(1 if self.phrases else 0)
            value = encoded[start : _boundary(encoded, stop)].decode(errors="ignore")[: self.longest]
            end = characters + len(value)
            if value and end > last and self._holds(text, characters, end, value):
                last = end
                yield characters, end
            place = _boundary(encoded, start + 1)

    def _holds(self, text: str, start: int, end: int, value: str) -> bool:
        if not self.spaces and _APART.search(value):
            return False
        if self.not_inside_words and ((start and _is_word(text[start - 1])) or (end < len(text) and _is_word(text[end]))):
            return False
        if self.is_valid is not None and not self.is_valid(value):
            return False
        if self.words is None:
            return True
        return bool(self.words.search(text[max(0, start - LEFT_CONTEXT) : start]) or self.words.search(text[end : end + RIGHT_CONTEXT]))


def of_pattern(id_: str, entry: AuthoredPattern) -> Rule:
    """The rule of a pattern. Raises `BundleRejected` where RE2 cannot take it, saying why, or where no such check is known."""
    where = f"detectors.patterns.{id_}"
    source = f"(?i:{entry.pattern})" if entry.ignore_case else entry.pattern
    pattern = _compiled(source, f"{where}.pattern")
    if pattern.programsize > _LARGEST:
        raise BundleRejected(f"`{where}.pattern` is too large a program ({pattern.programsize} steps, at most {_LARGEST}); repeat less")
    if pattern.search(b"") is not None:
        raise BundleRejected(f"`{where}.pattern` matches nothing at all, so it would match everywhere; let it ask for a character")
    return Rule(
        id_,
        entry.type,
        entry.score / 1000,
        pattern,
        source,
        entry.longest,
        entry.spaces,
        entry.not_inside_words,
        None if entry.check is None else _check(entry.check, where),
        _words(entry.words) if entry.words else None,
    )


def of_words(id_: str, entry: AuthoredWords) -> Rule:
    """The rule of a deny list."""
    # Both forms of a letter such as ß, which RE2 takes for two.
    given = {_SPACE.sub(" ", word).strip() for word in entry.words}
    phrases = tuple(sorted({word.casefold() for word in given}))
    written = given | {word.lower() for word in given}
    ordered = sorted(written | {*phrases}, key=lambda phrase: (-len(phrase), phrase))  # the longest that is a whole word
    spaced = "|".join(r"\s{1,4}".join(re2.escape(part) for part in phrase.split(" ")) for phrase in ordered)
    source = rf"(?i:({spaced}))(?:[^\pL\pN_]|\z)"
    spaces = any(_APART.search(phrase) for phrase in phrases)
    longest = max(len(phrase) + 3 * phrase.count(" ") for phrase in phrases)
    pattern = _compiled(source, f"detectors.words.{id_}.words")
    return Rule(id_, entry.type, entry.score / 1000, pattern, source, longest, spaces, True, phrases=phrases)


def _compiled(source: str, where: str) -> "re2._Regexp[bytes]":
    try:
        return re2.compile(source.encode(), options())
    except re2.error as cause:
        told = cause.args[0] if cause.args else b""
        why = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise BundleRejected(f"`{where}` is nothing that RE2 takes, which needs linear time for every text: {why}") from None


def _check(name: str, where: str) -> Callable[[str], bool]:
    if re.fullmatch(r"[a-z_]+(?:\.[a-z0-9_]+)?", name):
        try:
            module = importlib.import_module(f"stdnum.{name}")
        except ImportError:
            module = None
        is_valid = getattr(module, "is_valid", None)
        if is_valid is not None:
            return lambda value: bool(is_valid(_NOT_DIGITS.sub("", value) if name == "luhn" else value))
    raise BundleRejected(f"`{where}.check`: `{name}` is no check; take `luhn`, or a module of python-stdnum such as `de.idnr`")


def _words(words: Sequence[str]) -> re.Pattern[str]:
    phrases = (r"\s+".join(re.escape(part) for part in word.split()) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _boundary(encoded: bytes, place: int) -> int:
    """The first place from `place` on where a character begins."""
    while place < len(encoded) and encoded[place] & 0xC0 == 0x80:
        place += 1
    return place
