# SPDX-License-Identifier: Apache-2.0
"""Guard, the policy enforcement point: detect, decide, enforce, record. The only order of events there is.

Synchronous and free of I/O of its own: it blocks on its detectors, its engine and its log, so adapters call it from a worker thread.
Whatever fails on the way is a deny with a record; a record that cannot be written is `LogUnavailable`, and then nothing may pass.
"""

import json
import time
import uuid
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from douane.decision import Decision, Lease, Policies, Reason
from douane.enforce import Edits, Unfulfillable, enforce
from douane.errors import PolicyFailed, VaultUnavailable
from douane.exchange import Destination, Exchange, Principal
from douane.finding import Finding, Scanner, ScanResult
from douane.json_text import json_unescaped
from douane.known import NAMES
from douane.policy.document import Observed, denial, read, write
from douane.record import DecisionLog, DecisionRecord, RecordKind
from douane.surrogates.store import Scope, VaultStore
from douane.vault import Maker, Vault, ids_in, letters_of

__all__ = ["Admission", "Ask", "CarryOut", "Guard", "Observed", "Release", "final_result", "unfulfilled"]

_PATH = "douane/main/decision"

CarryOut = Callable[[Edits], bytes]


@dataclass(frozen=True, slots=True)
class Ask:
    """What the adapter brings to the request leg: the exchange as the lens read it, who asks, and where it might go.

    `conversation` is given where surrogates are to be kept for it.
    """

    exchange: Exchange
    principal: Principal
    candidates: tuple[Destination, ...]
    conversation: Scope | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """The request leg, decided and recorded.

    `id` is the decision id that the client is told, `seq` its place in the log. `destination` and `body` (what may be sent there, edits
    made) are None where the verdict is deny. `lease` holds the policies for the response leg, `scanner` is what goes with them; whoever
    concludes gives the lease back.
    """

    id: str
    seq: int
    decision: Decision
    ask: Ask
    destination: Destination | None
    body: bytes | None = field(repr=False)
    vault: Vault
    lease: Lease = field(repr=False)
    scanner: Scanner = field(repr=False)
    started: int

    @property
    def is_allowed(self) -> bool:
        """Whether anything may go upstream."""
        return self.destination is not None


@dataclass(frozen=True, slots=True)
class Release:
    """The response leg, decided and recorded; `body` is None where the verdict is deny."""

    decision: Decision
    body: bytes | None = field(repr=False)
    seq: int


class Guard:
    """Decides what may cross, and proves it.

    `scanner` looks where the policies bring none of their own. `key` is the secret from which surrogates are derived. `vocabulary` holds
    the configured names of models and tools. `labels` identify this gateway in its records. `store` keeps surrogates of conversations, and
    `maker` makes realistic ones, where a configuration has them.
    """

    def __init__(
        self,
        *,
        scanner: Scanner,
        policies: Policies,
        log: DecisionLog,
        key: bytes,
        vocabulary: AbstractSet[str] = frozenset(),
        labels: Mapping[str, str] | None = None,
        store: VaultStore | None = None,
        maker: Maker | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.scanner = scanner
        self._policies = policies
        self._log = log
        self._key = key
        self._vocabulary = vocabulary
        self._labels = dict(labels or {})
        self._store = store
        self._maker = maker
        self._now = now

    @property
    def revision(self) -> str:
        """The revision of the policies that decide now."""
        return self._policies.revision

    # The request leg

    def admit(self, ask: Ask, carry_out: CarryOut) -> Admission:
        """Detect, decide, enforce, record. `carry_out` applies edits to the body and gives its new bytes.

        Raises `LogUnavailable`, and nothing else on purpose: every other failure is a deny.
        """
        lease = self._policies.lease(ask.principal)
        admission = None
        try:
            admission = self._admit(ask, carry_out, lease)
        finally:
            if admission is None or not admission.is_allowed:
                lease.end()
        return admission

    def _admit(self, ask: Ask, carry_out: CarryOut, lease: Lease) -> Admission:
        started = time.monotonic_ns()
        exchange = ask.exchange
        scanner = lease.scanner or self.scanner
        scan = scanner.scan(exchange.segments)
        scanned = time.monotonic_ns()
        document = self.document(exchange, scan, ask.principal, ask.candidates, None)
        decision, result = self.decide(lease, document, ask.candidates)
        decided = time.monotonic_ns()
        vault = self._vault(ask, scan)
        destination = self._choose(ask, decision)
        body: bytes | None = None
        counts: Mapping[str, int] = {}
        try:
            if destination is not None:
                self._recall(ask, vault)
                decision, destination, body, counts = self._enforce(exchange, scan.findings, decision, vault, carry_out, destination)
            if destination is not None:
                self._keep(ask, vault)
        except Exception as cause:  # whatever it was, what comes back could not be restored: deny
            detail = str(cause) if isinstance(cause, VaultUnavailable) else ""
            decision = replace(unfulfilled(decision, "the store of surrogates cannot be used"), detail=detail)
            destination, body, counts = None, None, {}
        metrics = {"timer_detect_ns": scanned - started, "timer_rego_query_eval_ns": decided - scanned}
        custom: dict[str, object] = {"edits": dict(counts)}
        if destination is not None:
            custom["destination"] = destination.id
        id_ = str(uuid.uuid4())
        kind: RecordKind = "denied" if destination is None else "intent"
        seq = self._append(lease, id_, id_, kind, document, final_result(decision, result), metrics, custom, decision.failed)
        return Admission(id_, seq, decision, ask, destination, body, vault, lease, scanner, started)

    def reject(self, code: str, principal: Principal | None, status: int) -> tuple[str, int]:
        """Record a request that never came to a decision (an unreadable body, an unknown model). `code` is a word of ours.

        Returns its id and sequence number. Raises `LogUnavailable`.
        """
        id_ = str(uuid.uuid4())
        custom: dict[str, object] = {"status": status}
        if principal is not None:
            custom |= {"tenant": principal.tenant, "app": principal.app}
        return id_, self._append(None, id_, id_, "rejected", "", "", {}, custom, code)

    def permitted(self, ask: Ask, policies: Policies | None = None) -> Decision:
        """What policy (these policies) would say to an exchange like this one; recorded nowhere, so nothing may be sent because of it."""
        lease = (policies or self._policies).lease(ask.principal)
        try:
            document = self.document(ask.exchange, ScanResult((), ()), ask.principal, ask.candidates, None)
            return self.decide(lease, document, ask.candidates)[0]
        finally:
            lease.end()

    # The response leg, whole; a stream is `douane.leg`

    def release(self, admission: Admission, exchange: Exchange, observed: Observed, carry_out: CarryOut) -> Release:
        """Detect, decide, enforce and record an answer that is there as a whole. Raises `LogUnavailable`."""
        started = time.monotonic_ns()
        exchange = replace(exchange, constraints=admission.ask.exchange.constraints)
        scan = admission.scanner.answers.scan(exchange.segments, admission.vault.names)
        scan = replace(scan, findings=self.judge_origin(admission.vault, [s.text for s in exchange.segments], scan.findings))
        candidates = _chosen(admission)
        document = self.document(exchange, scan, admission.ask.principal, candidates, observed)
        decision, result = self.decide(admission.lease, document, candidates)
        body: bytes | None = None
        counts: Mapping[str, int] = {}
        if decision.verdict == "allow":
            decision, _, body, counts = self._enforce(exchange, scan.findings, decision, admission.vault, carry_out, admission.destination)
        metrics = {"timer_response_ns": time.monotonic_ns() - started, "timer_total_ns": time.monotonic_ns() - admission.started}
        custom: dict[str, object] = {
            "edits": dict(counts),
            "status": observed.status,
            "ended": "complete" if body is not None else "denied",
        }
        seq = self.conclude(admission, document, final_result(decision, result), metrics, custom, decision.failed)
        return Release(decision, body, seq)

    def fail(self, admission: Admission, code: str, **custom: object) -> int:
        """Record how an exchange ended that got no answer to decide about (`upstream_unreachable`, `client_gone`)."""
        metrics = {"timer_total_ns": time.monotonic_ns() - admission.started}
        return self.conclude(admission, "", "", metrics, {"ended": "failed", **custom}, code)

    # The parts, in their order

    def document(
        self,
        exchange: Exchange,
        scan: ScanResult,
        principal: Principal,
        candidates: Sequence[Destination],
        observed: Observed | None,
    ) -> str:
        """The facts of one leg, as the policy will see them."""
        today = self._now().date().isoformat()
        return write(exchange, scan, principal, candidates, observed=observed, vocabulary=self._vocabulary, today=today)

    def decide(self, lease: Lease, document: str, candidates: Sequence[Destination]) -> tuple[Decision, str]:
        """The decision and the result text that it was read from. Never raises: whatever fails is a deny."""
        try:
            result = lease.evaluate(document)
            return read(result, candidates), result
        except PolicyFailed as failure:
            return denial(failure), ""
        except Exception:  # an engine that breaks its Protocol is an engine that failed
            return denial(PolicyFailed("the engine raised", cause_code="error")), ""

    def _choose(self, ask: Ask, decision: Decision) -> Destination | None:
        if decision.verdict != "allow":
            return None
        return next((candidate for candidate in ask.candidates if candidate.id in decision.permitted), None)

    def _enforce(
        self,
        exchange: Exchange,
        findings: Sequence[Finding],
        decision: Decision,
        vault: Vault,
        carry_out: CarryOut,
        destination: Destination | None,
    ) -> tuple[Decision, Destination | None, bytes | None, Mapping[str, int]]:
        try:
            edits = enforce(exchange, findings, decision, vault)
            if exchange.leg == "request" and destination is not None and destination.model != exchange.model:
                edits = replace(edits, values={**edits.values, "/model": destination.model})
            return decision, destination, carry_out(edits), edits.counts
        except Exception as cause:  # an obligation that is not fulfilled is no obligation met: deny, whatever it was
            why = str(cause) if isinstance(cause, Unfulfillable) else "the edits could not be made"
            return unfulfilled(decision, why), None, None, {}

    def _vault(self, ask: Ask, scan: ScanResult) -> Vault:
        segments = ask.exchange.segments
        words: set[str] = set()

        def is_taken(candidate: str) -> bool:
            if not words:
                # What a model said before holds ids that were given out: where one was not restored, its value keeps it.
                words.update(*(ids_in(segment.text) for segment in segments if segment.trust != "model"), ("",))
            return candidate in words

        letters: list[str] = []

        def stands(value: str) -> bool:
            if not letters:
                letters.append("\n".join(letters_of(segment.text) for segment in segments))
            return letters_of(value) in letters[0]

        vault = Vault(self._key, ask.principal.tenant, is_taken, maker=self._maker, stands=stands)
        vault.note((f.type, json_unescaped(segments[f.segment].text[f.start : f.end])) for f in scan.findings)
        return vault

    def _recall(self, ask: Ask, vault: Vault) -> None:
        """What was given out in this conversation before stands for the same values again."""
        if self._store is not None and ask.conversation is not None:
            vault.recall(self._store.load(ask.conversation))

    def _keep(self, ask: Ask, vault: Vault) -> None:
        # INVARIANT: kept before it goes upstream, so that nothing leaves that could not be restored.
        if self._store is not None and ask.conversation is not None:
            self._store.save(ask.conversation, vault.given)

    @staticmethod
    def judge_origin(vault: Vault, texts: Sequence[str], findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings of an answer with `known` set; those that are surrogates of this exchange are none."""
        judged: list[Finding] = []
        surrogates: dict[int, list[tuple[int, int]]] = {}
        names: dict[int, list[tuple[int, int]]] = {}
        for finding in findings:
            segment = finding.segment
            text = texts[segment]
            if segment not in surrogates:
                surrogates[segment] = vault.surrogate_spans(text)
            if _lies_within(surrogates[segment], finding):
                continue  # a surrogate of ours that looks like a value to a detector
            is_known = vault.is_known(finding.type, json_unescaped(text[finding.start : finding.end]))
            if not is_known and finding.type in NAMES:  # a part of a name that the caller sent is no other person
                if segment not in names:
                    names[segment] = [(span.start, span.end) for span in vault.names.spans(text)]
                is_known = _lies_within(names[segment], finding)
            judged.append(replace(finding, known=is_known))
        return tuple(judged)

    def conclude(
        self,
        admission: Admission,
        document: str,
        result: str,
        metrics: Mapping[str, int],
        custom: Mapping[str, object],
        error: str,
    ) -> int:
        """Record how an admitted exchange ended, and give its policies back. Raises `LogUnavailable`."""
        principal = admission.ask.principal
        where = {"tenant": principal.tenant, "app": principal.app}
        if admission.destination is not None:
            where["destination"] = admission.destination.id
        try:
            custom = {**where, **custom}
            return self._append(admission.lease, str(uuid.uuid4()), admission.id, "outcome", document, result, metrics, custom, error)
        finally:
            admission.lease.end()

    def _append(
        self,
        lease: Lease | None,
        id_: str,
        exchange: str,
        kind: RecordKind,
        document: str,
        result: str,
        metrics: Mapping[str, int],
        custom: Mapping[str, object],
        error: str,
    ) -> int:
        timestamp = self._now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        revision, digest = (self._policies.revision, "") if lease is None else (lease.revision, lease.digest)
        labels = self._labels
        record = DecisionRecord(id_, exchange, kind, timestamp, _PATH, revision, document, result, labels, metrics, custom, error, digest)
        seq = self._log.append(record)
        if lease is not None and document:
            lease.compare(id_, exchange, document, result)
        return seq


def _lies_within(spans: Sequence[tuple[int, int]], finding: Finding) -> bool:
    """Whether a finding lies within one of some spans, in order and without overlaps."""
    place = bisect_right(spans, finding.start, key=lambda span: span[0]) - 1
    return place >= 0 and finding.end <= spans[place][1]


def unfulfilled(decision: Decision, why: str) -> Decision:
    """The deny that an allow becomes whose obligations cannot be met."""
    reason = Reason("douane.enforce.unfulfillable", "operations", "critical", f"an obligation could not be fulfilled: {why}")
    return replace(decision, verdict="deny", reasons=(*decision.reasons, reason), failed="unfulfillable")


def final_result(decision: Decision, result: str) -> str:
    """The result as the log keeps it: what the policy said, or, where that did not hold, the deny that took its place."""
    if not decision.failed:
        return result
    reasons = [{"id": r.id, "kind": r.kind, "severity": r.severity, "message": r.message, "refs": list(r.refs)} for r in decision.reasons]
    return json.dumps({"verdict": "deny", "obligations": [], "reasons": reasons, "permitted": [], "rejections": []})


def _chosen(admission: Admission) -> tuple[Destination, ...]:
    return () if admission.destination is None else (admission.destination,)
