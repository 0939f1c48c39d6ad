# SPDX-License-Identifier: Apache-2.0
"""A text without the markup that stands inside its values: tags and comments of HTML, emphasis of Markdown, ends of literals."""

import re
from collections.abc import Iterator

from douane.detect.readings.tail import hits, open_at
from douane.detect.readings.view import View, replaced

__all__ = ["MARKUP", "open_markup", "stripped"]

_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_TAG = rf"</?(?i:{_INLINE})(?:\s[^<>]{{0,200}})?/?>|<!--(?:(?!-->)[^<]){{0,200}}-->"
_BLOCK = r"</?(?i:div|p|li)(?:\s[^<>]{0,200})?>"  # around one character each
_BREAK = r"(?i:<br ?/?>)(?:\r?\n)?"
_JOIN = r"""(?P<quote>["'])[ \t]{0,4}\+[ \t]{0,4}(?:\r?\n[ \t]{0,16})?(?P=quote)"""
_EMPHASIS = r"\*{2,6}|_{2}|~~|`{1,3}|\|\|"
_BESIDE = "-0-9A-Za-z@.+_%:/"
_PIECES = re.compile(rf"(?:{_TAG}|{_EMPHASIS}){{1,6}}+|(?:{_BLOCK}){{1,3}}+|{_BREAK}|{_JOIN}|\*|\\")
_AFTER = re.compile(rf"[ -](?:{_EMPHASIS}|<[^<>]{{1,30}}>)?[0-9]")
_SIGN = re.compile(rf"[<*_~`|\\\"'](?:(?<=[{_BESIDE}].)|(?<=[0-9A-Za-z] [\"'])|(?<=[0-9][ -].)|(?<=\\)(?=\+[0-9]))")
_BLOCK_HEAD = re.compile(r"</?(?:div|p|li)\b", re.IGNORECASE)
_IN_WORD, _IN_GROUP = re.compile(f"[{_BESIDE}]"), re.compile("[0-9A-Z]")
MARKUP = (
    rf"[{_BESIDE} ](?:</?[A-Za-z!-]|\*\*|__|~~|`|\|\|)|[A-Za-z@.]\*[A-Za-z@.]|[0-9A-Za-z]\\[-._@+*~][0-9A-Za-z]|\\\+[0-9]"
    r"""|["'][ \t]*\+[ \t\r\n]*["']"""
)
"""Without which no text holds such markup."""

# Without bounds, which RE2 does not need and pays for: the end of the text that is looked at is bounded.
_CLOSED = r"(?:<[A-Za-z/][^<>]*>|<!--[^<]*>|[*_~`|]+)"
_BEGUN = rf"<(?:/?[A-Za-z]{{0,10}}/?|(?i:{_INLINE}|div|p|li)\s[^<>]*|!-?|!--[^<]*)"
_OPEN = (
    rf"(?:[{_BESIDE}]|[0-9][ -])(?:{_CLOSED}+(?:{_BEGUN})?|{_BEGUN})\z"
    rf"|[0-9A-Z]{_CLOSED}+[ -](?:[*_~`|]{{1,3}}|<[^<>]*>?)?\z|[0-9A-Za-z]\\[-._@+*~]?\z"
    rf"|>[{_BESIDE}](?:</?(?i:div|p|li)\b[^<>]*>)+[{_BESIDE}]\z|[0-9A-Z]<(?i:br) ?/?>\r?\n?\z"
    rf"""|[{_BESIDE} ]["'][ \t]*(?:\+[ \t\r\n]*["']?)?\z"""
)
_WIDEST = 240


def stripped(text: str) -> View | None:
    """The text without such markup; None where there is none.

    Markup is taken out only where what is left touches: between two characters of a word, an address or a number, or around one of its
    groups of digits. Tags of blocks, which stand between things, stay but for those around each character, as does emphasis of whole
    words. A break between groups becomes one of lines, and two literals with a `+` between them become one.
    """
    return replaced(text, _parts(text)) if hits(MARKUP, text) else None


def open_markup(text: str) -> int:
    """Where markup begins that the next characters may show to stand inside a value; `len(text)` where none does."""
    return open_at(_OPEN, text, _WIDEST)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    while sign := _SIGN.search(text, place):  # one class of characters is looked for much faster than the patterns
        start = place = sign.start()
        place += 1
        match = _PIECES.match(text, start)
        if match and _is_inside(text, start, match.end()):
            place = match.end()
            yield start, place, "\n" if text[start : start + 3].lower() == "<br" else ""


def _is_inside(text: str, start: int, end: int) -> bool:
    """Whether markup stands within a word, an address or a number, or at the border of one of its groups."""
    before, after = text[max(0, start - 2) : start], text[end : end + 40]
    left, right = before[-1:], after[:1]
    if text[start:end] == "*":
        return (left.isalpha() or left in ("@", ".")) and (right.isalpha() or right in ("@", ".")) and (left + right).isascii()
    if text[start:end] == "\\":
        return (after[:1] == "+" and after[1:2].isdecimal()) or (
            left.isascii() and left.isalnum() and right in tuple("-._@+*~") and after[1:2].isalnum()
        )
    if text[start] in "\"'":
        return right == " " or bool(_IN_WORD.match(right))
    if _BLOCK_HEAD.match(text, start):
        return before[:-1] == ">" and after[1:2] == "<" and bool(_IN_WORD.match(left) and _IN_WORD.match(right))
    if text[start : start + 3].lower() == "<br":
        return bool(_IN_GROUP.match(left) and _IN_GROUP.match(right)) and not (left + right).isalpha()
    if _IN_WORD.match(left) and _IN_WORD.match(right):
        return True
    if left in (" ", "-") and before[0].isdecimal():
        return bool(_IN_GROUP.match(right))
    return bool(_IN_GROUP.match(left) and _AFTER.match(after))
