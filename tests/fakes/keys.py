# SPDX-License-Identifier: Apache-2.0
"""Keys that sign and verify in tests, made once in a process."""

import functools
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from douane.policy.bundles.keys import Algorithm

__all__ = ["pem", "private", "public_pem"]


def private(algorithm: Algorithm, which: int = 0) -> Any:
    """A private key; another one for each `which`."""
    return _made(algorithm, which)


@functools.cache
def _made(algorithm: Algorithm, _: int) -> Any:
    match algorithm:
        case "RS256" | "PS256":
            return rsa.generate_private_key(65537, 2048)
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()


def pem(key: Any) -> str:
    """The private key in PEM."""
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def public_pem(key: Any) -> str:
    """Its public key in PEM."""
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
