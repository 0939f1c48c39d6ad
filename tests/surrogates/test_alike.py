# SPDX-License-Identifier: Apache-2.0
"""Realistic surrogates known again: whole, however they are grouped or written, and never another person's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.surrogates.alike import Alike
from fakes.streams import splits

PAIRS = {
    "Marie Dubois": "Anna Berg",
    "Jean-Luc Moreau": "Carl-Otto von Hohenfels",
    "marie.dubois@example.org": "anna@berg.test",
    "4929 1234 5678 9012": "4111 1111 1111 1111",
    "FR00 3000 6000 0112 3456 7890 189": "DE89 3704 0044 0532 0130 00",
    "Petra": "Zoe",
    "203.0.113.7": "10.1.2.3",
}
ALIKE = Alike(PAIRS)


def restored(text: str, alike: Alike = ALIKE) -> str:
    pieces, done = [], 0
    for start, end, value in alike.matches(text):
        pieces += (text[done:start], value)
        done = end
    return "".join((*pieces, text[done:]))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((surrogate, original) for surrogate, original in PAIRS.items()),
        ("Dear Marie Dubois,", "Dear Anna Berg,"),
        ("MARIE DUBOIS", "ANNA BERG"),
        ("marie dubois", "anna berg"),
        ("Marie\n  Dubois", "Anna Berg"),
        ("**Marie** *Dubois*", "**Anna Berg*"),
        ("Marie\u200b Du\u200bbois", "Anna Berg"),
        ("Marie Dubois's", "Anna Berg's"),
        ("Marie Dubois’s and Petras", "Anna Berg’s and Zoes"),
        ("Madame Dubois", "Madame Berg"),
        ("Marie said", "Anna said"),
        ("DUBOIS", "BERG"),
        ("4929123456789012", "4111 1111 1111 1111"),
        ("4929-1234-5678-9012", "4111 1111 1111 1111"),
        ("49291234 56789012.", "4111 1111 1111 1111."),
        ("FR0030006000011234567890189", "DE89 3704 0044 0532 0130 00"),
        ("marie.dubois@example.org", "anna@berg.test"),
        ("marie\\.dubois@example.org", "anna@berg.test"),
        ("Marie.Dubois@Example.org", "anna@berg.test"),
        ("203.0.113.7:80", "10.1.2.3:80"),
    ],
)
def test_it_is_found_whole_however_it_is_written(written: str, expected: str) -> None:
    assert restored(written) == expected
    assert ALIKE.may_hold(written)


@pytest.mark.parametrize(
    "text",
    [
        "4929 1234 5678 901",
        "4929 1234 5678 90123",
        "14929123456789012",
        "mary dubos",
        "marie",
        "xMarie duboisx",
        "203.0.113.70",
        "moreau",
    ],
)
def test_what_is_cut_off_longer_or_alike_is_left(text: str) -> None:
    assert restored(text) == text


def test_a_word_that_two_values_have_stands_for_neither() -> None:
    alike = Alike({"Marie Dubois": "Anna Berg", "Paul Dubois": "Otto Klein", "Berg Sommer": "Eva Brandt"})
    assert restored("Dubois met Marie and Paul and Berg", alike) == "Dubois met Anna and Otto and Berg"


def test_values_show_in_no_repr() -> None:
    assert repr(ALIKE) == f"Alike({len(ALIKE._sought)} values)"
    assert "Berg" not in repr(ALIKE._sought)


WORDS = st.sampled_from(
    (
        *PAIRS, *("Marie", "Dubois", "marie", "Jean", "-", "Luc", "Moreau", "4929", "1234", "5678", "9012", "49", "FR00", "3000", "6000"),
        *(" ", " ", " ", "\n", ".", ",", "@", "example", "org", "s", "'s", "\u200b", "*", "_", "(", "and so on ", "203", "0", "113", "7"),
        "é",
    )
)  # fmt: skip


def streamed(pieces: list[str]) -> str:
    """As a stream does: what lies before the horizon is final."""
    text, sent, out = "", 0, ""
    for piece in [*pieces, None]:
        text += piece or ""
        horizon = len(text) if piece is None else max(ALIKE.horizon(text), sent)
        for start, end, _ in ALIKE.matches(text):
            if start < horizon < end:
                horizon = start
        done = sent
        for start, end, value in ALIKE.matches(text):
            if done <= start and end <= horizon:
                out += text[done:start] + value
                done = end
        out += text[done:horizon]
        sent = max(sent, horizon)
    return out


@given(splits(st.lists(WORDS, max_size=14).map("".join)))
def test_any_split_comes_out_as_the_whole(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(pieces) == restored(text)
    assert streamed(list(text)) == restored(text)


@given(st.lists(WORDS, max_size=14).map("".join))
def test_where_it_may_not_be_it_is_not(text: str) -> None:
    assert ALIKE.may_hold(text) or not ALIKE.matches(text)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][a-z]{2,5} [A-Z][a-z]{2,5}", fullmatch=True),
        st.from_regex(r"[A-Z][a-z]{6,9} [A-Z][a-z]{6,9}", fullmatch=True),
        min_size=2,
        max_size=8,
    )
)
def test_no_value_stands_for_the_wrong_one(pairs: dict[str, str]) -> None:
    alike = Alike(pairs)
    for surrogate, original in pairs.items():
        assert restored(f"Write to {surrogate} today", alike) == f"Write to {original} today"
        for word, meant in zip(surrogate.split(), original.split(), strict=True):
            assert restored(f"Write to {word} today", alike) in (f"Write to {word} today", f"Write to {meant} today")


@pytest.mark.parametrize("unit", ["Marie ", "4929 ", "4", "Marie Dubois, ", "-", "a", "marie.dubois@", "203.0.113."])
def test_hostile_texts_take_no_longer_than_their_length(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    ALIKE.matches(text)
    assert ALIKE.horizon(text) >= len(text) - 400
