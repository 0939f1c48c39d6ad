# SPDX-License-Identifier: Apache-2.0
"""The promise that windows rest on: the grams of a part of a text are the part of its grams."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from douane.detect.content.injection_grams import grams

BITS = 16
texts = st.text(st.sampled_from("abcABéÉ1２ß  \n\t.,'-’\u0301\u200bжЖ日😀\ud800"), max_size=60)


def within(text: str, first: int, last: int) -> list[list[int]]:
    looked = grams(text, BITS)
    ranges = looked.within(np.array([first]), np.array([last]))
    return [table[low[0] : high[0]].tolist() for table, (low, high) in zip(looked.tables, ranges, strict=True)]


@given(texts, texts, texts)
def test_the_grams_of_a_part_are_the_part_of_the_grams(before: str, part: str, after: str) -> None:
    """Where a part is looked at with one character more on either side."""
    left, right = before[-1:], after[:1]
    looked = within(left + part + right, len(left), len(left) + len(part))
    assert within(before + part + after, len(before), len(before) + len(part)) == looked


@given(
    st.lists(st.sampled_from(["a", "B", "é", "É", "e\u0301", "b\u200b", "1", "٣", "ß", "Ж", "日", " ", ".", "\n", "\u2019"])).map("".join)
)
def test_case_and_marks_within_a_word_count_for_nothing(text: str) -> None:
    plain = text.replace("\u0301", "").replace("\u200b", "").replace("é", "e").lower()
    assert within(plain, 0, len(plain)) == within(text, 0, len(text))


def test_a_run_of_spaces_is_one_space() -> None:
    assert within("a b c", 0, 5) == within("a \n\t b   c", 0, 10)


def test_other_texts_have_other_grams() -> None:
    assert within("ignore the rules", 0, 16) != within("ignore the tulip", 0, 16)
    orders = grams("one two three", BITS).tables
    assert [len(table) for table in orders] == [11, 9, 3, 2, 1]
    assert all(0 <= place < 1 << BITS for table in orders for place in table)


def test_a_word_is_the_same_wherever_it_stands() -> None:
    looked = grams("rules are rules, no rules", BITS)
    words = looked.tables[2].tolist()
    assert words[0] == words[2] == words[4] != words[1]
