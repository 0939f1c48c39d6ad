# SPDX-License-Identifier: Apache-2.0
"""The checker: what it finds and where, never less than `opa check --strict`, never an end of the process, always quick."""

import json
import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from douane.policy.bundles import bundle
from douane.policy.checks.check import check
from douane.policy.checks.contract import FORMS, OBLIGATIONS
from douane.policy.rego.problem import Problem, shown
from fakes.opa import opa_binary

ROOT = Path(__file__).parents[3]
POLICIES = ROOT / "policies"
CASES = ROOT / "tests" / "cases" / "check"
SOURCES = ROOT / "middleware" / "douane" / "policy"
FACTS = json.loads((CASES / "schema.json").read_text())
ASKED_FOR = frozenset({"metadata/package", "rule/unused"})
"""Warnings that nearly every small module earns: looked at only where a case names them."""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    modules: tuple[tuple[str, str], ...]
    data: str
    entrypoint: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            modules = case["modules"]
            yield Case(
                f"{path.stem}: {case['name']}",
                tuple(modules.items()) if isinstance(modules, dict) else tuple((name, text) for name, text in modules),
                json.dumps(case.get("data", {})),
                case.get("entrypoint", ""),
                tuple(case.get("problems", ())),
                tuple(case.get("warnings", ())),
            )


ALL = list(cases())


@cache
def capabilities() -> Any:
    return json.loads((POLICIES / "capabilities.json").read_text())


@cache
def shipped() -> tuple[tuple[tuple[str, str], ...], str, Any]:
    read = bundle.read(POLICIES)
    return (*read.modules, *read.tests), read.data, json.loads((POLICIES / "schemas" / "input.schema.json").read_text())


def found(case: Case) -> tuple[Problem, ...]:
    problems = check(
        case.modules, case.data, capabilities=capabilities(), schema=FACTS, entrypoint=case.entrypoint or "data.nothing.decision"
    )
    return tuple(problem for problem in problems if case.entrypoint or not problem.rule.startswith("entrypoint/"))


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_policy_has_exactly_the_problems_of_its_case(case: Case) -> None:
    problems = found(case)
    named = {level: [f"{p.rule} {p.place}" for p in problems if p.level == level] for level in ("error", "warning")}
    assert sorted(case.errors) == sorted(named["error"]), [shown(problem) for problem in problems]
    assert sorted(case.warnings) == sorted(
        name for name in named["warning"] if name in case.warnings or name.partition(" ")[0] not in ASKED_FOR
    )


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_what_opa_refuses_in_strict_mode_is_refused(case: Case, tmp_path: Path) -> None:
    write(case.modules, case.data, tmp_path)
    refused = refused_by_opa(tmp_path)
    assert not refused or [problem for problem in found(case) if problem.level == "error"], refused


def write(modules: tuple[tuple[str, str], ...], data: str, folder: Path) -> None:
    for index, (name, text) in enumerate(modules):
        path = folder / name
        if path.exists():
            path = path.with_stem(f"{path.stem}_{index}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (folder / "data.json").write_text(data)


def refused_by_opa(folder: Path) -> str:
    """What `opa check` says against a folder, or nothing."""
    command = [opa_binary(), "check", "--strict", "--capabilities", str(POLICIES / "capabilities.json"), "-b", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr or done.stdout) if done.returncode else ""


DIFFERENCES = yaml.safe_load(Path(__file__).parents[1].joinpath("engines", "differences.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=[difference["id"] for difference in DIFFERENCES])
def test_what_the_engines_do_otherwise_is_refused(difference: Any) -> None:
    problems = check((("sample.rego", difference["sample"]),), "{}", capabilities=capabilities(), entrypoint="data.sample.out")
    refused = {problem.rule for problem in problems if problem.level == "error"}
    assert refused if difference["refused_by"] == "capabilities" else difference["refused_by"] in refused


def test_what_opa_has_beside_the_portable_subset_is_told_from_what_nobody_has() -> None:
    done = subprocess.run([opa_binary(), "capabilities", "--current"], capture_output=True, check=True)
    known = {
        builtin["name"]: len(builtin["decl"].get("args", ())) for builtin in json.loads(done.stdout)["builtins"] if "infix" not in builtin
    }
    outside = known.keys() - {builtin["name"] for builtin in capabilities()["builtins"]}
    for name in (name for name in outside if not name.startswith("internal.")):
        call = f"{name}({', '.join(['1'] * known[name])})"
        problems = check((("p.rego", f"package p\n\nx := {call}\n"),), "{}", capabilities=capabilities())
        assert "builtin/not-portable" in {problem.rule for problem in problems}, name


def test_every_problem_that_can_be_reported_has_a_case() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in [*SOURCES.glob("checks/*.py"), *SOURCES.glob("rego/*.py")])
    reported = set(re.findall(r'"((?:[a-z]+)/[a-z-]+)"', text))
    claimed = {name.partition(" ")[0] for case in ALL for name in (*case.errors, *case.warnings)}
    assert len(reported) > 70
    assert sorted(reported - claimed) == []


def test_a_keyword_after_a_dot_is_refused_where_the_capabilities_do_not_have_it() -> None:
    modules = (("p.rego", 'package p\n\nx := data.settings.default\n\ny := data.settings["default"]\n'),)
    for features, places in ((["rego_v1", "keywords_in_refs"], []), (["rego_v1"], ["p.rego:3:20"])):
        problems = check(modules, '{"settings": {"default": 1}}', capabilities={**capabilities(), "features": features})
        assert [problem.place for problem in problems if problem.rule == "portable/keyword"] == places


def test_the_shipped_policies_have_no_error() -> None:
    modules, data, schema = shipped()
    problems = check(modules, data, capabilities=capabilities(), schema=schema)
    assert [shown(problem) for problem in problems if problem.level == "error"] == []


def test_the_contract_that_literals_are_held_against_is_the_schema_of_results() -> None:
    schema = json.loads((POLICIES / "schemas" / "result.schema.json").read_text())
    lists = {"violations": "reasons", "rejections": "rejections"}
    described = {what: schema["$defs"][name]["items"] for what, name in lists.items()} | {"decision": schema}
    for what, form in FORMS.items():
        assert form.members.keys() == described[what]["properties"].keys()
        assert form.members.keys() - form.optional == set(described[what]["required"])
        closed = {name: value["enum"] for name, value in described[what]["properties"].items() if "enum" in value}
        assert {name: list(words) for name, words in form.words.items()} == closed
    kinds = [one["$ref"].rpartition("/")[2] for one in schema["$defs"]["obligations"]["items"]["oneOf"]]
    assert list(OBLIGATIONS) == kinds
    for kind, form in OBLIGATIONS.items():
        properties = schema["$defs"][kind]["properties"]
        assert form.members.keys() == properties.keys()
        assert form.members.keys() - form.optional == set(schema["$defs"][kind]["required"])
        closed = {name: value["enum"] for name, value in properties.items() if "enum" in value}
        assert {name: list(words) for name, words in form.words.items()} == closed


@pytest.mark.parametrize("broken", ["main.rego", "personal_data/personal_data.rego", "secrets/secrets_test.rego", "settings/settings.rego"])
def test_a_module_that_cannot_be_parsed_makes_no_problem_of_another(broken: str) -> None:
    modules, data, schema = shipped()
    assert broken in dict(modules)
    changed = [(path, f"{text}\nx := [\n" if path == broken else text) for path, text in modules]
    problems = check(changed, data, capabilities=capabilities(), schema=schema)
    assert [(broken, "syntax")] == [(problem.path, problem.rule) for problem in problems]


@pytest.mark.parametrize("pack", ["secrets", "personal_data", "settings"])
def test_a_folder_of_the_shipped_tree_has_one_problem_that_names_the_whole(pack: str) -> None:
    modules, _, schema = shipped()
    part = [(path.partition("/")[2], text) for path, text in modules if path.startswith(f"{pack}/")]
    (problem,) = check(part, "{}", capabilities=capabilities(), schema=schema)
    assert problem.rule == "layout/part"
    assert "`main.rego`" in problem.message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x if input.counts.A > limits.most", "`import data.r.limits` or `import data.limits` is missing"),
        ("x if limits.is_small(1)", "`import data.r.limits` or `import data.limits` is missing"),
        ("x := data.limits.moost", "did you mean `most`?"),
        ('violations contains {"id": "p.x", "sevrity": "low"} if input.leg == "request"', "did you mean `severity`?"),
        ('obligations contains {"kind": "redcat"} if input.leg == "request"', "did you mean `redact`?"),
        ("x if input.counts.EMAIL_ADRESS > 0", "did you mean `EMAIL_ADDRESS`?"),
    ],
)
def test_a_slip_is_told_with_what_was_meant(line: str, said: str) -> None:
    modules = (("p.rego", f"package p\n\n{line}\n"), ("r/limits.rego", "package r.limits\n\nmost := 3\n"))
    data = '{"limits": {"most": 3}, "types": {"personal": {"EMAIL_ADDRESS": {}}}}'
    assert any(problem.message.endswith(said) for problem in check(modules, data, capabilities=capabilities()))


def test_a_problem_says_what_to_do_and_shows_the_line() -> None:
    for case in ALL:
        for problem in found(case):
            assert problem.message[0].islower() or problem.message[0] in "`%" or problem.message.split()[0] in ("METADATA", "OPA", "Rego")
            assert not problem.message.endswith(".")
            assert problem.line == 0 or problem.source or problem.column == 1, problem
            texts = [text.removeprefix("\ufeff").split("\n") for path, text in case.modules if path == problem.path]
            lines = [lines[problem.line - 1] for lines in texts if len(lines) >= problem.line > 0]
            assert problem.line == 0 or any(line.startswith(problem.source) and problem.column <= len(line) + 1 for line in lines)


def test_problems_come_in_the_order_of_their_places_and_once() -> None:
    modules = (
        ("b.rego", "package b\n\nx := y\n"),
        ("a.rego", "package a\n\nx := z\n\ny := [\n"),
        ("c.rego", "package c\n\nx := cuont(1)\n"),
    )
    problems = check(modules, "{}", capabilities=capabilities())
    assert list(problems) == sorted(set(problems))
    assert {problem.path for problem in problems if problem.level == "error"} >= {"a.rego", "b.rego", "c.rego"}


TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|:=|==|!=|<=|>=|\w+|\s+|.', re.DOTALL)


def mutated(text: str, words: list[str], dice: random.Random) -> str:
    """The text with one or two tokens removed, repeated, replaced by another of the policies, or exchanged."""
    tokens = TOKEN.findall(text)
    places = [at for at, token in enumerate(tokens) if not token.isspace() and not token.startswith("#")]
    for _ in range(dice.choice((1, 1, 2))):
        at, other = dice.choice(places), dice.choice(places)
        match dice.choice("drrrrsc"):
            case "d":
                tokens[at] = ""
            case "c":
                tokens[at] += " " + tokens[at]
            case "s":
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens[at] = dice.choice([word for word in words if kind(word) == kind(tokens[at])] or words)
    return "".join(tokens)


def kind(token: str) -> str:
    return "word" if token[:1].isalpha() else "text" if token[:1] in ('"', "`") else "other"


@cache
def words() -> list[str]:
    return [token for _, text in shipped()[0] for token in TOKEN.findall(text) if not token.isspace() and not token.startswith("#")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_no_text_ends_the_checker(seed: int) -> None:
    dice = random.Random(seed)
    modules, data, schema = shipped()
    at = dice.randrange(len(modules))
    path, text = modules[at]
    changed = (*modules[:at], (path, mutated(text, words(), dice)), *modules[at + 1 :])
    for problem in check(changed, data, capabilities=capabilities(), schema=schema):
        assert shown(problem)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('{}[]()"`|:=,.;\n \t+-x1é\ufeff$#_'), max_size=80))
def test_no_scrap_ends_the_checker(scrap: str) -> None:
    for text in (scrap, f"package p\n\nx := {scrap}\n", f"package p\n\nx if {{\n\t{scrap}\n}}\n"):
        for problem in check((("p.rego", text),), "{}", capabilities=capabilities()):
            assert shown(problem)


@pytest.mark.parametrize(
    "body",
    [
        "[" * 5000 + "]" * 5000,
        "{" * 5000,
        "(" * 5000 + "1" + ")" * 5000,
        '{"a":' * 40 + "1" + "}" * 40,
        "1" + "\n + 1" * 20000,
        "-\n" * 20000 + "1",
        "a" + "[0]" * 5000,
        "f(" * 5000 + "1" + ")" * 5000,
        "[x | x := " * 60 + "1" + "]" * 60,
        '"' + "a" * 2**20 + '"',
        ".".join("abcdefgh") * 2000,
    ],
    ids=lambda body: f"{body[:12]!r} x {len(body)}",
)
def test_a_text_that_would_stop_the_parser_is_refused_before_it_is_parsed(body: str) -> None:
    problems = check((("p.rego", f"package p\n\nx := {body}\n"),), "{}", capabilities=capabilities())
    assert [problem for problem in problems if problem.level == "error"]


ACCEPTED = frozenset[int]()
"""Mutants that OPA refuses and this checker does not, by number. None is known."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_what_opa_refuses_of_mutated_policies_is_refused(part: int, tmp_path: Path) -> None:
    modules, data, schema = shipped()
    write(modules, data, tmp_path)
    assert not refused_by_opa(tmp_path)
    refused = 0
    for number in range(part * 25, part * 25 + 25):
        dice = random.Random(number)
        at = dice.randrange(len(modules))
        path, text = modules[at]
        mutant = mutated(text, words(), dice)
        (tmp_path / path).write_bytes(mutant.encode())
        by_opa = refused_by_opa(tmp_path)
        (tmp_path / path).write_bytes(text.encode())
        if not by_opa or number in ACCEPTED:
            continue
        refused += 1
        problems = check((*modules[:at], (path, mutant), *modules[at + 1 :]), data, capabilities=capabilities(), schema=schema)
        assert any(problem.level == "error" for problem in problems), (number, path, by_opa)
    assert refused > 10
