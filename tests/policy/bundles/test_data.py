# SPDX-License-Identifier: Apache-2.0
"""Data: what two readers might read differently is refused, and what is read is what OPA reads."""

import json
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import BundleRejected
from douane.policy.bundles import bundle, data
from fakes.opa import opa_binary

MAIN = b'package douane.main\n\ndecision := {"verdict": "deny"}\n'

keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


def read(**files: str) -> str:
    """The data of a bundle with these files; `__` in a name is a slash, the last `_` a dot."""
    named = {".".join(name.replace("__", "/").rsplit("_", 1)): text.encode() for name, text in files.items()}
    return bundle.assemble({"main.rego": MAIN, **named}, name="x").data


def told_by_opa(folder: Path, expression: str = "data.a") -> object:
    """What the real OPA reads from the folder."""
    arguments = [opa_binary(), "eval", "--bundle", str(folder), "--format", "json", expression]
    answer = json.loads(subprocess.run(arguments, capture_output=True, check=False).stdout)
    return answer["result"][0]["expressions"][0]["value"] if "result" in answer else None


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"douane__main__data_yaml": "decision: {verdict: allow}"}, "douane"),
        ({"data_json": '{"douane": {"main": {}}}'}, "douane"),
        ({"a__data_yaml": "x: 1\nx: 2"}, "stands twice"),
        ({"a__data_json": '{"x": 1, "x": 2}'}, "stands twice"),
        ({"a__data_yaml": "x: ["}, "a/data.yaml"),
        ({"a__data_json": "{"}, "a/data.json"),
        ({"a__data_yaml": "- 1"}, "no mapping"),
        ({"a__data_yaml": "x: 0.5"}, "whole numbers"),
        ({"a__data_yaml": "x: 9007199254740993"}, "whole numbers"),
        ({"a__data_yaml": "x: .nan"}, "whole numbers"),
        ({"a__data_yaml": "{NO: 1}"}, "quotes"),
        ({"a__data_yaml": "x: !!python/object/apply:os.getcwd []"}, "a/data.yaml"),
        ({"a__data_yaml": "b: 1", "a__b__data_yaml": "c: 1"}, "a/data.yaml"),
        ({"a__data_yaml": "b: 1", "data_yaml": "a: {b: 2}"}, "keep one"),
    ],
)
def test_data_that_two_readers_might_read_differently_is_refused(files: dict[str, str], told: str) -> None:
    with pytest.raises(BundleRejected) as caught:
        read(**files)
    assert told in str(caught.value)


def test_a_date_is_text_as_opa_reads_it() -> None:
    assert read(a__data_yaml="x: 2026-11-01") == '{"a":{"x":"2026-11-01"}}'


@pytest.mark.parametrize(
    "word",
    [
        *(
            "NO",
            "no",
            "on",
            "Off",
            "yes",
            "010",
            "0x1F",
            "0o17",
            "0b11",
            "1_000",
            "1:30",
            "+5",
            "08",
            "-08",
            "1e3",
            "1E5",
            "1.5e3",
            "1_0e1",
        ),
        *(".5", "-.5", "5.", "1.0", ".inf", "=", "!!str 5", "!!null x", "!x y", "!!bool no"),
    ],
)
def test_words_of_yaml_that_readers_take_for_different_values_are_refused(word: str) -> None:
    for text in (f"x: {word}\n", f"{{x: [{word}]}}\n", f"{word}: 1\n" if " " not in word else f"? {word}\n: 1\n"):
        with pytest.raises(BundleRejected, match=r"a/data\.yaml"):
            read(a__data_yaml=text)


def test_the_words_that_are_taken_are_read_as_opa_reads_them(tmp_path: Path) -> None:
    text = """
    truths: [true, True, TRUE, false, False, FALSE]
    nothings: [null, ~, Null, NULL, ]
    empty:
    numbers: [0, -0, 7, -12, 9007199254740992]
    dates: [2026-11-01, 2026-11-01T10:00:00Z, 2026-11-01 10:00:00]
    texts: [n, y, N, Y, nope, 1.2.3, 10.0.0.0/8, 0xzz, 12e, e3, v1, -, '010', "NO", "\\u00e9\\x41", FR, "1e3", a b, 12:30pm, .]
    folded: >-
      one
      two
    kept: |
      one
      two
    anchored: &x {a: [1, 2]}
    again: *x
    """
    text = "\n".join(line[4:] for line in text.splitlines())
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "data.yaml").write_text(text)
    assert json.loads(read(a__data_yaml=text))["a"] == told_by_opa(tmp_path)


def test_no_plain_word_that_is_taken_means_another_value_to_opa(tmp_path: Path) -> None:
    pieces = [*"0189._eE+-:xobny~", "12", "0x", "0o", "true", "No", "on", "inf", "nan"]
    draw = Random(0)
    taken: dict[str, str] = {}
    for index in range(4000):
        word = "".join(draw.choices(pieces, k=draw.randint(1, 5)))
        try:
            read(a__data_yaml=f"x: {word}\n")
        except BundleRejected:
            continue
        taken[f"k{index}"] = word
    assert len(taken) > 1000
    text = "".join(f"{key}: {word}\n" for key, word in taken.items())
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "data.yaml").write_text(text)
    assert json.loads(read(a__data_yaml=text))["a"] == told_by_opa(tmp_path)


@given(values)
def test_json_is_the_same_in_a_yaml_file(value: object) -> None:
    for text in (json.dumps({"x": value}), json.dumps({"x": value}, ensure_ascii=False)):
        assert json.loads(read(a__data_yaml=text))["a"] == json.loads(read(a__data_json=text))["a"] == {"x": value}


def test_files_are_united_as_opa_unites_them(tmp_path: Path) -> None:
    files = {"data.json": '{"a": {"b": {"x": 1}}}', "a/data.yaml": "b: {y: 2}", "a/b/data.json": '{"z": {}}', "a/b/z/data.yml": "w: 1"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    united = bundle.assemble({"main.rego": MAIN, **{name: text.encode() for name, text in files.items()}}, name="x").data
    assert json.loads(united) == {"a": told_by_opa(tmp_path)} == {"a": {"b": {"x": 1, "y": 2, "z": {"w": 1}}}}


def test_aliases_are_counted_as_what_they_stand_for() -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a]"] + [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 8)}]" for n in range(1, 30)]
    with pytest.raises(BundleRejected, match="aliases"):
        read(a__data_yaml="\n".join(lines))
    assert json.loads(read(a__data_yaml="\n".join(lines[:3])))["a"]["x2"] == [[["a"] * 8] * 8] * 8


def test_the_same_alias_in_two_places_is_two_values() -> None:
    assert read(a__data_yaml="b: &x {p: {q: 1}}\nc: *x", a__b__data_yaml="p: {r: 2}") == '{"a":{"b":{"p":{"q":1,"r":2}},"c":{"p":{"q":1}}}}'


@pytest.mark.parametrize(
    "text",
    [
        "&x [*x]",
        "a: &x {b: *x}",
        "[" * 5000,
        "x: " + "9" * 5000,
        "--- 1\n--- 2",
        "a: \x00",
        "x: {? [1]: 2}",
        "<<: {a: 1}",
        "? {a: 1}\n: 2",
        '{"x": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"x": NaN}',
        '{"x": 1e400}',
        "%YAML 9.9\n---\na: 1",
        "\ufeffa: &b [*c]",
    ],
)
def test_what_would_stall_or_surprise_a_reader_is_refused(text: str) -> None:
    for name in ("a__data_yaml", "a__data_json"):
        with pytest.raises(BundleRejected):
            read(**{name: text})


@given(st.text(max_size=60) | st.text("&*{}[],:- \n\"'!<|>x1", max_size=40))
def test_any_text_raises_only_our_error(text: str) -> None:
    for name in ("data.yaml", "data.json"):
        try:
            data.check(data.parse(text.encode("utf-8", "surrogatepass"), name), name)
        except BundleRejected:
            continue
