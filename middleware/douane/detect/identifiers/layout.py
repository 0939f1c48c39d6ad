# SPDX-License-Identifier: Apache-2.0
"""How numbers are written, as a table: the pattern of digits, letters and separators in a text leads to the kinds written so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from douane.detect.identifiers.kind import Kind, kinds

__all__ = ["LONGEST", "Layout", "layouts", "openings", "pattern"]

LONGEST = 32
"""Characters that no layout exceeds."""

_SIGNS = {
    **{ord(digit): "#" for digit in "0123456789"},
    **{ord(letter): "@" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
    0xA0: " ",
}
_CLUSTER = re.compile("#(?:[^#]{0,3}#){4}|@@@@@####@")


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to write a kind. `letters` are the places of the compact number that hold a letter that is always the same."""

    kind: Kind
    is_bare: bool
    letters: tuple[tuple[int, str], ...]
    groups: int
    is_digits: bool


def pattern(text: str) -> str:
    """The text with `#` for every digit and `@` for every letter of ASCII, as long as the text."""
    return text.translate(_SIGNS)


@cache
def layouts() -> dict[str, tuple[Layout, ...]]:
    """Kinds by the pattern that they are written in. What begins a longer pattern, up to the end of a group, is a key with no kinds."""
    table: dict[str, list[Layout]] = {}
    for kind in kinds():
        for is_bare, written in ((True, kind.bare), (False, kind.near)):
            for template in written:
                for signs, layout in _read(kind, is_bare, template):
                    if not _CLUSTER.search(signs):
                        continue  # too few digits to be seen
                    for end in _ends(signs):
                        table.setdefault(signs[:end], [])
                    table[signs].append(layout)
    return {signs: tuple(found) for signs, found in table.items()}


@cache
def openings() -> frozenset[str]:
    """What may stand before the next group of a number: patterns that end in separators."""
    return frozenset(
        key[: place + 1] for key in layouts() for place in range(len(key) - 1) if _is_gap(key[place]) and not _is_gap(key[place + 1])
    )


def _is_gap(sign: str) -> bool:
    return sign not in "#@"


def _read(kind: Kind, is_bare: bool, template: str) -> Iterator[tuple[str, Layout]]:
    """The patterns of a template, one for each way to take its `?`."""
    compact = [sign for sign in template if sign.isalnum() or sign in "#@?"]
    letters = tuple((place, sign) for place, sign in enumerate(compact) if sign.isalnum())
    groups = sum(1 for place in range(len(template)) if _is_sign(template[place]) and not (place and _is_sign(template[place - 1])))
    for choice in product("#@", repeat=template.count("?")):
        left = iter(choice)
        signs = "".join(next(left) if sign == "?" else pattern(sign) for sign in template)
        yield signs, Layout(kind, is_bare, letters, groups, "@" not in signs)


def _ends(signs: str) -> list[int]:
    return [place + 1 for place, sign in enumerate(signs) if sign in "#@" and (place + 1 == len(signs) or signs[place + 1] not in "#@")]


def _is_sign(sign: str) -> bool:
    return sign.isalnum() or sign in "#@?"
