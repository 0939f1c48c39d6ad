# SPDX-License-Identifier: Apache-2.0
"""Persons whose e-mail address stands beside their name: the words of its local part are found again around it."""

import re
from collections.abc import Iterator

from douane.detect.names.lists import COMMON, NAME, TITLE, Lists
from douane.detect.names.page import Page
from douane.finding import Span

__all__ = ["mail_persons"]

_REACH = 180  # characters from the start of an address in which its owner's name is looked for; a stream keeps more
_ADDRESS = re.compile(r"(?<![\w.+\-])[A-Za-z\u00c0-\u024f][\w.+\-]{1,63}(?=@[A-Za-z0-9])")
_PARTS = re.compile(r"[^\W\d_]{3,}")
_OPENING = frozenset((" <", " (", "<", " [", '" <', " - ", ", ", ": ", " "))
_SENDER = 3


def mail_persons(page: Page, lists: Lists) -> Iterator[Span]:
    """Every name that has the words of an address that stands up to 180 characters before it, or directly after it."""
    for match in _ADDRESS.finditer(page.low):
        parts = frozenset(_PARTS.findall(match[0]))
        if not _is_somebody(parts, lists):
            continue
        for index in page.between(match.end(), match.start() + _REACH):
            yield from _named(page, index, parts)
        last = page.between(max(0, match.start() - _REACH), match.start()).stop - 1
        if last >= 0 and page.text[page.ends[last] : match.start()] in _OPENING:
            first = last
            while first and last - first < _SENDER and page.joins(first - 1):
                first -= 1
            for index in range(first, last + 1):
                yield from _named(page, index, parts)


def _is_somebody(parts: frozenset[str], lists: Lists) -> bool:
    flags = [lists.words.get(part, 0) for part in parts]
    return len(parts) > 1 and any(flag & NAME and not flag & COMMON for flag in flags) and not any(flag & TITLE for flag in flags)


def _named(page: Page, index: int, parts: frozenset[str]) -> Iterator[Span]:
    if page.lows[index] not in parts or page.flags[index] & TITLE:
        return
    length = page.chain(index)
    words = next((after for after in range(1, length) if page.lows[index + after] not in parts), length)
    if words > 1 or not page.flags[index] & COMMON:
        yield Span("PERSON", page.starts[index], page.ends[index + words - 1], 0.8 if words > 1 else 0.6, "names", "mail")
