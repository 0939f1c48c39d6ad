# SPDX-License-Identifier: Apache-2.0
"""OPA's own cases on the embedded engine: the same value or a loud error, and each silent difference is listed, with what refuses it."""

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.errors import BundleRejected
from douane.policy.engines.embedded import engine
from fakes.opa import opa_binary
from fakes.opa_cases import Case, Outcome, cases, compare, runner

pytestmark = pytest.mark.slow

CAPABILITIES = Path(__file__).parents[3] / "policies" / "capabilities.json"
DIFFERENCES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("differences.yaml").read_text(encoding="utf-8"))
LISTED = {name for difference in DIFFERENCES for name in difference.get("cases", ())}
# Features that the capabilities leave out and a tree does not show: a keyword after a point, and keywords to come.
_OUTSIDE = re.compile(
    r"\.(?:as|contains|default|else|every|false|if|import|in|not|null|package|some|true|with)\b|future\.keywords(?:\s|\.(?:and|not|or))"
)


@cache
def outcomes() -> dict[Case, Outcome]:
    """What became of each case, those that OPA's capabilities file leaves out included."""
    with runner() as running:
        return {case: compare(case, running.run(case)) for case in cases()}


@cache
def portable() -> frozenset[Case]:
    """The cases within `policies/capabilities.json`, by the trees that the real OPA makes of their modules and queries."""
    allowed = {builtin["name"] for builtin in json.loads(CAPABILITIES.read_text(encoding="utf-8"))["builtins"]}
    known = {builtin["name"] for builtin in json.loads(_opa("capabilities", "--current"))["builtins"]}
    texts = [(*case.modules, f"package query\n\nout if {{ {case.query} }}\n") for case in outcomes()]
    told = json.dumps(texts).encode()
    trees = json.loads(_opa("eval", "--stdin-input", "--format", "raw", _PARSED, told=told))
    return frozenset(
        case
        for index, case in enumerate(outcomes())
        if all(str(part) in trees[index] and not _OUTSIDE.search(text) for part, text in enumerate(texts[index]))
        and not _used(trees[index], known - allowed)
    )


# Every text parsed in one process; one that does not parse is left out.
_PARSED = "[{format_int(part, 10): rego.parse_module(`case.rego`, text) | some part, text in texts} | some texts in input]"


def _opa(*arguments: str, told: bytes = b"") -> bytes:
    done = subprocess.run([opa_binary(), *arguments], input=told, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[:2000]
    return done.stdout


def _used(tree: Any, names: set[str]) -> bool:
    """Whether a tree names one of these builtins, or holds what the capabilities have no builtin for."""
    for node in _nodes(tree):
        if node.get("type") in ("templatestring", "not"):
            return True
        if (
            node.get("type") == "ref"
            and ".".join(str(part["value"]) for part in node["value"] if isinstance(part.get("value"), str)) in names
        ):
            return True
    return False


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for part in tree.values():
            yield from _nodes(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def test_no_difference_is_silent_that_is_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    silent = {case.name for case, outcome in outcomes().items() if outcome == "silent"}
    inside = Counter(outcomes()[case] for case in portable())
    with capsys.disabled():
        whole = Counter(outcomes().values())
        print(f"\nOPA's own cases: {len(outcomes())}, same {whole['same']}, loud {whole['loud']}, listed {len(silent & LISTED)}")
        print(f"portable of them: {len(portable())}, same {inside['same']}, loud {inside['loud']}, listed {inside['silent']}")
    assert silent - LISTED == set(), "list each in differences.yaml, or make it loud"
    assert LISTED - silent == set(), "these differ no longer; take them out of differences.yaml"
    assert len(outcomes()) > 2000
    assert inside["same"] > 1000


@cache
def sampled(index: int) -> tuple[Any, Any]:
    """What both engines give for a sample; `undefined` where they give nothing."""
    difference = DIFFERENCES[index]
    loaded = engine([("sample.rego", difference["sample"])], "{}")
    loaded.set_input_json(json.dumps(difference["input"]))
    ours = json.loads(loaded.eval_query_as_json("data.sample.out"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sample.rego")
        file.write_text(difference["sample"], encoding="utf-8")
        asked = ("eval", "--strict-builtin-errors", "--stdin-input", "-d", str(file), "data.sample.out")
        theirs = json.loads(_opa(*asked, told=json.dumps(difference["input"]).encode()))
    return _value(ours), _value(theirs)


def _value(answer: Any) -> Any:
    results = answer.get("result")
    return results[0]["expressions"][0]["value"] if results else "undefined"


IDS = [difference["id"] for difference in DIFFERENCES]


@pytest.mark.parametrize("index", range(len(DIFFERENCES)), ids=IDS)
def test_each_listed_difference_is_one(index: int) -> None:
    ours, theirs = sampled(index)
    assert json.dumps(ours, sort_keys=True) != json.dumps(theirs, sort_keys=True)


@pytest.mark.parametrize("index", range(len(DIFFERENCES)), ids=IDS)
def test_each_listed_difference_says_who_refuses_it(tmp_path: Path, index: int) -> None:
    difference = DIFFERENCES[index]
    (tmp_path / "sample.rego").write_text(difference["sample"], encoding="utf-8")
    done = subprocess.run([opa_binary(), "check", "--capabilities", str(CAPABILITIES), str(tmp_path)], capture_output=True, check=False)
    assert difference["differs"]
    assert difference["construct"]
    if difference["refused_by"] == "capabilities":
        assert done.returncode != 0
    else:
        assert re.fullmatch(r"portable/[a-z-]+", difference["refused_by"])
        assert done.returncode == 0, "OPA refuses it with the capabilities; say so"


def test_the_names_of_the_differences_are_told_apart() -> None:
    assert len(set(IDS)) == len(IDS)


def test_a_module_that_does_not_parse_is_loud() -> None:
    with pytest.raises(BundleRejected, match=r"sample\.rego"):
        engine([("sample.rego", 'package sample\n\nout := $"{input.x}"\n')], "{}")
