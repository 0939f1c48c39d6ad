# SPDX-License-Identifier: Apache-2.0
"""A text that arrives in pieces comes out as the whole text would, by the model and by one that notices every difference."""

import random
from collections.abc import Sequence
from functools import cache
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.names.rampart import Rampart
from douane.detect.names.rampart_words import Word
from douane.detect.scan import Scan
from douane.finding import Span
from fakes.streams import cut, splits, streamed, whole


class Touchy:
    """Reads names where chance says so, and chance depends on every character of the piece."""

    def read(self, text: str) -> Sequence[Word]:
        places, place = [], 0
        for word in text.split(" "):
            if word:
                chance = crc32(f"{text}|{place}".encode()) % 3
                places.append(Word(place, place + len(word), (0.0, 0.1, 0.9)[chance], 0.0))
            place += len(word) + 1
        return places if "lives" not in text else [Word(0, 4, 1.0, 0.0)]


class Laggard:
    """A detector that finds nothing and holds the last 70 characters, so that a stream goes on within a piece."""

    name = version = "laggard"

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[] for _ in texts]

    def horizon(self, text: str) -> int:
        return max(0, len(text) - 70)


@cache
def touchy() -> Scan:
    detector = Rampart(deadline=60, load=lambda _: Touchy())
    detector.start()
    return Scan([detector])


@cache
def lagging() -> Scan:
    detector = Rampart(deadline=60, load=lambda _: Touchy())
    detector.start()
    return Scan([detector, Laggard()])


@cache
def real() -> Scan:
    detector = Rampart(deadline=60)
    detector.start()
    return Scan([detector])


FRAGMENTS = (
    "Anna Schmidt ", "wrote to ", "Dr. ", "J. R. R. Tolkien ", "in Lyon. ", "and, ", "so; ", "Really? ", "no! ", "Wait... ", "René ",
    "the end.\n", "\n", " ", "   ", "said «Oui.» ", "(Kraków) ", "x" * 9, "x" * 50, "Mary ", "Jean-Pierre ", "O'Brien ", "日本。", "😀",
    "- ", "–", "1999. ", ".", "?", "A", "\u00a0", "word " * 30, "long, " * 30, " " * 40, "my name is ", "Herr ", "Müller ", "12 ",
    "this is paul newman ", "EUR 12 ", '{"cache": true} ', "Monday ", "def x(self): ", "KeyError ",
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), min_size=2, max_size=40).map("".join)


@settings(max_examples=500, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(touchy(), pieces) == whole(touchy(), text)


@settings(max_examples=300, deadline=None)
@given(splits(texts))
def test_a_stream_that_goes_on_within_a_piece_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(lagging(), pieces) == whole(lagging(), text)


@settings(max_examples=60, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_model_finds_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(real(), pieces) == whole(real(), text)


@pytest.mark.parametrize("seed", range(60))
def test_sentences_longer_than_any_context_come_out_as_the_whole_text(seed: int) -> None:
    chance = random.Random(seed)
    parts = [part for part in FRAGMENTS if not any(end in part for end in ("\n", ". ", "! ", "? ", "。"))]
    text = "".join(chance.choices(parts, k=60))
    pieces = cut(text, chance.choices(range(len(text)), k=40))
    for scan in (touchy(), lagging()):
        assert streamed(scan, pieces) == whole(scan, text)


@pytest.mark.parametrize(
    "text",
    [
        "My name is Anna Schmidt and I live in Lyon. Please write to Jean-Pierre Dupont. " * 3,
        "and then " * 40 + "Anna Schmidt came, " + "and then " * 40 + "Paul Newman left. ",
        "Anna-Lena" * 60,
        "x" * 700 + " Anna Schmidt " + "y" * 700,
        " " * 400 + "Anna Schmidt" + " " * 400,
        "Sehr geehrter Herr Müller –\nvielen Dank für Ihre Nachricht – " * 4,
    ],
)
def test_one_character_at_a_time_comes_out_as_the_whole_text(text: str) -> None:
    for scan in (touchy(), lagging(), real()):
        assert streamed(scan, text) == whole(scan, text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("I met Anna. She wav", "She wav"),
        ("Hello Anna,\n", ""),
        ("Hello Anna,\nI am", "I am"),
        ("See you. Bye", "Bye"),
        ("no end in sight ", "no end in sight "),
    ],
)
def test_only_a_sentence_that_has_not_ended_is_held(text: str, held: str) -> None:
    detector = Rampart(deadline=1)
    assert text[detector.horizon(text) :] == held


@given(texts)
def test_at_most_126_characters_are_held(text: str) -> None:
    assert 0 <= len(text) - Rampart(deadline=1).horizon(text) <= 126
