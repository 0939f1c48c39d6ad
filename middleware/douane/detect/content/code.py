# SPDX-License-Identifier: Apache-2.0
"""Whether a place of a Markdown text is shown as code, so that what stands there is read and not run.

INVARIANT: yes is only said where CommonMark leaves no doubt, from the 200 characters before the place, so that it does not depend on where
a stream was cut. So no is said further away from the line that begins a block, behind a fence without a language, which could as well end
one, and wherever the text is one that tricks are made of. What this cannot see is a `<pre>` that was opened still further away.
"""

import re
from typing import Literal

__all__ = ["in_code", "is_undecided"]

_Place = Literal["code", "text", "open"]

_REACH = 200
_RIGHT = 40  # characters within which a backtick must follow
_FENCE = re.compile(r"^(?P<indent> {0,3})(?:`{3,}|~{3,})(?P<language>[^\n`]*)$", re.MULTILINE)
_RAW = re.compile(r"<(?:pre|textarea|script|style)\b|<[!?]", re.IGNORECASE)  # blocks that go on over empty lines, CommonMark 4.6
_RAW_LINE = re.compile(r"^ {0,3}<", re.MULTILINE)  # a block that goes on up to an empty line
_GAP = re.compile(r"\n[ \t]*\n")
_TICKS = re.compile(r"`+")
_PLAIN_TAG = re.compile(r"<[A-Za-z/][^<>`\"']*>")
_TRICKS = re.compile(r"[<|\\]")


def in_code(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` is in a block that was opened with its language, or between backticks in its line."""
    return _placed(text, start, end) == "code"


def is_undecided(text: str, start: int, end: int) -> bool:
    """Whether what stands between `start` and `end` could still turn out to be between backticks."""
    return len(text) - end < _RIGHT and _placed(text, start, end) == "open"


def _placed(text: str, start: int, end: int) -> _Place:
    floor = max(0, start - _REACH)
    before = text[floor:start]
    if "`" not in before and "~~~" not in before:
        return "text"
    whole = before.find("\n") + 1 if floor else 0
    last = None
    if whole or not floor:  # a line that is seen in part may be anything
        for last in _FENCE.finditer(before, whole):  # noqa: B007 the last one is what is asked for
            pass
    if last is not None:
        return "code" if last.end() < len(before) and _is_in_block(before, last, whole) else "text"
    return _in_ticks(before, text[start:end], text[end : end + _RIGHT], floor > 0)


def _is_in_block(before: str, fence: re.Match[str], whole: int) -> bool:
    above = before[whole : fence.start()]
    gaps = [gap.end() for gap in _GAP.finditer(above)]
    if not fence["language"].strip() or _RAW.search(above) or _RAW_LINE.search(above, gaps[-1] if gaps else 0):
        return False
    # A block within an item of a list ends with the item, at the first line that is not set in as far.
    *lines, line = before[fence.end() + 1 :].split("\n")
    return line.startswith(fence["indent"]) and all(above.startswith(fence["indent"]) or not above for above in lines)


def _in_ticks(before: str, inside: str, after: str, is_cut: bool) -> _Place:
    gaps = [gap.end() for gap in _GAP.finditer(before)]
    if (is_cut and not gaps) or "\n" in inside:
        return "text"  # a backtick further away may be the other half of one that is seen
    *lines, line = before[gaps[-1] if gaps else 0 :].split("\n")
    opened = _open_ticks(line)
    if opened is None or any(_open_ticks(above) is not None for above in lines):
        return "text"
    place, outside = opened
    length = len(line[place:]) - len(line[place:].lstrip("`"))
    rest = after.partition("\n")[0]
    closing = next((ticks for ticks in _TICKS.finditer(rest) if len(ticks[0]) == length), None)
    between = line[place:] + inside + rest[: closing.start() if closing else None]
    if _TRICKS.search(_PLAIN_TAG.sub("", outside)) or "|" in between:
        return "text"
    if closing is not None and closing.end() < len(after):
        return "code"
    return "text" if rest != after else "open"


def _open_ticks(line: str) -> tuple[int, str] | None:
    """Where backticks stand in a line that nothing in it closes, and what stands before them outside of others; None without."""
    outside: list[str] = []
    opened, done = None, 0
    for ticks in _TICKS.finditer(line):
        if opened is None:
            opened = ticks
            outside.append(line[done : ticks.start()])
        elif len(ticks[0]) == len(opened[0]):
            opened, done = None, ticks.end()
    return None if opened is None else (opened.start(), "".join(outside))
