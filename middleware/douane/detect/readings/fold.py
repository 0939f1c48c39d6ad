# SPDX-License-Identifier: Apache-2.0
"""A text without what nobody sees, with plain digits, spaces, dashes and letters for all that only look otherwise.

Facts from the Unicode Character Database 15.0 (general categories, NFKC) and its confusables.txt (UTS 39), Unicode License v3; of those
only letters that are mistaken for one of ASCII.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, replaced

__all__ = ["FOLDED", "folded", "open_fold"]

_DROPPED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef"
    "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # marks, put on letters, digits and signs
)
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
_DASHES = "\u02d7\u058a\u2010-\u2015\u2043\u2212\u2796\ufe58\ufe63\uff0d"
# The commas, stops and brackets of Chinese and Japanese prose are not among the full-width forms here.
_FORMS = (
    "\u00b2\u00b3\u00b9\u2024\u2044\u2070-\u209c\u2100-\u218b\u2215\u2460-\u24ff\u2776-\u2793\ufe10-\ufe6b"
    "\uff02-\uff07\uff0a\uff0b\uff0e-\uff1a\uff1c-\uff1e\uff20-\uff5e\U0001d400-\U0001d7ff\U0001f100-\U0001f189\U0001f1e6-\U0001f1ff"
)
# The zeros of the scripts that write decimals (category Nd); the nine digits after each follow it.
_ZEROS = (
    "٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰\U000104a0\U00010d30\U00010d40\U00011066\U000110f0\U00011136\U000111d0\U000112f0\U00011450\U000114d0"
    "\U00011650\U000116c0\U000116d0\U000116da\U00011730\U000118e0\U00011950\U00011bf0\U00011c50\U00011d50\U00011da0\U00011f50\U00016130\U00016a60\U00016ac0\U00016b50"
    "\U00016d70\U0001ccf0\U0001e140\U0001e2f0\U0001e4f0\U0001e5f1\U0001e950\U0001fbf0"
)
_DIGITS = "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in _ZEROS)
_SAME = str.maketrans(
    "аеорсухѕіјһԁԛԝѵӏкАВЕІЈКМНОРСЅТУХԚԜѴԌӀҮαονριυκχγηωεΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսհոցզյɑɡᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᏔᏃ",
    "aeopcyxsijhdqwvlkABEIJKMHOPCSTYXQWVGIYaovpiukxynweABEZHIKMNOPTYXouhngqjagABCDEGHJKLMPRSTVWZ",
)
_LETTERS = "".join(map(chr, _SAME))
_NUMERALS = "〇一二三四五六七八九"  # of Chinese and Japanese: words, but for so many in a row
_LONG_NUMERAL = re.compile(rf"[{_NUMERALS}](?:[ -]?[{_NUMERALS}]){{7,}}+")
_STOPS = "\u3002\uff61\uff08\uff09"  # full stops and brackets of East Asia, where they stand in a value
_NEAR = "0-9A-Za-z@"
_ALONE = re.compile(f"[{_DROPPED}{_SPACES}{_DASHES}{_FORMS}{_DIGITS}]")
_BESIDE = re.compile(
    rf"[{_LETTERS}]++(?:(?<=[{_NEAR}])|(?=[{_NEAR}]))|(?<=[{_NEAR}])[{_LETTERS}]++"
    r"|[\u3002\uff61](?<=[0-9A-Za-z].)(?=[0-9A-Za-z])|[\uff08\uff09](?:(?=[0-9\uff10-\uff19])|(?<=[0-9\uff10-\uff19].))"
)
_OPEN = re.compile(
    rf"(?<![{_NUMERALS}])(?<![{_NUMERALS}][ -])[{_NUMERALS}](?:[ -]?[{_NUMERALS}]){{0,6}}+[ -]?\Z"
    rf"|(?<=[0-9A-Za-z])[\u3002\uff61]\Z|[\uff08\uff09]\Z|(?<![{_LETTERS}])[{_LETTERS}]++\Z"
)
_DROP = re.compile(f"[{_DROPPED}]")
_LAST = 64
_TOUCHING = (
    rf"[{_NEAR}][{_LETTERS}]|[{_LETTERS}][{_NEAR}]|[0-9A-Za-z][\x{{3002}}\x{{ff61}}][0-9A-Za-z]"
    r"|[\x{ff08}\x{ff09}][0-9\x{ff10}-\x{ff19}]|[0-9\x{ff10}-\x{ff19}][\x{ff08}\x{ff09}]"
)
FOLDED = (
    rf"[{_FORMS}{_DIGITS}]|[!-~\pL\pN][{_DROPPED}]|[{_DROPPED}][!-~\pL\pN]|[ {_SPACES}][{_DROPPED}]"
    rf"|[\pL\pN:=@][{_SPACES}]+(?:[\pL\pN(+:=]|\z)"
    rf"|[0-9][{_SPACES} ]?[{_DASHES}]|[{_DASHES}][{_SPACES} ]?[0-9]|[A-Za-z@.][{_DASHES}]|[{_DASHES}][A-Za-z@.]|{_TOUCHING}"
    rf"|[{_NUMERALS}](?:[ -]?[{_NUMERALS}]){{7}}"
)
"""Without which a text may be read as it is: emoji with selectors, dashes and no-break spaces of prose hide nothing."""


def folded(text: str) -> View | None:
    """The view of `text`, or None where it would be the same.

    Format characters and marks go; spaces, dashes, digits of every script and compatibility forms of ASCII become ASCII: each by itself.
    Numerals of Chinese do where eight stand in a row.
    Letters that look like Latin ones become these where one of ASCII, a digit or an `@` stands beside them, so that words of Greek and
    Cyrillic stay words.
    """
    if text.isascii() or not hits(FOLDED, text):
        return None
    return replaced(text, _parts(text))


def open_fold(text: str) -> int:
    """Where letters begin that the next character could make look-alikes of Latin ones; `len(text)` where none do."""
    size = len(text)
    if not size or (text[-1].isascii() and (text[-1] not in " -" or text[-2:-1].isascii())):
        return size
    match = _OPEN.search(text, max(0, size - _LAST))
    return match.start() if match else size


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    places = [match.start() for match in _ALONE.finditer(text)]
    if hits(_TOUCHING, text):
        places = sorted([*places, *(place for match in _BESIDE.finditer(text) for place in range(*match.span()))])
    long = [place for match in _LONG_NUMERAL.finditer(text) for place in range(*match.span()) if text[place] in _NUMERALS]
    for place in sorted([*places, *long]) if long else places:
        character = text[place]
        plain = _plain(character)
        if plain != character:
            yield place, place + 1, plain


@lru_cache(4096)
def _plain(character: str) -> str:
    if _DROP.match(character):
        return ""
    category = unicodedata.category(character)
    if category == "Zs" or character == "\u2800":  # a pattern of Braille without a dot
        return " "
    if category == "Pd" or character in _DASHES:
        return "-"
    if character in _NUMERALS:
        return str(_NUMERALS.index(character))
    if character in _STOPS:
        return {"\uff08": "(", "\uff09": ")"}.get(character, ".")
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    for first, size in ((0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26)):  # white on black, and the letters that make flags
        if 0 <= ord(character) - first < size:
            return chr(65 + ord(character) - first)
    same = _SAME.get(ord(character))
    if same is not None:
        return chr(same)
    plain = unicodedata.normalize("NFKC", character).replace("\u2044", "/").replace("\u2215", "/")
    return plain if plain.isascii() and " " not in plain else character
