# SPDX-License-Identifier: Apache-2.0
"""A file with settings, merged over the data of the policies: what an operator changes while the rules and their tests stay as they are."""

import time
from collections.abc import Mapping
from pathlib import Path

from douane.errors import BundleRejected, SourceUnreachable
from douane.policy.bundles import data as documents

__all__ = ["SettingsFile"]

_ATTEMPTS = 20
_PAUSE = 0.05
_LARGEST = 2**20


class SettingsFile:
    """YAML or JSON: a mapping from packs to their settings. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, known: str | None) -> tuple[Mapping[str, object], str] | None:
        """The settings and their tag, or None where they are still those with the tag `known`.

        Raises `BundleRejected` for what are no settings, `SourceUnreachable` where the file cannot be read.
        """
        before = self._fingerprint()
        if before == known:
            return None
        for _ in range(_ATTEMPTS):
            time.sleep(_PAUSE)  # an editor that is saving is not done yet; times of files are coarse
            raw = self._read()
            after = self._fingerprint()
            if after == before:
                return self._settings(raw), after
            before = after
        raise SourceUnreachable(f"`{self._path}` changes faster than it can be read")

    def _settings(self, raw: bytes) -> Mapping[str, object]:
        if len(raw) > _LARGEST:
            raise BundleRejected(f"`{self._path}` has more than {_LARGEST} bytes; settings are short")
        value = documents.parse(raw, self._path.name)
        if not isinstance(value, dict):
            raise BundleRejected(f"`{self._path}` is no mapping; begin with the name of a pack, such as `ops:`, or write `{{}}`")
        documents.check(value, self._path.name)
        return value

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                return file.read(_LARGEST + 1)
        except OSError as cause:
            raise self._missing() from cause

    def _fingerprint(self) -> str:
        try:
            about = self._path.stat()
        except OSError as cause:
            raise self._missing() from cause
        return repr((about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino))

    def _missing(self) -> SourceUnreachable:
        return SourceUnreachable(f"the settings `{self._path}` cannot be read; put the file back, or check its rights")
