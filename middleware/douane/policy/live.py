# SPDX-License-Identifier: Apache-2.0
"""Policies that change while traffic flows: what is new is loaded, checked, tested and rehearsed beside, then takes the place of the old.

An exchange keeps the policies that it began with for both of its legs (`Lease`), so none sees half of two revisions. Policies that fail
on the way are refused, and the last good ones go on.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import structlog

from douane.decision import Policies, PolicyEngine
from douane.errors import BundleRejected, DouaneError, SourceUnreachable
from douane.exchange import Principal
from douane.finding import Scanner
from douane.policy.bundles.bundle import Bundle
from douane.policy.bundles.data import canonical
from douane.policy.bundles.settings_file import SettingsFile
from douane.policy.bundles.source import Fetched, Source
from douane.policy.lease import Fixed, Held, Nothing
from douane.status import PolicyStatus

__all__ = ["Live", "Startable"]

_T = TypeVar("_T")
_log = structlog.get_logger("douane")
_RETRY_SECONDS = 60.0
"""A refused bundle is tried again after this time though nothing changed: what failed may have been the machine."""
_CLOSING_SECONDS = 5.0
_GRACE_SECONDS = 900.0
"""Retired policies whose leases were not all given back are closed after this time."""


class Startable(PolicyEngine, Protocol):
    """An engine with a life of its own."""

    def start(self) -> None: ...

    def is_ready(self) -> bool: ...


@dataclass(slots=True)
class _Edition:
    """An engine with one set of policies, and how many exchanges hold it."""

    engine: Startable
    scanner: Scanner | None
    identity: tuple[Bundle, str]
    activated: str
    leases: int = 0
    retired_at: float | None = None


@dataclass(slots=True)
class _Look:
    """How one place that is looked at stands: the tag to ask for news with, why the latest were refused, why none can be had."""

    tag: str | None = None
    refused: str = ""
    refused_at: float = 0.0
    refusals: int = 0
    unread: str = ""


class Live:
    """`Policies` from a source, under settings from a file if there is one; both are looked at every `period` seconds (0: at start only).

    `build` makes of a bundle and settings an engine, and the scanner that goes with it if there is one; `preflight` checks and tests a
    bundle as it is, `rehearse` sees that policies decide at all; each raises `BundleRejected`. What is new is tried together with what
    decides now of the other.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        settings: SettingsFile | None = None,
        build: Callable[[Bundle, Mapping[str, object]], tuple[Startable, Scanner | None]],
        preflight: Callable[[Bundle], None],
        rehearse: Callable[[Policies], None],
        period: float,
    ) -> None:
        self.name = name
        self._source = source
        self._settings_file = settings
        self._build = build
        self._preflight = preflight
        self._rehearse = rehearse
        self._period = period
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._active: _Edition | None = None
        self._retired: list[_Edition] = []
        self._bundle: Bundle | None = None
        self._settings: Mapping[str, object] = {}
        self._looks = (_Look(), _Look())
        self._asked = ""
        self._activations = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def revision(self) -> str:
        """See `Policies`."""
        active = self._active
        return "" if active is None else active.engine.revision

    def lease(self, principal: Principal) -> Held:
        """See `Policies`."""
        with self._lock:
            active = self._active
            if active is None:
                return Held(Nothing(), lambda: None)
            active.leases += 1
        return Held(active.engine, lambda: self._given_back(active), active.scanner)

    def start(self, *, is_needed: bool = True) -> None:
        """Load the policies, and begin to look for newer ones. Raises `BundleRejected` and what the source raises, if they are needed."""
        try:
            if self._active is None:
                self._load()
        except DouaneError as cause:
            if is_needed:
                raise
            self._unread(self._looks[0], cause)
        if self._period > 0 and not self._threads:
            self._begin(self._watch, "policies")
            if self._settings_file is not None:
                self._begin(self._watch_settings, "settings")

    def refresh(self) -> bool:
        """Ask the source now; whether other policies decide from now on. Never raises: what fails is told by `status` and the log."""
        self._asked = _now()
        return self._look(self._looks[0], self._source.fetch, self._prepare, self._take)

    def refresh_settings(self) -> bool:
        """The same for the file with settings."""
        if self._settings_file is None:
            return False
        return self._look(self._looks[1], self._settings_file.fetch, lambda _: None, self._take_settings)

    def _look(
        self,
        look: "_Look",
        fetch: Callable[[str | None], _T | None],
        prepare: Callable[[_T], None],
        take: Callable[[_T], bool],
    ) -> bool:
        again = look.refused and time.monotonic() - look.refused_at > _RETRY_SECONDS
        try:
            fetched = fetch(None if again else look.tag)
        except Exception as cause:  # whatever it was: the policies that decide now go on
            self._unread(look, cause)
            return False
        look.unread = ""
        if fetched is None:
            return False
        try:
            prepare(fetched)  # outside of the turn: the tests of policies must not hold up a change of settings, such as the panic switch
            with self._turn:
                is_new = not self._stop.is_set() and take(fetched)
        except Exception as cause:
            self._refused(look, cause)
            return False
        look.refused = ""
        return is_new

    def status(self) -> PolicyStatus:
        """How the policies stand."""
        active = self._active
        revision, digest, activated = ("", "", "") if active is None else (active.engine.revision, active.engine.digest, active.activated)
        error = "; ".join(told for look in self._looks for told in (look.refused, look.unread) if told)
        refusals = sum(look.refusals for look in self._looks)
        return PolicyStatus(self.name, revision, digest, activated, self._asked, error, self._activations, refusals)

    def is_ready(self) -> bool:
        """Whether a decision could be made now."""
        active = self._active
        return active is not None and active.engine.is_ready()

    def close(self) -> None:
        """End every engine; what is still leased decides nothing any more."""
        self._stop.set()
        self._source.close()
        waited = self._turn.acquire(timeout=_CLOSING_SECONDS)  # not for the tests of policies that will never decide
        with self._lock:
            editions = [*self._retired, *([self._active] if self._active is not None else [])]
            self._active, self._retired = None, []
        if waited:
            self._turn.release()
        for edition in editions:
            edition.engine.close()

    def _begin(self, watch: Callable[[], None], what: str) -> None:
        thread = threading.Thread(target=watch, name=f"{what} {self.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0 if self._source.waits else self._period):
            self.refresh()
            self._close_the_late()

    def _watch_settings(self) -> None:
        while not self._stop.wait(self._period):
            self.refresh_settings()

    def _load(self) -> None:
        if self._settings_file is not None:
            settings = self._settings_file.fetch(None)
            assert settings is not None
            self._settings, self._looks[1].tag = settings
        fetched = self._source.fetch(None)
        if fetched is None:
            raise BundleRejected("the policies changed while they were read; start again when they are still")
        try:
            self._prepare(fetched)
            with self._turn:
                self._take(fetched)
        except BundleRejected as cause:
            raise BundleRejected(f"{self.name} policies: {cause}") from cause

    def _prepare(self, fetched: Fetched) -> None:
        self._looks[0].tag = fetched.tag  # refused or not: it is news only once
        self._preflight(fetched.bundle)

    def _take(self, fetched: Fetched) -> bool:
        is_new = self._activate(fetched.bundle, self._settings)
        for notice in (fetched.notice, fetched.keep()):
            if notice:
                _log.warning("policies_notice", policies=self.name, notice=notice)
        return is_new

    def _take_settings(self, fetched: tuple[Mapping[str, object], str]) -> bool:
        settings, self._looks[1].tag = fetched
        if self._bundle is None:
            self._settings = settings  # for when there are policies
            return False
        return self._activate(self._bundle, settings)

    def _activate(self, bundle: Bundle, settings: Mapping[str, object]) -> bool:
        active = self._active
        identity = bundle, canonical(settings)
        if active is not None and active.identity == identity:
            return False  # a change was taken back
        engine, scanner = self._build(bundle, settings)
        try:
            engine.start()
            self._rehearse(Fixed(engine))
        except BaseException:
            engine.close()
            raise
        edition = _Edition(engine, scanner, identity, _now())
        with self._lock:
            if self._stop.is_set():
                engine.close()
                return False
            self._active = edition  # INVARIANT: one assignment; a lease holds the old one or the new one, never parts of both
            if active is not None:
                active.retired_at = time.monotonic()
                self._retired.append(active)
            done = self._without_leases()
        self._bundle, self._settings = bundle, settings
        self._activations += 1
        if active is not None:
            _log.info("policies_activated", policies=self.name, revision=engine.revision, digest=engine.digest)
        for old in done:
            old.engine.close()
        return True

    def _refused(self, look: "_Look", cause: Exception) -> None:
        look.refused_at = time.monotonic()
        look.refused = self._told(look, look.refused, cause)

    def _unread(self, look: "_Look", cause: Exception) -> None:
        look.unread = self._told(look, look.unread, cause)

    def _told(self, look: "_Look", before: str, cause: Exception) -> str:
        """The message, which is said and counted once, not each time that it is tried again."""
        message = str(cause) if isinstance(cause, DouaneError) else type(cause).__name__
        if message != before:
            is_away = isinstance(cause, SourceUnreachable | OSError)
            look.refusals += not is_away
            event = "policies_unreachable" if is_away else "policies_refused"
            _log.error(event, policies=self.name, cause=message, goes_on=self.revision)
        return message

    def _given_back(self, edition: _Edition) -> None:
        with self._lock:
            edition.leases -= 1
            done = self._without_leases() if edition.retired_at is not None else []
        for old in done:
            old.engine.close()

    def _without_leases(self) -> list[_Edition]:
        """The retired editions that nobody holds, taken off the list; the lock is held."""
        done = [edition for edition in self._retired if edition.leases <= 0]
        self._retired = [edition for edition in self._retired if edition.leases > 0]
        return done

    def _close_the_late(self) -> None:
        until = time.monotonic() - _GRACE_SECONDS
        with self._lock:
            late = [edition for edition in self._retired if edition.retired_at is not None and edition.retired_at < until]
            self._retired = [edition for edition in self._retired if edition not in late]
        for edition in late:
            _log.warning("policies_held_too_long", policies=self.name, revision=edition.engine.revision, leases=edition.leases)
            edition.engine.close()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
