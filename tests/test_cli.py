# SPDX-License-Identifier: Apache-2.0
"""The command line: what it prints, for people and for scripts, and the exit codes."""

import json
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import httpx
import pytest

from douane.audit.log import SqliteLog
from douane.cli import main
from douane.record import DecisionRecord
from fakes.command import run
from fakes.process import children, douane, serving
from fakes.stack import settings

REASON = {"id": "douane.test.no", "kind": "content", "severity": "high", "message": "no", "refs": []}


def record(number: int, kind: str = "intent") -> DecisionRecord:
    facts = {
        "leg": "request",
        "exchange": {"model": "small"},
        "principal": {"tenant": "acme", "app": "letters"},
        "counts": {"EMAIL_ADDRESS": 2},
    }
    result = {"verdict": "deny", "obligations": [], "reasons": [REASON], "permitted": [], "rejections": []}
    return DecisionRecord(
        f"id-{number}",
        f"id-{number}",
        kind,  # type: ignore[arg-type]  # one of the kinds
        "2026-11-01T10:00:00.000000Z",
        "douane/main/decision",
        "sha256:0",
        json.dumps(facts),
        json.dumps(result),
        custom={"destination": "paris", "edits": {"pseudonymised": 2}},
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "decisions.sqlite"
    one = SqliteLog(path)
    for number in range(30):
        one.append(record(number))
    one.close()
    return path


def test_show_prints_the_last_records_one_a_line(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("log", "show", "--log", log, capsys=capsys)
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 20)
    assert "id-29" in lines[-1]
    assert "acme/letters" in lines[-1]
    assert "small -> paris" in lines[-1]
    assert "found EMAIL_ADDRESS x2" in lines[-1]
    assert "because douane.test.no" in lines[-1]


@pytest.mark.parametrize(
    ("options", "count"), [(["--last", "3"], 3), (["--last", "0"], 30), (["--since", "25"], 5), (["--since", "25", "--last", "2"], 2)]
)
def test_show_takes_as_many_as_it_is_told(log: Path, options: list[str], count: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(run("log", "show", "--log", log, *options, capsys=capsys)[1].splitlines()) == count


def test_show_gives_json_with_opas_names_for_scripts(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("log", "show", "id-7", "--log", log, "--json", capsys=capsys)
    (event,) = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert event["seq"] == 7
    assert {"decision_id", "labels", "bundles", "path", "input", "result", "timestamp", "metrics", "custom"} <= set(event)


def test_an_unknown_decision_and_a_missing_log_are_said_and_are_exit_code_1(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run("log", "show", "no-such", "--log", log, capsys=capsys)
    assert (code, out) == (1, "")
    assert "no-such" in err
    code, out, err = run("log", "show", "--log", tmp_path / "none.sqlite", capsys=capsys)
    assert (code, out) == (1, "")
    assert "none.sqlite" in err


def test_show_takes_the_log_that_a_configuration_names(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    assert run("log", "show", "--config", config, "--last", "1", capsys=capsys)[1].split()[0] == "29"


def test_a_reader_that_has_seen_enough_is_no_error(log: Path) -> None:
    done = subprocess.run(
        f"{douane()} log show --log {log} --last 0 --json | head -n 1", shell=True, capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_tail_follows_the_log_until_ctrl_c(log: Path) -> None:
    arguments = [douane(), "log", "tail", "--log", str(log), "--json", "--last", "2"]
    # Where the tests run in the background of a shell, children would inherit that this signal is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    try:
        assert [json.loads(process.stdout.readline())["seq"] for _ in range(2)] == [28, 29]
        one = SqliteLog(log)
        one.append(record(30))
        one.append(record(31))
        one.close()
        assert [json.loads(process.stdout.readline())["seq"] for _ in range(2)] == [30, 31]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["serve", "--help"], ["log", "--help"], ["log", "show", "--help"], ["log", "tail", "--help"]]
)
def test_help_is_there_with_examples(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "examples:" in said or arguments == ["--help"]
    assert "douane" in said


@pytest.mark.parametrize("arguments", [[], ["serve", "--port", "x"], ["log", "show", "--log", "a", "--config", "b"], ["nothing"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_check_starts_everything_once_and_says_what_would_decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    code, out, _ = run("serve", "--config", config, "--check", capsys=capsys)
    assert code == 0
    assert "3 models, 2 destinations, policies sha256:" in out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nonsense": 1}, "`nonsense`: unknown key"),
        ({"surrogate_key_env": "NOT_SET_ANYWHERE"}, "`NOT_SET_ANYWHERE`"),
        ({"policies": {"path": "/nowhere/at/all"}}, "/nowhere/at/all"),
        ({"policies": {"settings": {"residencey": {}}}}, "residencey"),
        ({"policies": {"settings": {"ops": {"panik": True}}}}, "ops.panik` is no setting"),
        ({"policies": {"settings": {"personal_data": {"actions": {"IBAN": "redact"}}}}}, "personal_data.actions has IBAN"),
        ({"policies": {"engine": "opa", "path": "rules"}}, "`path` is for the embedded engine"),
    ],
)
def test_a_wrong_configuration_is_exit_code_2_and_says_what_to_do(
    tmp_path: Path, change: dict[str, object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", **change)
    code, _, err = run("serve", "--config", config, "--check", capsys=capsys)
    assert code == 2
    assert told in err
    assert "Traceback" not in err


@pytest.mark.parametrize("flags", [["--host", "0.0.0.0"], ["--port", "99999"]])
def test_wrong_flags_are_said_as_wrong_keys_are(tmp_path: Path, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    code, _, err = run("serve", "--config", config, "--check", *flags, capsys=capsys)
    assert code == 2
    assert "the command line is wrong" in err


def test_check_fails_where_the_opa_server_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opa = {"engine": "opa", "opa_url": "http://127.0.0.1:1"}
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies=opa)
    code, _, err = run("serve", "--config", config, "--check", capsys=capsys)
    assert code == 1
    assert "not ready: policy" in err


@pytest.mark.parametrize("about", ["id-7", "test.local/7", "7"])
def test_a_decision_is_found_by_its_id_and_by_what_the_header_said(log: Path, about: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("log", "show", about, "--log", log, capsys=capsys)
    assert [line.split()[0] for line in out.splitlines()] == ["7"]


def test_policies_that_do_not_load_stop_the_start(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "main.rego").write_text("package douane.main\n\ndecision := {\n")
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies={"path": str(rules)})
    done = subprocess.run([douane(), "serve", "--config", config, "--port", "0"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "main.rego:4:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_and_is_exit_code_1(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
        arguments = [douane(), "serve", "--config", str(config), "--port", port]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_gateway_and_its_processes(tmp_path: Path, number: signal.Signals) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", detectors={"presidio_recognizers": ["EmailRecognizer"]})
    with serving(config) as served:
        assert httpx.get(f"{served.url}/readyz").json() == {"status": "ok", "parts": {"log": True, "presidio": True, "policy": True}}
        started = children(served.process.pid)
        assert len(started) == 2
        assert served.stop(number) == 0
        assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
        assert json.loads(served.lines[-1])["event"] == "stopped"


def test_a_killed_gateway_leaves_no_process_and_a_log_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", detectors={"presidio_recognizers": ["EmailRecognizer"]})
    with serving(config) as served:
        body = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
        assert httpx.post(f"{served.url}/v1/chat/completions", json=body).status_code == 502
        started = children(served.process.pid)
        assert len(started) == 2
        served.stop(signal.SIGKILL)
    ended = threading.Event()
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in started):
            ended.set()
            break
        ended.wait(0.1)
    assert ended.is_set()
    code, out, _ = run("log", "show", "--config", config, capsys=capsys)
    assert code == 0
    assert [line.split()[2] for line in out.splitlines()] == ["intent", "outcome"]
    with serving(config) as served:
        assert httpx.get(f"{served.url}/healthz").status_code == 200


def test_the_environment_is_where_keys_come_from(tmp_path: Path) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", keyed=True)
    assert not {"APP_KEY", "PARIS_KEY"} & set(os.environ)
    with serving(config, environment={"APP_KEY": "key-of-the-app", "PARIS_KEY": "key-of-paris"}) as served:
        models = f"{served.url}/v1/models"
        assert httpx.get(models).status_code == 401
        assert httpx.get(models, headers={"authorization": "Bearer key-of-the-app"}).status_code == 200
        assert "key-of" not in served.printed
