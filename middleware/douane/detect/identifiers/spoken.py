# SPDX-License-Identifier: Apache-2.0
"""What has no checksum and is known by the word before it only: passports, identity cards, driving licences, plates, bank accounts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from douane.detect.identifiers.hints import DOCUMENTS, hints
from douane.detect.identifiers.words import LONGEST_PHRASE, Mention, Words
from douane.finding import Span

__all__ = ["LONGEST_VALUE", "bank_codes", "open_spoken", "spoken"]

LONGEST_VALUE = 32
"""Characters that no value exceeds."""

_FEWEST, _FEWEST_DIGITS = 4, 5  # characters of a value, and of one without letters
_NEAR = 32  # characters between the word and its value, the word included in part
_LETTER = "A-Z\u0391-\u03a9\u0410-\u042f"  # plates and cards of Greece and Bulgaria have letters of their own
_GROUP = rf"[{_LETTER}0-9]{{0,16}}[0-9][{_LETTER}0-9]{{0,16}}"
_SEPARATOR = r"[ \-\u00b7\u00a0]"
_VALUE = re.compile(
    rf"(?<![^\W_])(?<![0-9][ \-.,\u00b7\u00a0])(?:[{_LETTER}]{{1,3}}{_SEPARATOR}){{0,2}}{_GROUP}(?![^\W_])"
    rf"(?:{_SEPARATOR}(?:[{_LETTER}]{{1,3}}|{_GROUP})(?![^\W_])){{0,5}}"
)
_OPEN = re.compile(rf"(?<![^\W_])(?:[{_LETTER}]{{1,3}}{_SEPARATOR}){{1,2}}[{_LETTER}0-9]*\Z")
_GROUPS = re.compile(r"[^\W_]+")
_DIGIT = re.compile("[0-9]")
_BIC = re.compile(
    r"(?<![^\W_])(?:BIC|SWIFT)(?![^\W_])[^\w\n]{0,4}(?:(?:BIC|SWIFT|[Cc]ode|CODE)(?![^\W_])[^\w\n]{0,4})?(?:is |[A-Za-z]{1,12} ){0,2}"
    r"([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?![^\W_])"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """What a value looks like: how many characters and digits it has, and whether letters are asked for or excluded."""

    type: str
    rule: str
    fewest: int
    most: int
    digits: int
    letters: bool | None = None


# In the order in which they are tried: a word may speak for several.
_FORMS: tuple[tuple[str, _Form], ...] = (
    ("PASSPORT", _Form("PASSPORT", "passport", 6, 12, 2)),
    ("ID_CARD", _Form("NATIONAL_ID", "identity_card", 5, 14, 3)),
    ("DRIVER_LICENSE", _Form("DRIVER_LICENSE", "driving_licence", 5, 20, 4)),
    ("LICENSE_PLATE", _Form("LICENSE_PLATE", "plate", 4, 9, 1, True)),
    ("PATIENT", _Form("HEALTH_ID", "patient", 5, 16, 4)),
    ("BANK_ACCOUNT", _Form("BANK_ACCOUNT", "bank_account", 6, 24, 6, False)),
    ("eori", _Form("COMPANY_ID", "eori", 8, 17, 5, True)),
)


def spoken(text: str, words: Words, detector: str) -> Iterator[Span]:
    """Every value with its word at most 32 characters before or behind it and no other number between."""
    for match in _VALUE.finditer(text):
        if _is_short(match[0]):
            continue
        low, high = match.start() - _NEAR - LONGEST_PHRASE, match.end() + _NEAR
        if "document" not in hints(text[max(0, low - 1) : high + LONGEST_PHRASE]):
            continue
        mentions = [mention for mention in words.between(low, high) if not mention.topics.isdisjoint(DOCUMENTS)]
        if not mentions:
            continue
        groups = [group.span() for group in _GROUPS.finditer(text, *match.span())]
        for first, (start, end) in enumerate(groups):
            topics = {
                topic
                for mention in mentions
                if start - _NEAR <= mention.end <= start and not _DIGIT.search(text, mention.end, start)
                for topic in mention.topics
            }
            span = _shaped(text, groups[first:], topics, detector) if topics else None
            if span is None and not first:
                topics = {topic for mention in mentions if _is_behind(mention, text, match.end()) for topic in mention.topics}
                span = _shaped(text, groups, topics, detector)
                span = span if span is not None and span.end == match.end() else None
            if span is not None:
                yield span
                break
            if _DIGIT.search(text, start, end):
                break


def bank_codes(text: str, detector: str) -> Iterator[Span]:
    """The codes of banks (ISO 9362) behind `BIC` or `SWIFT`."""
    for match in _BIC.finditer(text):
        yield Span("BANK_ACCOUNT", match.start(1), match.end(1), 0.7, detector, "bic")


def open_spoken(text: str, low: int) -> int:
    """The start of a value from `low` on that ends where the text does, or that letters at its end may begin; `len(text)` for none."""
    match = _OPEN.search(text, low)
    place = match.start() if match else len(text)
    for match in _VALUE.finditer(text, low):
        is_growing = match.end() > len(text) - 2
        if is_growing or (match.end() > len(text) - _NEAR - 2 and not _is_short(match[0])):
            return min(place, match.start())
    return place


def _is_short(written: str) -> bool:
    return len(written) < _FEWEST or (len(written) < _FEWEST_DIGITS and written.isdigit())


def _is_behind(mention: Mention, text: str, end: int) -> bool:
    return end <= mention.start and mention.end <= end + _NEAR and not _DIGIT.search(text, end, mention.start)


def _shaped(text: str, groups: list[tuple[int, int]], topics: set[str], detector: str) -> Span | None:
    for topic, form in _FORMS:
        if topic in topics:
            end = _end(text, groups, form)
            if end:
                return Span(form.type, groups[0][0], end, 0.7, detector, form.rule)
    return None


def _end(text: str, groups: list[tuple[int, int]], form: _Form) -> int:
    """Where a value of this form ends that begins with the first group; 0 where none does."""
    end, written = 0, ""
    for place, (start, stop) in enumerate(groups):
        group = text[start:stop]
        if end and text[start - 1] in " \u00a0" and not (written[-1].isdigit() and group.isdigit()) and form.letters is not True:
            break
        written += group
        if len(written) > form.most or place > 5:
            break
        digits = sum(sign.isdigit() for sign in written)
        has_letters = digits < len(written)
        if len(written) >= form.fewest and digits >= form.digits and (form.letters is None or form.letters == has_letters):
            end = stop
    return end
