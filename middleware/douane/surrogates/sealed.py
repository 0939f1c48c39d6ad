# SPDX-License-Identifier: Apache-2.0
"""What a store writes instead of names and values: marks that only a key can make, and ciphertext that opens only where it was written.

Marks are HMAC-SHA-256 (RFC 2104), ciphertext is AES-256-GCM (NIST SP 800-38D) under a key of the conversation's own, so that no key comes
near the 2^32 random nonces that section 8.3 there allows. Everything that says where a ciphertext belongs is its associated data.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from douane.errors import VaultUnavailable
from douane.surrogates.keys import NONCE_BYTES, derived, joined
from douane.surrogates.store import Entry, Scope

__all__ = ["Index", "Marks", "Sealer", "key_context"]

_BLOCK = 64
"""Plaintexts are padded to a multiple of this: lengths tell little."""


@dataclass(frozen=True, slots=True)
class Marks:
    """A scope as it stands on the disk: 32 bytes each. A subject's mark is of one tenant, a conversation's of one subject."""

    tenant: bytes
    subject: bytes
    conversation: bytes


class Index:
    """Makes marks; `root` is the key of a whole store."""

    __slots__ = ("_key",)

    def __init__(self, root: bytes) -> None:
        self._key = derived(root, b"douane vault index 1")

    def tenant(self, tenant: str) -> bytes:
        """The mark of a tenant."""
        return self._mark(b"tenant", tenant)

    def subject(self, tenant: str, subject: str) -> bytes:
        """The mark of a subject."""
        return self._mark(b"subject", tenant, subject)

    def marks(self, scope: Scope) -> Marks:
        """The marks of a scope."""
        conversation = self._mark(b"conversation", scope.tenant, scope.subject, scope.conversation)
        return Marks(self.tenant(scope.tenant), self.subject(scope.tenant, scope.subject), conversation)

    def surrogate(self, scope: Scope, surrogate: str) -> bytes:
        """The mark of a surrogate in a conversation; in another one it has another."""
        return self._mark(b"surrogate", scope.tenant, scope.subject, scope.conversation, surrogate)

    def _mark(self, kind: bytes, *names: str) -> bytes:
        return hmac.digest(self._key, joined(kind, *map(_bytes, names)), hashlib.sha256)


class Sealer:
    """Seals what is kept of one conversation, and opens it. `number` is that of the data key's row.

    `day` is the day that a row says it is of. Opening raises `VaultUnavailable` for whatever was not sealed exactly so.
    """

    __slots__ = ("_cipher", "_where")

    def __init__(self, data_key: bytes, marks: Marks, number: int) -> None:
        self._where = (marks.tenant, marks.subject, marks.conversation, b"%d" % number)
        self._cipher = AESGCM(derived(data_key, joined(b"douane vault conversation 1", *self._where)))

    def seal_entry(self, entry: Entry, *, day: int, mark: bytes) -> bytes:
        """An entry under the mark of its surrogate."""
        text = joined(*map(_bytes, (entry.label, entry.value, entry.surrogate)))
        return self._seal(text + bytes(-len(text) % _BLOCK), b"entry", day, mark)

    def open_entry(self, sealed: bytes, *, day: int, mark: bytes) -> Entry:
        """The entry again."""
        text, parts = self._open(sealed, b"entry", day, mark), []
        for _ in range(3):
            length = int.from_bytes(text[:4], "big")
            parts.append(text[4 : 4 + length].decode("utf-8", "surrogatepass"))
            text = text[4 + length :]
        return Entry(*parts)

    def seal_count(self, count: int, *, day: int) -> bytes:
        """How many entries of a day there are."""
        return self._seal(count.to_bytes(8, "big"), b"count", day, b"")

    def open_count(self, sealed: bytes, *, day: int) -> int:
        """The count again."""
        return int.from_bytes(self._open(sealed, b"count", day, b""), "big")

    def _seal(self, text: bytes, kind: bytes, day: int, mark: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text, self._bound(kind, day, mark))

    def _open(self, sealed: bytes, kind: bytes, day: int, mark: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(kind, day, mark))
        except (InvalidTag, ValueError, TypeError) as cause:  # a damaged file may hold another type than was written
            raise VaultUnavailable(
                "the vault's store holds something that was not written so; bring it back as it was, or shred it with `douane vault shred`"
            ) from cause

    def _bound(self, kind: bytes, day: int, mark: bytes) -> bytes:
        return joined(b"douane vault 1", kind, *self._where, b"%d" % day, mark)


def key_context(tenant: bytes, subject: bytes) -> bytes:
    """What a data key is wrapped for, by the marks of its tenant and subject; both are empty for the root key of a store."""
    return joined(b"douane vault data key 1", tenant, subject)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
