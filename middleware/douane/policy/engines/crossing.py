# SPDX-License-Identifier: Apache-2.0
"""What JSON text may cross between douane and an engine: what every engine reads alike, and none chokes on."""

import re

from douane.policy.engines.arguments import LARGEST

__all__ = ["obstacle", "obstacle_out"]

_DEPTH = 100
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_NUMBERS = re.compile(r'"(?:[^"\\]++|\\.)*+"|-?[0-9][0-9.eE+-]*+', re.DOTALL)
_KEY_OF_PARTS = re.compile(r'[{,]\s*+"[\[{](?:[^"\\]++|\\.)*+"\s*+:', re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]{1,16}")
# Whatever stands before a number becomes a colon, and what makes it no whole number an `e`: a `:e` is one, or stands in a string.
_ENDS = bytes.maketrans(b",[ \t\r\n.E", b"::::::ee")
_ZEROS = bytes.maketrans(b"123456789", b"000000000")


def obstacle(text: str) -> str:
    """What is in the way of this JSON text, or nothing: brackets beyond 100, half a surrogate pair, a number that is not whole within 2^53.

    It does not tell JSON from what is none; the engine does.
    """
    if text.count("{") + text.count("[") > _DEPTH and _is_too_deep(text):
        return "it is nested too deep for the engine"
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair"
    # Two passes over bytes cost a tenth of one that tells strings from numbers; few texts need that one.
    is_plain = b"0" * 16 not in raw.translate(_ZEROS) and b":e" not in b":" + raw.translate(_ENDS, b"0123456789-")
    if is_plain or all(_is_alike(match[0]) for match in _NUMBERS.finditer(text)):
        return ""
    return "it holds a number that engines may read differently; use whole numbers within 2^53, or text"


def obstacle_out(decision: str) -> str:
    """What is in the way of an answer: the same, or a key that was an array, an object or a set, which engines write differently."""
    if ('"[' in decision or '"{' in decision) and _KEY_OF_PARTS.search(decision):
        return "it has a key that begins like an array or an object; use keys that are text"
    return obstacle(decision)


def _is_alike(token: str) -> bool:
    return token[0] == '"' or (_WHOLE.fullmatch(token) is not None and abs(int(token)) <= LARGEST)


def _is_too_deep(text: str) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > _DEPTH:
                return True
        elif match[0] in "]}":
            depth -= 1
    return False
