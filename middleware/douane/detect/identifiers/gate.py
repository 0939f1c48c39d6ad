# SPDX-License-Identifier: Apache-2.0
"""What a text may hold at all, in one pass over it: whatever is not seen here need not be looked for.

INVARIANT: a sign is seen wherever the rules behind it could match, so that leaving them out changes nothing.
"""

from functools import cache
from typing import Any, Literal

from douane.detect.linear import together

__all__ = ["Sign", "signs"]

Sign = Literal["number", "pan", "code", "ipv4", "colons", "dashes", "pairs", "value"]

_LETTER = r"A-Z\x{391}-\x{3a9}\x{410}-\x{42f}"
_BETWEEN = r"[ \-\x{b7}\x{a0}]?"
_SIGNS: dict[Sign, str] = {
    "number": r"[0-9](?:[^0-9]{0,3}[0-9]){4}",
    "pan": r"[A-Za-z][0-9]{4}[A-Za-z]",
    "code": r"[0-9A-Za-z]{20}",
    "ipv4": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
    "colons": r":[0-9A-Fa-f]{0,4}:",
    "dashes": r"-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-",
    "pairs": r"\.[0-9A-Fa-f]{4}\.",
    "value": rf"[{_LETTER}]{_BETWEEN}[0-9]|[0-9]{_BETWEEN}[{_LETTER}]|[0-9](?:{_BETWEEN}[0-9]){{4}}",
}
_NAMES = tuple(_SIGNS)


def signs(text: str) -> frozenset[Sign]:
    """The signs that a text shows."""
    found = _set().Match(text.encode("utf-8", "replace"))  # a lone surrogate is no sign of anything
    return frozenset(_NAMES[place] for place in found) if found else frozenset()


@cache
def _set() -> Any:
    return together(_SIGNS.values())
