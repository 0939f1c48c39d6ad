# SPDX-License-Identifier: Apache-2.0
"""IBANs: the country says how long one is, so that it is read to its end whatever groups it is written in."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.zone import Zone
from douane.finding import Span

__all__ = ["ibans", "open_iban"]

# The two digits behind a country, since digits are looked for much faster than letters.
_CHECK = re.compile(r"[0-9]{2}(?:(?<=[A-Za-z]{2}..)|(?<=[A-Z]{2}[ \u00a0]..))")
# Letters glued to an account are a word, and no more digits beyond it: not the middle of a hash or a key.
_WORD_BEFORE = re.compile(r"(?<![0-9A-Za-z+/])[A-Za-z]{0,16}\Z")
_WORD_BEHIND = re.compile(r"[A-Za-z]{0,16}(?![0-9A-Za-z+/=])")
_CLUSTER = re.compile("[0-9](?:[^0-9]{0,3}[0-9]){4}")  # what a zone is around
_WIDEST = 18
_DIGITS = frozenset("0123456789")
_LONGEST_BANK_CODE = 8  # letters in a row, as in the example for Malta, which has seven; many words of prose after `IT 20` are longer


def ibans(zone: Zone, detector: str) -> Iterator[Span]:
    """Every account of a zone."""
    text = zone.text
    for start, place in _starts(text, zone.low, zone.high):
        end, _ = _end(text, start, place)
        if end and _is_apart(text, start, end) and _CLUSTER.search(text, start, end) and zone.once("iban", text[start:end], is_valid):
            yield Span("IBAN_CODE", start, end, 1.0, detector, "iban")


def open_iban(text: str, low: int, run: int) -> int:
    """The start of an account from `low` on that more text could complete, or that reaches into the last run; `len(text)` for none."""
    for start, place in _starts(text, low, len(text)):
        end, is_decided = _end(text, start, place)
        if not is_decided or end > run:
            return start
    return len(text)


def _starts(text: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Where accounts may begin, and where their country's check digits end. Letters may be glued to a country in capitals."""
    for match in _CHECK.finditer(text, low, high):
        place = match.start()
        start = place - (2 if text[place - 1].isalpha() else 3)
        before = text[start - 1] if start else " "
        if before in "+/" or before in _DIGITS:
            continue
        if before.isascii() and before.isalpha():
            country = text[start:place]
            if not (country.isalpha() and (country.isupper() or (country.islower() and text[start - 4 : start] == "iban"))):
                continue
        yield start, match.end()


@cache
def _lengths() -> dict[str, int]:
    lengths: dict[str, int] = json.loads(files("douane.detect.identifiers").joinpath("data/ibans.json").read_text(encoding="utf-8"))[
        "lengths"
    ]
    return lengths


def _end(text: str, start: int, place: int) -> tuple[int, bool]:
    """Where an IBAN that starts here would end (0: nowhere), and whether that is decided whatever follows but a letter."""
    country = text[start : start + 2]
    length = _lengths().get(country.upper())
    if length is None:
        return 0, True
    count, letters = 4, 0
    while count < length:
        if place >= len(text):
            return 0, False
        character = text[place]
        if character.isascii() and character.isalnum():
            count += 1
            letters = 0 if character.isdigit() else letters + 1
            if letters > _LONGEST_BANK_CODE or (character.islower() and country.isupper()):
                return 0, True
        elif character not in " -.\u00a0" or not text[place - 1].isalnum():
            return 0, True
        place += 1
    return place, place < len(text)


def _is_apart(text: str, start: int, end: int) -> bool:
    return _WORD_BEFORE.search(text[max(0, start - _WIDEST) : start]) is not None and _WORD_BEHIND.match(text, end) is not None
