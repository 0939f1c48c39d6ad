# SPDX-License-Identifier: Apache-2.0
"""Keys: each is of one algorithm that can be trusted, and none is ever told."""

import traceback
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from douane.errors import ConfigRejected
from douane.policy.bundles.keys import Algorithm, KeyRing, signing_key, verification_key
from fakes.keys import pem, private, public_pem


def ring(*, chosen: str = "") -> KeyRing:
    return KeyRing({"k": verification_key(public_pem(private("EdDSA")), "EdDSA")}, chosen)


WRONG_KEYS = {
    "Ed25519 for RS256": ("EdDSA", "RS256"),
    "Ed25519 for ES256": ("EdDSA", "ES256"),
    "RSA for EdDSA": ("RS256", "EdDSA"),
    "P-256 for RS256": ("ES256", "RS256"),
    "P-256 for EdDSA": ("ES256", "EdDSA"),
}


@pytest.mark.parametrize(("made", "named"), WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_a_key_is_of_one_algorithm(made: Algorithm, named: Algorithm) -> None:
    for call, text in ((signing_key, pem(private(made))), (verification_key, public_pem(private(made)))):
        with pytest.raises(ConfigRejected, match=f"is not what `{named}` needs"):
            call(text, named)


def test_keys_that_nobody_should_sign_with_are_refused() -> None:
    small, other = rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP384R1())
    keys: list[tuple[Any, Algorithm]] = [(small, "RS256"), (small, "PS256"), (other, "ES256"), (ed448.Ed448PrivateKey.generate(), "EdDSA")]
    keys.append((dsa.generate_private_key(1024), "RS256"))
    for key, algorithm in keys:
        with pytest.raises(ConfigRejected):
            signing_key(pem(key), algorithm)
        with pytest.raises(ConfigRejected):
            verification_key(public_pem(key), algorithm)
    for wrong in ("HS256", "none", "RS512", ""):
        with pytest.raises(ConfigRejected, match="must be `RS256`"):
            signing_key(pem(private("RS256")), wrong)  # type: ignore[arg-type]


def test_what_is_no_key_is_refused_and_never_told(tmp_path: Path) -> None:
    secret = pem(private("EdDSA"))
    middle = secret.splitlines()[1]
    locked = private("EdDSA").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    (tmp_path / "key.pem").write_text(secret)
    wrong: list[Any] = [
        lambda: verification_key(secret, "EdDSA"),
        lambda: verification_key(tmp_path / "key.pem", "EdDSA"),
        lambda: signing_key(public_pem(private("EdDSA")), "EdDSA"),
        lambda: signing_key(locked, "EdDSA"),
        lambda: signing_key(middle, "EdDSA"),
        lambda: signing_key(secret.replace(middle[4:12], "AAAAAAAA"), "EdDSA"),
        lambda: signing_key(secret, "RS256"),
        lambda: signing_key(secret + "\0", "RS256"),
        lambda: signing_key(tmp_path / "none.pem", "EdDSA"),
        lambda: signing_key(tmp_path, "EdDSA"),
        lambda: signing_key("", "EdDSA"),
    ]
    for call in wrong:
        with pytest.raises(ConfigRejected) as caught:
            call()
        told = "".join(traceback.format_exception(caught.value)).partition("ConfigRejected")[2]
        assert middle[20:] not in told
    with pytest.raises(ConfigRejected, match="is a private key; keep it"):
        verification_key(secret, "EdDSA")
    assert middle[20:] not in repr(signing_key(str(tmp_path / "key.pem"), "EdDSA")) + repr(ring())
    assert "private" not in repr(signing_key(secret, "EdDSA"))


def test_a_ring_has_keys_and_the_one_that_was_chosen() -> None:
    with pytest.raises(ConfigRejected, match="no key"):
        KeyRing({})
    with pytest.raises(ConfigRejected, match="no key `other`"):
        ring(chosen="other")
