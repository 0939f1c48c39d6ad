# SPDX-License-Identifier: Apache-2.0
"""Identifiers in a stream: any split of a text comes out as the whole text would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.samples import CARDS, IBANS, REGIONS
from detect.samples import VALUES as NUMBERS
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.scan import Scan
from fakes.streams import neighbours, splits, streamed, whole

SCAN = Scan([Identifiers(REGIONS)])
VALUES = (
    *NUMBERS,
    *IBANS, *CARDS, "anna.first@example.org", "192.0.2.44", "2001:db8::8a2e:370:7334", "00:1B:44:11:3A:B7", "001b.4411.3ab7",
    "06 12 34 56 78", "+33 6 12 34 56 78", "(212) 555-0123", "0612345678", "+44 (0)20 7946 0958", "612 34 56 78", "AB-123-CD", "B-MW 1234",
    "C01X00T47", "ΑΒ 123456", "DEUTDEFF", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "5493001KJTIIGC8Y1R12",
)  # fmt: skip
WORDS = (
    "Anna wrote to ", "call ", "phone: ", " (mobile)", "order ", "order number ", "invoice no. ", "siren ", " BSN", "SSN ", "NHS ",
    " empresa ", "CIF ", "card ", "version ", "passport ", " (passport number)", "Kennzeichen ", "BIC ", "SWIFT code: ",
    "tax reference ", "tax ",
    "identity card number ", "numéro de sécurité sociale ", "Steuer-ID ", "NIP: ", "ΑΦΜ ", "ЕГН ", "č. OP ", " EUR", " kg", "€ ", "CHF ",
    "account number ", "2024-05-01T12:00:00Z", "550e8400-e29b-41d4-a716-446655440000", "12.50 €", "IP address ", "phoneNumber",
)  # fmt: skip
NEARLY = (
    "@", "a.", "::", "1", "12", " 123", "1234567", "123456789", "+", "00", "(", ")", "-", ".", "/", "_", ",", ":", "=", " ", "  ", "\n",
    "\t", "\u00a0", "\u2013", "\u200b", "\uff11", "\u0663", "é", "日", "😀", '"', "[", "<", "\\", "\\n", "\\u00", "#", "A", " AB ",
    " T", "B01",
    "DE", "DE89 ", "FR ", "AT U", "GB29 NWBK ", "IT IS ", "x" * 30, "9" * 30, "CHE-", "12 34 56 ",
)  # fmt: skip

values = st.sampled_from(VALUES)
broken = st.builds(
    lambda value, place, inside: value[: place % len(value)] + inside + value[place % len(value) :],
    values,
    st.integers(0, 40),
    st.sampled_from(["", " ", "-", ".", "\u200b", "\u00a0", "\n", "(", "_", "A", "1", "\\", "@"]),
)
fragments = st.one_of(values, st.sampled_from(WORDS), st.sampled_from(NEARLY), broken)
texts = st.one_of(neighbours(fragments), neighbours(fragments, " "))


@settings(max_examples=300, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)


@settings(max_examples=75, deadline=None)
@given(texts)
def test_one_character_at_a_time_comes_out_as_the_whole_text(text: str) -> None:
    assert streamed(SCAN, list(text)) == whole(SCAN, text)


@pytest.mark.parametrize("value", VALUES)
def test_every_value_alone_comes_out_as_the_whole_text(value: str) -> None:
    for text in (value, f"passport {value} and on", f"{value} (tax number)", f"order {value}, phone {value} "):
        assert streamed(SCAN, list(text)) == whole(SCAN, text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("In all there are 2019 of them ", ""),
        ("It was version 3.11 that we meant, ", ""),
        ("He said that I ", "I "),
        ("12345678 is what we counted in all of these ", ""),
        ("732829361 is what", "732829361 is what"),
        ("the plate AB-123", "AB-123"),
        ("AB ", "AB "),
        ("AB 12 34", "AB 12 34"),
    ],
)
def test_only_what_may_still_change_is_held(text: str, held: str) -> None:
    assert text[SCAN.horizon(text) :] == held
