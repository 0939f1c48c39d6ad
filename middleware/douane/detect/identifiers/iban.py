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

_START = re.compile(r"(?<![^\W_])(?<![+/])(?:([A-Za-z]{2})|([A-Z]{2})[ \u00a0])[0-9]{2}")
_CLUSTER = re.compile("[0-9](?:[^0-9]{0,3}[0-9]){4}")  # what a zone is around
_LONGEST_BANK_CODE = 8  # letters in a row, as in the example for Malta, which has seven; many words of prose after `IT 20` are longer


def ibans(zone: Zone, detector: str) -> Iterator[Span]:
    """Every account of a zone."""
    text = zone.text
    for match in _START.finditer(text, zone.low, zone.high):
        end, _ = _end(text, match)
        if end and _CLUSTER.search(text, match.start(), end) and is_valid("iban", text[match.start() : end]):
            yield Span("IBAN_CODE", match.start(), end, 1.0, detector, "iban")


def open_iban(text: str, low: int, run: int) -> int:
    """The start of an account from `low` on that more text could complete, or that reaches into the last run; `len(text)` for none."""
    for match in _START.finditer(text, low):
        end, is_decided = _end(text, match)
        if not is_decided or end > run:
            return match.start()
    return len(text)


@cache
def _lengths() -> dict[str, int]:
    lengths: dict[str, int] = json.loads(files("douane.detect.identifiers").joinpath("data/ibans.json").read_text(encoding="utf-8"))[
        "lengths"
    ]
    return lengths


def _end(text: str, start: re.Match[str]) -> tuple[int, bool]:
    """Where an IBAN that starts here would end (0: nowhere), and whether that is decided whatever follows."""
    country = start[1] or start[2]
    length = _lengths().get(country.upper())
    if length is None:
        return 0, True
    place, count, letters = start.end(), 4, 0
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
    if place == len(text):
        return place, False
    following = text[place]
    return (0, True) if following.isalnum() or following == "_" else (place, True)
