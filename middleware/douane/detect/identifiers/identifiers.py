# SPDX-License-Identifier: Apache-2.0
"""Finds identifiers without a model: a shape in linear time, then a checksum, then the words around it."""

import importlib
import ipaddress
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from itertools import pairwise
from types import ModuleType

from douane.detect.identifiers.shapes import AGAINST, BY_LENGTH, IBAN_LENGTHS, LETTERED, PHONE_WORDS, PLAIN, Plain
from douane.detect.run import run_start
from douane.finding import Span

__all__ = ["LEFT_CONTEXT", "RIGHT_CONTEXT", "Identifiers"]

LEFT_CONTEXT = 64
"""Characters before a number in which a word may speak for it."""

RIGHT_CONTEXT = 20
"""Characters after a number in which a word may speak for it."""

_REACH = 48  # no identifier has so many characters, so a zone around every digit that is so wide on both sides holds all of it
_LOCAL_CHARACTER = re.compile(r"[0-9A-Za-z_\u00c0-\u1fff.%+'-]")
_DOMAIN = re.compile(
    r"(?:[0-9A-Za-z\u00c0-\u1fff](?:[0-9A-Za-z\u00c0-\u1fff-]{0,62}[0-9A-Za-z\u00c0-\u1fff])?\.){1,8}(?:xn--[0-9a-z-]{2,59}|[A-Za-z\u00c0-\u1fff]{2,24})"
    r"(?![0-9A-Za-z\u00c0-\u1fff_])"
)
_LONGEST_DOMAIN = 253
_IPV4 = re.compile(r"(?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w+-]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,38}\d)(?:[0-9A-Fa-f]{1,4}:|:(?=:))(?:[0-9A-Fa-f]{0,4}:){1,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.\d)"
)
# Global unicast, unique local, link-local (RFC 4291, RFC 4193). A slice such as `1::2` is an address too, but nobody's.
_IPV6_GIVEN_OUT = tuple(ipaddress.IPv6Network(network) for network in ("2000::/3", "fc00::/7", "fe80::/10"))
_MAC = re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_IBAN_START = re.compile(r"(?<![^\W_])(?<![+/])(?:([A-Za-z]{2})|([A-Z]{2})[ \u00a0])\d{2}")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_GROUP = r"\d++(?![A-Za-z_%€$£])"
_CHAIN = re.compile(rf"(?<!\w){_GROUP}(?:(?:[ .\-/\u00a0]|\) ?| \(|\(){_GROUP})*+")
_DIGIT_RUN = re.compile(r"\d+")
_DIGIT_RUNS = re.compile(r"\d(?:.{0,40}\d)?", re.DOTALL)
_BEFORE_NUMBER = re.compile(r"[$€£#+/&?%]")
_DIGITS = re.compile(r"\d")
_NOT_DIGITS = re.compile(r"\D+")
_CARD_WORDS = re.compile(
    r"(?<![^\W\d_])(?:cards?|carte|karte\w*|kredit\w*|visa|master ?card|amex|american express|maestro|tarjeta|carta|kaart|"
    r"cart[ãa]o|karta|cb|pan)"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:version|release|v|ver\.?|firmware|build|section|§)[\s:]{0,2}\Z", re.IGNORECASE)
_CARD_RANGES: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4000, 4999, (13, 16, 19)),
    (5100, 5599, (16,)),
    (2221, 2720, (16,)),
    (3400, 3499, (15,)),
    (3700, 3799, (15,)),
    (3000, 3059, (14, 16)),
    (3600, 3699, (14,)),
    (3800, 3999, (14, 16)),
    (3528, 3589, (16,)),
    (6011, 6011, (16, 19)),
    (6440, 6599, (16, 19)),
    (6200, 6299, (16, 17, 18, 19)),
    (5018, 5038, (16, 18, 19)),
    (6304, 6304, (16, 18, 19)),
    (6759, 6763, (16, 18, 19)),
)
_SPOKEN_FOR = tuple(shape.pattern for shape in LETTERED if shape.words is not None)
_SHORTEST_LETTERED = 8
_LONGEST_BANK_CODE = 8  # letters in a row, as in the example for Malta, which has seven; many words of prose after `IT 20` are longer
_CARD_GROUPINGS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}
# Groups between spaces that are a value even where another number stands before or behind: cards, shapes, French phones.
_TELLING_GROUPINGS = {
    *_CARD_GROUPINGS,
    (2, 2, 2, 2, 2),
    *(sizes for shape in PLAIN for sizes, allowed in shape.groupings if " " in allowed),
}


class Identifiers:
    """E-mail, network addresses, accounts, cards, phones and the numbers that states give to people and firms.

    `regions` are the countries (ISO 3166-1 alpha-2) whose national phone formats are understood. Thread-safe; keeps no text.
    """

    name = "identifiers"

    def __init__(self, regions: Sequence[str] = ("FR",)) -> None:
        self.version = version("douane")
        self._regions = tuple(dict.fromkeys(regions))
        self._checks: dict[str, Callable[[str], bool]] = {"iban": _is_iban, "gb_nino": _is_nino, "de_rvnr": _is_rvnr}
        self._phones: ModuleType | None = None

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        return [tuple(self._detect(text)) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Every identifier holds a digit or an `@`."""
        return "@" not in text and not _DIGITS.search(text)

    def horizon(self, text: str) -> int:
        """The start of an IBAN or of a number that the next characters could still complete or explain, beyond the last run."""
        horizon = len(text)
        run = run_start(text, horizon)
        for match in _IBAN_START.finditer(text, max(0, run - 2 * _REACH)):
            end, is_decided = _iban_end(text, match)
            if not is_decided or end > run:  # what comes may still be part of something longer that overlaps it
                horizon = min(horizon, match.start())
        for match in _CHAIN.finditer(text, max(0, len(text) - RIGHT_CONTEXT - 4 * _REACH)):
            if match.end() > len(text) - RIGHT_CONTEXT - 1 and match.end() - match.start() > 6:
                horizon = min(horizon, match.start())
        for pattern in _SPOKEN_FOR:
            for match in pattern.finditer(text, max(0, len(text) - RIGHT_CONTEXT - _REACH)):
                if match.end() > len(text) - RIGHT_CONTEXT - 1:
                    horizon = min(horizon, match.start())
        return horizon

    def _detect(self, text: str) -> Iterator[Span]:
        if "@" in text:
            yield from self._emails(text)
        for low, high in _zones(text):
            yield from self._addresses(text, low, high)
            uuids = [match.span() for match in _UUID.finditer(text, low, high)]
            for span in self._numbers(text, low, high):
                place = bisect_right(uuids, (span.start, len(text)))
                if not place or uuids[place - 1][1] < span.end:
                    yield span

    def _span(self, type_: str, start: int, end: int, score: float) -> Span:
        return Span(type_, start, end, score, self.name)

    def _emails(self, text: str) -> Iterator[Span]:
        at = text.find("@")
        while at >= 0:
            match = _DOMAIN.match(text, at + 1)
            if match:
                start = at
                while start and at - start < 65 and _LOCAL_CHARACTER.match(text, start - 1):
                    start -= 1
                frame = text.rfind("-----", start, at)
                start = start if frame < 0 else frame + 5  # what ends a key is no part of a name
                while start < at and text[start] in ".'%-":
                    start += 1
                if 0 < at - start < 65 and match.end() - at <= _LONGEST_DOMAIN + 1 and text[at - 1] != ".":
                    yield self._span("EMAIL_ADDRESS", start, match.end(), 0.95)
            at = text.find("@", at + 1)

    def _addresses(self, text: str, low: int, high: int) -> Iterator[Span]:
        for match in _IPV4.finditer(text, low, high):
            if _is_personal_address(match[0]) and not _VERSION.search(text, max(0, match.start() - 12), match.start()):
                yield self._span("IP_ADDRESS", match.start(), match.end(), 0.9)
        if ":" in text or "-" in text:
            for match in _IPV6.finditer(text, low, high):
                if _is_personal_address(match[0]):
                    yield self._span("IP_ADDRESS", match.start(), match.end(), 0.9)
            for match in _MAC.finditer(text, low, high):
                if _DIGITS.search(match[0]):
                    yield self._span("MAC_ADDRESS", match.start(), match.end(), 0.9)

    def _numbers(self, text: str, low: int, high: int) -> Iterator[Span]:
        for match in _IBAN_START.finditer(text, low, high):
            end, _ = _iban_end(text, match)
            if end and self._is_valid("iban", text[match.start() : end]):
                yield self._span("IBAN_CODE", match.start(), end, 1.0)
        for shape in LETTERED:
            for match in _at_every_start(shape.pattern, text, low, high):
                end = self._lettered_end(shape.check, match[0])
                if not end or (shape.words is not None and not _speaks(shape.words, text, *match.span())):
                    continue
                if not (shape.guarded and _is_explained(text, match.start())):
                    yield self._span(shape.type, match.start(), match.start() + end, 0.9)
        for match in _CHAIN.finditer(text, low, high):
            if match.end() - match.start() > 6:
                yield from self._chain(text, match.start(), match.end())

    def _chain(self, text: str, start: int, end: int) -> Iterator[Span]:
        """Candidates in a chain of digit groups: all of it, each part with one kind of separator, each group between spaces.

        And what is left of a part with spaces without the number that only happens to stand beside it, or of two values in a row.
        """
        groups = [(m.start(), m.end()) for m in _DIGIT_RUN.finditer(text, start, end)]
        candidates = {(0, len(groups))}
        first = 0
        gaps = [text[a[1] : b[0]] for a, b in pairwise(groups)]
        for place in range(1, len(gaps) + 1):
            if place == len(gaps) or gaps[place] != gaps[first]:
                candidates.add((first, place + 1))
                if gaps[first] == " " and 2 < place + 1 - first < 13 and not _is_explained(text, groups[first][0]):
                    middle = (first + place + 1) // 2
                    for i, j in ((first + 1, place + 1), (first, place), (first, middle), (middle, place + 1)):
                        if tuple(high - low for low, high in groups[i:j]) in _TELLING_GROUPINGS:
                            candidates.add((i, j))
                first = place
        for place in range(len(groups)):
            if all(gap in (" ", "\u00a0") for gap in gaps[max(0, place - 1) : place + 1]):
                candidates.add((place, place + 1))
        for i, j in sorted(candidates):
            low, high = groups[i][0], groups[j - 1][1]
            if high - low <= _REACH:
                yield from self._candidate(text, low, high, tuple(b - a for a, b in groups[i:j]), frozenset(gaps[i : j - 1]))

    def _candidate(self, text: str, start: int, end: int, sizes: tuple[int, ...], gaps: frozenset[str]) -> Iterator[Span]:
        length = sum(sizes)
        if length < 7 or length > 19:
            return
        before = text[start - 1] if start else " "
        yield from self._phone(text, start, end, sizes, gaps)
        if _BEFORE_NUMBER.match(before):
            return
        digits = _NOT_DIGITS.sub("", text[start:end])
        explained = _is_explained(text, start)
        if 13 <= length <= 19 and _is_card(digits) and self._is_valid("luhn", digits) and (len(sizes) == 1 or sizes in _CARD_GROUPINGS):
            grouped = sizes in _CARD_GROUPINGS
            if grouped or not explained or _speaks(_CARD_WORDS, text, start, end):
                yield self._span("CREDIT_CARD", start, end, 0.95 if grouped else 0.85)
        separators = "".join(gaps)
        for shape in BY_LENGTH.get(length, ()):
            score = self._believe(shape, text, start, end, sizes, separators, explained)
            if score and self._is_valid(shape.check, text[start:end] if shape.check in _WITH_SEPARATORS else digits):
                yield self._span(shape.type, start, end, score)

    def _believe(self, shape: Plain, text: str, start: int, end: int, sizes: tuple[int, ...], separators: str, explained: bool) -> float:
        """How far the evidence beside the checksum goes; 0 where it does not suffice."""
        if not explained and _speaks(shape.words, text, start, end):
            return 0.95
        if any(sizes == grouping and all(c in allowed for c in separators) for grouping, allowed in shape.groupings):
            return 0.75
        return 0.65 if shape.strong and len(sizes) == 1 and not explained else 0.0

    def _phone(self, text: str, start: int, end: int, sizes: tuple[int, ...], gaps: frozenset[str]) -> Iterator[Span]:
        low = start
        if low and text[low - 1] == "(" and ")" in text[start:end]:
            low -= 1
        if low and text[low - 1] == "+":
            low -= 1
        before = text[low - 1] if low else " "
        written = text[low:end]
        international = written.startswith(("+", "(+")) or (written.startswith("00") and sum(sizes) > 10)
        if before.isalnum() or before in "/&#$€£" or (not international and before in "+-._") or sum(sizes) > 15:
            return
        if ("(" in written and ")" not in written) or _is_decimal(written, sizes, gaps):
            return
        if international:
            number = "+" + written[2:] if written.startswith("00") else written
            if self._is_phone(number, ()):
                yield self._span("PHONE_NUMBER", low, end, 0.9)
            return
        spoken = _speaks(PHONE_WORDS, text, start, end)
        if _is_explained(text, low) or (not spoken and not _looks_like_phone(written, sizes, gaps)):
            return
        if self._is_phone(written, self._regions):
            yield self._span("PHONE_NUMBER", low, end, 0.85 if spoken else 0.6)

    def _is_phone(self, written: str, regions: Sequence[str]) -> bool:
        if self._phones is None:
            self._phones = importlib.import_module("phonenumbers")
        phones = self._phones
        for region in regions or (None,):
            try:
                if phones.is_valid_number(phones.parse(written, region)):
                    return True
            except phones.NumberParseException:
                continue
        return False

    def _lettered_end(self, check: str, value: str) -> int:
        """How much of `value` is valid: all of it, or up to a separator where the pattern took too much; 0 for nothing."""
        if not _DIGITS.search(value):
            return 0
        while len(value) >= _SHORTEST_LETTERED:
            if self._is_valid(check, value.replace(".", "")):  # not every checksum's reader knows dots
                return len(value)
            value = value[: max(value.rfind(separator) for separator in " .-")] if re.search(r"[ .-]", value) else ""
        return 0

    def _is_valid(self, check: str, value: str) -> bool:
        is_valid = self._checks.get(check)
        if is_valid is None:
            is_valid = self._checks[check] = importlib.import_module(f"stdnum.{check}").is_valid
        return bool(is_valid(value))


_WITH_SEPARATORS = frozenset({"se.personnummer", "us.ssn", "dk.cpr", "cz.rc"})


def _zones(text: str) -> Iterator[tuple[int, int]]:
    """Parts of a text around its digits, wide enough that no shape reaches over their borders."""
    low = high = -1
    for match in _DIGIT_RUNS.finditer(text):
        if match.start() - _REACH > high:
            if high >= 0:
                yield low, high
            low = max(0, match.start() - _REACH)
        high = min(len(text), match.end() + _REACH)
    if high >= 0:
        yield low, high


def _at_every_start(pattern: re.Pattern[str], text: str, low: int, high: int) -> Iterator[re.Match[str]]:
    """Matches, also those that begin inside another: which are found must not depend on where the text begins."""
    while match := pattern.search(text, low, high):
        yield match
        low = match.start() + 1


def _iban_end(text: str, start: re.Match[str]) -> tuple[int, bool]:
    """Where an IBAN that starts here would end (0: nowhere), and whether that is decided whatever follows."""
    country = start[1] or start[2]
    length = IBAN_LENGTHS.get(country.upper())
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
        elif character not in " -\u00a0" or not text[place - 1].isalnum():
            return 0, True
        place += 1
    if place == len(text):
        return place, False
    following = text[place]
    return (0, True) if following.isalnum() or following == "_" else (place, True)


def _is_explained(text: str, place: int) -> bool:
    return AGAINST.search(text, max(0, place - LEFT_CONTEXT), place) is not None


def _speaks(words: re.Pattern[str], text: str, start: int, end: int) -> bool:
    return bool(words.search(text[max(0, start - LEFT_CONTEXT) : start]) or words.search(text[end : end + RIGHT_CONTEXT]))


def _is_card(digits: str) -> bool:
    prefix, length = int(digits[:4]), len(digits)
    return any(low <= prefix <= high and length in lengths for low, high, lengths in _CARD_RANGES)


def _is_personal_address(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return any(address in network for network in _IPV6_GIVEN_OUT)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _is_decimal(written: str, sizes: tuple[int, ...], gaps: frozenset[str]) -> bool:
    return len(sizes) == 2 and gaps == {"."} and (sizes[0] == 1 or written[0] in "123456789")


def _looks_like_phone(written: str, sizes: tuple[int, ...], gaps: frozenset[str]) -> bool:
    """National formats that speak for themselves: a trunk zero, or area code, exchange, line as in North America."""
    length = sum(sizes)
    if sizes == (3, 3, 4) and (written.startswith("(") or gaps in ({"-"}, {"."})):
        return True
    if not written.lstrip("(").startswith("0") or not 9 <= length <= 12 or (sizes == (5, 4) and gaps == {"-"}):  # ZIP+4
        return False
    return len(gaps) <= 2 and (len(sizes) == 1 or sizes[0] > 1)


def _is_iban(value: str) -> bool:
    """Check digits (ISO 7064) and structure. A country's own check may ask a list of its banks, which is never up to date."""
    return bool(importlib.import_module("stdnum.iban").is_valid(value, check_country=False))


def _is_nino(value: str) -> bool:
    """A national insurance number has no check digit, only prefixes that are never given out."""
    return len(value) >= 9 and value[:2].upper() not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}


def _is_rvnr(value: str) -> bool:
    """Check digit of the German pension insurance number (VKVV § 4): letters count as two digits, products by their digit sums."""
    compact = value.replace(" ", "").upper()
    if len(compact) != 12:
        return False
    if not 1 <= int(compact[2:4]) <= 31 and not 51 <= int(compact[2:4]) <= 81:
        return False
    if not 1 <= int(compact[4:6]) <= 12:
        return False
    digits = compact[:8] + f"{ord(compact[8]) - 64:02}" + compact[9:11]
    total = sum(sum(divmod(int(d) * weight, 10)) for d, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return total % 10 == int(compact[11])
