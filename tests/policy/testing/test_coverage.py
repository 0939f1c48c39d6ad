# SPDX-License-Identifier: Apache-2.0
"""Coverage: the lines that OPA counts, but for what its index and its defaults leave out."""

import itertools
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from douane.policy.bundles import bundle, folder
from douane.policy.rego.syntax import parse
from douane.policy.testing import coverage
from douane.policy.testing import tester as testers  # pytest would take its classes for tests
from fakes.opa import opa_binary

ROOT = Path(__file__).parents[3]
RULES = """\
package p

allow if {
	input.a > 1; input.b > 1
}

size := "large" if {
	input.n > 10
} else := "small" if {
	# a comment {
	input.n > 5
} else := "tiny"

double(x) := x * 2 if is_number(x)

names contains name if {
	some item in input.items
	found := [part |
		some part in item.parts
		part.ok
	]
	name := count(found)
}

none := set()

empty if {
	names == set()
}

table := {
	"a": 1,
	"b": size,
}

positive if {
	every n in input.numbers {
		n > 0
		n < 100
	}
}

many[key] := value if some key, value in {"x": 1} with input.a as set()

"""


def run(modules: Mapping[str, str], data: str = "{}") -> tuple[dict[str, Any], list[str]]:
    """The report, and the verdicts."""
    tester = testers.Tester(modules.items(), data, coverage=True)
    try:
        tester.start()
        verdicts = [tester.run(test).verdict for test in tester.tests]
        return tester.coverage(), verdicts
    finally:
        tester.close()


def rows(report: Mapping[str, Any], path: str, what: str) -> list[int]:
    """The lines of a file that are `covered`, or `not_covered`."""
    parts = report["files"].get(path, {}).get(what, ())
    return sorted({row for part in parts for row in range(part["start"]["row"], part["end"]["row"] + 1)})


def opa(folder: Path, cwd: Path) -> dict[str, Any]:
    done = subprocess.run([opa_binary(), "test", "-b", str(folder), "--coverage"], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    report: dict[str, Any] = json.loads(done.stdout)
    # OPA writes what no test of a bundle reached under a path that has the folder twice.
    files: dict[str, Any] = {}
    for path, about in report["files"].items():
        known = files.setdefault(path.replace(f"{folder}/{folder}/", f"{folder}/"), {"covered": [], "not_covered": []})
        for what, parts in known.items():
            parts += about.get(what, ())
    return report | {"files": files}


def lines(report: Mapping[str, Any]) -> dict[str, tuple[list[int], list[int]]]:
    return {path: (rows(report, path, "covered"), rows(report, path, "not_covered")) for path in report["files"]}


def written(*bodies: str) -> str:
    return "package p_test\n\nimport data.p\n\n" + "\n\n".join(f"test_{number} if {body}" for number, body in enumerate(bodies)) + "\n"


def test_on_the_shipped_policies_every_line_is_covered_and_opa_says_the_same_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    files = {f"policies/{name}": raw.decode() for name, raw in folder.gather(Path("policies")).items() if name.endswith(".rego")}
    report, verdicts = run(files, bundle.read(Path("policies")).data)
    assert set(verdicts) == {"pass"}
    assert coverage.uncovered(report) == ()
    assert report["coverage"] == 100.0
    assert lines(report) == lines(opa(Path("policies"), ROOT))


BODIES = (
    'p.allow with input as {"a": 2, "b": 2}',
    'p.size == "large" with input as {"n": 11}',
    'p.size == "small" with input as {"n": 6}',
    'p.size == "tiny" with input as {"n": 1}',
    "p.double(2) == 4",
    'p.names == {1} with input as {"items": [{"parts": [{"ok": true}, {"ok": false}]}]}',
    "count(p.none) == 0",
    'p.empty with input as {"items": []}',
    'p.table.a == 1 with input as {"n": 1}',
    'p.positive with input as {"numbers": [1, 2]}',
    "p.many.x == 1",
)


@pytest.mark.parametrize("left_out", [None, *range(len(BODIES))])
def test_whichever_test_is_left_out_opa_misses_the_same_lines(
    left_out: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = [body for number, body in enumerate(BODIES) if number != left_out]
    files = {"tree/p.rego": RULES, "tree/p_test.rego": written(*bodies)}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    report, verdicts = run(files)
    assert set(verdicts) == {"pass"}
    assert lines(report) == lines(opa(Path("tree"), tmp_path))


def test_a_default_counts_where_the_rule_is_asked_and_in_opa_where_it_decides(tmp_path: Path) -> None:
    files = {"p.rego": "package p\n\ndefault x := 1\n\nx := 2 if input.a\n", "p_test.rego": written('p.x == 2 with input as {"a": 1}')}
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    assert rows(run(files)[0], "p.rego", "not_covered") == []
    assert 3 in [row for path, (_, missed) in lines(opa(tmp_path, tmp_path)).items() if path.endswith("/p.rego") for row in missed]


def test_what_opas_index_skips_counts_here(tmp_path: Path) -> None:
    files = {"p.rego": 'package p\n\nx if {\n\tinput.a == "b"\n\tinput.c\n}\n', "p_test.rego": written('not p.x with input as {"a": "z"}')}
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    assert rows(run(files)[0], "p.rego", "covered") == [4]
    assert 4 in [row for path, (_, missed) in lines(opa(tmp_path, tmp_path)).items() if path.endswith("/p.rego") for row in missed]


def test_a_rule_that_never_gives_a_value_is_not_covered_though_each_of_its_statements_was_evaluated() -> None:
    files = {
        "p.rego": "package p\n\nx if {\n\tinput.a\n\tinput.b > 5\n}\n",
        "p_test.rego": written('not p.x with input as {"a": 1, "b": 1}'),
    }
    report, _ = run(files)
    assert (rows(report, "p.rego", "covered"), rows(report, "p.rego", "not_covered")) == ([4, 5], [3])
    assert coverage.uncovered(report) == ("p.rego:3",)


def test_two_statements_of_one_line_are_two() -> None:
    report, _ = run({"p.rego": "package p\n\nx if { input.a; input.b }\n", "p_test.rego": written("not p.x with input as {}")})
    assert [part["start"]["col"] for part in report["files"]["p.rego"]["covered"]] == [8]
    assert [part["start"]["col"] for part in report["files"]["p.rego"]["not_covered"]] == [1, 17]


def test_what_a_failing_or_erroring_test_reached_counts() -> None:
    files = {
        "p.rego": "package p\n\nx if {\n\tinput.a\n\tto_number(input.a) == 1\n}\n\ny := 1\n",
        "p_test.rego": written('p.x with input as {"a": "z"}', "p.y == 2"),
    }
    report, verdicts = run(files)
    assert verdicts == ["error", "fail"]
    assert (rows(report, "p.rego", "covered"), rows(report, "p.rego", "not_covered")) == ([4, 5, 8], [3])


_SAID = st.sampled_from(["1 == 1", "1 == 2", "not 1 == 2", "[x | x := 1; x == 2] == []"])
_RULE = st.lists(st.tuples(_SAID, st.sampled_from("\n;")), min_size=1)


@hypothesis.settings(max_examples=8, deadline=None)
@hypothesis.given(st.lists(_RULE, min_size=1, max_size=20))
def test_a_statement_is_covered_where_all_before_it_hold_and_a_rule_where_all_do(rules: list[list[tuple[str, str]]]) -> None:
    text, expected = "package p\n", []
    for number, statements in enumerate(rules):
        body = "".join(f"\t{said} {separator}" for said, separator in statements)
        text += f"\nr{number} if {{\n{body.rstrip(';')}\n}}\n"
        held = list(itertools.takewhile(lambda said: said != "1 == 2", (said for said, _ in statements)))
        expected.append((min(len(held) + 1, len(statements)), len(held) == len(statements)))
    asked = "\n".join(f"test_{number} if not data.p.r{number} == false" for number in range(len(rules)))
    report, verdicts = run({"p.rego": text, "p_test.rego": f"package p_test\n\n{asked}\n"})
    assert set(verdicts) == {"pass"}
    hit = {(part["start"]["row"], part["start"]["col"]) for part in report["files"]["p.rego"].get("covered", ())}
    module = parse("p.rego", text)
    found = [
        (sum(module.place(one.start) in hit for one in rule.bodies[0].statements), module.place(rule.start) in hit) for rule in module.rules
    ]
    assert found == expected


def test_the_report_adds_up() -> None:
    report, _ = run({"p.rego": RULES, "p_test.rego": written(*BODIES[:3])})
    for about in (report, *report["files"].values()):
        covered, missed = about["covered_lines"], about.get("not_covered_lines", 0)
        assert about["coverage"] == pytest.approx(100 * covered / (covered + missed))
    assert report["covered_lines"] == sum(about["covered_lines"] for about in report["files"].values())
    assert report["covered_lines"] == sum(len(rows(report, path, "covered")) for path in report["files"])


def test_the_text_that_is_evaluated_for_coverage_gives_the_same_verdicts() -> None:
    shipped = {name: raw.decode() for name, raw in folder.gather(ROOT / "policies").items() if name.endswith(".rego")}
    data = bundle.read(ROOT / "policies").data
    marked = {path: coverage.mark(parse(path, text)).text for path, text in shipped.items()}
    assert all(marked[path] != text for path, text in shipped.items())  # no place of the engine's was wrong
    assert run(marked, data)[1] == run(shipped, data)[1]


def test_in_the_text_that_is_evaluated_each_part_begins_a_line_of_its_own() -> None:
    marked = coverage.mark(parse("p.rego", RULES))
    lines = marked.text.split("\n")
    starts = [part.lines[0] for part in marked.marks]
    assert len(starts) == len(set(starts))
    assert [lines[part.lines[0] - 1] for part in marked.marks if part.start[0] == 4] == ["input.a > 1; ", "input.b > 1"]
    assert all(lines[line - 1].strip() for line in starts)


def test_uncovered_lines_are_places_to_go_to() -> None:
    def part(first: int, last: int) -> dict[str, dict[str, int]]:
        return {"start": {"row": first, "col": 1}, "end": {"row": last, "col": 2}}

    missed: Sequence[object] = [part(3, 3), part(4, 6), part(6, 6), part(9, 9)]
    assert coverage.uncovered({"files": {"b.rego": {"not_covered": missed}, "a.rego": {}}}) == ("b.rego:3-6", "b.rego:9")
