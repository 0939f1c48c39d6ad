# SPDX-License-Identifier: Apache-2.0
"""Topics by lists of words: what an organisation does not want to be talked about, or wants to know of.

The rule of a finding is the topic's id. No list comes with the package; policy authors write them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise

import re2

from douane.detect.linear import options
from douane.errors import ConfigRejected
from douane.finding import ReadingKind, Span

__all__ = ["Topics"]

_WORD = re.compile(  # with the signs that make up words in Hebrew, Arabic and the scripts of India, and the joiners between letters
    r"[\w\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u200c\u200d]+"
)
_JOINERS = re.compile("[\u200c\u200d]")
_LONGEST = 64  # characters of a word; nothing longer is one
_GAP = 3  # characters between two words of a phrase
_MOST = 8  # words of a phrase
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TOPIC = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as it is compared, and where it stands in its text."""

    form: str
    start: int
    end: int


class Topics:
    """Finds words and phrases of `lists`, by topic: whole words ignoring case, in order, with at most three other characters between two.

    A `*` at the end of a word stands for any ending. What is written in a script that puts no spaces between words (Chinese, Japanese,
    Thai, ...) is found within longer runs too. Thread-safe; keeps no text. Raises `ConfigRejected` for an entry that says nothing, a
    topic that is no id (small letters, digits, `_`, `.`, `-`), and more words than fit.
    """

    name = "topics"
    sees: frozenset[ReadingKind] = frozenset(("plain", "folded", "unescaped"))

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.version = version("douane")
        self._exact: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._prefixes: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._unspaced: list[tuple[str, str]] = []
        self._reach = _LONGEST + _GAP + 1  # characters within which a phrase that may go on begins
        for topic, entries in lists.items():
            if not _TOPIC.fullmatch(topic):
                raise ConfigRejected(f"the topic `{topic}` is no id; use small letters, digits, `_`, `.` and `-`")
            for entry in entries:
                self._take(topic, entry)
        firsts = {*self._exact, *self._prefixes, *(_form(entry) for entry, _ in self._unspaced)}
        pattern = "|".join(map(re2.escape, sorted(firsts))) if firsts else r"\z."
        try:
            self._hint: re.Pattern[bytes] = re2.compile(pattern.encode(), options())
        except re2.error as cause:
            raise ConfigRejected(f"the topics begin with {len(firsts)} different words, which is too many; list fewer") from cause

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        return [() if self.is_calm(text) else tuple(self._detect(text)) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether no entry's beginning is in the text."""
        return not self._hint.search(_form(text).encode("utf-8", "surrogatepass"))

    def horizon(self, text: str) -> int:
        """The start of a phrase that is in the text in part."""
        size = horizon = len(text)
        for entry, _ in self._unspaced:
            part = next((count for count in range(len(entry) - 1, 0, -1) if text.endswith(entry[:count])), 0)
            horizon = min(horizon, size - part)
        floor = max(0, size - self._reach)
        words = [word for word in _words(text, floor) if word.start > floor or not floor]  # at the floor is perhaps half a word
        for place in range(max(0, len(words) - _MOST), len(words)):
            if self._may_go_on(words[place:], size):
                return min(horizon, words[place].start)
        return horizon

    def _take(self, topic: str, entry: str) -> None:
        if _UNSPACED.search(entry):
            self._unspaced.append((unicodedata.normalize("NFC", entry.strip()), topic))
            return
        forms = tuple(_form(word[0]) + "*" * entry.startswith("*", word.end()) for word in _WORD.finditer(entry))
        if not 0 < len(forms) <= _MOST or any(len(form) > _LONGEST for form in forms):
            raise ConfigRejected(f"an entry of the topic `{topic}` has no words, or too many or too long ones; write one to {_MOST} words")
        self._reach = max(self._reach, (_LONGEST + _GAP) * len(forms) + 1)
        book = self._prefixes if forms[0].endswith("*") else self._exact
        book.setdefault(forms[0].rstrip("*"), []).append((forms, topic))

    def _starting(self, form: str) -> Iterator[tuple[tuple[str, ...], str]]:
        """Phrases, with their topics, whose first word this is."""
        yield from self._exact.get(form, ())
        for length in range(1, len(form) + 1) if self._prefixes else ():
            yield from self._prefixes.get(form[:length], ())

    def _detect(self, text: str) -> Iterator[Span]:
        words = list(_words(text))
        for place, word in enumerate(words):
            for phrase, topic in self._starting(word.form):
                here = words[place : place + len(phrase)]
                if len(here) == len(phrase) and _follow(here) and all(map(_is, here, phrase)):
                    yield Span("TOPIC", word.start, here[-1].end, 0.9, self.name, topic)
        for entry, topic in self._unspaced:
            at = text.find(entry)
            while at >= 0:
                yield Span("TOPIC", at, at + len(entry), 0.9, self.name, topic)
                at = text.find(entry, at + 1)

    def _may_go_on(self, words: Sequence[_Word], size: int) -> bool:
        """Whether these words are the first of a phrase, of which the last may be half one where it ends at the end of the text."""
        *before, last = words
        if not _follow(words) or size - last.end > _GAP:
            return False
        if not before:
            return last.end == size or any(len(phrase) > 1 for phrase, _ in self._starting(last.form))
        for phrase, _ in self._starting(before[0].form):
            if len(words) <= len(phrase) and all(map(_is, before, phrase)):
                element = phrase[len(before)]
                is_half = last.end == size and (_apart(element).startswith(_apart(last.form)) or _is(last, element))
                if is_half or (len(words) < len(phrase) and _is(last, element)):
                    return True
        return False


def _words(text: str, start: int = 0) -> Iterator[_Word]:
    for match in _WORD.finditer(text, start):
        if match.end() - match.start() <= _LONGEST:
            yield _Word(_form(match[0]), match.start(), match.end())


def _form(word: str) -> str:
    """How a word is compared."""
    return word.lower() if word.isascii() else unicodedata.normalize("NFC", _JOINERS.sub("", word)).casefold()


def _apart(form: str) -> str:
    """A word with its accents behind their letters, where the end of a text may part them."""
    return form if form.isascii() else unicodedata.normalize("NFD", form)


def _follow(words: Sequence[_Word]) -> bool:
    return all(b.start - a.end <= _GAP for a, b in pairwise(words))


def _is(word: _Word, element: str) -> bool:
    return word.form.startswith(element[:-1]) if element.endswith("*") else word.form == element
