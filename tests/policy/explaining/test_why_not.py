# SPDX-License-Identifier: Apache-2.0
"""Why a rule did not fire: the first statement that did not hold, with the values that decided, and the rules that it asked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.policy.bundles import bundle
from douane.policy.explaining.explain import Explainer
from douane.policy.explaining.explain_worker import Policies
from douane.policy.explaining.explanation import Attempt, Line, Part
from douane.policy.explaining.why_not import Tries
from douane.policy.rego.probe import Probe
from fakes.explained import PACK, TREE, facts, line_of

ROOT = Path(__file__).parents[3]


def why(asked: Explainer, id_: str, **more: object) -> Attempt:
    """The only attempt at a rule that did not fire."""
    told = asked.why_not(facts(**more), id_)
    assert not told.fired
    (attempt,) = told.attempts
    return attempt


def values(row: tuple[Part, ...]) -> dict[str, tuple[str, ...]]:
    return {part.text: part.values for part in row}


def test_the_first_statement_that_did_not_hold_is_named_with_its_values(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.many")
    assert [line.text for line in attempt.held] == ['input.leg == "request"', "found != set()"]
    assert attempt.failing == Line(line_of(PACK, "count(found) > data"), "count(found) > data.limits.most")
    (row,) = attempt.values
    assert values(row) == {
        "count(found)": ("2",),
        "found": ('["a", "b"]',),
        "data.limits.most": ("2",),
        "input.counts": ('{"a": 1, "b": 2, "c": 3}',),
        "data.limits.ignored": ('["c"]',),
    }


def test_an_empty_set_in_a_comparison_is_told_as_it_was_written(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.many", counts={})
    assert attempt.failing is not None
    assert attempt.failing.text == "found != set()"


def test_what_held_where_nothing_should_is_told_with_its_arguments(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.nobody", countries=["DE", "XX"])
    assert attempt.failing is not None
    assert attempt.failing.text == "not is_permitted(country, found)"
    assert attempt.ways == 2
    assert [values(row)["country"] for row in attempt.values] == [('"DE"',), ('"XX"',)]
    assert [(one.head, one.outcome) for one in attempt.because] == [
        ("is_permitted(country, names)", "held"),
        ('is_permitted("XX", _) := true', "held"),
    ]
    assert values(attempt.because[0].arguments) == {"country": ('"DE"',), "names": ('["a", "b"]',)}


def test_rules_that_are_asked_are_followed_to_the_fact_that_decided(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.deep")
    (ready,) = attempt.because
    assert [line.text for line in ready.held] == ['input.leg == "request"']
    (setup,) = ready.because
    assert setup.failing is not None
    assert setup.failing.text == 'every name, value in input.settings { value > 0 name != "b" }'
    (row,) = setup.values
    assert values(row)["value where it does not hold"] == ("[2, 0]",)
    assert setup.line == line_of(PACK, "is_set_up if {")


def test_a_function_that_has_a_value_is_shown_by_it(asked: Explainer) -> None:
    (row,) = why(asked, "douane.pack.valued").values
    assert values(row) == {"count(chosen({1, 2}))": ("1",), "chosen({1, 2})": ("[2]",)}


def test_statements_are_tried_in_an_order_in_which_their_names_are_bound(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.later", least=3)
    assert [line.text for line in attempt.held] == ["[least] = [input.least]", "1 < least"]
    assert attempt.failing == Line(line_of(PACK, "least > 5"), "least > 5")


def test_a_term_that_goes_through_several_values_shows_them_all(asked: Explainer) -> None:
    (row,) = why(asked, "douane.pack.goes_through").values
    assert values(row) == {"input.candidates[_].country": ('"US"', '"DE"')}


def test_a_head_without_a_value_is_where_it_stopped(asked: Explainer) -> None:
    attempt = why(asked, "douane.pack.headless")
    assert attempt.failing is not None
    assert "input.nothing" in attempt.failing.text
    assert values(attempt.values[0])["input.nothing"] == ()


def test_terms_are_asked_as_the_statement_changes_the_input(asked: Explainer) -> None:
    (row,) = why(asked, "douane.pack.modified", settings={}).values
    assert values(row) == {'is_ready with input.leg as "response"': ()}


def test_a_package_with_an_odd_name_is_explained_too(asked: Explainer) -> None:
    (row,) = why(asked, "douane.pack.elsewhere").values
    assert values(row) == {"elsewhere[input.name]": (), "input.name": ('"z"',)}
    assert asked.why_not(facts(name="a"), "douane.pack.elsewhere").fired


def test_the_definition_that_gave_the_value_is_seen(asked: Explainer) -> None:
    (row,) = why(asked, "douane.pack.else", least=2).values
    assert values(row)["grade"] == ('"fair"',)
    assert asked.why_not(facts(least=7), "douane.pack.else").fired


@pytest.mark.parametrize(
    ("given", "outcomes"),
    [
        ({"a": 1, "b": 1}, ["default", "held"]),
        ({"b": 1}, ["default", "stopped", "held"]),
        ({}, ["default", "stopped", "stopped"]),
    ],
)
def test_an_else_is_tried_only_where_nothing_before_it_held(given: dict[str, int], outcomes: list[str]) -> None:
    module = """\
package douane.main

# METADATA
# custom: { id: douane.main.default, severity: low }
default decision := {"reasons": [{"id": "douane.main.default"}]}

decision := 1 if {
	input.a
} else := 2 if {
	input.b
}
"""
    explainer = Explainer([("main.rego", module)], "{}", deadline=5)
    try:
        told = explainer.why_not(json.dumps(given), "douane.main.default")
    finally:
        explainer.close()
    assert [attempt.outcome for attempt in told.attempts] == outcomes
    assert told.fired == ("held" not in outcomes)


def test_a_rule_that_gives_another_id_than_it_says_held_and_did_not_fire(asked: Explainer) -> None:
    told = asked.why_not(facts(silent=True), "douane.pack.silent")
    assert not told.fired
    assert [attempt.outcome for attempt in told.attempts] == ["held"]


def test_a_statement_that_goes_through_the_tree_that_it_stands_in_is_unclear_and_not_a_failure() -> None:
    through = """\
package douane.main

# METADATA
# custom: { id: douane.main.through, severity: low }
decision := {"verdict": "deny", "reasons": [{"id": "douane.main.through"}]} if {
	some name
	count(data.douane[name].violations) > 7
}
"""
    tree = bundle.read(TREE)
    explainer = Explainer([("main.rego", through), *(one for one in tree.modules if one[0] != "main.rego")], tree.data, deadline=5)
    try:
        (attempt,) = explainer.why_not(facts(), "douane.main.through").attempts
        assert attempt.outcome == "unclear"
    finally:
        explainer.close()


# The shipped policies, with the facts of the golden cases of each pack


def golden() -> Iterator[tuple[str, str, str]]:
    """Pack, name and document of each case."""
    for path in sorted((ROOT / "tests" / "cases" / "policy").glob("*.yaml")):
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in text["cases"]:
            yield path.stem, case["name"], json.dumps(_merged(text["base"], case["input"]))


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    both = {**(target if isinstance(target, dict) else {}), **patch}
    return {name: _merged(target.get(name) if isinstance(target, dict) else None, both[name]) for name in both if both[name] is not None}


@pytest.mark.slow
def test_what_fired_and_what_the_attempts_say_agree_for_the_rules_and_the_golden_cases_of_each_pack() -> None:
    shipped = bundle.read(ROOT / "policies")
    policies = Policies(shipped.modules, shipped.data)
    compared = 0
    differing: list[str] = []
    for number, (pack, name, document) in enumerate(golden()):
        for module, rule, fired in policies.evaluation(document).fired(("douane", pack)):
            if number % (2 if fired else 8):
                continue  # a sample: most rules do not fire in most cases
            tries = Tries(Probe(policies.loaded, document), policies.modules)
            outcomes = [attempt.outcome for attempt in tries.definitions(module, rule)]
            compared += 1
            if fired != (("held" in outcomes) is not (rule.kind == "default")):  # a default fires where nothing else holds
                differing.append(f"{pack}: {name}: {module.path}:{module.place(rule.start)[0]} fired={fired}, {outcomes}")
    assert differing == []
    assert compared > 100
