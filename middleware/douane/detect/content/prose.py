# SPDX-License-Identifier: Apache-2.0
"""Whether bytes are prose: text with words in it, not a number, a name, a hash or a picture."""

import re
from collections.abc import Iterator

__all__ = ["is_prose", "prose_in"]

_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,24}(?![^\W_])")
_LETTERS = re.compile(r"[^\W\d_]+")
_FOREIGN = re.compile(r"[^\W\d_\x00-\x7f]+")
_TEXT = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){24,}+"
)  # UTF-8 of 24 characters that can be seen, possessive: never tried twice
_CORE = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]{1,20}+[ ,.;:!?'\"()\n\r\t-]{1,3}+){3,}+(?:[^\W\d_]{1,20}+(?![^\W_]))?+|"
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u3001\u3002\uff0c]{8,}+"
)
_AROUND = 64  # characters beside words that are taken for more of the same
_CUT = 3  # bytes of a character that a line of base64 may have cut off


def is_prose(data: bytes) -> bool:
    """Whether all of some bytes, twelve or so and more, are words."""
    while data[:1] and 0x80 <= data[0] < 0xC0:
        data = data[1:]
    for cut in range(_CUT + 1):
        try:
            text = data[: len(data) - cut].decode()
            break
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return False
    else:
        return False
    if not all(character.isprintable() or character in "\n\r\t" for character in text):
        return False
    if sum(map(len, _FOREIGN.findall(text))) >= 4:
        return sum(map(len, _LETTERS.findall(text))) + text.count(" ") >= 0.8 * len(text)
    letters = sum(map(len, _WORD.findall(text)))
    return len(_WORD.findall(text)) > 1 and " " in text and letters + text.count(" ") >= 0.7 * len(text)


def prose_in(data: bytes) -> Iterator[tuple[int, int]]:
    """Where in some bytes words stand in a row, with what is beside them; in order, and perhaps overlapping.

    INVARIANT: what is found at a place does not depend on bytes further away than the longest word and what is taken with it.
    """
    for stretch in _TEXT.finditer(data):
        text = stretch[0].decode("utf-8", "replace")
        first, counted = stretch.start(), 0
        for core in _CORE.finditer(text):
            start, end = max(0, core.start() - _AROUND), min(len(text), core.end() + _AROUND)
            first, counted = first + len(text[counted:start].encode()), start
            yield first, first + len(text[start:end].encode())
