# SPDX-License-Identifier: Apache-2.0
"""`policies/capabilities.json` is the portable subset: OPA refuses what lies outside, and what lies inside is the same on both engines.

python tests/policy/engines/test_capabilities.py      writes it anew, from `portable.yaml` and the real OPA
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from douane.policy.engines.embedded import engine
from douane.policy.engines.extensions import REFUSED
from fakes.opa import opa_binary

pytestmark = pytest.mark.slow

POLICIES = Path(__file__).parents[3] / "policies"
CAPABILITIES = POLICIES / "capabilities.json"
PORTABLE = yaml.safe_load(Path(__file__).with_name("portable.yaml").read_text(encoding="utf-8"))
CALLS: list[tuple[str, str]] = [(name, call) for name, calls in PORTABLE["calls"].items() for call in calls]
HIDE = "h(x) := x\n"

OUTSIDE = {
    "a request": 'p := http.send({"method": "get", "url": "https://example.com"})',
    "the time of the clock": "p := time.now_ns()",
    "chance": 'p := rand.intn("x", 5)',
    "a name looked up": 'p := net.lookup_ip_addr("example.com")',
    "the environment": "p := opa.runtime()",
    "a token checked": 'p := io.jwt.verify_hs256("a.b.c", "secret")',
    "a schema": 'p := json.match_schema({}, {"type": "object"})',
    "YAML": 'p := yaml.unmarshal("a: 1")',
    "a quotient": "p := 705166 / 70050",
    "a template string": 'p := $"hello {input.x}"',
    "a keyword in a reference": "p := input.x.contains",
    "a negated body": "import future.keywords.not\n\np if not { input.x == 1 }",
    "a key beside the member": 'p if "a", 1 in {"a": 1}',
    "another Rego": "import rego.v2\n\np := 1",
    "the length of a text": 'p := count("text")',
    "the length of a built text": 'p := count(concat("", ["a"]))',
    "the order of a set": "p if {1} < input.x",
    "the order of an object": 'p if {"a": 1} >= input.x',
    "a time in a zone": 'p := time.clock([1, "Europe/Paris"])',
}


def capabilities() -> dict[str, Any]:
    """The file as it should be."""
    said = subprocess.run([opa_binary(), "capabilities", "--current"], capture_output=True, check=True)
    known = {builtin["name"]: builtin for builtin in json.loads(said.stdout)["builtins"]}
    builtins = [known[name] for name in sorted(PORTABLE["calls"])]
    for builtin in builtins:
        for place, rule in PORTABLE["narrowed"].get(builtin["name"], {}).items():
            narrow(builtin["decl"]["args"][place], rule)
    return {"builtins": builtins, "future_keywords": [], "features": ["rego_v1"]}


def narrow(argument: dict[str, Any], rule: dict[str, Any]) -> None:
    """Let an argument be of fewer types."""
    if "without" in rule:
        argument["of"] = [kind for kind in argument["of"] if kind["type"] != rule["without"]]
        return
    kinds = [{"type": kind, "dynamic": {"type": "any"}} if kind == "array" else {"type": kind} for kind in rule["only"]]
    about = {name: argument[name] for name in ("name", "description") if name in argument}
    argument.clear()
    argument.update(about, **(kinds[0] if len(kinds) == 1 else {"type": "any", "of": kinds}))


def written() -> str:
    return json.dumps(capabilities(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [opa_binary(), "check", "--capabilities", str(CAPABILITIES), *arguments], capture_output=True, text=True, check=False
    )


def test_the_file_is_what_it_is_generated_from() -> None:
    assert CAPABILITIES.read_text(encoding="utf-8") == written()


def test_opa_accepts_the_shipped_policies_within_it() -> None:
    done = check("-b", str(POLICIES))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", OUTSIDE)
def test_opa_refuses_what_lies_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "p.rego").write_text(f"package p\n\n{OUTSIDE[name]}\n")
    without = subprocess.run([opa_binary(), "check", str(tmp_path)], capture_output=True, text=True, check=False)
    assert without.returncode == 0, f"OPA refuses the sample in any case: {without.stderr}"
    assert check(str(tmp_path)).returncode != 0


def test_no_builtin_is_both_portable_and_refused() -> None:
    assert set(PORTABLE["calls"]) & set(REFUSED) == set()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the real OPA says to every call of the table, with builtin errors as errors."""
    module = "package calls\n\n" + HIDE + "".join(f"r{index} := {call}\n" for index, (_, call) in enumerate(CALLS))
    file = tmp_path_factory.mktemp("calls") / "calls.rego"
    file.write_text(module, encoding="utf-8")
    arguments = [opa_binary(), "eval", "--strict-builtin-errors", "--capabilities", str(CAPABILITIES), "-d", str(file), "data.calls"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    value: dict[str, Any] = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return value


@pytest.mark.parametrize("index", range(len(CALLS)), ids=[f"{name} {index}" for index, (name, _) in enumerate(CALLS)])
def test_each_builtin_is_the_same_on_both_engines(answers: dict[str, Any], index: int) -> None:
    loaded = engine([("calls.rego", f"package calls\n\n{HIDE}r := {CALLS[index][1]}\n")], "{}", prints=True)
    results = json.loads(loaded.eval_query_as_json("data.calls.r"))["result"]
    assert json.dumps(results[0]["expressions"][0]["value"], sort_keys=True) == json.dumps(answers[f"r{index}"], sort_keys=True)


if __name__ == "__main__":
    CAPABILITIES.write_text(written(), encoding="utf-8")
