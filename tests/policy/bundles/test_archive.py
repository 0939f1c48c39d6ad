# SPDX-License-Identifier: Apache-2.0
"""Archives: what is packed comes out again, and nothing comes out that was not a plain file within the limits."""

import contextlib
import gzip
import io
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import BundleRejected
from douane.policy.bundles import archive

FILES = {"main.rego": b"package douane.main\n", "residency/data.yaml": b"default: [FR]\n", ".manifest": b"{}"}

names = st.lists(st.text("abcé-_ .", min_size=1, max_size=8).filter(lambda part: part.strip(". ") == part), min_size=1, max_size=3)
trees = st.dictionaries(names.map("/".join), st.binary(max_size=2000), min_size=1, max_size=5)


def tar(*members: tuple[tarfile.TarInfo, bytes], headers: dict[str, str] | None = None) -> bytes:
    """A gzip tar with these members, however wrong."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as file:
        for member, content in members:
            file.addfile(member, io.BytesIO(content))
    return gzip.compress(raw.getvalue())


def plain(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special(name: str, type_: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = type_, target
    return member, b""


@given(trees)
def test_what_is_packed_comes_out_again(files: dict[str, bytes]) -> None:
    assert archive.unpack(archive.pack(files)) == files


def test_equal_files_give_equal_bytes() -> None:
    first = archive.pack(FILES)
    assert archive.pack(dict(reversed(FILES.items()))) == first
    assert first[:10].hex() == "1f8b08000000000002ff"  # no time, and no system, which Python 3.12 and 3.13 would name differently
    time.sleep(1.1)  # gzip and tar count seconds
    assert archive.pack(FILES) == first


def test_names_are_relative_to_the_root_however_they_were_written() -> None:
    packed = tar(plain("/main.rego"), plain("./a/data.json"), special("a", tarfile.DIRTYPE), plain("b.rego"))
    assert set(archive.unpack(packed)) == {"main.rego", "a/data.json", "b.rego"}


@pytest.mark.parametrize(
    "name", ["../x.rego", "a/../../x.rego", "/../x.rego", "//x.rego", "a//x.rego", "a/./x.rego", "a\\x.rego", "a\nb.rego"]
)
def test_a_name_that_leaves_the_archive_or_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(BundleRejected, match="name in the archive"):
        archive.unpack(tar(plain("main.rego"), plain(name)))


@pytest.mark.parametrize(
    "member",
    [
        special("x.rego", tarfile.SYMTYPE, "/etc/passwd"),
        special("x.rego", tarfile.LNKTYPE, "main.rego"),
        special("x.rego", tarfile.FIFOTYPE),
        special("x.rego", tarfile.CHRTYPE),
        special("x.rego", tarfile.BLKTYPE),
        special("x.rego", tarfile.CONTTYPE),
    ],
    ids=["symbolic link", "hard link", "pipe", "character device", "block device", "contiguous file"],
)
def test_links_and_devices_are_refused(member: tuple[tarfile.TarInfo, bytes]) -> None:
    with pytest.raises(BundleRejected, match=r"`x\.rego` in the archive is a link or a device"):
        archive.unpack(tar(plain("main.rego"), member))


def test_a_sparse_file_is_refused() -> None:
    member, content = plain("x.rego", b"1\n0\n1\n".ljust(512, b"\0") + b"y")
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "x.rego",
        "GNU.sparse.realsize": "999999999999",
    }
    with pytest.raises(BundleRejected):
        archive.unpack(tar((member, content)))


def test_a_name_that_stands_twice_is_refused() -> None:
    for other in ("main.rego", "/main.rego", "./main.rego"):
        with pytest.raises(BundleRejected, match="stands twice"):
            archive.unpack(tar(plain("main.rego"), plain(other)))


def test_a_header_for_every_file_is_refused_but_for_a_comment() -> None:
    assert archive.unpack(tar(plain("main.rego"), headers={"comment": "made by git"})) == {"main.rego": b"x"}
    with pytest.raises(BundleRejected, match="every file"):
        archive.unpack(tar(plain("main.rego"), headers={"path": "other.rego"}))


def test_nothing_is_inflated_beyond_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    members = b"".join([gzip.compress(bytes(2**20))] * 64)
    for raw in (bomb, members):
        tracemalloc.start()
        with pytest.raises(BundleRejected, match="holds more than"):
            archive.unpack(raw, limit=2**20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4 * 2**20


def test_a_file_that_claims_to_be_larger_than_the_archive_is_refused() -> None:
    member, _ = plain("main.rego")
    member.size = 2**40
    with pytest.raises(BundleRejected):
        archive.unpack(gzip.compress(member.tobuf() + bytes(1024)))


@pytest.mark.parametrize("back", [512, 513, 1024, 1536])
@pytest.mark.parametrize("type_", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_size_below_zero_does_not_lead_in_circles(back: int, type_: bytes) -> None:
    before = b"".join(plain(name)[0].tobuf() + b"x".ljust(512, b"\0") for name in ("a.rego", "b.rego", "c.rego"))
    block = bytearray(plain("main.rego")[0].tobuf())
    block[124:136] = (256**12 - back).to_bytes(12, "big")
    block[156:157] = type_
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    with pytest.raises(BundleRejected):
        archive.unpack(gzip.compress(before + bytes(block) + bytes(1024)))


def test_too_many_files_are_refused() -> None:
    with pytest.raises(BundleRejected, match="more than 10000 files"):
        archive.unpack(tar(*(plain(f"{index}.rego", b"") for index in range(10_001))))


def test_a_larger_archive_than_the_limit_is_refused_unread() -> None:
    with pytest.raises(BundleRejected, match="larger than"):
        archive.unpack(bytes(archive.PACKED + 1))


def test_what_goes_on_after_its_end_or_breaks_in_the_middle_is_refused() -> None:
    inner = gzip.decompress(archive.pack(FILES))
    hidden = gzip.decompress(archive.pack({"hidden.rego": b"package hidden\n"}))
    with pytest.raises(BundleRejected, match="goes on after its end"):
        archive.unpack(gzip.compress(inner + hidden))
    broken = bytearray(inner)
    broken[1024 + 148] ^= 0xFF  # the checksum of the second header: what follows would be skipped in silence
    with pytest.raises(BundleRejected):
        archive.unpack(gzip.compress(bytes(broken)))


@pytest.mark.parametrize(
    ("raw", "told"),
    [(b"", "empty|tar"), (b"PK\x03\x04", "no gzip"), (gzip.compress(b""), "empty|tar"), (gzip.compress(b"hello"), "tar"), (tar(), "empty")],
)
def test_what_is_no_archive_is_refused(raw: bytes, told: str) -> None:
    with pytest.raises(BundleRejected, match=told):
        archive.unpack(raw)


@given(st.data())
def test_a_part_of_an_archive_is_refused(data: st.DataObject) -> None:
    packed = archive.pack(FILES)
    with pytest.raises(BundleRejected):
        archive.unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(data: st.DataObject) -> None:
    packed = bytearray(archive.pack(FILES))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        files = archive.unpack(bytes(packed))
    except BundleRejected:
        return
    assert files == FILES  # bytes of the gzip header that nobody reads


@given(st.binary(max_size=300), st.sampled_from([gzip.compress, zlib.compress, bytes]))
def test_any_bytes_raise_only_our_error(raw: bytes, wrap: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BundleRejected):
        archive.unpack(wrap(raw))


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=12)), min_size=1, max_size=4))
def test_a_damaged_tar_raises_only_our_error(damages: list[tuple[int, bytes]]) -> None:
    raw = bytearray(gzip.decompress(tar(plain("é" * 60 + "/data.json"), plain("main.rego", b"x" * 600), headers={"comment": "c"})))
    for at, damage in damages:
        raw[at : at + len(damage)] = damage
    with contextlib.suppress(BundleRejected):
        archive.unpack(gzip.compress(bytes(raw)))


def test_a_file_on_disk_is_read_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_bytes(archive.pack(FILES))
    assert archive.load(tmp_path / "b.tar.gz") == FILES
    for name in ("none", "."):
        with pytest.raises(BundleRejected):
            archive.load(tmp_path / name)
