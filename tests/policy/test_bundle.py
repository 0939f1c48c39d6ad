# SPDX-License-Identifier: Apache-2.0
"""Bundles: read as OPA reads them, refused where data or files could silently change a decision."""

from pathlib import Path

import pytest

from douane.errors import BundleRejected
from douane.policy import bundle

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


def test_the_revision_changes_with_rules_and_data_and_with_nothing_else(tmp_path: Path) -> None:
    first = bundle.read(folder(tmp_path, a__data_yaml="x: 1")).revision
    assert first.startswith("sha256:")
    assert bundle.read(folder(tmp_path, main_test_rego="package x_test\n", README_md="hello")).revision == first
    assert bundle.read(folder(tmp_path, a__data_yaml="x: 2")).revision != first
    (tmp_path / "a" / "data.yaml").write_text("x: 1")
    assert bundle.read(tmp_path).revision == first
    (tmp_path / "main.rego").write_text(MAIN + "\nx := 1\n")
    assert bundle.read(tmp_path).revision != first


def test_settings_are_merged_over_data_and_change_the_revision(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, a__data_yaml="x: 1\ny: {z: [1, 2], w: 3}"))
    changed = bundle.override(read, {"a": {"y": {"z": [9], "w": None}}})
    assert changed.data == '{"a":{"x":1,"y":{"z":[9]}}}'
    assert changed.revision != read.revision


def test_settings_for_a_pack_without_data_are_refused(tmp_path: Path) -> None:
    read = bundle.read(folder(tmp_path, a__data_yaml="x: 1"))
    with pytest.raises(BundleRejected, match=r"policies\.settings\.residencey.*`a`"):
        bundle.override(read, {"residencey": {}})


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"douane__main__data_yaml": "decision: {verdict: allow}"}, "douane"),
        ({"data_json": '{"douane": {"main": {}}}'}, "douane"),
        ({"a__data_yaml": "x: 1\nx: 2"}, "stands twice"),
        ({"a__data_json": '{"x": 1, "x": 2}'}, "stands twice"),
        ({"a__data_yaml": "x: ["}, "a/data.yaml"),
        ({"a__data_json": "{"}, "a/data.json"),
        ({"a__data_yaml": "- 1"}, "no mapping"),
        ({"a__data_yaml": "x: 0.5"}, "whole numbers"),
        ({"a__data_yaml": "x: 9007199254740993"}, "whole numbers"),
        ({"a__data_yaml": "x: .nan"}, "whole numbers"),
        ({"a__data_yaml": "{NO: 1}"}, "quotes"),
        ({"a__data_yaml": "x: !!python/object/apply:os.getcwd []"}, "a/data.yaml"),
        ({"a__data_yaml": "b: 1", "a__b__data_yaml": "c: 1"}, "a/data.yaml"),
        ({"a__data_yaml": "b: 1", "data_yaml": "a: {b: 2}"}, "keep one"),
    ],
)
def test_data_that_two_readers_might_read_differently_is_refused(tmp_path: Path, files: dict[str, str], told: str) -> None:
    with pytest.raises(BundleRejected) as caught:
        bundle.read(folder(tmp_path, **files))
    assert told in str(caught.value)


def test_a_date_is_text_as_opa_reads_it(tmp_path: Path) -> None:
    assert bundle.read(folder(tmp_path, a__data_yaml="x: 2026-11-01")).data == '{"a":{"x":"2026-11-01"}}'


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleRejected, match=r"main\.rego"):
        bundle.read(tmp_path)
    with pytest.raises(BundleRejected, match="no folder"):
        bundle.read(tmp_path / "none")


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.rego").write_text("package x\n")
    inside = folder(tmp_path / "policies")
    (inside / "linked.rego").symlink_to(tmp_path / "outside.rego")
    with pytest.raises(BundleRejected, match="leaves the folder"):
        bundle.read(inside)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "bad.rego").write_bytes(b"package \xff")
    with pytest.raises(BundleRejected, match=r"bad\.rego"):
        bundle.read(tmp_path)
