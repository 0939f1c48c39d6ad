# SPDX-License-Identifier: Apache-2.0
"""Passwords by the place that a format gives them: URLs, HTTP Basic, `.pgpass` and `.netrc`."""

import base64
import re
from collections.abc import Iterator

from douane.detect.secrets.encoded import Encoded
from douane.detect.secrets.placeholder import is_placeholder
from douane.finding import Span

__all__ = ["GATE", "find", "opens"]

_BASIC_SCHEME = r"[Bb][Aa][Ss][Ii][Cc][ \t]{1,2}"  # RFC 9110, section 11.1: in any case
_BLANK = r"[\s\v\x1c-\x1f\x{85}\pZ]"  # what Python takes for a space, for RE2
GATE = (
    rf"://[^\s/:@\"'<>`]{{0,80}}:[^\s@/\"'<>`]{{1,120}}@|{_BASIC_SCHEME}[A-Za-z0-9+/]{{8}}|"
    rf":(?:\*|[56]4[0-9]{{2}}):[^:\s]{{1,60}}:[^:\s]{{1,60}}:|login{_BLANK}{{1,8}}\S{{1,60}}{_BLANK}{{1,8}}password{_BLANK}"
)
_URL = re.compile(
    r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.]{1,30}://[^\s/:@\"'<>`]{0,80}:(?P<password>[^\s@/\"'<>`]{1,120})@[^\s\"'<>`,;)\]}\\]{1,200}"
    r"(?![^\s\"'<>`,;)\]}\\])"
)
_LONGEST_SCHEME = 31
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.]{1,30}\Z")
_URL_OPEN = re.compile(r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.]{1,30}://[^\s\"'<>`]{0,440}\Z")
_BASIC = re.compile(rf"(?<![^\W_]){_BASIC_SCHEME}(?P<value>[A-Za-z0-9+/]{{8,300}}={{0,2}})(?![A-Za-z0-9+/=])")
# INVARIANT: what a password in these lines is made of lies within one run of the text.
_PASSWORD = r"(?P<value>[!#-+\-./0-9:=?-Z\\^_a-z~]{3,120})(?!\S)"
_PGPASS = re.compile(rf"(?<!\S)[A-Za-z0-9*._-]{{1,60}}:(?:\*|[56]4[0-9]{{2}}):[^:\s]{{1,60}}:[^:\s]{{1,60}}:{_PASSWORD}")
_NETRC = re.compile(rf"(?<!\S)login\s{{1,8}}\S{{1,60}}\s{{1,8}}password\s{{1,8}}{_PASSWORD}")
_NAMED = ((_PGPASS, "pgpass.line"), (_NETRC, "netrc.entry"))


def find(source: Encoded) -> Iterator[Span]:
    """Connection strings whole; of the rest the password, or what stands for it."""
    text = source.text
    place = text.find("://")
    while place >= 0:
        scheme = _SCHEME.search(text, max(0, place - _LONGEST_SCHEME), place)
        match = scheme and _URL.match(text, scheme.start())
        if match and not is_placeholder(match["password"]):
            yield Span("CONNECTION_STRING", match.start(), match.end(), 0.95, "secrets", "url.userinfo")
        place = text.find("://", place + 1)
    for match in _BASIC.finditer(text):
        if _is_user_and_password(match["value"]):
            yield Span("PASSWORD", *match.span("value"), 0.95, "secrets", "http.basic")
    for pattern, rule in _NAMED:
        for match in pattern.finditer(text):
            if not is_placeholder(match["value"]):
                yield Span("PASSWORD", *match.span("value"), 0.9, "secrets", rule)


def opens(text: str) -> int:
    """The start of a URL that may hold a password, at the end of the text; its length where there is none."""
    size = len(text)
    place = text.find("://", max(0, size - 500))
    if place >= 0 and (match := _URL_OPEN.search(text, max(0, place - _LONGEST_SCHEME))):
        return match.start()
    return size


def _is_user_and_password(value: str) -> bool:
    """RFC 7617: base64 of a name, a colon, a password."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return False
    return decoded.isprintable() and ":" in decoded[:-1]
