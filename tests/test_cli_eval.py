# SPDX-License-Identifier: Apache-2.0
"""`douane policy eval`: it decides as the gateway does, says which rules fired at which lines, and shows no value."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from douane.cli import main
from fakes.command import policy as run
from fakes.moody import moody
from fakes.opa import opa_server
from fakes.stack import settings, stack
from fakes.upstream import chat_answer

ROOT = Path(__file__).parents[1]
POLICIES = ROOT / "policies"
ADDRESS = "canary.10001@mail.example.org"
SECRET = "ghp_0001aB3dE5gHaB3dE5gHaB3dE5gHaB3dE5gH"
NOWHERE = "http://127.0.0.1:1/v1"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway's configuration that names keys which nobody has set."""
    return settings(tmp_path, NOWHERE, NOWHERE, keyed=True)


def chat(text: str, model: str = "assistant", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def line(rule: dict[str, Any]) -> str:
    """The line of the shipped policies that a rule is said to begin at."""
    return (POLICIES / rule["path"]).read_text().split("\n")[rule["line"] - 1]


# eval


def test_a_prompt_is_decided_by_the_shipped_policies_with_rules_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("eval", "--prompt", f"Write to {ADDRESS}", "--lines", capsys=capsys)
    assert (code, err) == (0, "")
    assert out.startswith("allow  request of example/example, model any -> eu\n")
    assert "EMAIL_ADDRESS  /messages/0/content 9-38  ********" in out
    assert "https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj" in out
    path, number, title = re.search(r"^  (\S+):(\d+)  douane\.residency\.country  high  (.*)  \[rejections\]$", out, re.MULTILINE).groups()  # type: ignore[union-attr]  # no match fails here
    assert title == "A country is not permitted"
    lines = Path(path).read_text().split("\n")
    assert lines[int(number) - 1].startswith("rejections contains")
    assert f"\n      {int(number) + 1:>5}  {lines[int(number)].strip()}" in out


def test_a_secret_is_denied_with_exit_code_1_and_the_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("eval", "--prompt", f"{ADDRESS} {SECRET}", "--destination", "US", "--json", capsys=capsys)
    report = json.loads(out)
    assert code == 1
    assert {
        "leg", "protocol", "model", "stream", "principal", "engine", "policies", "findings", "counts", "candidates", "result",
        "verdict", "destination", "edits", "failed", "rules", "why_not",
    } == set(report)  # fmt: skip
    assert report["verdict"] == report["result"]["verdict"] == "deny"
    assert report["counts"] == {"EMAIL_ADDRESS": 1, "ACCESS_TOKEN": 1}
    (candidate,) = report["candidates"]
    assert (candidate["id"], candidate["permitted"]) == ("us", False)
    assert "douane.residency.country" in [rejection["id"] for rejection in candidate["rejections"]]
    fired = {rule["id"]: rule for rule in report["rules"]["fired"]}
    assert {"douane.secrets.in_request", "douane.main.no_destination", "douane.residency.country"} <= set(fired)
    for rule in fired.values():
        assert rule["title"]
        assert line(rule)
        assert not line(rule).startswith(("#", "\t", "}"))
    assert {rule["id"] for rule in report["rules"]["quiet"]}.isdisjoint(fired)


@pytest.mark.slow
def test_no_value_of_the_prompt_is_shown_unless_it_is_asked_for(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompt, request = tmp_path / "letter.txt", tmp_path / "body.json"
    prompt.write_text(f"From {ADDRESS} with {SECRET}")
    request.write_text(json.dumps(chat(f"From {ADDRESS} with {SECRET}", model=ADDRESS, user=ADDRESS, tools=[{"name": SECRET}])))
    every = ["--lines", "--why-not", "douane.personal_data.pseudonymise", "--why-not", "douane.ops.unknown_place"]
    for source in (
        ["--prompt", prompt.read_text()],
        [prompt, "--config", config],
        [prompt, "--config", config, "--json"],
        ["--request", request],
        ["--request", request, "--config", config, "--model", "assistant", "--json"],
    ):
        code, out, err = run("eval", *source, *every, capsys=capsys)
        assert code == 1
        assert "EMAIL_ADDRESS" in out
        assert ADDRESS not in out + err
        assert SECRET not in out + err
    _, out, err = run("eval", prompt, "--config", config, "--show-values", capsys=capsys)
    assert ADDRESS in out
    assert SECRET in out
    assert "PERSONAL DATA" in err


def test_the_body_is_shown_as_it_would_leave(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("eval", "--config", config, "--prompt", f"Write to {ADDRESS}", "--show-body", capsys=capsys)
    assert re.search(r'"content": "Write to <EMAIL_ADDRESS_[a-z]{5}>"', out)
    assert ADDRESS not in out
    _, out, _ = run("eval", "--config", config, "--prompt", SECRET, "--show-body", "--json", capsys=capsys)
    assert (json.loads(out)["body"], json.loads(out)["withheld"]) == (None, "nothing would leave")


def test_a_body_in_which_values_are_left_is_shown_with_the_values_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaving = {"settings": {"personal_data": {"default_action": "leave"}}}
    config = settings(tmp_path, NOWHERE, NOWHERE, policies=leaving)
    arguments = ["eval", "--config", config, "--model", "small", "--prompt", f"Write to {ADDRESS}", "--show-body"]
    code, out, _ = run(*arguments, capsys=capsys)
    assert code == 0
    assert "not shown: 1 values found are left in it" in out
    assert ADDRESS not in out
    _, out, _ = run(*arguments, "--show-values", capsys=capsys)
    assert f'"content": "Write to {ADDRESS}"' in out


def test_standard_input_is_a_source_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        class buffer:  # as sys.stdin has it
            @staticmethod
            def read() -> bytes:
                return f"Write to {ADDRESS}".encode()

    monkeypatch.setattr("sys.stdin", Stdin)
    _, out, _ = run("eval", "-", "--json", capsys=capsys)
    assert json.loads(out)["counts"] == {"EMAIL_ADDRESS": 1}


def test_a_configuration_gives_callers_models_destinations_and_settings_and_no_key_is_needed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run("eval", "--config", config, "--prompt", f"Write to {ADDRESS}", "--model", "assistant", "--json", capsys=capsys)
    report = json.loads(out)
    assert code == 0
    assert report["principal"] == {"tenant": "acme", "app": "letters", "purpose": ""}
    assert (report["model"], report["destination"]) == ("assistant", "paris")
    assert [candidate["id"] for candidate in report["candidates"]] == ["virginia", "paris"]
    code, out, _ = run("eval", "--config", config, "--prompt", "x", "--model", "assistant", "--destination", "virginia", capsys=capsys)
    assert code == 1
    assert "paris" not in out
    assert not (config.parent / "decisions.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--prompt", "x", "--destination", "nowhere"], "there are `paris`"),
        (["--prompt", "x", "--app", "nobody"], "say which caller asks: `--tenant acme --app letters`"),
        (["--prompt", "x", "--model", "unheard"], "model_not_found"),
        (["--prompt", "x", "--policies", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--prompt", "x", "--why-not", "douane.secrets.in_requst"], "`douane.secrets.in_request`"),
        (["--prompt", "x", "--opa-url", "http://127.0.0.1:1"], "--engine opa"),
        (["--input", "/nowhere/facts.json"], "/nowhere/facts.json"),
        (["--input", "/dev/null", "--show-values"], "leave the options"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do_and_is_exit_code_2(
    config: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run("eval", "--config", config, *arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b'{"model": "small", "model": "small", "messages": []}',
        b'{"model": "small"}',
        b'{"model": "unheard", "messages": [{"role": "user", "content": "x"}]}',
    ],
)
def test_a_broken_request_is_told_in_the_gateways_own_words(tmp_path: Path, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.json").write_bytes(body)
    with stack(tmp_path) as running:
        answer = httpx.post(f"{running.base}/chat/completions", content=body, headers={"content-type": "application/json"})
        error = answer.json()["error"]
        said = error["message"].rpartition(" (decision ")[0]
        code, out, err = run("eval", "--config", tmp_path / "douane.yaml", "--request", tmp_path / "body.json", capsys=capsys)
    assert answer.status_code >= 400
    assert (code, out, err) == (2, "", f"douane: {said} ({error['code']})\n")


@pytest.mark.slow
@pytest.mark.parametrize("text", [f"Write to {ADDRESS}", SECRET, "hello"])
@pytest.mark.parametrize("model", ["assistant", "small", "frontier"])
def test_it_decides_as_the_gateway_does(tmp_path: Path, text: str, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps(chat(text, model))
    (tmp_path / "body.json").write_text(body)
    with stack(tmp_path) as running:
        running.paris.script = lambda c: c.answer(chat_answer("Noted."))
        httpx.post(f"{running.base}/chat/completions", content=body, headers={"content-type": "application/json"})
        event, *_ = running.events
        received = [one.json for one in running.paris.received]
        before = running.kinds
        arguments = ["--config", tmp_path / "douane.yaml", "--request", tmp_path / "body.json", "--show-body", "--json"]
        code, out, _ = run("eval", *arguments, capsys=capsys)
        assert running.kinds == before
    report = json.loads(out)
    assert report["result"] == event["result"]
    assert report["policies"]["revision"] == event["bundles"]["douane"]["revision"]
    assert report["destination"] == event["custom"].get("destination")
    assert report["edits"] == event["custom"]["edits"]
    assert code == (0 if event["custom"]["kind"] == "intent" else 1)
    surrogate = re.compile(r"_[a-z]{5}>")
    assert [surrogate.sub("", json.dumps(json.loads(one))) for one in ([report["body"]] if report["body"] else [])] == [
        surrogate.sub("", json.dumps(one)) for one in received
    ]


@pytest.fixture(scope="module")
def opa() -> Iterator[str]:
    with opa_server(POLICIES) as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("prompt", [f"Write to {ADDRESS}", SECRET])
def test_opa_decides_alike_and_its_rules_are_found_by_their_ids(
    opa: str, config: Path, prompt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["eval", "--config", config, "--model", "assistant", "--prompt", prompt, "--json"]
    code, out, _ = run(*arguments, capsys=capsys)
    own = json.loads(out)
    code_of_opa, out, _ = run(*arguments, "--engine", "opa", "--opa-url", opa, capsys=capsys)
    theirs = json.loads(out)
    assert code == code_of_opa
    assert (own["rules"]["by"], theirs["rules"]["by"]) == ("evaluation", "result")
    assert theirs["policies"]["source"] == opa
    code_of_text, out, _ = run(*arguments[:-1], "--engine", "opa", "--opa-url", opa, capsys=capsys)
    assert code_of_text == code
    assert "by the ids in the server's result" in out
    assert (own["result"], own["destination"], own["edits"]) == (theirs["result"], theirs["destination"], theirs["edits"])
    places = [[(rule["id"], rule["path"], rule["line"], rule["parts"]) for rule in one["rules"]["fired"]] for one in (own, theirs)]
    assert [place for place in places[0] if place[3]] == places[1]


@pytest.mark.parametrize("source", [["--prompt", "x"], ["--input", "facts"]])
def test_an_opa_server_that_is_not_there_is_exit_code_2(
    tmp_path: Path, config: Path, source: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    if source[0] == "--input":
        (tmp_path / "facts").write_text('{"leg": "request", "candidates": []}')
        source = ["--input", str(tmp_path / "facts")]
    code, out, err = run("eval", "--config", config, *source, "--engine", "opa", "--opa-url", "http://127.0.0.1:1", capsys=capsys)
    assert (code, out) == (2, "")
    assert "no OPA server answers at http://127.0.0.1:1" in err


def test_why_not_needs_an_engine_that_can_be_asked(opa: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--config", config, "--engine", "opa", "--opa-url", opa, "--why-not", "douane.ops.panic"]
    code, _, err = run("eval", "--prompt", "x", *arguments, capsys=capsys)
    assert code == 2
    assert "--engine embedded" in err


def test_why_not_says_which_statement_stopped_a_rule_and_with_which_values(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "--config", config, "--prompt", f"Write to {ADDRESS}", "--why-not", "douane.secrets.in_request"]
    _, out, _ = run(*arguments, "--json", capsys=capsys)
    (why,) = json.loads(out)["why_not"]
    (attempt,) = why["attempts"]
    assert (why["fired"], why["failed"], attempt["outcome"]) == (False, None, "stopped")
    failing = attempt["failing"]
    assert line({"path": attempt["path"], "line": failing["number"]}).strip() == failing["text"]
    parts = {part["text"]: part["values"] for row in attempt["values"] for part in row}
    assert parts["found"] == ["[]"]
    assert parts["input.counts"] == ['{"EMAIL_ADDRESS": 1}']
    _, out, _ = run(*arguments, capsys=capsys)
    assert f"did not  {failing['number']:>5}  {failing['text']}\n" in out
    assert 'input.counts = {"EMAIL_ADDRESS": 1}' in out


def test_facts_of_a_record_are_evaluated_and_are_the_same_report(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack(tmp_path) as running:
        httpx.post(f"{running.base}/chat/completions", json=chat(SECRET))
        (event,) = running.events
    for name, value in (("event", event), ("facts", event["input"])):
        (tmp_path / name).write_text(json.dumps(value))
        code, out, _ = run("eval", "--config", config, "--input", tmp_path / name, "--json", capsys=capsys)
        assert code == 1
        assert json.loads(out)["result"] == event["result"]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"input": {}},
        {"leg": 1, "exchange": 2, "principal": [], "segments": {}, "findings": "x", "counts": 3, "candidates": None},
        {"leg": "request", "findings": [{}, 1, {"segment": 7, "end": "x"}], "candidates": [1, {}, {"id": ["x"], "inference": 1}]},
    ],
)
def test_facts_that_are_none_are_a_deny_and_no_crash(tmp_path: Path, facts: object, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    for form in ([], ["--json"]):
        code, out, err = run("eval", "--input", tmp_path / "facts.json", *form, capsys=capsys)
        if code == 2:
            assert "must be an object" in err
        else:
            assert code == 1
            assert "douane.main.undefined" in out


def test_policies_that_never_end_are_a_deny_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tmp_path, NOWHERE, NOWHERE, policies={"deadline_ms": 100, "path": str(moody(tmp_path, endless=True))})
    code, out, _ = run("eval", "--config", config, "--prompt", "x", "--model", "small", "--json", capsys=capsys)
    report = json.loads(out)
    assert code == 1
    assert report["failed"]["code"] == "timeout"
    assert [reason["id"] for reason in report["result"]["reasons"]] == ["douane.engine.timeout"]
    assert report["rules"]["failed"] == ["in `data.douane.main`: the policy did not end within 2 s"]


def test_policies_that_cannot_be_loaded_are_exit_code_2(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "main.rego").write_text("package douane.main\n\ndecision := {\n")
    code, _, err = run("eval", "--config", config, "--policies", tmp_path / "rules", "--prompt", "x", capsys=capsys)
    assert code == 2
    assert "main.rego:4:1" in err


def test_a_draft_that_the_gateway_would_not_load_is_evaluated_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policies = moody(tmp_path)
    (policies / "main_test.rego").write_text("package douane.main_test\n\ntest_nothing if false\n")
    code, out, _ = run("eval", "--prompt", "x", "--policies", policies, capsys=capsys)
    assert code == 0
    assert out.startswith("allow")


def test_an_obligation_that_cannot_be_fulfilled_is_the_deny_that_took_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policies = moody(tmp_path, impossible=True)
    config = settings(tmp_path, NOWHERE, NOWHERE, policies={"path": str(policies)})
    code, out, _ = run("eval", "--config", config, "--prompt", "x", "--model", "small", capsys=capsys)
    assert code == 1
    assert "no decision of the policies holds (unfulfillable)" in out
    assert "douane.enforce.unfulfillable" in out
    assert "douane.main.impossible" in out  # it fired all the same


def test_help_is_there_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "eval", "--help"])
    assert ended.value.code == 0
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--prompt", "x", "--request", "y"], ["x", "--engine", "no"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "eval", *arguments])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
