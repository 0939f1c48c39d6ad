# SPDX-License-Identifier: Apache-2.0
"""The signature of a bundle, `.signatures.json` as OPA has it: one JSON Web Token that lists every file with its digest."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from douane.errors import BundleRejected
from douane.policy.bundles import data as documents
from douane.policy.bundles.keys import KeyRing, SigningKey

__all__ = ["NAME", "sign", "verify"]

NAME = ".signatures.json"

# OPA also takes MD5 and SHA-1, for which another file with the same digest can be made.
_HASHES = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384, "SHA-512": hashlib.sha512}
# By base name. Everything else is digested as it is.
_STRUCTURED = (*documents.NAMES, ".manifest")
_PLUGINS = (None, "", "_default")


def sign(files: Mapping[str, bytes], key: SigningKey) -> bytes:
    """The text of `.signatures.json` over these files (an older signature among them apart). Raises `BundleRejected`.

    With RS256 and EdDSA equal files and keys give equal bytes.
    """
    import jwt

    listed = [
        {"name": name, "hash": _digest(files[name], name, "SHA-256"), "algorithm": "SHA-256"} for name in sorted(files) if name != NAME
    ]
    payload: dict[str, object] = {"files": listed}
    if key.scope:
        payload["scope"] = key.scope
    # PyJWT's types know the kinds of keys; ours are opaque, and were checked against the algorithm when they were read.
    private: Any = key.private
    token = jwt.encode(payload, private, algorithm=key.algorithm, headers={"kid": key.id} if key.id else None)
    return json.dumps({"signatures": [token]}, indent=1).encode() + b"\n"


def verify(files: Mapping[str, bytes], keys: KeyRing | None) -> None:
    """Whether the files are exactly those that a key of ours signed; returns nothing, raises `BundleRejected`.

    What is signed while no keys are given is refused, and what is unsigned while some are: either is a mistake in one of two places.
    A token that has expired (`exp`) is refused, which OPA does not do.
    """
    if NAME not in files:
        if keys is not None:
            raise BundleRejected("the bundle is not signed, and keys are configured; sign it with `douane policy build` or `opa sign`")
        return
    if keys is None:
        raise BundleRejected("the bundle is signed, and no key is configured to verify it; configure the public key")
    listed = _listed(_claims(_token(files[NAME]), keys))
    present = files.keys() - {NAME}
    for name in sorted(present - listed.keys()):
        raise BundleRejected(f"`{name}` is not in the bundle's signature; sign the bundle again, or remove the file")
    for name in sorted(listed.keys() - present):
        raise BundleRejected(f"`{name}` is signed but is missing in the bundle; fetch or build it again")
    for name, (algorithm, wanted) in sorted(listed.items()):
        if _digest(files[name], name, algorithm) != wanted:
            raise BundleRejected(f"`{name}` is not what was signed; fetch the bundle again, and find out who changed it")


def _token(raw: bytes) -> str:
    value = documents.parse(raw, NAME)
    tokens = value.get("signatures") if isinstance(value, dict) else None
    if not isinstance(tokens, list) or len(tokens) != 1 or not isinstance(tokens[0], str):
        raise BundleRejected(f"`{NAME}` does not hold exactly one signature; sign the bundle again")
    if set(value) - {"signatures", "plugin"} or value.get("plugin") not in _PLUGINS:
        raise BundleRejected(f"`{NAME}` asks for a plugin, or says more than a signature; sign the bundle with `opa sign`")
    return tokens[0]


def _claims(token: str, keys: KeyRing) -> Mapping[str, Any]:
    """What the token says, once it is known that one of our keys said it."""
    import jwt

    try:
        rumour = jwt.decode_complete(token, options={"verify_signature": False})
        # INVARIANT: nothing of it is believed but which of our keys to try.
        named = rumour["header"].get("kid") or rumour["payload"].get("keyid") or ""
        key = keys.find(named) if isinstance(named, str) else None
        if key is None:
            if not named:
                raise BundleRejected("the signature names none of the configured keys; sign it with `--key-id`")
            raise BundleRejected(
                "the bundle is signed with a key that is not configured; configure its public key, or sign it with another"
            )
        public: Any = key.public
        # The algorithm is the one that our key was configured for, never what the token asks for (RFC 8725, 3.1).
        claims: Mapping[str, Any] = jwt.decode(
            token,
            public,
            algorithms=[key.algorithm],
            options={"verify_aud": False, "verify_iat": False, "verify_sub": False, "verify_jti": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as cause:
        raise BundleRejected(f"the bundle's signature is not valid ({type(cause).__name__}); sign it again with the right key") from cause
    if (claims.get("scope") or "") != key.scope:
        raise BundleRejected("the bundle is signed for another scope than this; configure the scope, or sign it for this one")
    return claims


def _listed(claims: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Algorithm and digest of each file."""
    listed: dict[str, tuple[str, str]] = {}
    files = claims.get("files")
    for file in files if isinstance(files, list) else ():
        match file:
            case {"name": str(name), "algorithm": str(algorithm), "hash": str(digest)}:
                name = name.removeprefix("/").removeprefix("./")
            case _:
                raise BundleRejected("the bundle's signature lists something that is no file; sign it again")
        if name in listed:
            raise BundleRejected("the bundle's signature lists a file twice; sign it again")
        if algorithm not in _HASHES:
            raise BundleRejected("the bundle is signed with a digest that douane does not trust; sign it with SHA-256")
        listed[name] = (algorithm, digest.lower())
    return listed


class _Number(str):
    """The text of a JSON number."""

    __slots__ = ()


def _digest(raw: bytes, name: str, algorithm: str) -> str:
    if name.rpartition("/")[2] in _STRUCTURED:
        value = documents.parse(raw, name, number=_Number)
        documents.check(value, name)
        try:
            raw = "".join(_meant(value)).encode()
        except RecursionError as cause:
            raise BundleRejected(f"`{name}` is nested too deep; flatten it") from cause
    return _HASHES[algorithm](raw).hexdigest()


def _meant(value: object) -> Iterator[str]:
    """What a file means, as OPA digests it: keys sorted, no spaces, numbers as they are written, texts as Go writes them."""
    if isinstance(value, dict):
        for index, key in enumerate(sorted(value)):
            yield "," if index else "{"
            yield from _meant(key)
            yield ":"
            yield from _meant(value[key])
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield "," if index else "["
            yield from _meant(part)
        yield "]" if value else "[]"
    elif isinstance(value, _Number):
        yield value
    else:
        yield json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
