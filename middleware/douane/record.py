# SPDX-License-Identifier: Apache-2.0
"""What is kept of a decision: a record with OPA's field names, without any text of the exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["DecisionLog", "DecisionRecord", "RecordKind"]

RecordKind = Literal["intent", "denied", "outcome", "rejected", "difference"]
"""`intent`: allowed, written before egress. `denied`: refused on the request leg. `outcome`: how it ended. `rejected`: never decided
(unreadable body, unknown model). `difference`: what other policies, evaluated beside and without effect, would have decided."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One entry of the decision log, named as OPA's decision log event (`EventV1`) names it.

    `exchange` is the `decision_id` of the intent that an outcome belongs to, and its own id for every other kind but a difference, which
    belongs to the exchange that was decided. `input` and `result` are the facts given to the policy and what it answered, as JSON text.
    `timestamp` is RFC 3339, UTC, with `Z`. `revision` and `digest` are those of the policies that decided (see `PolicyEngine`). `metrics`
    are nanoseconds (`timer_*_ns`) or counts (`counter_*`). `custom` holds only words of ours, numbers and booleans.
    """

    decision_id: str
    exchange: str
    kind: RecordKind
    timestamp: str
    path: str
    revision: str
    input: str
    result: str
    labels: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, int] = field(default_factory=dict)
    custom: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    digest: str = ""


class DecisionLog(Protocol):
    """Keeps records in order, for good."""

    def append(self, record: DecisionRecord) -> int:
        """The sequence number of the record, which is durable when this returns. Raises `LogUnavailable`; then nothing may pass."""
        ...

    def close(self) -> None: ...
