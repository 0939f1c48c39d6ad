# SPDX-License-Identifier: Apache-2.0
"""The response leg of a stream: decided before its first text, decided again when something is found, recorded once."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from douane.exchange import Segment
from douane.guard import Guard
from douane.leg import StreamDenied, StreamLeg
from douane.policy.lease import Fixed
from fakes.parts import MemoryLog, Scripted, WordScanner, allow, ask, deny
from fakes.streams import in_steps
from test_guard import OBSERVED, PSEUDONYMISE, REDACT, RESTORE, WORDS, carry_out

CONTENT = ("delta", 0, "content")


class Stream:
    """A leg over fakes; `rules` answers on the response leg."""

    def __init__(self, rules: object = None, scanner: WordScanner | None = None) -> None:
        answer = rules if callable(rules) else lambda _: allow(RESTORE, REDACT)
        self.engine = Scripted(lambda d: allow(PSEUDONYMISE) if d["leg"] == "request" else answer(d))
        self.log = MemoryLog()
        self.scanner = scanner or WordScanner(WORDS)
        self.guard = Guard(scanner=self.scanner, policies=Fixed(self.engine), log=self.log, key=b"k" * 32)
        self.admission = self.guard.admit(ask("write to Anna", stream=True), carry_out)
        self.leg = StreamLeg(self.guard, self.admission, OBSERVED)


def denies_findings(document: Mapping[str, object]) -> str:
    return deny() if document["findings"] else allow()


def test_a_stream_is_denied_before_its_first_text() -> None:
    stream = Stream(lambda _: deny())
    with pytest.raises(StreamDenied):
        stream.leg.open()


def test_names_are_restored_and_unknown_ones_redacted_over_any_split() -> None:
    stream = Stream()
    stream.leg.open()
    text = f"Dear {stream.admission.vault.surrogate('PERSON', 'Anna')}, ask Zoe."
    out = "".join(stream.leg.feed(CONTENT, character) for character in text) + stream.leg.close(CONTENT)
    assert out == "Dear Anna, ask [REDACTED:PERSON]."


def test_policy_is_asked_again_when_something_is_found() -> None:
    stream = Stream(denies_findings)
    stream.leg.open()
    assert stream.leg.feed(CONTENT, "Hello ") == "Hello "
    with pytest.raises(StreamDenied):
        stream.leg.feed(CONTENT, "Zoe ")


def test_a_finding_is_told_with_its_place_in_the_whole_text() -> None:
    stream = Stream()
    stream.leg.open()
    stream.leg.feed(CONTENT, "word " * 200)
    stream.leg.feed(CONTENT, "Zoe ")
    finding = json.loads(stream.engine.documents[-1])["findings"][0]
    assert (finding["start"], finding["end"]) == (1000, 1003)


def test_channels_do_not_touch_each_other() -> None:
    stream = Stream()
    stream.leg.open()
    other = ("delta", 1, "content")
    out = stream.leg.feed(CONTENT, "Zo") + stream.leg.feed(other, "e ") + stream.leg.close(CONTENT) + stream.leg.close(other)
    assert out == "e Zo"


def test_a_text_that_comes_whole_is_guarded_too() -> None:
    stream = Stream()
    stream.leg.open()
    assert stream.leg.whole(Segment("/id", "call zoe", "/id", "none", "identifier", "model")) == "call REDACTED_PERSON"
    assert stream.leg.whole(Segment("/id", "call 7", "/id", "none", "identifier", "model")) == "call 7"


def test_the_outcome_counts_what_went_out_and_what_was_done() -> None:
    stream = Stream()
    stream.leg.open()
    stream.leg.feed(CONTENT, "ask Zoe now ")
    stream.leg.close(CONTENT)
    stream.leg.conclude("complete")
    custom = stream.log.records[-1].custom
    assert (custom["ended"], custom["edits"]) == ("complete", {"redacted": 1})
    assert custom["characters_sent"] == len("ask [REDACTED:PERSON] now ")


def test_a_detector_that_fails_in_mid_stream_is_put_to_the_policy() -> None:
    def answer(document: Mapping[str, object]) -> str:
        return allow() if all(d["ok"] for d in document["detectors"]) else deny(kind="operations")  # type: ignore[attr-defined]  # JSON

    stream = Stream(answer)
    stream.leg.open()
    stream.scanner.failing = "timeout"
    with pytest.raises(StreamDenied):
        stream.leg.feed(CONTENT, "hello there ")


def test_log_probabilities_may_stay_only_while_the_text_leaves_as_it_came() -> None:
    stream = Stream()
    stream.leg.open()
    stream.leg.feed(CONTENT, "all of it. ")
    assert stream.leg.is_verbatim(CONTENT)
    stream.leg.feed(CONTENT, "Zo")
    assert not stream.leg.is_verbatim(CONTENT)


@pytest.mark.parametrize("size", [1, 3, 200])
@pytest.mark.parametrize("json_answer", [True, False])
def test_an_answer_that_is_to_be_json_stays_json(json_answer: bool, size: int) -> None:
    stream = Stream()
    asked = replace(stream.admission.ask, exchange=replace(stream.admission.ask.exchange, json_answer=json_answer))
    leg = StreamLeg(stream.guard, replace(stream.admission, ask=asked), OBSERVED)
    leg.open()
    surrogate = stream.admission.vault.surrogate("PERSON", 'Anna "Nan" O\\B')
    text = json.dumps({"to": surrogate, "cc": ["Zoe", surrogate], "n": 1})
    out = "".join(leg.feed(CONTENT, piece) for piece in in_steps(text, size)) + leg.close(CONTENT)
    expected = {"to": 'Anna "Nan" O\\B', "cc": ["[REDACTED:PERSON]", 'Anna "Nan" O\\B'], "n": 1}
    if json_answer:
        assert json.loads(out) == expected
    else:
        assert 'Anna "Nan" O\\B' in out  # as it is written in prose
    assert "arguments" not in stream.engine.documents[-1]
