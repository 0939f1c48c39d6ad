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
    assert taken("so Xenna or xenna", {"Xenna": 0.6, "xenna": 0.98}) == [("person", "Xenna")]
    assert taken("there with xenna and you", {"xenna": 0.6}) == []
    assert taken("there with xenna and you", {"xenna": 0.98}) == [("person", "xenna")]  # the model knows English best


def test_beside_a_name_less_is_needed_on_both_sides() -> None:
    weak = {"Xan": 0.05, "van": 0.5, "Dijk": 0.9, "Zqoon": 0.05}
    assert taken("Xan van Dijk Zqoon", weak) == [("person", "Xan van Dijk Zqoon")]
    assert taken("Xan, van, Dijk, Zqoon", weak) == [("person", "Dijk")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("it costs EUR or more", "EUR"),
        ("we talk SSL here", "SSL"),
        ("on Monday we go", "Monday"),
        ("am Donnerstag gehen wir", "Donnerstag"),
        ("y la herida seca", "seca"),
        ("name: queue", "queue"),
        ('{"cache": true}', "cache"),
        ("if it is a KeyError then", "KeyError"),
        ("elif it is the one", "elif"),
        ("Mistral is a model", "Mistral"),
    ],
)
def test_what_a_model_takes_for_a_name_and_its_writing_does_not_is_none(text: str, word: str) -> None:
    assert taken(text, {word: 0.98}) == []


def test_a_word_that_is_no_name_is_none_beside_one() -> None:
    assert taken("so Anna Monday came", {"Anna": 0.9, "Monday": 0.9}) == [("person", "Anna")]


def test_short_capitals_are_a_name_beside_one_only() -> None:
    assert taken("CALL ANNA SCHMIDT TODAY", {"ANNA": 0.9, "SCHMIDT": 0.9}) == [("person", "ANNA SCHMIDT")]
    assert taken("CALL XQNA TODAY", {"XQNA": 0.98}) == []


def test_a_name_of_the_lists_needs_less_and_a_listed_place_is_no_person() -> None:
    assert taken("so Anna or Xenna", {"Anna": 0.2, "Xenna": 0.2}) == [("person", "Anna")]
    assert taken("in Lyon today", {"Lyon": 0.6}, {"Lyon": 0.4}) == [("place", "Lyon")]


def test_what_introduces_a_name_speaks_for_small_letters() -> None:
    assert taken("je m'appelle xenna", {"xenna": 0.9}) == [("person", "xenna")]
    assert taken("on voit xenna", {"xenna": 0.9}) == []


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


def test_a_script_without_capitals_needs_more_than_a_capital() -> None:
    assert taken("אבג", {"אבג": 0.9}) == [("person", "אבג")]
    assert taken("אבג", {"אבג": 0.5}) == []


def test_what_is_found_in_a_text_that_is_no_prose_is_less_sure() -> None:
    assert taken("so we met Xenna there", {"Xenna": 0.7}) == [("person", "Xenna")]
    assert taken("x = {so: [met, Xenna]}", {"Xenna": 0.7}) == []
