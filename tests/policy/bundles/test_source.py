# SPDX-License-Identifier: Apache-2.0
"""Folders and archives as sources: what is new is told once, whole, and when it is still."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from douane.errors import BundleRejected, SourceUnreachable
from douane.policy.bundles import bundle
from douane.policy.bundles.source import Fetched, PathSource, Source, source
from fakes.bundles import KEYS, SIGNING, fetched, packed, policies


def polled(from_disk: Source, tag: str) -> Fetched | None:
    """What a second look sees, a while after the first one, which says nothing yet."""
    assert from_disk.fetch(tag) is None
    time.sleep(0.06)
    return from_disk.fetch(tag)


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_change_on_disk_is_told_once_and_only_when_it_is_still(kind: str, tmp_path: Path) -> None:
    place = tmp_path / ("policies" if kind == "folder" else "policies.tar.gz")

    def write(verdict: str) -> None:
        if kind == "folder":
            policies(place, verdict)
        else:
            place.write_bytes(packed(tmp_path, verdict))

    write("deny")
    from_disk = source(place)
    first = fetched(from_disk.fetch(None))
    assert polled(from_disk, first.tag) is None
    write("allow")
    second = fetched(polled(from_disk, first.tag))
    assert (first.bundle.data, second.bundle.data) == ('{"a":{"x":"deny"}}', '{"a":{"x":"allow"}}')
    assert polled(from_disk, second.tag) is None
    assert (first.notice, first.keep(), from_disk.waits) == ("", "", False)


def test_each_kind_of_change_in_a_folder_is_seen(tmp_path: Path) -> None:
    place = policies(tmp_path / "policies")
    from_disk = PathSource(place)
    tag = fetched(from_disk.fetch(None)).tag
    about = (place / "a" / "data.yaml").stat()

    def same_size_and_time() -> None:
        (place / "a" / "data.yaml").write_text("x: DENY\n")
        os.utime(place / "a" / "data.yaml", ns=(about.st_atime_ns, about.st_mtime_ns))

    changes: list[Callable[[], object]] = [
        lambda: (place / "x.rego").write_text("package x\n"),
        lambda: (place / "x.rego").rename(place / "y.rego"),
        lambda: (place / "y.rego").unlink(),
        same_size_and_time,
        lambda: (place / ".manifest").write_text('{"revision": "7"}'),
    ]
    for change in changes:
        change()
        tag = fetched(polled(from_disk, tag)).tag
    for other in ("README.md", ".swp", ".git/HEAD", "schemas/x.json"):
        (place / other).parent.mkdir(exist_ok=True)
        (place / other).write_text("x")
    assert polled(from_disk, tag) is None


def test_a_change_of_two_files_is_read_when_both_are_there(tmp_path: Path) -> None:
    place = policies(tmp_path / "policies")
    from_disk = PathSource(place)
    tag = fetched(from_disk.fetch(None)).tag
    (place / "main.rego").write_text("package douane.main\n")
    assert from_disk.fetch(tag) is None
    assert from_disk.fetch(tag) is None  # too soon after the look before
    (place / "a" / "data.yaml").write_text("x: allow\n")
    assert fetched(polled(from_disk, tag)).bundle.data == '{"a":{"x":"allow"}}'


def test_a_folder_that_is_being_written_is_never_read_as_half(tmp_path: Path) -> None:
    place = policies(tmp_path / "policies", "v0")
    over = threading.Event()

    def write() -> None:
        count = 0
        while not over.is_set():
            count += 1
            policies(place, f"v{count}")  # two files that belong together
            time.sleep(0.002 if count % 20 else 0.2)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        from_disk, tag, seen = PathSource(place), None, 0
        until = time.monotonic() + 2
        while time.monotonic() < until:
            with contextlib.suppress(SourceUnreachable, BundleRejected):  # a file is empty while it is written
                found = from_disk.fetch(tag)
                if found is not None:
                    tag, seen = found.tag, seen + 1
                    told = json.loads(found.bundle.data)["a"]["x"]
                    assert f'"{told}"' in dict(found.bundle.modules)["main.rego"]
            time.sleep(0.01)
        assert seen > 1
    finally:
        over.set()
        thread.join()


def test_what_changes_while_it_is_read_is_not_told(tmp_path: Path) -> None:
    place = policies(tmp_path / "policies")
    from_disk = PathSource(place)
    tag = fetched(from_disk.fetch(None)).tag
    for index in range(1500):  # so that reading takes a while
        (place / f"x{index}.rego").write_text("package x\n")
    assert from_disk.fetch(tag) is None
    time.sleep(0.06)
    begun = time.monotonic()
    bundle.read(place)
    later = threading.Timer((time.monotonic() - begun) / 2, lambda: (place / "a" / "data.yaml").write_text("x: allow\n"))
    later.start()
    assert from_disk.fetch(tag) is None
    later.join()
    assert fetched(polled(from_disk, tag)).bundle.data == '{"a":{"x":"allow"}}'


def test_a_folder_that_is_not_there_or_never_still_is_out_of_reach(tmp_path: Path) -> None:
    for place in (tmp_path / "none", tmp_path / "none.tar.gz"):
        with pytest.raises(SourceUnreachable, match="cannot be found"):
            source(place).fetch(None)
    place, over = policies(tmp_path / "policies"), threading.Event()

    def write() -> None:
        while not over.is_set():
            (place / "main.rego").write_text(f"package douane.main\n# {time.monotonic_ns()}\n")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with pytest.raises(SourceUnreachable, match="changes faster"):
            source(place).fetch(None)
    finally:
        over.set()
        thread.join()


def test_what_is_wrong_on_disk_is_rejected_until_it_is_mended(tmp_path: Path) -> None:
    place = policies(tmp_path / "policies")
    from_disk = PathSource(place)
    tag = fetched(from_disk.fetch(None)).tag
    (place / "a" / "data.yaml").write_text("x: [")
    for ask in (polled, PathSource.fetch):
        with pytest.raises(BundleRejected, match=r"a/data\.yaml"):
            ask(from_disk, tag)
    policies(place, "allow")
    assert fetched(polled(from_disk, tag)).bundle.data == '{"a":{"x":"allow"}}'


def test_keys_are_asked_for_on_disk_too(tmp_path: Path) -> None:
    place = tmp_path / "b.tar.gz"
    place.write_bytes(packed(tmp_path, signing_key=SIGNING))
    assert fetched(source(place, keys=KEYS).fetch(None)).bundle.data == '{"a":{"x":"deny"}}'
    with pytest.raises(BundleRejected, match="no key is configured"):
        source(place).fetch(None)
    with pytest.raises(BundleRejected, match="is not signed"):
        source(policies(tmp_path / "policies"), keys=KEYS).fetch(None)
