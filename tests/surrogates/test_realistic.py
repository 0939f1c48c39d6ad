# SPDX-License-Identifier: Apache-2.0
"""Realistic surrogates: of the same form, never the value, nobody's where that can be had, and out of drawn numbers alone."""

import hashlib
import ipaddress
import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.decision import Restore, SurrogateStyle
from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.identifiers.kind import kinds
from douane.detect.types import CONTENT, SECRET, TYPES
from douane.enforce import Replacer
from douane.errors import ConfigRejected
from douane.finding import Finding
from douane.stream import StreamGuard
from douane.surrogates.people import People
from douane.surrogates.realistic import Realistic
from douane.vault import Vault
from fakes.streams import cut

PEOPLE = [
    "Anna Berg",
    "ANNA BERG",
    "anna berg",
    "Dr. Anna Maria Berg",
    "J. R. R. Tolkien",
    "Berg, Anna",
    "Anna",
    "Schmidt",
    "Jean-Pierre Müller-Schmidt",
    "Ludwig van Beethoven",
    "Seán O'Brien",
    "Иван Петрович Сидоров",
    "Олена Їжакевич",
    "Γιώργος Παπαδόπουλος",
]
# What our detectors know to be right.
RIGHT = {
    "IBAN_CODE": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR14 2004 1010 0505 0001 3M02 606"],
    "NATIONAL_ID": ["12345678Z", "X1234567L", "44051401359", "850101-1236", "211062-5629", "85.07.30-033.28"],
    "VAT_NUMBER": ["FR40303265045", "DE136695976", "CHE-107.787.577", "ATU13585627"],
    "TAX_ID": ["RSSMRA85T10A562S", "86095742719", "501 964 843"],
    "SOCIAL_SECURITY": ["2 55 08 14 168 025 38", "756.1234.5678.97"],
    "US_SSN": ["536-90-4399"],
    "HEALTH_ID": ["943 476 5919"],
    "COMPANY_ID": ["732 829 320", "0403.019.261"],
    "BANK_ACCOUNT": ["1234 5678 06 1234567890"],
}
OTHERS = {
    "PASSPORT": ["C01X00T47"],
    "DRIVER_LICENSE": ["MORGA753116SM9IJ"],
    "LICENSE_PLATE": ["B-MW 1234", "AB-123-CD", "А123ВС77"],
    "INTERNAL_ID": ["EMP-123456"],
    "CREDIT_CARD": ["4111 1111 1111 1111", "3782-822463-10005", "5555555555554444"],
    "IP_ADDRESS": ["10.1.2.3", "fe80::1"],
    "MAC_ADDRESS": ["aa:bb:cc:dd:ee:ff", "AABB.CCDD.EEFF"],
    "PHONE_NUMBER": ["+33 6 12 34 56 78", "020 7123 4567", "+1 (212) 123-4567", "+49 (0)30 12345678", "+48 600 123 456"],
    "CRYPTO": ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0x742d35cc6634c0532925a3b844bc454e4438f44e"],
    "EMAIL_ADDRESS": ["anna.berg@firma.de", "aberg77@x.org", "ANNA_BERG@X.ORG"],
    "LOCATION": ["Berlin", "New York", "France", "МОСКВА", "Αθήνα"],
    "STREET_ADDRESS": ["12 rue de la Paix, 75002 Paris", "Hauptstraße 5a", "Via Roma"],
    "ORGANIZATION": ["Siemens AG", "Acme", "ООО Ромашка"],
}
VALUES = [(type_, value) for table in (RIGHT, OTHERS, {"PERSON": PEOPLE}) for type_, values in table.items() for value in values]
NUMBERS = [(type_, value) for type_, values in RIGHT.items() for value in values]
SEEDS = st.integers(0, 2**32)


@cache
def realistic() -> Realistic:
    return Realistic()


@pytest.fixture(autouse=True, scope="module")
def _read() -> None:
    """The lists are read before anything is timed."""
    realistic()


def draws(seed: int) -> Callable[[int], int]:
    """Numbers that follow from the seed alone."""
    count = 0

    def below(size: int) -> int:
        nonlocal count
        count += 1
        return int.from_bytes(hashlib.sha256(f"{seed} {count}".encode()).digest()[:8], "big") % size

    return below


def made(type_: str, value: str, seed: int = 0, *, valid: bool = False) -> str:
    found = realistic().make(type_, value, draws(seed), valid=valid)
    assert found is not None
    return found


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def form(text: str) -> str:
    """What is kept of a number: which signs stand where, and the case of letters."""
    return "".join("9" if sign.isdigit() else "A" if sign.isupper() else "a" if sign.islower() else sign for sign in text)


@pytest.mark.parametrize(("type_", "value"), VALUES)
@given(seed=SEEDS)
def test_the_same_draws_make_the_same_and_it_is_never_the_value(type_: str, value: str, seed: int) -> None:
    first = made(type_, value, seed)
    assert first == made(type_, value, seed)
    assert "".join(filter(str.isalnum, first)).casefold() != "".join(filter(str.isalnum, value)).casefold()


@pytest.mark.parametrize("value", PEOPLE)
@given(seed=SEEDS)
def test_a_person_has_as_many_words_in_the_same_case_and_none_of_them(value: str, seed: int) -> None:
    person = made("PERSON", value, seed)
    assert len(person.split()) == len(value.split())
    assert [word.isupper() for word in person.split()] == [word.isupper() for word in value.split()]
    assert [word.islower() for word in person.split()] == [word.islower() for word in value.split()]
    titles = {"dr"}
    long = {word for word in words(value) if len(word) > 1} - titles
    assert not long & set(words(person))
    assert [re.sub(r"[^\W\d_]{2,}", "", word) for word in value.split() if "." not in word] == [
        re.sub(r"[^\W\d_]{2,}", "", word) for word in person.split() if "." not in word
    ] or "'" in value


def test_initials_and_titles_stay_what_they_are() -> None:
    assert re.fullmatch(r"[A-Z]\. [A-Z]\. [A-Z]\. [A-Z][a-z]+", made("PERSON", "J. R. R. Tolkien"))
    assert made("PERSON", "Dr. Anna Berg").startswith("Dr. ")


@pytest.mark.parametrize(
    ("value", "letters"),
    [("Анна Иванова", "[\u0400-\u04ff ]+"), ("Γιώργος Παπαδόπουλος", "[\u0370-\u03ff ]+"), ("Zoë Müller", "[A-Za-z ]+")],
)
def test_a_name_is_in_the_script_of_the_value(value: str, letters: str) -> None:
    assert all(re.fullmatch(letters, made("PERSON", value, seed)) for seed in range(50))


def test_no_name_is_a_word_or_a_place() -> None:
    people = People()
    drawn = {name.casefold() for names in people._names.values() for group in (*names.given, *names.family) for name in group}
    assert len(drawn) > 10_000
    assert not drawn & {"may", "rose", "mark", "paris", "florence", "king", "young", "will", "joy", "grace", "hope", "walker", "mason"}
    assert not [name for name in drawn if "a" <= name[0] <= "z" and not name.isascii()]


@pytest.mark.parametrize(("type_", "value"), NUMBERS)
@given(seed=SEEDS)
def test_a_number_keeps_its_form_and_is_wrong(type_: str, value: str, seed: int) -> None:
    number = made(type_, value, seed)
    assert form(number) == form(value)
    assert not [span for span in found(number) if span[0] == type_ and span[1] > 0.5 and has_check(type_, span[2])]


@pytest.mark.parametrize(("type_", "value"), NUMBERS)
def test_a_number_that_is_asked_to_be_right_is(type_: str, value: str) -> None:
    for seed in range(20):
        number = realistic().make(type_, value, draws(seed), valid=True)
        assert number is not None
        assert form(number) == form(value)
        assert any(kind == type_ and has_check(type_, rule) for kind, _, rule in found(f"{CUES[type_]} {number}"))


CUES = {
    "IBAN_CODE": "IBAN",
    "NATIONAL_ID": "national identity number",
    "VAT_NUMBER": "VAT number",
    "TAX_ID": "tax number",
    "SOCIAL_SECURITY": "social security number",
    "US_SSN": "SSN",
    "HEALTH_ID": "NHS number",
    "COMPANY_ID": "company number",
    "BANK_ACCOUNT": "bank account",
}


def found(text: str) -> list[tuple[str, float, str]]:
    return [(span.type, span.score, span.rule) for span in Identifiers().detect([text])[0]]


def has_check(type_: str, rule: str) -> bool:
    return type_ == "IBAN_CODE" or any(kind.id == rule and kind.check for kind in kinds())


@given(SEEDS)
def test_a_card_keeps_its_scheme_and_is_wrong_or_one_for_tests(seed: int) -> None:
    for value in OTHERS["CREDIT_CARD"]:
        number = made("CREDIT_CARD", value, seed)
        assert form(number) == form(value)
        assert number[0] == value[0]
        assert not is_valid("luhn", re.sub(r"\D", "", number))
    assert made("CREDIT_CARD", "4111 1111 1111 1111", seed, valid=True) in {
        "4012 8888 8888 1881",
        "4242 4242 4242 4242",
        "4000 0566 5566 5556",
        "4111 1111 1111 1111",
    } - {"4111 1111 1111 1111"}


def test_every_card_for_tests_is_right() -> None:
    data = json.loads(files("douane.surrogates").joinpath("data/cards.json").read_text(encoding="utf-8"))
    assert all(is_valid("card", number) or number.startswith("62") for number in data["numbers"])


@pytest.mark.parametrize("value", ["4111 1111 1111", "4111 1111 1111 1111 111 12", "4x11 1111 1111 1111"])
def test_what_is_no_card_number_has_no_form(value: str) -> None:
    assert realistic().make("CREDIT_CARD", value, draws(0), valid=True) is None


@given(SEEDS)
def test_addresses_are_those_of_documentation(seed: int) -> None:
    documentation = [ipaddress.ip_network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    assert any(ipaddress.ip_address(made("IP_ADDRESS", "10.1.2.3", seed)) in network for network in documentation)
    assert ipaddress.ip_address(made("IP_ADDRESS", "fe80::1", seed)) in ipaddress.ip_network("2001:db8::/32")
    assert re.fullmatch(r"00:00:5e:00:53:[0-9a-f]{2}|02(:[0-9a-f]{2}){5}", made("MAC_ADDRESS", "aa:bb:cc:dd:ee:ff", seed))
    domain = made("EMAIL_ADDRESS", "anna.berg@firma.de", seed).rpartition("@")[2]
    assert domain in ("example.org", "example.com", "example.net") or domain.endswith(".example")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+33 6 12 34 56 78", r"\+33 6 39 98 \d\d \d\d"),
        ("01.23.45.67.89", r"01\.99\.00\.\d\d\.\d\d"),
        ("+44 20 7123 4567", r"\+44 20 7946 0\d{3}"),
        ("07911 123456", r"07700 900\d{3}"),
        ("(212) 123-4567", r"\(\d{3}\) 555-01\d\d"),
        ("+49 30 12345678", r"\+49 30 23125\d{3}"),
        ("+49 (0)171 1234567", r"\+49 \(0\)171 39200\d\d"),
    ],
)
@given(seed=SEEDS)
def test_a_phone_number_is_of_a_range_for_fiction(value: str, expected: str, seed: int) -> None:
    for valid in (False, True):
        assert re.fullmatch(expected, made("PHONE_NUMBER", value, seed, valid=valid))


@given(SEEDS, st.sampled_from(["+48 600 123 456", "+39 06 1234 5678", "0034 912 345 678", "+41 44 668 18 00"]))
def test_another_phone_number_is_none_at_all(seed: int, value: str) -> None:
    number = made("PHONE_NUMBER", value, seed)
    assert form(number) == form(value)
    assert number[:3] == value[:3]
    assert not phonenumbers.is_valid_number(phonenumbers.parse(re.sub(r"\A00", "+", number), None))
    assert realistic().make("PHONE_NUMBER", value, draws(seed), valid=True) is None


@pytest.mark.parametrize("value", ["030 1234567", "12345", "call me", "+999 123 456"])
def test_a_phone_number_of_no_known_country_has_no_form(value: str) -> None:
    assert realistic().make("PHONE_NUMBER", value, draws(0), valid=False) is None


def test_a_street_keeps_its_numbers_in_place_and_a_firm_its_legal_form() -> None:
    assert re.fullmatch(r"\d\d [A-Z][a-z]+, \d{5} [A-Z][a-z]+", made("STREET_ADDRESS", "12 rue de la Paix, 75002 Paris"))
    assert re.fullmatch(r"[A-Z][a-z]+ \d[a-z]", made("STREET_ADDRESS", "Hauptstraße 5a"))
    assert re.fullmatch(r"[A-Z][a-z]+ AG", made("ORGANIZATION", "Siemens AG"))
    assert made("LOCATION", "МОСКВА").isupper()


@pytest.mark.parametrize("type_", [*SECRET, *CONTENT, "RELIGION", "HEALTH_CONDITION", "BADGE_NUMBER"])
@pytest.mark.parametrize("value", ["Sommer2026!", "4111 1111 1111 1111"])
def test_nothing_else_has_a_realistic_form(type_: str, value: str) -> None:
    assert realistic().make(type_, value, draws(0), valid=False) is None


@pytest.mark.parametrize(("type_", "value"), [("PASSPORT", "A123"), ("PERSON", "王小明"), ("PERSON", "A1 B2"), ("LOCATION", "a" * 200)])
def test_what_is_too_short_too_long_or_of_other_scripts_has_none(type_: str, value: str) -> None:
    assert realistic().make(type_, value, draws(0), valid=False) is None


@given(st.sampled_from(TYPES), st.text(max_size=100), SEEDS, st.booleans())
def test_whatever_the_value_is_nothing_is_raised(type_: str, value: str, seed: int, valid: bool) -> None:
    text = realistic().make(type_, value, draws(seed), valid=valid)
    assert text is None or (text != value and len(text) <= 96)


def test_the_values_of_a_type_are_many() -> None:
    assert len({made("PERSON", "Anna Berg", seed) for seed in range(300)}) > 290
    assert len({made("EMAIL_ADDRESS", "anna.berg@x.org", seed) for seed in range(300)}) > 290


class Restoring:
    """An inspector that finds nothing and restores everything."""

    hold = None

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def horizon(self, text: str, floor: int) -> int:
        return self._vault.beside(text, self._vault.horizon(text))

    def is_calm(self, text: str, since: int) -> bool:
        return True

    def findings(self, text: str) -> Sequence[Finding]:
        return ()

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        return Replacer((Restore(TYPES, "r"),), self._vault)


@given(st.lists(st.sampled_from(VALUES), max_size=6, unique_by=lambda pair: pair[1].casefold()), st.booleans(), st.data())
def test_what_a_vault_gave_out_comes_back_from_a_stream(values: list[tuple[str, str]], valid: bool, data: st.DataObject) -> None:
    vault = Vault(b"k" * 32, "acme", lambda _: False, maker=realistic())
    style: SurrogateStyle = "realistic_valid" if valid else "realistic"
    text = "; ".join(f"it is {vault.surrogate(type_, value, style=style)}, {value[:1]}" for type_, value in values)
    expected = "; ".join(f"it is {value}, {value[:1]}" for _, value in values)
    guard = StreamGuard(Restoring(vault))
    pieces = cut(text, data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    assert "".join([*map(guard.feed, pieces), guard.close()]) == expected
    assert vault.restore(text, frozenset(TYPES)) == expected


def test_without_faker_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "faker"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(ConfigRejected, match=r"douane\[realistic\]"):
        Realistic()
