# SPDX-License-Identifier: Apache-2.0
"""A kind of number that states and registries give: its layouts, its checksum, and the words that speak for it, all of it data."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Kind", "kinds"]


@dataclass(frozen=True, slots=True)
class Kind:
    """See `data/kinds.json` for what the fields mean; `id` is the rule of its findings, `countries` are ISO 3166-1 alpha-2.

    A layout of `bare` is believed where it stands, one of `near` where a word of `topics` is beside it. `guard` is held against the
    number without separators, in capitals, before its checksum is computed.
    """

    id: str
    type: str
    countries: tuple[str, ...]
    check: str
    bare: tuple[str, ...]
    near: tuple[str, ...]
    guard: re.Pattern[str] | None
    topics: frozenset[str]
    is_sure: bool
    is_written: bool
    prefix: str


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of the data, read on the first call."""
    data = json.loads(files("douane.detect.identifiers").joinpath("data/kinds.json").read_text(encoding="utf-8"))
    return tuple(
        Kind(
            entry["id"],
            entry["type"],
            tuple(entry["countries"].split()),
            entry.get("check", ""),
            tuple(entry.get("bare", ())),
            tuple(entry.get("near", ())),
            re.compile(entry["guard"]) if "guard" in entry else None,
            frozenset((entry["id"], *(() if entry.get("named") else (entry["type"],)), *entry.get("words", ()))),
            entry.get("sure", False),
            entry.get("written", False),
            entry.get("prefix", ""),
        )
        for entry in data["kinds"]
    )
