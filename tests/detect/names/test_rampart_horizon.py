# SPDX-License-Identifier: Apache-2.0
"""A text that arrives in pieces comes out as the whole text would, by the model and by one that notices every difference."""

import random
from collections.abc import Sequence
from functools import cache
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.decision import Redact
from douane.detect.names.rampart import Rampart
from douane.detect.names.rampart_words import Word
from douane.detect.scan import Scan
from douane.detect.types import TYPES
from douane.enforce import Replacer
from douane.exchange import Segment
from douane.finding import Finding, Span
from douane.known import Known
from douane.stream import StreamGuard
from douane.vault import Vault

VAULT = Vault(b"k" * 32, "acme", lambda _: False)
NOTHING_KNOWN = Known(())  # what is found later is not looked for in what has left


class Everything:
    """An inspector that redacts whatever a scan finds."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan

    def horizon(self, text: str) -> int:
        return self._scan.horizon(text)

    def findings(self, text: str) -> Sequence[Finding]:
        return self._scan.scan((Segment("", text, ""),), NOTHING_KNOWN).findings

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        return Replacer((Redact(TYPES, "r"),), VAULT)

    def whole(self, text: str) -> str:
        return self.decide((), 0).rewrite(Segment("", text, ""), self.findings(text))

    def streamed(self, pieces: Sequence[str]) -> str:
        guard = StreamGuard(self)
        return "".join([*(guard.feed(piece) for piece in pieces), guard.close()])


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
def touchy() -> Everything:
    detector = Rampart(deadline=60, load=lambda _: Touchy())
    detector.start()
    return Everything(Scan([detector]))


@cache
def lagging() -> Everything:
    detector = Rampart(deadline=60, load=lambda _: Touchy())
    detector.start()
    return Everything(Scan([detector, Laggard()]))


@cache
def real() -> Everything:
    detector = Rampart(deadline=60)
    detector.start()
    return Everything(Scan([detector]))


FRAGMENTS = (
    "Anna Schmidt ", "wrote to ", "Dr. ", "J. R. R. Tolkien ", "in Lyon. ", "and, ", "so; ", "Really? ", "no! ", "Wait... ", "René ",
    "the end.\n", "\n", " ", "   ", "said «Oui.» ", "(Kraków) ", "x" * 9, "x" * 50, "Mary ", "Jean-Pierre ", "O'Brien ", "日本。", "😀",
    "- ", "–", "1999. ", ".", "?", "A", "\u00a0", "word " * 30, "long, " * 30, " " * 40, "my name is ", "Herr ", "Müller ", "12 ",
    "this is paul newman ", "EUR 12 ", '{"cache": true} ', "Monday ", "def x(self): ", "KeyError ",
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), min_size=2, max_size=40).map("".join)


@st.composite
def split_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=20)))
    return text, [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@settings(max_examples=500, deadline=None)
@given(split_texts())
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert touchy().streamed(pieces) == touchy().whole(text)


@settings(max_examples=300, deadline=None)
@given(split_texts())
def test_a_stream_that_goes_on_within_a_piece_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert lagging().streamed(pieces) == lagging().whole(text)


@settings(max_examples=60, deadline=None)
@given(split_texts())
def test_any_split_comes_out_as_the_model_finds_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert real().streamed(pieces) == real().whole(text)


@pytest.mark.parametrize("seed", range(60))
def test_sentences_longer_than_any_context_come_out_as_the_whole_text(seed: int) -> None:
    chance = random.Random(seed)
    parts = [part for part in FRAGMENTS if not any(end in part for end in ("\n", ". ", "! ", "? ", "。"))]
    text = "".join(chance.choices(parts, k=60))
    cuts = sorted(chance.choices(range(len(text)), k=40))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    for inspector in (touchy(), lagging()):
        assert inspector.streamed(pieces) == inspector.whole(text)


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
    for inspector in (touchy(), lagging(), real()):
        assert inspector.streamed(list(text)) == inspector.whole(text)


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
