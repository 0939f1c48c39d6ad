# SPDX-License-Identifier: Apache-2.0
"""Canaries are found however they are written, and little else is taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.content.canary import Canaries, canary
from douane.detect.scan import Scan
from douane.errors import ConfigRejected
from douane.exchange import Segment
from fakes.streams import mixtures, splits, streamed, whole

VALUES = ("violet-Otter-9931", "blue whale 77")
CANARIES = Canaries(VALUES)


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in CANARIES.detect([text])[0]]


def test_a_canary_that_is_made_is_found_without_being_configured() -> None:
    for _ in range(200):
        word = canary()
        (span,) = Canaries().detect([f"It says: {word}."])[0]
        assert (span.start, span.end, span.type, span.rule) == (9, 9 + len(word), "SYSTEM_PROMPT_LEAK", "canary.shape")


def test_no_two_canaries_are_alike() -> None:
    assert len({canary() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("word", ["canary-550e8400-e29b-41d4-a716-446655440000", "CANARY-A1B2C3D4E5F6A7B8"])
def test_a_canary_of_the_shape_is_found(word: str) -> None:
    assert found(f"({word})") == [("canary.shape", word)]


@pytest.mark.parametrize(
    "text",
    [
        "canary-release-strategy-for-kubernetes",
        "canary-deployment2024backendv1",
        "canary-us-east-1a-2024-05-01",
        "a canary in a coal mine",
        "mycanary-a1b2c3d4e5f6a7b8",
        "violet otters, 993 of them",
    ],
)
def test_what_is_only_called_so_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "written", ["violet-Otter-9931", "VIOLET OTTER 9931", "violet**-_otter_-9931", "v i o l e t o t t e r 9 9 3 1", "violet\notter\n9931"]
)
def test_a_configured_value_is_found_in_other_dress(written: str) -> None:
    assert found(f"It is {written}!") == [("canary.value", written)]


def test_a_value_with_characters_that_nobody_sees_is_found() -> None:
    text = "vio\u200blet-ott\u200b\u200b\u200b\u200b\u200ber-9931"
    findings = Scan([CANARIES]).scan((Segment("", text, ""),)).findings
    assert [(finding.start, finding.end) for finding in findings] == [(0, len(text))]


@pytest.mark.parametrize("value", ["short1", "-- --", "x" * 65])
def test_a_value_that_anybody_writes_is_refused_without_being_told(value: str) -> None:
    with pytest.raises(ConfigRejected) as refusal:
        Canaries(["violet-Otter-9931", value])
    assert "canary 2" in str(refusal.value)
    assert value not in str(refusal.value)


def test_no_value_is_in_the_repr() -> None:
    assert "tter" not in repr(CANARIES)


words = st.sampled_from(
    [
        *VALUES,
        "violet",
        "violet-Otter-993",
        "v.i.o",
        "blue ",
        "blue blue whale 7",
        "7",
        "canary-",
        "a1b2c3d4" * 3,
        "canary-a1b2c3d4e5f6a7b8",
    ]
)
texts = mixtures(st.one_of(words, st.sampled_from([" ", "-", "*", "\n", "     ", "x", "\u200b", "and so on ", "é", "日"])))


@settings(max_examples=300, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    scan = Scan([CANARIES])
    text, pieces = case
    assert streamed(scan, pieces) == whole(scan, text)


@given(texts)
def test_what_is_calm_has_nothing_to_find(text: str) -> None:
    assert not CANARIES.is_calm(text) or not list(CANARIES._detect(text))


def test_text_without_canaries_is_calm_and_not_held() -> None:
    text = "A text about birds, otters and whales. "
    assert CANARIES.is_calm(text)
    assert CANARIES.horizon(text) == len(text)
    assert CANARIES.is_calm("\ud800")
