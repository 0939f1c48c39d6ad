# SPDX-License-Identifier: Apache-2.0
"""Surrogates out, originals back: the vault of one exchange, in memory only.

A labelled surrogate is `<TYPE_xxxxx>`: a label that tells the model what stood there and an id of five letters, see
`douane.surrogates.written` for how it may come back. A realistic one looks like a value of its type and is known again as it is.

Both are derived from the value with a key of the tenant (HKDF, RFC 5869; HMAC-SHA-256, RFC 2104), so the same value has the same surrogate
in every turn of a conversation, in every process, with nothing stored, and without the key it tells nothing. With another key the next
request has other surrogates for the values in its whole history: no conversation ever mixes two keys.

Two values never share a surrogate: whichever comes later gets its next one. So a history that was cut may change one, where the first of
two values that meet in an id is gone. Of 20 values any two meet once in 17,000 conversations, of 100 values once in 650.
"""

import hashlib
import hmac
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Protocol

from douane.decision import SurrogateStyle
from douane.errors import VaultUnavailable
from douane.known import NAMES, Known
from douane.surrogates.alike import Alike
from douane.surrogates.irreversible import hashed
from douane.surrogates.shown import ALPHABET, ID_LENGTH, ids_in, lettered
from douane.surrogates.store import Entry
from douane.surrogates.written import REACH, Written, escaped, is_in_url

__all__ = ["Maker", "Vault", "ids_in", "letters_of"]

_ATTEMPTS = 1000
_SHORTEST_WORD = 3  # by which a name is known again, see `Alike`
_LABELLED = re.compile(rf"<\w+_([{ALPHABET}]{{{ID_LENGTH}}})>")
_LABEL = 32
_EXACT = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "PERSON", "LOCATION", "CRYPTO"})
_GROUPING = re.compile(r"[\s\-./]+")


class Maker(Protocol):
    """Makes values that look like others of their type."""

    def make(self, type_: str, value: str, below: Callable[[int], int], *, valid: bool) -> str | None:
        """A value that may stand for this one, or None where its type has no such form.

        `below(n)` draws from 0 to n - 1; nothing else decides. With `valid`, check digits hold; else they do not, or nobody has the value.
        """
        ...


class Vault:
    """Originals and surrogates of one exchange.

    `key` is secret to the tenant's gateway; `scope` (the tenant) separates tenants that share a key. `is_taken` says whether the
    caller's own text already holds an id: such an id is never given out, so a forged surrogate restores nothing. `stands` says the same
    of a whole string, for the realistic surrogates that `maker` makes; without one every surrogate is labelled.
    """

    __slots__ = (
        "_is_taken",
        "_key",
        "_known_again",
        "_maker",
        "_names",
        "_originals",
        "_plain",
        "_realistic",
        "_recalled",
        "_scope",
        "_sent",
        "_stands",
        "_surrogates",
        "_values",
        "_written",
    )

    def __init__(
        self,
        key: bytes,
        scope: str,
        is_taken: Callable[[str], bool],
        *,
        maker: Maker | None = None,
        stands: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._key = key
        self._scope = scope
        self._is_taken = is_taken
        self._maker = maker
        self._stands = stands
        self._surrogates: dict[tuple[str, str], str] = {}
        self._originals: dict[str, tuple[str, str]] = {}
        self._written = Written()
        self._realistic: dict[tuple[str, str, bool], str | None] = {}
        self._values: dict[str, tuple[str, str]] = {}  # by their realistic surrogates
        self._plain: set[str] = set()  # values and realistic surrogates without case and grouping: none may be made again
        self._known_again: Alike | None = None
        self._recalled: frozenset[str] = frozenset()
        self._sent: set[str] = set()
        self._names: set[tuple[str, str]] | Known = set()

    def __repr__(self) -> str:
        return f"Vault({len(self._originals)} labelled surrogates, {len(self._values)} realistic)"

    def note(self, values: Iterable[tuple[str, str]]) -> None:
        """Remember values that the caller sent, each with its type, whether or not they are replaced: an answer may repeat them.

        Before `names` is asked for, which is then what it is.
        """
        for type_, value in values:
            self._sent.add(_folded(type_, value))
            if self._maker is not None:
                self._plain.add(letters_of(value))
            if type_ in NAMES and isinstance(self._names, set):
                self._names.add((type_, value))

    @property
    def names(self) -> Known:
        """The names that the caller sent, to be found again in the answer, in whole and in part."""
        if isinstance(self._names, set):
            self._names = Known(self._names)
        return self._names

    def is_known(self, type_: str, value: str) -> bool:
        """Whether the caller sent this value in this exchange, ignoring case, and the grouping of what is written in groups."""
        return _folded(type_, value) in self._sent

    def surrogate(self, label: str, value: str, *, bare: bool = False, style: SurrogateStyle = "label") -> str:
        """The surrogate for exactly this value. `bare` leaves the brackets out, for places such as names where they are not allowed.

        A realistic one is asked for by `style`; where the type has no realistic form, or no free one is found, it is labelled.
        """
        if style != "label" and not bare and self._maker is not None:
            realistic = self._made(self._maker, label, value, valid=style == "realistic_valid")
            if realistic is not None:
                return realistic
        body = self._surrogates.get((label, value))
        if body is None:
            id_ = self._fresh_id(label, value)
            said = _said(label)
            body = f"{said}_{id_}"
            self._surrogates[label, value] = body
            self._originals[id_] = (label, value)
            self._written.add(id_, said)
        return body if bare else f"<{body}>"

    def recall(self, entries: Iterable[Entry]) -> None:
        """Take in what this conversation was given before, ahead of the first surrogate. Raises `VaultUnavailable` for a conflict."""
        for entry in entries:
            made = _LABELLED.fullmatch(entry.surrogate)
            if made is None:
                self._values[entry.surrogate] = (entry.label, entry.value)
                self._known_again = None
                self._plain |= {letters_of(entry.value), letters_of(entry.surrogate)}
                self._realistic |= {(entry.label, entry.value, valid): entry.surrogate for valid in (True, False)}
                continue
            id_ = made[1]
            if self._originals.setdefault(id_, (entry.label, entry.value)) != (entry.label, entry.value):
                raise VaultUnavailable("the store holds one surrogate for two values; see `docs/surrogates.md`")
            self._surrogates[entry.label, entry.value] = entry.surrogate.strip("<>")
            self._written.add(id_, _said(entry.label))
        self._recalled = frozenset(entry.surrogate for entry in self.given)

    @property
    def given(self) -> tuple[Entry, ...]:
        """What was given out in this exchange: not what was recalled."""
        labelled = (Entry(label, value, f"<{body}>") for (label, value), body in self._surrogates.items())
        realistic = (Entry(label, value, made) for made, (label, value) in self._values.items())
        return tuple(entry for entry in (*labelled, *realistic) if entry.surrogate not in self._recalled)

    def hashed(self, type_: str, value: str) -> str:
        """What stands for a value that nobody gets back: equal for equal values of a tenant, and without its key no guess can be tested."""
        return hashed(type_, value, _derived(self._key, self._scope, "hash"))

    def _fresh_id(self, label: str, value: str) -> str:
        for attempt in range(_ATTEMPTS):
            candidate = lettered(int.from_bytes(self._keyed("id", label, value, attempt)[:8], "big"), ID_LENGTH)
            if candidate not in self._originals and not self._is_taken(candidate):
                return candidate
        raise OverflowError("no free surrogate id; the text holds too many of them")

    def _made(self, maker: Maker, label: str, value: str, *, valid: bool) -> str | None:
        """The realistic surrogate; None where there is none."""
        asked = (label, value, valid)
        if asked in self._realistic:
            return self._realistic[asked]
        self._plain.add(letters_of(value))
        self._realistic[asked] = None
        for attempt in range(_ATTEMPTS):
            draws = _Draws(self._keyed("valid" if valid else "realistic", label, value, attempt))
            candidate = maker.make(label, value, draws.below, valid=valid)
            if candidate is None:
                break
            if letters_of(candidate) not in self._plain and not self._is_met(label, candidate):
                self._plain.add(letters_of(candidate))
                self._realistic[asked] = candidate
                self._values[candidate] = (label, value)
                self._known_again = None
                break
        return self._realistic[asked]

    def _is_met(self, label: str, candidate: str) -> bool:
        """Whether the caller's own text holds a realistic surrogate, or a word of a name's: a name is known again by one of its words."""
        words = [word for word in candidate.split() if len(word) >= _SHORTEST_WORD] if label == "PERSON" else []
        return any(map(self._stands, (candidate, *words)))

    def _keyed(self, purpose: str, label: str, value: str, attempt: int) -> bytes:
        message = b"\0".join((label.encode(), value.encode("utf-8", "surrogatepass"), str(attempt).encode()))
        return hmac.digest(_derived(self._key, self._scope, purpose), message, hashlib.sha256)

    @property
    def is_empty(self) -> bool:
        """Whether no surrogate was given out."""
        return not self._originals and not self._values

    def surrogate_spans(self, text: str) -> list[tuple[int, int]]:
        """Where surrogates of this vault stand in `text`."""
        return [(start, end) for start, end, _, _ in self._places(text, None)]

    def restore(
        self,
        text: str,
        types: AbstractSet[str],
        quote: Callable[[str], str] = str,
        *,
        before: str = "",
        behind: str = "",
    ) -> str:
        """`text` with the originals of these types put back, each through `quote` (an escape for the place that it goes to).

        An original is written in the escaping in which its surrogate was found, and percent-encoded within a URL. `before` and `behind`
        are what stands beside `text` where that is only a piece: `REACH` characters of them are looked at, and no surrogate that lies
        in both is restored.
        """
        if not self._may_hold(text):
            return text
        before = before[-REACH:]
        whole = before + text + behind[:REACH]
        pieces: list[str] = []
        done, stop = len(before), len(before) + len(text)
        for start, end, value, ending in self._places(whole, types, is_json=quote is not str):
            if value is not None and done <= start and end <= stop:
                pieces += (whole[done:start], quote(value), ending)
                done = end
        pieces.append(whole[done:stop])
        return "".join(pieces)

    def _may_hold(self, text: str) -> bool:
        return self._written.may_hold(text) or (bool(self._values) and self._alike.may_hold(text))

    def _places(self, text: str, types: AbstractSet[str] | None, *, is_json: bool = False) -> list[tuple[int, int, str | None, str]]:
        """Where surrogates stand, in order: start, end, the original as it is to be written (None where it is not) and its ending."""
        found: list[tuple[int, int, str | None, str]] = []
        for place in self._written.places(text):
            label, value = self._originals[place.id]
            if types is None or label not in types:
                found.append((place.start, place.end, None, ""))
            elif place.escape:
                found.append((place.start, place.end, escaped(value, place.escape, is_in_json=is_json), place.ending))
            else:
                found.append((place.start, place.end, _in_place(text, place.start, value), place.ending))
        if not self._values or not self._alike.may_hold(text):
            return found
        starts, ends = [start for start, *_ in found], [end for _, end, *_ in found]
        # All of them decide: a word that two have is nobody's, whichever types are restored.
        wanted = None if types is None else {made for made, (label, _) in self._values.items() if label in types}
        for start, end, value in self._alike.matches(text, wanted):
            if bisect_right(ends, start) == bisect_left(starts, end):  # it overlaps no labelled one
                found.append((start, end, None if types is None else _in_place(text, start, value), ""))
        return sorted(found, key=lambda place: place[0])

    @property
    def _alike(self) -> Alike:
        """What finds the realistic surrogates."""
        if self._known_again is None:
            self._known_again = Alike({made: value for made, (_, value) in self._values.items()})
        return self._known_again

    def beside(self, text: str, place: int) -> int:
        """A place in `text`, or the start of the surrogate that it lies within: nobody could restore half of one."""
        if place >= len(text) or self.is_empty:
            return place
        return next((start for start, end in self.surrogate_spans(text) if start < place < end), place)

    def horizon(self, text: str) -> int:
        """The earliest place in `text` from which more text could still make a surrogate; `len(text)` where none is open.

        For a labelled one it is at most `REACH` characters from the end.
        """
        horizon = self._written.horizon(text)
        return min(horizon, self._alike.horizon(text)) if self._values else horizon


class _Draws:
    """Uniform numbers from a seed: HMAC-SHA-256 in counter mode. What would favour small numbers is drawn again."""

    __slots__ = ("_buffer", "_counter", "_seed")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._counter = 0
        self._buffer = b""

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1. Raises `ValueError` for less than one."""
        if count < 1:
            raise ValueError("a number is drawn from at least one")
        bits = (count - 1).bit_length()
        size = (bits + 7) // 8
        while True:
            while len(self._buffer) < size:
                self._buffer += hmac.digest(self._seed, self._counter.to_bytes(8, "big"), hashlib.sha256)
                self._counter += 1
            number = int.from_bytes(self._buffer[:size], "big") >> (size * 8 - bits)
            self._buffer = self._buffer[size:]
            if number < count:
                return number


@lru_cache(maxsize=1024)
def _derived(key: bytes, scope: str, purpose: str) -> bytes:
    """The key of a tenant for one purpose (RFC 5869)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"\0".join((b"douane surrogates", purpose.encode(), scope.encode("utf-8", "surrogatepass")))
    return HKDF(SHA256(), 32, salt=None, info=info).derive(key)


def _in_place(text: str, start: int, value: str) -> str:
    return escaped(value, "percent") if is_in_url(text, start) else value


def _said(label: str) -> str:
    """A label as a surrogate says it: types of authors may have digits, which models pad and drop, and more letters than are read again."""
    return "_".join(re.findall("[A-Z]+", label.upper()))[:_LABEL].strip("_")


def letters_of(value: str) -> str:
    """A value without case and grouping."""
    return "".join(filter(str.isalnum, value)).casefold()


def _folded(type_: str, value: str) -> str:
    # A point or a dash in an address makes it another address; in a number it only groups digits.
    return value.casefold() if type_ in _EXACT else _GROUPING.sub("", value).casefold()
