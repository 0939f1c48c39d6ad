# SPDX-License-Identifier: Apache-2.0
"""Bundles: read as OPA reads them, refused where data or files could silently change a decision."""

import os
import re
from pathlib import Path

import pytest

from douane.errors import BundleRejected
from douane.policy.bundles import archive, bundle
from douane.policy.bundles.folder import gather

MAIN = 'package douane.main\n\ndecision := {"verdict": "deny"}\n'


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder with `main.rego` and these files; `__` in a name is a slash, the last `_` a dot."""
    for name, text in {"main_rego": MAIN, **files}.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = tmp_path / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_data_is_mounted_by_its_folder_and_nothing_else_is_data(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, residency__data_yaml="default: [FR]", a__b__data_json='{"x": 1}', schemas__input_json="{}"))
    assert read.data == '{"a":{"b":{"x":1}},"residency":{"default":["FR"]}}'


def test_tests_are_kept_apart(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, main_test_rego="package douane.main_test\n"))
    assert [name for name, _ in read.modules] == ["main.rego"]
    assert [name for name, _ in read.tests] == ["main_test.rego"]


def test_the_digest_changes_with_rules_and_data_and_with_nothing_else(tmp_path: Path) -> None:
    first = bundle.read(folder(tmp_path, a__data_yaml="x: 1")).digest
    assert first.startswith("sha256:")
    manifest = '{"revision": "7", "roots": ["douane", "a", "x_test"], "metadata": {"by": "us"}}'
    changed = folder(tmp_path, main_test_rego="package x_test\n", README_md="hello", _manifest=manifest)
    assert bundle.read(changed).digest == first
    assert bundle.read(folder(tmp_path, a__data_yaml="x: 2")).digest != first
    (tmp_path / "a" / "data.yaml").write_text("x: 1")
    assert bundle.read(tmp_path).digest == first
    (tmp_path / "main.rego").write_text(MAIN + "\nx := 1\n")
    assert bundle.read(tmp_path).digest != first


def test_the_revision_is_the_manifests_or_the_digest(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path))
    assert (read.revision, read.roots) == (read.digest, ("",))
    read = bundle.read(folder(tmp_path, _manifest='{"revision": "2026-11 é", "roots": ["/douane/"]}'))
    assert (read.revision, read.roots) == ("2026-11 é", ("douane",))


def test_settings_are_merged_over_data_and_change_the_digest(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, a__data_yaml="x: 1\ny: {z: [1, 2], w: 3}"))
    changed = bundle.override(read, {"a": {"y": {"z": [9], "w": None}}})
    assert changed.data == '{"a":{"x":1,"y":{"z":[9]}}}'
    assert changed.digest == changed.revision != read.revision


def test_settings_leave_a_revision_that_the_authors_gave(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, a__data_yaml="x: 1", _manifest='{"revision": "7"}'))
    changed = bundle.override(read, {"a": {"x": 2}})
    assert (changed.revision, changed.roots) == ("7", read.roots)
    assert changed.digest != read.digest


def test_settings_for_a_pack_without_data_are_refused(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, a__data_yaml="x: 1"))
    with pytest.raises(BundleRejected, match=r"policies\.settings\.residencey.*`a`"):
        bundle.override(read, {"residencey": {}})


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRejected, match=r"main\.rego"):
        bundle.read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", "pipe"):
        with pytest.raises(BundleRejected, match="no folder"):
            bundle.read(tmp_path / name)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.rego").write_text("package x\n")
    inside = folder(tmp_path / "policies")
    (inside / "linked.rego").symlink_to(tmp_path / "outside.rego")
    with pytest.raises(BundleRejected, match="leaves the folder"):
        bundle.read(inside)


def test_a_link_to_a_folder_is_refused_and_one_within_is_followed(tmp_path: Path) -> None:
    inside = folder(tmp_path, a__README_md="", _deep_data_yaml="x: 1")
    (inside / "a" / "data.yaml").symlink_to(inside / "_deep_data.yaml")
    assert bundle.read(inside).data == '{"a":{"x":1}}'
    (inside / "b").symlink_to(inside / "a")
    with pytest.raises(BundleRejected, match="`b` is a link to a folder"):
        bundle.read(inside)


def test_hidden_files_of_a_folder_are_nobodys_and_in_an_archive_are_refused(tmp_path: Path) -> None:
    inside = folder(tmp_path)
    (inside / ".git").mkdir()
    for name in (".git/x.rego", ".git/data.json", ".x.rego"):
        (inside / name).write_text("package x\n")
    (inside / ".#main.rego").symlink_to("who@where.1:2")  # Emacs, while somebody edits
    assert [name for name, _ in bundle.read(inside).modules] == ["main.rego"]
    for name in (".git/x.rego", "a/.b/data.json", ".x.rego"):
        with pytest.raises(BundleRejected, match="is hidden"):
            bundle.assemble({"main.rego": MAIN.encode(), name: b"package x\n"}, name="x")


def test_an_archive_is_read_as_its_folder_is(tmp_path: Path) -> None:
    inside = folder(tmp_path / "policies", a__data_yaml="x: 1", main_test_rego="package x_test\n", _manifest='{"revision": "7"}')
    (tmp_path / "policies.tar.gz").write_bytes(archive.pack(gather(inside)))
    assert bundle.read(tmp_path / "policies.tar.gz") == bundle.read(inside)


def test_what_is_no_policy_and_no_data_is_left_alone() -> None:
    files = {"main.rego": MAIN.encode(), "README.md": b"\xff", "schemas/input.json": b"{", "plan.json": b"{", "a/values.yaml": b"["}
    assert bundle.assemble(files, name="x") == bundle.assemble({"main.rego": MAIN.encode()}, name="x")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"policy.wasm": ""}, "WebAssembly"),
        ({"a/other.wasm": ""}, "WebAssembly"),
        ({"patch.json": '{"data": []}'}, "delta bundle"),
        ({"a/patch.json": "{}"}, "delta bundle"),
        ({"a/.signatures.json": "{}"}, "not at the top"),
        ({".manifest": '{"roots": ["douane/main"]}', "x.rego": "package douane.other\n"}, "`douane.other`, which no root owns"),
        ({".manifest": '{"roots": ["douane/mai"]}'}, "`douane.main`, which no root owns"),
        ({".manifest": '{"roots": []}'}, "no root owns"),
        ({".manifest": '{"roots": ["douane", "a/b"]}', "a/b/data.json": '{"x": 1}', "a/data.json": '{"c": 1}'}, "data at `a.c`"),
        ({".manifest": '{"roots": ["douane", "a/b"]}', "a/data.json": '{"b": 1, "c": {}}'}, "data at `a.c`"),
        ({".manifest": '{"roots": ["douane", "a/b"]}', "data.json": '{"a": 1}'}, "data at `a`"),
        ({"data.json": '{"douane": {"other": {}}}'}, "data under `douane`"),
        ({"x.rego": "package acme.limits\n", "acme/limits/data.json": '{"x": 1}'}, "data at `acme.limits`"),
        ({"x.rego": "package acme.limits\n", "data.json": '{"acme": 1}'}, "data at `acme.limits`"),
        ({"x.rego": "package acme.limits\n", "acme/limits/x/data.json": "{}"}, "data at `acme.limits`"),
    ],
)
def test_a_bundle_that_opa_would_not_load_or_would_read_otherwise_is_refused(files: dict[str, str], told: str) -> None:
    with pytest.raises(BundleRejected, match=re.escape(told)):
        bundle.assemble({"main.rego": MAIN.encode()} | {name: text.encode() for name, text in files.items()}, name="x")


def test_data_may_stand_beside_and_above_packages() -> None:
    files = {"main.rego": MAIN, "x.rego": "package acme.limits\n", "acme/data.json": '{"names": []}', "acme/limit/data.json": '{"x": 1}'}
    read = bundle.assemble({name: text.encode() for name, text in files.items()}, name="x")
    assert read.data == '{"acme":{"limit":{"x":1},"names":[]}}'


def test_too_much_is_refused() -> None:
    for name in ("x.rego", "a/data.json"):
        with pytest.raises(BundleRejected, match=r"bundle-x.*move"):
            bundle.assemble({"main.rego": MAIN.encode(), name: bytes(2**24 + 1)}, name="bundle-x")
    lines = [f"x0: &x0 {'a' * 100_000}", *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 8)}]" for n in range(1, 3))]
    files = {f"{name}/data.yaml": "\n".join(lines).encode() for name in ("a", "b", "c")}  # 7 million characters each
    with pytest.raises(BundleRejected, match=r"bundle-x.*characters of data"):
        bundle.assemble({"main.rego": MAIN.encode(), **files}, name="bundle-x")


def test_a_bundle_tells_neither_rules_nor_data_when_it_is_printed(tmp_path: Path) -> None:
    assert "decision" not in repr(bundle.read(folder(tmp_path, a__data_yaml="x: decision")))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "bad.rego").write_bytes(b"package \xff")
    with pytest.raises(BundleRejected, match=r"bad\.rego"):
        bundle.read(tmp_path)
