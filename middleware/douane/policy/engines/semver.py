# SPDX-License-Identifier: Apache-2.0
"""Rego's `semver.*`: versions as https://semver.org orders them, with OPA's limits: a leading `v` is dropped, a number has 63 bits."""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from douane.policy.engines.arguments import text

__all__ = ["EXTENSIONS"]

_LARGEST = 2**63 - 1
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_IDENTIFIERS}))?(?:\+{_IDENTIFIERS})?")
_DIGITS = re.compile(r"[0-9]+")


class _Version(NamedTuple):
    numbers: tuple[int, ...]
    pre: tuple[str, ...]


def _parse(written: object) -> _Version:
    found = _VERSION.fullmatch(text(written))
    if found is None:
        raise ValueError("an argument is no version")
    numbers = tuple(int(number) for number in found.groups()[:3])
    pre = tuple(found[4].split(".")) if found[4] else ()
    if max(numbers) > _LARGEST or any(_DIGITS.fullmatch(part) and len(part) > 1 and part[0] == "0" for part in pre):
        raise ValueError("an argument is no version")
    return _Version(numbers, pre)


def _order(part: str) -> tuple[int, int, str]:
    """Numbers come before words; those beyond 63 bits count as the largest."""
    return (0, min(int(part), _LARGEST), "") if _DIGITS.fullmatch(part) else (1, 0, part)


def _compare(left: object, right: object) -> int:
    one, other = _parse(left), _parse(right)
    if one.numbers != other.numbers:
        return 1 if one.numbers > other.numbers else -1
    if not one.pre or not other.pre:
        return bool(other.pre) - bool(one.pre)
    for part, against in zip_longest(one.pre, other.pre):
        if part is None or against is None:
            return -1 if part is None else 1
        if _order(part) != _order(against):
            return 1 if _order(part) > _order(against) else -1
    return 0


def _is_valid(written: object) -> bool:
    try:
        _parse(written)
    except (TypeError, ValueError):
        return False
    return True


EXTENSIONS: Mapping[str, tuple[int, object]] = {"semver.compare": (2, _compare), "semver.is_valid": (1, _is_valid)}
