# SPDX-License-Identifier: Apache-2.0
"""The archive of a bundle, a gzip tar: files to bytes and back, refusing whatever could write, link or grow beyond them.

The files of a bundle are a `Mapping[str, bytes]`: POSIX names relative to its root, such as `residency/data.yaml`.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from douane.errors import BundleRejected

__all__ = ["PACKED", "UNPACKED", "load", "pack", "unpack"]

PACKED = 16 * 2**20
"""Bytes of an archive at most."""
UNPACKED = 32 * 2**20
"""Bytes of what is in it at most, headers included."""

_FILES = 10_000
_STEP = 64 * 1024
_GZIP = b"\x1f\x8b"
_ANY_SYSTEM = b"\xff"


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive with these files. Equal files give equal bytes (with the same zlib): names sorted, no time, no owner, one mode."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    packed = gzip.compress(raw.getvalue(), compresslevel=9, mtime=0)
    # The byte that names the operating system (RFC 1952, 2.3) differs from one Python to the next.
    return packed[:9] + _ANY_SYSTEM + packed[10:]


def unpack(raw: bytes, *, limit: int = UNPACKED) -> dict[str, bytes]:
    """The files of an archive. Nothing is inflated beyond `limit` bytes. Raises `BundleRejected`."""
    if len(raw) > PACKED:
        raise BundleRejected(f"the archive is larger than {PACKED} bytes; leave out what is no policy and no data")
    content = _inflated(raw, limit)
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:", encoding="utf-8", errors="strict") as archive:
            for member in archive:
                _take(archive, member, files)
            if set(archive.pax_headers) - {"comment"}:
                raise BundleRejected("the archive has a header that renames or resizes every file in it; build it again")
            rest = content[archive.offset :]
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as cause:
        raise BundleRejected("the archive is no tar that can be read; build it with `douane policy build` or `opa build`") from cause
    if rest.strip(b"\0"):
        raise BundleRejected("the archive goes on after its end, or is broken in the middle; build it again")
    if not files:
        raise BundleRejected("the archive is empty; build it from the folder that holds the policies")
    return files


def load(path: Path) -> dict[str, bytes]:
    """The files of an archive on disk. Raises `BundleRejected`."""
    try:
        with path.open("rb") as file:
            raw = file.read(PACKED + 1)
    except OSError as cause:
        raise BundleRejected(f"`{path}` cannot be read; check its name and its rights") from cause
    return unpack(raw)


def _inflated(raw: bytes, limit: int) -> bytes:
    content = bytearray()
    rest = raw
    try:
        while rest:  # gzip members may follow each other (RFC 1952, 2.2)
            if not rest.startswith(_GZIP):
                raise BundleRejected("this is no gzip archive; build it with `douane policy build` or `opa build`")
            inflater = zlib.decompressobj(31)
            while not inflater.eof:
                piece = inflater.decompress(rest, _STEP)
                content += piece
                if len(content) > limit:
                    raise BundleRejected(f"the archive holds more than {limit} bytes; leave out what is no policy and no data")
                rest = inflater.unconsumed_tail
                if not rest and not piece and not inflater.eof:
                    raise BundleRejected("the archive breaks off; fetch or copy it again")
            rest = inflater.unused_data
    except zlib.error as cause:
        raise BundleRejected("the archive is damaged; fetch or copy it again") from cause
    return bytes(content)


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, bytes]) -> None:
    if member.type == tarfile.DIRTYPE:
        return
    name = _name(member.name)
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise BundleRejected(f"`{name}` in the archive is a link or a device; put the file itself there")
    # INVARIANT: no name twice, which also ends the circles that sizes below zero lead `tarfile` in.
    if name in files:
        raise BundleRejected(f"`{name}` stands twice in the archive; keep one")
    if len(files) >= _FILES:
        raise BundleRejected(f"the archive has more than {_FILES} files; leave out what is no policy and no data")
    file = archive.extractfile(member)
    assert file is not None  # as of any regular file
    files[name] = file.read()


def _name(raw: str) -> str:
    """The name relative to the root: OPA begins every name with a slash, `tar` with `./`."""
    parts = raw.removeprefix("/").split("/")
    if parts[0] == ".":
        del parts[0]
    if not parts or any(part in ("", ".", "..") for part in parts) or "\\" in raw or not raw.isprintable():
        raise BundleRejected("a name in the archive leaves it, or is not plain; names are such as `residency/data.yaml`")
    return "/".join(parts)
