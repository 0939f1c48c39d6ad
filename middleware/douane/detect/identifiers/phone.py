# SPDX-License-Identifier: Apache-2.0
"""Phone numbers, in international form and in the national forms of some regions."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from douane.detect.identifiers.beside import CENTS, emphasis, is_word
from douane.detect.identifiers.dialling import Dialling
from douane.detect.identifiers.zone import Zone
from douane.finding import Span

__all__ = ["Phones", "open_phone"]

_GAP = re.compile(r"[ .\-/\u00a0]|\)[ .\-/]?| ?\(| - ")
_NO_PHONE = re.compile(
    r"(?:19|20)[0-9]{2}-(?:19|20)[0-9]{2}|[0-9]{5}-[0-9]{4}|00.*|(?:(?:1[0-9]|2[0-5])[0-9] ){2}(?:1[0-9]|2[0-5])[0-9]"
)  # years, ZIP+4, dumps, colours
_SPACES = (" ", "\u00a0")
_CLOSED = re.compile(r"[0-9 ]{1,7}\)")
_MOST_DIGITS = 15  # E.164
_LONGEST = 40  # characters, with separators
_FEWEST_DIGITS = 7
_NEVER_BEFORE = frozenset("/&#$€£%=\\")  # nor an underscore, but for emphasis
_SIGNED = re.compile(r"\+[0-9]{4,}\.[0-9]+")
_TELLING = frozenset({(3, 3, 3), (3, 2, 2, 2), (3, 3, 4), (3, 7), (2, 2, 2, 2)})  # how mobiles without a trunk zero are grouped
_MORE = {2: range(3, 4), 3: range(1, 4)}  # how many groups follow the first of these, by its size
_BEFORE, _BEHIND = 200, 140  # characters around the first digit, more than what decides about a number
_MOST_DIALLED = 4096
_INTERNATIONAL, _POSSIBLE, _SPOKEN, _NATIONAL = 0.9, 0.7, 0.9, 0.6


class Phones:
    """Finds phone numbers. `regions` (ISO 3166-1 alpha-2) are those whose national forms are understood. Thread-safe."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._dialling = Dialling(regions)

    def find(self, zone: Zone, detector: str) -> Iterator[Span]:
        """Spans of a zone, from every group of digits that a number may begin with."""
        groups = _groups(zone)
        if zone.dialled is None:
            for first in range(len(groups)):
                yield from self._from(zone, groups, first, detector)
            return
        for first, (start, _) in enumerate(groups):
            window = zone.text[max(0, start - _BEFORE) : start], zone.text[start : start + _BEHIND]
            found = zone.dialled.get(window)
            if found is None:
                found = tuple(_shifted(span, -start) for span in self._from(zone, groups, first, detector))
                if len(zone.dialled) < _MOST_DIALLED:
                    zone.dialled[window] = found
            yield from (_shifted(span, start) for span in found)

    def _from(self, zone: Zone, groups: list[tuple[int, int]], first: int, detector: str) -> Iterator[Span]:
        """The number that begins with a group. Depends on nothing but the text from `_BEFORE` before its digits to `_BEHIND` behind."""
        text, start = zone.text, groups[first][0]
        low = _opened(text, start)
        has_plus = "+" in text[low:start]
        is_international = has_plus or (text.startswith("00", start) and text[start + 2 : start + 3] != "0")
        before = text[low - 1] if low else " "
        if (before.isalnum() and is_word(before)) or (before in _NEVER_BEFORE and not has_plus):
            return
        if is_international:
            span = self._international(zone, groups, first, low, detector)
        else:
            span = None if _is_glued(text, low) else self._national(zone, groups, first, low, detector)
        if span is not None:
            yield span

    def _international(self, zone: Zone, groups: list[tuple[int, int]], first: int, low: int, detector: str) -> Span | None:
        has_plus = "+" in zone.text[low : groups[first][0]]
        for last in reversed(_reach(zone.text, groups, first, low)):
            end = groups[last][1]
            digits = _digits(zone.text[low:end])
            if not has_plus:
                digits = digits[2:]  # without the two zeros
            if not _is_free(zone.text, low, end, has_plus=has_plus) or (has_plus and _is_decimal_end(zone.text, low, end)):
                continue
            if zone.once("international phone", digits, self._is_international):
                return Span("PHONE_NUMBER", low, end, _INTERNATIONAL, detector, "phone.international")
            if has_plus and self._dialling.is_possible(digits):  # numbers kept for films, and plans newer than ours
                return Span("PHONE_NUMBER", low, end, _POSSIBLE, detector, "phone.international")
        return None

    def _national(self, zone: Zone, groups: list[tuple[int, int]], first: int, low: int, detector: str) -> Span | None:
        text = zone.text
        start, stop = groups[first]
        is_first = first == 0 or not _GAP.fullmatch(text, groups[first - 1][1], low)
        more = range(16) if low < start or (text[start] == "0" and stop - start > 1) else _MORE.get(stop - start, range(0))
        if not (more or is_first):
            return None
        is_explained: bool | None = None
        for last in reversed(_reach(text, groups, first, low)):
            is_whole = is_first and (last + 1 == len(groups) or not _GAP.fullmatch(text, groups[last][1], groups[last + 1][0]))
            if not (is_whole or last - first in more):
                continue
            end = groups[last][1]
            written = text[low:end]
            shape = _shape(written, tuple(stop - start for start, stop in groups[first : last + 1]))
            if not (shape or is_whole) or not _is_free(text, low, end) or _NO_PHONE.fullmatch(written) or _is_decimal(written):
                continue
            digits = _digits(written)
            if not self._dialling.may_be_national(digits):
                continue
            # What is dear comes last.
            is_spoken = zone.is_for_phones(low, end)
            if not (is_spoken or (shape and _is_alone(text, groups, first, last))) or written.count("(") != written.count(")"):
                continue
            if is_explained is None:
                is_explained = zone.is_explained(low)
            if is_explained or ((not is_spoken or not shape) and zone.is_amount(low, end)):
                continue
            if zone.once("phone" if is_spoken or shape == "any" else "mobile phone", digits, self._is_phone):
                return Span("PHONE_NUMBER", low, end, _SPOKEN if is_spoken else _NATIONAL, detector, "phone.national")
        return None

    def _is_phone(self, question: str, digits: str) -> bool:
        return self._dialling.is_mobile(digits) if question == "mobile phone" else self._dialling.is_national(digits)

    def _is_international(self, _: str, digits: str) -> bool:
        return self._dialling.is_international(digits)


def open_phone(zone: Zone, behind: int) -> int:
    """Where the first number may begin that ends after `behind`, or that more text could lengthen; the end of the text for none."""
    text, groups = zone.text, _groups(zone)
    first, count = 0, 0  # of the chain that the last group belongs to
    for place, (start, end) in enumerate(groups):
        if place and not _GAP.fullmatch(text, groups[place - 1][1], start):
            first, count = place, 0
        count += end - start
        if end > behind and count >= _FEWEST_DIGITS:
            break
    else:
        if not groups or len(text) - groups[-1][1] > 3:
            return len(text)
    return next((start for start, _ in groups[first:] if start >= behind - _LONGEST), len(text))


def _shifted(span: Span, by: int) -> Span:
    return Span(span.type, span.start + by, span.end + by, span.score, span.detector, span.rule)


def _groups(zone: Zone) -> list[tuple[int, int]]:
    """Places of the digits that stand alone."""
    text = zone.text
    return [(start, end) for start, end in zone.tokens if text[start:end].isdigit()]


def _opened(text: str, start: int) -> int:
    """Where a number begins whose first digits are at `start`: at a plus, or at a bracket that is closed."""
    is_closed = _CLOSED.match(text, start) is not None
    low = start
    if low and text[low - 1] == "(" and is_closed:
        low -= 1
    if low and text[low - 1] == "+":
        low -= 1
        if low and text[low - 1] == "(" and is_closed:
            low -= 1
    return low


def _is_glued(text: str, low: int) -> bool:
    before, left = text[low - 1] if low else " ", text[low - 2] if low > 1 else " "
    return before == "+" or (before in "-.:," and left.isdigit()) or (before == "-" and left.isalnum())


def _ends(text: str, end: int, *, has_plus: bool = False) -> bool:
    """Whether a number may end here: no separator leads on to more of it, no sign makes it something else.

    A number with a plus may be part of the name of a file or a tool.
    """
    behind, right = text[end : end + 1], text[end + 1 : end + 2]
    if has_plus and (behind in ("_", "=", "\\") or (behind == "." and (right.isalpha() or _is_fraction(text, end)))):
        return True
    if behind in ("_", "%", "€", "$", "£", "=", "\\") or (behind.isalnum() and is_word(behind)) or CENTS.match(text, end):
        return False
    return not (behind in ("-", ".", "/", ":") and right.isalnum())


def _is_free(text: str, low: int, end: int, *, has_plus: bool = False) -> bool:
    """Whether a number may stand here: no name's underscore before it, and see `_ends`."""
    start, stop = emphasis(text, low, end) if low and text[low - 1] == "_" else (low, end)
    return _ends(text, stop, has_plus=has_plus) and (has_plus or start == 0 or text[start - 1] != "_")


def _is_fraction(text: str, end: int) -> bool:
    """Whether a point and a single digit follow, which are no group of a phone number."""
    return text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit() and not text[end + 2 : end + 3].isdigit()


def _is_decimal_end(text: str, low: int, end: int) -> bool:
    """Whether a number with a plus is a decimal or takes the fraction of one: a point and a digit behind it, or a long whole part."""
    if _is_fraction(text, end - 2) or _SIGNED.fullmatch(text, low, end):
        return True
    return _is_fraction(text, end) and text[low + 1 : end].isdigit()


def _reach(text: str, groups: list[tuple[int, int]], first: int, low: int) -> list[int]:
    """Groups that a number from `first` on may end with, by its length."""
    count, last = 0, first
    found: list[int] = []
    while True:
        start, end = groups[last]
        count += end - start
        if count > _MOST_DIGITS or end - low > _LONGEST:
            return found
        if count >= _FEWEST_DIGITS:
            found.append(last)
        last += 1
        if last == len(groups) or not _GAP.fullmatch(text, end, groups[last][0]):
            return found


def _digits(written: str) -> str:
    return "".join(sign for sign in written if sign.isdigit())


def _is_decimal(written: str) -> bool:
    whole, point, rest = written.partition(".")
    return bool(point) and rest.isdigit() and whole.isdigit() and (len(whole) == 1 or whole[0] in "123456789")


def _shape(written: str, sizes: tuple[int, ...]) -> Literal["", "any", "mobile"]:
    """Which numbers are believed in this shape: any with a trunk zero, or with area code, exchange and line as in North America.

    Mobiles in their grouping, or without separators. Others need a word.
    """
    gaps = {sign for sign in written if not sign.isdigit()}
    if sizes == (3, 3, 4) and (written.startswith("(") or gaps in ({"-"}, {"."})):
        return "any"
    if written.lstrip("(").startswith("0"):
        if not 9 <= sum(sizes) <= 12:
            return ""
        return "mobile" if len(sizes) == 1 else "any" if sizes[0] > 1 and len(gaps - set("()")) <= 2 else ""
    return "mobile" if sizes in _TELLING and gaps == {" "} else ""


def _is_alone(text: str, groups: list[tuple[int, int]], first: int, last: int) -> bool:
    """Whether no list of groups goes on: at most one group stands beside the number, or another number of the same sizes."""
    sizes = [end - start for start, end in groups[first : last + 1]]
    for place, step in ((last, 1), (first, -1)):
        beside = _beside(text, groups, place, step, len(sizes))
        if len(beside) > 1 and [end - start for start, end in beside[::step]] != sizes:
            return False
    return True


def _beside(text: str, groups: list[tuple[int, int]], place: int, step: int, most: int) -> list[tuple[int, int]]:
    """Groups that follow in one direction, one space each."""
    found: list[tuple[int, int]] = []
    while 0 <= place + step < len(groups) and len(found) < most:
        left, right = (place, place + step) if step > 0 else (place + step, place)
        if text[groups[left][1] : groups[right][0]] not in _SPACES:
            break
        place += step
        found.append(groups[place])
    return found
