# SPDX-License-Identifier: Apache-2.0
"""JSON inside a text: found where it stands by itself, and written into so that it stays JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.json_text import inside_json_string, json_escaped, json_spans, json_unescaped, number_around

FENCED = 'Here:\n```json\n{"a": 1}\n```\nand\n~~~\n[1, 2]\n~~~\n```python\nprint({})\n```\n'


def test_a_text_that_is_json_is_one_span() -> None:
    assert json_spans(' {"a": [1]}\n') == ((0, 12),)


def test_json_in_fences_is_found_and_other_code_is_not() -> None:
    assert [FENCED[start:end].strip() for start, end in json_spans(FENCED)] == ['{"a": 1}', "[1, 2]"]


@pytest.mark.parametrize("text", ["", "{", "{a}", "[see] and [that]", "```json\n{oops}\n```", '```json\n{"a": 1}', "1", '"a"'])
def test_what_is_no_json_is_no_span(text: str) -> None:
    assert json_spans(text) == ()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_value_is_what_it_was_after_it_was_escaped(value: str) -> None:
    assert json.loads(f'"{json_escaped(value)}"') == value
    assert json_unescaped(json_escaped(value)) == value


@given(
    st.recursive(
        st.text(max_size=6) | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
    )
)
def test_no_string_is_open_where_json_ends(value: object) -> None:
    assert not inside_json_string(json.dumps(value))


def test_many_fences_take_no_longer_than_their_length() -> None:
    assert json_spans("```\n" * 50_000) == ()


@pytest.mark.parametrize(
    ("text", "found", "number"),
    [
        ('{"a": -5500}', "5500", "-5500"),
        ('{"a": 5500.25e+3, "b": 1}', "5500", "5500.25e+3"),
        ("[1,55,2]", "55", "55"),
        ('{"a": "55"}', "55", "55"),
        ("55", "55", "55"),
    ],
)
def test_a_part_of_a_number_is_widened_to_all_of_it(text: str, found: str, number: str) -> None:
    place = text.index(found)
    start, end = number_around(text, place, place + len(found))
    assert text[start:end] == number
