# SPDX-License-Identifier: Apache-2.0
"""The run at a place of a text: what every finding lies within that its detector does not report as open by itself."""

__all__ = ["run_start"]

_LONGEST = 512
_ENDS = frozenset('"<>{}|,;`[]')
_NUMERIC = frozenset("0123456789()+")


def run_start(text: str, place: int) -> int:
    """The start of the run that ends at `place`: characters without a space, or groups of digits and capitals, see `_is_within`.

    INVARIANT: a finding that is not reported as open by its detector lies within one run, and so do all findings that overlap it.
    """
    floor = max(0, place - _LONGEST)
    while place > floor:
        character = text[place - 1]
        if character == " " or character == "\u00a0":
            if not _is_within(text, place):
                break
        elif character >= "\u2000" or character in _ENDS or character.isspace():
            break
        place -= 1
    return place


def _is_within(text: str, place: int) -> bool:
    """Whether the space before `place` is one within a shape: beside a digit, and no small letter."""
    left = text[place - 2] if place > 1 else " "
    right = text[place] if place < len(text) else "0"
    if not ((left in _NUMERIC or "A" <= left <= "Z") and (right in _NUMERIC or "A" <= right <= "Z")):
        return False
    return left in _NUMERIC or right in _NUMERIC
