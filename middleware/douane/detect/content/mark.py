# SPDX-License-Identifier: Apache-2.0
"""A span as every part of the content detector gives it."""

from douane.detect.content.code import in_code
from douane.finding import Span

__all__ = ["NAME", "mark", "mark_shown"]

NAME = "content"


def mark(type_: str, start: int, end: int, score: float, rule: str) -> Span:
    """A span of the detector `content`. A score below 0.5 says: it is there, and honest text has it too."""
    return Span(type_, start, end, score, NAME, rule)


def mark_shown(text: str, type_: str, start: int, end: int, score: float, rule: str) -> Span:
    """A span of what acts where the text is shown: where that shows it as code its score is half, and its rule ends with `.in_code`."""
    if in_code(text, start, end):
        return mark(type_, start, end, score / 2, f"{rule}.in_code")
    return mark(type_, start, end, score, rule)
