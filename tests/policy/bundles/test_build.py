# SPDX-License-Identifier: Apache-2.0
"""Bundles that are built here load in the real OPA, those of `opa build` load here, and both decide the same."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from douane.errors import BundleRejected
from douane.policy.bundles import archive, bundle
from douane.policy.bundles.build import build
from douane.policy.bundles.data import merged
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.engines.server import OpaServerEngine
from fakes.opa import opa_binary, opa_server

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
MAIN = 'package douane.main\n\ndecision := {"verdict": "deny", "x": data.a.x, "y": input.y}\n'


def documents() -> list[str]:
    """Facts of the golden cases: one of each file, as they were sent."""
    texts = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests" / "cases" / "policy").glob("*.yaml"))]
    return ["{}", *(json.dumps(merged(text["base"], case["input"])) for text in texts for case in text["cases"][:2])]


def opa(*arguments: str | Path) -> str:
    """What an OPA command says; a failure is one of the test."""
    done = subprocess.run([opa_binary(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def decisions(read: bundle.Bundle) -> list[object]:
    """What the embedded engine decides about the documents."""
    engine = EmbeddedEngine(read, deadline=5, in_process=True)
    return [json.loads(engine.evaluate(document)) for document in documents()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two modules, a test and data."""
    path = tmp_path / "policies"
    (path / "a").mkdir(parents=True)
    (path / "main.rego").write_text(MAIN)
    (path / "main_test.rego").write_text("package douane.main_test\n\ntest_x if true\n")
    (path / "a" / "data.yaml").write_text("x: 1 # why\ny: é\n")
    (path / "README.md").write_text("hello")
    return path


def test_a_bundle_of_opa_build_decides_as_its_folder(tmp_path: Path) -> None:
    opa("build", "--bundle", POLICIES, "--output", tmp_path / "b.tar.gz", "--revision", "2026-11")
    read, own = bundle.read(tmp_path / "b.tar.gz"), bundle.read(POLICIES)
    assert (read.revision, read.data) == ("2026-11", own.data)
    assert decisions(read) == decisions(own)


def test_a_bundle_of_ours_decides_in_opa_as_its_folder_does_here(tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_bytes(build(POLICIES, revision="7"))
    own = bundle.read(POLICIES)
    assert bundle.read(tmp_path / "b.tar.gz").digest == own.digest
    with opa_server(tmp_path / "b.tar.gz") as url:
        server = OpaServerEngine(url, deadline=5)
        assert [json.loads(server.evaluate(document)) for document in documents()] == decisions(own)
        assert server.revision.endswith("=7")
        server.close()


def test_a_built_bundle_holds_rules_tests_and_data_and_its_own_roots(folder: Path) -> None:
    files = archive.unpack(build(folder))
    assert set(files) == {"main.rego", "main_test.rego", "data.json", ".manifest"}
    assert json.loads(files["data.json"]) == {"a": {"x": 1, "y": "é"}}
    digest = bundle.read(folder).digest
    assert json.loads(files[".manifest"]) == {"revision": digest, "roots": ["a", "douane"], "rego_version": 1}
    assert bundle.assemble(files, name="x").digest == digest


def test_equal_folders_give_equal_bytes(folder: Path) -> None:
    first = build(folder)
    (folder / "a" / "data.yaml").write_text("# another comment\ny: 'é'\nx: 1\n")
    assert build(folder) == first


def test_what_the_manifest_names_is_kept_and_what_is_given_goes_before(folder: Path) -> None:
    (folder / ".manifest").write_text('{"revision": "7", "roots": ["douane", "a/x", "a/y"]}')
    assert json.loads(archive.unpack(build(folder))[".manifest"]) == {"revision": "7", "roots": ["douane", "a/x", "a/y"], "rego_version": 1}
    about = json.loads(archive.unpack(build(folder, revision="8", roots=["douane", "a"]))[".manifest"])
    assert (about["revision"], about["roots"]) == ("8", ["douane", "a"])


def test_an_archive_can_be_built_again(folder: Path, tmp_path: Path) -> None:
    first = build(folder, revision="7")
    (tmp_path / "b.tar.gz").write_bytes(first)
    assert build(tmp_path / "b.tar.gz") == first


def test_a_bundle_that_its_roots_do_not_hold_is_not_built(folder: Path) -> None:
    with pytest.raises(BundleRejected, match="no root owns"):
        build(folder, roots=["douane"])
    with pytest.raises(BundleRejected, match="one within the other"):
        build(folder, roots=["douane", "douane/main", "a"])
    with pytest.raises(BundleRejected, match="revision"):
        build(folder, revision="a\nb")


def test_another_bundle_may_lie_beside_but_not_within(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ours.tar.gz").write_bytes(build(folder))
    for name, fits in (("acme", True), ("douane.main", False), ("douane.acme", False)):
        beside = tmp_path / name
        beside.mkdir()
        (beside / "x.rego").write_text(f"package {name}\n\ny := 1\n")
        (beside / ".manifest").write_text(json.dumps({"roots": [name.replace(".", "/")]}))
        arguments = ["eval", "-b", str(tmp_path / "ours.tar.gz"), "-b", str(beside), f"data.{name}.y", "--format", "raw"]
        done = subprocess.run([opa_binary(), *arguments], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is fits, done.stdout + done.stderr
