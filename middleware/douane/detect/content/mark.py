# SPDX-License-Identifier: Apache-2.0
"""A span as every part of the content detector gives it."""

from douane.finding import Span

__all__ = ["NAME", "mark"]

NAME = "content"


def mark(type_: str, start: int, end: int, score: float, rule: str) -> Span:
    """A span of the detector `content`. A score below 0.5 says: it is there, and honest text has it too."""
    return Span(type_, start, end, score, NAME, rule)
