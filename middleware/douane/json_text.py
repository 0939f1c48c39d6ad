# SPDX-License-Identifier: Apache-2.0
"""JSON inside a text: where it stands, what a part of it means, and how to write into it."""

import json
import re

__all__ = ["inside_json_string", "is_json", "json_escaped", "json_spans", "json_unescaped", "number_around"]

_STRING_OR_QUOTE = re.compile(r'"(?:[^"\\]++|\\.)*+"|"', re.DOTALL)
_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[^\n`]{0,64}\n", re.MULTILINE)
_MOST_FENCES = 64
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OF_NUMBERS = frozenset("+-.0123456789eE")


def json_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Where JSON objects and arrays stand by themselves: the whole text, or what fences of Markdown (CommonMark 4.5) enclose.

    Start and end of each, in order.
    """
    if _looks_like_json(text) and is_json(text):
        return ((0, len(text)),)
    spans = []
    opened = _FENCE.search(text) if "```" in text or "~~~" in text else None
    for _ in range(_MOST_FENCES):
        if opened is None:
            break
        start, end = opened.end(), text.find(opened[1], opened.end())
        if end < 0:
            break
        if _looks_like_json(text[start:end]) and is_json(text[start:end]):
            spans.append((start, end))
        opened = _FENCE.search(text, end + len(opened[1]))
    return tuple(spans)


def inside_json_string(part: str, *, is_inside: bool = False) -> bool:
    """Whether a string is open at the end of this part of a JSON text; `is_inside` says whether one is at its beginning."""
    prefix = '"' + part if is_inside else part
    return any(match[0] == '"' for match in _STRING_OR_QUOTE.finditer(prefix))


def json_unescaped(value: str) -> str:
    """A part of a JSON string as what it means: the same value has the same surrogate whether or not it stands inside JSON."""
    if "\\" not in value:
        return value
    try:
        meant = json.loads(f'"{value}"', strict=False)
    except ValueError:
        return value
    return meant if isinstance(meant, str) else value


def number_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The number without quotes that a place of a JSON text is a part of: with its sign, fraction and exponent, or the place itself."""
    first, last = start, end
    while first and text[first - 1] in _OF_NUMBERS:
        first -= 1
    while last < len(text) and text[last] in _OF_NUMBERS:
        last += 1
    return (first, last) if _NUMBER.fullmatch(text, first, last) else (start, end)


def json_escaped(value: str) -> str:
    """A value as it stands inside a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def is_json(text: str) -> bool:
    """Whether a text is JSON (RFC 8259)."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _looks_like_json(text: str) -> bool:
    bare = text.strip()
    return bare[:1] + bare[-1:] in ("{}", "[]")
