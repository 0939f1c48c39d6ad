# SPDX-License-Identifier: Apache-2.0
"""The promise of a stream for names: any split comes out as the whole text would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.names.names import Names
from douane.detect.scan import Scan
from fakes.streams import in_steps, splits, streamed, whole

NAMES = Names(persons=("Xavi Qort", "Ilse"), organisations=("Blue Harbour Trading",), family=("Qort",))
SCAN = Scan([NAMES])
PEOPLE = (
    "Anna", "Berger", "Anna Berger", "Jean-Pierre", "Dupont", "Maria", "Rose", "Will", "Mark", "Schmidt", "Kowalski", "ANNA", "BERGER",
    "García",
    "Müller", "Ivanović", "Xylanderski", "anna", "schmidt", "max", "Xavi Qort", "xavi", "qort", "Ilse", "ilse", "Blue Harbour Trading",
    "blue",
    "harbour", "Μαρία", "Иванов", "Papadopoulos", "Jan", "Tusk", "Petrov", "O'Neill",
)  # fmt: skip
CUES = (
    "Herr", "Frau", "Mr.", "Mrs", "Dr.", "M.", "my name is", "ich heiße", "je m'appelle", "Dear", "Liebe", "Name:", "Nombre: ", "From:",
    "pani",
    "minister", "Best regards,\n", "Mit freundlichen Grüßen\n", "Cordialement\n\n", "my brother", "Mr", "De heer", "weduwe", "Sincerely,\n",
)  # fmt: skip
PLACES = (
    "Berlin", "Paris", "New York", "New", "York", "City", "San", "Sebastián", "Frankfurt", "am", "Main", "The", "Hague", "Baker",
    "Street", "221b",
    "12", "Hauptstraße", "rue", "Calle", "Road", "Saint", "Den Haag",
)  # fmt: skip
FIRMS = (
    "GmbH",
    "& Co. KG",
    "S.p.A.",
    "Ltd",
    "Inc.",
    "Sp. z o.o.",
    "s.r.o.",
    "AG",
    "A/S",
    "B.V.",
    "Acme",
    "Foo24",
    "Universität",
    "&",
    "plc",
    "spol. s r.o.",
    "BUT NOT LIMITED",
    "RISK AS TO",
    "AS",
    "via",
    "Via SSL",
    "A. HISTORY",
)
MAILS = ("anna.berger@example.org", "<anna.berger@example.org>", "b.qort@x.org", "@", "<anna.", "xavi-qort@x")
SMALL = (
    "de", "la", "van", "der", "von", "y", "e", "and", "und", "of", "für", "went", "hello", "the", "said", "in", "to", "J.", "J. R.", "A",
    "II",
    "'s", "s", "'", "’s", ".", ",", "!", ":", ";", "\n", "\n\n", "\r\n", "-", "(", ")", '"', "<", ">", "/", "_", "\u00a0", "\u200b", "é",
    "日", "1", "\\n",
)  # fmt: skip

words = st.sampled_from((*PEOPLE, *CUES, *PLACES, *FIRMS, *MAILS, *SMALL))
cut_words = st.builds(lambda word, a, b: word[a : max(a, len(word) - b)], words, st.integers(0, 3), st.integers(0, 3))
joints = st.sampled_from((" ", " ", " ", " ", "", ", ", "\n", "  ", ". ", "-"))
texts = st.lists(st.tuples(st.one_of(words, words, cut_words), joints), min_size=1, max_size=14).map(
    lambda parts: "".join(a + b for a, b in parts)
)


@settings(max_examples=1000, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_one_character_at_a_time_comes_out_as_the_whole_text(text: str) -> None:
    assert streamed(SCAN, list(text)) == whole(SCAN, text)


@settings(max_examples=100, deadline=None)
@given(texts, texts, st.integers(1, 40))
def test_what_was_said_long_before_changes_nothing(before: str, text: str, step: int) -> None:
    long = f"{before} {'and so on ' * 40}{text}"
    assert streamed(SCAN, in_steps(long, step)) == whole(SCAN, long)


@pytest.mark.parametrize("unit", ["Anna ", "Anna Berger, ", "Dear Mr. ", "Xyz Abc ", "New York ", "rue de la ", "Foo GmbH & Co. KG "])
def test_a_text_longer_than_any_context_comes_out_as_the_whole(unit: str) -> None:
    text = unit * (1500 // len(unit)) + "and on"
    assert streamed(SCAN, in_steps(text, 7)) == whole(SCAN, text)


@pytest.mark.parametrize("step", [1, 2, 11])
@pytest.mark.parametrize("sign", list("-./+=#&$~%\\@>"))
def test_a_street_behind_a_sign_is_held_whole(sign: str, step: int) -> None:
    text = f"so {sign}rue Gavle oujda and on"
    assert streamed(SCAN, in_steps(text, step)) == whole(SCAN, text)


@pytest.mark.parametrize("step", [1, 3, 11])
@pytest.mark.parametrize("text", ["so,anna schmidt met anna at noon", "my name is anna,x and so anna went", "no (anna schmidt) but anna"])
def test_a_given_name_beside_a_mark_is_seen_whether_or_not_it_stands_elsewhere(text: str, step: int) -> None:
    assert streamed(SCAN, in_steps(text, step)) == whole(SCAN, text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("we met Anna ", "Anna "),
        ("we met Anna Berger and ", ""),
        ("I went to the ", ""),
        ("The quick brown ", ""),
        ("The qui", ""),
        ("The q", "The q"),
        ("The Qui", "The Qui"),
        ("The van", "The van"),
        ("The of", "The of"),
        ("Anna qui", "Anna qui"),
        ("Anna The qui", "Anna The qui"),
        ("so they said that it was in New ", "New "),
        ("and then we said hello to ", ""),
        ("I asked anna ", "anna "),
    ],
)
def test_only_what_may_still_become_a_name_is_held(text: str, held: str) -> None:
    assert text[NAMES.horizon(text) :] == held


@given(texts)
def test_a_horizon_is_in_its_text(text: str) -> None:
    assert 0 <= NAMES.horizon(text) <= len(text)
