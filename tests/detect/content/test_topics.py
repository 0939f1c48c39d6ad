# SPDX-License-Identifier: Apache-2.0
"""Topics by lists: whole words, phrases, endings, in any script; the same in a stream."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.content.topics import Topics
from douane.detect.scan import Scan
from douane.errors import ConfigRejected
from fakes.streams import mixtures, splits, streamed, whole

# What a policy author would write.
LISTS = {
    "weapons": ("bomb*", "fire arms", "arms dealer", "Schusswaffe*", "炸弹", "बंदूक"),
    "merger": ("project aurora", "Straße 9", "été chaud"),
}
TOPICS = Topics(LISTS)


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in TOPICS.detect([text])[0]]


@pytest.mark.parametrize(
    ("text", "topic", "words"),
    [
        ("Bombs!", "weapons", "Bombs"),
        ("a fire-arms fair", "weapons", "fire-arms"),
        ("FIRE\n ARMS", "weapons", "FIRE\n ARMS"),
        ("die Schußwaffen hier", "weapons", "Schußwaffen"),
        ("制造炸弹吗", "weapons", "炸弹"),
        ("एक बंदूक है", "weapons", "बंदूक"),
        ("About Project Aurora.", "merger", "Project Aurora"),
        ("STRASSE 9", "merger", "STRASSE 9"),
        ("un e\u0301te\u0301 chaud", "merger", "e\u0301te\u0301 chaud"),
    ],
)
def test_words_and_phrases_are_found_whatever_their_case_and_ending(text: str, topic: str, words: str) -> None:
    assert found(text) == [(topic, words)]


@pytest.mark.parametrize(
    "text", ["firearms", "abomb", "fire, and then arms", "projects aurora", "बंदू", "Straße 99", "x" * 70, "", "bombe" * 20]
)
def test_parts_of_words_and_words_apart_are_not(text: str) -> None:
    assert found(text) == []


def test_phrases_that_overlap_are_both_found() -> None:
    assert found("fire arms dealer") == [("weapons", "fire arms"), ("weapons", "arms dealer")]


def test_without_lists_everything_is_calm() -> None:
    assert Topics({}).is_calm("bombs")
    assert Topics({}).detect(["bombs"]) == [()]


@pytest.mark.parametrize(
    ("lists", "word"), [({"Two Words": ("a",)}, "id"), ({"a": ("",)}, "words"), ({"a": ("*",)}, "words"), ({"a": ("b " * 9,)}, "words")]
)
def test_an_entry_that_says_nothing_is_refused(lists: dict[str, tuple[str, ...]], word: str) -> None:
    with pytest.raises(ConfigRejected, match=word):
        Topics(lists)


words = st.sampled_from([word for some in LISTS.values() for entry in some for word in (entry, entry.rstrip("*"), *entry.split())])
texts = mixtures(
    st.one_of(
        words,
        words.map(str.upper),
        words.map(lambda word: normalize("NFD", word)),
        st.sampled_from([" ", "-", "\n", ", ", "    ", "s", "x", "and so on ", "é", "\u0301", "日", "\u200b", "x" * 70]),
    )
)


@settings(max_examples=500, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    scan = Scan([TOPICS])
    text, pieces = case
    assert streamed(scan, pieces) == whole(scan, text)


@given(texts)
def test_what_is_calm_has_nothing_to_find(text: str) -> None:
    assert not TOPICS.is_calm(text) or not list(TOPICS._detect(text))


def test_prose_is_not_held() -> None:
    assert TOPICS.horizon("We walked home, and it rained. ") == 31
    assert TOPICS.horizon("There was fire ") == 10


def test_more_words_than_fit_are_refused_when_they_are_loaded() -> None:
    assert Topics({"many": [f"w{number}" for number in range(20_000)]}).detect(["see w19999"])[0]
    with pytest.raises(ConfigRejected, match="too many"):
        Topics({"many": [f"word{number}{'x' * 40}{number}" for number in range(300_000)]})
