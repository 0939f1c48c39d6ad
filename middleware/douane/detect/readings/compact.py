# SPDX-License-Identifier: Apache-2.0
"""A text with the separators taken out of its numbers, for those that a checksum proves."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, replaced

__all__ = ["compact", "open_number"]

_LONGEST = 40  # characters of a value; what is longer without its separators is a table
_WIDEST = 240  # characters of a value with its separators
_LEAST = 8  # digits
_MOST_CHANGES = 3  # of the size of a group from one to the next: a French social security number has three
_BLANK = r"(?:[ \t]{0,4}\r?\n[ \t]{0,8}|[ \t]{1,4})"
_BRACKETS = r"""(?:\)[ ]?\(|\][ ]?\[|\}[ ]?\{|>[ ]?<|"[ ]?"|'[ ]?')"""
_ORDINARY = frozenset({" ", ".", ","})
_SIGNS = "_.-/,:;|*~+\\·•"
_LIST = 5  # digits: what is longer between commas is a value by itself
_DATES = ([4, 2, 2], [2, 2, 4])
_DIGITS = "0123456789"
_NOT_DIGITS = bytes(code for code in range(256) if not 48 <= code <= 57)
_GROUP = "(?:[0-9]{1,19}+[A-Z]{0,4}+|[A-Z]{1,6}+[0-9]{0,19}+[A-Z]{0,2}+)(?![0-9A-Za-z])"
_NEXT = r"[-_./,:;|*~+\\·•()\[\]{}<>\"' \t\r\n]"
_CHAIN = f"(?:[0-9][A-Z]*{_NEXT}*[A-Z]*){{{_LEAST - 1}}}[0-9]"
# What is no start is told from the first two characters, so that a class of characters is looked for, and the whole is linear.
_ZONE = re.compile(rf"[0-9A-Z](?<![0-9A-Za-z][0-9A-Z])[0-9A-Z]*+(?:{_NEXT}{{1,14}}+[0-9A-Z]++)++")
_OPEN = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Z]{1,6}+[-_./,:;|*~+\\·•]{1,3}+){0,3}"
    rf"(?:[A-Z]{{0,6}}+[0-9][0-9A-Z]{{0,21}}+(?:{_NEXT}{{1,14}}+[0-9A-Z]{{1,22}}+)*+{_NEXT}{{0,14}}+)?\Z"
)


_LAST = re.compile("[0-9A-Z]")
_BETWEEN = "-_./,:;|*~+\\·•()[]{}<>\"' \t\r\n"


def compact(text: str) -> View | None:
    """The text with the separators taken out of each number that has one kind of them; None where there are none.

    Blanks, line breaks among them, are one kind, as are pairs of brackets. Letters may be among the digits. Numbers that say by their
    separators what they are stay: network addresses, thousands.
    """
    few = len(text.encode("utf-8", "surrogatepass").translate(None, _NOT_DIGITS)) < _LEAST
    return None if few or not hits(_CHAIN, text) else replaced(text, _parts(text))


def open_number(text: str) -> int:
    """Where a number begins that more text could make longer; `len(text)` where none does."""
    if not _LAST.match(text.rstrip(_BETWEEN)[-1:]):
        return len(text)
    match = _OPEN.search(text, max(0, len(text) - _WIDEST))
    return match.start() if match else len(text)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    for start, end, separator in sorted(_numbers(text), key=lambda number: (number[0], -number[1])):
        if start >= place:
            place = end
            for match in separator.finditer(text, start, end):
                yield *match.span(), ""


def _numbers(text: str) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    for zone in _ZONE.finditer(text):
        if sum(map(zone[0].count, _DIGITS)) >= _LEAST:
            yield from _numbers_in(text, zone.start(), zone.end() + 1, zone[0])


def _numbers_in(text: str, low: int, high: int, zone: str) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    for sign, number, separator in _kinds():
        if sign and sign not in zone:
            continue
        for match in number.finditer(text, low, high):
            start, end = match.span()
            if end - start <= _WIDEST and _is_value(separator.split(match[0]), set(separator.findall(match[0]))):
                yield start, end, separator


def _is_value(groups: list[str], separators: set[str]) -> bool:
    whole = "".join(groups)
    if len(whole) > _LONGEST or sum(map(whole.count, _DIGITS)) < _LEAST:
        return False
    sizes = [len(group) for group in groups]
    if sum(one != other for one, other in pairwise(sizes)) > _MOST_CHANGES:
        return False  # a row of a table
    if len(groups) == 3 and len(separators) == 1 and sizes in _DATES:
        return False
    if min(sizes) > _LIST and any(sign in separator for separator in separators for sign in ",;|"):
        return False  # several values
    if not whole.isdecimal():
        return True
    steps = {int(other) - int(one) for one, other in pairwise(groups)}
    if min(steps) > 0 and (len(steps) == 1 or len(set(sizes)) > 1):
        return False  # a list in order
    if not separators <= _ORDINARY:
        return True
    # A number that may be written so as it is: in thousands or with its decimals, or the address of a host.
    is_thousands = sizes[0] < 4 and set(sizes[1:]) == {3}
    return not (is_thousands or len(sizes) == 2 or (len(sizes) == 4 and max(sizes) < 4))


@cache
def _kinds() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]:
    """For every kind of separator a sign without which it is nowhere, what numbers with it look like, and the separator."""
    kinds = [(sign, rf"[ \t]{{0,2}}{re.escape(sign)}(?:[ \t]{{1,2}}|[ \t]?\r?\n[ \t]{{0,4}})?") for sign in _SIGNS]
    lettered = [(sign, rf"(?<![0-9A-Za-z]){_GROUP}(?:{one}{_GROUP})++", one) for sign, one in kinds]
    bracketed = ("", rf"(?<![0-9A-Za-z]){_GROUP}(?:{_BRACKETS}{_GROUP})++", _BRACKETS)
    # Words stand between blanks as well: letters only behind what begins as an IBAN does.
    blank = (
        "",
        rf"(?<![0-9A-Za-z])(?:[0-9]{{1,19}}+|[A-Z]{{2}}[0-9]{{2}}[0-9A-Z]{{0,19}}+(?:{_BLANK}[A-Z]{{4}}(?![0-9A-Za-z]))?)(?:{_BLANK}(?:[0-9]{{1,19}}+(?![A-Za-z])|[A-Z]{{0,6}}[0-9]{{1,19}}+[A-Z]{{0,2}}+(?![0-9A-Za-z])))++",
        _BLANK,
    )
    return tuple((sign, re.compile(number), re.compile(one)) for sign, number, one in (*lettered, bracketed, blank))
