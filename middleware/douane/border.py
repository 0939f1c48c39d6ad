# SPDX-License-Identifier: Apache-2.0
"""What an adapter holds of douane: the guard, the routes, the callers and the limits, composed by `douane.config`."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from douane.decision import Policies
from douane.errors import BundleRejected, CallerUnknown
from douane.exchange import Exchange, Principal
from douane.guard import Ask, Guard
from douane.route import Routes
from douane.status import Standing
from douane.wire.body import BodyLimits

__all__ = ["Border", "Callers", "Operators", "Part", "digest_of_key"]


_REHEARSALS = 3
_UNDEFINED = "douane.main.undefined"  # what the shipped `main.rego` says where nothing else holds


def digest_of_key(key: str) -> bytes:
    """What is kept of an API key. Keys are long random strings, so a plain SHA-256 is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class Callers:
    """Principals by the digest of their API key; `anonymous` is who asks without a known one, or None where nobody may."""

    by_digest: Mapping[bytes, Principal] = field(repr=False)
    anonymous: Principal | None

    def identify(self, authorization: str) -> Principal:
        """The principal of an `Authorization` header. Raises `CallerUnknown`."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and key:
            known = self.by_digest.get(digest_of_key(key.strip()))
            if known is not None:
                return known
        if self.anonymous is not None:
            return self.anonymous
        raise CallerUnknown("no caller is known by this API key; ask the operator of this gateway for one")


@dataclass(frozen=True, slots=True)
class Operators:
    """Who may read status and metrics: whoever has the key, or `anyone` (a gateway that only this machine reaches)."""

    digest: bytes | None = field(default=None, repr=False)
    anyone: bool = False

    def may(self, authorization: str) -> bool:
        """Whether an `Authorization` header opens them."""
        scheme, _, key = authorization.partition(" ")
        if self.digest is None:
            return self.anyone
        return scheme.lower() == "bearer" and hmac.compare_digest(digest_of_key(key.strip()), self.digest)


@dataclass(frozen=True, slots=True)
class Part:
    """Something with a life of its own (a worker, the log): started before readiness is reported, asked about it, closed at the end."""

    name: str
    start: Callable[[], None]
    is_ready: Callable[[], bool]
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Border:
    """Everything that stands between an application and its models. `standing` tells how its policies stand.

    `keeps_conversations` says that the guard has a store for them. `executor` runs the guard, which blocks. `origin` names the decision log
    in the receipt that each answer carries.
    """

    guard: Guard
    routes: Routes
    callers: Callers
    limits: BodyLimits
    answer_limits: BodyLimits
    origin: str
    parts: Sequence[Part]
    executor: ThreadPoolExecutor
    standing: Callable[[], Standing] = Standing
    keeps_conversations: bool = False
    operators: Operators = Operators()

    def start(self) -> None:
        """Start every part, and see that policy decides at all; blocks. Raises what a part raises, and `BundleRejected`."""
        for part in self.parts:
            part.start()
        self.rehearse()

    def rehearse(self, policies: Policies | None = None) -> None:
        """Ask the policies (these ones) about an exchange without a word: those that decide nothing are found before a client does.

        Recorded nowhere. Raises `BundleRejected`.
        """
        model, candidates = next(iter(self.routes.models.items()))
        principal = self.callers.anonymous or next(iter(self.callers.by_digest.values()))
        ask = Ask(Exchange("rehearsal", "request", model, False, ()), principal, candidates)
        decision = self.guard.permitted(ask, policies)
        for _ in range(_REHEARSALS - 1):
            if decision.failed == "timeout":  # the first one may be slow
                decision = self.guard.permitted(ask, policies)
        # A server that is not there yet is no fault of the policies: until it is, nothing passes and the gateway is not ready.
        if decision.failed not in ("", "unreachable"):
            raise BundleRejected(f"the policies decide nothing, not even about an empty exchange: {decision.failed}, {decision.detail}")
        if any(reason.id == _UNDEFINED for reason in decision.reasons):
            raise BundleRejected("the policies derive no decision, not even about an empty exchange; a pack may be missing")

    def close(self) -> None:
        """Close every part, last first; blocks."""
        self.executor.shutdown(wait=True, cancel_futures=False)
        for part in reversed(self.parts):
            part.close()
