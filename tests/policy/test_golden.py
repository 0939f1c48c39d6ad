# SPDX-License-Identifier: Apache-2.0
"""Golden cases: the shipped policies decide the same, to the byte, on the embedded engine and on the real OPA.

A case may have `settings`, merged over the packs' data as `policies.settings` is.

PYTHONPATH=tests python tests/policy/test_golden.py      writes the results anew, for you to read before you believe them
"""

import functools
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cases.policy.samples import CASES, FOLDER, Case, cases
from douane.policy.bundles import bundle
from douane.policy.document import read
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.engines.server import OpaServerEngine
from fakes.opa import opa_server

pytestmark = pytest.mark.slow

POLICIES = Path(__file__).parents[2] / "policies"
SCHEMAS = {name: json.loads((POLICIES / "schemas" / f"{name}.schema.json").read_text()) for name in ("input", "result")}
SETTINGS = sorted({case.settings for case in CASES})
EACH = pytest.mark.parametrize("case", CASES, ids=str)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def with_settings(settings: str) -> bundle.Bundle:
    shipped = bundle.read(POLICIES)
    return bundle.override(shipped, json.loads(settings)) if settings != "{}" else shipped


@contextmanager
def opa_with(settings: str) -> Iterator[OpaServerEngine]:
    """OPA with the shipped policies and these settings in their data, as an operator of OPA would put them there."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        policies = with_settings(settings)
        for path, text in policies.modules:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        (folder / "data.json").write_text(policies.data, encoding="utf-8")
        server = OpaServerEngine(stack.enter_context(opa_server(folder)), deadline=5)
        stack.callback(server.close)
        yield server


@functools.cache
def in_process(settings: str) -> EmbeddedEngine:
    return EmbeddedEngine(with_settings(settings), deadline=5, in_process=True)


@EACH
def test_the_shipped_policies_decide_as_written(case: Case) -> None:
    assert canonical(json.loads(in_process(case.settings).evaluate(case.document))) == canonical(case.result)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_real_opa_decides_the_same(settings: str) -> None:
    with opa_with(settings) as server:
        for case in CASES:
            if case.settings == settings:
                assert canonical(json.loads(server.evaluate(case.document))) == canonical(case.result), str(case)


def test_the_process_of_the_embedded_engine_decides_the_same() -> None:
    worker = EmbeddedEngine(bundle.read(POLICIES), deadline=5)
    worker.start()
    try:
        for case in CASES:
            if case.settings == "{}":
                assert canonical(json.loads(worker.evaluate(case.document))) == canonical(case.result), str(case)
    finally:
        worker.close()


@EACH
def test_facts_and_decisions_are_those_of_the_schemas(case: Case) -> None:
    jsonschema.validate(case.result, SCHEMAS["result"])
    if "no facts" not in case.name and "unknown leg" not in case.name:
        jsonschema.validate(case.input, SCHEMAS["input"])


@EACH
def test_every_decision_can_be_read(case: Case) -> None:
    class Candidate:
        def __init__(self, id_: str) -> None:
            self.id = id_

    offered: Any = [Candidate(candidate["id"]) for candidate in case.input.get("candidates", ())]
    assert read(json.dumps(case.result), offered).verdict == case.result["verdict"]


def test_there_are_cases_of_both_verdicts_and_legs() -> None:
    assert {case.result["verdict"] for case in CASES} == {"allow", "deny"}
    assert {"request", "response"} <= {case.input.get("leg") for case in CASES}


HEADER = """\
# Facts and the decision that the shipped policies take, equal on both engines.
# `input` is merged over `base`, `settings` over the packs' data (RFC 7396).
"""


def write() -> None:
    """The results of every case anew; nothing else of a file changes."""
    results: Iterator[Any] = (json.loads(in_process(case.settings).evaluate(case.document)) for case in cases())
    for path in sorted(FOLDER.glob("*.yaml")):
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in text["cases"]:
            case["result"] = next(results)
        lines = yaml.safe_dump(text, sort_keys=False, allow_unicode=True, width=140, default_flow_style=None)
        path.write_text(HEADER + lines, encoding="utf-8")


if __name__ == "__main__":
    write()
