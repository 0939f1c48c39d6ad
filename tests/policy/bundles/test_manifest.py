# SPDX-License-Identifier: Apache-2.0
"""Manifests and packages: what owns what, and nothing that OPA would understand in another way."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import BundleRejected
from douane.policy.bundles.manifest import Manifest, derived, manifest, package
from douane.policy.rego.syntax import NotParsed, parse
from fakes.opa import opa_binary

POLICIES = Path(__file__).parents[3] / "policies"

# The package that the real OPA sees in a module that begins so, or None where it refuses the module.
BEGINNINGS = {
    "package a": ("a",),
    "package a.b_1.C": ("a", "b_1", "C"),
    '  package a["b c"].d["é"] # why': ("a", "b c", "d", "é"),
    "# METADATA\n# title: x\n\n\t\npackage a\r\nx := 1\r\n": ("a",),
    "package a\n# .b\nx := 1": ("a",),
    "package a.in.if": ("a", "in", "if"),
    "package a; x := 1": None,
    "package 1a": None,
    "package é": None,
    "import rego.v1\npackage a": None,
    "package a\n\n.b": None,
    "\ufeffpackage a": None,
    "": None,
    "# package a": None,
}


@pytest.mark.parametrize(("text", "wanted"), BEGINNINGS.items())
def test_a_package_is_the_one_that_opa_sees(text: str, wanted: tuple[str, ...] | None, tmp_path: Path) -> None:
    if wanted is None:
        with pytest.raises(BundleRejected, match=r"`x\.rego`"):
            package(text, "x.rego")
        return
    assert package(text, "x.rego") == wanted
    (tmp_path / "x.rego").write_text(text, newline="")
    arguments = [opa_binary(), "parse", "--format", "json", str(tmp_path / "x.rego")]
    path = json.loads(subprocess.run(arguments, capture_output=True, check=True).stdout)["package"]["path"]
    assert wanted == tuple(part["value"] for part in path[1:])


@pytest.mark.parametrize(
    "text", ["package a x := 1", "package\na", "package a\n[1]", 'package a["b\\u0063"]', "package a[`b`]", 'package a["b"\n]']
)
def test_a_package_that_could_be_seen_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(BundleRejected, match="on a line of its own"):
        package(text, "x.rego")


def test_a_hostile_beginning_is_read_in_no_time() -> None:
    for text in (
        "#\n" * 500_000,
        "\n" * 1_000_000,
        " " * 1_000_000,
        "package a" + ".b" * 300_000 + ";",
        "package a" + " " * 1_000_000 + ";",
    ):
        with pytest.raises(BundleRejected):
            package(text, "x.rego")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not JSON"),
        ("[]", "no object"),
        ('{"revision": 1}', "revision"),
        ('{"revision": "a\\nb"}', "revision"),
        (json.dumps({"revision": "x" * 257}), "revision"),
        ('{"roots": "douane"}', "roots"),
        ('{"roots": [1]}', "roots"),
        ('{"roots": ["a", "a"]}', "one within the other"),
        ('{"roots": ["a/b/", "/a"]}', "one within the other"),
        ('{"roots": ["", "a"]}', "one within the other"),
        ('{"Roots": ["a"]}', "case"),
        ('{"roots": ["a"], "roots": ["b"]}', "twice"),
        ('{"rego_version": 0}', "Rego"),
        ('{"rego_version": true}', "Rego"),
        ('{"rego_version": "1"}', "Rego"),
        ('{"file_rego_versions": {"*": 0}}', "Rego"),
        ('{"file_rego_versions": [1]}', "Rego"),
        ('{"wasm": [{"entrypoint": "a", "module": "policy.wasm"}]}', "WebAssembly"),
    ],
)
def test_a_manifest_that_says_something_else_than_douane_does_is_refused(text: str, told: str) -> None:
    with pytest.raises(BundleRejected, match=told):
        manifest({".manifest": text.encode()})


def test_a_manifest_may_say_what_opa_build_writes() -> None:
    text = '{"revision":"","roots":[""],"wasm":[],"rego_version":1,"file_rego_versions":{"/a.rego":1},"metadata":{"x":0.5},"new":null}'
    assert manifest({".manifest": text.encode()}) == manifest({}) == manifest({".manifest": b"{}"}) == Manifest()
    assert manifest({".manifest": b'{"revision":null,"roots":null,"rego_version":null,"file_rego_versions":null}'}) == Manifest()


@pytest.mark.parametrize("name", ["a/.manifest", ".manifest.pb", "x.manifest", "a/x.manifest.pb"])
def test_what_opa_would_take_for_its_manifest_is_refused(name: str) -> None:
    with pytest.raises(BundleRejected, match="would be the manifest to OPA"):
        manifest({name: b"{}"})


segments = st.sampled_from(["a", "b", "ab"])
paths = st.lists(segments, min_size=1, max_size=3).map(tuple)


@given(st.lists(paths, max_size=3).map(tuple), paths)
def test_a_root_owns_what_is_below_it_and_nothing_that_only_begins_alike(roots: tuple[tuple[str, ...], ...], path: tuple[str, ...]) -> None:
    own = Manifest("", tuple("/".join(root) for root in roots))
    assert own.owns(path) == any(path == root or path[: len(root)] == root for root in roots)
    assert own.owns(path) == (own.stray({path[0]: nested(path[1:])}) is None)


def nested(path: tuple[str, ...]) -> object:
    return {path[0]: nested(path[1:])} if path else 1


def test_what_is_written_is_read_again() -> None:
    written = Manifest("2026-11 é \u2028", ("a", "b/c"))
    assert manifest({".manifest": Manifest("é", ("a", "b/c")).as_json()}) == Manifest("é", ("a", "b/c"))
    with pytest.raises(BundleRejected, match="revision"):
        manifest({".manifest": written.as_json()})


def test_roots_are_derived_from_packages_and_data() -> None:
    assert derived([("douane", "main"), ("douane", "ops"), ("acme",)], {"residency": {}, "acme": 1}) == ("acme", "douane", "residency")
    for data in ({"a/b": 1}, {"": 1}):
        with pytest.raises(BundleRejected, match="no root can say it"):
            derived([("douane",)], data)


def test_packages_are_those_that_the_embedded_engine_sees() -> None:
    texts = [path.read_text(encoding="utf-8") for path in POLICIES.rglob("*.rego")]
    for text in (*texts, *(text for text, wanted in BEGINNINGS.items() if wanted is not None)):
        try:
            seen = parse("x.rego", text).package
        except NotParsed:
            continue  # refused by whoever loads it
        assert package(text, "x.rego") == seen
    assert len(texts) > 10
