# SPDX-License-Identifier: Apache-2.0
"""Numbers of states, registries and card issuers: a layout, then what stands beside it, then the checksum."""

import re
from collections.abc import Iterator

from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.kind import Kind
from douane.detect.identifiers.layout import LONGEST, Layout, layouts, openings
from douane.detect.identifiers.zone import Zone
from douane.finding import Span

__all__ = ["numbers", "open_number"]

_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
_NEVER_BEFORE = frozenset("_$€£¥%/&?+\\")
_NEVER_BEHIND = frozenset("_$€£¥%+=\\")
_GLUE = frozenset(".-/")
_CENTS = re.compile(r",\d\d?(?!\d)")
# Seconds and microseconds since 1970, and dates with a time, as they are written for machines.
_MOMENT = re.compile(r"1[5-9][0-9]{8}(?:[0-9]{6})?|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9]{3}")
_BYTES = re.compile(r"(?:[01][0-9]{2}|2[0-4][0-9]|25[0-5])(?:[ \u00a0](?:[01][0-9]{2}|2[0-4][0-9]|25[0-5])){2}")  # a colour
_SURE, _GROUPED, _PLAIN, _OWN_WORD, _TYPE_WORD, _OTHER_WORD = 0.9, 0.75, 0.65, 0.95, 0.85, 0.8


def numbers(zone: Zone, detector: str) -> Iterator[Span]:
    """Spans of the surest kind of every candidate of a zone."""
    table, signs, low, tokens = layouts(), zone.signs, zone.low, zone.tokens
    for first, (start, end) in enumerate(tokens):
        last = first
        while end - start <= LONGEST:
            found = table.get(signs[start - low : end - low])
            if found is None:
                break
            if found:
                span = _surest(zone, start, end, found, detector)
                if span is not None:
                    yield span
            last += 1
            if last == len(tokens):
                break
            end = tokens[last][1]


def open_number(zone: Zone, behind: int) -> int:
    """Where the first number begins that ends after `behind`, or that what follows the text could complete; `zone.high` for none."""
    table, signs, low, tokens = layouts(), zone.signs, zone.low, zone.tokens
    for first, (start, end) in enumerate(tokens):
        last, is_spaced = first, False
        while end - start <= LONGEST:
            if is_spaced and not _is_upper(zone.text[start:end]):
                break
            if end == zone.high and (last == first or signs[start - low : tokens[last][0] - low] in openings()):
                return start
            found = table.get(signs[start - low : end - low])
            if found and end > behind:
                return start
            if found is None:
                break
            last += 1
            if last == len(tokens):
                return start if _is_upper(zone.text[start : zone.high]) else zone.high
            is_spaced = is_spaced or zone.text[end].isspace()
            end = tokens[last][1]
    return zone.high


def _surest(zone: Zone, start: int, end: int, found: tuple[Layout, ...], detector: str) -> Span | None:
    written = zone.text[start:end]
    compact = _SEPARATORS.sub("", written)
    if not compact.isdigit():
        if compact != compact.upper():
            if compact != compact.lower() or " " in written:
                return None
            compact = compact.upper()
        written = written.upper()
    best: tuple[float, Kind] | None = None
    topics: frozenset[str] | None = None
    is_explained = False
    for layout in found:
        kind = layout.kind
        if any(compact[place] != letter for place, letter in layout.letters) or (kind.guard and not _guarded(kind, layout, compact)):
            continue
        if topics is None:
            topics = zone.topics(start, end)
            is_explained = zone.is_explained(start)
        score = _belief(zone, start, end, layout, topics, is_explained)
        if score and (best is None or score > best[0]) and _passes(kind, compact, written):
            best = score, kind
    return None if best is None else Span(best[1].type, start, end, best[0], detector, best[1].id)


def _guarded(kind: Kind, layout: Layout, compact: str) -> bool:
    return kind.guard is None or kind.guard.fullmatch(compact) is not None


def _passes(kind: Kind, compact: str, written: str) -> bool:
    if kind.prefix and not compact.startswith(kind.prefix):
        compact = kind.prefix + compact
    return is_valid(kind.check, written.replace("\u00a0", " ") if kind.is_written else compact)


def _belief(zone: Zone, start: int, end: int, layout: Layout, topics: frozenset[str], is_explained: bool) -> float:
    """How far the evidence beside the checksum goes; 0 where it does not suffice."""
    kind = layout.kind
    if is_explained and not kind.is_sure:
        return 0.0
    is_spoken = not kind.topics.isdisjoint(topics)
    if not (is_spoken or layout.is_bare) or not _stands_free(zone.text, start, end, layout, is_spoken):
        return 0.0
    if is_spoken:
        return _OWN_WORD if kind.id in topics else _TYPE_WORD if kind.type in topics else _OTHER_WORD
    if not kind.is_sure and (zone.is_amount(start, end) or (layout.groups == 1 and _MOMENT.fullmatch(zone.text, start, end))):
        return 0.0
    return _SURE if kind.is_sure else _GROUPED if layout.groups > 1 or not layout.is_digits else _PLAIN


def _stands_free(text: str, start: int, end: int, layout: Layout, is_spoken: bool) -> bool:
    """Whether a number is no part of something longer: a path, an amount, a list of groups."""
    before, behind = text[start - 1] if start else " ", text[end] if end < len(text) else " "
    if before in _NEVER_BEFORE or behind in _NEVER_BEHIND or (before == "#" and not is_spoken) or _CENTS.match(text, end):
        return False
    left, right = text[start - 2] if start > 1 else " ", text[end + 1] if end + 1 < len(text) else " "
    if before in _GLUE and (left.isdigit() or not is_spoken):
        return False
    if behind in _GLUE and (right.isdigit() or (right.isalnum() and not is_spoken)):
        return False
    if is_spoken or layout.groups == 1 or layout.groups > 3 or not layout.is_digits:
        return True
    return not ((before in " \u00a0" and left.isdigit()) or (behind in " \u00a0" and right.isdigit()) or _BYTES.fullmatch(text, start, end))


def _is_upper(written: str) -> bool:
    return written == written.upper()
