# SPDX-License-Identifier: Apache-2.0
"""The keys that bundles are signed with and verified by: PEM, of one algorithm each, and never written out again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from douane.errors import ConfigRejected

__all__ = ["Algorithm", "KeyRing", "SigningKey", "VerificationKey", "signing_key", "verification_key"]

Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]
"""Names of RFC 7518 and RFC 8037. (An OPA server whose configuration names keys takes all of them but EdDSA; its command line takes it.)"""

_RSA_BITS = 2048
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key. `id` is put into the signature so that others find the public key; `scope` is what it is signed for, if anything."""

    algorithm: Algorithm
    private: object = field(repr=False)
    id: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key. A signature that it verifies must have exactly its `scope`."""

    algorithm: Algorithm
    public: object = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Public keys by their ids. `chosen` is the id of the one that must have signed, whichever the signature names; empty: that one."""

    keys: Mapping[str, VerificationKey]
    chosen: str = ""

    def __post_init__(self) -> None:
        """Raises `ConfigRejected` for a ring without keys, or without the chosen one."""
        if not self.keys:
            raise ConfigRejected("there is no key to verify bundles with; name one, or leave the keys out to take unsigned bundles")
        if self.chosen and self.chosen not in self.keys:
            raise ConfigRejected(f"there is no key `{self.chosen}` to verify bundles with; name one that is configured")

    def find(self, named: str) -> VerificationKey | None:
        """The key for a signature that names `named`, or nothing (empty), in which case a single key is meant."""
        if not self.chosen and not named and len(self.keys) == 1:
            return next(iter(self.keys.values()))
        return self.keys.get(self.chosen or named)


def signing_key(pem: str | Path, algorithm: Algorithm, *, id: str = "", scope: str = "") -> SigningKey:
    """The private key in a PEM file, or in PEM text. Raises `ConfigRejected`, never with any of it."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    raw = _read(pem, "the signing key")
    try:
        private = load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, _unsupported()):
        private = None
    if private is None:  # outside of `except`: what failed may quote the key
        raise ConfigRejected("the signing key is no private key in PEM without a password; make one with `openssl genpkey`")
    _check_kind(private.public_key(), algorithm, "the signing key")
    return SigningKey(algorithm, private, id, scope)


def verification_key(pem: str | Path, algorithm: Algorithm, *, scope: str = "") -> VerificationKey:
    """The public key in a PEM file, or in PEM text. Raises `ConfigRejected`, never with any of it."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    raw = _read(pem, "the verification key")
    if b"PRIVATE KEY" in raw:
        raise ConfigRejected("the verification key is a private key; keep it where bundles are signed, and name the public one here")
    try:
        public = load_pem_public_key(raw)
    except (ValueError, TypeError, _unsupported()):
        public = None
    if public is None:
        raise ConfigRejected("the verification key is no public key in PEM; make one with `openssl pkey -pubout`")
    _check_kind(public, algorithm, "the verification key")
    return VerificationKey(algorithm, public, scope)


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm


def _read(pem: str | Path, what: str) -> bytes:
    if isinstance(pem, str) and pem.lstrip().startswith("-----BEGIN"):
        return pem.encode()
    try:
        with open(pem, "rb") as file:
            return file.read(_LARGEST)
    except (OSError, ValueError) as cause:
        if isinstance(pem, os.PathLike):
            raise ConfigRejected(f"{what} cannot be read from `{pem}`; check its name and its rights") from cause
    # A text that is no name of a file may be a key without its first line.
    raise ConfigRejected(f"{what} is neither PEM nor a file that can be read; PEM begins with `-----BEGIN`")


def _check_kind(public: Any, algorithm: Algorithm, what: str) -> None:
    """A key is of one algorithm. What the signature says of itself chooses nothing (RFC 8725, 3.1)."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    fits: bool
    match algorithm:
        case "RS256" | "PS256":
            fits, wanted = isinstance(public, RSAPublicKey) and public.key_size >= _RSA_BITS, f"RSA of at least {_RSA_BITS} bits"
        case "ES256":
            fits, wanted = isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1), "an elliptic curve P-256"
        case "EdDSA":
            fits, wanted = isinstance(public, Ed25519PublicKey), "Ed25519"
        case _:
            raise ConfigRejected("the algorithm of a key must be `RS256`, `PS256`, `ES256` or `EdDSA`")
    if not fits:
        raise ConfigRejected(f"{what} is not what `{algorithm}` needs, which is {wanted}; name the algorithm that the key was made for")
