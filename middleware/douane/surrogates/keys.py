# SPDX-License-Identifier: Apache-2.0
"""Keys that wrap keys: `KeyService`, and the one that takes its keys from the environment.

A data key is never stored but wrapped: AES-256-GCM (NIST SP 800-38D) under a key-encryption key, with what the data key is for as
associated data, so that a wrapped key is of use nowhere else. A KMS of a cloud is another `KeyService`, whose `wrap` and `unwrap` are its
`Encrypt` and `Decrypt` with `context` as encryption context.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from douane.errors import ConfigRejected, VaultUnavailable

__all__ = ["KEY_BYTES", "NONCE_BYTES", "EnvironmentKeys", "KeyService", "Wrapped", "derived", "joined"]

KEY_BYTES = 32
NONCE_BYTES = 12
"""96 bits, the length that SP 800-38D recommends; made at random, see section 8.2.2 there."""

_ID_BYTES = 6
# Of 32 random bytes some 30 are different; fewer than 16 once in 3 * 10^16. What has fewer was typed or is a placeholder.
_FEWEST_BYTES = 16
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key, wrapped. `key` is the id of the key that unwraps it, which is no secret."""

    key: str
    sealed: bytes = field(repr=False)


class KeyService(Protocol):
    """Wraps data keys with a key-encryption key that only it knows. Every method raises `VaultUnavailable` where it cannot."""

    @property
    def current(self) -> str:
        """The id of the key that `wrap` uses now."""
        ...

    def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        """The key, wrapped; only the same `context` unwraps it."""
        ...

    def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        """The key again, also where an older key had wrapped it."""
        ...


class EnvironmentKeys:
    """Key-encryption keys from environment variables: 32 random bytes each, in base64 or hexadecimal.

    The first of `names` is current, the others only unwrap. The id of a key is derived from it, so a variable may change its name.
    """

    __slots__ = ("_ciphers", "_current")

    def __init__(self, environment: Mapping[str, str], names: Sequence[str]) -> None:
        """Raises `ConfigRejected`, which names the variable and never what it holds."""
        if not names:
            raise ConfigRejected("the vault's store needs a key; name the environment variable that holds it")
        self._ciphers: dict[str, AESGCM] = {}
        for name in names:
            key = _decoded(environment.get(name, "").strip(), name)
            id_ = derived(key, b"douane vault key id", length=_ID_BYTES).hex()
            if id_ in self._ciphers:
                raise ConfigRejected(f"`{name}` holds the same key as a variable named before it; name each key once")
            self._ciphers[id_] = AESGCM(derived(key, b"douane vault wrap 1"))
        self._current = next(iter(self._ciphers))

    def __repr__(self) -> str:
        return f"EnvironmentKeys({', '.join(self._ciphers)})"

    @property
    def current(self) -> str:
        """See `KeyService`."""
        return self._current

    def wrap(self, data_key: bytes, context: bytes) -> Wrapped:
        """See `KeyService`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Wrapped(self._current, nonce + self._ciphers[self._current].encrypt(nonce, data_key, _bound(self._current, context)))

    def unwrap(self, wrapped: Wrapped, context: bytes) -> bytes:
        """See `KeyService`."""
        cipher = self._ciphers.get(wrapped.key)
        if cipher is None:
            # Not its id: in a file that somebody changed it could be any text.
            raise VaultUnavailable("a key that wrapped data keys is not there; name it after the current one, see `douane vault status`")
        try:
            return cipher.decrypt(wrapped.sealed[:NONCE_BYTES], wrapped.sealed[NONCE_BYTES:], _bound(wrapped.key, context))
        except (InvalidTag, ValueError, TypeError) as cause:
            raise VaultUnavailable("a data key is not what was wrapped, or not where it was; bring back the store as it was") from cause


def _bound(key: str, context: bytes) -> bytes:
    return joined(b"douane vault wrapped key 1", key.encode(), context)


def _decoded(text: str, name: str) -> bytes:
    if not text:
        raise ConfigRejected(f"the vault's store needs the environment variable `{name}`, which is not set; export it and start again")
    key = b""
    try:
        # 64 hexadecimal digits are base64 too, of 48 bytes, which no key has.
        padded = text.translate(_URL_SAFE) + "=" * (-len(text) % 4)
        key = bytes.fromhex(text) if len(text) == 2 * KEY_BYTES else base64.b64decode(padded, validate=True)
    except (ValueError, binascii.Error):
        pass  # and raise outside: what failed may quote the key
    if len(key) != KEY_BYTES:
        raise ConfigRejected(f"`{name}` holds no {KEY_BYTES} bytes in base64 or hexadecimal; make them with `openssl rand -base64 32`")
    if len(set(key)) < _FEWEST_BYTES:
        raise ConfigRejected(f"`{name}` holds bytes that are not random; make them with `openssl rand -base64 32`")
    return key


def derived(key: bytes, info: bytes, *, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose, `info`, from a key that is uniformly random (HKDF with SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(key)


def joined(*parts: bytes) -> bytes:
    """Parts as one, each behind its length: other parts never give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
