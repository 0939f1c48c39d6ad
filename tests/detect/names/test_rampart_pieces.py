# SPDX-License-Identifier: Apache-2.0
"""Pieces are short, together they are the text, and where one begins is decided nearby."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.names.rampart_pieces import LONGEST, open_piece, pieces
from fakes.cost import seconds

FRAGMENTS = (
    "Anna Schmidt ", "wrote to ", "Dr. ", "J. R. R. Tolkien ", "Lyon. ", "and, ", "so; ", "Really? ", "no! ", "Wait... ", "the end.\n",
    "\n", "\r\n", " ", "   ", "said «Oui.» ", "(in Kraków) ", "x" * 9, "x" * 50, "ab" * 40, "。", "日本", "e\u0301", "\u200b", "😀",
    "- ", "1999. ", ".", "?", '"', "A", "é", "word " * 30, "long, " * 30, " " * 40,
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)


@given(texts)
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(text[start:end] for start, end in pieces(text)) == text


@given(texts)
def test_no_piece_is_empty_or_longer_than_the_longest(text: str) -> None:
    assert all(0 < end - start <= LONGEST for start, end in pieces(text))


@settings(max_examples=400)
@given(texts, texts)
def test_more_text_changes_nothing_before_the_open_piece(text: str, more: str) -> None:
    place = open_piece(text)
    before = [piece for piece in pieces(text) if piece[1] <= place]
    assert place in (0, *(end for _, end in before))
    assert [piece for piece in pieces(text + more) if piece[1] <= place] == before


@settings(max_examples=400)
@given(texts, st.integers(0, 2000), st.integers(240, 256))
def test_a_text_without_its_beginning_is_cut_where_the_whole_is(text: str, cut: int, kept: int) -> None:
    """What a stream has let go is the beginning of its text, but for 256 characters."""
    cut = min(cut, max(0, len(text) - kept))
    sent = cut + kept
    expected = [piece for piece in pieces(text) if piece[1] > sent]
    assert [(start + cut, end + cut) for start, end in pieces(text[cut:]) if end + cut > sent] == expected


@given(texts)
def test_at_most_126_characters_are_open(text: str) -> None:
    assert len(text) - open_piece(text) <= LONGEST + 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I met Anna. She waved.", ["I met Anna. ", "She waved."]),
        ("Ask Dr. Smith or J. R. Miller.", ["Ask Dr. Smith or J. R. Miller."]),
        ("We went home... and slept.", ["We went home... and slept."]),
        ("Really? Yes! Good.", ["Really? ", "Yes! ", "Good."]),
        ("Name:\nAnna", ["Name:\n", "Anna"]),
        ('She said "Come here." Then she left.', ['She said "Come here." ', "Then she left."]),
    ],
)
def test_sentences_and_lines_are_pieces(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in pieces(text)] == expected


@pytest.mark.parametrize(
    ("text", "is_open"),
    [("I met Anna", True), ("I met Anna. ", True), ("I met Anna. S", False), ("Anna\n", False), ("Anna\nand ", False)],
)
def test_a_sentence_is_open_until_it_has_surely_ended(text: str, is_open: bool) -> None:
    assert (open_piece(text) == 0) is is_open


@pytest.mark.parametrize(
    "part", ["a", "a.", ". ", " ", "\n", "! ", "word ", "word, ", "Wort. ", '."', "日", "ab c", "\u0301", "x" * 119 + " "]
)
def test_cutting_takes_time_in_proportion_to_the_length(part: str) -> None:
    def cost(length: int) -> float:
        text = part * (length // len(part))
        return seconds(lambda: (list(pieces(text)), open_piece(text)))

    assert cost(200_000) < 20 * cost(20_000) + 0.05
