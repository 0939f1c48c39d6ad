# SPDX-License-Identifier: Apache-2.0
"""The contract with Rego: what is told is in the schema, and whatever an answer has that the contract does not know is a failure."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from douane.errors import PolicyFailed
from douane.exchange import Exchange, Principal, Segment
from douane.finding import ScanResult
from douane.policy.document import Observed, read, write
from fakes.parts import PARIS

SCHEMA = json.loads((Path(__file__).parents[2] / "policies" / "schemas" / "input.schema.json").read_text(encoding="utf-8"))
EXCHANGE = Exchange("openai.chat", "request", "small", False, (Segment("/x", "hello", "/x", "user"),), choices=2, output_tokens=500)
PRINCIPAL = Principal("acme", "letters", "support", ("staff",), {"sub": "7"}, ("children", "health"))


def told(exchange: Exchange = EXCHANGE, observed: Observed | None = None) -> Any:
    candidate = replace(PARIS, transfer_basis="scc")
    text = write(exchange, ScanResult((), ()), PRINCIPAL, [candidate], observed=observed, vocabulary={"small"}, today="2026-11-24")
    return json.loads(text)


def test_what_is_told_is_in_the_schema() -> None:
    jsonschema.validate(told(), SCHEMA)
    jsonschema.validate(told(Exchange("openai.chat", "response", "small", True, ()), Observed("paris", 200, True)), SCHEMA)


def test_labels_the_basis_of_a_transfer_and_how_much_is_asked_for_are_told() -> None:
    document = told()
    assert document["labels"] == ["children", "health"]
    assert document["candidates"][0]["transfer_basis"] == "scc"
    assert (document["exchange"]["choices"], document["exchange"]["output_tokens"]) == (2, 500)


RESULT: dict[str, Any] = {"verdict": "allow", "obligations": [], "reasons": [], "permitted": ["paris"], "rejections": []}
REASON = {"id": "douane.test.denied", "kind": "content", "severity": "high", "message": "no", "refs": []}
NOTHING: dict[str, Any] = {"obligations": [], "reasons": [], "rejections": []}


def test_what_is_observed_changes_nothing() -> None:
    observed = {
        "obligations": [{"kind": "redact", "types": ["PERSON"], "rule": "douane.test.redact", "unknown_only": False}],
        "reasons": [REASON],
        "rejections": [{"destination": "paris", "id": "douane.test.rejected", "message": "no"}],
    }
    plain = read(json.dumps(RESULT), [PARIS])
    assert read(json.dumps({**RESULT, "observed": observed}), [PARIS]) == plain
    assert (plain.verdict, plain.permitted) == ("allow", ("paris",))


@pytest.mark.parametrize(
    "observed",
    [
        None,
        [],
        "nothing",
        {},
        {"obligations": [], "reasons": []},
        {**NOTHING, "reasons": {}},
        {**NOTHING, "reasons": [{**REASON, "severity": "grave"}]},
        {**NOTHING, "obligations": [{"kind": "shred", "rule": "douane.test.shred"}]},
        {**NOTHING, "rejections": [{"destination": "paris"}]},
    ],
)
def test_an_observed_part_that_the_contract_does_not_know_is_a_failure(observed: object) -> None:
    with pytest.raises(PolicyFailed) as caught:
        read(json.dumps({**RESULT, "observed": observed}), [PARIS])
    assert caught.value.cause_code == "contract"
