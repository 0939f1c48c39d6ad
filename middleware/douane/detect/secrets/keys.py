# SPDX-License-Identifier: Apache-2.0
"""Private keys in blocks: PEM, OpenSSH, PGP and PuTTY, as files have them or inside a string of a program."""

import re
from collections.abc import Iterator

from douane.detect.run import run_start
from douane.detect.secrets.encoded import Encoded
from douane.finding import Span

__all__ = ["GATE", "find", "opens"]

GATE = "PRIVATE KEY|Private-Lines: "
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_GAP = r"(?:\\[nrt]|[\s\"'+,|>\\])"
# Possessive: a line of headers could be cut into headers in very many ways. So many at most: a header may hold what begins a block,
# and every one of these would be read to the last header.
_HEADER_LINES = rf"(?:{_GAP}*+(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\\]{{0,120}}+){{0,50}}+"
_BODY = re.compile(
    rf"{_HEADER_LINES}(?P<body>(?:{_GAP}*+[A-Za-z0-9/+=]{{16,}}+)*+)"
    rf"(?:(?P<end>{_GAP}*+(?:[A-Za-z0-9/+=]{{1,15}}+{_GAP}*+)?-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----)|"
    rf"{_GAP}*+[A-Za-z0-9/+=]{{1,15}}+\Z)?"  # cut off in mid-line
)
_OPEN = re.compile(
    rf"{_HEADER_LINES}(?:{_GAP}*+[A-Za-z0-9/+=]{{16,}}+)*+{_GAP}*"
    rf"(?:[A-Za-z0-9/+=]{{0,15}}{_GAP}*(?:-{{0,5}}(?:(?<=-----)[A-Z0-9 -]{{0,60}})?)|"
    r"(?:[A-Z][A-Za-z-]{0,10}(?::[^\n\\]{0,120})?))\Z"
)
_PUTTY = re.compile(r"Private-Lines: [0-9]{1,3}(?:\r?\n[A-Za-z0-9+/=]{1,64}+(?!\S)){1,120}+")
_PUTTY_OPEN = re.compile(r"Private-Lines: [0-9]{0,3}(?:\r?\n[A-Za-z0-9+/=]{1,64}+){0,120}+(?:\r?\n?)?\Z")


def find(source: Encoded) -> Iterator[Span]:
    """Blocks with a body or an end; a block that was cut off is found as far as it goes."""
    text = source.text
    if "PRIVATE KEY" in text:
        for begin in _BEGIN.finditer(text):
            match = _BODY.match(text, begin.end())
            if match and (match["body"] or match["end"]):
                yield Span("PRIVATE_KEY", begin.start(), match.end(), 1.0, "secrets", "private_key.block")
    if "Private-Lines: " in text:
        for match in _PUTTY.finditer(text):
            yield Span("PRIVATE_KEY", match.start(), match.end(), 1.0, "secrets", "private_key.putty")


def opens(text: str) -> int:
    """The start of a block that may go on at the end of the text; its length where none does."""
    size = horizon = len(text)
    begin = text.rfind("-----BEGIN ")
    run = run_start(text, size) if begin >= 0 else size
    while begin >= 0:
        match = _BEGIN.match(text, begin)
        if match is None:
            is_open = size - begin < 80
        else:
            # A key that reaches into the last run: what comes may still be part of something longer that overlaps it.
            body = _BODY.match(text, match.end())
            is_open = bool(_OPEN.match(text, match.end()) or (body and body.end() > run))
        if is_open:
            horizon = min(horizon, begin)
        begin = text.rfind("-----BEGIN ", 0, begin)
    begin = text.rfind("Private-Lines: ")
    if begin >= 0 and _PUTTY_OPEN.match(text, begin):
        horizon = min(horizon, begin)
    return horizon
