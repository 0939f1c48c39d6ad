# SPDX-License-Identifier: Apache-2.0
"""Latin letters written with other characters: mathematical, circled, squared or full-width ones.

Rules: `mixed.styled`, and with a low score `mixed.fullwidth`, which Japanese and Chinese texts have for Latin names.
"""

import re
from collections.abc import Iterator

from douane.detect.content.mark import mark
from douane.finding import Span

__all__ = ["HINT", "find", "open_from"]

_STYLED = "\u24b6-\u24e9\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189"
HINT = f"[{_STYLED}]"
"""A pattern without which there is nothing to find."""

_BETWEEN = r"(?:[,.!?;:、。，．！？]?[ \u3000]|['’\-])"
_LETTER = re.compile(HINT)
_WORD = re.compile(f"[{_STYLED}]+")
_WORDS = re.compile(f"[{_STYLED}]+(?:{_BETWEEN}[{_STYLED}]+)*")
_FULL_WIDTH = re.compile("[\uff21-\uff3a\uff41-\uff5a]+")
_LEAST = 8  # letters in the words that stand together
_EDGE = 2  # characters that may stand between two words
_TAIL = (_EDGE + 1) * (_LEAST + 2)  # within which words that stand together have enough letters, or begin


def find(text: str) -> Iterator[Span]:
    """Every word of such letters that stands with others, or is long enough, to make eight letters."""
    for words in _WORDS.finditer(text):
        letters = list(_WORD.finditer(text, *words.span()))
        if sum(word.end() - word.start() for word in letters) < _LEAST:
            continue
        for word in letters:
            is_full = _FULL_WIDTH.fullmatch(word[0]) is not None
            yield mark("MIXED_SCRIPT", *word.span(), 0.4 if is_full else 0.8, "mixed.fullwidth" if is_full else "mixed.styled")


def open_from(text: str) -> int:
    """The start of the last word, if it could go on, or of the words with it while they are too few."""
    for words in _WORDS.finditer(text, max(0, len(text) - _TAIL)):
        if words.end() >= len(text) - _EDGE:
            letters = list(_WORD.finditer(text, *words.span()))
            if sum(word.end() - word.start() for word in letters) < _LEAST:
                return words.start()
            place = letters[-1].start()
            while place and _LETTER.match(text, place - 1):
                place -= 1
            return place if words.end() == len(text) else len(text)
    return len(text)
