# SPDX-License-Identifier: Apache-2.0
"""The packs as a whole: samples of every rule, settings that cannot be wrong in silence, references that cannot be misspelt."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cases.policy.samples import CASES, Case, said
from douane.decision import Decision
from douane.enforce import Replacer, enforce
from douane.errors import BundleRejected
from douane.exchange import Principal
from douane.finding import Finding, ScanResult
from douane.policy.bundles import bundle
from douane.policy.document import read, write
from douane.policy.engines.embedded import EmbeddedEngine
from douane.vault import Vault
from douane.wire import openai
from douane.wire.body import Body, BodyLimits
from fakes.opa import opa_binary
from fakes.parts import PARIS

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = sorted(path.parent.name for path in POLICIES.glob("*/*.rego") if not path.stem.endswith("_test") and path.stem != "settings")
SETTINGS = {pack: yaml.safe_load((POLICIES / pack / "data.yaml").read_text(encoding="utf-8")) for pack in PACKS}
SHARED = ("catalogue", "enforcement", "jurisdictions", "types")
SETTINGS |= {pack: yaml.safe_load((POLICIES / pack / "data.yaml").read_text(encoding="utf-8")) for pack in SHARED}
"""What `settings` asks about."""


def samples(pack: str) -> list[Case]:
    return [case for case in CASES if case.pack == pack]


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_has_an_allowed_sample_about_which_it_says_nothing(pack: str) -> None:
    silent = [c for c in samples(pack) if not any(id_.startswith(f"douane.{pack}.") for id_ in said(c.result))]
    assert "allow" in {case.result["verdict"] for case in silent}


def test_every_pack_has_samples_and_settings() -> None:
    assert {case.pack for case in CASES} == {*PACKS, "main"}
    assert all(SETTINGS.values())


def test_every_pack_is_united_in_the_decision() -> None:
    text = (POLICIES / "main.rego").read_text(encoding="utf-8")
    for pack in PACKS:
        body = (POLICIES / pack / f"{pack}.rego").read_text(encoding="utf-8")
        for kind in ("violations", "obligations", "rejections"):
            gives = re.search(rf"^{kind} contains", body, re.MULTILINE) is not None
            assert (f"data.douane.{pack}.{kind}," in text) == gives, f"{pack} {kind}"


def test_every_pack_but_operations_can_be_observed() -> None:
    text = (POLICIES / "main.rego").read_text(encoding="utf-8")
    observable = re.search(r"^observable := \{(.*)\}$", text, re.MULTILINE)
    assert observable is not None
    assert sorted(json.loads(f"[{observable[1]}]")) == sorted(set(PACKS) - {"ops"})


# Settings


def wrong_values(value: object) -> Iterator[object]:
    """Values of other kinds than this one."""
    yield from (other for other in (True, 7, "odd", [["odd"]], {"odd": {"odd": "odd"}}) if type(other) is not type(value))


@pytest.mark.parametrize("pack", SETTINGS)
def test_a_setting_that_is_missing_or_of_another_kind_is_refused_by_its_name(pack: str) -> None:
    shipped = bundle.read(POLICIES)
    for key, value in SETTINGS[pack].items():
        for wrong in (None, *wrong_values(value)):
            changed = bundle.override(shipped, {pack: {key: wrong}})
            with pytest.raises(BundleRejected, match=rf"the settings are wrong: .*{pack}\.{key}"):
                EmbeddedEngine(changed, deadline=5, in_process=True)


@pytest.mark.parametrize("pack", SETTINGS)
def test_settings_that_are_no_mapping_are_refused(pack: str) -> None:
    for wrong in (None, True, ["odd"], "odd"):
        with pytest.raises(BundleRejected, match=rf"the settings are wrong: the settings of {pack} are missing"):
            EmbeddedEngine(bundle.override(bundle.read(POLICIES), {pack: wrong}), deadline=5, in_process=True)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"types": {"personal": {"BADGE": {"article": "9"}}}}, "types.personal.BADGE.article is 9"),
        ({"types": {"personal": {"BADGE": "contact"}}}, "types.personal.BADGE must be a mapping"),
        ({"types": {"secret": {"EMAIL_ADDRESS": {}}}}, "types has EMAIL_ADDRESS in several classes"),
        ({"jurisdictions": {"groups": {"ADEQUATE": "US"}}}, "jurisdictions.groups.ADEQUATE must be a list"),
        ({"jurisdictions": {"groups": {"DACH": ["ZZ"]}}}, "jurisdictions.groups.DACH holds ZZ"),
        ({"owasp_llm": {"caps": {"default": None}}}, "owasp_llm.caps.default is missing"),
        ({"owasp_llm": {"caps": {"default": 5}}}, "owasp_llm.caps.default must be a mapping"),
        ({"owasp_llm": {"caps": {"apps": [{"letters": {"tools": 1}}]}}}, "owasp_llm.caps.apps must be a mapping"),
        ({"owasp_llm": {"caps": {"apps": {"letters": 10}}}}, "owasp_llm.caps.apps.letters must be a mapping"),
        ({"enforcement": {"apps": {"letters": "observe"}}}, "enforcement.apps.letters must be a mapping"),
        ({"residency": {"apps": {"letters": ["FR"]}}}, "residency.apps.letters must be a mapping"),
        ({"residency": {"labels": {"health": "DE"}}}, "residency.labels.health must be a mapping"),
        ({"residency": {"default": {"inference": ["EU", "ZZ"]}}}, "residency.default.inference holds ZZ"),
        ({"ops": {"apps": {"letters": ["accept_opaque"]}}}, "ops.apps.letters must be a mapping"),
        ({"catalogue": {"models": {"small": "retired"}}}, "catalogue.models.small must be a mapping"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_silently_protect_nobody_inside_a_setting_is_told_first(settings: Mapping[str, Any], told: str) -> None:
    with pytest.raises(BundleRejected) as caught:
        EmbeddedEngine(bundle.override(bundle.read(POLICIES), settings), deadline=5, in_process=True)
    assert str(caught.value).startswith(f"the settings are wrong: {told}")


# METADATA and schemas


@pytest.mark.parametrize("pack", ["main", *PACKS])
def test_every_package_says_what_it_is_and_names_the_schema_of_its_input(pack: str) -> None:
    path = POLICIES / "main.rego" if pack == "main" else POLICIES / pack / f"{pack}.rego"
    head, _, _ = path.read_text(encoding="utf-8").partition("\npackage ")
    metadata = yaml.safe_load("\n".join(line[2:] for line in head.splitlines()[1:]))
    assert metadata["title"]
    assert metadata["description"]
    assert metadata["schemas"] == [{"input": 'schema["input.schema"]'}]


def checked(folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = [opa_binary(), "check", "--strict", "-s", str(folder / "schemas"), "-b", str(folder)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_misspelt_reference_into_the_facts_is_refused_by_opa_check(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    assert checked(folder).returncode == 0
    for pack, right, wrong in (
        ("ops", "input.exchange.opaque", "input.exchange.opaqe"),
        ("lifecycle", "input.upstream.model_matches", "input.upstream.model_match"),
        ("residency", "candidate.controller", "candidate.controler"),
        ("owasp_llm", "input.exchange.output_tokens", "input.exchange.max_tokens"),
    ):
        path = folder / pack / f"{pack}.rego"
        text = path.read_text(encoding="utf-8")
        assert right in text
        path.write_text(text.replace(right, wrong), encoding="utf-8")
        result = checked(folder)
        assert result.returncode != 0
        assert f"undefined ref: {wrong}" in result.stderr
        path.write_text(text, encoding="utf-8")


# What packs ask for is what happens


def decided(text: Mapping[str, Any], settings: Mapping[str, Any], *types: str) -> tuple[Decision, Body]:
    """The decision about a chat in which these types were found, each in the first text."""
    body = Body.parse(json.dumps(text).encode(), BodyLimits(10_000, 20, 1000))
    exchange = openai.read_request(body)
    findings = tuple(Finding(type_, 0, 0, 16, 1.0, "test") for type_ in types)
    document = write(
        exchange,
        ScanResult(findings, ()),
        Principal("acme", "letters"),
        [PARIS],
        observed=None,
        vocabulary={"small", "search"},
        today="2026-11-24",
    )
    engine = EmbeddedEngine(bundle.override(bundle.read(POLICIES), settings), deadline=5, in_process=True)
    return read(engine.evaluate(document), [PARIS]), body


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "small", "messages": [{"role": "user", "content": "4111111111111111"}], **more}


def rewritten(decision: Decision, body: Body) -> Any:
    edits = enforce(openai.read_request(body), (), decision, Vault(b"k" * 32, "acme", lambda _: False))
    return json.loads(body.rewrite(values=edits.values, removed=edits.removed))


def test_a_card_under_pci_dss_is_removed_although_personal_data_asks_for_a_surrogate() -> None:
    vault = Vault(b"k" * 32, "acme", lambda _: False)
    finding = Finding("CREDIT_CARD", 0, 0, 16, 1.0, "test")
    for settings, expected in (({}, "<CREDIT_CARD_"), ({"pci": {"apps": ["letters"]}}, "[REDACTED:CREDIT_CARD]")):
        decision, _ = decided(chat(), settings, "CREDIT_CARD")
        assert "pseudonymise" in str(decision.obligations).lower()
        assert (Replacer(decision.obligations, vault).replacement(finding, "4111111111111111") or "").startswith(expected)


CAPPED = {"owasp_llm": {"caps": {"apps": {"letters": {"output_tokens": 500}}}}}


def test_a_request_without_a_limit_gets_the_one_of_the_settings() -> None:
    decision, body = decided(chat(), CAPPED)
    assert decision.verdict == "allow"
    assert rewritten(decision, body) == chat(max_tokens=500)


@pytest.mark.parametrize("limit", [{"max_tokens": 500}, {"max_completion_tokens": 20}, {"max_tokens": 7, "max_completion_tokens": 8}])
def test_a_request_within_the_limit_goes_as_it_came(limit: dict[str, int]) -> None:
    decision, body = decided(chat(**limit), CAPPED)
    assert (decision.verdict, rewritten(decision, body)) == ("allow", chat(**limit))


@pytest.mark.parametrize(
    "limit", [{"max_tokens": 501}, {"max_tokens": -1}, {"max_completion_tokens": 0}, {"max_tokens": 5, "max_completion_tokens": 900}]
)
def test_a_request_over_the_limit_is_refused(limit: dict[str, int]) -> None:
    decision, _ = decided(chat(**limit), CAPPED)
    assert [reason.id for reason in decision.reasons if reason.severity != "info"] == ["douane.owasp_llm.caps"]


def test_a_tool_that_is_not_permitted_is_dropped_from_the_body() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("search", "small")]
    settings = {"owasp_llm": {"tools": {"declared": "drop", "apps": {"letters": ["search"]}}}}
    decision, body = decided(chat(tools=tools), settings)
    assert rewritten(decision, body) == chat(tools=tools[:1])
