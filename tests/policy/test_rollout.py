# SPDX-License-Identifier: Apache-2.0
"""A candidate beside the active policies: who is decided by which, what is recorded, and that no exchange depends on it."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from douane.errors import PolicyFailed
from douane.exchange import Principal
from douane.policy.difference import difference
from douane.policy.lease import Fixed
from douane.policy.rollout import Rollout, Share
from fakes.parts import MemoryLog, Scripted, allow, deny, failing

FACTS = json.dumps({"candidates": [{"id": "paris"}]})
ACME, OTHER = Principal("acme", "letters"), Principal("other", "letters")


class Side(Fixed):
    """`Live`, as far as a rollout uses it."""

    def __init__(self, answer: Callable[[Mapping[str, object]], str], revision: str) -> None:
        super().__init__(Scripted(answer, revision=revision, digest=f"sha256:{revision}"))

    def start(self, *, is_needed: bool = True) -> None:
        pass

    def is_ready(self) -> bool:
        return True

    def close(self) -> None:
        pass


def rollout(active: Any, candidate: Any, share: Share = Share(), draw: float = 0.5) -> tuple[Rollout, MemoryLog]:  # noqa: B008  # frozen
    log = MemoryLog()
    both: Any = (Side(active, "old"), Side(candidate, "new"))
    one = Rollout(*both, share, log, labels={"app": "douane"}, draw=lambda: draw)
    one.start()
    return one, log


def exchange(policies: Rollout, who: Principal = ACME) -> tuple[str, str]:
    """Decide and record one exchange; what decided and what it said."""
    lease = policies.lease(who)
    result = lease.evaluate(FACTS)
    lease.compare("decision-1", "exchange-1", FACTS, result)
    lease.end()
    return lease.revision, result


def test_the_active_policies_decide_and_only_differences_are_recorded() -> None:
    policies, log = rollout(lambda _: allow(), lambda _: deny("douane.test.new"))
    assert exchange(policies) == ("old", allow())
    policies.close()
    (record,) = log.records
    assert (record.kind, record.exchange, record.revision, record.digest, record.input) == (
        "difference",
        "exchange-1",
        "new",
        "sha256:new",
        "",
    )
    assert json.loads(record.result)["verdict"] == "deny"
    assert record.custom["of"] == "decision-1"
    assert (record.custom["tenant"], record.custom["app"], record.custom["decided_by"]) == ("acme", "letters", "active")
    found: Any = record.custom["difference"]
    assert (found["verdict"], found["rules"]["gained"]) == (["allow", "deny"], ["douane.test.new"])


def test_what_decides_alike_is_not_recorded() -> None:
    policies, log = rollout(lambda _: allow(), lambda _: json.dumps(json.loads(allow()), indent=1))
    exchange(policies)
    policies.close()
    assert log.records == []
    assert (policies.comparison.same, policies.comparison.different) == (1, 0)


def test_a_tenant_that_was_moved_is_decided_by_the_candidate_and_compared_with_the_active_ones() -> None:
    policies, log = rollout(lambda _: allow(), lambda _: deny(), Share(frozenset({"acme"})))
    assert exchange(policies, ACME) == ("new", deny())
    assert exchange(policies, OTHER) == ("old", allow())
    policies.close()
    assert [record.custom["decided_by"] for record in log.records] == ["candidate", "active"]
    assert [record.custom["difference"]["verdict"] for record in log.records] == [["allow", "deny"]] * 2  # type: ignore[index]  # JSON
    assert [record.revision for record in log.records] == ["old", "new"]


@pytest.mark.parametrize(("draw", "by"), [(0.0, "new"), (0.09, "new"), (0.11, "old"), (0.99, "old")])
def test_a_share_of_the_exchanges_is_moved(draw: float, by: str) -> None:
    policies, _ = rollout(lambda _: allow(), lambda _: allow(), Share(percent=10, of="exchanges"), draw)
    assert exchange(policies)[0] == by
    policies.close()


def test_a_share_of_the_tenants_is_always_the_same_and_grows() -> None:
    names = [f"tenant-{number}" for number in range(2000)]

    def moved(percent: float) -> set[str]:
        share = Share(percent=percent, of="tenants")
        return {name for name in names if share.takes(name, lambda: 0.0)}

    assert moved(0) == set()
    assert moved(10) == moved(10) <= moved(40) <= moved(100) == set(names)
    assert 120 < len(moved(10)) < 280


def test_a_candidate_that_fails_is_a_difference_and_no_harm() -> None:
    policies, log = rollout(lambda _: allow(), failing("timeout"))
    assert exchange(policies) == ("old", allow())
    policies.close()
    (record,) = log.records
    assert (record.error, record.result) == ("timeout", "")
    assert policies.comparison.failed == 1


def test_a_candidate_that_breaks_the_contract_would_deny_and_is_told_so() -> None:
    policies, log = rollout(lambda _: allow(), lambda _: json.dumps({**json.loads(allow()), "obligations": [{"kind": "redakt"}]}))
    exchange(policies)
    policies.close()
    (record,) = log.records
    assert (record.error, record.custom["difference"]["verdict"]) == ("contract", ["allow", "none"])  # type: ignore[index]  # JSON


def test_what_waits_is_bounded_by_its_size_too(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr("douane.policy.rollout._WAITING_CHARACTERS", 2 * len(FACTS))
    policies, _ = rollout(lambda _: allow(), lambda _: allow() if go.wait(20) else "")
    for _ in range(10):
        exchange(policies)
    assert policies.comparison.dropped == 7
    go.set()
    policies.close()
    assert policies.comparison.same == 3


def test_a_candidate_that_decides_and_fails_denies() -> None:
    policies, _ = rollout(lambda _: allow(), failing("crash"), Share(frozenset({"acme"})))
    lease = policies.lease(ACME)
    with pytest.raises(PolicyFailed):
        lease.evaluate("{}")
    lease.end()
    policies.close()


def test_a_slow_candidate_holds_nobody_up_and_what_is_too_much_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def slow(_: Mapping[str, object]) -> str:
        go.wait(20)
        return allow()

    monkeypatch.setattr("douane.policy.rollout._WAITING", 5)
    policies, _ = rollout(lambda _: allow(), slow)
    for _ in range(20):
        exchange(policies)
    assert policies.comparison.dropped >= 13
    go.set()
    policies.close()
    assert policies.comparison.same + policies.comparison.dropped == 20


def test_a_log_that_refuses_a_difference_is_counted() -> None:
    policies, log = rollout(lambda _: allow(), lambda _: deny())
    log.is_broken = True
    exchange(policies)
    policies.close()
    assert policies.comparison.dropped == 1


def test_a_difference_names_rules_destinations_and_what_is_only_observed() -> None:
    before = {
        "verdict": "allow",
        "obligations": [{"kind": "redact", "types": ["A"], "rule": "douane.a.redact", "unknown_only": False}],
        "reasons": [],
        "permitted": ["paris"],
        "rejections": [],
    }
    after = {
        "verdict": "allow",
        "obligations": [{"kind": "redact", "types": ["A", "B"], "rule": "douane.a.redact", "unknown_only": False}],
        "reasons": [],
        "permitted": ["paris", "rome"],
        "rejections": [],
        "observed": {"reasons": [{"id": "douane.b.new"}], "obligations": [], "rejections": []},
    }
    found = difference(json.dumps(before), json.dumps(after))
    assert found is not None
    assert found.rules_changed == ("douane.a.redact",)
    assert found.rules_gained == ("observed:douane.b.new",)
    assert (found.destinations_gained, found.destinations_lost) == (("rome",), ())
    assert difference(json.dumps(before), json.dumps(before, indent=2)) is None
    gone = difference(json.dumps(before), "")
    assert gone is not None
    assert gone.verdict == ("allow", "none")
