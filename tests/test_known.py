# SPDX-License-Identifier: Apache-2.0
"""What is known already: found again, wherever and however it stands, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.finding import Span
from douane.known import Known, words_beside
from fakes.cost import seconds

ANNA = Known([("PERSON", "Anna Berger"), ("ORGANIZATION", "Blue Harbour"), ("PERSON", "Li"), ("LOCATION", "Wyk auf Föhr")])


def found(known: Known, text: str) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in known.spans(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Anna Berger called", ["Anna Berger"]),
        ("ANNA BERGER called", ["ANNA BERGER"]),
        ("anna berger called", ["anna berger"]),
        ("Anna\n Berger called", ["Anna\n Berger"]),
        ("Anna Berger's flat", ["Anna Berger"]),
        ("Anna Bergers Wohnung", ["Anna Berger"]),
        ("and Berger said", ["Berger"]),
        ("BERGER, Anna", ["BERGER", "Anna"]),
        ("Annas Wohnung, Anna’s flat", ["Anna", "Anna"]),
        ("in wyk  auf föhr", ["wyk  auf föhr"]),
        ("we asked Li", ["Li"]),
    ],
)
def test_a_value_is_found_again_however_it_is_written(text: str, values: list[str]) -> None:
    assert [value for _, value in found(ANNA, text)] == values


@pytest.mark.parametrize(
    "text",
    ["Annabel", "Hanna", "Bergerac", "anna said", "a berger", "je li", "Harbour", "the blue sea", "Blue, Harbour", "xAnna", "Annasxy"],
)
def test_what_only_looks_like_it_is_not_found(text: str) -> None:
    assert ANNA.spans(text) == []


def test_a_name_in_the_name_of_a_file_is_found_by_its_parts() -> None:
    assert found(ANNA, "Anna_Berger.pdf") == [("PERSON", "Anna"), ("PERSON", "Berger")]


def test_a_part_that_is_an_everyday_word_is_not_looked_for() -> None:
    known = Known([("PERSON", "Will King")])
    assert found(known, "Will you ask the King? Will King did.") == [("PERSON", "Will King")]


def test_only_persons_have_parts() -> None:
    assert [(span.type, span.rule) for span in ANNA.spans("Berger, Harbour, Blue Harbour")] == [
        ("PERSON", "again.part"),
        ("ORGANIZATION", "again"),
    ]


def test_of_two_values_that_are_written_alike_the_person_is_found() -> None:
    values = [("LOCATION", "Paris"), ("PERSON", "Paris")]
    assert found(Known(values), "Paris") == found(Known(values[::-1]), "Paris") == [("PERSON", "Paris")]


def test_no_value_is_shown() -> None:
    assert "Anna" not in repr(ANNA)


def test_without_values_everything_is_calm() -> None:
    nothing = Known(())
    assert nothing.is_calm("Anna Berger")
    assert nothing.spans("Anna Berger") == []
    assert nothing.horizon("Anna Berger") == 11


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("hello An", "An"),
        ("hello Anna ", "Anna "),
        ("hello Anna B", "Anna B"),
        ("Anna went", ""),
        ("Wyk auf ", "Wyk auf "),
        ("all is w", "w"),
    ],
)
def test_what_may_still_become_a_value_is_open(text: str, held: str) -> None:
    assert text[ANNA.horizon(text) :] == held


words = st.sampled_from(
    ("Anna", "Berger", "ANNA", "anna", "berger", "Annas", "Li", "Wyk", "auf", "Föhr", "Blue", "Harbour", "x", "'s", ",", "s", "and")
)
texts = st.lists(st.tuples(words, st.sampled_from((" ", " ", "", "\n", "  ", ", "))), max_size=8).map(
    lambda some: "".join(a + b for a, b in some)
)


@given(texts, texts)
def test_more_text_changes_nothing_before_the_horizon(text: str, more: str) -> None:
    horizon = ANNA.horizon(text)
    before = [(span.type, span.start, span.end) for span in ANNA.spans(text) if span.start < horizon]
    after = [(span.type, span.start, span.end) for span in ANNA.spans(text + more) if span.start < horizon]
    assert before == after


_PARTS = ("Anna", "Visser", "annas", "VISSER", "De-Groot", "Fi\u00dfer", "\u0130nci", "x", " ", "-", "\n", "s", "'s")


@given(
    st.lists(st.sampled_from(_PARTS), max_size=12),
    st.lists(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=3), max_size=4),
    st.data(),
)
def test_values_whose_words_stand_beside_what_was_found_are_all_that_can_be_found_again(
    parts: list[str], values: list[list[str]], data: st.DataObject
) -> None:
    text = "".join(parts)
    wanted = {("PERSON", "".join(value)) for value in values}
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    spans = [Span("PERSON", start, end, 0.9, "names") for start, end in zip(places[::2], places[1::2], strict=False) if start < end]
    some = Known.among(wanted, words_beside(text, spans))
    fresh = [span for span in Known(wanted).spans(text) if not any(one.start <= span.start and span.end <= one.end for one in spans)]
    assert [span for span in some.spans(text) if span in fresh] == fresh


@given(texts)
def test_a_calm_text_has_no_value(text: str) -> None:
    assert not ANNA.is_calm(text) or not ANNA.spans(text)


@pytest.mark.parametrize("unit", ["Anna ", "Anna Berger ", "s", "A", "Anna, ", "Wyk auf "])
def test_time_is_linear(unit: str) -> None:
    many = Known([("PERSON", f"Anna Berger{'x' * count}") for count in range(500)] + [("LOCATION", "Wyk auf Föhr")])

    def cost(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        return seconds(lambda: (list(many.spans(text)), many.horizon(text)))

    assert cost(200_000) < 10 * 3 * cost(20_000) + 0.05


def test_an_initial_is_sought_in_linear_time_in_a_text_that_is_made_of_it() -> None:
    known = Known([("PERSON", "J. Smith")])
    short, long = ("J " + "J" * length for length in (6_000, 60_000))
    assert seconds(lambda: known.spans(long)) < 20 * seconds(lambda: known.spans(short)) + 0.05
