# SPDX-License-Identifier: Apache-2.0
"""Explanations: which rules fired at which lines, in a process that a policy may not hold up."""

import json
import time
from collections.abc import Iterator, Mapping

import pytest

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.bundles import bundle
from douane.policy.explaining.explain import Explainer
from douane.policy.explaining.explanation import Line, RuleOutcome
from fakes.explained import PACK, TREE, facts, line_of

LOOP = """\
package douane.loop

violations contains {"id": "x"} if {
	input.loop
	count([1 |
		some a in numbers.range(1, 4000)
		some b in numbers.range(1, 4000)
		some c in numbers.range(1, 4000)
		a + b + c > 0
	]) > 0
}

# METADATA
# custom: { id: douane.loop.raises, severity: low }
raises contains {"id": "douane.loop.raises"} if {
	input.raise
	count(input.raise) > 0
}
"""


def fired(asked: Explainer, **more: object) -> Mapping[str, RuleOutcome]:
    return {outcome.id: outcome for outcome in asked.rules(facts(**more)).outcomes if outcome.fired}


def test_a_rule_fired_where_its_id_stands_in_what_it_gives(asked: Explainer) -> None:
    first = line_of(PACK, 'violations contains {"id": "douane.pack.many"}')
    outcome = fired(asked, counts={"a": 1, "b": 1, "d": 1})["douane.pack.many"]
    assert outcome == RuleOutcome(
        id="douane.pack.many",
        title="Too many",
        description="More than the settings say.",
        severity="high",
        references=(("A page", "https://example.org/many"),),
        path="pack/pack.rego",
        line=first,
        fired=True,
        parts=("reasons",),
        reached=line_of(PACK, "count(found) > data"),
        held=(
            Line(first + 1, 'input.leg == "request"'),
            Line(first + 2, "found != set()"),
            Line(first + 3, "count(found) > data.limits.most"),
        ),
    )
    assert "douane.pack.many" not in fired(asked)


def test_an_obligation_names_its_rule(asked: Explainer) -> None:
    assert fired(asked, obliged=True)["douane.pack.obliged"].parts == ("obligations",)


@pytest.mark.parametrize(("number", "said"), [(1, "one"), (2, "two")])
def test_of_two_rules_with_one_id_only_the_one_that_held_fired(asked: Explainer, number: int, said: str) -> None:
    (outcome,) = [one for one in asked.rules(facts(twice=number)).outcomes if one.id == "douane.pack.twice" and one.fired]
    assert said in outcome.held[-1].text


def test_a_rule_that_the_decision_never_asks_is_told_apart(asked: Explainer) -> None:
    assert fired(asked)["douane.pack.unasked"].parts == ()


def test_a_default_fires_where_no_other_definition_holds(asked: Explainer) -> None:
    assert "douane.main.default" in fired(asked, leg="response")
    assert "douane.main.default" not in fired(asked)
    told = asked.why_not(facts(), "douane.main.default")
    assert [attempt.outcome for attempt in told.attempts] == ["default", "held"]


def test_of_a_rule_that_did_not_fire_the_last_line_reached_is_told(asked: Explainer) -> None:
    outcomes = {one.id: one for one in asked.rules(facts()).outcomes}
    assert outcomes["douane.pack.many"].reached == line_of(PACK, "count(found) > data")
    assert outcomes["douane.pack.twice"].reached == line_of(PACK, "input.twice == 2")


def test_a_result_alone_tells_what_fired_but_not_what_was_reached(asked: Explainer) -> None:
    outcomes = asked.named(json.dumps({"verdict": "deny", "rejections": [{"id": "douane.pack.many"}], "observed": {"reasons": []}}))
    (one,) = [outcome for outcome in outcomes if outcome.fired]
    assert (one.id, one.parts, one.reached, one.held) == ("douane.pack.many", ("rejections",), 0, ())


def test_an_unknown_id_is_said(asked: Explainer) -> None:
    with pytest.raises(KeyError):
        asked.why_not(facts(), "douane.pack.none")


def test_the_result_is_that_of_the_embedded_engine(asked: Explainer) -> None:
    assert json.loads(asked.decide(facts(leg="response")))["reasons"] == [{"id": "douane.main.default"}]


@pytest.fixture
def moody() -> Iterator[Explainer]:
    tree = bundle.read(TREE)
    explainer = Explainer([*tree.modules, ("loop/loop.rego", LOOP)], tree.data, deadline=2)
    yield explainer
    explainer.close()


def test_a_package_that_never_ends_by_itself_is_named_and_the_others_are_explained(moody: Explainer) -> None:
    assert moody.decide(facts(loop=True, obliged=True))
    began = time.monotonic()
    rules = moody.rules(facts(loop=True, obliged=True))
    assert time.monotonic() - began < 15
    assert rules.failed == ("in `data.douane.loop`: the policy did not end within 2 s",)
    assert "douane.pack.obliged" in [outcome.id for outcome in rules.outcomes if outcome.fired]


def test_of_a_decision_that_never_ends_the_pack_is_named_and_not_who_asks_it() -> None:
    asking = 'package douane.main\n\ndecision := {"reasons": data.douane.loop.violations}\n'
    explainer = Explainer([("a.rego", "package douane.a\n\nx := 1\n"), ("main.rego", asking), ("loop.rego", LOOP)], "{}", deadline=2)
    try:
        with pytest.raises(PolicyFailed, match=r"^in `data\.douane\.loop`: the policy did not end"):
            explainer.rules(facts(loop=True))
    finally:
        explainer.close()


def test_a_package_that_raises_by_itself_is_named_with_the_place(moody: Explainer) -> None:
    (failed,) = moody.rules(facts(**{"raise": 1})).failed
    assert failed.startswith("in `data.douane.loop`: ")
    assert f"loop/loop.rego:{LOOP.split(chr(10)).index(chr(9) + 'count(input.raise) > 0') + 1}" in failed


def test_a_statement_that_raises_is_where_the_attempt_ends(moody: Explainer) -> None:
    (attempt,) = moody.why_not(facts(**{"raise": 1}), "douane.loop.raises").attempts
    assert (attempt.outcome, [line.text for line in attempt.held]) == ("error", ["input.raise"])
    assert attempt.failing is not None
    assert attempt.failing.text == "count(input.raise) > 0"
    assert "count" in attempt.said


def test_policies_that_are_no_rego_are_rejected_with_their_place() -> None:
    explainer = Explainer([("main.rego", "package douane.main\n\ndecision := {\n")], "{}", deadline=5)
    try:
        with pytest.raises(BundleRejected, match=r"main\.rego:4:1"):
            explainer.decide("{}")
        with pytest.raises(BundleRejected, match=r"main\.rego:4:1"):
            explainer.named("{}")
    finally:
        explainer.close()
