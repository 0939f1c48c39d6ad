# SPDX-License-Identifier: Apache-2.0
"""Golden cases: the shipped policies decide the same, to the byte, on the embedded engine and on the real OPA."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from douane.decision import PolicyEngine
from douane.policy import bundle
from douane.policy.document import read
from douane.policy.embedded import EmbeddedEngine
from douane.policy.server import OpaServerEngine
from fakes.opa import opa_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
SCHEMAS = {name: json.loads((POLICIES / "schemas" / f"{name}.schema.json").read_text()) for name in ("input", "result")}


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    input: Any
    result: Any

    @property
    def document(self) -> str:
        return json.dumps(self.input)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    value = dict(target) if isinstance(target, dict) else {}
    for name, part in patch.items():
        if part is None:
            value.pop(name, None)
        else:
            value[name] = merged(value.get(name), part)
    return value


def cases() -> Iterator[Case]:
    for path in sorted((ROOT / "tests" / "cases" / "policy").glob("*.yaml")):
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in text["cases"]:
            yield Case(f"{path.stem}: {case['name']}", merged(text["base"], case["input"]), case["result"])


CASES = list(cases())
IDS = [case.name for case in CASES]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.fixture(scope="module", params=["in process", "worker", "opa"])
def engine(request: pytest.FixtureRequest) -> Iterator[PolicyEngine]:
    if request.param == "opa":
        with opa_server(POLICIES) as url:
            server = OpaServerEngine(url, deadline=5)
            yield server
            server.close()
        return
    embedded = EmbeddedEngine(bundle.read(POLICIES), deadline=5, in_process=request.param == "in process")
    embedded.start()
    yield embedded
    embedded.close()


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_shipped_policies_decide_as_written(engine: PolicyEngine, case: Case) -> None:
    assert canonical(json.loads(engine.evaluate(case.document))) == canonical(case.result)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_facts_and_decisions_are_those_of_the_schemas(case: Case) -> None:
    jsonschema.validate(case.result, SCHEMAS["result"])
    if "no facts" not in case.name and "unknown leg" not in case.name:
        jsonschema.validate(case.input, SCHEMAS["input"])


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_every_decision_can_be_read(case: Case) -> None:
    class Candidate:
        def __init__(self, id_: str) -> None:
            self.id = id_

    offered: Any = [Candidate(candidate["id"]) for candidate in case.input.get("candidates", ())]
    assert read(json.dumps(case.result), offered).verdict == case.result["verdict"]


def test_there_are_cases_of_every_pack_and_both_verdicts_and_legs() -> None:
    assert len(CASES) >= 30
    assert {case.result["verdict"] for case in CASES} == {"allow", "deny"}
    assert {"request", "response"} <= {case.input.get("leg") for case in CASES}
    packs = {path.parent.name for path in POLICIES.glob("*/*.rego")} - {"settings"}  # it is asked once, and no decision
    assert {case.name.split(":")[0] for case in CASES} == packs
