# SPDX-License-Identifier: Apache-2.0
"""What was found in texts that were seen before, under keyed hashes, within bounds."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from threading import Lock

from douane.finding import Span

__all__ = ["Memory"]

_ENTRY = 250
"""Bytes that an entry takes without its spans, measured; with its share of the tables."""

_SPAN = 220
"""Bytes that a span takes, measured."""


class Memory:
    """The spans of texts by keyed hash (BLAKE2b, RFC 7693, 16 bytes): the oldest are forgotten where more than `limit` bytes are held.

    The key is this object's own and leaves it nowhere, so that what is kept tells nothing about a text. Thread-safe.
    """

    def __init__(self, limit: int = 32 * 2**20) -> None:
        self._limit = limit
        self._hash = blake2b(digest_size=16, key=secrets.token_bytes(32))
        self._entries: OrderedDict[bytes, tuple[Span, ...]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Bytes held, as they are counted."""
        return self._held

    def key(self, text: str) -> bytes:
        """What a text is remembered under."""
        begun = self._hash.copy()
        begun.update(text.encode("utf-8", "surrogatepass"))
        return begun.digest()

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Span, ...]]:
        """What is known of these."""
        known: dict[bytes, tuple[Span, ...]] = {}
        with self._lock:
            for key in keys:
                spans = self._entries.get(key)
                if spans is not None:
                    self._entries.move_to_end(key)
                    known[key] = spans
        return known

    def remember(self, found: Mapping[bytes, tuple[Span, ...]]) -> None:
        """Keep these, and forget the oldest beyond the limit."""
        with self._lock:
            for key, spans in found.items():
                if key not in self._entries:
                    self._entries[key] = spans
                    self._held += _weight(spans)
            while self._held > self._limit:
                _, forgotten = self._entries.popitem(last=False)
                self._held -= _weight(forgotten)


def _weight(spans: tuple[Span, ...]) -> int:
    return _ENTRY + _SPAN * len(spans)
