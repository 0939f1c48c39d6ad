# SPDX-License-Identifier: Apache-2.0
"""Names without a model: what the lists and the words beside a name find, and what they leave alone."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.detect.names.names import Names
from douane.detect.settle import settle
from douane.detect.types import TYPES
from douane.finding import Span
from fakes.cost import seconds

NAMES = Names()


def spans(text: str, names: Names = NAMES) -> Sequence[Span]:
    return settle(names.detect([text])[0])


def found(text: str, type_: str = "PERSON", names: Names = NAMES) -> list[str]:
    return [text[span.start : span.end] for span in spans(text, names) if span.type == type_]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("yesterday Anna Berger called", "Anna Berger"),
        ("yesterday Jean-Pierre Dupont called", "Jean-Pierre Dupont"),
        ("yesterday Maria J. de la Cruz called", "Maria J. de la Cruz"),
        ("yesterday J. R. R. Tolkien wrote", "J. R. R. Tolkien"),
        ("gisteren A. van Dijk gezien", "A. van Dijk"),
        ("wczoraj Jan Kowalski dzwonił", "Jan Kowalski"),
        ("vakar Jānis Bērziņš zvanīja", "Jānis Bērziņš"),
        ("χθες η Μαρία Παπαδοπούλου τηλεφώνησε", "Μαρία Παπαδοπούλου"),
        ("вчера Георги Димитров се обади", "Георги Димитров"),
        ("tegnap Nagy István telefonált", "Nagy István"),
        ("Schmidt, Anna", "Anna"),
        ("yesterday Anna's flat", "Anna"),
        ("gestern Sabines Wohnung", "Sabine"),
        ("we met anna schmidt there", "anna schmidt"),
        ("ANNA SCHMIDT", "ANNA SCHMIDT"),
        ("ayer vimos a Ignacio Rubio Xqort", "Ignacio Rubio Xqort"),
        ("Dr.Müller", "Müller"),
        ("вчера Петър се обади", "Петър"),
        ("вчера Десислава Петкова се обади", "Десислава Петкова"),
        ("vakar Rasa Butkutė skambino", "Rasa Butkutė"),
        ("yesterday Ciarán called", "Ciarán"),
    ],
)
def test_a_name_in_the_lists_is_found(text: str, name: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ask Mr. Xqort today", "Xqort"),
        ("fragen Sie Frau Xqort heute", "Xqort"),
        ("demandez à Mme Xqort", "Xqort"),
        ("pregunte a la Sra. Xqort", "Xqort"),
        ("chieda al sig. Xqort", "Xqort"),
        ("vraag mevrouw van Xqort", "van Xqort"),
        ("zapytaj pana Xqorta", "Xqorta"),
        ("pergunte ao senhor Xqort", "Xqort"),
        ("zeptejte se paní Xqortové", "Xqortové"),
        ("întrebați pe domnul Xqort", "Xqort"),
        ("fråga fru Xqort", "Xqort"),
        ("spørg fru Xqort", "Xqort"),
        ("kysy rouva Xqortilta", "Xqortilta"),
        ("pitajte gospodina Xqorta", "Xqorta"),
        ("vprašajte gospoda Xqorta", "Xqorta"),
        ("küsige proua Xqort käest", "Xqort"),
        ("paklauskite pono Xqorto", "Xqorto"),
        ("jautājiet, kundze Xqorta", "Xqorta"),
        ("kérdezze dr. Xqort urat", "Xqort"),
        ("ρωτήστε τον κύριο Ξκορτ", "Ξκορτ"),
        ("питайте господин Шкорт", "Шкорт"),
        ("spýtajte sa pána Xqorta", "Xqorta"),
        ("saqsi lil is-sinjura Xqort", "Xqort"),
        ("my name is Xqort", "Xqort"),
        ("ich heiße Xqort", "Xqort"),
        ("je m'appelle Xqort", "Xqort"),
        ("me llamo Xqort", "Xqort"),
        ("mi chiamo Xqort", "Xqort"),
        ("nazywam się Xqort", "Xqort"),
        ("Nazywam się Katarzyna Nowak", "Katarzyna Nowak"),
        ("jmenuji se Xqort", "Xqort"),
        ("mitt namn är Xqort", "Xqort"),
        ("is mise le meas\nXqort", "Xqort"),
        ("my name is anna", "anna"),
        ("Name: Xqort Qwyz", "Xqort Qwyz"),
        ("Apellidos: Xqort Qwyz", "Xqort Qwyz"),
        ("Dear Xqort,", "Xqort"),
        ("Liebe Xqort,", "Xqort"),
        ("Best regards,\nXqort Qwyz", "Xqort Qwyz"),
        ("Mit freundlichen Grüßen\n\nXqort Qwyz", "Xqort Qwyz"),
        ("Cordialement,\nXqort", "Xqort"),
        ("minister Xqort said", "Xqort"),
        ("my brother Xqort said", "Xqort"),
        ("From: Xqort Berger <xqort.berger@example.org>", "Xqort Berger"),
        ("mail xqort.berger@example.org and ask Xqort for it", "Xqort"),
    ],
)
def test_a_name_that_no_list_holds_is_found_beside_a_cue(text: str, name: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Will you mark this page in May? The Rose is white and young.",
        "Hello World, dear customer, dear all, thanks again.",
        "Sehr geehrte Damen und Herren, der Bauer und der König gehen in den Wald.",
        "Mit freundlichen Grüßen\n",
        "Herr Präsident, Frau Ministerin!",
        "class Martin(Base):\n    def anna(self): return self.Anna.Berger, Anna(), anna_schmidt, /home/Anna/x, @Anna",
        "x = Berlin.lookup('a'); Martin::new()",
        "the minister said nothing, my brother neither",
        "5 mm. Das ist alles. Z. B. so.",
        "my name is on the list",
        "AT, BE, BG, CY, CZ, DE, DK, KE, KG, RO, SE, SI, SK",
        "per app and per item",
        "INCLUDING, BUT NOT LIMITED TO, THE ENTIRE RISK AS TO LOSS AS A RESULT",
        "not Limited to that, some 100 MB of it",
        "connect via SSL, via Google or via PayPal. Via Google too.",
        "re.compile(text, re.VERBOSE | re.ASCII), az_IR.UTF-8, bn_BD.UTF-8",
        "Class of the AUTHOR VERBOSE",
        "A. HISTORY\nB. TERMS",
    ],
)
def test_what_is_nobodys_name_is_left_alone(text: str) -> None:
    assert spans(text) == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("we live in Berlin now", "Berlin"),
        ("nous vivons à Lyon", "Lyon"),
        ("in New York for now", "New York"),
        ("in Frankfurt am Main", "Frankfurt am Main"),
        ("wir fahren nach Österreich", "Österreich"),
        ("vamos a Alemania", "Alemania"),
        ("w Warszawa Polska", "Warszawa"),
        ("στην Αθήνα", "Αθήνα"),
    ],
)
def test_a_place_is_found(text: str, place: str) -> None:
    assert place in found(text, "LOCATION")


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("Hauptstraße 12 bitte", "Hauptstraße 12"),
        ("at 221 Baker Street today", "221 Baker Street"),
        ("rue de la Paix", "rue de la Paix"),
        ("Calle Miguel Benítez 90", "Calle Miguel Benítez 90"),
        ("abito in via Xqorti", "via Xqorti"),
        ("via Xqorti 5", "via Xqorti 5"),
        ("abito a Roma, Via Xqorti", "Via Xqorti"),
    ],
)
def test_a_street_is_no_place_but_an_address(text: str, street: str) -> None:
    assert street in found(text, "STREET_ADDRESS")


@pytest.mark.parametrize(
    ("text", "organisation"),
    [
        ("we asked Xqort Handels GmbH today", "Xqort Handels GmbH"),
        ("we asked Xqort GmbH & Co. KG today", "Xqort GmbH & Co. KG"),
        ("we asked Xqort S.p.A. today", "Xqort S.p.A."),
        ("we asked Xqort Sp. z o.o. today", "Xqort Sp. z o.o."),
        ("we asked Xqort s.r.o. today", "Xqort s.r.o."),
        ("we asked Xqort, Inc today", "Xqort, Inc"),
        ("we asked Xqort & Qwyz Ltd today", "Xqort & Qwyz Ltd"),
        ("we asked (Xqort AB) today", "Xqort AB"),
        ("we asked XQORT LIMITED today", "XQORT LIMITED"),
        ("we asked XQORT SE today", "XQORT SE"),
        ("Universität Xqort", "Universität Xqort"),
    ],
)
def test_an_organisation_is_found_by_its_legal_form(text: str, organisation: str) -> None:
    assert organisation in found(text, "ORGANIZATION")


def test_a_title_is_no_part_of_a_name() -> None:
    assert found("Sehr geehrter Herr Prof. Dr. Xqort,") == ["Xqort"]


def test_what_policy_lists_is_found_whole_ignoring_case() -> None:
    names = Names(persons=["Xavi Qort"], places=["Old Wharf"], organisations=["Blue Harbour"], given=["Xqi"], family=["Qwyz"])
    assert found("ask XAVI  qort", "PERSON", names) == ["XAVI  qort"]
    assert found("at the old wharf", "LOCATION", names) == ["old wharf"]
    assert found("blue harbour is", "ORGANIZATION", names) == ["blue harbour"]
    assert found("so Xqi Qwyz said", "PERSON", names) == ["Xqi Qwyz"]
    assert found("so Xqi Qwyz said") == []


def test_every_finding_says_its_rule() -> None:
    text = "Dear Mr. Xqort, Anna Berger of Xqort GmbH lives in Berlin, Hauptstraße 12."
    rules = {span.rule for span in NAMES.detect([text])[0]}
    assert {"cue.honorific", "given_family", "legal_form", "place", "street"} <= rules
    assert all(span.detector == "names" and span.type in TYPES and 0 < span.score < 1 for span in NAMES.detect([text])[0])


@given(st.text(max_size=200))
def test_any_text_is_looked_at(text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in NAMES.detect([text])[0])
    assert not NAMES.is_calm(text) or not NAMES.detect([text])[0]


UNITS = (
    "Anna ", "Anna\n", "ANNA BERGER ", "x", "A", "Anna-", "Name: ", "A. ", "de la ", " GmbH", "Xyz Abc ", "anna.berger@x ", "@",
    "anna schmidt ",
    "New York ", "12 Baker Street ", "Dear ", "Anna's ", "Best regards,\n", "Hauptstraße 12 ", "'", "Acme, ", "s.r.o. ", "Mr. ",
    "A. B. C. Smith ",
    "San ", "my name is ", "İ", "Σ", "Dr.", "rue ", "\n", ":\n", "Saint-",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear_for_hostile_texts(unit: str) -> None:
    def cost(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        return seconds(lambda: (NAMES.detect([text]), NAMES.horizon(text)))

    assert cost(200_000) < 10 * 3 * cost(20_000) + 0.05


@pytest.mark.parametrize(
    "text",
    [
        "<p>Frau Zorbax",
        "<td>Herr Zorbax</td>",
        '{"x":"Herr Zorbax"}',
        "Kontakt:Frau Zorbax",
        "a,Frau Zorbax,b",
        "Herr/Frau Zorbax",
        "|Frau Zorbax|",
    ],
)
def test_a_cue_beside_markup_is_a_cue(text: str) -> None:
    assert "Zorbax" in found(text, "PERSON")


@pytest.mark.parametrize("unit", ["Herr\u00a0", "an_identifier_that_is_long Anna\n"])
def test_words_far_apart_or_without_a_common_space_take_linear_time(unit: str) -> None:
    short, long = ((unit * (length // len(unit) + 1))[:length] for length in (20_000, 160_000))
    assert seconds(lambda: NAMES.detect([long])) < 8 * 2 * seconds(lambda: NAMES.detect([short])) + 0.05


@pytest.mark.parametrize("text", ["Zzqx <anna.zzqx@example.org>", "anna.zzqx@example.org Zzqx wrote"])
def test_a_name_that_only_its_address_tells_is_not_ruled_out(text: str) -> None:
    assert [text[span.start : span.end] for span in NAMES.detect([text])[0]] == ["Zzqx"]
    assert not NAMES.is_calm(text)
