# SPDX-License-Identifier: Apache-2.0
"""Addresses of e-mail whose signs are written as words or in brackets, or that are broken in two at one of them."""

import re
from collections.abc import Iterator

from douane.detect.linear import compiled
from douane.detect.readings.tail import hits
from douane.detect.readings.view import View, replaced

__all__ = ["SIGNS", "SPELLED", "open_spelled", "spelled"]

_AT = "at|arobase|arroba|chiocciola|klammeraffe|apenstaartje|malpa|małpa|snabel-a"
_DOT = "dot|point|punto|ponto|punkt|punt|kropka|piste"
_OPENING, _CLOSING = r"(\[{<⟨〈〈‹«【〔（［｛＜", r")\]}>⟩〉〉›»】〕）］｝＞"
_LEFT, _RIGHT = rf"[ \t]{{0,2}}[{_OPENING}][ \t]{{0,2}}", rf"[ \t]{{0,2}}[{_CLOSING}][ \t]{{0,2}}"
_AT_WORD, _DOT_WORD = rf" {{1,2}}(?:{_AT}) {{1,2}}", rf" {{1,2}}(?:{_DOT}) {{1,2}}"
_AT_IN_BRACKETS, _DOT_IN_BRACKETS = rf"{_LEFT}(?:{_AT}|ät|@){_RIGHT}", rf"{_LEFT}(?:{_DOT}|\.){_RIGHT}"
_LABEL = "[0-9A-Za-z][0-9A-Za-z-]{0,40}"
_DOTTED = rf"(?:{_DOT_WORD}|{_DOT_IN_BRACKETS}| ?\. ?)"
_LOCAL = r"(?<![\w.+-])(?P<local>[\w+-](?:[\w.+-]{0,62}[\w+-])?)"
_WORDED = re.compile(
    rf"{_LOCAL}(?P<at>{_AT_WORD}|{_AT_IN_BRACKETS}| ?@ ?)(?!(?<= at ){_LABEL} +(?:point|punto|ponto|punt|piste) )"
    rf"(?P<domain>{_LABEL}(?:{_DOTTED}{_LABEL}){{0,3}}(?:{_DOT_WORD}|{_DOT_IN_BRACKETS}| \. )[A-Za-z]{{2,12}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_DOTS = re.compile(_DOTTED, re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"(?<=\w)(?:(?P<at>{_AT_IN_BRACKETS})|{_DOT_IN_BRACKETS})(?=[0-9A-Za-z])", re.IGNORECASE)
_BROKEN = re.compile(r"(?<=\w@)\r?\n(?:> ?)?(?=[0-9A-Za-z])|(?<=[0-9A-Za-z])\r?\n(?=\.[a-z]{2,12}(?![0-9A-Za-z(.]))")
# Words of everyday that stand before an `at` which is none of an address.
_EVERYDAY_WORDS = (
    "a able about all also am an and any anything are aim arrive arrived as available away back based be been begin being best "
    "both bought but buy by call called came can come day days do done down even ever everything find first for found from get go "
    "going good great had happened has have he help her here him his home hosted how i if in information is it its just know laugh "
    "least less live lived living located look looked looking looks made make many me meet meeting met more most much my new no "
    "not nothing now number of off on once one only or our out over people person place point price read reading run said same see "
    "seen sell shop shopping site sold some something start started stay store team than that the them then there these they thing "
    "things this those time to today together up us use used value very visit was way we website week well went were what when "
    "where which who will with work worked working works would year years yesterday you your der die das und ist sind ein eine zu "
    "im am mit von auf für nicht auch es sie er wir ich le la les de du des un une et est sont en au aux que qui dans par pour "
    "avec sur el los las y con il lo gli e di da è o os em com por het een van op te met w z na "
)
SIGNS = frozenset(f"{_AT}|{_DOT}".split("|"))
"""The words that stand for the signs of an address."""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())


def _begun(words: str) -> str:
    """A pattern of the beginnings of words."""
    return "|".join(sorted({word[:size] for word in words.split("|") for size in range(1, len(word) + 1)}, reverse=True))


SPELLED = (
    rf"(?i:[{_OPENING}][ \t]{{0,2}}(?:{_AT}|ät|@|{_DOT}|\.)[ \t]{{0,2}}[{_CLOSING}]"
    rf"|(?: (?:{_AT}) {{1,2}}| ?@ ?)[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*(?:{_DOT_WORD}| \. )|@\r?\n|\n\.[a-z])"
)
"""Without which no text holds such an address."""

# Without bounds, which RE2 does not need and pays for: the end of the text that is looked at is bounded.
_ANY_LABELS = rf"[0-9A-Za-z-]+(?:{_DOTTED}[0-9A-Za-z-]+)*"
_OPEN = (
    r"(?i)(?:([^\s()\[\]{}<>@\"',;:!?/]*[^\s()\[\]{}<>@\"',;:!?/.])"
    rf"(?: {{1,2}}(?:{_begun(_AT)})?| ?@|{_LEFT}(?:{_begun(_AT)}|ä|ät|@)?[ \t]{{0,2}}"
    rf"|(?:{_AT_WORD}|{_AT_IN_BRACKETS}| ?@ ?)(?:{_ANY_LABELS}"
    rf"(?: {{1,2}}(?:{_begun(_DOT)})?| ?\. ?|{_DOT_WORD}|{_DOT_IN_BRACKETS}|{_LEFT}(?:{_begun(_DOT)}|\.)?[ \t]{{0,2}})?)?)"
    r"|@\r?\n?(?:> ?)?|[0-9A-Za-z]\r?\n(?:\.[a-z]{0,12})?)\z"
)
_WIDEST = 240


def spelled(text: str) -> View | None:
    """The text with `at` and `dot`, in words or brackets, as the signs that they mean; None where there are none.

    In words alone they count where both are there and the word before is none of everyday. A break after an `@`, or before a last label,
    goes.
    """
    return replaced(text, _parts(text)) if hits(SPELLED, text) else None


def open_spelled(text: str) -> int:
    """Where such an address begins that more text could complete; `len(text)` where none does."""
    tail = text[-_WIDEST:].encode("utf-8", "surrogatepass")
    match = compiled(_OPEN).search(tail)
    if match is None or (match[1] or b"").decode("utf-8", "replace").lower() in _EVERYDAY:
        return len(text)
    return len(text) - len(tail[match.start() :].decode("utf-8", "surrogatepass"))


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    place = 0
    for start, end, what in sorted(_found(text)):
        if start >= place:
            yield start, end, what
            place = end


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _WORDED.finditer(text):
        if match["local"].lower() not in _EVERYDAY:
            yield *match.span("at"), "@"
            for dot in _DOTS.finditer(text, *match.span("domain")):
                yield *dot.span(), "."
    for match in _IN_BRACKETS.finditer(text):
        yield *match.span(), "@" if match["at"] else "."
    for match in _BROKEN.finditer(text):
        yield *match.span(), ""
