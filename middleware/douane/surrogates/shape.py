# SPDX-License-Identifier: Apache-2.0
"""Numbers of the same shape: other digits and letters in the places of a value, and check digits that hold or do not, as asked."""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.layout import Layout, layouts, pattern

__all__ = ["Below", "another", "checked", "filled", "shaped"]

Below = Callable[[int], int]
"""Draws a number from 0 to n - 1."""

_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DRAWN = "BCDFGHJKLMNPQRSTVWXZ"  # without vowels no word comes out
_CYRILLIC, _GREEK = "АВЕКМНОРСТУХ", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"  # those of number plates, which have Latin twins
_TRIES = 150  # of numbers such as those of social security in the United States only one in nine is wrong
_FULL_TRIES = 20
_BEGINNING = 3


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
    """A number of the same shape; None where none was found.

    With `valid` it passes the checks that the value passes, as our detector knows them, else none of its type's: but for those that ask
    for a form only. Where the value passes none, nothing holds for what stands for it either.
    """
    if valid and (passed := _passed(type_, value)):
        return _right(type_, value, below, keep, passed)
    found: tuple[int, str] | None = None
    for _ in range(_TRIES):
        made = shaped(value, below, keep)
        if made is None:
            return None
        count = len(_passed(type_, made))
        if found is None or count < found[0]:
            found = count, made
        if not count:
            break
    return found[1] if found else None


def _right(type_: str, value: str, below: Below, keep: int, passed: AbstractSet[str]) -> str | None:
    """What passes all that the value passes, or most of it. Where all have the same beginning, as those of a country, it is kept."""
    for kept in (keep, keep + _BEGINNING):
        best, found = 0, None
        for made in _settled(value, below, kept):
            count = len(passed & _passed(type_, made))
            if count > best:
                best, found = count, made
            if best == len(passed):
                break
        if found is not None:
            return found
    return None


def _passed(type_: str, value: str) -> set[str]:
    """The kinds of the type that are written so and whose check the value passes."""
    written = value.upper()
    compact = "".join(sign for sign in written if sign.isalnum())
    return {
        layout.kind.id
        for layout in layouts().get(pattern(written), ())
        if layout.kind.type == type_ and layout.kind.check and _passes(layout, compact, written)
    }


def _passes(layout: Layout, compact: str, written: str) -> bool:
    kind = layout.kind
    if any(compact[place] != letter for place, letter in layout.letters):
        return False
    if kind.guard is not None and kind.guard.fullmatch(compact) is None:
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
            made[first], made[second] = list(f"{1 + below(12) if int(pair) <= 12 else 13 + below(16):02d}")
    return made


def _alphabet(character: str, letters: str) -> str | None:
    if character in _DIGITS:
        return _DIGITS
    if character.isascii():
        return letters
    upper = character.upper()
    return _CYRILLIC if "\u0400" <= upper <= "\u04ff" else _GREEK if "\u0370" <= upper <= "\u03ff" else None
