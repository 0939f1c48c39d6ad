# SPDX-License-Identifier: Apache-2.0
"""Facts made from the schema of the contract, thousands of them: both engines decide the same, to the byte, and as the contract says."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from douane.errors import PolicyFailed
from douane.policy.bundles import bundle
from douane.policy.document import read
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.engines.server import OpaServerEngine
from fakes.opa import opa_server

pytestmark = pytest.mark.slow

POLICIES = Path(__file__).parents[2] / "policies"
INPUT, RESULT = (json.loads(next((POLICIES / "schemas").glob(f"{name}*.json")).read_text()) for name in ("input", "result"))
CLASSES = yaml.safe_load((POLICIES / "types" / "data.yaml").read_text())
TYPES = sorted(type_ for types in CLASSES.values() for type_ in types)

# Where the schema takes any text, words that the policies know must come up, or hardly a rule would ever act.
WORDS: Mapping[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from([*TYPES, "SHOE_SIZE"]),
    "counts": st.dictionaries(st.sampled_from([*TYPES, "SHOE_SIZE"]), st.integers(1, 9), max_size=4),
    "inference": st.lists(st.sampled_from(["FR", "DE", "NO", "CH", "US", "CN", "UNKNOWN"]), max_size=3),
    "storage": st.lists(st.sampled_from(["FR", "IS", "GB", "US", "UNKNOWN"]), max_size=3),
    "controller": st.sampled_from(["FR", "SE", "US", "UNKNOWN"]),
    "tenant": st.sampled_from(["acme", "other", ""]),
    "app": st.sampled_from(["letters", "helpdesk", ""]),
    "purpose": st.sampled_from(["", "support", "research"]),
    "time": st.dates().map(lambda day: day.isoformat()),
    "model": st.sampled_from(["small", "*", "mistral-large-latest", "codestral-2405", "open-mixtral-8x22b"]),
    "claims": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def made(schema: Mapping[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Values of a JSON Schema, as far as ours go."""
    if name in WORDS:
        return WORDS[name]
    if "$ref" in schema:
        return made(INPUT["$defs" if "$defs" in INPUT else "definitions"][schema["$ref"].rpartition("/")[2]], name)
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return st.one_of([made(part, name) for part in schema[several]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"]
    return st.one_of([_of(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _of(kind: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "object" and "properties" in schema:
        return st.fixed_dictionaries({name: made(part, name) for name, part in schema["properties"].items()})
    if kind == "object":
        return st.dictionaries(TEXT, made(schema["additionalProperties"]), max_size=3)
    if kind == "array":
        return st.lists(made(schema["items"]), max_size=3)
    if kind == "integer":
        return st.integers(schema.get("minimum", -5), schema.get("maximum", 2**53))
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    return st.from_regex(schema["pattern"], fullmatch=False) if "pattern" in schema else TEXT


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[EmbeddedEngine, OpaServerEngine]]:
    with opa_server(POLICIES) as url:
        embedded = EmbeddedEngine(bundle.read(POLICIES), deadline=5, in_process=True)
        server = OpaServerEngine(url, deadline=5)
        yield embedded, server
        server.close()
        embedded.close()


def said(engine: EmbeddedEngine | OpaServerEngine, document: str) -> str:
    try:
        return json.dumps(json.loads(engine.evaluate(document)), sort_keys=True)
    except PolicyFailed as failure:
        return failure.cause_code


class Candidate:
    """As much of a destination as reading a decision needs."""

    def __init__(self, id_: str) -> None:
        self.id = id_


@settings(max_examples=400, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(facts=made(INPUT))
def test_both_engines_decide_the_same_about_any_facts_and_within_the_contract(
    engines: tuple[EmbeddedEngine, OpaServerEngine], facts: dict[str, Any]
) -> None:
    jsonschema.validate(facts, INPUT)
    document = json.dumps(facts, ensure_ascii=False)
    embedded, server = (said(engine, document) for engine in engines)
    assert embedded == server
    result = json.loads(embedded)  # facts of the contract are always decided about
    jsonschema.validate(result, RESULT)
    offered: Any = [Candidate(candidate["id"]) for candidate in facts["candidates"]]
    decision = read(embedded, offered)
    blocking = [reason for reason in decision.reasons if reason.severity != "info"]
    assert (decision.verdict == "deny") == bool(blocking)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(facts=made(INPUT), data=st.data())
def test_facts_outside_the_contract_are_denied_or_fail_and_are_never_allowed_by_one_engine_alone(
    engines: tuple[EmbeddedEngine, OpaServerEngine], facts: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(facts)))
    facts[name] = data.draw(st.one_of(st.none(), st.booleans(), st.integers(-3, 3), TEXT, st.just([]), st.just({}), st.just([[]])))
    document = json.dumps(facts, ensure_ascii=False)
    embedded, server = (said(engine, document) for engine in engines)
    assert embedded == server
