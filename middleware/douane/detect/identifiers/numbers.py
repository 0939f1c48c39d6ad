# SPDX-License-Identifier: Apache-2.0
"""Numbers of states, registries and card issuers: a layout, then what stands beside it, then the checksum."""

import re
from collections.abc import Iterator

from douane.detect.identifiers.beside import CENTS, emphasis, is_word
from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.kind import Kind
from douane.detect.identifiers.layout import LONGEST, Layout, layouts, openings
from douane.detect.identifiers.zone import Zone
from douane.finding import Span

__all__ = ["numbers", "open_number"]

_SEPARATORS = re.compile(r"[^0-9A-Za-z]+")
_NEVER_BEFORE = frozenset("_$€£¥%/&?+\\")
_NEVER_BEHIND = frozenset("_$€£¥%+=\\")
_SPACES = (" ", "\u00a0")
_GLUE = frozenset(".-/")
# Seconds and microseconds since 1970, and dates with a time, as they are written for machines.
_MOMENT = re.compile(r"1[5-9][0-9]{8}(?:[0-9]{6})?|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9]{3}")
_BYTES = re.compile(r"(?:[01][0-9]{2}|2[0-4][0-9]|25[0-5])(?:[ \u00a0](?:[01][0-9]{2}|2[0-4][0-9]|25[0-5])){2}")  # a colour
_BEFORE, _BEHIND = 200, 100  # characters around a number, more than what decides about it
_MOST_JUDGED = 4096
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
                for score, kind in _judged(zone, start, end, found):
                    yield Span(kind.type, start, end, score, detector, kind.id)
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


def _judged(zone: Zone, start: int, end: int, found: tuple[Layout, ...]) -> tuple[tuple[float, Kind], ...]:
    """See `_surest`, which is not asked twice about the same text."""
    if zone.judged is None:
        return _surest(zone, start, end, found)
    window = zone.text[max(0, start - _BEFORE) : start], zone.text[start:end], zone.text[end : end + _BEHIND]
    judgement = zone.judged.get(window)
    if judgement is None:
        judgement = _surest(zone, start, end, found)
        if len(zone.judged) < _MOST_JUDGED:
            zone.judged[window] = judgement
    return judgement


def _surest(zone: Zone, start: int, end: int, found: tuple[Layout, ...]) -> tuple[tuple[float, Kind], ...]:
    """The kind that is believed most, and how far; none where none is.

    Depends on nothing but the text from `_BEFORE` before to `_BEHIND` behind.
    """
    written = zone.text[start:end]
    compact = _SEPARATORS.sub("", written)
    if not compact.isdigit():
        if compact != compact.upper():
            if compact != compact.lower() or " " in written:
                return ()
            compact = compact.upper()
        written = written.upper()
    best: tuple[float, Kind] | None = None
    topics: frozenset[str] | None = None
    is_explained = False
    free: dict[bool, bool] = {}
    for layout in found:
        kind = layout.kind
        if any(compact[place] != letter for place, letter in layout.letters) or (
            kind.guard is not None and kind.guard.fullmatch(compact) is None
        ):
            continue
        if topics is None:
            topics = zone.topics(start, end)
            is_explained = zone.is_explained(start)
        score = _belief(zone, start, end, layout, topics, is_explained, free)
        if score and (best is None or score > best[0]) and _passes(zone, kind, compact, written):
            best = score, kind
    return () if best is None else (best,)


def _passes(zone: Zone, kind: Kind, compact: str, written: str) -> bool:
    if kind.prefix and not compact.startswith(kind.prefix):
        compact = kind.prefix + compact
    return zone.once(kind.check, written.replace("\u00a0", " ") if kind.is_written else compact, is_valid)


def _belief(zone: Zone, start: int, end: int, layout: Layout, topics: frozenset[str], is_explained: bool, free: dict[bool, bool]) -> float:
    """How far the evidence beside the checksum goes; 0 where it does not suffice. `free` are answers of `_stands_free`, by `is_spoken`."""
    kind = layout.kind
    if is_explained and not kind.is_sure:
        return 0.0
    is_spoken = not kind.topics.isdisjoint(topics)
    if not (is_spoken or layout.is_bare):
        return 0.0
    if is_spoken not in free:
        free[is_spoken] = _stands_free(zone.text, start, end, is_spoken)
    if not free[is_spoken]:
        return 0.0
    is_list_like = not is_spoken and layout.is_digits and 1 < layout.groups <= 3
    if is_list_like and not _is_no_list(zone.text, start, end):
        return 0.0
    if is_spoken:
        return _OWN_WORD if kind.id in topics else _TYPE_WORD if kind.type in topics else _OTHER_WORD
    if not kind.is_sure and (zone.is_amount(start, end) or (layout.groups == 1 and _MOMENT.fullmatch(zone.text, start, end))):
        return 0.0
    return _SURE if kind.is_sure else _GROUPED if layout.groups > 1 or not layout.is_digits else _PLAIN


def _stands_free(text: str, start: int, end: int, is_spoken: bool) -> bool:
    """Whether a number is no part of something longer: a word, a path, an amount."""
    if start and text[start - 1] == "_":
        start, end = emphasis(text, start, end)
    before, behind = text[start - 1] if start else " ", text[end] if end < len(text) else " "
    if (before.isalnum() and is_word(before)) or (behind.isalnum() and is_word(behind)):
        return False
    if before in _NEVER_BEFORE or behind in _NEVER_BEHIND or (before == "#" and not is_spoken) or CENTS.match(text, end):
        return False
    left, right = text[start - 2] if start > 1 else " ", text[end + 1] if end + 1 < len(text) else " "
    if before in _GLUE and (left.isdigit() or not is_spoken):
        return False
    return not (behind in _GLUE and (right.isdigit() or (right.isalnum() and not is_spoken)))


def _is_no_list(text: str, start: int, end: int) -> bool:
    """Whether no other group stands beside, and these are no parts of a colour."""
    before, behind = text[max(0, start - 2) : start], text[end : end + 2]
    if (before[1:] in _SPACES and before[:1].isdigit()) or (behind[:1] in _SPACES and behind[1:].isdigit()):
        return False
    return _BYTES.fullmatch(text, start, end) is None


def _is_upper(written: str) -> bool:
    return written == written.upper()
