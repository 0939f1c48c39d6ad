# SPDX-License-Identifier: Apache-2.0
"""Checksums by name: a module of python-stdnum, or one of ours where it has none."""

import importlib
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from douane.detect.identifiers import check_digits

__all__ = ["is_valid"]


def is_valid(check: str, value: str) -> bool:
    """Whether the checksum named `check` passes; a kind without one passes always."""
    return _check(check)(value)


@cache
def _check(name: str) -> Callable[[str], bool]:
    own = _OWN.get(name)
    if own is not None:
        return own
    module = importlib.import_module(f"stdnum.{name}")
    return lambda value: bool(module.is_valid(value))


def _is_iban(value: str) -> bool:
    """Check digits (ISO 7064) and structure. A country's own check may ask a list of its banks, which is never up to date."""
    return bool(importlib.import_module("stdnum.iban").is_valid(value, check_country=False))


@cache
def _ranges() -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    data = json.loads(files("douane.detect.identifiers").joinpath("data/cards.json").read_text(encoding="utf-8"))
    return tuple((low, high, tuple(lengths)) for low, high, lengths in data["ranges"])


def _is_card(digits: str) -> bool:
    """A number of an issuer's, of a length that it gives, with Luhn's check digit."""
    return is_valid("luhn", digits) and any(
        low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _ranges()
    )


_OWN: dict[str, Callable[[str], bool]] = {
    "": lambda _: True,
    "iban": _is_iban,
    "card": _is_card,
    **{name: getattr(check_digits, name) for name in check_digits.__all__},
}
