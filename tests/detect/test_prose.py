# SPDX-License-Identifier: Apache-2.0
"""What is told of prose at once is what the long way would tell: nothing that is open is overlooked for the sake of speed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from douane.detect.identifiers import identifiers
from douane.detect.identifiers.cards import open_card
from douane.detect.identifiers.iban import open_iban
from douane.detect.identifiers.numbers import open_number as open_state_number
from douane.detect.identifiers.phone import open_phone
from douane.detect.identifiers.spoken import open_spoken
from douane.detect.identifiers.words import Words
from douane.detect.identifiers.zone import Zone
from douane.detect.names.cues import cues
from douane.detect.names.lists import lists
from douane.detect.names.open import beginnings, open_chain, open_pattern, open_words
from douane.detect.prose import open_prose, prose
from douane.detect.readings import compact, encoded, named
from douane.detect.run import run_start

PIECES = st.sampled_from(
    (
        *(
            "word",
            "the",
            "a",
            "e",
            "de",
            "la",
            "van",
            "of",
            "rue",
            "al.",
            "n°",
            "nº",
            "und",
            "vide",
            "Anna",
            "McX",
            "ANNA",
            "AB",
            "I",
            "Ab",
            "Ωμ",
        ),
        *("SGVs", "bG8g", "dGhlcmUg", "dial", "dhis", "cGFyaXMgaXMgbmljZQ", "68", "65", "6c", "6f", "x", "0x68", "4a6f", "fe"),
        *("1", "12", "4111", "1111", "٣", "²", "\U0001f101", "FR", "fr", "76", "3000", "+33", "(0)", "x1", "e\u0301", "ß", "日本"),
        *("&am", "&", "%C", "=", "\\x4", "\\u00", "=\n", "%e2%82", "<", ">", "|", '"', "'", "(", ")", "[", "/", "@", "#", "$"),
        *(" ", " ", " ", " ", "  ", "\n", "\r\n", "\u00a0", "\t", ", ", ". ", "- ", " - ", "; ", ",", ".", "-", "_", ":", "~", "\u200b"),
    )
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=24).map("".join),
    st.builds(
        lambda many, few: "the rest of it went on " * 9 + "".join(many) + " and " * 6 + "".join(few), *[st.lists(PIECES, max_size=9)] * 2
    ),
)


class Everything(frozenset[str]):
    """All words: none is a word of prose."""

    def __contains__(self, word: object) -> bool:
        return True


CUES = cues()
CHAIN, WORDS = open_pattern(CUES), open_words(CUES)
BEGUN = beginnings(WORDS)


@given(TEXTS)
@example("seen by Anna of ")
@example("nº ")
def test_a_chain_of_a_name_is_found_whether_or_not_prose_is_told_at_once(text: str) -> None:
    slow = open_chain(text, CHAIN, Everything(), BEGUN, lists())
    assert open_chain(text, CHAIN, WORDS, BEGUN, lists()) == slow


@given(TEXTS)
def test_no_number_is_open_where_it_is_quiet(text: str) -> None:
    low, run = max(0, len(text) - 140), run_start(text, len(text))
    while low and text[low - 1].isalnum():
        low -= 1
    if identifiers._is_quiet(text, low, run):
        zone = Zone(text, Words(text), low, len(text))
        opened = (open_state_number(zone, 0), open_card(zone, 0), open_phone(zone, 0), open_spoken(text, low), open_iban(text, low, run))
        assert min(opened) >= run


@given(TEXTS, st.sampled_from(("", "SGVs", " 68", "bG8gdGhlcmUgZnJpZW5k", " 6f 6c 6c 6f 20 68 69")))
def test_nothing_is_open_before_the_last_word_of_what_is_taken_for_prose(before: str, after: str) -> None:
    text = before + after
    if encoded._is_prose(text[-encoded._LAST_WORDS :]):
        apart = encoded._OPEN_APART.search(text, max(0, len(text) - encoded._REACH))
        assert apart is None
        assert min(encoded._open_groups(text), run_start(text, len(text))) == run_start(text, len(text))
        last = encoded._LAST.match(text[::-1])
        assert last is None or len(encoded._BETWEEN.sub("", text[len(text) - last.end() :])) < 16


@given(TEXTS)
def test_no_number_with_separators_and_no_escape_is_overlooked(text: str) -> None:
    number = compact._OPEN.search(text, max(0, len(text) - compact._WIDEST))
    assert compact.open_number(text) == (number.start() if number else len(text))
    escape = named._OPEN.search(text, max(0, len(text) - named._LAST))
    assert named.open_named(text) == (escape.start() if escape else len(text))


@pytest.mark.parametrize(
    ("before", "rest", "words"),
    [
        ("It is ", "so far, and no fur", {"so", "far", "and", "no", "fur"}),
        ("It is", " so", {"so"}),
        ("", "so it is ", {"so", "it", "is"}),
        ("It is ", "a", {"a"}),
        ("It is ", "", set()),
        ("It i", "s so", None),
        ("It is ", "a word", None),
        ("It is ", "so.", None),
        ("It is ", "so. And", None),
        ("It is ", "so. and so; no! ", {"so", "and", "no"}),
        ("It is ", "so  far", None),
        ("It is ", "So", None),
        ("It is ", "so 1", None),
        ("It is ", "caf\u00e9 ", None),
        ("It is ", "so at ", None),
        ("It is ", "com dot ", None),
        ("It is ", "so ,", None),
        ("It is ", "word " * 20, None),
    ],
)
def test_only_words_of_small_letters_are_prose(before: str, rest: str, words: set[str] | None) -> None:
    assert prose(before + rest, len(before)) == words


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("so we met the colleague ", "colleague "),
        ("so we met the colleague a", "colleague a"),
        ("so we met the colleague fr", ""),
        ("so we met the ", ""),
    ],
)
def test_before_an_address_in_words_one_word_is_held(text: str, held: str) -> None:
    place = open_prose(text)
    assert place is not None
    assert text[place:] == held


def test_prose_whose_words_may_be_digits_of_base64_takes_a_closer_look() -> None:
    assert open_prose("said bG8g ") is None
    assert open_prose("so they said that SGVsbG8gdGhlcmUgZnJpZW5kcyBvZiBtaW5l") is None
