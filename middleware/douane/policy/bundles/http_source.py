# SPDX-License-Identifier: Apache-2.0
"""Bundles from an HTTP server, asked as OPA asks: ETag, `Prefer`, long polling where the server offers it.

aiohttp, because its time-out is for the whole exchange: a server that sends a header byte by byte would hold a client that counts each
read for itself. Nothing is taken from the environment, and no redirect is followed to another place.
"""

import asyncio
import contextlib
import hashlib
import ipaddress
import os
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from douane.errors import BundleRejected, ConfigRejected, SourceUnreachable
from douane.policy.bundles import archive, signature
from douane.policy.bundles.bundle import Bundle, assemble
from douane.policy.bundles.keys import KeyRing
from douane.policy.bundles.source import Fetched

__all__ = ["HttpSource"]

_LONG_POLLING = "application/vnd.openpolicyagent.bundles"
_UNNAMED = "sha256:"
_REDIRECTS = 3
_CONNECT = 10.0
_SHORTEST_WAIT = 0.5
"""Seconds. A server that offers to wait and answers faster, with nothing, is not asked again without a pause."""
_TAG = 1024
_TOLD = {401: "check the token", 403: "check what the token is for", 404: "check the path of the bundle"}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the server said: nothing new (`archive` is None), or an archive with its tag."""

    archive: bytes | None = field(default=None, repr=False)
    tag: str = ""
    offers_waiting: bool = False


class HttpSource:
    """A bundle at `url`. With `keys` only what one of them signed is taken; `token` is a bearer token, `ca` a PEM file of authorities.

    `persist` is where the last bundle that decided is kept, for a start without the server; it is verified like any other. `wait` is how
    many seconds the server may wait for news, if it offers that; `deadline` bounds a whole exchange otherwise, in seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        keys: KeyRing | None = None,
        token: str | None = None,
        ca: Path | None = None,
        persist: Path | None = None,
        wait: int | None = None,
        deadline: float = 60.0,
    ) -> None:
        """Raises `ConfigRejected`. Nothing is asked yet."""
        self._place, is_private = _place(url)
        if not is_private and (token is not None or keys is None):
            what = "the token could be read" if token is not None else "unsigned policies could be changed"
            raise ConfigRejected(f"{what} on the way from `{self._place}`; use https, or keys where there is no token")
        self._url = URL(url)
        self._keys = keys
        self._headers = {"accept-encoding": "identity", "user-agent": "douane"}
        if token is not None:
            self._headers["authorization"] = f"Bearer {token}"
        self._tls = _tls(ca) if self._url.scheme == "https" else None
        self._persist = persist
        self._wait = wait
        self._offers_waiting = wait is not None  # as OPA: assumed until the first answer says otherwise
        self._deadline = deadline
        self._is_closed = False
        self._has_begun = False  # whether there was ever a bundle
        self._is_patient = False  # whether the latest answer was one of a server that waits for news
        self._latest = ""
        self._under_way: tuple[asyncio.AbstractEventLoop, asyncio.Task[_Answer]] | None = None

    @property
    def waits(self) -> bool:
        """See `Source`."""
        return self._is_patient and self._offers_waiting

    def fetch(self, known: str | None) -> Fetched | None:
        """See `Source`. Must not be called on an event loop."""
        self._is_patient = False
        begun = time.monotonic()
        try:
            answer = self._ask(known or "")
            if answer.archive is None or answer.tag == known:
                self._is_patient = time.monotonic() - begun > _SHORTEST_WAIT
                return None
            bundle = self._bundle(archive.unpack(answer.archive), self._place)
            fetched = Fetched(bundle, answer.tag, keep=lambda: self._keep(answer.archive))
            self._is_patient, self._latest = bundle.digest != self._latest, bundle.digest
        except (BundleRejected, SourceUnreachable) as failure:
            if self._has_begun or self._persist is None or self._is_closed:
                raise
            fetched = self._kept(failure)
        self._has_begun = True
        return fetched

    def close(self) -> None:
        """See `Source`."""
        self._is_closed = True
        under_way = self._under_way
        if under_way is not None:
            loop, task = under_way
            with contextlib.suppress(RuntimeError):  # it ended meanwhile
                loop.call_soon_threadsafe(task.cancel)

    def _bundle(self, files: Mapping[str, bytes], name: str) -> Bundle:
        signature.verify(files, self._keys)
        return assemble(files, name=name)

    def _ask(self, known: str) -> _Answer:
        headers = {"prefer": "modes=snapshot"}
        deadline = self._deadline
        if self._wait is not None and self._offers_waiting:
            headers["prefer"] += f";wait={self._wait}"
            deadline += self._wait
        if known and not known.startswith(_UNNAMED):
            headers["if-none-match"] = known
        try:
            # A loop of its own, whatever loops the rest of the process uses.
            with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
                answer = runner.run(self._exchange(headers, deadline))
            told = ""
        except TimeoutError:
            told = f"did not answer within {deadline:g} seconds"
        except asyncio.CancelledError:
            told = "is asked no more"
        except aiohttp.ClientConnectorCertificateError:
            told = "has a certificate that is not trusted; name its authority, or check its name"
        except aiohttp.ClientConnectorError:
            told = "cannot be reached; check its name and whether it runs"
        except (aiohttp.ClientError, OSError, ValueError) as cause:
            told = f"broke off its answer, or gave none ({type(cause).__name__})"
        if told:  # outside of `except`: what failed may hold our headers, and with them the token
            raise SourceUnreachable(f"the bundle server `{self._place}` {told}")
        if answer.archive is not None:
            self._offers_waiting = self._wait is not None and answer.offers_waiting
        return answer

    async def _exchange(self, headers: dict[str, str], deadline: float) -> _Answer:
        task = asyncio.current_task()
        assert task is not None
        self._under_way = (asyncio.get_running_loop(), task)
        try:
            if self._is_closed:
                raise asyncio.CancelledError
            async with aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=deadline, sock_connect=_CONNECT),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            ) as session:
                return await self._answer(session, headers)
        finally:
            self._under_way = None

    async def _answer(self, session: aiohttp.ClientSession, headers: dict[str, str]) -> _Answer:
        url = self._url
        for _ in range(_REDIRECTS + 1):
            async with session.get(url, headers=headers, allow_redirects=False, ssl=self._tls or True) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = url.join(URL(answer.headers.get("location", "")))
                    if url.origin() != self._url.origin():
                        raise SourceUnreachable(
                            f"the bundle server `{self._place}` redirects to another place; name that place, if it is right"
                        )
                    continue
                if answer.status == 304 and "if-none-match" in headers:
                    return _Answer()
                if answer.status != 200:
                    advice = _TOLD.get(answer.status, "look into its log")
                    raise SourceUnreachable(f"the bundle server `{self._place}` answered with the status {answer.status}; {advice}")
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise BundleRejected(f"the bundle server `{self._place}` encodes the archive once more; serve it as it is")
                raw = bytearray()
                async for piece in answer.content.iter_any():
                    raw += piece
                    if len(raw) > archive.PACKED:
                        raise BundleRejected(
                            f"the bundle from `{self._place}` is larger than {archive.PACKED} bytes; leave out what is no policy"
                        )
                tag = answer.headers.get("etag", "")
                is_named = 0 < len(tag) <= _TAG
                # Without a tag there is nothing to wait for a change of.
                offers_waiting = is_named and answer.headers.get("content-type") == _LONG_POLLING
                return _Answer(bytes(raw), tag if is_named else _UNNAMED + hashlib.sha256(raw).hexdigest(), offers_waiting)
        raise SourceUnreachable(f"the bundle server `{self._place}` redirects in a circle; name the place of the bundle itself")

    def _kept(self, failure: Exception) -> Fetched:
        """What was kept, for a start without the server."""
        assert self._persist is not None
        if not self._persist.exists():
            raise failure
        try:
            bundle = self._bundle(archive.load(self._persist), str(self._persist))
        except BundleRejected as cause:
            raise type(failure)(f"{failure}; and what was kept in `{self._persist}` cannot be used: {cause}") from cause
        return Fetched(bundle, "", f"{failure}; what was kept in `{self._persist}` decides meanwhile")

    def _keep(self, raw: bytes | None) -> str:
        path = self._persist
        if path is None or raw is None:
            return ""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # INVARIANT: under its name there is always a whole archive. `mkstemp` makes a file that only its owner reads.
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(raw)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        except OSError as cause:
            return f"the bundle cannot be kept in `{path}` for a start without its server ({type(cause).__name__}); check rights and space"
        return ""


def _place(url: str) -> tuple[str, bool]:
    """The URL without its query, which may hold a secret, and whether nobody can listen on the way."""
    parts = port = None
    with contextlib.suppress(ValueError):  # whose message may quote credentials
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    if parts is None or port is None:
        raise ConfigRejected("the URL of the bundle is none; write it such as https://bundles.example.eu/douane.tar.gz")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        advice = "give the token apart, and write it such as https://bundles.example.eu/douane.tar.gz"
        raise ConfigRejected(f"the URL of the bundle must be http(s) without credentials and fragment; {advice}")
    is_loopback = parts.hostname == "localhost"
    with contextlib.suppress(ValueError):
        is_loopback = is_loopback or ipaddress.ip_address(parts.hostname).is_loopback
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}", parts.scheme == "https" or is_loopback


def _tls(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as cause:
        raise ConfigRejected(f"the authorities in `{ca}` cannot be read; name a PEM file with certificates") from cause
