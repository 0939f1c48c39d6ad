# SPDX-License-Identifier: Apache-2.0
"""What the embedded engine does by itself, and the adapter does not let it: misread numbers, take data for rules, stay poisoned, crash."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.bundles import bundle
from douane.policy.engines.embedded import EmbeddedEngine, Evaluator, engine, load

# A builtin that panics for some words, and functions that call each other for ever.
DEADLY = """
package douane.main

decision := {"you_said": input.word} if input.mood == "well"

decision := time.parse_duration_ns(input.word) if input.mood == "panic"

decision := down(1) if input.mood == "recursion"

down(n) := up(n + 1)

up(n) := down(n + 1)
"""


def well(word: str = "hello") -> str:
    return json.dumps({"mood": "well", "word": word}, ensure_ascii=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.rego").write_text(DEADLY)
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def _few_objects() -> Iterator[None]:
    gc.collect()
    gc.freeze()  # so that collecting after each test costs next to nothing
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _engines_end_in_their_thread() -> Iterator[None]:
    """A failure that was caught keeps the engine that raised it; collected by some other thread, that would complain."""
    yield
    gc.collect()


NUMBERS = ["9007199254740993", "-9007199254740993", "1e3", "0.5", "1.0", "1E400", "[1, 123456789012345678901]", "-0.1"]


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_engines_read_differently_never_reaches_them(folder: Path, number: str, in_process: bool) -> None:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=2, in_process=in_process)
    embedded.start()
    try:
        for document in (
            f'{{"mood": "well", "word": {number}}}',
            f'{{"word":{number},"mood":"well"}}',
            f'{{"mood":"well","word":\n{number}}}',
        ):
            with pytest.raises(PolicyFailed, match="whole numbers") as caught:
                embedded.evaluate(document)
            assert caught.value.cause_code == "error"
        assert json.loads(embedded.evaluate(well(f": {number}, 1e5 :e,e [.5]")))["you_said"] == f": {number}, 1e5 :e,e [.5]"
        assert json.loads(embedded.evaluate(f'{{"mood": "well", "word": {2**53}}}'))["you_said"] == 2**53
    finally:
        embedded.close()


def decided(value: str, document: str = "{}") -> str:
    return load([("main.rego", f"package douane.main\n\ndecision := {value}\n")], "{}").evaluate(document)


@pytest.mark.parametrize("value", ["9007199254740993", "9007199254740992 * 4096", "1.5", '{["<"]: 1}', "{{1}: 1}"])
def test_a_decision_that_engines_write_differently_is_none(value: str) -> None:
    with pytest.raises(PolicyFailed, match="the decision cannot be told"):
        decided(value)


def test_a_text_that_only_looks_like_such_a_decision_is_one() -> None:
    assert json.loads(decided('{"a": "[1]: 1.5, 9007199254740993", "b": ["[x", ":"]}')) == {
        "a": "[1]: 1.5, 9007199254740993",
        "b": ["[x", ":"],
    }


@pytest.mark.parametrize("document", ['{"word": "\ud800"}', '{"word": "\udc00\ud800"}', '{"word": "\\ud800"}'])
def test_half_of_a_surrogate_pair_does_no_harm_in_process_either(folder: Path, document: str) -> None:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=2, in_process=True)
    with pytest.raises(PolicyFailed) as caught:
        embedded.evaluate(document)
    assert caught.value.cause_code == "error"
    assert json.loads(embedded.evaluate(well()))["you_said"] == "hello"


@pytest.mark.parametrize("in_process", [True, False])
def test_a_panic_is_an_error_and_leaves_no_poisoned_engine_behind(folder: Path, in_process: bool) -> None:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=5, in_process=in_process)
    embedded.start()
    try:
        pid = embedded.pid
        for _ in range(3):
            with pytest.raises(PolicyFailed) as caught:
                embedded.evaluate(json.dumps({"mood": "panic", "word": "1."}))
            assert caught.value.cause_code == "error"
            assert json.loads(embedded.evaluate(well()))["you_said"] == "hello"
        assert embedded.pid == pid
    finally:
        embedded.close()


def test_an_engine_that_panicked_would_be_poisoned_were_it_kept() -> None:
    kept = engine([("main.rego", DEADLY)], "{}")
    kept.set_input_json(json.dumps({"mood": "panic", "word": "1."}))
    with pytest.raises(BaseException, match="out of bounds") as caught:
        kept.eval_query_as_json("data.douane.main.decision")
    assert not isinstance(caught.value, Exception)
    kept.set_input_json(well())
    with pytest.raises(RuntimeError):
        kept.eval_query_as_json("data.douane.main.decision")


def test_a_policy_that_crashes_the_engine_costs_its_process_and_no_other(folder: Path) -> None:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=5)
    embedded.start()
    try:
        pid = embedded.pid
        with pytest.raises(PolicyFailed) as caught:
            embedded.evaluate(json.dumps({"mood": "recursion"}))
        assert caught.value.cause_code == "crash"
        assert json.loads(embedded.evaluate(well()))["you_said"] == "hello"
        assert embedded.pid != pid
    finally:
        embedded.close()


RULES = """
package shop.basket["large one"]

default total := 0

total := 1 if input.x

items contains "x" if input.x

by_name[name] := 1 if some name in ["a"]

stock.shelf.count := 5

price(x) := x
"""


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"shop": {"basket": {"large one": {"total": 9}}}}, "shop.basket.large one.total"),
        ({"shop": {"basket": {"large one": {"total": None}}}}, "total"),
        ({"shop": {"basket": {"large one": {"items": {"y": 1}}}}}, "items"),
        ({"shop": {"basket": {"large one": {"by_name": {}}}}}, "by_name"),
        ({"shop": {"basket": {"large one": {"stock": {"shelf": {"count": 1}}}}}}, "stock.shelf.count"),
        ({"shop": {"basket": {"large one": {"stock": 1}}}}, "stock"),
        ({"shop": {"basket": {"large one": {"price": 1}}}}, "price"),
        ({"shop": {"basket": []}}, "shop.basket"),
        ({"shop": "closed"}, "shop"),
    ],
)
def test_data_where_a_rule_is_is_refused_whatever_the_package(data: object, place: str) -> None:
    with pytest.raises(BundleRejected, match="where a rule is") as caught:
        engine([("basket.rego", RULES)], json.dumps(data))
    assert place in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [{}, {"shop": {}}, {"shop": {"basket": {"large one": {"notes": 1, "stock": {"cellar": 2}}}}}, {"total": 1, "basket": {"total": 1}}],
)
def test_data_beside_rules_is_taken(data: object) -> None:
    engine([("basket.rego", RULES)], json.dumps(data))


@pytest.mark.parametrize("data", ['{"a": 0.5}', '{"a": [9007199254740993]}', "[" * 101 + "]" * 101, '{"a": "\\ud800"}', "{"])
def test_data_that_the_engine_would_read_otherwise_is_refused(data: str) -> None:
    with pytest.raises(BundleRejected):
        Evaluator([("main.rego", DEADLY)], data)


def test_an_engine_tells_what_it_reached_and_what_was_printed_where_it_is_asked_to() -> None:
    loaded = engine([("main.rego", 'package p\n\nx := 1 if {\n\tprint("told")\n}\n')], "{}", coverage=True, prints=True)
    loaded.eval_query_as_json("data.p.x")
    assert loaded.take_prints() == ["main.rego:4: told"]
    assert json.loads(loaded.get_coverage_report_as_json())["files"][0]["covered"]


@pytest.mark.parametrize("settings", ['["closed"]', "no text"])
def test_a_refusal_that_is_kept_keeps_no_engine(settings: str) -> None:
    """An engine may only be let go in its own thread."""
    rules = f"package douane.settings\n\nproblems := {settings}\n"
    with pytest.raises(BundleRejected) as caught:
        load([("main.rego", DEADLY), ("settings.rego", rules)], "{}")
    held = [value for frame in caught.traceback for value in frame.frame.f_locals.values()]
    held += [value for evaluator in held if isinstance(evaluator, Evaluator) for value in vars(evaluator).values()]
    assert "Engine" not in {type(value).__name__ for value in held}
