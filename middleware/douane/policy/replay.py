# SPDX-License-Identifier: Apache-2.0
"""Replay: decide again what the log holds, by two sets of policies, and say what changes. Facts suffice, so no prompt was ever kept."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from douane.decision import PolicyEngine
from douane.errors import PolicyFailed
from douane.policy.difference import Difference, difference
from douane.policy.document import judged

__all__ = ["Replay", "Replayed", "replay"]

_EXAMPLES = 3


@dataclass(slots=True)
class Replayed:
    """What changed, counted in decisions; `examples` are ids of decisions, a few for each rule."""

    decisions: int = 0
    changed: int = 0
    failed: int = 0
    """Decisions that the new policies could not make."""
    verdicts: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Counter[str]] = field(default_factory=dict)
    tenants: Counter[str] = field(default_factory=Counter)
    destinations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """For scripts."""
        return {
            "decisions": self.decisions,
            "changed": self.changed,
            "failed": self.failed,
            "verdicts": dict(self.verdicts),
            "rules": {rule: {**counts, "examples": self.examples.get(rule, [])} for rule, counts in sorted(self.rules.items())},
            "tenants": dict(self.tenants),
            "destinations": dict(self.destinations),
        }


class Replay:
    """Takes one event after another; `outcome` tells what was found so far. `old` is None to compare with what was decided then."""

    def __init__(self, old: PolicyEngine | None, new: PolicyEngine) -> None:
        self._old = old
        self._new = new
        self.outcome = Replayed()

    def take(self, event: Mapping[str, Any]) -> Difference | None:
        """Decide about an event of the log again. None where nothing changes, or nothing was decided."""
        facts = event.get("input")
        if not facts or event["custom"]["kind"] not in ("intent", "denied", "outcome"):
            return None
        document = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        before = json.dumps(event.get("result")) if self._old is None else _decided(self._old, document)
        after = _decided(self._new, document)
        self.outcome.decisions += 1
        self.outcome.failed += not after
        found = difference(before, after)
        if found is not None:
            self._count(event, facts, before, after, found)
        return found

    def _count(self, event: Mapping[str, Any], facts: Mapping[str, Any], before: str, after: str, found: Difference) -> None:
        outcome = self.outcome
        outcome.changed += 1
        if found.verdict[0] != found.verdict[1]:
            outcome.verdicts[" -> ".join(found.verdict)] += 1
        for change, rules in (("gained", found.rules_gained), ("lost", found.rules_lost), ("changed", found.rules_changed)):
            for rule in rules:
                outcome.rules.setdefault(rule, Counter())[change] += 1
        for rule in found.rules:
            examples = outcome.examples.setdefault(rule, [])
            if len(examples) < _EXAMPLES:
                examples.append(event["decision_id"])
        principal = facts["principal"]
        outcome.tenants[f"{principal['tenant']}/{principal['app']}"] += 1
        if facts["leg"] == "request":
            places = _destination(facts, before), _destination(facts, after)
            if places[0] != places[1]:
                outcome.destinations[" -> ".join(places)] += 1


def replay(events: Iterable[Mapping[str, Any]], old: PolicyEngine | None, new: PolicyEngine) -> Replayed:
    """What changes for these events of a log (see `audit.log.read`) from the old policies, or what they decided then, to the new ones."""
    running = Replay(old, new)
    for event in events:
        running.take(event)
    return running.outcome


def _decided(engine: PolicyEngine, document: str) -> str:
    """The result, or nothing where none could be had, which would have been a deny."""
    try:
        return judged(engine.evaluate(document), document)
    except PolicyFailed:
        return ""


def _destination(facts: Mapping[str, Any], result: str) -> str:
    """Where the exchange would have gone: the first candidate that is permitted, as the guard chooses."""
    decided = json.loads(result) if result else {}
    if decided.get("verdict") != "allow":
        return "nowhere"
    permitted = decided.get("permitted") or ()
    return next((candidate["id"] for candidate in facts["candidates"] if candidate["id"] in permitted), "nowhere")
