# SPDX-License-Identifier: Apache-2.0
"""How a decision or an error is said to a client: status, code and message. No wire format; each protocol dresses it in its own.

403 where no destination is permitted, no decision could be made or operations stopped it: none of it is the caller's to mend. 400 with
`content_filter` where the content is refused. Never 409, 429 or 5xx for a refusal: SDKs retry those.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from douane.decision import Decision, Reason
from douane.errors import CallerError, DouaneError, LogUnavailable, UpstreamError

__all__ = ["Refusal", "failure", "of_decision", "of_error"]

_ORDER = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for the client. `detail` is JSON for machines: the decision id, the reasons, why destinations were rejected."""

    status: int
    type: str
    code: str
    message: str
    detail: Mapping[str, object] = field(default_factory=dict)
    is_retryable: bool = False


def of_decision(decision: Decision, id_: str) -> Refusal:
    """The refusal that a deny becomes."""
    reasons = sorted((r for r in decision.reasons if r.severity != "info"), key=lambda reason: _ORDER.index(reason.severity))
    kinds = {reason.kind for reason in reasons}
    if decision.failed:
        status, type_, code = 403, "permission_error", "decision_unavailable"
    elif kinds == {"destination"}:
        status, type_, code = 403, "permission_error", "destination_not_permitted"
    elif "content" not in kinds and "operations" in kinds:
        status, type_, code = 403, "permission_error", "stopped_by_operations"
    else:
        status, type_, code = 400, "invalid_request_error", "content_filter"
    said = "; ".join(f"{reason.id}: {reason.message}" for reason in reasons[:3]) or "no rule permits this exchange"
    detail: dict[str, object] = {"decision_id": id_, "reasons": [_said(reason) for reason in reasons]}
    if decision.rejections:
        detail["rejections"] = [{"destination": r.destination, "id": r.id, "message": r.message} for r in decision.rejections]
    return Refusal(status, type_, code, f"Blocked by policy: {said} (decision {id_})", detail)


def _said(reason: Reason) -> dict[str, object]:
    return {"id": reason.id, "severity": reason.severity, "message": reason.message, "refs": list(reason.refs)}


def of_error(error: CallerError | UpstreamError, id_: str) -> Refusal:
    """The refusal that an error of the caller or of the upstream becomes."""
    if isinstance(error, UpstreamError):
        return Refusal(error.status, "upstream_error", error.code, f"{error} (decision {id_})", {"decision_id": id_}, is_retryable=True)
    return Refusal(error.status, "invalid_request_error", error.code, f"{error} (decision {id_})", {"decision_id": id_})


def failure(error: DouaneError) -> Refusal:
    """The refusal where douane itself cannot go on; nothing passed, and no record could say so."""
    code = "log_unavailable" if isinstance(error, LogUnavailable) else "guard_unavailable"
    return Refusal(403, "permission_error", code, f"nothing passes: {error}", {})
