# SPDX-License-Identifier: Apache-2.0
"""Signatures: OPA's are verified here, ours in OPA, and whatever was touched by somebody else is refused."""

import base64
import hashlib
import hmac
import json
import math
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import BundleRejected
from douane.policy.bundles import archive, bundle, signature
from douane.policy.bundles.build import build
from douane.policy.bundles.folder import gather
from douane.policy.bundles.keys import Algorithm, KeyRing, signing_key, verification_key
from fakes.keys import pem, private, public_pem
from fakes.opa import opa_binary

POLICIES = Path(__file__).parents[3] / "policies"
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "EdDSA", "PS256", "ES256")
# What digests depend on: order, spaces, forms of numbers, escapes, and names whose order differs by byte and by UTF-16 unit.
AWKWARD = {
    "main.rego": b"package douane.main\n\nx := 1\n",
    "x/data.json": b'{ "b" : [1, {"z": null}], "c":[ ] }',
    "data.json": '{"a\\u0000\\b\\f\\n\\/\\"\\\\<>&\\u2028\\u2029\x7f\u2028é😀" : true, "": {}, "😀": [], "\\ufffd": 1}'.encode(),
    "a/data.yaml": b"x: [yes please, 'no', 1, -7, ~, {p: 2026-11-01}]\ny: {}\nz:\n",
    "b/data.yml": b"",
    "c/data.yaml": b'{"x": "\\ud83d\\ude00", "y": 1}',
    "README.md": b"\xff\x00",
    ".manifest": b'{"revision": "1", "metadata": {"x": [1.50, 1e3, -0, 1E+5, 12345678901234567890123]}, "rego_version": 1}',
}


def ring(algorithm: Algorithm, *, scope: str = "", id_: str = "k", which: int = 0, chosen: str = "") -> KeyRing:
    return KeyRing({id_: verification_key(public_pem(private(algorithm, which)), algorithm, scope=scope)}, chosen)


def signed(files: Mapping[str, bytes], algorithm: Algorithm = "EdDSA", *, id_: str = "k", scope: str = "") -> dict[str, bytes]:
    key = signing_key(pem(private(algorithm)), algorithm, id=id_, scope=scope)
    return {**files, signature.NAME: signature.sign(files, key)}


def written(token: str, **more: object) -> bytes:
    return json.dumps({"signatures": [token], **more}).encode()


def token(payload: object, *, algorithm: str = "EdDSA", key: Any = None, headers: dict[str, Any] | None = None) -> str:
    """A token with any payload, signed by our key unless told otherwise."""
    raw = json.dumps(payload).encode()
    return jwt.api_jws.encode(raw, private("EdDSA") if key is None else key, algorithm=algorithm, headers={"kid": "k"} | (headers or {}))


def listed(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """The files of a signature as they should be."""
    own = json.loads(signed(files)[signature.NAME])["signatures"][0]
    return list(jwt.decode(own, options={"verify_signature": False})["files"])


def verified(files: Mapping[str, bytes], keys: KeyRing | None = None) -> bool:
    try:
        signature.verify(files, ring("EdDSA") if keys is None else keys)
    except BundleRejected:
        return False
    return True


def opa(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([opa_binary(), *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_bundle_that_opa_built_and_signed_is_verified(algorithm: Algorithm, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem(private(algorithm)))
    (tmp_path / "claims.json").write_text('{"scope": "write", "keyid": "k"}')
    for more in ((), ("--claims-file", tmp_path / "claims.json")):
        arguments = ("--signing-key", tmp_path / "key.pem", "--signing-alg", algorithm, "-o", tmp_path / "b.tar.gz", *more)
        done = opa("build", "-b", POLICIES, *arguments)
        assert done.returncode == 0, done.stdout
        keys = ring(algorithm, scope="write", id_="k") if more else ring(algorithm, id_="default")
        read = bundle.read(tmp_path / "b.tar.gz", keys=keys)
        assert read.data == bundle.read(POLICIES).data
        for other in (ring(algorithm, scope="other"), ring(algorithm, which=1, id_="default"), ring(algorithm, which=1, chosen="k")):
            with pytest.raises(BundleRejected):
                bundle.read(tmp_path / "b.tar.gz", keys=other)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_bundle_that_we_built_and_signed_is_verified_by_opa(algorithm: Algorithm, tmp_path: Path) -> None:
    key = signing_key(pem(private(algorithm)), algorithm, id="default", scope="write")
    (tmp_path / "b.tar.gz").write_bytes(build(POLICIES, signing_key=key))
    (tmp_path / "public.pem").write_text(public_pem(private(algorithm)))
    known = ("--verification-key", tmp_path / "public.pem", "--signing-alg", algorithm)
    done = opa("build", "-b", tmp_path / "b.tar.gz", *known, "--scope", "write", "-o", tmp_path / "again.tar.gz")
    assert done.returncode == 0, done.stdout
    done = opa("build", "-b", tmp_path / "b.tar.gz", *known, "--scope", "other", "-o", tmp_path / "again.tar.gz")
    assert "scope mismatch" in done.stdout


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_digests_of_structured_files_are_those_of_opa_in_both_directions(algorithm: Algorithm, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    for name, content in AWKWARD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (tmp_path / "key.pem").write_text(pem(private(algorithm)))
    done = opa("sign", "--bundle", ".", "--signing-key", tmp_path / "key.pem", "--signing-alg", algorithm, cwd=folder)
    assert done.returncode == 0, done.stdout
    files = gather(folder)
    assert set(files) == {*AWKWARD, signature.NAME}
    signature.verify(files, ring(algorithm))

    (tmp_path / "public.pem").write_text(public_pem(private(algorithm)))
    (tmp_path / "ours.tar.gz").write_bytes(archive.pack(signed(AWKWARD, algorithm, id_="default")))
    arguments = ("--verification-key", tmp_path / "public.pem", "--signing-alg", algorithm, "-o", tmp_path / "again.tar.gz")
    done = opa("build", "-b", tmp_path / "ours.tar.gz", *arguments)
    assert done.returncode == 0, done.stdout


def test_a_folder_that_opa_signed_is_read(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "main.rego").write_bytes(AWKWARD["main.rego"])
    (tmp_path / "b" / "README.md").write_text("signed too")
    (tmp_path / "key.pem").write_text(pem(private("EdDSA")))
    arguments = ("--signing-key", tmp_path / "key.pem", "--signing-alg", "EdDSA")
    assert opa("sign", "--bundle", ".", *arguments, cwd=tmp_path / "b").returncode == 0
    assert bundle.read(tmp_path / "b", keys=ring("EdDSA")).modules[0][0] == "main.rego"
    (tmp_path / "b" / "README.md").write_text("changed")
    with pytest.raises(BundleRejected, match=r"`README\.md` is not what was signed"):
        bundle.read(tmp_path / "b", keys=ring("EdDSA"))


def test_equal_files_give_equal_signatures() -> None:
    for algorithm in ("RS256", "EdDSA"):
        first = signed(AWKWARD, algorithm)
        assert signed(dict(reversed(first.items())), algorithm) == first


def test_what_is_signed_needs_a_key_and_what_is_not_must_have_none() -> None:
    signature.verify(AWKWARD, None)
    with pytest.raises(BundleRejected, match="no key is configured"):
        signature.verify(signed(AWKWARD), None)
    with pytest.raises(BundleRejected, match="is not signed"):
        signature.verify(AWKWARD, ring("EdDSA"))


@given(st.data())
def test_a_byte_that_was_changed_is_noticed(data: st.DataObject) -> None:
    files = signed(AWKWARD)
    name = data.draw(st.sampled_from(["main.rego", "README.md"]))
    content = bytearray(files[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert not verified(files | {name: bytes(content)})


@given(st.data())
def test_a_byte_of_structured_data_changes_its_meaning_or_nothing(data: st.DataObject) -> None:
    files = signed(AWKWARD)
    content = bytearray(files["data.json"])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    if verified(files | {"data.json": bytes(content)}):
        assert json.loads(bytes(content)) == json.loads(files["data.json"])


@given(st.data())
def test_a_byte_of_the_signature_that_was_changed_is_noticed(data: st.DataObject) -> None:
    files = signed(AWKWARD)
    raw = bytearray(files[signature.NAME])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    if verified(files | {signature.NAME: bytes(raw)}):
        # Spaces around the token may differ, and bits of base64 that stand for nothing.
        assert decoded(bytes(raw)) == decoded(files[signature.NAME])


def decoded(raw: bytes) -> list[bytes]:
    parts = json.loads(raw)["signatures"][0].split(".")
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts]


def test_a_file_more_or_less_is_noticed() -> None:
    files = signed(AWKWARD)
    for more in ({"x.rego": b"package x\n"}, {"y/data.json": b"{}"}, {"README": b""}):
        with pytest.raises(BundleRejected, match="not in the bundle's signature"):
            signature.verify(files | more, ring("EdDSA"))
    for name in AWKWARD:
        with pytest.raises(BundleRejected, match="missing in the bundle"):
            signature.verify({other: content for other, content in files.items() if other != name}, ring("EdDSA"))
    renamed = {("other.rego" if name == "main.rego" else name): content for name, content in files.items()}
    assert not verified(renamed)


def test_two_files_that_changed_places_are_noticed() -> None:
    files = signed({"a.rego": b"package a\n", "b.rego": b"package b\n"})
    assert not verified(files | {"a.rego": files["b.rego"], "b.rego": files["a.rego"]})


def test_the_scope_must_be_the_same() -> None:
    for scope in ("", "write"):
        for wanted in ("", "write", "Write", "write "):
            assert verified(signed(AWKWARD, scope=scope), ring("EdDSA", scope=wanted)) == (scope == wanted)
    for scope in (None, 0, False, [], ["write"], {"write": 1}):
        claims = {"files": listed(AWKWARD), "scope": scope}
        assert not verified({**AWKWARD, signature.NAME: written(token(claims))}, ring("EdDSA", scope="write"))


def test_another_key_is_noticed() -> None:
    assert not verified(signed(AWKWARD), ring("EdDSA", which=1))
    assert not verified(signed(AWKWARD, "RS256"), ring("RS256", which=1))


def test_the_algorithm_is_the_keys_and_never_the_tokens() -> None:
    assert not verified(signed(AWKWARD, "EdDSA"), ring("RS256"))
    assert not verified(signed(AWKWARD, "RS256"), ring("EdDSA"))
    assert not verified(signed(AWKWARD, "RS256"), KeyRing({"k": verification_key(public_pem(private("RS256")), "PS256")}))


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_a_public_key_is_no_secret_to_sign_with(algorithm: Algorithm) -> None:
    secret = public_pem(private(algorithm)).encode()
    for raw in (secret, secret.strip(), base64.b64decode("".join(secret.decode().splitlines()[1:-1]))):
        for name in ("HS256", algorithm):
            head = base64.urlsafe_b64encode(json.dumps({"alg": name, "kid": "k"}).encode()).rstrip(b"=")
            body = base64.urlsafe_b64encode(json.dumps({"files": listed(AWKWARD)}).encode()).rstrip(b"=")
            mac = base64.urlsafe_b64encode(hmac.digest(raw, head + b"." + body, hashlib.sha256)).rstrip(b"=")
            forged = written(b".".join((head, body, mac)).decode())
            assert not verified({**AWKWARD, signature.NAME: forged}, ring(algorithm))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5])
def test_no_algorithm_is_none(algorithm: Any) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "k"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps({"files": listed(AWKWARD)}).encode()).rstrip(b"=").decode()
    own = json.loads(signed(AWKWARD)[signature.NAME])["signatures"][0].split(".")[2]
    for mac in ("", own):
        assert not verified({**AWKWARD, signature.NAME: written(f"{head}.{body}.{mac}")})


def test_there_is_exactly_one_token() -> None:
    own = json.loads(signed(AWKWARD)[signature.NAME])["signatures"][0]
    whole = {**AWKWARD, signature.NAME: written(own)}
    assert verified(whole)
    wrong: list[object] = [{}, {"signatures": []}, {"signatures": [own, own]}, {"signatures": own}, {"signatures": [own, ""]}, [own], None]
    wrong += [{"signatures": [[own]]}, {"signatures": [None]}, {"signatures": {"0": own}}, {"Signatures": [own]}]
    for value in wrong:
        assert not verified(whole | {signature.NAME: json.dumps(value).encode()})
    twice = f'{{"signatures": [{json.dumps(own)}], "signatures": [{json.dumps(own)}]}}'
    for raw in (twice.encode(), b"", b"{", b"\xff", b"[" * 5000):
        assert not verified(whole | {signature.NAME: raw})


def test_only_the_plugin_that_everybody_has_may_be_asked_for() -> None:
    own = json.loads(signed(AWKWARD)[signature.NAME])["signatures"][0]
    for plugin, fits in (("_default", True), ("", True), ("custom", False), (1, False)):
        assert verified({**AWKWARD, signature.NAME: written(own, plugin=plugin)}) is fits
    assert not verified({**AWKWARD, signature.NAME: written(own, keys=[])})


def test_what_a_token_lists_must_be_plain_and_trusted() -> None:
    files = listed(AWKWARD)
    assert verified({**AWKWARD, signature.NAME: written(token({"files": files}))})
    slashed = [{**file, "name": "/" + file["name"]} for file in files]
    assert verified({**AWKWARD, signature.NAME: written(token({"files": slashed}))})
    weak = {"name": "main.rego", "hash": hashlib.md5(AWKWARD["main.rego"]).hexdigest(), "algorithm": "MD5"}
    sha1 = {"name": "main.rego", "hash": hashlib.sha1(AWKWARD["main.rego"]).hexdigest(), "algorithm": "SHA-1"}
    rest = [file for file in files if file["name"] != "main.rego"]
    wrong: list[object] = [
        [*rest, weak],
        [*rest, sha1],
        [*files, files[0]],
        [*files, slashed[0]],
        [*rest, {"name": "main.rego"}],
        [*rest, None],
    ]
    wrong += [None, "files", {}, [], [*rest, {**files[0], "name": 1}], [{**file, "algorithm": ""} for file in files]]
    wrong += [[{**file, "hash": ""} for file in files], [{**file, "algorithm": "sha-256"} for file in files]]
    for value in wrong:
        assert not verified({**AWKWARD, signature.NAME: written(token({"files": value}))})
    for payload in (None, [], "x", {"file": files}):
        assert not verified({**AWKWARD, signature.NAME: written(token(payload))})


def test_longer_digests_are_taken() -> None:
    for algorithm, function in (("SHA-384", hashlib.sha384), ("SHA-512", hashlib.sha512)):
        files = {"main.rego": AWKWARD["main.rego"]}
        entry = {"name": "main.rego", "hash": function(files["main.rego"]).hexdigest().upper(), "algorithm": algorithm}
        assert verified({**files, signature.NAME: written(token({"files": [entry]}))})


def test_a_signature_that_has_expired_is_refused() -> None:
    for claims, fits in (
        ({"exp": time.time() - 60}, False),
        ({"exp": time.time() + 60}, True),
        ({"nbf": time.time() + 60}, False),
        ({"exp": math.inf}, False),
    ):
        assert verified({**AWKWARD, signature.NAME: written(token({"files": listed(AWKWARD), **claims}))}) is fits
    for claims in ({"iat": time.time() + 3600}, {"iss": 5, "sub": 7, "jti": 9, "aud": ["x"]}):
        assert verified({**AWKWARD, signature.NAME: written(token({"files": listed(AWKWARD), **claims}))})


def test_the_key_is_found_by_what_is_configured_then_by_what_the_token_names() -> None:
    right, wrong = (verification_key(public_pem(private("EdDSA", which)), "EdDSA") for which in (0, 1))
    files = {**AWKWARD, signature.NAME: written(token({"files": listed(AWKWARD)}, headers={"kid": "a"}))}
    assert verified(files, KeyRing({"a": right, "b": wrong}))
    assert verified(files, KeyRing({"a": wrong, "b": right}, chosen="b"))
    assert not verified(files, KeyRing({"a": wrong, "b": right}))
    assert not verified(files, KeyRing({"b": right}))
    old = jwt.api_jws.encode(json.dumps({"files": listed(AWKWARD), "keyid": "b"}).encode(), private("EdDSA"), algorithm="EdDSA")
    assert verified({**AWKWARD, signature.NAME: written(old)}, KeyRing({"a": wrong, "b": right}))
    nameless = jwt.api_jws.encode(json.dumps({"files": listed(AWKWARD)}).encode(), private("EdDSA"), algorithm="EdDSA")
    assert verified({**AWKWARD, signature.NAME: written(nameless)}, KeyRing({"b": right}))
    assert not verified({**AWKWARD, signature.NAME: written(nameless)}, KeyRing({"a": wrong, "b": right}))


@pytest.mark.parametrize(
    "header", [{"kid": 5}, {"kid": []}, {"kid": {"k": 1}}, {"kid": "a\0"}, {"kid": "other"}, {"crit": ["x"]}, {"b64": False}]
)
def test_a_header_that_asks_for_something_else_is_refused(header: dict[str, Any]) -> None:
    assert verified({**AWKWARD, signature.NAME: written(by_hand({}))})
    assert not verified({**AWKWARD, signature.NAME: written(by_hand(header))})


def by_hand(header: dict[str, Any]) -> str:
    """A token that is signed as it should be, with more in its header than a library would put there."""
    parts = ({"alg": "EdDSA", "kid": "k"} | header, {"files": listed(AWKWARD)})
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(private("EdDSA").sign(text)).rstrip(b"=")).decode()


@given(
    st.text(max_size=80)
    | st.lists(st.binary(max_size=30), max_size=4).map(lambda parts: b".".join(map(base64.urlsafe_b64encode, parts)).decode())
)
def test_any_token_raises_only_our_error(text: str) -> None:
    assert not verified({**AWKWARD, signature.NAME: written(text)})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["files", "name", "hash", "algorithm", "scope", "keyid", "exp"]), inner)
        ),
    )
)
def test_any_claims_raise_only_our_error(claims: object) -> None:
    assert not verified({**AWKWARD, signature.NAME: written(token(claims))})
