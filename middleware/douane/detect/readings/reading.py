# SPDX-License-Identifier: Apache-2.0
"""Every way in which a text may be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from douane.detect.readings.compact import compact, open_number
from douane.detect.readings.encoded import ENCODED, encoded, open_encoded
from douane.detect.readings.escape import meanings, open_escape
from douane.detect.readings.fold import FOLDED, folded, open_fold
from douane.detect.readings.named import NAMED, named, open_named
from douane.detect.readings.shown import SHOWN, open_shown, shown
from douane.detect.readings.spelled import SPELLED, open_spelled, spelled
from douane.detect.readings.spread import SPREAD, open_spread, spread
from douane.detect.readings.stripped import MARKUP, open_markup, stripped
from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, composed
from douane.finding import ReadingKind

__all__ = ["Reading", "decided", "open_from", "readings"]

_HINT = "|".join((FOLDED, SHOWN, NAMED, SPREAD, SPELLED, ENCODED, MARKUP))
_ROUNDS = 3  # how deep what is encoded may be encoded again


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in one way that it may be read; `back` maps it to the original, None where it is the original."""

    kind: ReadingKind
    text: str = field(repr=False)
    back: View | None = field(default=None, repr=False)


def readings(text: str) -> list[Reading]:
    """The text as it stands, and in every other way that it may be read where that is not the same, the plainest last."""
    plain = Reading("plain", text)
    if "\\" not in text and not hits(_HINT, text):
        return [plain, *_then(plain, "compact", compact)]
    found = [plain, *_then(plain, "folded", folded)]
    deepest = plain
    for meant in meanings(text):
        deepest = Reading("unescaped", meant.text, meant)
        found += (deepest, *_then(deepest, "folded", folded))
    last = found[-1]
    for hidden in _then(deepest, "decoded", shown):
        last = _plainest(hidden)
        found.append(last)
    for _ in range(_ROUNDS):
        before = last
        for decode in (named, spread, spelled, encoded):
            for reading in _then(last, "decoded", decode):
                last = _plainest(reading)
                found.append(last)
        if last is before:
            break
    for kind, take_out in _TAKEN_OUT:
        found += _then(last, kind, take_out)
        last = found[-1] if found[-1].kind == kind else last
    return found


def decided(text: str) -> str:
    """A reading's text without what at its end more text could make mean something else."""
    for _ in range(_MOST_OPEN):
        end = min(opens(text) for opens in _MEANINGS)
        if end == len(text):
            return text
        text = text[:end]
    return ""


def open_from(text: str) -> int:
    """Where a value begins that more text could complete, which only a later reading would show; `len(text)` where none does."""
    return min(opens(text) for opens in _VALUES)


def _then(reading: Reading, kind: ReadingKind, read: Callable[[str], View | None]) -> Iterator[Reading]:
    view = read(reading.text)
    if view is not None:
        yield Reading(kind, view.text, composed(reading.back, view))


def _plainest(reading: Reading) -> Reading:
    return next(_then(reading, reading.kind, folded), reading)


_TAKEN_OUT: tuple[tuple[ReadingKind, Callable[[str], View | None]], ...] = (("stripped", stripped), ("compact", compact))
_MEANINGS = (open_escape, open_fold, open_shown, open_named, open_encoded, open_markup)
_VALUES = (open_spelled, open_spread, open_number)
_MOST_OPEN = 32  # beginnings of escapes in a row, each behind the other: all of it is held then
