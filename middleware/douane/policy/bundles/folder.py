# SPDX-License-Identifier: Apache-2.0
"""The folder of a bundle: its files, and a fingerprint that changes when any of them may have changed.

What begins with a dot is nobody's policy: editors, git and mounted volumes keep such files. (OPA reads them, unless told `--ignore ".*"`.)
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from douane.errors import BundleRejected
from douane.policy.bundles.archive import UNPACKED
from douane.policy.bundles.data import NAMES

__all__ = ["fingerprint", "gather"]

_OF_BUNDLES = (".manifest", ".manifest.pb", ".signatures.json")
_READ = (".rego", ".wasm", ".manifest", ".manifest.pb", ".signatures.json", "patch.json")


def gather(folder: Path) -> dict[str, bytes]:
    """The files of a bundle: those that mean something in it, and where it is signed, all. Raises `BundleRejected`."""
    files: dict[str, bytes] = {}
    size = 0
    for name, path, about in _walk(folder):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BundleRejected(f"`{name}` is a link that leaves the folder; put a copy in its place")
        size += about.st_size
        if size > UNPACKED:
            raise BundleRejected(f"the folder holds more than {UNPACKED} bytes of policies and data; move what is not theirs away")
        try:
            files[name] = path.read_bytes()
        except OSError as cause:
            raise BundleRejected(f"`{name}` cannot be read; check its rights") from cause
    return files


def fingerprint(folder: Path) -> str:
    """A short text that differs once a file of the bundle was added, removed, replaced or written. Raises `BundleRejected`."""
    digest = hashlib.sha256()
    for name, _, about in _walk(folder):
        digest.update(repr((name, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)).encode())
    return digest.hexdigest()


def _walk(folder: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Name, path and status of each regular file that belongs to the bundle."""
    if not folder.is_dir():
        raise BundleRejected(f"`{folder}` is no folder; name the one that holds `main.rego`")
    # A signature covers every file, also those that decide nothing.
    is_signed = (folder / ".signatures.json").exists()
    for at, folders, names in os.walk(folder, onerror=_unreadable):
        here = Path(at)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (here / name).is_symlink():
                place = (here / name).relative_to(folder).as_posix()
                raise BundleRejected(f"`{place}` is a link to a folder, which is not followed; put a copy in its place")
        for name in sorted(names):
            if name.startswith(".") and name not in _OF_BUNDLES:
                continue
            if not (is_signed or name in NAMES or name.endswith(_READ)):
                continue
            path = here / name
            try:
                about = path.stat()
            except OSError as cause:
                raise BundleRejected(
                    f"`{path.relative_to(folder).as_posix()}` cannot be read; check where it leads and its rights"
                ) from cause
            if stat.S_ISREG(about.st_mode):
                yield path.relative_to(folder).as_posix(), path, about


def _unreadable(cause: OSError) -> NoReturn:
    raise BundleRejected("a folder of the policies cannot be read; check its rights") from cause
