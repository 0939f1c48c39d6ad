# SPDX-License-Identifier: Apache-2.0
"""Where bundles come from: asked again and again, a source gives a bundle when there is another one. This file: folders and archives."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from douane.errors import BundleRejected, SourceUnreachable
from douane.policy.bundles import bundle as bundles
from douane.policy.bundles import folder
from douane.policy.bundles.bundle import Bundle
from douane.policy.bundles.keys import KeyRing

__all__ = ["Fetched", "PathSource", "Source", "source"]

_STILL = 0.05
"""Seconds between two looks: longer than the steps in which file systems count time."""
_ATTEMPTS = 20


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bundle, and the `tag` to ask for news with; what is in a tag is the source's business.

    `notice` is what an operator should hear although there is a bundle, else empty. `keep` is to be called once the bundle decides: a
    source that can be out of reach then keeps it for the next start, and says why where it cannot, else nothing. It never raises.
    """

    bundle: Bundle
    tag: str
    notice: str = ""
    keep: Callable[[], str] = field(default=_nothing, repr=False, compare=False)


class Source(Protocol):
    """A place that bundles come from. For one thread at a time; only `close` may come from another."""

    @property
    def waits(self) -> bool:
        """Whether `fetch` itself waits for news, so that it should be called again at once; after an error, never."""
        ...

    def fetch(self, known: str | None) -> Fetched | None:
        """The bundle, or None where it is still the one with the tag `known`. Blocks.

        Raises `BundleRejected` for a bundle that may not be loaded, and `SourceUnreachable` where there is no answer.
        """
        ...

    def close(self) -> None:
        """End a `fetch` that is under way. Nothing can be fetched any more."""
        ...


class PathSource:
    """A folder, or an archive (`.tar.gz`), on this machine. With `keys` only what one of them signed is taken.

    INVARIANT: a state is read only once two looks, some time apart, saw the same, and it counts only when a look after reading sees that
    too: what an editor or a checkout is still writing is not read as half of one revision and half of the next.
    """

    waits = False

    def __init__(self, path: Path, *, keys: KeyRing | None = None) -> None:
        self._path = path
        self._keys = keys
        self._seen = ("", 0.0)

    def fetch(self, known: str | None) -> Fetched | None:
        """See `Source`. A change is told at the second call that sees it."""
        if known is None:
            return self._first()
        now = self._fingerprint()
        if now != self._seen[0]:
            self._seen = (now, time.monotonic())
            return None
        if now == known or time.monotonic() - self._seen[1] < _STILL:
            return None
        return self._read(now)

    def _first(self) -> Fetched:
        for _ in range(_ATTEMPTS):
            before = self._fingerprint()
            time.sleep(_STILL)
            found = self._read(before)
            if found is not None:
                return found
        raise SourceUnreachable(f"`{self._path}` changes faster than it can be read; start again when it is still")

    def _read(self, before: str) -> Fetched | None:
        try:
            bundle = bundles.read(self._path, keys=self._keys)
        except BundleRejected:
            if self._fingerprint() == before:
                raise
            return None
        return Fetched(bundle, before) if self._fingerprint() == before else None

    def close(self) -> None:
        """See `Source`."""

    def _fingerprint(self) -> str:
        path = self._path
        try:
            if path.is_dir():
                return folder.fingerprint(path)
            about = path.stat()
        except OSError as cause:
            raise SourceUnreachable(f"`{path}` cannot be found; name the folder that holds `main.rego`, or a bundle `.tar.gz`") from cause
        return repr((about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino))


def source(
    spec: str | Path,
    *,
    keys: KeyRing | None = None,
    token: str | None = None,
    ca: Path | None = None,
    persist: Path | None = None,
    wait: int | None = None,
) -> Source:
    """The source that `spec` names: an http(s) URL, else a folder or an archive. `token` and the rest are for a URL; see `HttpSource`.

    Raises `ConfigRejected`. Nothing is read or asked yet.
    """
    if isinstance(spec, str) and spec.lower().startswith(("http://", "https://")):
        from douane.policy.bundles.http_source import HttpSource  # brings an HTTP client with it

        return HttpSource(spec, keys=keys, token=token, ca=ca, persist=persist, wait=wait)
    return PathSource(Path(spec), keys=keys)
