# SPDX-License-Identifier: Apache-2.0
"""Policies with rules of every shape, and facts for them: `tests/cases/explain`."""

import json
from pathlib import Path
from typing import Any

__all__ = ["PACK", "TREE", "facts", "line_of"]

TREE = Path(__file__).parents[1] / "cases" / "explain"
PACK = "pack/pack.rego"

_BASE: dict[str, Any] = {
    "leg": "request",
    "twice": 0,
    "obliged": False,
    "silent": False,
    "counts": {"a": 1, "b": 2, "c": 3},
    "countries": ["DE"],
    "settings": {"a": 1, "b": 2, "c": 0},
    "least": 1,
    "candidates": [{"country": "US"}, {"country": "DE"}],
    "name": "z",
}


def facts(**more: object) -> str:
    """A document for these policies, in which nothing fires."""
    return json.dumps({**_BASE, **more})


def line_of(path: str, beginning: str) -> int:
    """The number of the only line of a module that begins with this."""
    (number,) = [n for n, line in enumerate((TREE / path).read_text().split("\n"), 1) if line.strip().startswith(beginning)]
    return number
