# SPDX-License-Identifier: Apache-2.0
"""`douane policy explain`: a logged decision, by the policies that made it or by others, on the log that the real gateway writes."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from douane.audit.log import SqliteLog
from douane.cli import main
from douane.policy.shipped import shipped_policies
from douane.record import DecisionRecord
from fakes.command import policy as run
from fakes.moody import moody
from fakes.opa import opa_server
from fakes.stack import Stack, settings, stack
from fakes.upstream import chat_answer

ADDRESS = "canary.10001@mail.example.org"
SECRET = "ghp_0001aB3dE5gHaB3dE5gHaB3dE5gHaB3dE5gH"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as one:
        one.paris.script = lambda c: c.answer(chat_answer("Ask bob@else.example instead."))
        yield one


def post(running: Stack, text: str, model: str = "assistant") -> httpx.Response:
    return httpx.post(f"{running.base}/chat/completions", json={"model": model, "messages": [{"role": "user", "content": text}]})


def test_both_legs_of_a_logged_exchange_are_explained_by_the_policies_that_decided(
    running: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = post(running, f"Write to {ADDRESS}")
    id_, log = answer.headers["x-douane-decision"], answer.headers["x-douane-log"]
    config = running.log.parent / "douane.yaml"
    for about in (id_, id_[:13], log, log.rpartition("/")[2]):
        code, out, err = run("explain", about, "--config", config, "--json", capsys=capsys)
        assert (code, err) == (0, "")
        told = json.loads(out)
        assert told["exchange"] == id_
        assert [record["kind"] for record in told["records"]] == ["intent", "outcome"]
        for record, event in zip(told["records"], running.events, strict=True):
            assert record["policies"]["same"] is True
            assert record["changed"] is record["in_place"] is None
            assert record["recorded"]["result"] == record["now"]["result"] == event["result"]
    parts = {rule["id"]: rule["parts"] for rule in told["records"][1]["now"]["rules"]["fired"]}
    assert parts["douane.personal_data.restore"] == ["obligations"]
    code, out, _ = run("explain", id_, "--config", config, "--lines", capsys=capsys)
    assert out.count("the policies are those that decided then") == 2
    assert out.count("the decision is the same today") == 2
    assert ADDRESS not in out
    assert "bob@" not in out


def test_settings_of_the_configuration_decide_when_a_decision_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lenient = {"secrets": {"deny": False}}
    with stack(tmp_path, policies={"settings": lenient}) as running:
        running.paris.script = lambda c: c.answer(chat_answer("Noted."))
        id_ = post(running, SECRET).headers["x-douane-decision"]
    _, out, _ = run("explain", id_, "--config", tmp_path / "douane.yaml", "--json", capsys=capsys)
    assert [record["policies"]["same"] for record in json.loads(out)["records"]] == [True, True]
    code, out, _ = run("explain", id_, "--log", tmp_path / "decisions.sqlite", "--json", capsys=capsys)
    first = json.loads(out)["records"][0]
    assert code == 0
    assert first["policies"]["same"] is False
    assert first["changed"]["verdict"] == ["allow", "deny"]
    assert first["changed"]["rules"]["gained"] == ["douane.secrets.in_request"]
    assert first["recorded"]["result"]["verdict"] == "allow"
    assert first["now"]["verdict"] == "deny"


def test_policies_that_changed_since_are_said_with_both_decisions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policies = moody(tmp_path)
    with stack(tmp_path, policies={"path": str(policies)}) as running:
        running.paris.script = lambda c: c.answer(chat_answer("Noted."))
        id_ = post(running, "hello", "small").headers["x-douane-decision"]
    code, out, _ = run("explain", id_, "--config", tmp_path / "douane.yaml", "--policies", moody(tmp_path, deny=True), capsys=capsys)
    assert code == 0
    assert out.count("THE POLICIES ARE NOT THOSE THAT DECIDED THEN") == 2
    assert "verdict  allow then, deny now" in out
    assert "rules gained  douane.main.denied" in out
    assert re.search(r"rules-deny/main\.rego:\d+  douane\.main\.denied  high  Everything is denied  \[reasons\]", out)


def test_a_deny_that_took_the_place_of_the_policies_decision_is_told_as_that(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack(tmp_path, policies={"path": str(moody(tmp_path, impossible=True))}) as running:
        answer = post(running, "hello", "small")
        assert answer.status_code == 403
        id_ = running.events[0]["decision_id"]
    _, out, _ = run("explain", id_, "--config", tmp_path / "douane.yaml", "--json", capsys=capsys)
    (record,) = json.loads(out)["records"]
    assert (record["kind"], record["error"], record["in_place"]) == ("denied", "unfulfillable", "douane.enforce.unfulfillable")
    assert record["policies"]["same"] is True
    assert record["recorded"]["result"]["verdict"] == "deny"
    assert record["now"]["verdict"] == "allow"
    _, out, _ = run("explain", id_, "--config", tmp_path / "douane.yaml", capsys=capsys)
    assert "the recorded deny took the place of what the policies said: douane.enforce.unfulfillable" in out


def test_a_decision_that_timed_out_is_told_with_what_the_policies_say_in_more_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stack(tmp_path, policies={"path": str(moody(tmp_path, endless=True)), "deadline_ms": 100}) as running:
        assert post(running, "hello", "small").status_code == 403
        id_ = running.events[0]["decision_id"]
    code, out, _ = run("explain", id_, "--config", tmp_path / "douane.yaml", capsys=capsys)
    assert code == 0
    assert "the recorded deny took the place of what the policies said: douane.engine.timeout" in out
    assert "no decision of the policies holds (timeout): the policy did not end within 2 s" in out


def test_a_record_without_facts_is_said_to_have_none(running: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    rejected = post(running, "hello", "unheard").headers["x-douane-decision"]
    running.paris.script = lambda c: c.reset()
    failed = post(running, "hello").headers["x-douane-decision"]
    config = running.log.parent / "douane.yaml"
    code, out, _ = run("explain", rejected, "--config", config, capsys=capsys)
    assert code == 0
    assert "rejected, error model_not_found" in out
    assert "no facts were recorded" in out
    _, out, _ = run("explain", failed, "--config", config, "--json", capsys=capsys)
    intent, outcome = json.loads(out)["records"]
    assert intent["now"]["verdict"] == "allow"
    assert outcome["error"].startswith("upstream_")
    assert outcome["now"] is None


def test_what_is_not_in_the_log_is_exit_code_1(running: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(40):
        post(running, "hello", "frontier")
    config = running.log.parent / "douane.yaml"
    initials = [event["decision_id"][0] for event in running.events]
    twice = next(initial for initial in initials if initials.count(initial) > 1 and not initial.isdigit())
    for about, told in (
        ("no-such", "no record of the decision `no-such`"),
        ("other.local/0", "no record 0 of `other.local`"),
        ("test.local/999", "no record 999 of `test.local`"),
        (twice, "more than one decision begins with"),
    ):
        code, out, err = run("explain", about, "--config", config, capsys=capsys)
        assert (code, out) == (1, "")
        assert told in err
    code, _, err = run("explain", "x", "--log", running.log.parent / "none.sqlite", capsys=capsys)
    assert code == 1
    assert "none.sqlite" in err


def test_a_log_that_is_being_written_is_explained_all_the_same(running: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = post(running, f"Write to {ADDRESS}").headers["x-douane-decision"]
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            post(running, "hello")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            code, out, _ = run("explain", id_, "--config", running.log.parent / "douane.yaml", "--json", capsys=capsys)
            assert code == 0
            assert [record["policies"]["same"] for record in json.loads(out)["records"]] == [True, True]
    finally:
        ended.set()
        writer.join(timeout=20)
    assert len(running.events) > 10


@pytest.mark.slow
def test_opa_explains_a_logged_decision_too(running: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = post(running, SECRET).headers["x-douane-decision"]
    config = running.log.parent / "douane.yaml"
    with opa_server(Path(__file__).parents[1] / "policies") as url:
        code, out, _ = run("explain", id_, "--config", config, "--engine", "opa", "--opa-url", url, "--json", capsys=capsys)
    (record,) = json.loads(out)["records"]
    assert code == 0
    assert (record["changed"], record["policies"]["same"]) == (None, None)
    assert "douane.secrets.in_request" in [rule["id"] for rule in record["now"]["rules"]["fired"]]


def test_a_shadow_of_other_policies_is_told_as_that(running: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = post(running, "hello").headers["x-douane-decision"]
    custom = {"difference": {"verdict": ["allow", "deny"], "rules": {}, "destinations": {}}}
    log = SqliteLog(running.log)
    log.append(DecisionRecord("other", id_, "difference", "2026-11-01T10:00:00Z", "p", "next", "", "", custom=custom))
    log.close()
    code, out, _ = run("explain", id_, "--config", running.log.parent / "douane.yaml", capsys=capsys)
    assert code == 0
    assert 'other policies (next), beside and without effect: {"verdict": ["allow", "deny"]' in out


def test_help_is_there_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "explain", "--help"])
    assert ended.value.code == 0
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["x", "--log", "a", "--config", "b"], ["x", "--engine", "no"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "explain", *arguments])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_settings_in_a_file_are_those_that_decide_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    switches = tmp_path / "settings.yaml"
    switches.write_text("ops: { panic: true }\n")
    with stack(tmp_path, policies={"settings_file": str(switches)}) as running:
        assert post(running, "hello").status_code == 403
        id_ = running.events[-1]["decision_id"]
    config = tmp_path / "douane.yaml"
    code, out, _ = run("explain", id_, "--config", config, "--json", capsys=capsys)
    (record,) = json.loads(out)["records"]
    assert (code, record["policies"]["same"], record["changed"]) == (0, True, None)
    code, out, _ = run("diff", "recorded", shipped_policies(), "--config", config, "--json", capsys=capsys)
    assert (code, json.loads(out)["changed"]) == (0, 0)
    code, out, _ = run("eval", "--config", config, "--prompt", "hello", "--json", capsys=capsys)
    assert (code, [reason["id"] for reason in json.loads(out)["result"]["reasons"]][-1]) == (1, "douane.ops.panic")


def test_policies_that_cannot_be_had_are_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack(tmp_path) as running:
        assert post(running, "hello").status_code == 200
        id_ = running.events[0]["decision_id"]
    away = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies={"url": "http://127.0.0.1:1/bundle.tar.gz"})
    assert run("explain", id_, "--config", away, capsys=capsys)[0] == 2
