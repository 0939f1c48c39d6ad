# SPDX-License-Identifier: Apache-2.0
"""Builtins in Python: as OPA has them or an error, cheap to register, kept by copies, with no way to hang, crash or tell what they saw."""

import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from douane.policy.engines.embedded import engine
from douane.policy.engines.extensions import REFUSED
from douane.policy.engines.patterns import is_portable_glob, is_portable_regex
from fakes.opa import opa_binary

HIDE = "package calls\n\nh(x) := x\n\n"


def ask(call: str, document: object = None) -> Any:
    """The value of a call, or None where it is undefined."""
    loaded = engine([("calls.rego", f"{HIDE}r := {call}\n")], "{}")
    try:
        loaded.set_input_json(json.dumps(document))
        results = json.loads(loaded.eval_query_as_json("data.calls.r")).get("result")
    finally:
        del loaded  # an engine belongs to its thread, and a traceback would keep it until some thread collects it
    return results[0]["expressions"][0]["value"] if results else None


# Known answers: NIST, RFC 4231, RFC 2202, and https://semver.org.
@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('crypto.sha256("abc")', "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ('crypto.sha1("abc")', "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ('crypto.md5("abc")', "900150983cd24fb0d6963f7d28e17f72"),
        (
            'crypto.hmac.sha256("what do ya want for nothing?", "Jefe")',
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ('crypto.hmac.sha1("what do ya want for nothing?", "Jefe")', "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ('semver.compare("1.0.0-alpha.beta", "1.0.0-beta")', -1),
        ('semver.compare("1.0.0-rc.1", "1.0.0")', -1),
        ('strings.split_n("a.b.c", ".", -2)', ["b", "c"]),
        ('strings.count("ababa", "aba")', 1),
        ('net.cidr_merge(["192.0.2.0/25", "192.0.2.128/25"])', ["192.0.2.0/24"]),
        ('net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16")', True),
        # An IPv4 address that is written as IPv6 is one; the network of all IPv6 addresses does not hold it.
        ('net.cidr_contains("10.0.0.0/8", "::ffff:10.0.0.1")', True),
        ('net.cidr_contains("::ffff:10.0.0.0/104", "10.0.0.1")', True),
        ('net.cidr_contains("::/0", "::ffff:10.0.0.1")', False),
        ('net.cidr_expand("::ffff:192.0.2.4/127")', ["192.0.2.4", "192.0.2.5"]),
        ("array.flatten([1, [2, [3]]])", [1, 2, [3]]),
    ],
)
def test_the_answers_are_the_known_ones(call: str, expected: object) -> None:
    assert ask(call) == expected


def test_copies_keep_them() -> None:
    copy = engine([("calls.rego", f'{HIDE}r := crypto.md5("")\n')], "{}").clone().clone()
    assert "d41d8cd98f00b204e9800998ecf8427e" in copy.eval_query_as_json("data.calls.r")


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_decision_may_use_is_a_loud_error(name: str) -> None:
    arguments = ", ".join(f"input.a{number}" for number in range(REFUSED[name]))
    with pytest.raises(RuntimeError, match="is not for decisions"):
        ask(f"{name}({arguments})", {f"a{number}": {} for number in range(REFUSED[name])})


@pytest.mark.parametrize(
    "call",
    [
        "lower(h(1))",
        'sprintf("%d", h(["x"]))',
        'sprintf("%s %s", h(["x"]))',
        'sprintf("%s", h(["x", "y"]))',
        'sprintf("%s", h([5]))',
        'indexof(h("a"), "")',
        'replace(h("é"), "", "x")',
        'strings.split_n(h("a"), ".", true)',
        'units.parse(h("0.0001"))',
        'to_number(h("1.5"))',
        'json.unmarshal(h("9007199254740993"))',
        'json.unmarshal(h("\\"\\\\ud800\\""))',
        'json.unmarshal(h("NaN"))',
        "json.marshal(h({1, true}))",
        "array.flatten(h([{0, false}]))",
        'net.cidr_expand(h("10.0.0.0/8"))',
        'net.cidr_merge(h(["0.0.0.0/0", "2001:db8::/32", "::1:0:0:0/80"]))',
        'time.clock(h([0, "Europe/Paris"]))',
        'upper(h("\u019b"))',
        "floor(h(-0.5))",
        'regex.match("\\\\d", h("5"))',
        'regex.split("x*", h("axb"))',
        'regex.replace(h("ab"), "(a)", "$1x")',
        'glob.match("[a-c]", [], h("b"))',
        'urlquery.decode(h("%zz"))',
        'base64.decode(h("YQ==YQ=="))',
    ],
)
def test_what_engines_may_answer_differently_is_a_loud_error(call: str) -> None:
    with pytest.raises(RuntimeError):
        ask(call)


def test_an_error_tells_nothing_of_what_it_was_given() -> None:
    canary = "canary-4711"
    for call in (
        "lower({0})",
        "crypto.sha256([{0}])",
        "to_number({0})",
        "net.cidr_expand({0})",
        "semver.compare({0}, {0})",
        "time.clock({0})",
    ):
        with pytest.raises(RuntimeError) as caught:
            ask(call.format("input.secret"), {"secret": [canary]})
        assert canary not in str(caught.value)
        with pytest.raises(RuntimeError) as caught:
            ask(call.format("input.secret").replace("lower(", "sprintf("), {"secret": canary})
        assert canary not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        'regex.match("^(a+)+$", input)',
        'regex.match("(a|aa)+$", input)',
        'glob.match("*a*a*a*a*a*a*a*a*a*b", [], input)',
    ],
)
def test_no_pattern_takes_long(call: str) -> None:
    began = time.monotonic()
    assert ask(call, "a" * 3000 + "!") is False
    assert time.monotonic() - began < 2


def test_registering_costs_little_beside_loading() -> None:
    began = time.perf_counter()
    for _ in range(50):
        engine([("calls.rego", HIDE)], "{}")
    assert (time.perf_counter() - began) / 50 < 0.01


@pytest.mark.parametrize(
    "pattern", ["^[a-z0-9_.-]+$", "(?i)gpt-[0-9]{1,3}", r"a\.b\/c", "(a|b)*c?", "[^:]+:[[:alpha:]]{2,}", "", "é+", "(?P<n>x)"]
)
def test_patterns_that_both_engines_read_alike_are_portable(pattern: str) -> None:
    assert is_portable_regex(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w+",
        r"\d",
        r"\bx",
        r"\p{L}",
        r"(a)\1",
        "(?=a)",
        "a**",
        "a{2}{3}",
        "a++",
        "(?x)a b",
        r"\<",
        "[a&&b]",
        "[a--b]",
        "a{1001}",
        "(a{100}){100}",
    ],
)
def test_patterns_that_they_read_differently_are_not(pattern: str) -> None:
    assert not is_portable_regex(pattern)


def test_globs_with_alternatives_and_classes_are_not_portable() -> None:
    assert [is_portable_glob(glob) for glob in ("gpt-*", "**.b?", "{a,b}", "[ab]", "a\\*", "***")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


# Random calls, on the real OPA in one process. Arguments are of the right types more often than not.

TEXTS = [
    "",
    "a",
    "A",
    "ab",
    "aXbX",
    "é",
    "ÉÀ",
    "ß",
    "İ",
    "日本",
    "😀x",
    " a\t",
    "a,b,,c",
    "1",
    "-1",
    "1.5",
    "true",
    "%41+~",
    "<&>",
    '"',
    "ΣΑΣ",
    "aaaa",
]
TEXTS += [
    "1.2.0",
    "v1.0.0-rc.1",
    "10.0.0.0/8",
    "10.1.2.3",
    "2001:db8::/32",
    "::ffff:10.0.0.1",
    "YQ==",
    "{}",
    "[1, 2]",
    "2026-11-24T21:00:00Z",
    "3Ki",
]
WHOLE = [0, 1, -1, 2, 3, 7, 10, 16, 100, -64, 2**53 - 1, 1_700_000_000_000_000_000]
KINDS: dict[str, Callable[[random.Random], str]] = {
    "s": lambda r: json.dumps(r.choice(TEXTS), ensure_ascii=False),
    "n": lambda r: str(r.choice(WHOLE)),
    "i": lambda r: str(r.choice(WHOLE[:10])),
    "a": lambda r: "[" + ", ".join(KINDS[r.choice("ssn")](r) for _ in range(r.randrange(4))) + "]",
    "S": lambda r: "{" + ", ".join(KINDS["s"](r) for _ in range(1 + r.randrange(3))) + "}",
    "o": lambda r: "{" + ", ".join(f"{KINDS['s'](r)}: {KINDS[r.choice('ssa')](r)}" for _ in range(r.randrange(4))) + "}",
    "N": lambda r: r.choice(["[[1, [2]], {}]", "[[], [3], null]".replace("{}", '"x"'), "[]"]),
    "p": lambda r: json.dumps(
        "".join(r.choice(["a", "[a-c]", ".", "X", "(a|b)", "*", "+", "?", "^", "$", "é", "{2}"]) for _ in range(4)), ensure_ascii=False
    ),
    "g": lambda r: json.dumps("".join(r.choice(["a", "b", "*", "**", "?", ".", "é"]) for _ in range(4)), ensure_ascii=False),
    "d": lambda r: r.choice(["null", "[]", '["/"]', '[".", ","]']),
    "f": lambda r: json.dumps("".join(r.choice(["%s", "%d", "%v", "%x", "%%", "a", "%5d", "%-4s"]) for _ in range(3))),
}
SIGNATURES = {
    "abs": "n", "array.flatten": "N", "base64.decode": "s", "base64.is_valid": "s", "base64url.decode": "s", "crypto.hmac.equal": "ss",
    "crypto.hmac.sha512": "ss", "crypto.sha256": "s", "glob.match": "gds", "glob.quote_meta": "g", "indexof": "ss", "indexof_n": "ss",
    "json.is_valid": "s", "json.marshal": "o", "json.unmarshal": "s", "lower": "s", "net.cidr_contains": "ss", "net.cidr_intersects": "ss",
    "net.cidr_is_valid": "s", "net.cidr_contains_matches": "So", "numbers.range": "ii", "numbers.range_step": "iii", "regex.find_n": "psi",
    "regex.match": "ps", "regex.replace": "sps", "regex.split": "ps", "replace": "sss", "semver.compare": "ss", "semver.is_valid": "s",
    "sprintf": "fa", "strings.count": "ss", "strings.replace_n": "os", "strings.split_n": "ssi", "time.add_date": "niii", "time.clock": "n",
    "time.date": "n", "time.diff": "nn", "time.format": "n", "time.parse_rfc3339_ns": "s", "time.weekday": "n", "to_number": "s",
    "units.parse": "s", "units.parse_bytes": "s", "upper": "s", "urlquery.decode": "s", "urlquery.decode_object": "s",
    "urlquery.encode": "s", "urlquery.encode_object": "o",
}  # fmt: skip


def random_calls(seed: int, count: int) -> list[str]:
    r = random.Random(seed)
    calls = []
    for name, kinds in SIGNATURES.items():
        for _ in range(count):
            arguments = [KINDS[r.choice("snaSo") if r.random() < 0.06 else kind](r) for kind in kinds]
            calls.append(f"{name}({', '.join(f'h({argument})' for argument in arguments)})")
    return list(dict.fromkeys(calls))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_random_calls_are_answered_as_opa_does_or_are_loud(tmp_path: Path, seed: int) -> None:
    calls = random_calls(seed, 60)
    module = HIDE + "".join(f"r{index} := {call}\n" for index, call in enumerate(calls))
    (tmp_path / "calls.rego").write_text(module, encoding="utf-8")
    arguments = [opa_binary(), "eval", "--format", "raw", "-d", str(tmp_path / "calls.rego"), "data.calls"]
    theirs = json.loads(subprocess.run(arguments, capture_output=True, check=True).stdout)
    ours = engine([("calls.rego", module)], "{}")
    ours.eval_query_as_json("true")  # compiles once, for all copies
    found: Counter[str] = Counter()
    silent = []
    for index, call in enumerate(calls):
        copy = ours.clone()
        try:
            results = json.loads(copy.eval_query_as_json(f"data.calls.r{index}")).get("result")
        except RuntimeError:
            found["loud" if f"r{index}" in theirs else "an error to both"] += 1
            continue
        value = results[0]["expressions"][0]["value"] if results else None
        if results and f"r{index}" in theirs and json.dumps(value, sort_keys=True) == json.dumps(theirs[f"r{index}"], sort_keys=True):
            found["same"] += 1
        else:
            silent.append((call, value, theirs.get(f"r{index}")))
    assert silent == []
    assert found["same"] > len(calls) / 4
