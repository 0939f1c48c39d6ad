# SPDX-License-Identifier: Apache-2.0
"""The tester: the verdicts of `opa test`, what a failing test shows, and tests that loop, crash or eat memory."""

import base64
import contextlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.cli import main
from douane.errors import BundleRejected
from douane.policy.testing import tester as testers  # pytest would take its classes for tests
from douane.policy.testing.failure import Failure
from douane.policy.testing.verdict import Result, as_json
from fakes.opa import opa_binary

ROOT = Path(__file__).parents[3]
TREES = yaml.safe_load((ROOT / "tests" / "cases" / "tester" / "trees.yaml").read_text())


@contextlib.contextmanager
def running(text: str, *more: str, timeout: float = 5.0, memory_bytes: int = 2**30) -> Iterator[testers.Tester]:
    """A tester of a package `p` with these rules, and of more modules."""
    modules = [("p.rego", f"package p\n\n{text}\n"), *((f"m{number}.rego", module) for number, module in enumerate(more))]
    one = testers.Tester(modules, "{}", timeout=timeout, memory_bytes=memory_bytes)
    try:
        one.start()
        yield one
    finally:
        one.close()


def run(text: str, *more: str) -> dict[str, Result]:
    """Results by name."""
    with running(text, *more) as one:
        return {test.name: one.run(test) for test in one.tests}


def failure(text: str, *more: str) -> Failure:
    """Where the only test failed."""
    (result,) = run(text, *more).values()
    assert result.verdict == "fail"
    (found,) = result.failures
    return found


def place(found: Failure) -> tuple[int, int, str]:
    return found.row, found.column, found.text


# Agreement with the real OPA


def verdict(told: Mapping[str, Any]) -> str:
    return "error" if "error" in told else "skip" if told.get("skip") else "fail" if told.get("fail") else "pass"


def table(text: str) -> dict[tuple[object, ...], tuple[object, ...]]:
    """What a JSON report says, by place and name."""
    return {
        (*told["location"].values(), told["package"], told["name"]): (
            verdict(told),
            told.get("sub_results"),
            base64.b64decode(told.get("output", "")).decode(),
        )
        for told in json.loads(text or "[]")
    }


def summary(text: str) -> list[str]:
    return re.findall(r"^(?:PASS|FAIL|SKIPPED|ERROR): \d+/\d+$", text, re.MULTILINE)


def opa(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([opa_binary(), "test", "-b", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_on_the_shipped_policies_it_agrees_with_opa_test_by_test(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    theirs = opa("policies", "--format=json", cwd=ROOT)
    code = main(["policy", "test", "policies", "--json"])
    ours = table(capsys.readouterr().out)
    assert len(ours) >= 50
    assert ours == table(theirs.stdout)
    assert code == theirs.returncode == 0


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree["name"])
def test_on_every_kind_of_tree_it_agrees_with_opa(
    tree: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in tree["files"].items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    theirs, code = opa("tree", "--format=json", cwd=tmp_path), main(["policy", "test", "tree", "--json"])
    ours, expected = table(capsys.readouterr().out), table(theirs.stdout)
    if tree.get("by_chance"):
        ours, expected = ({key[3:]: value for key, value in one.items()} for one in (ours, expected))
    differs = {name: tuple(verdicts) for name, verdicts in tree.get("differs", {}).items()}
    names = {key: ".".join(map(str, key[-2:])) for key in expected}
    assert ours.keys() == expected.keys()
    assert {names[key]: (expected[key][0], ours[key][0]) for key in expected if expected[key] != ours[key]} == differs
    if differs:
        assert code == 2
        return
    assert code == theirs.returncode
    plain = opa("tree", cwd=tmp_path)
    assert main(["policy", "test", "tree"]) == plain.returncode
    assert summary(capsys.readouterr().out) == summary(plain.stdout)


OPTIONS = (
    "-r test_x",
    "-r nothing",
    "-r (",
    "-r nothing --fail-on-empty",
    "-z",
    "-z -r todo",
    "-r todo",
    "--threshold 100",
    "--threshold 10",
    "-r test_fails --coverage",
    "-r test_x --coverage",
)


@pytest.mark.parametrize("options", OPTIONS)
def test_options_mean_what_they_mean_to_opa(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = options.split()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "p.rego").write_text(
        "package p\n\nx := 1 if input.x\n\ntest_x if x == 1 with input.x as 1\n\ntest_xy if 1 == 1\n\ntodo_test_z if false\n"
        + ("\ntest_fails if false\n" if "test_fails" in arguments else "")
    )
    monkeypatch.chdir(tmp_path)
    theirs = opa("tree", *arguments, cwd=tmp_path)
    assert main(["policy", "test", "tree", *arguments]) == theirs.returncode
    if "--coverage" not in arguments and "--threshold" not in arguments:
        assert summary(capsys.readouterr().out) == summary(theirs.stdout)


# What a failing test shows


def test_a_comparison_shows_both_sides_and_the_variables_before_it() -> None:
    found = failure("test_x if {\n\ta := 3\n\tb := {4, 5}\n\tcount(b) + 1 == a + 4\n\tfalse\n}")
    assert place(found) == (6, 2, "count(b) + 1 == a + 4")
    assert found.values == (("count(b) + 1", "3"), ("a + 4", "7"), ("a", "3"), ("b", "{4, 5}"))


def test_values_are_those_under_with() -> None:
    found = failure('size := input.n * 2\n\ntest_x if {\n\tsize == 7 with input as {"n": 3}\n}')
    assert place(found) == (6, 2, 'size == 7 with input as {"n": 3}')
    assert found.values == (("size", "6"),)


def test_what_is_undefined_is_said_to_be() -> None:
    found = failure('allow if input.ok\n\ntest_x if allow with input as {"ok": false}')
    assert place(found) == (5, 11, 'allow with input as {"ok": false}')
    assert found.values == (("allow", "undefined"),)


def test_a_negation_shows_what_holds() -> None:
    found = failure("reasons contains 1\n\ntest_x if not reasons[1]")
    assert (found.text, found.values) == ("not reasons[1]", (("reasons[1]", "1"),))


def test_a_call_shows_its_value_and_its_arguments() -> None:
    found = failure('test_x if {\n\tword := "abc"\n\tstartswith(word, "b")\n}')
    assert place(found) == (5, 2, 'startswith(word, "b")')
    assert found.values == (('startswith(word, "b")', "false"), ("word", '"abc"'))


def test_an_assignment_without_a_value_shows_what_is_undefined() -> None:
    found = failure("test_x if {\n\tx := input.a.b\n\tx == 1\n}")
    assert (place(found), found.values) == ((4, 2, "x := input.a.b"), (("input.a.b", "undefined"),))


def test_every_shows_the_statement_inside_and_the_member_that_fails() -> None:
    found = failure('test_x if {\n\tevery name, size in {"a": 1, "b": 5} {\n\t\tis_string(name)\n\t\tsize < 3\n\t}\n}')
    assert place(found) == (6, 3, "size < 3")
    assert dict(found.values) == {"size": "5", "name": '"b"'}


def test_where_several_ways_lead_there_it_says_how_many() -> None:
    found = failure("test_x if {\n\tsome x in [1, 2, 3]\n\tx > 5\n}")
    assert (found.text, found.values, found.ways) == ("x > 5", (("x", "1"),), 3)


def test_statements_that_wait_for_later_ones_are_understood() -> None:
    found = failure("test_x if {\n\tsome x\n\tx > 1\n\tx = 3\n\tx > 5\n}")
    assert place(found) == (7, 2, "x > 5")


def test_a_head_that_gives_something_else_shows_it() -> None:
    found = failure('answer := "no"\n\ntest_x := answer')
    assert (place(found), found.values) == ((5, 11, "answer"), (("answer", '"no"'),))
    found = failure("test_x contains x if some x in [1, 2]")
    assert (place(found), found.values) == ((3, 1, "test_x"), (("test_x", "[1, 2]"),))


def test_imports_and_other_packages_mean_in_a_failure_what_they_mean_in_the_test() -> None:
    found = failure("import data.other as o\n\ntest_x if o.size == 2", "package other\n\nsize := 1\n")
    assert found.values == (("o.size", "1"),)


def test_each_result_of_a_test_shows_where_it_failed() -> None:
    cases = '[{"note": "one", "n": 1}, {"note": "two", "n": 2}, {"note": "three", "n": 3}]'
    (result,) = run(f"test_x[case.note] if {{\n\tsome case in {cases}\n\tcase.n == 1\n}}").values()
    assert [(part.name, part.failed) for part in result.parts] == [("one", False), ("three", True), ("two", True)]
    assert {one.part: (place(one), dict(one.values)["case.n"]) for one in result.failures} == {
        ("two",): ((5, 2, "case.n == 1"), "2"),
        ("three",): ((5, 2, "case.n == 1"), "3"),
    }


def test_columns_count_characters_and_tabs_as_one() -> None:
    found = failure('test_x if {\n\t\tname := "é"; name == "è"\n}')
    assert place(found) == (4, 16, 'name == "è"')


def test_what_passes_shows_nothing_and_a_failure_is_never_a_verdict() -> None:
    results = run("test_ok if {\n\tx := 1\n\tx == 1\n}\n\ntest_print if print(1)")
    assert [(result.verdict, result.failures) for result in results.values()] == [("pass", ()), ("pass", ())]
    # Where nothing can be asked, the place of the rule is what there is.
    (result,) = run('p["a"].test_x if false').values()
    assert (result.verdict, [one.row for one in result.failures]) == ("fail", [3])


# Errors, and what ends a process


def test_a_builtin_that_fails_is_an_error_that_says_what_opa_does_and_what_to_do() -> None:
    results = run('test_x if not to_number("x")\n\ntest_y if true')
    assert [result.verdict for result in results.values()] == ["error", "pass"]
    error = results["test_x"].error
    assert error is not None
    assert error["location"]["file"] == "p.rego"
    assert error["location"]["row"] == 3
    assert error["code"] == "eval_builtin_error"
    assert "number" in error["message"]
    assert "; test the argument before the call: " in error["message"]
    assert "Python" not in error["message"]


def test_an_error_of_which_the_engine_says_no_place_has_that_of_the_statement() -> None:
    # A member of a set that is undefined for some and defined for others: "not an object" is all that the engine says.
    wrong = 'wrong contains {"v": one.t} if some one in [{}, {"t": 1}]'
    error = run(f"{wrong}\n\ntest_x if {{\n\ty := 1\n\tcount(wrong) == y\n}}")["test_x"].error
    assert error is not None
    assert error["location"] == {"file": "p.rego", "row": 7, "col": 2}


def test_an_error_has_opas_code_where_opa_has_one() -> None:
    error = run("f(_) := 1 if true\n\nf(_) := 2 if true\n\ntest_x if f(1) == 1")["test_x"].error
    assert error is not None
    assert error["code"] == "eval_conflict_error"


LOOP = "\tsome x in numbers.range(1, 3000)\n\tsome y in numbers.range(1, 3000)\n"


def test_an_endless_test_costs_only_itself() -> None:
    text = f"test_before if true\n\ntest_loop if {{\n{LOOP}\tx * y < 0\n}}\n\ntest_after if true"
    with running(text, timeout=0.4) as one:
        results = [one.run(test) for test in one.tests]
    assert [result.verdict for result in results] == ["pass", "error", "pass"]
    error = results[1].error
    assert error is not None
    assert error["code"] == "eval_cancel_error"
    assert "0.4 s" in error["message"]
    assert "`--timeout`" in error["message"]


def test_a_test_that_eats_memory_or_the_stack_costs_only_itself() -> None:
    text = (
        f"test_before if true\n\ntest_memory if count([[x, y] |\n{LOOP}]) == 3\n\n"
        "f(x) := g(x)\n\ng(x) := f(x)\n\ntest_stack if f(1)\n\ntest_after if true"
    )
    with running(text, timeout=60, memory_bytes=2**28) as one:
        results = [one.run(test) for test in one.tests]
    assert [result.verdict for result in results] == ["pass", "error", "error", "pass"]
    assert all("the engine died" in str(result.error) for result in results[1:3])


def test_every_text_that_is_no_rego_is_named() -> None:
    with pytest.raises(BundleRejected) as caught, running("x := {", "package q\n\ny := [\n"):
        pass
    assert re.findall(r"^(\S+?):\d+:\d+: error: ", str(caught.value), re.MULTILINE) == ["p.rego", "m0.rego"]


def test_text_that_would_stall_a_parser_is_refused() -> None:
    with pytest.raises(BundleRejected, match=r"p\.rego"), running(f"x := {'[' * 5000}{']' * 5000}"):
        pass


def test_tests_do_not_see_each_other() -> None:
    results = run("count_of := count(data.seen)\n\ntest_a if count_of == 2 with data.seen as [1, 2]\n\ntest_b if not data.seen")
    assert [result.verdict for result in results.values()] == ["pass", "pass"]


def test_the_json_is_opas_with_the_failures_beside_it() -> None:
    result = run("test_x if {\n\tx := 1\n\tx == 2\n}")["test_x"]
    told = as_json(result)
    assert told.pop("duration") > 0
    assert told == {
        "location": {"file": "p.rego", "row": 3, "col": 1},
        "package": "data.p",
        "name": "test_x",
        "fail": True,
        "failures": [{"location": {"file": "p.rego", "row": 5, "col": 2}, "text": "x == 2", "values": {"x": "1"}, "ways": 1}],
    }
