# SPDX-License-Identifier: Apache-2.0
"""Characters that nobody sees, where no script needs them: tags, zero width inside words, variation selectors in a row.

What a script needs is left alone: joiners of Persian, the scripts of India and emoji, one variation selector, tags of flags (UTS #51).

Rules: `invisible.tags`, `invisible.selectors`, `invisible.word` (inside a word of a European script), `invisible.soft_hyphen` (one between
two syllables, as hyphenated web pages have it: a low score), `invisible.run` (four or more together), `invisible.format` (deprecated).
"""

import re
from collections.abc import Iterator

from douane.detect.content.mark import mark
from douane.finding import Span

__all__ = ["HINT", "INVISIBLE", "find", "open_from"]

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""The inside of a character class: characters that are ignored when a text is shown, but for those that turn its direction."""

HINT = f"[{INVISIBLE}]"
"""A pattern without which there is nothing to find."""

_RUN = re.compile(f"[{INVISIBLE}]+")
_TAG = re.compile("[\U000e0000-\U000e007f]")
_FLAG = re.compile("[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f")
_BLACK_FLAG = "\U0001f3f4"
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2}")
_DOUBLED = re.compile("\ufe0f{2,3}")  # what keyboards leave behind an emoji
_DEPRECATED = re.compile("[\u206a-\u206f\ufff9-\ufffb\U000e0001]")
_SOFT_HYPHEN = "\u00ad"
_LONG = 4
_RIGHT = 2  # characters behind a run that speak for or against it


def find(text: str) -> Iterator[Span]:
    """Every run of invisible characters that no script explains."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        flag = _FLAG.match(text, start, end) if text[start - 1 : start] == _BLACK_FLAG else None
        if flag:
            start = flag.end()
        if start < end and (judged := _judge(text, start, end)):
            yield mark("INVISIBLE_TEXT", start, end, *judged)


def open_from(text: str) -> int:
    """The start of a run at the end of the text, or behind which less than two characters stand."""
    place = len(text)
    backwards = text[::-1]
    for behind in range(min(_RIGHT, len(text))):
        if run := _RUN.match(backwards, behind):
            place = min(place, len(text) - run.end())
    return place


def _judge(text: str, start: int, end: int) -> tuple[float, str] | None:
    if _TAG.search(text, start, end):
        return 1.0, "invisible.tags"
    left, right = text[start - 1 : start], text[end : end + 1]
    if _SELECTORS.search(text, start, end) and not _DOUBLED.fullmatch(text, start, end):
        return 1.0, "invisible.selectors"
    if _is_european(left):
        if _SELECTOR.match(text, start):
            return 0.8, "invisible.selectors"
        if _is_european(right):
            if end - start == 1 and text[start] == _SOFT_HYPHEN and not _is_dense(text, start):
                return 0.4, "invisible.soft_hyphen"
            return 0.9, "invisible.word"
    if end - start >= _LONG:
        return 0.9, "invisible.run"
    if _DEPRECATED.search(text, start, end):
        return 0.7, "invisible.format"
    return None


def _is_european(character: str) -> bool:
    """Whether this is a letter of a script that needs no joiner: Latin, Greek, Cyrillic."""
    return (character < "\u0530" or "\u1e00" <= character < "\u2000") and character.isalpha()


def _is_dense(text: str, place: int) -> bool:
    """Whether a soft hyphen has another beside the letter before or behind it: no syllable is that short twice."""
    return text[max(0, place - 2) : place].startswith(_SOFT_HYPHEN) or text[place + 2 : place + 3] == _SOFT_HYPHEN
