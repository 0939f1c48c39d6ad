# SPDX-License-Identifier: Apache-2.0
"""`douane detect`: findings with their place, values masked, exit codes for scripts."""

import io
import json
import shutil
from pathlib import Path

import pytest

from fakes.command import run
from fakes.stack import settings

Capture = pytest.CaptureFixture[str]

POLICIES = Path(__file__).parents[1] / "policies"
TEXT = "Hello.\nWrite to anna.first@example.org, card 4111 1111 1111 1111."


def test_findings_have_a_place_and_a_rule_and_no_value(capsys: Capture) -> None:
    code, out, err = run("detect", "--text", TEXT, capsys=capsys)
    assert (code, err) == (0, "")
    assert "2:10  EMAIL_ADDRESS  0.95  identifiers/email  xxxx.xxxxx@xxxxxxx.xxx" in out
    assert "CREDIT_CARD" in out
    assert "9999 9999 9999 9999" in out
    assert "anna" not in out
    assert "4111" not in out


def test_values_are_shown_to_who_asks_for_them(capsys: Capture) -> None:
    assert "anna.first@example.org" in run("detect", "--text", TEXT, "--show-values", capsys=capsys)[1]


def test_a_file_and_standard_input_are_read(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter.txt").write_text(TEXT, encoding="utf-8")
    assert "EMAIL_ADDRESS" in run("detect", tmp_path / "letter.txt", capsys=capsys)[1]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert "EMAIL_ADDRESS" in run("detect", "-", capsys=capsys)[1]


def test_json_is_for_scripts(capsys: Capture) -> None:
    report = json.loads(run("detect", "--text", TEXT, "--json", "--explain", capsys=capsys)[1])
    assert [(f["type"], f["line"], f["column"], f["detector"], f["rule"]) for f in report["findings"]] == [
        ("EMAIL_ADDRESS", 2, 10, "identifiers", "email"),
        ("CREDIT_CARD", 2, 39, "identifiers", "card"),
    ]
    assert {"found"} <= {candidate["fate"] for candidate in report["candidates"]}
    assert {"identifiers", "secrets", "names", "content", "injection", "canary"} <= {detector["name"] for detector in report["detectors"]}


@pytest.mark.parametrize(("wanted", "code"), [("CREDIT_CARD", 1), ("API_KEY", 0), ("API_KEY,EMAIL_ADDRESS", 1), ("any", 1)])
def test_a_type_that_is_not_wanted_ends_with_1(wanted: str, code: int, capsys: Capture) -> None:
    assert run("detect", "--text", TEXT, "--fail-on", wanted, capsys=capsys)[0] == code
    assert run("detect", "--text", "nothing at all", "--fail-on", wanted, capsys=capsys)[0] == 0


def test_why_something_does_not_count_is_explained(tmp_path: Path, capsys: Capture) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES, policies)
    (policies / "detectors" / "data.yaml").write_text(
        "allow: { EMAIL_ADDRESS: ['*@example.org'] }\nthresholds: { CREDIT_CARD: 1000 }\n"
        "words: { projects: { type: CONFIDENTIAL, words: [Nightjar] } }\n",
        encoding="utf-8",
    )
    _, out, _ = run("detect", "--text", f"{TEXT} Nightjar", "--policies", policies, "--explain", capsys=capsys)
    assert "an allowed value, read plain: 2:10  EMAIL_ADDRESS" in out
    assert "below the threshold of 1, read plain: 2:39  CREDIT_CARD" in out
    assert "2:60  CONFIDENTIAL  0.90  authored/projects" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["/nowhere/at/all.txt"], "cannot be read"),
        (["--text", "a", "--fail-on", "SHOE_SIZE"], "`SHOE_SIZE` is no type"),
        (["--text", "a", "--policies", "/nowhere"], "/nowhere"),
        (["--text", "a", "--config", "/nowhere.yaml"], "/nowhere.yaml"),
    ],
)
def test_what_is_wrong_is_said_with_2(arguments: list[str], told: str, capsys: Capture) -> None:
    code, _, err = run("detect", *arguments, capsys=capsys)
    assert code == 2
    assert told in err


def test_what_is_no_text_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00")
    assert run("detect", tmp_path / "a.bin", capsys=capsys)[0] == 2


def test_a_detector_that_does_not_start_ends_with_3(tmp_path: Path, capsys: Capture) -> None:
    hooks = [{"name": "judge", "factory": "nowhere_at_all:make", "types": ["TOXICITY"]}]
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", detectors={"hooks": hooks})
    code, out, err = run("detect", "--text", "anna@example.org", "--config", config, capsys=capsys)
    assert (code, out) == (3, "")
    assert "judge" in err
    assert "anna" not in err
