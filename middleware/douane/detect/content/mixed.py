# SPDX-License-Identifier: Apache-2.0
"""Words of one script with letters of another that look like its own.

Rules: `mixed.cyrillic`, `mixed.greek` and `mixed.other` (Armenian, Georgian, Cherokee, Coptic) within words with Latin letters. A Latin
name with a Cyrillic ending, and Greek letters as signs (a difference, a unit, a protein), are not taken.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from douane.detect.content.mark import mark
from douane.finding import Span

__all__ = ["HINT", "find", "open_from"]

_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_OTHER = (
    "\u0370-\u037d\u0386\u0388-\u03ff\u0400-\u0481\u048a-\u0556\u0561-\u0587\u10a0-\u10ff\u13a0-\u13fd\u1f00-\u1fff"
    "\u2c80-\u2ce3\uab70-\uabbf"
)  # letters that may look Latin
HINT = f"[{_LATIN}][{_OTHER}]|[{_OTHER}][{_LATIN}]"
"""A pattern without which there is nothing to find."""

_SWITCH = re.compile(f"(?={HINT})")
_LONGEST = 64  # letters; what is longer is no word, and every switch in it stands for itself
_LETTERS = re.compile(f"[{_LATIN}{_OTHER}\u0300-\u036f]{{0,{_LONGEST + 1}}}")
_MARKS = re.compile("[\u0300-\u036f]+")

_CYRILLIC_LIKE_LATIN = frozenset("аеорсухіјѕһԁԛԝӏАВЕКМНОРСТУХІЈЅԀԚԜӀ")
_LATIN_LIKE_CYRILLIC = frozenset("aeopcyxijshdqwABEKMHOPCTYXIJSDQW")
_GREEK_CAPITALS_LIKE_LATIN = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
_GREEK_LIKE_LATIN = frozenset("ανρικτυγηεχ")
_LATIN_LIKE_GREEK = frozenset("aovutipAEOTHIKMNPXYZB")
_MOSTLY = 3


def find(text: str) -> Iterator[Span]:
    """Every such word."""
    done = long = 0
    for match in _SWITCH.finditer(text):
        place = match.start()
        if place < done:
            continue
        start, end = (place, place) if place < long else _word(text, place)
        if end - start > _LONGEST:
            long = end
        if place < long:
            yield mark("MIXED_SCRIPT", place, place + 2, 0.9, f"mixed.{_script(text[place : place + 2])}")
            continue
        done = end
        if judged := _judge(_MARKS.sub("", text[start:end])):
            yield mark("MIXED_SCRIPT", start, end, *judged)


def open_from(text: str) -> int:
    """The start of a word at the end of the text that has letters which may end a run, see `run_start`, and could go on."""
    start = len(text) - _left(text, len(text))
    return start if _SWITCH.search(text, start) or any(character >= "\u2000" for character in text[start:]) else len(text)


def _word(text: str, place: int) -> tuple[int, int]:
    right = _LETTERS.match(text, place)
    assert right is not None  # it matches the empty string
    return place - _left(text, place), right.end()


def _left(text: str, place: int) -> int:
    letters = _LETTERS.match(text[max(0, place - _LONGEST - 1) : place][::-1])
    assert letters is not None
    return letters.end()


def _judge(word: str) -> tuple[float, str] | None:
    latin = [place for place, letter in enumerate(word) if _is_latin(letter)]
    others = [place for place, letter in enumerate(word) if not _is_latin(letter)]
    switches = sum(_is_latin(a) != _is_latin(b) for a, b in pairwise(word))
    script = _script("".join(word[place] for place in others))
    rule = f"mixed.{script}"
    if script == "greek":
        score = _greek(word, latin, others)
        return (score, rule) if score else None
    if switches > 1:
        return 0.9, rule
    if script == "cyrillic":
        is_alike = {word[place] for place in others} <= _CYRILLIC_LIKE_LATIN or (
            len(others) > len(latin) and {word[place] for place in latin} <= _LATIN_LIKE_CYRILLIC
        )
        return (0.6, rule) if is_alike else None
    return None


def _greek(word: str, latin: list[int], others: list[int]) -> float:
    letters = {word[place] for place in others}
    if letters & _GREEK_CAPITALS_LIKE_LATIN and not (len(latin) <= 2 and len(others) > _MOSTLY):
        return 0.8
    if len(others) >= _MOSTLY and len(latin) <= 2 and {word[place] for place in latin} <= _LATIN_LIKE_GREEK:
        return 0.6
    inside = sum(word[place] in _GREEK_LIKE_LATIN and _is_amid_small_letters(word, place) for place in others)
    return 0.8 if inside > 1 else 0.4 if inside else 0.0


def _is_amid_small_letters(word: str, place: int) -> bool:
    return 0 < place < len(word) - 1 and word[place - 1].islower() and word[place + 1].islower()


def _is_latin(letter: str) -> bool:
    return letter < "\u0370" or "\u1e00" <= letter <= "\u1eff"


def _script(letters: str) -> str:
    other = next((letter for letter in letters if not _is_latin(letter)), "")
    return "greek" if other < "\u0400" or "\u1f00" <= other <= "\u1fff" else "cyrillic" if other < "\u0530" else "other"
