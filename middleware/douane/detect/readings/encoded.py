# SPDX-License-Identifier: Apache-2.0
"""Runs of base64 and hex that stand for text.

A run is known by what it stands for, not by where it begins: at least 12 bytes of text in a row, at whatever place of a longer run. So a
key or a picture is none, and a prefix glued to a run, or a lost beginning, does not hide it.
"""

import base64
import re
from collections.abc import Callable, Iterator

from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, replaced

__all__ = ["ENCODED", "encoded", "open_encoded"]

_DIGIT = "[A-Za-z0-9+/_-]"
# Four digits that stand for three printable characters of ASCII.
_THREE = rf"[I-Za-f][C-HS-Xi-ny-z0-3](?:[AEIMQUYcgkosw048][g-z0-9+/_-]|[BFJNRVZdhlptx159]{_DIGIT})"
_SEED = rf"(?:{_THREE}){{4}}"
_BYTE = "(?:[2-7][0-9A-Fa-f]|0[9AaDd])"
_HEX_SEED = rf"[2-7][0-9A-Fa-f]{_BYTE}{{8}}"
_HEX = re.compile(_HEX_SEED)
_NO_HEX = re.compile(r"[^0-9A-Fa-f]")
_APART = r"[2-7][0-9A-Fa-f](?:, ?|[ :-])(?:0x)?[2-7][0-9A-Fa-f]"
_BASE64 = re.compile(_SEED)
_GAP = r"(?: |\r?\n[ \t]{0,4})"
_HEX_HEAD = rf"(?:[3-7][0-9A-Fa-f]|2[Bb]){_BYTE}"  # a letter, a digit or a plus first: years are none
_HEAD = rf"(?:{_THREE}{_GAP}?){{3}}{_THREE}|{_HEX_HEAD}(?:{_GAP}?{_BYTE}{{2}}){{4}}"
_SIZES = "|".join(rf"{_DIGIT}{{{size}}}(?:{_GAP}{_DIGIT}{{{size}}}(?!{_DIGIT}))++" for size in (4, 8, *range(16, 40, 4)))
_ALONE = r"(?<![^\s\"'(=:,;>])"
# Groups of one size, or short lines, begin with text: nothing else would tell them from words. Other lines have at least 40 digits.
_GROUPS = rf"{_ALONE}(?={_HEAD})(?:{_SIZES})(?:{_GAP}{_DIGIT}{{1,35}}+(?!{_DIGIT}))?={{0,2}}+"
_RUN = re.compile(rf"{_GROUPS}|(?<!{_DIGIT})(?:(?:{_DIGIT}{{40,}}+\r?\n[ \t]{{0,4}}+(?={_DIGIT}))++{_DIGIT}++|{_DIGIT}{{16,}}+)={{0,2}}+")
_BYTES_APART = re.compile(
    rf"(?<![0-9A-Za-z])(?P<x>0x)?[2-7][0-9A-Fa-f](?P<gap>(?(x), ?|(?!))|[ :-])(?(x)0x){_BYTE}"
    rf"(?:(?P=gap)(?(x)0x){_BYTE}(?![0-9A-Za-z])){{7,}}+(?P<cut>(?P=gap)(?:0x?)?[0-9A-Fa-f]?\Z)?"
)
ENCODED = rf"{_SEED}|{_HEX_SEED}|{_HEAD}|{_APART}"
"""Without which no text holds such a run."""

_OPEN_APART = re.compile(
    r"(?<![0-9A-Za-z])(?<![^0-9A-Za-z][2-7][0-9A-Fa-f][ :-])(?<![^0-9A-Za-z][2-7][0-9A-Fa-f], )(?:0x)?[2-7][0-9A-Fa-f]"
    r"(?:(?:, ?|[ :-])(?:0x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])){0,9}+(?:(?:, ?|[ :-])(?:0x?)?[0-9A-Fa-f]?)?\Z"
)
# The last run, from its end: read backwards, a break of lines is also one that JSON escapes, whose `n` is a digit.
_LAST = re.compile(rf"\s{{0,6}}+={{0,2}}+{_DIGIT}*+(?:(?:[ \t]{{0,4}}\n\r?|\\{{1,8}}+(?:r\\{{1,8}}+)?){_DIGIT}{{16,}}+)*+")
_BETWEEN = re.compile(r"\\+[rn]?|[\s=]+")
_LAST_GROUP = re.compile(rf"\s|=?{_DIGIT}{{0,36}}+=?\s")
_OPEN_GROUPS = re.compile(_GROUPS)
_OPEN_HEAD = re.compile(
    rf"{_ALONE}(?:{_THREE}(?:{_GAP}?{_THREE}){{0,3}}(?:{_GAP}?{_DIGIT}{{0,3}}|\s*)"
    rf"|{_HEX_HEAD}(?:{_GAP}?{_BYTE}{{2}}){{0,4}}(?:{_GAP}?[0-9A-Fa-f]{{0,3}}|\s*)"
    rf"|(?={_HEAD}){_DIGIT}{{16,36}}+(?:{_GAP}{_DIGIT}{{0,36}}|\s))\Z"
)
_OPEN_LINE = re.compile(rf"(?<={_DIGIT}{{20}}){_DIGIT}{{20}}(?:\r|\r?\n[ \t]{{0,4}}{_DIGIT}{{0,15}})\Z")  # text may begin at its end
_LAST_WORDS = 80
_ANY_NUMBER = re.compile("[0-9]")
_BEGINS = re.compile(rf"{_ALONE}{_THREE}")
_TAIL = re.compile(rb"[\x80-\xbf]{0,3}(?:[\t\n\r\x20-\x7f]|[\xc2-\xf4][\x80-\xbf]{1,3})*+[\x00-\xff]{0,3}\Z")
_COUNTED = re.compile("30[ :-]31[ :-]32[ :-]33[ :-]34[ :-]35[ :-]36")  # a list of numbers far more often than ten digits in order
# UTF-8 as RFC 3629, section 4, has it: no surrogates, nothing longer than it must be.
_TEXT = re.compile(
    rb"(?:[\t\n\r\x20-\x7f]|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]"
    rb"|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2})++"
)
_BREAKS = re.compile(r"\s+")
_REACH = 64  # digits before the first certain ones in which text of other alphabets may stand
_PLAIN = str.maketrans("-_", "+/")


def encoded(text: str) -> View | None:
    """The text with what such runs stand for in their places, once; None where there are none. Each run is one part."""
    return replaced(text, _parts(text)) if hits(ENCODED, text) else None


def open_encoded(text: str) -> int:
    """Where a run of text begins that more text could make longer; `len(text)` where none does."""
    size = len(text)
    if _is_prose(text[-_LAST_WORDS:]):
        return size
    apart = _OPEN_APART.search(text, max(0, size - _REACH))
    horizon = min(apart.start() if apart else size, _open_groups(text))
    last = _LAST.match(text[::-1])
    start = size - last.end() if last else size
    digits = _BETWEEN.sub("", text[start:])
    # That a run is open is told from its end, so that what is held is not decoded again for every piece of a stream.
    is_open = len(digits) >= 16 and _ends_in_text(digits[-_REACH:])
    return min(horizon, start) if is_open else horizon


def _is_prose(end: str) -> bool:
    """Whether these last characters of a text are words of which no run or group of digits goes on: the usual case, told at once."""
    *words, last = end.split(" ")[-3:]
    return (
        len(words) == 2
        and all(word.isalpha() and len(word) < 16 and len(word) not in (4, 8) for word in words)
        and len(last) < 16
        and not _ANY_NUMBER.search(end)
        and not _BEGINS.search(last)
        and "\n" not in end
    )


def _open_groups(text: str) -> int:
    """Where groups of digits begin, of which there could be enough; `len(text)` where none do."""
    size = len(text)
    if not _LAST_GROUP.match(text[::-1]):
        return size
    begun = _OPEN_HEAD.search(text, max(0, size - 80)) or _OPEN_LINE.search(text, max(0, size - 48))
    horizon = begun.start() if begun else size
    if hits(_HEAD, text):
        for match in _OPEN_GROUPS.finditer(text):
            if match.end() >= size - 6 and not text[match.end() :].strip():
                return min(horizon, match.start())
    return horizon


def _ends_in_text(digits: str) -> bool:
    """Whether the last digits of a run stand for text at one of the places where they may begin to."""
    return (
        any(_TAIL.match(_bytes(digits[skipped:])) for skipped in range(4))
        or any(_TAIL.match(_hex_bytes(digits[skipped:])) for skipped in range(2) if not _NO_HEX.search(digits))
        or any(high >= len(digits) - 8 for _, high, _ in _texts(digits, 0, len(digits)))
    )


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    for start, end, what in sorted([*_runs(text), *_bytes_apart(text)]):
        if start >= place:
            yield start, end, what
            place = end


def _runs(text: str) -> Iterator[tuple[int, int, str]]:
    for run in _RUN.finditer(text):
        yield from _texts(text, run.start(), run.end())


def _texts(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The stretches of a run that stand for text."""
    digits = text[start:end].rstrip("=")
    places: list[int] | range = range(start, start + len(digits))
    if "\n" in digits or " " in digits:
        places = [place for place in places if not text[place].isspace()]
        digits = _BREAKS.sub("", digits)
    place = 0
    seed, hexa = _BASE64.search(digits), _HEX.search(digits)
    while seed or hexa:
        if hexa and (seed is None or hexa.start() < seed.start() + 16):
            low, high, what = _hex_text(digits, hexa.start())
        elif seed:
            low, high, what = _base64_text(digits, seed.start(), place)
        place = high
        # What was found farther on stays found: looking for it again from every place would take the square of the length.
        seed = _BASE64.search(digits, place) if seed and seed.start() < place else seed
        hexa = _HEX.search(digits, place) if hexa and hexa.start() < place else hexa
        # What is left of the run at its borders belongs to it: the rest of a group of digits, and what fills the last group.
        last = places[high - 1] + 1
        is_whole = len(digits) - high < 4 and not text[last : last + 1].isspace()
        yield start if low < 4 else places[low], end if is_whole else last, what


def _base64_text(digits: str, seed: int, least: int) -> tuple[int, int, str]:
    """The text around a seed: where its digits begin and end, not before `least`, and what they stand for."""
    text = _text(digits, seed, 4, _bytes)
    behind = len(text) - 1
    high = min(len(digits), seed + behind // 3 * 4 + behind % 3 + 2)
    back = min(seed - least, _REACH) // 4 * 4
    before = _bytes(digits[seed - back : seed])
    skipped = 0
    while skipped < len(before) and not _TEXT.fullmatch(before, skipped):
        skipped += 1
    return seed - back + skipped // 3 * 4 + skipped % 3, high, (before[skipped:] + text).decode()


def _hex_text(digits: str, seed: int) -> tuple[int, int, str]:
    """The same for a seed of hex. Text of other alphabets is only looked for behind it."""
    text = _text(digits, seed, 2, _hex_bytes)
    return seed, seed + 2 * len(text), text.decode()


def _text(digits: str, seed: int, group: int, read: Callable[[str], bytes]) -> bytes:
    """The text that begins with a seed, read in pieces that grow: what comes after it is not read, so that the whole is linear."""
    size = 64
    while True:
        data = read(digits[seed : seed + size])
        found = _TEXT.match(data)
        end = found.end() if found else 0
        if end < len(data) - 4 or len(data) < size // group * (group - 1) or seed + size >= len(digits):
            return data[:end]
        size *= 4


def _bytes(digits: str) -> bytes:
    plain = digits.translate(_PLAIN)
    plain = plain[:-1] if len(plain) % 4 == 1 else plain
    return base64.b64decode(plain + "=" * (-len(plain) % 4))


def _hex_bytes(digits: str) -> bytes:
    end = _NO_HEX.search(digits)
    size = end.start() if end else len(digits)
    return bytes.fromhex(digits[: size // 2 * 2])


def _bytes_apart(text: str) -> Iterator[tuple[int, int, str]]:
    """Bytes in hex with a separator between them, each by itself."""
    for match in _BYTES_APART.finditer(text):
        size = 4 if match["x"] else 2
        step = size + len(match["gap"])
        if _COUNTED.search(match[0]):
            continue
        last = match.start("cut") if match["cut"] else match.end()
        for place in range(match.start(), last, step):
            after = place + step
            yield place, after if after < last else match.end(), chr(int(text[place + size - 2 : place + size], 16))
