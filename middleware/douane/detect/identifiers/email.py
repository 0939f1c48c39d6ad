# SPDX-License-Identifier: Apache-2.0
"""E-mail addresses, in linear time: what stands before an `@`, and a domain behind it."""

import re
from collections.abc import Iterator

from douane.finding import Span

__all__ = ["emails"]

_LONGEST_LOCAL = 64  # RFC 5321, section 4.5.3.1.1
_LONGEST_DOMAIN = 253
_MOST_EMPHASIS = 3  # underscores around an address in Markdown
_LETTER = r"0-9A-Za-z\u00c0-\u1fff"
_LOCAL_BACKWARDS = re.compile(rf"[{_LETTER}_.%+'-]*+")
_DOMAIN = re.compile(
    rf"(?:[{_LETTER}](?:[{_LETTER}-]{{0,62}}[{_LETTER}])?\.){{1,8}}(?:xn--[0-9a-z-]{{2,59}}|[A-Za-z\u00c0-\u1fff]{{2,24}})(?!_{{0,3}}+[{_LETTER}_])"
)


def emails(text: str, detector: str) -> Iterator[Span]:
    """Every address of a text; `text` may be without any."""
    at = text.find("@")
    while at >= 0:
        match = _DOMAIN.match(text, at + 1)
        if match and match.end() - at <= _LONGEST_DOMAIN + 1:
            before = text[max(0, at - _LONGEST_LOCAL - 1) : at]
            start = at - len(_LOCAL_BACKWARDS.match(before[::-1])[0])  # type: ignore[index]
            frame = text.rfind("-----", start, at)
            start = start if frame < 0 else frame + 5  # what ends a key is no part of a name
            for sign in text[match.end() : match.end() + _MOST_EMPHASIS]:
                if sign != "_" or text[start] != "_":
                    break
                start += 1
            while start < at and text[start] in ".'%-":
                start += 1
            if 0 < at - start <= _LONGEST_LOCAL and text[at - 1] != ".":
                yield Span("EMAIL_ADDRESS", start, match.end(), 0.95, detector, "email")
        at = text.find("@", at + 1)
