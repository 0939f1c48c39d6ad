# SPDX-License-Identifier: Apache-2.0
"""Small bundles, signed or not, for whatever fetches them."""

from pathlib import Path

from douane.policy.bundles.build import build
from douane.policy.bundles.keys import KeyRing, SigningKey, VerificationKey
from douane.policy.bundles.source import Fetched
from fakes.keys import private

__all__ = ["KEYS", "SIGNING", "fetched", "packed", "policies"]

SIGNING = SigningKey("EdDSA", private("EdDSA"), "k")
KEYS = KeyRing({"k": VerificationKey("EdDSA", private("EdDSA").public_key())})
"""Verifies what `SIGNING` signed."""


def policies(folder: Path, verdict: str = "deny") -> Path:
    """A folder with one module and data."""
    (folder / "a").mkdir(parents=True, exist_ok=True)
    (folder / "main.rego").write_text(f'package douane.main\n\ndecision := {{"verdict": "{verdict}"}}\n')
    (folder / "a" / "data.yaml").write_text(f"x: {verdict}\n")
    return folder


def packed(folder: Path, verdict: str = "deny", *, revision: str | None = None, signing_key: SigningKey | None = None) -> bytes:
    """The archive of such a folder."""
    return build(policies(folder / verdict, verdict), revision=revision, signing_key=signing_key)


def fetched(found: Fetched | None) -> Fetched:
    """What was fetched, where something must have been."""
    assert found is not None
    return found
