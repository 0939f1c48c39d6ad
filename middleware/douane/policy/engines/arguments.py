# SPDX-License-Identifier: Apache-2.0
"""What an argument of a builtin written in Python may be. What is none is an error, since an error is a deny."""

__all__ = ["LARGEST", "Scalar", "faithful", "ordered", "text", "whole"]

LARGEST = 2**53
"""The largest whole number, either sign, that every reader of JSON takes exactly."""

Scalar = str | int | bool | None


def text(value: object) -> str:
    """A string. Raises `TypeError`."""
    if not isinstance(value, str):
        raise TypeError("an argument is no string")
    return value


def whole(value: object, largest: int = LARGEST) -> int:
    """A whole number. Raises `TypeError`, or `ValueError` beyond `largest`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("an argument is no whole number")
    if not -largest <= value <= largest:
        raise ValueError("a number is too large for every engine to give the same")
    return value


def faithful(value: object) -> None:
    """Raise `ValueError` where a set or the keys of an object may have lost a member on the way: Python takes 1 and true for equal."""
    if isinstance(value, list):
        for part in value:
            faithful(part)
    elif isinstance(value, dict):
        _told_apart(value)
        for part in value.values():
            faithful(part)
    elif isinstance(value, set):
        _told_apart(value)


def _told_apart(members: dict[object, object] | set[object]) -> None:
    if 0 in members or 1 in members:
        raise ValueError("a set or the keys of an object hold a boolean, 0 or 1, which cannot be told apart here")


def ordered(members: set[Scalar] | dict[Scalar, object]) -> list[Scalar]:
    """The members of a set, or the keys of an object, in Rego's order: null, booleans, numbers, strings."""
    return sorted(members, key=_rank)


def _rank(member: Scalar) -> tuple[int, int, str]:
    if isinstance(member, str):
        return 3, 0, member
    if member is None:
        return 0, 0, ""
    return (1 if isinstance(member, bool) else 2), int(member), ""
