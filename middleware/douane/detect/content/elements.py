# SPDX-License-Identifier: Apache-2.0
"""Elements of HTML that fetch something, send something or run something as soon as a text is shown.

Rules: `html.` and the element's name (img, iframe, form, ...), `html.refresh` (a meta element that leads away), `html.css` (a style that
fetches), and as SCRIPT `script.element`, `script.handler` (an attribute such as onerror), `script.url` (an address that is a program), and
each with `.in_code` behind it where the text shows it as code. What is found is the tag that begins an element:
without it the rest is text.
"""

import re
from collections.abc import Iterator
from html import unescape

from douane.detect.content.code import is_undecided
from douane.detect.content.mark import mark_shown
from douane.finding import Span

__all__ = ["HINT", "find", "open_from"]

HINT = r"<[A-Za-z]|\][(:]"
"""A pattern without which there is nothing to find."""

_FETCHING = frozenset(["img", "image", "link", "video", "audio", "source", "track"])
_ACTING = frozenset(["iframe", "frame", "object", "embed", "applet", "form", "base", "portal", "fencedframe"])
_WITH_ADDRESS = frozenset(["svg", "math", "input", "button", "use"])
"""Elements that do nothing by themselves."""
_LONG = _FETCHING | _ACTING | _WITH_ADDRESS | {"script", "style", "meta", "a"}

_LONGEST = 1024  # characters of a tag; of one that is longer these are found, and the rest is text
_LONGEST_OTHER = 512  # of a tag that could only have a handler
_NAME = r"(?P<name>[A-Za-z][A-Za-z0-9:-]{0,30}+)"
_TAG = re.compile(rf"<{_NAME}(?=[\s/>])(?:[^<>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+>?")
_OPEN_TAG = re.compile(rf"<{_NAME}(?:(?=[\s/])(?:[^<>=]++|=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))?+)*+)?+\Z")
_START = re.compile(r"<[A-Za-z]")
_QUOTED = re.compile(r"=\s*(?:\"[^\"]*+\"|'[^']*+')")
_HANDLER = re.compile(r"[\s\"'/]on[a-z]{3,24}\s*=", re.IGNORECASE)
_PROGRAM = re.compile(r"=\s*[\"']?\s*(?:(?:javascript|vbscript)\s*:|data:text/html)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?|ftps?|wss?):|=\s*[\"']?\s*[\\/]{2}", re.IGNORECASE)
_CSS = re.compile(r"(?:url\(|\bbackground\s*=)\s*[\"']?\s*(?:https?:|[\\/]{2})", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:href|src|formaction)\s*=\s*[\"']?\s*(?:https?:|[\\/]{2})", re.IGNORECASE)  # and no name of a namespace
_REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.IGNORECASE)
_DROPPED = re.compile(r"[\t\n\r\x00]")  # what a browser drops from an address
# `[text](javascript:...)`, and `[text]: javascript:...` or `<javascript:...>`, in which what is found is a run of `run_start`.
_LETTER = r"[^\s\"<>{}|,;`\[\]()\u2000-\U0010ffff]"
_BRACKETS = rf"\({_LETTER}{{0,40}}+\)"
_LINKED = re.compile(
    rf"\]\(\s{{0,8}}+<?(?P<target>(?:&[#A-Za-z0-9]{{1,12}};|{_LETTER}|{_BRACKETS}){{1,60}}+)|"
    rf"(?:\]:[ \t]{{0,8}}+<?|<)(?P<address>(?:{_LETTER}|{_BRACKETS}){{1,200}}+)"
)
_RUNS = re.compile(r"(?:javascript|vbscript):|data:text/html", re.IGNORECASE)


def find(text: str) -> Iterator[Span]:
    """Every such element, every program that a link runs."""
    if "<" in text:
        for begin in _START.finditer(text):
            tag = _tag(text, begin.start())
            if tag and (judged := _judge(tag["name"].lower(), tag[0])):
                type_, score, rule = judged
                yield mark_shown(text, type_, tag.start(), tag.end(), score, rule)
    if ":" in text and ("](" in text or "]:" in text or "<" in text):
        for link in _LINKED.finditer(text):
            if _is_program(link[link.lastgroup or 0]):
                yield mark_shown(text, "SCRIPT", *link.span(link.lastgroup or 0), 0.9, "script.url")


def open_from(text: str) -> int:
    """The start of a tag that is not closed yet, or of which it is not known yet whether it stands in code."""
    place = size = len(text)
    for link in _LINKED.finditer(text, max(0, size - _LONGEST)) if "`" in text else ():
        if _is_program(link[link.lastgroup or 0]) and is_undecided(text, *link.span(link.lastgroup or 0)):
            place = link.start(link.lastgroup or 0)
            break
    at = text.find("<", max(0, size - _LONGEST))
    while 0 <= at < place:
        tag = _tag(text, at)
        is_open = at == size - 1 or (_OPEN_TAG.match(text, at) and size - at < (_bound(tag["name"]) if tag else _LONGEST_OTHER))
        if is_open or (tag and is_undecided(text, at, tag.end()) and _judge(tag["name"].lower(), tag[0])):
            return at
        at = text.find("<", at + 1)
    return place


def _tag(text: str, start: int) -> re.Match[str] | None:
    """The tag that begins at a place, or as much of it as is looked at."""
    tag = _TAG.match(text, start, start + _LONGEST)
    return tag if tag is None or tag.end() - start <= _bound(tag["name"]) else _TAG.match(text, start, start + _LONGEST_OTHER)


def _bound(name: str) -> int:
    return _LONGEST if name.lower() in _LONG else _LONGEST_OTHER


def _is_program(address: str) -> bool:
    return _RUNS.match(unescape(address) if "&" in address else address) is not None


def _judge(name: str, tag: str) -> tuple[str, float, str] | None:
    """Type, score and rule of a tag."""
    if name == "script":
        return "SCRIPT", 0.95, "script.element"
    if "=" not in tag:
        return ("HTML_ELEMENT", 0.6, "html.style") if name == "style" else None
    if _HANDLER.search(_QUOTED.sub('=""', tag)):
        return "SCRIPT", 0.9, "script.handler"
    meant = _DROPPED.sub("", unescape(tag) if "&" in tag else tag)
    if _PROGRAM.search(meant):
        return "SCRIPT", 0.9, "script.url"
    is_remote = _REMOTE.search(meant) is not None
    if name in _ACTING or name == "style":
        return "HTML_ELEMENT", 0.9 if is_remote else 0.6, f"html.{name}"
    if name in _FETCHING or (name in _WITH_ADDRESS and _ADDRESS.search(meant)):
        return "HTML_ELEMENT", 0.9 if is_remote else 0.4, f"html.{name}"
    if name == "meta":
        return ("HTML_ELEMENT", 0.9, "html.refresh") if _REFRESH.search(tag) else None
    return ("HTML_ELEMENT", 0.9, "html.css") if is_remote and _CSS.search(meant) else None
