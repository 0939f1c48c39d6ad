# SPDX-License-Identifier: Apache-2.0
"""Patterns of RE2, whose time is linear in the text for every pattern and every text; for bytes of UTF-8."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import re2

__all__ = ["compiled", "options", "together"]

_MEMORY = 64 * 2**20
"""For one pattern and what it has learnt. A set of patterns that runs out of it finds nothing, and does not say so."""


def options(*, captures: bool = True) -> "re2.Options":
    """Options under which nothing is written to the standard error. Without `captures` RE2 needs nothing but its automaton."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.never_capture = not captures
    chosen.max_mem = _MEMORY
    return chosen


@cache
def compiled(pattern: str, *, captures: bool = True) -> Any:
    """A pattern of the package, compiled once. What an author or a text brings is compiled by who holds it, so that it goes with that."""
    return re2.compile(pattern.encode(), options(captures=captures))


def together(patterns: Iterable[str], *, is_whole: bool = False) -> Any:
    """Patterns as one set, whose `Match` gives the places of those that are in the bytes, or that are all of them, in one pass."""
    made = (re2.Set.FullMatchSet if is_whole else re2.Set.SearchSet)(options(captures=False))
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made
