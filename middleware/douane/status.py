# SPDX-License-Identifier: Apache-2.0
"""How the policies stand: which decide, since when, what was refused, and how a candidate compares. Values, told by status and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Comparison", "PolicyStatus", "Standing"]


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """One set of policies. Times are RFC 3339, UTC, or empty; `error` is why the latest bundle was refused or not had, or empty."""

    name: str
    revision: str
    digest: str
    activated: str
    asked: str
    error: str
    activations: int
    refusals: int

    def as_json(self) -> dict[str, object]:
        """With the member names of OPA's status API where it has them."""
        told: dict[str, object] = {
            "name": self.name,
            "active_revision": self.revision,
            "active_digest": self.digest,
            "last_successful_activation": self.activated,
            "last_request": self.asked,
            "activations": self.activations,
            "refusals": self.refusals,
        }
        return told | ({"code": "bundle_error", "message": self.error} if self.error else {})


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many decisions were compared with those of other policies: alike, different; how many were dropped or failed on their side."""

    same: int = 0
    different: int = 0
    dropped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Every set of policies of a gateway: the active ones first. Empty where an OPA server has them."""

    policies: Sequence[PolicyStatus] = ()
    comparison: Comparison | None = None

    def as_json(self) -> dict[str, object]:
        """For the status endpoint."""
        told: dict[str, object] = {"bundles": {status.name: status.as_json() for status in self.policies}}
        if self.comparison is not None:
            of = self.comparison
            told["compared"] = {"same": of.same, "different": of.different, "dropped": of.dropped, "failed": of.failed}
        return told
