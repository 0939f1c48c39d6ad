# SPDX-License-Identifier: Apache-2.0
"""Runs that hide words: base64, hexadecimal or percent escapes that decode to prose. Not hashes, random names or pictures.

Rules: `encoded.base64` (16 characters and more, both alphabets), `encoded.hex` (18 and more), `encoded.percent` (ASCII letters that need no
escape, six or more). What is compressed first, rot13 and other ciphers are not seen through.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from douane.detect.content.mark import mark
from douane.detect.content.prose import is_prose, prose_in
from douane.finding import Span

__all__ = ["HINT", "find", "is_encoded", "open_from"]

_MIXTURE = "|".join(f"[a-z+/_-]{{{place}}}[A-Z0-9][A-Za-z0-9+/_-]{{{14 - place}}}" for place in range(15))
HINT = f"[A-Za-z0-9+/_-](?:{_MIXTURE})|%[0-9A-Fa-f]{{2}}%[0-9A-Fa-f]{{2}}%"
"""A pattern without which there is nothing to find. Words have small letters behind their first, base64 of words more than these."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}+={0,2}+")
_MIXED = re.compile("[A-Z0-9]")
_HEX = re.compile(r"[0-9A-Fa-f]{18,}+")
_LETTER = r"%(?:[46][1-9A-Fa-f]|[57][0-9Aa])"
_OTHER = r"%(?:[23][0-9A-Fa-f]|[46]0|[57][B-Fb-f]|0[9AaDd])"
_PERCENT = re.compile(rf"(?:(?:{_OTHER}){{0,4}}+{_LETTER}){{6,}}+(?:{_OTHER}){{0,4}}+")
_NARROW = str.maketrans("-_", "+/")
_WHOLE = 200  # characters of a run that is judged as a whole; in a longer one only parts are
_LONG = 32  # characters of prose within a run


def find(text: str) -> Iterator[Span]:
    """Every run, or part of a long run, that decodes to prose."""
    for run in _BASE64.finditer(text):
        for start, end in _in_base64(run[0]) if _MIXED.search(run[0], 1) else ():
            yield mark("ENCODED_TEXT", run.start() + start, run.start() + end, 0.9, "encoded.base64")
    for run in _HEX.finditer(text):
        for start, end in _in_hex(run[0]):
            yield mark("ENCODED_TEXT", run.start() + start, run.start() + end, 0.9, "encoded.hex")
    if "%" in text:
        for match in _PERCENT.finditer(text):
            yield mark("ENCODED_TEXT", *match.span(), 0.8, "encoded.percent")


def open_from(text: str) -> int:
    """Its end: every such run is one of `run_start`, and what is found in a part of it depends on that part's surroundings only."""
    return len(text)


def is_encoded(text: str) -> bool:
    """Whether there is something to find."""
    return next(find(text), None) is not None


def _in_base64(run: str) -> Iterator[tuple[int, int]]:
    bare = run.rstrip("=")
    if len(run) <= _WHOLE:
        for start, part in _parts(bare):
            if len(part) >= 16 and is_prose(_decoded(part)):
                yield start, len(run) if start + len(part) == len(bare) else start + len(part)
                return
    if len(bare) >= _LONG:
        for shift in range(4):
            for first, last in prose_in(_decoded(bare[shift:])):
                yield shift + first * 4 // 3, min(len(run), shift + -(-last * 4 // 3))


def _parts(run: str) -> Iterator[tuple[int, str]]:
    """A run, then what stands between its slashes: they are letters of the alphabet, and they part the names of a path."""
    yield 0, run
    start = 0
    for part in run.split("/") if "/" in run else ():
        yield start, part
        start += len(part) + 1


def _in_hex(run: str) -> Iterator[tuple[int, int]]:
    whole = run[: len(run) & ~1]
    if len(run) <= _WHOLE and not run.isdecimal() and is_prose(bytes.fromhex(whole)):
        yield 0, len(whole)
    elif len(run) >= 2 * _LONG:
        for shift in range(2):
            part = run[shift:]
            for first, last in prose_in(bytes.fromhex(part[: len(part) & ~1])):
                if not part[2 * first : 2 * last].isdecimal():
                    yield shift + 2 * first, shift + 2 * last


def _decoded(part: str) -> bytes:
    part = part.translate(_NARROW)
    part = part[:-1] if len(part) % 4 == 1 else part
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:  # pragma: no cover - letters of the alphabet, and as many as it takes
        return b""
