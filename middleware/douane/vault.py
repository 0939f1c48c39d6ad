# SPDX-License-Identifier: Apache-2.0
"""Surrogates out, originals back: the vault of one exchange, in memory only.

A surrogate is `<TYPE_xxxxx>`: a label that tells the model what stood there and an id of five letters. The id is derived from the value
with a key (HMAC-SHA-256, RFC 2104), so the same value has the same surrogate in every turn of a conversation with nothing stored, and
without the key it tells nothing. On the way back the id alone decides, whole and ignoring case; nothing is ever guessed.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from string import ascii_lowercase

from douane.known import NAMES, Known

__all__ = ["Vault", "ids_in"]

_LETTERS = 5
_OPEN = r"(?:<|&lt;|\\u003[cC])"
_CLOSE = r"(?:>|&gt;|\\u003[eE])"
# The id is what decides, so the label may come back in any case; brackets may be lost, or escaped for HTML or JSON.
_SURROGATE = re.compile(rf"(?:{_OPEN}|(?<![A-Za-z0-9_]))[A-Za-z][A-Za-z_]{{1,40}}_([A-Za-z]{{{_LETTERS}}})(?![A-Za-z0-9_]){_CLOSE}?")
# What could still become a surrogate, or the rest of its closing bracket, at the end of a text.
_TAIL = re.compile(r"(?:<|&(?:l(?:t;?)?)?|\\(?:u(?:0(?:0(?:3[cC]?)?)?)?)?)?[A-Za-z_]{0,60}(?:&(?:gt?)?|\\(?:u(?:0(?:0(?:3)?)?)?)?)?\Z")
_LOOK_BACK = 80
_WORD = re.compile(rf"(?<![A-Za-z])[A-Za-z]{{{_LETTERS}}}(?![A-Za-z])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_EXACT = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "PERSON", "LOCATION", "CRYPTO"})
_GROUPING = re.compile(r"[\s\-./]+")


class Vault:
    """Originals and surrogates of one exchange.

    `key` is secret to the tenant's gateway; `scope` (the tenant) separates tenants that share a key. `is_taken` says whether the
    caller's own text already holds an id: such an id is never given out, so a forged surrogate restores nothing.
    """

    __slots__ = ("_is_taken", "_key", "_names", "_originals", "_scope", "_sent", "_surrogates")

    def __init__(self, key: bytes, scope: str, is_taken: Callable[[str], bool]) -> None:
        self._key = key
        self._scope = scope.encode()
        self._is_taken = is_taken
        self._surrogates: dict[tuple[str, str], str] = {}
        self._originals: dict[str, tuple[str, str]] = {}
        self._sent: set[str] = set()
        self._names: set[tuple[str, str]] | Known = set()

    def __repr__(self) -> str:
        return f"Vault({len(self._originals)} surrogates)"

    def note(self, values: Iterable[tuple[str, str]]) -> None:
        """Remember values that the caller sent, each with its type, whether or not they are replaced: an answer may repeat them.

        Before `names` is asked for, which is then what it is.
        """
        for type_, value in values:
            self._sent.add(_folded(type_, value))
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

    def surrogate(self, label: str, value: str, *, bare: bool = False) -> str:
        """The surrogate for `value`. `bare` leaves the brackets out, for places such as names where they are not allowed."""
        body = self._surrogates.get((label, value))
        if body is None:
            body = f"{label}_{self._fresh_id(label, value)}"
            self._surrogates[label, value] = body
            self._originals[body[-_LETTERS:]] = (label, value)
        return body if bare else f"<{body}>"

    def _fresh_id(self, label: str, value: str) -> str:
        for attempt in range(1000):
            message = b"\0".join((self._scope, label.encode(), value.encode("utf-8", "surrogatepass"), str(attempt).encode()))
            number = int.from_bytes(hmac.digest(self._key, message, hashlib.sha256)[:8], "big")
            letters = []
            for _ in range(_LETTERS):
                number, rest = divmod(number, 26)
                letters.append(ascii_lowercase[rest])
            candidate = "".join(letters)
            if candidate not in self._originals and not self._is_taken(candidate):
                return candidate
        raise OverflowError("no free surrogate id; the text holds too many of them")

    @property
    def is_empty(self) -> bool:
        """Whether no surrogate was given out."""
        return not self._originals

    def surrogate_spans(self, text: str) -> list[tuple[int, int]]:
        """Where surrogates of this vault stand in `text`."""
        if not self._originals:
            return []
        return [match.span() for match in _SURROGATE.finditer(text) if match[1].lower() in self._originals]

    def restore(self, text: str, types: AbstractSet[str], quote: Callable[[str], str] = str) -> str:
        """`text` with the originals of these types put back, each through `quote` (an escape for the place that it goes to)."""
        if not self._originals:
            return text

        def original(match: re.Match[str]) -> str:
            entry = self._originals.get(match[1].lower())
            return match[0] if entry is None or entry[0] not in types else quote(entry[1])

        return _SURROGATE.sub(original, text)

    def beside(self, text: str, place: int) -> int:
        """A place in `text`, or the start of the surrogate that it lies within: nobody could restore half of one."""
        return next((start for start, end in self.surrogate_spans(text) if start < place < end), place)

    def horizon(self, text: str) -> int:
        """The earliest place in `text` from which more text could still make a surrogate; `len(text)` where none is open."""
        if not self._originals:
            return len(text)
        start = max(0, len(text) - _LOOK_BACK)
        match = _TAIL.search(text, start)
        return match.start() if match else len(text)


def ids_in(text: str) -> set[str]:
    """Every word of a text that might be taken for the id of a surrogate; also where characters that nobody sees split it."""
    words = {match[0].lower() for match in _WORD.finditer(text)}
    if not text.isascii():
        words.update(match[0].lower() for match in _WORD.finditer(_NOT_ASCII.sub("", text)))
    return words


def _folded(type_: str, value: str) -> str:
    # A point or a dash in an address makes it another address; in a number it only groups digits.
    return value.casefold() if type_ in _EXACT else _GROUPING.sub("", value).casefold()
