# SPDX-License-Identifier: Apache-2.0
"""A candidate beside the active policies: decides about some exchanges, and is compared with the active ones on all the others.

Whichever of the two does not decide an exchange evaluates its facts afterwards, on a thread of its own, and only where they differ is a
record of kind `difference` written. The exchange never waits for it and never depends on it.
"""

import contextlib
import functools
import queue
import threading
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Literal

import structlog

from douane.decision import Lease
from douane.errors import LogUnavailable, PolicyFailed
from douane.exchange import Principal
from douane.finding import Scanner
from douane.policy.difference import difference
from douane.policy.document import judged
from douane.policy.live import Live
from douane.record import DecisionLog, DecisionRecord
from douane.status import Comparison

__all__ = ["Rollout", "Share"]

_log = structlog.get_logger("douane")
_WAITING = 1000
_WAITING_CHARACTERS = 32 * 2**20
"""Decisions that wait to be compared; more are counted as dropped. A shadow must never take the memory that traffic needs."""
_PATH = "douane/main/decision"


@dataclass(frozen=True, slots=True)
class Share:
    """What the candidate decides: everything of `tenants`, and of all others `percent`, taken by tenant or exchange by exchange."""

    tenants: AbstractSet[str] = frozenset()
    percent: float = 0.0
    of: Literal["tenants", "exchanges"] = "tenants"

    @property
    def decides(self) -> bool:
        """Whether the candidate decides about anything."""
        return bool(self.tenants) or self.percent > 0

    def takes(self, tenant: str, draw: Callable[[], float]) -> bool:
        """Whether the candidate decides about an exchange of this tenant. `draw` gives a number from 0 up to 1."""
        if tenant in self.tenants:
            return True
        if self.of == "tenants":
            # The same tenants at each start and in each gateway, and a larger share has those of the smaller one.
            return zlib.crc32(tenant.encode()) % 10_000 < self.percent * 100
        return self.percent > 0 and draw() * 100 < self.percent


@dataclass(frozen=True, slots=True)
class _Seen:
    decision_id: str
    exchange: str
    document: str = field(repr=False)
    result: str = field(repr=False)
    lease: Lease
    principal: Principal
    by_candidate: bool


class Rollout:
    """`Policies` of two: the active ones and a candidate. `labels` identify this gateway in its records."""

    def __init__(
        self,
        active: Live,
        candidate: Live,
        share: Share,
        log: DecisionLog,
        *,
        labels: Mapping[str, str],
        draw: Callable[[], float] | None = None,
    ) -> None:
        self.active = active
        self.candidate = candidate
        self._counts: Counter[str] = Counter()
        self._waiting = 0  # characters of documents in the queue
        self._lock = threading.Lock()  # of the two above
        self._share = share
        self._log = log
        self._labels = dict(labels)
        self._draw = draw or SystemRandom().random
        self._queue: queue.Queue[_Seen | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None

    @property
    def revision(self) -> str:
        """See `Policies`."""
        return self.active.revision

    def lease(self, principal: Principal) -> "_Both":
        """See `Policies`."""
        by_candidate = self._share.takes(principal.tenant, self._draw)
        first, second = (self.candidate, self.active) if by_candidate else (self.active, self.candidate)
        return _Both(first.lease(principal), functools.partial(self._see, second, principal, by_candidate))

    @property
    def comparison(self) -> Comparison:
        """How the two compare so far."""
        with self._lock:
            return Comparison(**self._counts)

    def start(self) -> None:
        """Load both. Raises `BundleRejected` and what the sources raise; of a candidate that decides nothing, only its status tells."""
        self.active.start()
        self.candidate.start(is_needed=self._share.decides)
        self._thread = threading.Thread(target=self._compare, name="compare policies", daemon=True)
        self._thread.start()

    def is_ready(self) -> bool:
        """Whether every decision could be made now."""
        return self.active.is_ready() and (not self._share.decides or self.candidate.is_ready())

    def close(self) -> None:
        """Compare what still waits, for a moment, then end both."""
        if self._thread is not None:
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=2)
                self._thread.join(timeout=5)
        self.candidate.close()
        self.active.close()

    def _see(
        self, others: Live, principal: Principal, by_candidate: bool, decision_id: str, exchange: str, document: str, result: str
    ) -> None:
        """Let the others see a decision; see `Lease.compare`."""
        if not others.revision:  # a candidate that never came to be
            return
        lease = others.lease(principal)
        with self._lock:
            try:
                if self._waiting > _WAITING_CHARACTERS:
                    raise queue.Full
                self._queue.put_nowait(_Seen(decision_id, exchange, document, result, lease, principal, by_candidate))
                self._waiting += len(document)
            except queue.Full:
                self._counts["dropped"] += 1
                lease.end()

    def _count(self, outcome: str) -> None:
        with self._lock:
            self._counts[outcome] += 1

    def _compare(self) -> None:
        while (seen := self._queue.get()) is not None:
            try:
                self._judge(seen)
            except Exception as cause:  # nothing of it may reach an exchange
                self._count("failed")
                _log.warning("not_compared", cause=type(cause).__name__, decision=seen.decision_id)
            finally:
                with self._lock:
                    self._waiting -= len(seen.document)
                seen.lease.end()

    def _judge(self, seen: _Seen) -> None:
        error = ""
        try:
            result = judged(seen.lease.evaluate(seen.document), seen.document)
        except PolicyFailed as failure:  # a deny, if it had decided
            result, error = "", failure.cause_code
            self._count("failed")
        before, after = (result, seen.result) if seen.by_candidate else (seen.result, result)
        found = difference(before, after)
        if found is None:
            self._count("same")
            return
        self._count("different")
        principal = seen.principal
        custom: dict[str, object] = {
            "of": seen.decision_id,
            "decided_by": "candidate" if seen.by_candidate else "active",
            "tenant": principal.tenant,
            "app": principal.app,
            "difference": found.as_json(),
        }
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        record = DecisionRecord(
            str(uuid.uuid4()),
            seen.exchange,
            "difference",
            now,
            _PATH,
            seen.lease.revision,
            "",  # the facts stand in the record of the decision
            result,
            self._labels,
            custom=custom,
            error=error,
            digest=seen.lease.digest,
        )
        try:
            self._log.append(record)
        except LogUnavailable:
            self._count("dropped")


class _Both:
    """A lease of the policies that decide; `see` lets the others know of what was decided."""

    __slots__ = ("_lease", "compare")

    def __init__(self, lease: Lease, see: Callable[[str, str, str, str], None]) -> None:
        self._lease = lease
        self.compare = see

    @property
    def revision(self) -> str:
        return self._lease.revision

    @property
    def digest(self) -> str:
        return self._lease.digest

    @property
    def scanner(self) -> Scanner | None:
        return self._lease.scanner

    def evaluate(self, document: str) -> str:
        return self._lease.evaluate(document)

    def end(self) -> None:
        self._lease.end()
