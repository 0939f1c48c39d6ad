# SPDX-License-Identifier: Apache-2.0
"""Leases: how an exchange holds the policies that it began with."""

from collections.abc import Callable

from douane.decision import PolicyEngine
from douane.errors import PolicyFailed
from douane.exchange import Principal
from douane.finding import Scanner

__all__ = ["Fixed", "Held", "Nothing"]


class Fixed:
    """`Policies` of one engine for good: an OPA server, which changes its own policies, or a test's."""

    def __init__(self, engine: PolicyEngine, scanner: Scanner | None = None) -> None:
        self._engine = engine
        self._scanner = scanner

    @property
    def revision(self) -> str:
        """See `Policies`."""
        return self._engine.revision

    def lease(self, principal: Principal) -> "Held":
        """See `Policies`."""
        return Held(self._engine, lambda: None, self._scanner)


class Nothing:
    """The engine where no policies are loaded: decides nothing."""

    name = "none"
    revision = digest = ""

    def evaluate(self, document: str) -> str:
        raise PolicyFailed("no policies are loaded", cause_code="error")

    def close(self) -> None:
        pass


class Held:
    """A `Lease` of one engine and of the scanner that goes with its policies; `end` is called once, when it is given back."""

    __slots__ = ("_end", "_engine", "digest", "revision", "scanner")

    def __init__(self, engine: PolicyEngine, end: Callable[[], None], scanner: Scanner | None = None) -> None:
        self._engine = engine
        self.scanner = scanner
        self._end: Callable[[], None] | None = end
        self.revision, self.digest = engine.revision, engine.digest

    def evaluate(self, document: str) -> str:
        """See `PolicyEngine`; after the end there is no decision."""
        if self._end is None:
            raise PolicyFailed("these policies were given back", cause_code="error")
        result = self._engine.evaluate(document)
        self.revision, self.digest = self._engine.revision, self._engine.digest
        return result

    def compare(self, decision_id: str, exchange: str, document: str, result: str) -> None:
        """Nobody decides beside."""

    def end(self) -> None:
        """See `Lease`."""
        end, self._end = self._end, None
        if end is not None:
            end()
