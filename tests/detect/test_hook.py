# SPDX-License-Identifier: Apache-2.0
"""A detector of an operator's own: what it may say, and what happens when it does not answer, or answers nonsense."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.hook import Hook, HookDetector
from douane.detect.scan import Scan
from douane.errors import ConfigRejected, DetectorFailed
from douane.exchange import Segment
from fakes.streams import splits, streamed, whole

MODULE = '''
import os, sys, time

class Words:
    """Finds the words of its settings, whatever their case."""
    version = "7.1"

    def __init__(self, words):
        self.words = [word.lower() for word in words]

    def detect(self, texts):
        print("this goes nowhere")
        return [list(self.look(text.lower())) for text in texts]

    def look(self, text):
        for word in self.words:
            at = text.find(word)
            while at >= 0:
                yield ("TOXICITY", at, at + len(word), 0.9)
                at = text.find(word, at + 1)

class Alone(Words):
    """Finds texts that are one word only: it shows what it was asked about."""
    def look(self, text):
        if text in self.words:
            yield ("TOXICITY", 0, len(text), 0.9)

class Trouble:
    def __init__(self, does):
        self.does = does

    def detect(self, texts):
        if self.does == "sleep":
            time.sleep(60)
        elif self.does == "die":
            os._exit(3)
        elif self.does == "raise":
            raise RuntimeError(texts[0])
        elif self.does == "eat":
            self.memory = bytearray(2**33)
        return eval(self.does)

def broken():
    raise RuntimeError("no")
'''


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Hook]]:
    """Makes hooks on the module above, and ends them."""
    (tmp_path / "own_detectors.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    made: list[Hook] = []

    def make(factory: str, *, types: tuple[str, ...] = ("TOXICITY",), deadline: float = 10.0, **more: object) -> Hook:
        made.append(Hook(f"own_detectors:{factory}", types=types, deadline=deadline, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_hook_finds_what_its_class_finds_and_says_its_version(hook: Callable[..., Hook]) -> None:
    words = hook("Words", settings={"words": ["idiot"]})
    words.start()
    assert words.version == "7.1"
    assert words.is_ready()
    text = "Hello. You Idiot!\nAn idiot, \U0001f600 idiot"
    report = Scan([words]).scan((Segment("", text, ""),))
    assert [text[finding.start : finding.end] for finding in report.findings] == ["Idiot", "idiot", "idiot"]
    assert {(finding.type, finding.detector, finding.rule) for finding in report.findings} == {("TOXICITY", "hook:words", "hook")}
    assert [(one.name, one.version, one.ok) for one in report.reports] == [("hook:words", "7.1", True)]


def test_a_hook_is_a_detector_by_its_shape_alone() -> None:
    class Judge:
        def detect(self, texts: list[str]) -> list[list[tuple[str, int, int, float]]]:
            return [[] for _ in texts]

    judge: HookDetector = Judge()  # type: ignore[assignment]
    assert judge.detect(["x"]) == [[]]


def test_sentences_and_lines_are_asked_about_one_by_one(hook: Callable[..., Hook]) -> None:
    alone = hook("Alone", settings={"words": ["you idiot!", "line", "「はい。", "last"]})
    text = "Hello. You idiot!  And on\nline\n\n「はい。」 last. last"
    found = alone.detect([text, "", "line"])
    assert [[text[span.start : span.end] for span in found[0]], found[1], len(found[2])] == [
        ["You idiot!", "line", "「はい。", "last"],
        [],
        1,
    ]


def test_whole_texts_are_asked_about_where_that_is_wanted(hook: Callable[..., Hook]) -> None:
    alone = hook("Alone", settings={"words": ["one. two"]}, pieces="text")
    assert [len(spans) for spans in alone.detect(["One. Two", "one.", ""])] == [1, 0, 0]
    assert alone.horizon("One. Two. ") == 0


def test_places_are_right_behind_half_of_a_pair(hook: Callable[..., Hook]) -> None:
    words = hook("Words", settings={"words": ["idiot"]})
    (spans,) = words.detect(["\ud83d idiot"])
    assert [(span.start, span.end) for span in spans] == [(2, 7)]


@pytest.mark.parametrize(
    ("does", "cause"),
    [
        ("raise", "error"),
        ("die", "crash"),
        ("eat", "crash"),
        ("None", "error"),
        ("[]", "error"),
        ("[[], []]", "error"),
        ("[[('PERSON', 0, 1, 0.5)]]", "error"),
        ("[[('TOXICITY', 0, 99, 0.5)]]", "error"),
        ("[[('TOXICITY', -1, 1, 0.5)]]", "error"),
        ("[[('TOXICITY', 1, 1, 0.5)]]", "error"),
        ("[[('TOXICITY', 0, True, 0.5)]]", "error"),
        ("[[('TOXICITY', 0, 1, 1.5)]]", "error"),
        ("[[('TOXICITY', 0, 1, float('nan'))]]", "error"),
        ("[[('TOXICITY', 0, 1, 10**400)]]", "error"),  # which no float holds
        ("[[('TOXICITY', 0, 1, '1')]]", "error"),
        ("[['TOXICITY']]", "error"),
        ("[[{'start': 0}]]", "error"),
        ("'secret words'", "error"),
    ],
)
def test_a_hook_that_does_not_give_spans_has_failed(hook: Callable[..., Hook], does: str, cause: str) -> None:
    trouble = hook("Trouble", settings={"does": does})
    text = "some secret words"
    with pytest.raises(DetectorFailed) as failure:
        trouble.detect([text])
    assert "secret" not in f"{failure.value}{failure.value.__cause__}{failure.value.__context__!r}"
    (report,) = Scan([trouble]).scan((Segment("", text, ""),)).reports
    assert (report.ok, report.cause) == (False, cause)


def test_a_hook_that_does_not_answer_is_killed_and_the_next_request_finds_a_fresh_one(hook: Callable[..., Hook]) -> None:
    slow = hook("Trouble", settings={"does": "sleep"}, deadline=0.3)
    slow.start()
    before = slow.pid
    started = time.monotonic()
    (report,) = Scan([slow]).scan((Segment("", "text", ""),)).reports
    assert (report.ok, report.cause) == (False, "timeout")
    assert time.monotonic() - started < 5
    slow.start()
    assert slow.pid != before


def test_a_hook_that_dies_is_replaced(hook: Callable[..., Hook]) -> None:
    words = hook("Words", settings={"words": ["idiot"]})
    words.start()
    pid = words.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        if not words.is_ready():
            break
        time.sleep(0.05)
    assert len(words.detect(["idiot"])[0]) == 1
    assert words.pid != pid


@pytest.mark.parametrize(("factory", "more"), [("broken", {}), ("Nothing", {}), ("Words", {"settings": {"wrong": 1}})])
def test_a_hook_that_cannot_be_made_does_not_start(hook: Callable[..., Hook], factory: str, more: dict[str, object]) -> None:
    with pytest.raises(DetectorFailed, match="does not start"):
        hook(factory, **more).start()


@pytest.mark.parametrize(
    ("factory", "types", "name", "word"),
    [
        ("no_colon", ("TOXICITY",), "", "factory"),
        ("a b:c", ("TOXICITY",), "", "factory"),
        ("a:b", (), "", "types"),
        ("a:b", ("RUDENESS",), "", "RUDENESS"),
        ("a:b", ("TOXICITY",), "My Judge", "name"),
    ],
)
def test_what_cannot_be_a_hook_is_refused_before_anything_starts(factory: str, types: tuple[str, ...], name: str, word: str) -> None:
    with pytest.raises(ConfigRejected, match=word):
        Hook(factory, types=types, name=name)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello. How are", "How are"),
        ("Hello. ", ""),
        ("Hello.", "Hello."),
        ("a\n", ""),
        ("", ""),
        ("はい。いいえ", "いいえ"),
        ("“So.” He", "He"),
    ],
)
def test_a_stream_waits_for_the_end_of_the_sentence(text: str, held: str) -> None:
    assert text[Hook("a:b", types=["TOXICITY"]).horizon(text) :] == held


def test_empty_texts_are_calm() -> None:
    idle = Hook("a:b", types=["TOXICITY"])
    assert idle.is_calm(" \n")
    assert not idle.is_calm("x")
    assert idle.pid is None


def test_any_split_is_judged_as_the_whole_text(hook: Callable[..., Hook]) -> None:
    scan = Scan([hook("Alone", settings={"words": ["you idiot!", "idiot", "x.", "「x。", "so"]})])
    fragments = st.sampled_from(
        ["You idiot!", "idiot", "x.", "「x。", "so", " ", "\n", "!", "?", "...", "”", ")", "and so on ", "and more of it ", "é"]
    )
    texts = st.lists(fragments, min_size=1, max_size=60).map("".join)

    @settings(max_examples=60, deadline=None)
    @given(splits(texts))
    def holds(case: tuple[str, list[str]]) -> None:
        text, pieces = case
        assert streamed(scan, pieces) == whole(scan, text)

    holds()
