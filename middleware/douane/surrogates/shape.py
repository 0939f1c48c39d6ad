# SPDX-License-Identifier: Apache-2.0
"""Numbers of the same shape: other digits and letters in the places of a value, and check digits that hold or do not, as asked."""

from collections.abc import Callable, Iterator
from functools import cache

from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.kind import Kind, kinds

__all__ = ["Below", "another", "checked", "filled", "shaped"]

Below = Callable[[int], int]
"""Draws a number from 0 to n - 1."""

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DRAWN = "BCDFGHJKLMNPQRSTVWXZ"  # without vowels no word comes out
_CYRILLIC, _GREEK = "АВЕКМНОРСТУХ", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"  # those of number plates, which have Latin twins
_TRIES, _FULL_TRIES = 100, 30


def another(characters: str, below: Below, not_this: str) -> str:
    """One of the characters, but not this one where there is another."""
    left = characters.replace(not_this, "") or characters
    return left[below(len(left))]


def shaped(value: str, below: Below, keep: int = 0, *, letters: str = _DRAWN) -> str | None:
    """The value with other digits and letters in their places, but for the first `keep` of these; None where it holds letters of others.

    Case and all other signs stay.
    """
    pieces: list[str] = []
    seen = 0
    for character in value:
        if not character.isalnum():
            pieces.append(character)
            continue
        seen += 1
        alphabet = _alphabet(character, letters)
        if seen <= keep:
            pieces.append(character)
        elif alphabet is None:
            return None
        else:
            drawn = alphabet[below(len(alphabet))]
            pieces.append(drawn.lower() if character.islower() else drawn)
    return "".join(pieces)


def filled(value: str, characters: str) -> str:
    """The value with these in the places of its letters and digits; there are as many."""
    left = iter(characters)
    return "".join(next(left) if sign.isalnum() else sign for sign in value)


def checked(type_: str, value: str, below: Below, keep: int, *, valid: bool) -> str | None:
    """A number of the same shape. With `valid` it passes a check that the value passes, else none of its type's; None where none was found.

    Where the value itself passes no check, or its type has none, nothing holds for what stands for it either.
    """
    passed = [kind for kind in _checks(type_) if _passes(kind, value)] if valid else []
    if passed:
        return next((made for made in _settled(value, below, keep) if any(_passes(kind, made) for kind in passed)), None)
    for _ in range(_TRIES):
        made = shaped(value, below, keep)
        if made is None:
            return None
        if not any(_passes(kind, made) for kind in _checks(type_)):
            return made
    return None


@cache
def _checks(type_: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in kinds() if kind.type == type_ and kind.check)


def _passes(kind: Kind, value: str) -> bool:
    written = value.upper()
    compact = "".join(sign for sign in written if sign.isalnum())
    if not compact.isascii() or (kind.guard is not None and kind.guard.fullmatch(compact) is None):
        return False
    if kind.prefix and not compact.startswith(kind.prefix):
        compact = kind.prefix + compact
    return is_valid(kind.check, written if kind.is_written else compact)


def _settled(value: str, below: Below, keep: int) -> Iterator[str]:
    """Numbers of the same shape that differ in the characters that are most often check digits: the last one, the last two, the first two.

    What looks like a day or a month is drawn as one.
    """
    places = [place for place, sign in enumerate(value) if sign.isalnum()]
    free = places[keep:]
    if len(free) < 3:
        return
    for _ in range(_FULL_TRIES):
        made = shaped(value, below, keep, letters=_UPPER)
        if made is None:
            return
        body = _dated(value, list(made), free[below(2) :], below)
        for varied in (free[-1:], free[-2:], free[:2]):
            yield from _varied(value, body, varied, below)


def _varied(value: str, body: list[str], places: list[int], below: Below) -> Iterator[str]:
    """The body with everything in these places, from a drawn beginning on."""
    alphabets = [_DIGITS if value[place].isdigit() else _UPPER for place in places]
    if len(places) > 1 and _UPPER in alphabets:
        return
    count = 1
    for alphabet in alphabets:
        count *= len(alphabet)
    first = below(count)
    for step in range(count):
        number, made = (first + step) % count, body.copy()
        for place, alphabet in zip(places, alphabets, strict=True):
            number, rest = divmod(number, len(alphabet))
            made[place] = alphabet[rest].lower() if value[place].islower() else alphabet[rest]
        yield "".join(made)


def _dated(value: str, made: list[str], places: list[int], below: Below) -> list[str]:
    for first, second in zip(places[::2], places[1::2], strict=False):
        pair = value[first] + value[second]
        if pair.isdigit() and 1 <= int(pair) <= 31:
            made[first], made[second] = f"{1 + below(12) if int(pair) <= 12 else 13 + below(16):02d}"
    return made


def _alphabet(character: str, letters: str) -> str | None:
    if character in _DIGITS:
        return _DIGITS
    if character.isascii():
        return letters
    upper = character.upper()
    return _CYRILLIC if "\u0400" <= upper <= "\u04ff" else _GREEK if "\u0370" <= upper <= "\u03ff" else None
