# SPDX-License-Identifier: Apache-2.0
"""Policies that change while traffic flows: what is new is loaded, checked, tested and rehearsed beside, then takes the place of the old.

An exchange keeps the policies that it began with for both of its legs (`Lease`), so none sees half of two revisions. Policies that fail
on the way are refused, and the last good ones go on.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog

from douane.decision import Policies, PolicyEngine
from douane.errors import BundleRejected, DouaneError, PolicyFailed
from douane.exchange import Principal
from douane.policy.bundle import Bundle
from douane.policy.source import Fetched, Source
from douane.status import PolicyStatus

__all__ = ["Fixed", "Live", "Startable"]

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


class Fixed:
    """`Policies` of one engine for good: an OPA server, which changes its own policies, or a test's."""

    def __init__(self, engine: PolicyEngine) -> None:
        self._engine = engine

    @property
    def revision(self) -> str:
        """See `Policies`."""
        return self._engine.revision

    def lease(self, principal: Principal) -> "_Lease":
        """See `Policies`."""
        return _Lease(self._engine, lambda: None)


class _Nothing:
    """The engine where no policies are loaded: decides nothing."""

    name = "none"
    revision = digest = ""

    def evaluate(self, document: str) -> str:
        raise PolicyFailed("no policies are loaded", cause_code="error")

    def close(self) -> None:
        pass


class _Lease:
    """See `Lease`."""

    __slots__ = ("_end", "_engine", "digest", "revision")

    def __init__(self, engine: PolicyEngine, end: Callable[[], None]) -> None:
        self._engine = engine
        self._end: Callable[[], None] | None = end
        self.revision, self.digest = engine.revision, engine.digest

    def evaluate(self, document: str) -> str:
        if self._end is None:
            raise PolicyFailed("these policies were given back", cause_code="error")
        result = self._engine.evaluate(document)
        self.revision, self.digest = self._engine.revision, self._engine.digest
        return result

    def compare(self, decision_id: str, exchange: str, document: str, result: str) -> None:
        pass

    def end(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()


@dataclass(slots=True)
class _Edition:
    """An engine with one set of policies, and how many exchanges hold it."""

    engine: Startable
    identity: tuple[str, str]
    activated: str
    leases: int = 0
    retired_at: float | None = None


@dataclass(slots=True)
class _Told:
    """What `status` tells, and what has been said already."""

    asked: str = ""
    error: str = ""
    activations: int = 0
    refusals: int = 0
    is_refused: bool = False
    failed_at: float = 0.0


class Live:
    """`Policies` from a source that is asked every `period` seconds (0: at start only).

    `build` makes an engine of a bundle, `preflight` checks and tests a bundle, `rehearse` sees that policies decide at all; each raises
    `BundleRejected`.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        build: Callable[[Bundle], Startable],
        preflight: Callable[[Bundle], None],
        rehearse: Callable[[Policies], None],
        period: float,
    ) -> None:
        self.name = name
        self._source = source
        self._build = build
        self._preflight = preflight
        self._rehearse = rehearse
        self._period = period
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._active: _Edition | None = None
        self._retired: list[_Edition] = []
        self._told = _Told()
        self._tag: str | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def revision(self) -> str:
        """See `Policies`."""
        active = self._active
        return "" if active is None else active.engine.revision

    def lease(self, principal: Principal) -> _Lease:
        """See `Policies`."""
        with self._lock:
            active = self._active
            if active is None:
                return _Lease(_Nothing(), lambda: None)
            active.leases += 1
        return _Lease(active.engine, lambda: self._given_back(active))

    def start(self) -> None:
        """Load the policies, and begin to look for newer ones. Raises `BundleRejected` and what the source raises."""
        with self._turn:
            if self._active is None:
                fetched = self._source.fetch(None)
                if fetched is None:
                    raise BundleRejected("the policies changed while they were read; start again when they are still")
                self._take(fetched)
        if self._period > 0 and self._thread is None:
            self._thread = threading.Thread(target=self._watch, name=f"policies {self.name}", daemon=True)
            self._thread.start()

    def refresh(self) -> bool:
        """Ask the source now; whether other policies decide from now on. Never raises: what fails is told by `status` and the log."""
        with self._turn:
            told = self._told
            told.asked = _now()
            again = told.is_refused and time.monotonic() - told.failed_at > _RETRY_SECONDS
            try:
                fetched = self._source.fetch(None if again else self._tag)
            except Exception as cause:  # whatever it was: the policies that decide now go on
                self._failed(cause)
                return False
            if fetched is None:
                if not told.is_refused:
                    told.error = ""  # the source could not be asked, and now it can
                return False
            try:
                return self._take(fetched)
            except Exception as cause:
                told.is_refused = True
                self._failed(cause)
                return False

    def status(self) -> PolicyStatus:
        """How the policies stand."""
        active, told = self._active, self._told
        revision, digest, activated = ("", "", "") if active is None else (active.engine.revision, active.engine.digest, active.activated)
        return PolicyStatus(self.name, revision, digest, activated, told.asked, told.error, told.activations, told.refusals)

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

    def _watch(self) -> None:
        while not self._stop.wait(0 if self._source.waits else self._period):
            self.refresh()
            self._close_the_late()

    def _take(self, fetched: Fetched) -> bool:
        self._tag = fetched.tag  # refused or not: it is news only once
        is_new = self._activate(fetched.bundle)
        for notice in (fetched.notice, fetched.keep()):
            if notice:
                _log.warning("policies_notice", policies=self.name, notice=notice)
        return is_new

    def _activate(self, bundle: Bundle) -> bool:
        active = self._active
        identity = bundle.digest, bundle.revision
        if active is not None and active.identity == identity:
            self._told.error, self._told.is_refused = "", False  # a change was taken back
            return False
        self._preflight(bundle)
        engine = self._build(bundle)
        try:
            engine.start()
            self._rehearse(Fixed(engine))
        except BaseException:
            engine.close()
            raise
        edition = _Edition(engine, identity, _now())
        with self._lock:
            if self._stop.is_set():
                engine.close()
                return False
            self._active = edition  # INVARIANT: one assignment; a lease holds the old one or the new one, never parts of both
            if active is not None:
                active.retired_at = time.monotonic()
                self._retired.append(active)
            done = self._without_leases()
        self._told.activations += 1
        self._told.error, self._told.is_refused = "", False
        if active is not None:
            _log.info("policies_activated", policies=self.name, revision=engine.revision, digest=engine.digest)
        for old in done:
            old.engine.close()
        return True

    def _failed(self, cause: Exception) -> None:
        message = str(cause) if isinstance(cause, DouaneError) else type(cause).__name__
        self._told.refusals += 1
        self._told.failed_at = time.monotonic()
        if message != self._told.error:  # said once, not each time that nothing changed
            self._told.error = message
            _log.error("policies_refused", policies=self.name, cause=message, goes_on=self.revision)

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
