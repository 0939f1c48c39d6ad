# SPDX-License-Identifier: Apache-2.0
"""What was decided: verdict, obligations, reasons, permitted destinations."""

from dataclasses import dataclass
from typing import Literal, Protocol

from douane.exchange import Principal
from douane.finding import Scanner

__all__ = [
    "Decision",
    "DropTool",
    "Hold",
    "HoldChoice",
    "Lease",
    "Obligation",
    "Policies",
    "PolicyEngine",
    "Pseudonymise",
    "Reason",
    "ReasonKind",
    "Redact",
    "RedactionStyle",
    "Rejection",
    "Restore",
    "SetField",
    "Severity",
    "Strip",
    "SurrogateStyle",
    "Verdict",
]

Verdict = Literal["allow", "deny"]
Severity = Literal["info", "low", "medium", "high", "critical"]
ReasonKind = Literal["destination", "content", "operations"]
SurrogateStyle = Literal[
    "label",  # `<PERSON_kqwzj>`: survives most of what models do to it
    "realistic",  # looks like a value of its type; numbers are visibly invalid, or of a range that nobody has
    "realistic_valid",  # the same, with check digits that hold
]
RedactionStyle = Literal[
    "label",  # `[REDACTED:CREDIT_CARD]`
    "mask",  # `**** **** **** 1111`
    "hash",  # `[PERSON:kqwzjbdfghnrtv]`, keyed: equal values are seen to be equal
    "generalise",  # a class of values: a network, a country, a kind
]
HoldChoice = Literal["deny", "redact", "pass"]


@dataclass(frozen=True, slots=True)
class Pseudonymise:
    """Replace findings of these types by surrogates that the vault can undo. `rule` is the id of the rule that asks for it.

    Where a type has no realistic form, its surrogate is a label. Where two rules ask for different styles, the label wins.
    """

    types: tuple[str, ...]
    rule: str
    style: SurrogateStyle = "label"


@dataclass(frozen=True, slots=True)
class Redact:
    """Remove findings of these types for good. With `unknown_only`, leave those that the caller itself had sent.

    Where two rules ask for different styles, the one that tells less wins: label, generalise, hash, mask.
    """

    types: tuple[str, ...]
    rule: str
    unknown_only: bool = False
    style: RedactionStyle = "label"


@dataclass(frozen=True, slots=True)
class Restore:
    """Put originals back for surrogates of these types in what returns to the caller."""

    types: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class SetField:
    """Set the member at `pointer` (RFC 6901, parents exist) of the body to a JSON scalar."""

    pointer: str
    value: str | int | bool | None
    rule: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Remove the member at `pointer` from the body; absent is fulfilled."""

    pointer: str
    rule: str


@dataclass(frozen=True, slots=True)
class DropTool:
    """Remove the declared tool with this name; absent is fulfilled."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a stream may hold text back that could still become part of a finding, and what becomes of it then.

    `milliseconds` count from the arrival of the oldest character that is held. `redact` puts a mark in the place of what is held, `pass`
    lets it go as far as it has been checked, `deny` ends the stream. What is held beyond the guard's own limit is never passed.
    Where two rules ask, the shorter time wins, and of two choices the stricter.
    """

    milliseconds: int
    then: HoldChoice
    rule: str


Obligation = Pseudonymise | Redact | Restore | SetField | Strip | DropTool | Hold


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the rule's stable id, whom it is about, and a message that quotes no text of the exchange."""

    id: str
    kind: ReasonKind
    severity: Severity
    message: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one candidate destination is not permitted."""

    destination: str
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `permitted` holds ids of destinations, in the order of preference that the candidates came in.

    `failed` names what failed where no policy decided (`undefined`, `timeout`, ...; see `PolicyFailed`); the verdict is then deny.
    `detail` is what the engine said of it, for operators: told to no client and kept in no record.
    """

    verdict: Verdict
    obligations: tuple[Obligation, ...] = ()
    reasons: tuple[Reason, ...] = ()
    permitted: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    failed: str = ""
    detail: str = ""


class PolicyEngine(Protocol):
    """A Rego engine with the policies loaded: JSON text in, JSON text out, nothing else crosses.

    `evaluate` takes the input document and gives the value of the one entrypoint `data.douane.main.decision`. It raises
    `PolicyFailed` for an undefined result, an error, a time-out or a crash, and answers or raises within its deadline.
    It is thread-safe. `revision` is what the authors of the policies call them, `digest` identifies them with their data:
    `sha256:<hex>`, or nothing where the engine cannot tell. Both are those of the latest decision made in the asking thread.
    """

    name: str

    @property
    def revision(self) -> str: ...

    @property
    def digest(self) -> str: ...

    def evaluate(self, document: str) -> str: ...

    def close(self) -> None: ...


class Lease(Protocol):
    """The policies that decide about one exchange: the same ones for both of its legs, whatever is rolled out meanwhile.

    `evaluate` is that of `PolicyEngine`; `revision` and `digest` are those of the latest evaluation. One call at a time.
    """

    @property
    def revision(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def scanner(self) -> Scanner | None:
        """What looks at the texts of this exchange, where the policies bring detectors of their own."""
        ...

    def evaluate(self, document: str) -> str: ...

    def compare(self, decision_id: str, exchange: str, document: str, result: str) -> None:
        """Let whoever decides beside, without effect, see a decision that was recorded. Returns at once, never raises."""
        ...

    def end(self) -> None:
        """Give it back. Once for every lease; again is harmless."""
        ...


class Policies(Protocol):
    """Hands out the policies that decide. Thread-safe."""

    @property
    def revision(self) -> str:
        """That of the policies that most exchanges are decided by now."""
        ...

    def lease(self, principal: Principal) -> Lease: ...
