# SPDX-License-Identifier: Apache-2.0
"""Which words are taken for names, and which of them make one."""

import re

import pytest

from douane.detect.names.rampart_words import Name, Word, names


def read(text: str, likely: dict[str, float], places: dict[str, float] | None = None) -> list[Word]:
    """The words of a text as a model would give them."""
    found = [(match[0], match.start(), match.end()) for match in re.finditer(r"\w+|[^\w\s]", text)]
    return [Word(start, end, likely.get(word, 0.0), (places or {}).get(word, 0.0)) for word, start, end in found]


def taken(text: str, likely: dict[str, float], places: dict[str, float] | None = None) -> list[tuple[str, str]]:
    return [(name.kind, text[name.start : name.end]) for name in names(text, read(text, likely, places))]


@pytest.mark.parametrize(
    "name", ["Anna Schmidt", "Anna-Lena", "O'Brien", "D’Arcy", "J. Brown", "J.-P. Brown", "St. John", "Anna  Schmidt", "Schmidt- Weber"]
)
def test_the_words_of_one_name_are_one_name(name: str) -> None:
    text = f"and {name} came"
    assert taken(text, dict.fromkeys(re.findall(r"\w+", name), 0.9)) == [("person", name)]


@pytest.mark.parametrize("text", ["Anna, Paul", "Anna and Paul", "Anna. Paul", "Anna/Paul", "Anna (Paul)", "Anna: Paul"])
def test_two_names_are_two(text: str) -> None:
    assert taken(text, {"Anna": 0.9, "Paul": 0.9}) == [("person", "Anna"), ("person", "Paul")]


def test_a_small_letter_needs_more_than_a_capital() -> None:
    assert taken("Anna or anna", {"Anna": 0.2, "anna": 0.5}) == [("person", "Anna")]
    assert taken("Anna or anna", {"Anna": 0.2, "anna": 0.8}) == [("person", "Anna"), ("person", "anna")]


def test_beside_a_name_less_is_needed_on_both_sides() -> None:
    weak = {"Jan": 0.05, "van": 0.5, "Dijk": 0.9, "Zoon": 0.05}
    assert taken("Jan van Dijk Zoon", weak) == [("person", "Jan van Dijk Zoon")]
    assert taken("Jan, van, Dijk, Zoon", weak) == [("person", "Dijk")]


@pytest.mark.parametrize("word", ["B2B", "1984", "x", "_", "12th"])
def test_numbers_and_single_small_letters_are_no_names(word: str) -> None:
    assert taken(f"the {word} is", {word: 0.99}) == []


def test_a_person_in_a_place_is_not_one_name() -> None:
    found = taken("Anna Lyon", {"Anna": 0.9, "Lyon": 0.2}, {"Lyon": 0.7})
    assert found == [("person", "Anna"), ("place", "Lyon")]


def test_the_score_is_that_of_the_surest_word() -> None:
    assert names("Anna Schmidt", [Word(0, 4, 0.6, 0.1), Word(5, 12, 0.8, 0.0)]) == [Name("person", 0, 12, 0.8)]


def test_marks_on_the_last_letter_are_part_of_the_name() -> None:
    assert names("Rene\u0301 came", [Word(0, 4, 0.9, 0.0)]) == [Name("person", 0, 5, 0.9)]


def test_without_words_there_are_no_names() -> None:
    assert names("Anna", []) == []
