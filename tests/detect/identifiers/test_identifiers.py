# SPDX-License-Identifier: Apache-2.0
"""Identifiers: every kind is found where it stands, and numbers that only look like one are left alone."""

from functools import partial

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.samples import CARDS, IBANS, KINDS, REGIONS, TEMPLATES, spoiled, word_for, written
from douane.detect.identifiers.identifiers import Identifiers, offers
from douane.detect.identifiers.kind import Kind, kinds
from douane.detect.types import TYPES
from fakes.cost import seconds

IDENTIFIERS = Identifiers(REGIONS)
PROSE = ("It is {}, she said.", "{}", "({})", "see: {}; thanks", "« {} »\nand more", "first line\n{}\nlast line")
WRITTEN = [(kind, layout, value) for kind, number in KINDS for layout in (*kind.bare, *kind.near) if (value := written(number, layout))]
BARE = [(kind, value) for kind, layout, value in WRITTEN if layout in kind.bare]
NEAR = [(kind, value) for kind, layout, value in WRITTEN if layout in kind.near]


def found(text: str, detector: Identifiers = IDENTIFIERS) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in detector.detect([text])[0]}


def covered(text: str, value: str, detector: Identifiers = IDENTIFIERS) -> bool:
    return any(value in text[span.start : span.end] for span in detector.detect([text])[0])


def name(value: object) -> str:
    return value.id if isinstance(value, Kind) else str(value)


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
    assert all(covered(text, value) for value in values)


def test_a_national_phone_is_understood_in_its_regions_only() -> None:
    assert found("06 12 34 56 78", Identifiers(("FR",)))
    assert not found("06 12 34 56 78", Identifiers(("US",)))


# Numbers of states, registries and issuers


def test_every_kind_has_a_sample_in_one_of_its_layouts() -> None:
    assert {kind.id for kind in kinds()} == set(TEMPLATES) == {kind.id for kind, _, _ in WRITTEN}


def test_every_kind_that_is_offered_has_a_known_type() -> None:
    assert {offer.type for offer in offers()} <= set(TYPES)
    assert len({offer.rule for offer in offers()}) == len(offers())


@pytest.mark.parametrize(("kind", "value"), BARE, ids=name)
def test_a_number_in_a_layout_that_tells_is_found_in_any_sentence(kind: Kind, value: str) -> None:
    for sentence in PROSE:
        assert covered(sentence.format(value), value), sentence


@pytest.mark.parametrize(("kind", "value"), BARE + NEAR, ids=name)
def test_a_number_is_found_beside_its_word(kind: Kind, value: str) -> None:
    word = word_for(kind)
    for text in (f"{word}: {value}.", f"my {word.upper()} is {value} indeed", f"{value} ({word})", f"{word}\n\n{value}"):
        assert covered(text, value), text


@pytest.mark.parametrize(("kind", "value"), NEAR, ids=name)
def test_the_rule_of_a_number_that_needs_a_word_is_silent_without_it(kind: Kind, value: str) -> None:
    for text in (value, f"We counted {value} of them.", f"{word_for(kind)} " + "far away " * 9 + value):
        assert all(span.rule != kind.id for span in IDENTIFIERS.detect([text])[0]), text


# Checks of a shape, a date or a list, which another digit passes too.
WITHOUT_A_DIGIT = frozenset(
    {"de.stnr", "dk.cpr", "in_.pan", "is_.vsk", "li.peid", "nino", "nl.identiteitskaartnummer", "us.ein", "us.itin", "us.ssn"}
)


def test_what_is_left_out_for_having_no_check_digit_is_the_check_of_a_kind() -> None:
    assert {kind.check for kind in kinds()} >= WITHOUT_A_DIGIT


@pytest.mark.parametrize(("kind", "number"), [case for case in KINDS if case[0].check and case[0].check not in WITHOUT_A_DIGIT], ids=name)
def test_a_number_with_a_wrong_check_digit_is_none_of_its_kind(kind: Kind, number: str) -> None:
    wrong = spoiled(kind, number)
    for layout in (*kind.bare, *kind.near):
        value = written(wrong, layout)
        if value:
            text = f"{word_for(kind)}: {value}."
            assert all(span.rule != kind.id for span in IDENTIFIERS.detect([text])[0]), text


@pytest.mark.parametrize(
    "template", ["ordre n° {}", "Order number {}", "Bestellnummer: {}", "invoice no. {}", "tracking {}", "zamówienie {}"]
)
def test_a_word_for_orders_speaks_against_a_number(template: str) -> None:
    for kind, value in BARE:
        if not kind.is_sure:
            text = template.format(value)
            assert all(span.rule != kind.id for span in IDENTIFIERS.detect([text])[0]), text


@pytest.mark.parametrize("value", ["BG123456A", "AB123456E", "DB123456A", "XAB123456C", "AB123456CX"])
def test_a_national_insurance_number_that_is_never_given_out_is_none(value: str) -> None:
    assert found(value) == set()


@pytest.mark.parametrize("text", ["DE 136695976 AT U13585627", "DE 136695976 DE 136695976 DE 136695976", "ES B58375254 FR 40303265045"])
def test_numbers_that_follow_each_other_are_all_found(text: str) -> None:
    spans = IDENTIFIERS.detect([text])[0]
    assert all(any(span.start <= place < span.end for span in spans) for place, character in enumerate(text) if character.isdigit())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("BSN 123456782", "nl.bsn"), ("Steuer-ID 36 574 261 809", "de.idnr"), ("ΑΦΜ: 094259216", "gr.afm"), ("ЕГН 7501020002", "bg.egn"),
        ("Numer NIP: 8567346215", "pl.nip"), ("č. OP 123456789", "identity_card"), ("osobní karta, OIB: 33392005961", "hr.oib"),
        ("Führerschein B072RRE2I55", "driving_licence"), ("mein Kennzeichen ist B-MW 1234", "plate"), ("ΑΔΤ ΑΒ 123456", "identity_card"),
        ('{"bsnNumber": "123456782"}', "nl.bsn"), ("BIC: DEUTDEFF", "bic"), ("passeport n° 19AB12345", "passport"),
    ],
)  # fmt: skip
def test_a_word_in_its_language_names_the_kind(text: str, rule: str) -> None:
    assert rule in {span.rule for span in IDENTIFIERS.detect([text])[0]}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc"), ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "btc"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "btc"), ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "btc"),
        ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "ltc"), ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth"),
        ("44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A", "xmr"),
        ("5493001KJTIIGC8Y1R12", "lei"),
    ],
)  # fmt: skip
def test_a_code_with_its_own_check_is_found_and_with_another_character_it_is_not(text: str, rule: str) -> None:
    assert {span.rule for span in IDENTIFIERS.detect([text])[0]} == {rule}
    wrong = text[:11] + "z" * 11 + text[22:] if rule == "xmr" else text[:12] + ("2" if text[12] != "2" else "3") + text[13:]
    if rule != "eth":  # whose check is in the case of its letters and optional
        assert {span.rule for span in IDENTIFIERS.detect([wrong])[0]} == set()


@pytest.mark.parametrize("region", ["FR", "DE", "GB", "ES", "IT", "NL", "PL", "PT", "SE", "CZ", "GR", "HU", "RO", "US", "BG", "FI"])
def test_a_phone_of_the_plans_is_valid_as_it_is_for_phonenumbers(region: str) -> None:
    detector = Identifiers((region,))
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        number = phonenumbers.example_number_for_type(region, kind)
        for form in (
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.NATIONAL,
        ):
            value = phonenumbers.format_number(number, form)
            assert covered(f"phone: {value}", value, detector), value


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


@pytest.mark.parametrize(
    "template",
    ["version {}", "€{}", "${}", "{}%", "x{}", "{}x", "0.{}", "x_{}_", "__{}", "_{}x_", "#{}", "/{}/"],
)
def test_a_number_glued_to_something_else_is_left_alone(template: str) -> None:
    assert ("NATIONAL_ID", "44051401359") not in found(template.format("44051401359"))


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
    "order no ", "1.1.1.1 ", "\u00a0", "1,", "01 23 45 67 89 ", "0 ", "001 ", "+1 ", "A 1 ", "AB-123-CD ", "passport 1 ",
    "tax reference ", "BIC code ",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed ", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ", "2001:db8::", "nif 123456789 ", "123 456 789 ",
)  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_the_longest_hostile_text_is_read_in_linear_time(piece: str) -> None:
    """A text of 200 kB that costs quadratic time would take minutes, and the limit of the test ends it."""
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    IDENTIFIERS.detect([text])
    assert 0 <= IDENTIFIERS.horizon(text) <= len(text)


def test_twice_as_much_costs_about_twice_as_much() -> None:
    for piece in ("01 23 45 67 89 ", "0612345678 ", "nif 123456789 ", "AB-123-CD passport "):
        short, long = (seconds(partial(IDENTIFIERS.detect, [(piece * 3000)[:length]])) for length in (10_000, 40_000))
        assert long < 8 * short, piece


def test_the_gate_is_shut_only_where_nothing_is_found() -> None:
    for _, _, value in WRITTEN:
        assert not IDENTIFIERS.is_calm(value)
    assert IDENTIFIERS.is_calm("In 2019 the committee met 3 times, at 10:30.")
