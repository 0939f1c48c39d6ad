# SPDX-License-Identifier: Apache-2.0
"""What stands for a value for good: it tells as much as it promises, and can stand anywhere."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.detect.types import CONTENT, PERSONAL, SECRET, TYPES
from douane.exchange import Segment
from douane.inspection import Inspection
from douane.sections_of_detectors import DetectorEntry
from douane.surrogates.irreversible import generalised, hashed, masked

KEY = b"k" * 32
VALUES = st.one_of(
    st.text(), st.from_regex(r"[0-9 +.\-/()]{4,24}", fullmatch=True), st.from_regex(r"[a-z.]{1,12}@[a-z]{2,9}\.[a-z]{2,6}", fullmatch=True)
)
SAFE = re.compile(r"[A-Za-z0-9\[\]:_*@. \-/]*")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("CREDIT_CARD", "4111 1111 1111 1111", "**** **** **** 1111"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "**** **** **** **** **30 00"),
        ("PHONE_NUMBER", "+33 1 23 45 67 89", "*** * ** ** *7 89"),
        ("US_SSN", "078-05-1120", "***-**-*120"),
        ("LICENSE_PLATE", "B-AB 12", "*-** *2"),
        ("EMAIL_ADDRESS", "anna.berg@example.org", "***@***.org"),
        ("EMAIL_ADDRESS", "anna@localhost", "***@***"),
        ("EMAIL_ADDRESS", "anna@home.smith", "***@***"),
        ("LOCATION", "Wolfenbuettel", "***"),
        ("PERSON", "Anna Berg", "***"),
        ("API_KEY", "sk-0123456789abcdef", "***"),
        ("RELIGION", "catholic", "***"),
    ],
)
def test_a_mask_shows_the_last_of_what_is_long_enough(type_: str, value: str, expected: str) -> None:
    assert masked(type_, value) == expected


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("PHONE_NUMBER", "+33 1 23 45 67 89", "[a phone number in FR]"),
        ("PHONE_NUMBER", "+44 20 7946 0123", "[a phone number in GB]"),
        ("PHONE_NUMBER", "01 23 45 67 89", "[a phone number]"),
        ("IBAN_CODE", "de89 3704 0044 0532 0130 00", "[a bank account in DE]"),
        ("CREDIT_CARD", "4111-1111-1111-1111", "[a Visa card]"),
        ("CREDIT_CARD", "5555 5555 5555 4444", "[a Mastercard]"),
        ("CREDIT_CARD", "2223003122003222", "[a Mastercard]"),
        ("CREDIT_CARD", "378282246310005", "[an American Express card]"),
        ("CREDIT_CARD", "9999", "[a payment card]"),
        ("IP_ADDRESS", "192.0.2.77", "[an address in 192.0.2.x]"),
        ("IP_ADDRESS", "2001:db8:12:ff::1", "[an address in 2001:db8:12:x]"),
        ("IP_ADDRESS", "fe80::1%eth0", "[an address in fe80:0:0:x]"),
        ("IP_ADDRESS", "192.0.2", "[a network address]"),
        ("VAT_NUMBER", "FR 40 303 265 045", "[a VAT number in FR]"),
        ("VAT_NUMBER", "EL123456789", "[a VAT number in GR]"),
        ("VAT_NUMBER", "123456789", "[a VAT number]"),
        ("COMPANY_ID", "CHE-123.456.788", "[a company number in CH]"),
        ("COMPANY_ID", "QQ123456789", "[a company number]"),
        ("PERSON", "Anna Berg", "[a person]"),
        ("EMAIL_ADDRESS", "anna@example.org", "[an e-mail address]"),
        ("BADGE_NUMBER", "B-1", "[BADGE_NUMBER]"),
    ],
)
def test_a_class_tells_the_country_the_scheme_or_the_network(type_: str, value: str, expected: str) -> None:
    assert generalised(type_, value) == expected


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_of_value_has_a_class_in_words(type_: str) -> None:
    assert re.fullmatch(r"\[(?:an?|the|genetic|biometric) [a-zA-Z -]+\]|\[(?:genetic|biometric) data\]", generalised(type_, "value"))


@given(st.sampled_from((*TYPES, "BADGE_NUMBER")), VALUES)
def test_whatever_stands_there_can_stand_anywhere(type_: str, value: str) -> None:
    for text in (masked(type_, value), generalised(type_, value), hashed(type_, value, KEY)):
        assert SAFE.fullmatch(text)


@given(st.sampled_from((*PERSONAL, *SECRET, *CONTENT)), VALUES)
def test_a_mask_shows_at_most_a_third_and_four(type_: str, value: str) -> None:
    domain = value.lower().rpartition(".")[2] if type_ == "EMAIL_ADDRESS" else ""
    shown = [c for c in masked(type_, value).removesuffix(domain) if c.isalnum()]
    assert len(shown) <= min(4, sum(map(str.isalnum, value)) // 3)


@given(st.text(alphabet="0123456789", min_size=6), st.sampled_from(sorted(set(PERSONAL) - {"IP_ADDRESS"})))
def test_a_class_tells_no_digit_of_a_value(value: str, type_: str) -> None:
    assert not any(c.isdigit() for c in generalised(type_, value))


def test_a_hash_is_equal_for_equal_values_of_one_type_and_key_alone() -> None:
    assert hashed("PERSON", "Anna", KEY) == hashed("PERSON", "Anna", KEY)
    assert len({hashed(t, v, k) for t in ("PERSON", "LOCATION") for v in ("Anna", "anna") for k in (KEY, b"x" * 32)}) == 8


def test_nothing_that_stands_there_looks_like_a_finding() -> None:
    scanner = Inspection(DetectorEntry(names="lists")).scanner
    values = [f"{number:09d}" for number in range(0, 10**9, 10**6)]
    pairs = zip(TYPES * 18, values, strict=False)
    texts = [f"see {text} here" for type_, value in pairs for text in (hashed(type_, value, KEY), generalised(type_, value))]
    assert scanner.scan([Segment("", text, "") for text in texts]).findings == ()
