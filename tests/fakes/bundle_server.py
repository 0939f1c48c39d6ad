# SPDX-License-Identifier: Apache-2.0
"""A fake bundle server: one bundle, ETags, and long polling as OPA's documentation has it. Faults come from `script`, as in `upstream`."""

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from fakes.upstream import Connection, FakeUpstream, Received, Script, fake_upstream

__all__ = ["PATH", "BundleServer", "bundle_server"]

PATH = "/v1/bundles/douane.tar.gz"
_WAIT = re.compile(r";wait=(\d+)")


@dataclass(slots=True)
class BundleServer:
    """`service` is its base URL, `url` that of the bundle. `offers_waiting`: long polling; `token`: what it asks for, if anything."""

    upstream: FakeUpstream
    offers_waiting: bool = False
    token: str = ""
    archive: bytes = b""
    etag: str = ""
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def service(self) -> str:
        """What OPA's configuration calls the service's URL."""
        return self.upstream.url

    @property
    def url(self) -> str:
        """Of the bundle."""
        return self.upstream.url.removesuffix("/v1") + PATH

    @property
    def asked(self) -> list[Received]:
        """Every request so far."""
        return self.upstream.received

    @property
    def script(self) -> Script:
        """How requests are answered."""
        return self.upstream.script

    @script.setter
    def script(self, script: Script) -> None:
        self.upstream.script = script

    def publish(self, archive: bytes, *, etag: str | None = None) -> None:
        """Serve this archive from now on; `etag` empty: without one."""
        with self.changed:
            self.archive = archive
            self.etag = f'"{hashlib.sha256(archive).hexdigest()[:16]}"' if etag is None else etag
            self.changed.notify_all()

    def answer(self, connection: Connection) -> None:
        """The answer of a server that works."""
        headers = connection.request.headers
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            connection.answer(b"{}", 401)
            return
        if connection.request.path != PATH:
            connection.answer(b"{}", 404)
            return
        wait = _WAIT.search(headers.get("prefer", ""))
        until = time.monotonic() + (int(wait[1]) if wait is not None and self.offers_waiting else 0)
        with self.changed:
            while self.etag and headers.get("if-none-match") == self.etag:
                if time.monotonic() >= until or connection.stop.is_set():
                    connection.head(304, f"etag: {self.etag}")
                    return
                self.changed.wait(0.05)
            archive, etag = self.archive, self.etag
        kind = "application/vnd.openpolicyagent.bundles" if self.offers_waiting else "application/gzip"
        connection.answer(archive, 200, kind, *([f"etag: {etag}"] if etag else []))


@contextlib.contextmanager
def bundle_server(archive: bytes = b"") -> Iterator[BundleServer]:
    """A server on a free loopback port that serves `archive`."""
    with fake_upstream() as upstream:
        server = BundleServer(upstream)
        server.publish(archive)
        server.script = server.answer
        yield server
