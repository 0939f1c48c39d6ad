# SPDX-License-Identifier: Apache-2.0
"""Characters that turn the direction of a text, so that people read something else than a model does (CVE-2021-42574).

Rules: `bidi.override` (text shown backwards), `bidi.control`, and with a low score `bidi.balanced`: the two ends of a short piece in one
line whose letters go the way that its ends say, as translated programs and copied telephone numbers have it. Marks (LRM, RLM) are none.
"""

import re
from collections.abc import Iterator

from douane.detect.content.mark import mark
from douane.finding import Span

__all__ = ["HINT", "find", "open_from"]

HINT = "[\u202a-\u202e\u2066-\u2069]"
"""A pattern without which there is nothing to find."""

_CONTROL = re.compile(HINT)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_OVERRIDE, _AUTOMATIC = "\u202e", "\u2068"
_RIGHTWARD = "\u202a\u202d\u2066"
_CLOSER = {**dict.fromkeys("\u202a\u202b\u202d\u202e", "\u202c"), **dict.fromkeys("\u2066\u2067\u2068", "\u2069")}
_LONGEST = 200  # characters between the two ends


def find(text: str) -> Iterator[Span]:
    """Every such character."""
    places = [match.start() for match in _CONTROL.finditer(text)]
    at = 0
    while at < len(places):
        place = places[at]
        if at + 1 < len(places) and _is_balanced(text, place, places[at + 1]):
            yield mark("BIDI_CONTROL", place, place + 1, 0.3, "bidi.balanced")
            yield mark("BIDI_CONTROL", places[at + 1], places[at + 1] + 1, 0.3, "bidi.balanced")
            at += 2
            continue
        is_override = text[place] in "\u202d\u202e"
        yield mark("BIDI_CONTROL", place, place + 1, 1.0 if is_override else 0.9, "bidi.override" if is_override else "bidi.control")
        at += 1


def open_from(text: str) -> int:
    """Where a piece begins that could still end."""
    floor = max(0, len(text) - _LONGEST - 1)
    last = None
    for last in _CONTROL.finditer(text, floor):  # noqa: B007 the last one is what is asked for
        pass
    if last is None or last[0] not in _CLOSER or "\n" in text[last.end() :]:
        return len(text)
    return last.start()


def _is_balanced(text: str, opener: int, closer: int) -> bool:
    if _CLOSER.get(text[opener]) != text[closer] or not 1 < closer - opener <= _LONGEST + 1 or text[opener] == _OVERRIDE:
        return False
    inside = text[opener + 1 : closer]
    if "\n" in inside:
        return False
    return text[opener] == _AUTOMATIC or (_RIGHT_TO_LEFT.search(inside) is None) == (text[opener] in _RIGHTWARD)
