# SPDX-License-Identifier: Apache-2.0
"""`douane policy test`, `check`, `build` and `verify`: what they print, for people and for scripts, and their exit codes."""

import json
import os
import pty
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from douane.cli import main
from fakes.command import policy as run
from fakes.process import douane
from fakes.stack import settings

ROOT = Path(__file__).parents[1]
HEAVY = {"aiohttp", "fastapi", "opa_client", "phonenumbers", "presidio_analyzer", "regorus", "requests", "spacy", "structlog", "uvicorn"}
RULES = """\
package p

allow if input.size < 3
"""
TESTS = """\
package p_test

import data.p

test_small if p.allow with input as {"size": 1}

test_large if {
	facts := {"size": 7}
	p.allow with input as facts
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tests of this file run: a folder with a tree of two modules in `tree`."""
    monkeypatch.chdir(tmp_path)
    write("tree/p.rego", RULES)
    write("tree/p_test.rego", TESTS)
    return tmp_path


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shipped() -> str:
    return str(ROOT / "policies")


# test


def test_a_failing_test_is_shown_with_its_place_and_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("test", "tree", capsys=capsys)
    assert (code, err) == (2, "")
    lines = [re.sub(r"\(.*s\)", "(TIME)", line) for line in out.splitlines()]
    assert lines == [
        "tree/p_test.rego:7:",
        "data.p_test.test_large: FAIL (TIME)",
        "  tree/p_test.rego:9:2: p.allow with input as facts",
        "    p.allow: undefined",
        '    facts: {"size": 7}',
        "-" * 80,
        "PASS: 1/2",
        "FAIL: 1/2",
    ]


def test_verbose_names_each_test_and_json_is_opas(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("test", "tree", "-v", "-r", "small", capsys=capsys)
    assert re.sub(r"\(.*s\)", "(TIME)", out).splitlines()[:2] == ["tree/p_test.rego:5:", "data.p_test.test_small: PASS (TIME)"]
    code, out, _ = run("test", "tree", "--json", capsys=capsys)
    told = {one["name"]: one for one in json.loads(out)}
    assert code == 2
    assert told["test_small"].keys() == {"location", "package", "name", "duration"}
    assert told["test_large"]["fail"] is True
    assert told["test_large"]["location"] == {"file": "tree/p_test.rego", "row": 7, "col": 1}
    assert run("test", "tree", "--format", "json", "-r", "large", capsys=capsys)[1].count('"name"') == 1


def test_coverage_below_the_threshold_names_the_lines_and_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/more.rego", "package more\n\nx if {\n\tinput.a\n}\n\ny := 1\n")
    code, out, err = run("test", "tree", "-r", "small", "--coverage", "--threshold", "100", capsys=capsys)
    assert code == 2
    assert "COVERAGE: " in out
    assert {line.strip() for line in err.splitlines()[1:]} >= {"tree/more.rego:3-4", "tree/more.rego:7", "tree/p_test.rego:7-9"}
    code, out, err = run("test", "tree", "-r", "small", "--threshold", "10", capsys=capsys)
    assert (code, err) == (0, "")
    assert "  tree/more.rego:3-4\n" in out


def test_coverage_as_json_is_opas_report(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("test", "tree", "-r", "small", "--coverage", "--json", capsys=capsys)
    report = json.loads(out)
    assert code == 0
    assert report.keys() == {"files", "covered_lines", "not_covered_lines", "coverage"}
    assert report["files"]["tree/p.rego"] == {
        "covered": [
            {"start": {"row": 3, "col": 1}, "end": {"row": 3, "col": 6}},
            {"start": {"row": 3, "col": 10}, "end": {"row": 3, "col": 24}},
        ],
        "covered_lines": 1,
        "coverage": 100.0,
    }


def test_coverage_of_tests_that_fail_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("test", "tree", "--coverage", "--json", capsys=capsys)
    assert (code, out) == (1, "")
    assert "data.p_test.test_large: FAIL" in err


def test_policies_that_cannot_be_loaded_are_exit_code_1_and_say_where(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/bad.rego", "package bad\n\nx := {\n")
    code, out, err = run("test", "tree", capsys=capsys)
    assert (code, out) == (1, "")
    assert "tree/bad.rego:4:1: error: " in err
    assert run("test", "nowhere", capsys=capsys)[0] == 1


def test_what_opas_compiler_refuses_is_refused_though_no_test_comes_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/bad.rego", "package bad\n\nx if y\n\ny if x\n")
    code, _, err = run("test", "tree", "-r", "small", capsys=capsys)
    assert code == 1
    assert "tree/bad.rego:3:1: error: this rule asks for itself" in err


def test_what_the_engine_would_answer_wrongly_without_a_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/a.rego", "package several\n\nfirst := 1\n")
    write("tree/b.rego", "package several\n\nsecond := third\n\nthird := 3\n")
    write("tree/several_test.rego", "package several_test\n\nimport data.several\n\ntest_small if not several.second\n")
    code, _, err = run("test", "tree", "-r", "small", capsys=capsys)
    assert code == 1
    assert "tree/several_test.rego:5:19: error: " in err


def test_files_archives_and_several_paths_are_one_tree(capsys: pytest.CaptureFixture[str]) -> None:
    write("more/q_test.rego", 'package q_test\n\ntest_more if data.p.allow with input as {"size": 0}\n')
    code, out, _ = run("test", "tree/p.rego", "more", "-v", capsys=capsys)
    assert code == 0
    assert "more/q_test.rego:3:" in out
    assert run("test", "tree/p.rego", "more/q_test.rego", capsys=capsys)[0] == 0
    with tarfile.open("tree.tar.gz", "w:gz") as archive:
        archive.add("tree/p.rego", "p.rego")
    code, out, _ = run("test", "tree.tar.gz", "more", capsys=capsys)
    assert (code, out) == (0, "PASS: 1/1\n")
    code, _, err = run("test", "tree", "tree/p.rego", capsys=capsys)
    assert code == 1
    assert "`p.rego` is in two of the paths" in err


def test_what_is_to_be_ignored_is_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/drafts/d.rego", "package d\n\nx := {\n")
    assert run("test", "tree", "-r", "small", capsys=capsys)[0] == 1
    assert run("test", "tree", "-r", "small", "--ignore", "drafts", capsys=capsys)[0] == 0
    assert run("test", "tree", "-r", "small", "--ignore", "x*,d.rego", capsys=capsys)[0] == 0


def test_without_a_path_it_takes_the_policies_here_or_those_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run("test", "-v", "-r", "douane.main_test", capsys=capsys)
    assert f"{ROOT}/policies/main_test.rego" in out
    write("policies/main.rego", 'package douane.main\n\ndecision := "here"\n\ntest_here if decision == "here"\n')
    assert "policies/main.rego:5:\ndata.douane.main.test_here: PASS" in run("test", "-v", capsys=capsys)[1]


def test_a_configuration_names_the_policies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(folder, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies={"path": str(folder / "tree")})
    assert "PASS: 1/2" in run("test", "--config", config, capsys=capsys)[1]
    code, _, err = run("test", "tree", "--config", config, capsys=capsys)
    assert (code, "`--config`" in err) == (2, True)


def test_progress_is_told_to_a_terminal_only() -> None:
    many = "\n".join(f"test_{number} if true" for number in range(250))
    write("many/p.rego", f"package p\n\n{many}\n")
    arguments = [douane(), "policy", "test", "many"]
    quiet = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert (quiet.stdout, quiet.stderr) == ("PASS: 250/250\n", "")
    ours, theirs = pty.openpty()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=theirs) as process:
        assert process.wait(60) == 0
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert said.split("\r\n")[:2] == ["100 of 250 tests", "200 of 250 tests"]


def test_the_page_about_tests_shows_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "policies.md").read_text()
    (tests,) = re.findall(r"```rego\n(package douane\.hours_test\n.*?)```", page, re.DOTALL)
    (shown,) = re.findall(r"\$ douane policy test policies\n(.*?)```", page, re.DOTALL)
    write("policies/hours/hours_test.rego", tests)
    write("policies/hours/data.yaml", "day_only: [payroll]\n")
    write(
        "policies/hours/hours.rego",
        "package douane.hours\n\nviolations contains violation if {\n\tinput.principal.app in data.hours.day_only\n"
        '\tviolation := {"id": "douane.hours.night"}\n}\n',
    )
    code, out, _ = run("test", "policies", capsys=capsys)
    assert code == 2
    assert re.sub(r"\(.*s\)", "", out) == re.sub(r"\(.*s\)", "", shown)


# check


def test_problems_are_places_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/main.rego", "package douane.main\n\ndefault decision := {}\n\ndecision := data.p.alow\n")
    code, out, err = run("check", "tree", capsys=capsys)
    assert code == 2
    assert re.search(r"^tree/main\.rego:5:\d+: error: .*alow.*\[reference/unknown\]$", out, re.MULTILINE)
    assert err.startswith("3 modules: ")
    code, out, _ = run("check", "tree", "--json", capsys=capsys)
    told = json.loads(out)
    assert code == 2
    assert {"path", "line", "column", "rule", "message", "level", "source"} == set(told[0])
    assert ("tree/main.rego", "reference/unknown", "error") in {(one["path"], one["rule"], one["level"]) for one in told}


def test_the_shipped_policies_have_no_problem_not_even_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--strict", shipped(), capsys=capsys)[:2] == (0, "")


def test_a_warning_is_exit_code_2_only_where_it_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("main.rego", "package douane.main\n\nimport data.douane.unused as nothing\n\ndecision := {}\n")
    problems = json.loads(run("check", path, "--json", capsys=capsys)[1])
    levels = {one["level"] for one in problems}
    ignoring = [one["rule"] for one in problems if one["level"] == "error"]
    assert "warning" in levels, problems
    assert run("check", path, capsys=capsys)[0] == (2 if ignoring else 0)
    assert run("check", path, "--strict", capsys=capsys)[0] == 2


def test_text_that_would_stall_a_parser_is_a_problem_and_not_a_stall(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/deep.rego", f"package deep\n\nx := {'[' * 20000}{']' * 20000}\n")
    code, out, err = run("check", "tree", capsys=capsys)
    assert code == 2
    assert "tree/deep.rego" in out + err


# build and verify


def keys(kind: str) -> tuple[Path, Path]:
    """A private and a public key."""
    options = {"ed25519": ["-algorithm", "ed25519"], "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
    private, public = Path(f"{kind}.pem"), Path(f"{kind}.pub.pem")
    subprocess.run(["openssl", "genpkey", *options, "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    return private, public


@pytest.mark.parametrize(("kind", "algorithm"), [("ed25519", "EdDSA"), ("rsa", "RS256")])
def test_a_bundle_that_was_built_and_signed_is_verified_and_one_that_was_changed_is_not(
    kind: str, algorithm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(kind)
    code, out, _ = run(
        "build",
        shipped(),
        "-o",
        "b.tar.gz",
        "--revision",
        "r7",
        "--signing-key",
        private,
        "--signing-alg",
        algorithm,
        "--json",
        capsys=capsys,
    )
    about = json.loads(out)
    assert code == 0
    assert about["revision"] == "r7"
    assert about["signed"] == algorithm
    assert about["bytes"] == Path("b.tar.gz").stat().st_size
    code, out, _ = run("verify", "b.tar.gz", "--key", public, "--alg", algorithm, capsys=capsys)
    assert code == 0
    assert "signed by the key of" in out
    assert "revision r7" in out
    assert run("test", "b.tar.gz", "-r", "main_test", capsys=capsys)[0] == 0
    _, other = keys("rsa" if kind == "ed25519" else "ed25519")
    code, _, err = run("verify", "b.tar.gz", "--key", other, "--alg", algorithm, capsys=capsys)
    assert (code, "key" in err) == (2, True)
    code, _, err = run("verify", "b.tar.gz", capsys=capsys)
    assert (code, "no key is configured" in err) == (2, True)
    with tarfile.open("b.tar.gz") as archive:
        archive.extractall("changed", filter="data")
    with open("changed/main.rego", "a") as file:
        file.write("\n# changed\n")
    assert run("verify", "changed", "--key", public, "--alg", algorithm, capsys=capsys)[0] == 2


def test_equal_folders_give_equal_bytes_and_people_are_told_what_was_built(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("build", shipped(), capsys=capsys)
    assert code == 0
    assert re.match(r"bundle\.tar\.gz: \d+ bytes, \d+ modules, \d+ test modules, not signed\nrevision sha256:", out)
    first = Path("bundle.tar.gz").read_bytes()
    run("build", shipped(), capsys=capsys)
    assert Path("bundle.tar.gz").read_bytes() == first
    assert [path.name for path in Path.cwd().iterdir() if "bundle" in path.name] == ["bundle.tar.gz"]


def test_policies_with_errors_are_not_built(capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/main.rego", "package douane.main\n\ndecision := data.p.alow\n")
    code, _, err = run("build", "tree", capsys=capsys)
    assert code == 2
    assert "alow" in err
    assert not Path("bundle.tar.gz").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--key-id", "x"], "`--signing-key`"),
        (["build", "--signing-key", "nowhere.pem"], "nowhere.pem"),
        (["verify", "tree", "--scope", "x"], "`--key`"),
        (["verify", "tree", "--key", "nowhere.pem"], "nowhere.pem"),
        (["verify", "nowhere"], "nowhere"),
        (["build", "tree", "-o", "no/such/folder.tar.gz"], "alow"),
    ],
)
def test_what_is_wrong_is_exit_code_2_and_says_what_to_do(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("tree/main.rego", "package douane.main\n\ndecision := data.p.alow\n")
    code, _, err = run(*arguments, capsys=capsys)
    assert code == 2
    assert told in err
    assert "Traceback" not in err


# All of them


@pytest.mark.parametrize("verb", ["test", "check", "build", "verify"])
def test_help_has_examples_and_exit_codes(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", verb, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "exit codes" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["test", "--threshold", "101"],
        ["test", "--timeout", "1ns"],
        ["test", "--format", "xml"],
        ["build", "--signing-alg", "HS256"],
        ["verify"],
        [],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", *arguments])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["test", "tree"], ["check", "tree"], ["build", "tree"], ["verify", "tree"]], ids=lambda verb: verb[0])
def test_policy_verbs_load_neither_the_gateway_nor_an_engine_into_their_process(verb: list[str]) -> None:
    program = (
        "import sys\nfrom douane.cli import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        "    print(*{name.split('.')[0] for name in sys.modules}, file=open('loaded', 'w'))"
    )
    subprocess.run([sys.executable, "-c", program, "policy", *verb], capture_output=True, check=True)
    assert not HEAVY & set(Path("loaded").read_text().split())


def test_an_environment_that_asks_for_stack_traces_makes_errors_neither_slow_nor_long() -> None:
    write("tree/p_test.rego", 'package p_test\n\ntest_x if not to_number("x")\n')
    done = subprocess.run(
        [douane(), "policy", "test", "tree"], env={**os.environ, "RUST_BACKTRACE": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "ERROR: 1/1" in done.stdout
    assert "backtrace" not in (done.stdout + done.stderr).lower()
