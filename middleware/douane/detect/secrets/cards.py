# SPDX-License-Identifier: Apache-2.0
"""What proves that a payment card is at hand (PCI DSS 3.3.1): its security code, its PIN, its magnetic stripe."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from douane.detect.secrets.encoded import Encoded, Pattern, compiled
from douane.detect.secrets.rules import words
from douane.finding import Span

__all__ = ["find", "gates", "opens"]

_REACH = 40  # characters between a word and its number
_CARD_REACH = 80  # and between a word for cards and one for its PIN
_BETWEEN = rf"[^\d\n.!?;]{{0,{_REACH}}}?"
# INVARIANT: what decides lies within one run with the number, see `run_start`: a space is followed by a digit or decides nothing.
_NO_NUMBER_GOES_ON = r"(?![\w%/])(?![.:-][0-9])(?! ?[0-9])"
# ISO/IEC 7813: track 1 is B, number, ^, name, ^, expiry, service code, the issuer's own data; track 2 has = (D where packed), and no name.
_TRACK_1 = re.compile(r"(?<![A-Za-z0-9])[Bb](?P<number>[0-9]{12,19})\^[^^\n]{2,26}\^[0-9]{7}[0-9A-Za-z]{0,60}\??")
_TRACK_1_OPEN = re.compile(r"(?<![A-Za-z0-9])[Bb][0-9]{12,19}\^[^^\n]{0,26}(?:\^[0-9A-Za-z]{0,68}\??)?\Z")
_TRACK_2 = re.compile(r"(?<![A-Za-z0-9])(?P<number>[0-9]{12,19})[=D][0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}[0-9]{0,20}[F?]?(?![A-Za-z0-9])")
_LONGEST_TRACK = 128


@dataclass(frozen=True, slots=True)
class _Patterns:
    codes: Pattern = field(repr=False)
    pins: Pattern = field(repr=False)
    code: re.Pattern[str]
    pin: re.Pattern[str]
    card: re.Pattern[str]


def gates() -> tuple[str, str, str]:
    """What RE2 must find in a text: a word for the code or for a PIN with a number after it, or what begins a track."""
    near = rf"[^0-9\n]{{0,{_REACH}}}[0-9]{{3}}"
    codes = f"{words('card_code')}|{words('security_code')}"
    code, pin = (rf"(?:^|[^0-9A-Za-z])(?i:{kind}){near}" for kind in (codes, words("pin")))
    return code, pin, r"[Bb][0-9]{12,19}\^|[0-9]{12}[=D][0-9]{7}"


def find(source: Encoded) -> Iterator[Span]:
    """Codes and PINs after their words, tracks by their structure with the check digit of the number."""
    patterns, text = _patterns(), source.text
    for place in source.fronts(patterns.codes):
        if match := patterns.code.match(text, place):
            yield Span("CARD_SECURITY_CODE", *match.span("value"), 0.85, "secrets", "card.security_code")
    for place in source.fronts(patterns.pins):
        match = patterns.pin.match(text, place)
        if match and patterns.card.search(text, max(0, match.start() - _CARD_REACH), match.start("value")):
            yield Span("CARD_PIN", *match.span("value"), 0.8, "secrets", "card.pin")
    for pattern, mark, rule in ((_TRACK_1, "^", "card.track1"), (_TRACK_2, "", "card.track2")):
        for match in pattern.finditer(text) if mark in text else ():
            if _is_luhn(match["number"]):
                yield Span("CARD_TRACK", match.start(), match.end(), 1.0, "secrets", rule)


def opens(text: str) -> int:
    """The start of a track at the end of the text that holds a name, and so spaces; its length where there is none."""
    tail = max(0, len(text) - _LONGEST_TRACK)
    if "^" in text[tail:] and (match := _TRACK_1_OPEN.search(text, tail)):
        return match.start()
    return len(text)


def _is_luhn(number: str) -> bool:
    return bool(importlib.import_module("stdnum.luhn").is_valid(number))


@cache
def _patterns() -> _Patterns:
    code, pin, _ = gates()
    # A security code may be one for a door or a log-in; only a sign or a verb makes the number after it that code.
    quote = r"[\"'`*)\]]{0,3}"
    verb = rf"[ \t]{{1,2}}(?:{words('says')})(?=[ \t])"
    stated = rf"(?:[ \t]{{1,2}}[^\W\d_]{{1,12}}){{0,5}}?(?:{quote}[ \t]{{0,2}}[:=#]|{verb}){quote}[ \t]{{0,2}}{quote}"
    return _Patterns(
        codes=compiled(code),
        pins=compiled(pin),
        code=_compiled(f"(?:{_word('card_code')}{_BETWEEN}|{_word('security_code')}{stated})", 3, 4),
        pin=_compiled(_word("pin") + _BETWEEN, 4, 6),
        card=re.compile(_word("card"), re.IGNORECASE),
    )


def _word(kind: str) -> str:
    return rf"(?<![^\W_])(?:{words(kind)})(?![^\W_])"


def _compiled(before: str, least: int, most: int) -> re.Pattern[str]:
    return re.compile(rf"{before}(?<![\w.,/$€£#%-])(?P<value>[0-9]{{{least},{most}}}){_NO_NUMBER_GOES_ON}", re.IGNORECASE)
