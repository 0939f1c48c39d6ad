# SPDX-License-Identifier: Apache-2.0
"""Identifiers: every kind is found where it stands, and numbers that only look like one are left alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.samples import (
    CARDS,
    IBANS,
    LETTERED_VALUES,
    PLAIN_VALUES,
    REGIONS,
    grouped,
    made,
    spoiled,
    word_for,
)
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.identifiers.shapes import LETTERED, PLAIN, Plain
from douane.detect.types import TYPES

IDENTIFIERS = Identifiers(REGIONS)
PROSE = ("It is {}, she said.", "{}", "({})", "see: {}; thanks", "« {} »\nand more", "first line\n{}\nlast line")


def found(text: str, detector: Identifiers = IDENTIFIERS) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in detector.detect([text])[0]}


def name(value: object) -> str:
    return value.check if isinstance(value, Plain) else str(value)


# Addresses


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("EMAIL_ADDRESS", "anna@example.org"),
        ("EMAIL_ADDRESS", "anna.b+tag@mail.example.co.uk"),
        ("EMAIL_ADDRESS", "o'neill_1@example.org"),
        ("EMAIL_ADDRESS", "jürgen@bücher.example"),
        ("EMAIL_ADDRESS", "a@xn--bcher-kva.xn--p1ai"),
        ("IP_ADDRESS", "192.0.2.44"),
        ("IP_ADDRESS", "2001:db8::8a2e:370:7334"),
        ("IP_ADDRESS", "2001:0db8:0000:0000:0000:8a2e:0370:7334"),
        ("IP_ADDRESS", "fe80::1"),
        ("MAC_ADDRESS", "00:1B:44:11:3A:B7"),
        ("MAC_ADDRESS", "00-1b-44-11-3a-b7"),
    ],
)
def test_an_address_is_found_in_any_sentence(type_: str, value: str, sentence: str) -> None:
    assert (type_, value) in found(sentence.format(value))


@pytest.mark.parametrize(
    "text",
    [
        "anna@", "@example.org", "anna@example", "a@b.c", "anna.@example.org", "@anna and @bert", "x" * 70 + "@example.org",
        "127.0.0.1", "0.0.0.0", "224.0.0.1", "::1", "version 1.2.3.4", "v10.20.30.40", "999.1.1.1", "1.2.3.4.5", "a[1::2]", "std::3::x",
        "12:30:45", "00:1B:44:11:3A", "face::b00c:", "10::30",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_left_alone(text: str) -> None:
    assert found(text) == set()


# Accounts, cards, phones


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize("value", IBANS)
def test_an_iban_is_found_in_any_sentence(value: str, sentence: str) -> None:
    assert ("IBAN_CODE", value) in found(sentence.format(value))


@pytest.mark.parametrize(
    "value", ["DE89370400440532013001", "GB29 NWBK 6016 1331 9268 18", "DE8937040044053201300", "XX89370400440532013000"]
)
def test_an_account_with_a_wrong_check_digit_or_length_is_none(value: str) -> None:
    assert "IBAN_CODE" not in {type_ for type_, _ in found(f"It is {value}, she said.")}


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize("value", CARDS)
def test_a_card_is_found_in_any_sentence(value: str, sentence: str) -> None:
    assert ("CREDIT_CARD", value) in found(sentence.format(value))


@pytest.mark.parametrize(
    "text", ["4111111111111112", "order number 4111111111111111", "9111111111111111", "41 111111111111 11", "4111.1111111111.11"]
)
def test_a_number_that_is_no_card_is_left_alone(text: str) -> None:
    assert "CREDIT_CARD" not in {type_ for type_, _ in found(text)}


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize(
    "value",
    [
        "+33 6 12 34 56 78", "+33612345678", "+33 (0)6 12 34 56 78", "0033 6 12 34 56 78", "+44 20 7946 0958", "+49 30 901820",
        "+1 212-555-0123",
        "06 12 34 56 78", "06.12.34.56.78", "0612345678", "020 7946 0958", "030 901820-0", "(212) 555-0123", "212-555-0123", "02 1234 5678",
    ],
)  # fmt: skip
def test_a_phone_that_speaks_for_itself_is_found(value: str, sentence: str) -> None:
    assert ("PHONE_NUMBER", value) in found(sentence.format(value))


@pytest.mark.parametrize("text", ["tel: 912 345 678", "Call 612345678 now", "612 34 56 78 (mobile)", "téléphone 612345678"])
def test_a_number_beside_a_word_for_phones_is_one(text: str) -> None:
    assert {type_ for type_, _ in found(text)} == {"PHONE_NUMBER"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("flat 5 06 12 34 56 78", {"06 12 34 56 78"}),
        ("06 12 34 56 78 2", {"06 12 34 56 78"}),
        ("06 12 34 56 78 06 98 76 54 32", {"06 12 34 56 78", "06 98 76 54 32"}),
        ("3 4111 1111 1111 1111", {"4111 1111 1111 1111"}),
        ("4111 1111 1111 1111 12/26", {"4111 1111 1111 1111"}),
        ("4111 1111 1111 1111 5555 5555 5555 4444", {"4111 1111 1111 1111", "5555 5555 5555 4444"}),
    ],
)
def test_a_value_is_found_beside_another_number(text: str, values: set[str]) -> None:
    assert values <= {value for _, value in found(text)}


def test_a_national_phone_is_understood_in_its_regions_only() -> None:
    assert found("06 12 34 56 78", Identifiers(("FR",)))
    assert not found("06 12 34 56 78", Identifiers(("US",)))


# Numbers of states: digits only


def test_every_shape_has_a_sample() -> None:
    assert {shape for shape, _ in PLAIN_VALUES} == set(PLAIN)
    assert {check for _, check, _ in LETTERED_VALUES} == {shape.check for shape in LETTERED}


@pytest.mark.parametrize("sentence", PROSE)
@pytest.mark.parametrize(("shape", "value"), [case for case in PLAIN_VALUES if case[0].strong], ids=name)
def test_a_strong_number_is_found_in_any_sentence(shape: Plain, value: str, sentence: str) -> None:
    assert (shape.type, value) in found(sentence.format(value))


@pytest.mark.parametrize(("shape", "value"), PLAIN_VALUES, ids=name)
def test_a_number_is_found_beside_its_word(shape: Plain, value: str) -> None:
    word = word_for(shape)
    for text in (f"{word}: {value}.", f"my {word.upper()} is {value} indeed", f"{value} ({word})", f"{word}\n\n{value}"):
        assert (shape.type, value) in found(text), text


@pytest.mark.parametrize(("shape", "value"), [case for case in PLAIN_VALUES if not case[0].strong], ids=name)
def test_a_weak_number_alone_is_left_alone(shape: Plain, value: str) -> None:
    for text in (value, f"We counted {value} of them.", "x" * 10 + f" {word_for(shape)} " + "far away " * 9 + value):
        assert (shape.type, value) not in found(text), text


@pytest.mark.parametrize(
    ("shape", "value"), [(shape, written) for shape, value in PLAIN_VALUES for written in grouped(shape, value)], ids=name
)
def test_a_number_in_its_national_grouping_needs_no_word(shape: Plain, value: str) -> None:
    for sentence in PROSE:
        assert (shape.type, value) in found(sentence.format(value)), sentence


@pytest.mark.parametrize(("shape", "value"), PLAIN_VALUES, ids=name)
def test_a_number_with_a_wrong_check_digit_is_none(shape: Plain, value: str) -> None:
    wrong = spoiled(shape.check, value)
    assert (shape.type, wrong) not in found(f"{word_for(shape)}: {wrong}.")


@pytest.mark.parametrize("template", ["ordre n° {}", "Order number {}", "Bestellnummer: {}", "invoice no. {}", "tracking {}", "ticket-{}"])
def test_a_word_for_orders_speaks_against_a_number(template: str) -> None:
    for shape, value in PLAIN_VALUES:
        assert (shape.type, value) not in found(template.format(value))


# Numbers of states: with letters


@pytest.mark.parametrize(("type_", "check", "value"), LETTERED_VALUES)
def test_a_number_with_letters_is_found_in_any_sentence(type_: str, check: str, value: str) -> None:
    for sentence in PROSE:
        text = sentence.format(value)
        text = f"empresa {text}" if check == "es.cif" else text
        assert (type_, value) in found(text), text


@pytest.mark.parametrize(("type_", "check", "value"), [case for case in LETTERED_VALUES if case[1] not in ("gb_nino",)])
def test_a_number_with_letters_and_a_wrong_check_is_none(type_: str, check: str, value: str) -> None:
    wrong = spoiled(check, value)
    assert (type_, wrong) not in found(f"empresa {wrong}, she said.")


@pytest.mark.parametrize("value", ["BG123456A", "AB123456E", "DB123456A", "XAB123456C", "AB123456CX"])
def test_a_national_insurance_number_that_is_never_given_out_is_none(value: str) -> None:
    assert found(value) == set()


@pytest.mark.parametrize("text", ["DE 136695976 AT U13585627", "DE 136695976 DE 136695976 DE 136695976", "ES B58375254 FR 40303265045"])
def test_numbers_that_follow_each_other_are_all_found(text: str) -> None:
    spans = [span for span in IDENTIFIERS.detect([text])[0] if span.type == "VAT_NUMBER"]
    assert sum(character.isdigit() for character in text) == sum(character.isdigit() for s in spans for character in text[s.start : s.end])


# What is none of these

TECHNICAL = """
x = 3.14159265358979; y = 1e-10; z = 0.1 + 0.2 == 0.30000000000000004
assert round(2.718281828459045, 5) == 2.71828; LIMIT = 1_000_000; MASK = 0xDEADBEEF
for i in range(0, 1024, 2): total += values[i::2][1:20] * 14285714.286
SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"  # git: a3f5c9d, e3b0c44298fc1c149afbf4c8996fb92427ae41e4
id: 550e8400-e29b-41d4-a716-446655440000, 00000000-0000-4000-8000-012345678901
2024-05-01T12:34:56.789Z [INFO] pid=12345 took 1234567 us, 1714566896 s, 1714566896789 ms
Python 3.11.7, node v20.11.1, release 10.0.19045.4291, Chrome/124.0.6367.91, RFC 9110 section 5.6.7
price 1,234,567.89 EUR, total $1299.00, 99.95 %, 12 x 34, 1/2, 16:9, 10:30, -273.15, ISBN 978-3-16-148410-0
@media (min-width: 1024px) { .a::before { content: "\\2014"; margin: 0 0 0 -9999px } }
std::vector<int> v{1, 2, 3}; a::b::c(); @decorator; #123456; &#8212; Boston, MA 02110-1301 USA
SELECT * FROM t WHERE id BETWEEN 1000000 AND 9999999 -- 4096 8192 16384 32768 65536 131072 262144
127.0.0.1:8080, localhost:5432, ::1, 0.0.0.0/0
"""


@pytest.mark.parametrize("line", TECHNICAL.strip().splitlines())
def test_technical_text_gives_nothing(line: str) -> None:
    assert found(line) == set()


SENTENCES = (
    "order number {}", "Your order {} has shipped.", "Commande n° {} expédiée.", "Bestellnummer {}", "ticket {} was closed",
    "invoice no. {}", "tracking {}", "{} items were counted", "ID {}", "item #{}", "ref. {}", "see {} for details",
    "the parcel {} has arrived", "número {}",
)  # fmt: skip


def test_random_order_numbers_are_hardly_ever_taken() -> None:
    drawn = random.Random(20240501)
    taken = 0
    for _ in range(1000):
        number = "".join(drawn.choice("0123456789") for _ in range(drawn.choice(range(6, 17))))
        number = drawn.choice([number, number, f"{number[:4]}-{number[4:]}", f"{drawn.choice('ABQ')}{number}"])
        taken += bool(found(drawn.choice(SENTENCES).format(number)))
    assert taken <= 25


@pytest.mark.parametrize(
    "template",
    ["version {}", "€{}", "${}", "{}%", "x{}", "{}x", "0.{}", "_{}_", "#{}", "/{}/"],
)
def test_a_number_glued_to_something_else_is_left_alone(template: str) -> None:
    strong = made("pl.pesel", "44051401###")
    assert ("NATIONAL_ID", strong) not in found(template.format(strong))


# Whatever the text


@given(st.text(alphabet="0123456789 .-/()+@:ABDEFRUx_\né\u00a0", max_size=80))
def test_every_span_is_inside_its_text_and_of_a_known_type(text: str) -> None:
    for span in IDENTIFIERS.detect([text])[0]:
        assert 0 <= span.start < span.end <= len(text)
        assert span.type in TYPES
        assert 0 < span.score <= 1
        assert text[span.start : span.end].strip() == text[span.start : span.end]


@given(st.text(max_size=60))
def test_where_it_is_calm_there_is_nothing(text: str) -> None:
    if IDENTIFIERS.is_calm(text):
        assert found(text) == set()


HOSTILE = (
    "a.", ":", "1/", "1 ", "https://a.a.", "@", "AB12", "(", "9", "a@", "@a.", "@a-", "1:", "1.", "1-", "00:", "1(", "DE89 ", "GB29 NWBK ",
    "FR 1 ", "12345678 ", "0612345678 ", "+33 6 12 34 56 78,", "4111111111111111 ", "550e8400-e29b-41d4-a716-446655440000 0612345678 ",
    "order no ", "1.1.1.1 ", "\u00a0", "1,",
)  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_the_longest_hostile_text_is_read_in_linear_time(piece: str) -> None:
    """A text of 200 kB that costs quadratic time would take minutes, and the limit of the test ends it."""
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    IDENTIFIERS.detect([text])
    assert 0 <= IDENTIFIERS.horizon(text) <= len(text)
