# SPDX-License-Identifier: Apache-2.0
"""Pieces for a model: they are the text, none is long, and a part of a text is cut as the text is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.presidio.pieces import DECIDED, LONGEST, final, pieces
from fakes.cost import seconds

WORDS = (
    "Anna",
    "Smith",
    "Dr.",
    "went",
    "to",
    "the",
    "e.g.",
    "and",
    "said:",
    "well,",
    "today.",
    "No!",
    "“Yes.”",
    "1.",
    "J.",
    "日本。",
    "\n",
    "x" * 50,
)
texts = st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna is here. She left.\nBob", ["Anna is here. ", "She left.\n", "Bob"]),
        ("Mr. Smith and Prof. Jones met J. Doe.", ["Mr. Smith and Prof. Jones met J. Doe."]),
        ("we said e.g. Anna, z.B. Bob", ["we said e.g. Anna, z.B. Bob"]),
        ("at 3.5 km/h. und so", ["at 3.5 km/h. und so"]),
        ("他来了。她走了！好", ["他来了。", "她走了！", "好"]),
        ("He said “no!” Then he left", ["He said “no!” ", "Then he left"]),
        ("", []),
    ],
)
def test_cuts_are_at_the_ends_of_lines_and_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_long_sentence_is_cut_at_a_clause_and_not_between_names() -> None:
    half = "and then the old man went on to the town of his father "
    text = f"{half}{half}with Anna Maria Smith; {half}{half}"
    assert "".join(cut(text)) == text
    assert any(piece.endswith("Smith; ") for piece in cut(text))


@given(st.one_of(texts, st.text(max_size=800)))
def test_pieces_are_the_text_and_none_is_long(text: str) -> None:
    assert "".join(cut(text)) == text
    assert all(0 < len(piece) <= LONGEST for piece in cut(text))


@given(texts, st.integers(0, 800))
def test_what_is_final_stays_whatever_comes(text: str, length: int) -> None:
    known = text[:length]
    place = final(known)
    assert 0 <= place <= len(known)
    assert [piece for piece in pieces(known) if piece[1] <= place] == [piece for piece in pieces(text) if piece[1] <= place]


@settings(max_examples=300)
@given(texts, st.integers(0, 500))
def test_a_part_of_a_text_is_cut_as_the_text_is(text: str, start: int) -> None:
    """Behind what decides about the first cut, and where every piece ends by itself."""
    borders = {end for _, end in pieces(text)}
    part = {start + end for _, end in pieces(text[start:])}
    if all(end - begin < LONGEST - DECIDED for begin, end in (*pieces(text), *pieces(text[start:]))):
        assert {end for end in borders if end > start + DECIDED} == {end for end in part if end > start + DECIDED}


def test_prose_is_not_held_for_long() -> None:
    text = "The man went to the market, and he bought bread there. Then he came home. " * 5
    assert max(place - final(text[:place]) for place in range(len(text))) < LONGEST + DECIDED


@pytest.mark.parametrize("piece", ["a ", "ab, ", "\n", " ", ". A", ".", "a", '…"', "A. ", "x; ", "\u00a0", "。"])
def test_cutting_takes_time_in_proportion(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * length)[:length]
        return seconds(lambda: list(pieces(text)))

    assert cost(200_000) < 20 * cost(20_000) + 0.1  # quadratic would be 100
