# SPDX-License-Identifier: Apache-2.0
"""The data behind names: read as it is meant, and what it promises."""

import json
import sys
from importlib.resources import files

from douane.detect.names.lists import COMMON, FAMILY, GIVEN, PLACE, VAGUE, lists
from douane.detect.names.words import lowered

LANGUAGES = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
GIVEN_NAMES = "anna jean josé katarzyna jiří gyula mihai jānis mantas tõnu matti søren giulia joão sanne γιώργοσ мария"
FAMILY_NAMES = (
    "schmidt dupont garcía kowalski nováková nagy popescu bērziņš kazlauskas tamm korhonen andersson jensen rossi silva novak horvat "
    "παπαδόπουλοσ papadopoulos иванова murphy"
)
EVERYDAY = "will mark rose may bauer koch petit long young montag"
COUNTRIES = "france deutschland italia polska suomi italien cuba españa ελλάδα българия"
VAGUE_PLACES = "nice reading essen split mali chad"


def without(bit: int, words: str) -> list[str]:
    return [word for word in words.split() if not lists().words.get(word, 0) & bit]


def test_lower_case_is_as_long_as_the_text() -> None:
    every = "".join(map(chr, (*range(0xD800), *range(0xE000, sys.maxunicode + 1))))
    assert len(lowered(every)) == len(every)


def test_names_of_every_language_are_there() -> None:
    assert without(GIVEN, GIVEN_NAMES) == []
    assert without(FAMILY, FAMILY_NAMES) == []


def test_words_that_are_names_too_are_marked() -> None:
    assert without(COMMON, EVERYDAY) == []


def test_countries_are_never_vague_but_where_they_are_words() -> None:
    assert without(PLACE, COUNTRIES) == []
    assert without(VAGUE, COUNTRIES) == COUNTRIES.split()
    assert without(VAGUE, VAGUE_PLACES) == []


def test_every_word_is_in_lower_case_and_whole() -> None:
    known = lists()
    assert all(word == lowered(word) and word and " " not in word for word in known.words)
    assert all(phrase == " ".join(phrase.split()) and " " in phrase for phrase in known.phrases)


def test_cues_are_there_in_every_official_language() -> None:
    data = json.loads((files("douane.detect.names") / "data" / "cues.json").read_text(encoding="utf-8"))
    assert sorted(data["languages"]) == LANGUAGES.split()
    kinds = {"honorific", "role", "introduction", "label", "salutation", "closing", "never"}
    assert all(set(words) == kinds and all(words.values()) for words in data["languages"].values())
