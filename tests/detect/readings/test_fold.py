# SPDX-License-Identifier: Apache-2.0
"""The folded text: disguises undone, and an exact way back to the characters that stood there."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.samples import REGIONS
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.readings.fold import folded
from douane.detect.readings.view import View
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.exchange import Segment

SCAN = Scan((Identifiers(REGIONS), Secrets()))
INTERESTING = "aé1@. -\u00a0\u200b\u00ad\u2011\u2013\uff11\u0663\U0001d7d8\u2460\u2100\ufb01\u00b2\ufe0f\u202e\u3000日😀\ud800\U000e0041"
texts = st.text(alphabet=INTERESTING, max_size=40) | st.text(max_size=40)


def seen(text: str) -> View:
    """The view of any text, also where it is the text itself."""
    return folded(text) or View(text, (), (), (), ())


def found(text: str) -> set[tuple[str, str]]:
    return {(finding.type, text[finding.start : finding.end]) for finding in SCAN.scan((Segment("", text, ""),)).findings}


def wide(text: str) -> str:
    """The text in full-width characters."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def shifted(digits: str, zero: int) -> str:
    """The digits in the script whose zero this is."""
    return "".join(chr(zero + int(digit)) for digit in digits)


@given(st.text(alphabet=[chr(code) for code in range(128)]))
def test_a_text_in_ascii_needs_no_view(text: str) -> None:
    assert folded(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Привет, мир",
            "Καλημέρα κόσμε",
            "« Très bien », dit-il\u00a0; oui",
            "so – he said — no",
            "❤\ufe0f 👨\u200d👩\u200d👧",
            "日本。元気？（はい）",
        ),
        *("नमस्ते", "שלום", "مرحبا", "Gdańsk, żółć"),
    ],
)
def test_prose_of_every_script_is_read_as_it_is(text: str) -> None:
    assert folded(text) is None


def test_letters_become_latin_only_beside_latin_ones() -> None:
    assert seen("аnnа@ехаmрlе.оrg и анна").text == "anna@example.org и анна"
    assert seen("DЕ89 ΑT61").text == "DE89 AT61"


@pytest.mark.parametrize("text", ["", "Žluťoučký kůň ne", "naïve façade, « déjà vu »", "日本語", "“quotes” and ’s", "😀"])
def test_a_text_without_disguises_is_seen_as_it_is(text: str) -> None:
    assert folded(text) is None


@given(texts)
def test_every_character_of_a_view_has_its_place(text: str) -> None:
    plainer = seen(text)
    spans = [plainer.original(place, place + 1) for place in range(len(plainer.text))]
    assert spans == sorted(spans)
    assert all(0 <= start < end == start + 1 <= len(text) for start, end in spans)


@given(st.text(alphabet=INTERESTING, max_size=40), st.data())
def test_the_way_back_covers_what_a_part_stands_for(text: str, data: st.DataObject) -> None:
    plainer = folded(text)
    if plainer is None or not plainer.text:
        return
    start = data.draw(st.integers(0, len(plainer.text) - 1))
    end = data.draw(st.integers(start + 1, len(plainer.text)))
    low, high = plainer.original(start, end)
    assert 0 <= low < high <= len(text)
    assert plainer.text[start:end] in seen(f"１{text[low:high]}1").text


@given(texts)
def test_a_character_that_is_not_folded_stands_for_itself(text: str) -> None:
    plainer = seen(text)
    for place, character in enumerate(plainer.text):
        start, _ = plainer.original(place, place + 1)
        assert text[start] == character or not text[start].isascii()


@given(texts, texts)
def test_a_text_is_folded_alike_wherever_a_blank_cuts_it(left: str, right: str) -> None:
    """What stands far off decides whether a text is folded at all, never how."""
    both, parts = seen(f"１{left} {right}"), (seen(f"１{left} "), seen(f"１{right}"))
    assert both.text == parts[0].text + parts[1].text[1:]


@given(texts)
def test_a_place_in_the_view_has_a_place_in_the_text(text: str) -> None:
    plainer = seen(text)
    places = [plainer.place(place, len(text)) for place in range(len(plainer.text) + 2)]
    assert places == sorted(places)
    assert places[-2:] == [len(text), len(text)]


def test_every_digit_of_every_script_is_seen_as_one() -> None:
    for code in range(128, sys.maxunicode + 1):
        digit = unicodedata.decimal(chr(code), None)
        if digit is not None:
            assert seen(chr(code)).text == str(digit)


def test_every_space_is_seen_as_a_space_and_every_dash_as_a_dash() -> None:
    for code in range(128, 0x10000):
        category = unicodedata.category(chr(code))
        if category == "Zs":
            assert seen(f"1{chr(code)}2").text == "1 2"
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d":
        assert seen(f"1{dash}2").text == "1-2"


@pytest.mark.parametrize(
    "dropped", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u202e", "\ufe0f", "\u034f", "\U000e0041", "\u180e"]
)
def test_what_nobody_sees_is_dropped(dropped: str) -> None:
    assert seen(f"a{dropped}b").text == "ab"


@pytest.mark.parametrize(
    ("type_", "disguised"),
    [
        ("EMAIL_ADDRESS", wide("anna@example.org")),
        ("EMAIL_ADDRESS", "anna\u200b@exam\u00adple.org"),
        ("EMAIL_ADDRESS", "\U0001d41a\U0001d427\U0001d427\U0001d41a@example.org"),
        ("IBAN_CODE", "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"),
        ("IBAN_CODE", "DE89\u202f3704\u202f0044\u202f0532\u202f0130\u202f00"),
        ("IBAN_CODE", wide("DE89370400440532013000")),
        ("CREDIT_CARD", "4111\u20111111\u20111111\u20111111"),
        ("CREDIT_CARD", "4111\u20131111\u20131111\u20131111"),
        ("CREDIT_CARD", shifted("4111111111111111", 0x0660)),
        ("PHONE_NUMBER", "+33\u20096\u200912\u200934\u200956\u200978"),
        ("PHONE_NUMBER", shifted("0612345678", 0x0966)),
        ("US_SSN", "536\u221290\u22124399"),
        ("IP_ADDRESS", "192\u2024168\u20247\u20249"),
        ("API_KEY", "AK" + "IA" + "QWE4\u200bRTY5" * 2),
        ("PASSWORD", "hunt\u200ber2x"),
    ],
)
def test_a_disguised_value_is_found_and_all_of_it_is_covered(type_: str, disguised: str) -> None:
    before = "password: " if type_ == "PASSWORD" else "It is "
    assert found(f"{before}{disguised}, she said.") == {(type_, disguised)}


def test_no_repr_shows_the_text() -> None:
    assert "anna" not in repr(folded("anna\u200b@example.org"))
