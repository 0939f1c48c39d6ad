# SPDX-License-Identifier: Apache-2.0
"""Replay of a log: what other policies would have decided about recorded facts, by rule, tenant and destination."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.audit.log import SqliteLog
from douane.cli import main
from douane.policy.replay import replay
from douane.record import DecisionRecord
from fakes.parts import Scripted, allow, deny, failing

SHIPPED = Path(__file__).parents[2] / "policies"


def facts(tenant: str = "acme", leg: str = "request") -> dict[str, Any]:
    return {"leg": leg, "principal": {"tenant": tenant, "app": "letters"}, "candidates": [{"id": "virginia"}, {"id": "paris"}]}


def event(id_: str, result: str, kind: str = "intent", **about: Any) -> dict[str, Any]:
    return {"decision_id": id_, "custom": {"kind": kind}, "input": facts(**about), "result": json.loads(result)}


EVENTS = [
    event("a", allow(permitted=["paris"])),
    event("b", allow(permitted=["paris"]), tenant="other"),
    event("c", deny("douane.test.old"), kind="denied"),
    {"decision_id": "d", "custom": {"kind": "rejected"}, "input": None, "result": None},
    event("e", allow(), kind="outcome", leg="response"),
    event("f", allow(), kind="difference"),
]


def old(document: Any) -> str:
    return allow(permitted=["paris"])


def test_what_changes_is_counted_by_rule_tenant_and_destination() -> None:
    def new(document: Any) -> str:
        if document["principal"]["tenant"] == "other":
            return deny("douane.test.new")
        return allow(permitted=["virginia", "paris"])

    told = replay(EVENTS, Scripted(old), Scripted(new)).as_json()
    assert told["decisions"] == 4
    assert told["changed"] == 4
    assert told["verdicts"] == {"allow -> deny": 1}
    assert told["rules"] == {"douane.test.new": {"gained": 1, "examples": ["b"]}}
    assert told["tenants"] == {"acme/letters": 3, "other/letters": 1}
    assert told["destinations"] == {"paris -> virginia": 2, "paris -> nowhere": 1}


def test_against_what_was_decided_then() -> None:
    told = replay(EVENTS, None, Scripted(old)).as_json()
    assert (told["decisions"], told["changed"]) == (4, 1)
    assert told["rules"] == {"douane.test.old": {"lost": 1, "examples": ["c"]}}
    assert told["verdicts"] == {"deny -> allow": 1}


def test_a_decision_that_cannot_be_made_is_one_that_changes() -> None:
    told = replay(EVENTS[:1], Scripted(old), Scripted(failing("timeout"))).as_json()
    assert (told["changed"], told["failed"], told["verdicts"]) == (1, 1, {"allow -> none": 1})


def test_nothing_changes_where_both_decide_alike() -> None:
    assert replay(EVENTS, Scripted(old), Scripted(old)).changed == 0


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with one request that names a secret's type, and one without findings, decided by nobody in particular."""
    path = tmp_path / "log.sqlite"
    document = yaml.safe_load((Path(__file__).parents[1] / "cases" / "policy" / "secrets.yaml").read_text(encoding="utf-8"))["base"]
    written = SqliteLog(path)
    for number, counts in enumerate(({}, {"PASSWORD": 1})):
        input_ = json.dumps({**document, "counts": counts})
        id_ = f"id-{number}"
        written.append(DecisionRecord(id_, id_, "intent", "2026-11-24T10:00:00.000000Z", "p", "r", input_, allow()))
    written.close()
    return path


def test_the_command_compares_two_folders_over_a_log(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    following = tmp_path / "next"
    shutil.copytree(SHIPPED, following)
    data = following / "secrets" / "data.yaml"
    data.write_text(data.read_text().replace("deny: true", "deny: false"))
    assert main(["policy", "diff", str(SHIPPED), str(following), "--log", str(log), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["decisions"], told["changed"], told["verdicts"]) == (2, 1, {"deny -> allow": 1})
    assert told["rules"]["douane.secrets.in_request"] == {"lost": 1, "examples": ["id-1"]}
    assert main(["policy", "diff", str(SHIPPED), str(following), "--log", str(log), "--each"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("id-1  deny -> allow")
    assert lines[1] == "2 decisions replayed, 1 change"
    assert main(["policy", "diff", str(SHIPPED), str(SHIPPED), "--log", str(log)]) == 0


def test_the_command_says_which_policies_cannot_be_loaded(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.rego").write_text("package douane.main\n\ndecision := {")
    assert main(["policy", "diff", str(SHIPPED), str(tmp_path), "--log", str(log)]) == 2
    assert f"`{tmp_path}`" in capsys.readouterr().err
