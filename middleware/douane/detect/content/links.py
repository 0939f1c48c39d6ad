# SPDX-License-Identifier: Apache-2.0
"""Ways for data to leave with a Markdown text: pictures that are fetched as soon as it is shown, addresses that carry data.

Rules: `image.remote`, `image.query` (its address has a query, or a part that looks like data), `image.reference` (its address stands
elsewhere), `link.data` (an address, in a link or bare, whose query or path holds an encoded text, a sentence or a long opaque value), and
each with `.in_code` behind it where the text shows it as code. An address that is relative, or a picture within the text, is none.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from douane.detect.content.code import is_undecided
from douane.detect.content.encoded import is_encoded
from douane.detect.content.mark import mark_shown
from douane.finding import Span

__all__ = ["HINT", "LINK", "find", "open_from"]

HINT = r"!\[|\]\(|://"
"""A pattern without which there is nothing to find."""
LINK = "MARKDOWN_LINK"
"""The type of addresses that carry data."""

_ALT = 200  # characters of what stands for a picture
_LONGEST = 1024  # characters of an address
_IMAGE = re.compile(r"!\[")
_TEXT = re.compile(rf"(?:[^\[\]\\]|\\.|\[[^\[\]]{{0,{_ALT}}}\]){{0,{_ALT}}}+\]", re.DOTALL)
_PLACE = r"\(\s{0,8}+(?:<(?P<angled>[^<>\n]*+)(?:>|\Z)|(?P<plain>[^\s<>()]*+(?:\([^\s<>()]*+\)?[^\s<>()]*+){0,8}+))"
_TARGET = re.compile(rf"{_PLACE}(?:\s{{1,8}}+(?:\"[^\"\n]{{0,200}}+\"|'[^'\n]{{0,200}}+'|\([^()\n]{{0,200}}+\)))?+\s{{0,8}}+\)?")
_OPEN_TARGET = re.compile(
    rf"{_PLACE}(?:\s{{1,8}}+(?:\"[^\"\n]{{0,200}}+(?:\"|\Z)|'[^'\n]{{0,200}}+(?:'|\Z)|\([^()\n]{{0,200}}+(?:\)|\Z)))?+\s{{0,8}}+\Z"
)
_REFERENCE = re.compile(r"\[[^\[\]\n]{0,100}+\]")
_CLOSING = re.compile(r"\]\(")
_REMOTE = re.compile(r"(?:https?|ftps?|wss?):|[\\/]{2}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?|ftps?|wss?)://[^\s\"<>`]++", re.IGNORECASE)
_BEHIND = ")]}.,;:!?*_'"  # what ends a link or a sentence at the end of an address
_SCHEME = re.compile(r"[A-Za-z]{2,5}\Z")
_VALUE = re.compile(r"[^/?&=#;]{16,}+")
_SPACES = re.compile(r"%20|\+|%0A", re.IGNORECASE)
_OPAQUE = re.compile(r"[A-Za-z0-9+/_=%-]{64,}+\Z")
_FILE = re.compile(r"\.[A-Za-z0-9]{2,4}\Z")
_DIGIT = re.compile("[0-9]")
_WORDS = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,20}(?![^\W\d_])")


def find(text: str) -> Iterator[Span]:
    """Every picture that is fetched, every address that carries data."""
    if "![" in text:
        for image in _IMAGE.finditer(text):
            yield from _image(text, image.start(), image.end())
    if "](" in text:
        for closing in _CLOSING.finditer(text):
            yield from _headless(text, closing.start())
    if "://" in text:
        for address in _addresses(text):
            bare = address[0].rstrip(_BEHIND)
            if score := _carries(bare):
                yield mark_shown(text, LINK, address.start(), address.start() + len(bare), score, "link.data")


def open_from(text: str) -> int:
    """The start of a picture or an address that could go on, or of which it is not known yet whether it stands in code."""
    size = len(text)
    place = size - 1 if text.endswith(("!", "]")) else size
    floor = max(0, size - 2 * _LONGEST)
    at = text.find("![", floor)
    while 0 <= at < place:
        if _is_open_image(text, at):
            place = at
        at = text.find("![", at + 1)
    at = text.find("](", floor)
    while 0 <= at < place:
        target = _TARGET.match(text, at + 1, at + 1 + _LONGEST)
        if _is_open_target(text, at + 1) or (target and is_undecided(text, at, target.end())):
            place = at
        at = text.find("](", at + 1)
    if "://" in text[floor:]:
        for address in _addresses(text, floor):
            bare = address[0].rstrip(_BEHIND)
            if address.end() == size or (is_undecided(text, address.start(), address.start() + len(bare)) and _carries(bare)):
                place = min(place, address.start())
    return place


def _is_open_image(text: str, start: int) -> bool:
    size = len(text)
    alt = _TEXT.match(text, start + 2, start + 2 + _ALT)
    if alt is None:
        return size - start <= _ALT + 2
    if alt.end() == size:
        return True
    target = _TARGET.match(text, alt.end(), alt.end() + _LONGEST)
    if target is None:
        reference = _REFERENCE.match(text, alt.end())
        return is_undecided(text, start, reference.end()) if reference else text[alt.end()] == "[" and size - alt.end() <= 101
    return _is_open_target(text, alt.end()) or is_undecided(text, start, target.end())


def _is_open_target(text: str, start: int) -> bool:
    return len(text) - start < _LONGEST and _OPEN_TARGET.match(text, start) is not None


def _image(text: str, start: int, inside: int) -> Iterator[Span]:
    alt = _TEXT.match(text, inside, inside + _ALT)
    if alt is None:
        return
    if target := _TARGET.match(text, alt.end(), alt.end() + _LONGEST):
        if judged := _fetches(target["angled"] or target["plain"] or ""):
            yield mark_shown(text, "MARKDOWN_IMAGE", start, target.end(), *judged)
    elif (reference := _REFERENCE.match(text, alt.end())) and not ((before := text[start - 1 : start]) in ("#", "!") or before.isalnum()):
        yield mark_shown(text, "MARKDOWN_IMAGE", start, reference.end(), 0.4, "image.reference")


def _headless(text: str, closing: int) -> Iterator[Span]:
    """The address of what could be a picture whose start is too far away to be seen."""
    before = text[max(0, closing - _ALT) : closing]
    if closing < _ALT or "[" in before or "\n\n" in before:
        return
    target = _TARGET.match(text, closing + 1, closing + 1 + _LONGEST)
    if target and (judged := _fetches(target["angled"] or target["plain"] or "")):
        yield mark_shown(text, "MARKDOWN_IMAGE", closing, target.end(), *judged)


def _addresses(text: str, floor: int = 0) -> Iterator[re.Match[str]]:
    """Every address, and every one within one, each to its end or as far as it is looked at."""
    at = text.find("://", floor)
    while at >= 0:
        scheme = _SCHEME.search(text, max(0, at - 5), at)
        for start in range(scheme.start() if scheme else at, at - 1):
            if address := _ADDRESS.match(text, start, start + _LONGEST):
                yield address
                break
        at = text.find("://", at + 3)


def _fetches(address: str) -> tuple[float, str] | None:
    """How sure it is that fetching a picture from there tells somebody something."""
    if not _REMOTE.match(address):
        return None
    _, question, query = address.partition("?")
    return (0.9, "image.query") if (question and query) or _carries(address) else (0.6, "image.remote")


def _carries(address: str) -> float:
    """How sure it is that an address holds data: an encoded text, a sentence, or something long that means nothing to people."""
    if len(address) < 48:
        return 0.0
    score = 0.0
    for part in _VALUE.finditer(address, 8):
        value = part[0]
        if is_encoded(value):
            return 0.8
        is_opaque = _OPAQUE.match(value) and 10 * len(_DIGIT.findall(value)) >= len(value)
        is_sentence = len(_SPACES.findall(value)) >= 3 and len(_WORDS.findall(unquote_plus(value))) >= 5
        if is_opaque or (is_sentence and not _FILE.search(value)):
            score = 0.4
    return score
