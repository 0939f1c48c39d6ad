# SPDX-License-Identifier: Apache-2.0
"""Presidio in its own process: what it finds, that it needs no network, and that no text makes it late in silence."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.presidio import patterns as presidio
from douane.detect.presidio.patterns import DEFAULT, RECOGNISERS, PresidioPatterns
from douane.detect.presidio.recogniser import BUILT_IN
from douane.detect.scan import Scan
from douane.detect.types import TYPES
from douane.errors import ConfigRejected, DetectorFailed
from douane.exchange import Segment
from douane.worker import WorkerFailed
from fakes.streams import splits, streamed, whole

FEW = ("EmailRecognizer", "UsSsnRecognizer")
BITCOIN = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
PIECE = presidio._PIECE


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioPatterns]:
    """All that are offered, in one process for all tests that do no harm to it."""
    detector = PresidioPatterns(deadline=10, recognisers=tuple(RECOGNISERS))
    detector.start()
    yield detector
    detector.close()


def found(detector: PresidioPatterns, text: str) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in detector.detect([text])[0]}


# What it finds


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("EMAIL_ADDRESS", "Write to {} today", "anna.first@example.org"),
        ("IBAN_CODE", "It is {}.", "DE89 3704 0044 0532 0130 00"),
        ("CRYPTO", "send it to {} now", BITCOIN),
        ("US_SSN", "my ssn is {}", "536-90-4399"),
        ("US_SSN", "social security number: {}", "536904399"),
        ("IP_ADDRESS", "from {} on", "2001:db8::1"),
        ("DRIVER_LICENSE", "his driver license {}", "A1234567"),
        ("BANK_ACCOUNT", "bank account {}", "945456787654"),
    ],
)
def test_a_value_is_found_with_what_speaks_for_it(detector: PresidioPatterns, type_: str, text: str, value: str) -> None:
    assert (type_, value) in found(detector, text.format(value))


@pytest.mark.parametrize(
    "text",
    ["order 536904399", "a duplicate A1234567", "we counted 945456787654 of them", "pan card statements for 2024", "pan applicants 2024"],
)
def test_a_weak_pattern_without_its_word_is_nothing(text: str) -> None:
    detector = PresidioPatterns(deadline=10)
    try:
        assert found(detector, text) == set()
    finally:
        detector.close()


def test_every_text_has_its_own_answer_in_order(detector: PresidioPatterns) -> None:
    texts = ["", "a@example.org", "nothing", "x b@example.org y c@example.org", " " * 5000, "1" * 4100 + " d@example.org"]
    values = [[text[span.start : span.end] for span in spans] for text, spans in zip(texts, detector.detect(texts), strict=True)]
    assert values == [[], ["a@example.org"], [], ["b@example.org", "c@example.org"], [], ["d@example.org"]]


@pytest.mark.parametrize("before", range(PIECE - 230, PIECE + 20, 7))
def test_a_value_over_a_border_is_found_whole_and_once(detector: PresidioPatterns, before: int) -> None:
    value = "anna.first@mail.example.org"
    text = "x" * (before - 1) + " " + value + " " + "y" * 3000
    (spans,) = detector.detect([text])
    assert [(span.type, text[span.start : span.end]) for span in spans] == [("EMAIL_ADDRESS", value)]


@pytest.mark.parametrize("before", range(PIECE - 210, PIECE + 210, 13))
def test_what_only_a_cut_would_make_is_not_reported(detector: PresidioPatterns, before: int) -> None:
    """Neither the end of a longer number, nor a part of one that is no card and no account."""
    number = "1" * 3 + "536904399" * 4
    text = "ssn " + "x" * (before - 5) + " ssn " + number + " " + "y" * 3000
    assert found(detector, text) == set()


def test_the_longest_address_is_covered_wherever_it_stands(detector: PresidioPatterns) -> None:
    """254 characters, as RFC 5321, section 4.5.3.1, allows."""
    value = "a" * 64 + "@" + ("b" * 60 + ".") * 2 + "c" * 55 + ".example.org"
    for before in range(PIECE - 340, PIECE + 10, 30):
        text = "x" * before + " " + value + " " + "y" * 3000
        (spans,) = detector.detect([text])
        covered = {place for span in spans for place in range(span.start, span.end)}
        assert covered >= set(range(before + 1, before + 1 + len(value)))


def test_words_before_a_border_still_speak_for_a_value(detector: PresidioPatterns) -> None:
    for before in range(PIECE - 230, PIECE + 10, 11):
        text = "x" * before + " social security number: 536904399 " + "y" * 3000
        assert ("US_SSN", "536904399") in found(detector, text)


@pytest.mark.parametrize("text", ["\ud800 anna@example.org", "anna@example.org\udfff and \ud83d", "\ude00\ud83d anna@example.org"])
def test_half_a_surrogate_pair_does_not_fail_it_and_moves_nothing(detector: PresidioPatterns, text: str) -> None:
    assert found(detector, text) == {("EMAIL_ADDRESS", "anna@example.org")}


def test_characters_are_counted_as_python_counts_them(detector: PresidioPatterns) -> None:
    assert found(detector, "😀é日\U0001f468\u200d anna@example.org") == {("EMAIL_ADDRESS", "anna@example.org")}


# What it may be asked for


def test_every_recogniser_that_is_offered_exists_and_finds_a_type_of_the_list() -> None:
    program = (
        "import json, presidio_analyzer.predefined_recognizers as p; print(json.dumps([n for n in dir(p) if n.endswith('Recognizer')]))"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    others = {name for name in json.loads(output) if re.search("Azure|LangExtract|GLiNER|HuggingFace|NER|Spacy|Stanza|Transformers", name)}
    assert set(BUILT_IN) == set(json.loads(output)) - others
    assert set(RECOGNISERS.values()) <= set(TYPES)
    assert set(DEFAULT) <= set(RECOGNISERS)


def test_a_recogniser_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(ConfigRejected, match="`SpacyRecognizer` is not offered"):
        PresidioPatterns(deadline=1, recognisers=("EmailRecognizer", "SpacyRecognizer"))


def test_nothing_is_started_before_it_is_needed() -> None:
    detector = PresidioPatterns(deadline=1)
    assert detector.pid is None
    assert detector.detect(["no number and no address here", ""]) == [[], []]
    assert detector.pid is None
    assert not detector.is_ready()
    detector.close()


def test_what_was_closed_is_a_failure() -> None:
    detector = PresidioPatterns(deadline=1)
    detector.close()
    with pytest.raises(DetectorFailed, match="crash"):
        detector.start()
    with pytest.raises(DetectorFailed, match="crash"):
        detector.detect(["a@example.org"])


# INVARIANT of `_EVIDENCE`

SAMPLES = {
    "EmailRecognizer": ["anna@example.org"],
    "IbanRecognizer": ["DE89370400440532013000"],
    "IpRecognizer": ["192.0.2.1", "2001:db8::1", "face::b00c", "dead:beef:cafe:babe:dead:beef:cafe:babe", "a:b:c:d:e:f:a:b", "::ffff"],
    "MacAddressRecognizer": ["00:1b:44:11:3a:b7", "ab-cd-ef-ab-cd-ef", "AB:CD:EF:AB:CD:EF", "dead.beef.cafe"],
    "CryptoRecognizer": [BITCOIN],
    "CreditCardRecognizer": ["4111111111111111"],
    "UsSsnRecognizer": ["ssn 536-90-4399"],
    "UsItinRecognizer": ["itin 911-70-1234"],
    "UsPassportRecognizer": ["passport 912345678"],
    "UsLicenseRecognizer": ["driver license A1234567"],
    "UsBankRecognizer": ["bank 945456787654"],
    "UsMbiRecognizer": ["1EG4-TE5-MK73"],
    "UkNinoRecognizer": ["AB 12 34 56 C", "ab123456c"],
    "UkPassportRecognizer": ["passport AB1234567"],
    "UkDrivingLicenceRecognizer": ["MORGA657054SM9IJ"],
    "NhsRecognizer": ["943 476 5919"],
    "DePassportRecognizer": ["C01X00T41"],
    "DeIdCardRecognizer": ["L01X00T44", "T22000129"],
    "DeFuehrerscheinRecognizer": ["fahrerlaubnis BO12345678A"],
    "DeSocialSecurityRecognizer": ["65180539W001"],
    "DeTaxIdRecognizer": ["36574261809"],
    "ItFiscalCodeRecognizer": ["RSSMRA85T10A562S", "RSSMRALRTMLAQSNX", "rssmralrtmlaqsnx"],
    "ItPassportRecognizer": ["passaporto AA1234567"],
    "ItDriverLicenseRecognizer": ["patente AA1234567B"],
    "EsNieRecognizer": ["X2482300W"],
    "EsNifRecognizer": ["54362315K"],
    "EsPassportRecognizer": ["pasaporte AAA123456"],
    "FiPersonalIdentityCodeRecognizer": ["131052-308T"],
    "PlPeselRecognizer": ["44051401359"],
    "SePersonnummerRecognizer": ["880320-0016"],
    "CaSinRecognizer": ["sin 130 692 544"],
    "InPanRecognizer": ["ABCPD1234E"],
    "InAadhaarRecognizer": ["aadhaar 2345 6789 0124"],
    "SgFinRecognizer": ["S1234567D"],
    "KrRrnRecognizer": ["960121-1234568"],
    "AbaRoutingRecognizer": ["aba routing number 021000021"],
    "AuAbnRecognizer": ["51 824 753 556"],
    "AuAcnRecognizer": ["004 085 616"],
    "AuMedicareRecognizer": ["2123 45670 1"],
    "AuTfnRecognizer": ["876 543 210"],
    "CaPostalCodeRecognizer": ["postal code K1A 0B1", "postal code k1a 0b1"],
    "DeBsnrRecognizer": ["betriebsstättennummer 021234568"],
    "DeHandelsregisterRecognizer": ["HRB 12345", "hrb 12345"],
    "DeHealthInsuranceRecognizer": ["A123456780"],
    "DeKfzRecognizer": ["kennzeichen B-AB 1234", "kennzeichen b ab 1234"],
    "DePlzRecognizer": ["plz 10115"],
    "DeTaxNumberRecognizer": ["steuernummer 123/456/78901"],
    "DeVatIdRecognizer": ["DE136695976", "DE 136 695 976"],
    "InGstinRecognizer": ["27AAPFU0939F1ZV"],
    "InPassportRecognizer": ["passport A1234561"],
    "InVehicleRegistrationRecognizer": ["KA53ME3456"],
    "InVoterRecognizer": ["ABC1234567"],
    "ItIdentityCardRecognizer": ["carta identità CA12345AB", "documento AA1234567"],
    "ItVatCodeRecognizer": ["01333550323"],
    "KrBrnRecognizer": ["124-81-00998"],
    "KrDriverLicenseRecognizer": ["driver license 11-05-123456-62"],
    "KrFrnRecognizer": ["960121-5678901"],
    "KrPassportRecognizer": ["passport M123A4567"],
    "NgNinRecognizer": ["nin 12345678902"],
    "NgVehicleRegistrationRecognizer": ["ABC-123DE", "abc 123de"],
    "PhPassportRecognizer": ["passport P1234567A"],
    "PhTinRecognizer": ["tin 123-456-009-000"],
    "PhUmidRecognizer": ["1234-5678901-2"],
    "PhoneRecognizer": ["call +33 6 12 34 56 78"],
    "SeOrganisationsnummerRecognizer": ["556036-0793"],
    "SgUenRecognizer": ["uen 53125226D"],
    "ThTninRecognizer": ["1101700207030"],
    "TrLicensePlateRecognizer": ["plaka 34 ABC 123", "plaka 34abc123"],
    "TrNationalIdRecognizer": ["10000000146"],
    "UkPostcodeRecognizer": ["postcode SW1A 1AA", "postcode sw1a 1aa"],
    "UkVehicleRegistrationRecognizer": ["registration AB51 ABC", "registration ab51 abc"],
    "UsClaimNumberRecognizer": ["claim number: 123456789"],
    "UsHealthInsuranceMemberIdRecognizer": ["member id XYZ123456789"],
    "UsPrescriptionNumberRecognizer": ["rx number: 12345678"],
    "UsPriorAuthorizationNumberRecognizer": ["prior authorization number: 12345678"],
    "UsProviderTaxIdRecognizer": ["provider tax id: 12-3456789"],
    "UsReferralNumberRecognizer": ["referral number: 12345678"],
    "ZaCompanyRegistrationRecognizer": ["2015/123456/07"],
    "ZaDriverLicenseRecognizer": ["driver licence 6012345678AB"],
    "ZaIdNumberRecognizer": ["8001015009087"],
    "ZaIncomeTaxNumberRecognizer": ["income tax number 0123456782"],
    "ZaLicensePlateRecognizer": ["number plate ND 123 GP", "AB 12 CD GP"],
    "ZaMobileNumberRecognizer": ["mobile 082 123 4567"],
    "ZaPassportRecognizer": ["passport A12345678"],
    "ZaTelephoneNumberRecognizer": ["telephone 021 123 4567"],
    "ZaTrafficRegisterNumberRecognizer": ["traffic register number 1234567890123"],
    "ZaVatNumberRecognizer": ["vat number 4123456789"],
}


def test_every_recogniser_has_its_samples() -> None:
    assert set(SAMPLES) == set(RECOGNISERS)


def test_whatever_it_finds_has_evidence(detector: PresidioPatterns) -> None:
    """Asked directly, past the gate, with each sample padded by nothing that would be evidence itself."""
    answers = json.loads(detector._host.worker.ask(json.dumps([text for texts in SAMPLES.values() for text in texts]).encode()))
    by_text = dict(zip([text for texts in SAMPLES.values() for text in texts], answers, strict=True))
    for name, texts in SAMPLES.items():
        assert any(type_ == RECOGNISERS[name] for text in texts for type_, *_ in by_text[text]), name
    for text, spans in by_text.items():
        for _, start, end, *_ in spans:
            assert not detector.is_calm(text[start:end]), text


PATTERNS_WITHOUT_EVIDENCE = """
import json, re
from hypothesis import HealthCheck, given, settings, strategies as st
from douane.detect.presidio.patterns import RECOGNISERS, PresidioPatterns
import presidio_analyzer.predefined_recognizers as predefined
is_calm, tried, found = PresidioPatterns(deadline=1, recognisers=tuple(RECOGNISERS)).is_calm, 0, []
for name in RECOGNISERS:
    recogniser = getattr(predefined, name)()
    for pattern in getattr(recogniser, "patterns", ()):
        try:
            compiled = re.compile(pattern.regex, re.IGNORECASE | re.MULTILINE | re.DOTALL)
        except re.error:  # a look-behind of any width, which only their library takes
            continue
        tried += pattern.name != "PAN (Low)"

        @settings(max_examples=20, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(st.from_regex(compiled))
        def look(text):
            if pattern.name != "PAN (Low)" and is_calm(text) and recogniser.analyze(text, recogniser.supported_entities, None):
                found.append(name)

        look()
print(json.dumps([tried, sorted(set(found))]))
"""


def test_whatever_a_pattern_can_match_has_evidence() -> None:
    done = subprocess.run([sys.executable, "-c", PATTERNS_WITHOUT_EVIDENCE], capture_output=True, text=True, check=True)
    tried, without = json.loads(done.stdout)
    assert tried > 130
    assert without == []


def test_where_there_is_no_evidence_the_process_finds_nothing(detector: PresidioPatterns) -> None:
    words = "passport license bank account ssn wallet aadhaar pan nric itin dni nie codice fiscale reisepass internationalisation "
    text = words * 3 + " ABCDEFGHIJ " + "q" * 40
    assert detector.is_calm(text)
    assert json.loads(detector._host.worker.ask(json.dumps([text]).encode())) == [[]]


# Streams


@pytest.mark.parametrize(
    "value", ["AB 12 34 56 C", "ab 12 34 56 c", "DE89 3704 0044 0532 0130 00", "536-90-4399", "1EG4-TE5-MK73", "130 692 544"]
)
def test_no_part_of_a_value_leaves_before_it_is_whole(detector: PresidioPatterns, value: str) -> None:
    scanner = Scan([detector])
    text = f"my national insurance ssn sin: {value}"
    (finding,) = scanner.scan((Segment("", text + " ", ""),)).findings
    assert text[finding.start :] == value
    for cut in range(finding.start + 1, len(text) + 1):
        assert scanner.horizon(text[:cut]) <= finding.start


VALUES = (
    "AB 12 34 56 C",
    "DE89 3704 0044 0532 0130 00",
    "536-90-4399",
    "1EG4-TE5-MK73",
    "anna.first@mail.example.org",
    "2001:db8::1",
    BITCOIN,
)
FRAGMENTS = (
    *VALUES,
    "my ssn is ",
    "social security number: ",
    "passport ",
    "and ",
    ". ",
    ", ",
    "\n",
    " ",
    "12",
    "A1",
    "(x) ",
    "Anna wrote to ",
)


@given(splits(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=8).map(" ".join)))
@settings(max_examples=60, deadline=None)
def test_any_split_comes_out_as_the_whole_text(detector: PresidioPatterns, case: tuple[str, list[str]]) -> None:
    text, pieces = case
    scan = Scan([detector])
    assert streamed(scan, pieces) == whole(scan, text)


@pytest.mark.parametrize(("name", "value"), [("UkPostcodeRecognizer", "postcode sw1a 1aa"), ("DeHandelsregisterRecognizer", "hrb 12345")])
def test_a_value_with_spaces_and_small_letters_is_held_by_its_reach(name: str, value: str) -> None:
    detector = PresidioPatterns(deadline=10, recognisers=[name])
    try:
        scan, text = Scan([detector]), f"we are at {value} since then, and so on" + " and on" * 20
        assert streamed(scan, list(text)) == whole(scan, text)
        assert whole(scan, text).text != text
        assert len(text) - scan.horizon(text) < 80
    finally:
        detector.close()


def test_many_threads_get_each_their_own_findings(detector: PresidioPatterns) -> None:
    texts = [f"write to anna{number}@example.org about {number}" for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda text: found(detector, text), texts))
    assert answers == [{("EMAIL_ADDRESS", f"anna{number}@example.org")} for number in range(100)]


# No network

OFFLINE = """
import json, sys
def refuse(event, arguments):
    # A socket may be made (one library does, to see whether IPv6 is there); nothing may be asked or reached with it.
    asks = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg")
    if event in (*asks, "urllib.Request", "os.system", "subprocess.Popen"):
        events.append(event)
        raise OSError(f"{event} is forbidden here")
events = []
sys.addaudithook(refuse)
from douane.detect.presidio.worker import _Child
child = _Child()
from douane.detect.presidio.recogniser import RECOGNISERS, chosen, greeting
child.greet(greeting(chosen(tuple(RECOGNISERS))))
answer = child.answer(json.dumps(["write to anna@mail.example.co.uk from 192.0.2.1"]).encode())
print(json.dumps([json.loads(answer), events]))
"""


def test_greeting_and_looking_open_no_connection_and_start_no_program() -> None:
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True)
    answer, events = json.loads(done.stdout)
    assert events == []
    assert ("EMAIL_ADDRESS", 9, 32) in {(type_, start, end) for type_, start, end, *_ in answer[0]}


# Failures and deadlines

SLOW = "a1@" * (PIECE * 16 // 3)


def cause(failed: DetectorFailed) -> str:
    assert isinstance(failed.__cause__, WorkerFailed)
    return failed.__cause__.cause_code


def asked_until_it_answers(detector: PresidioPatterns, text: str, allowed: Sequence[str]) -> set[tuple[str, str]]:
    for _ in range(5):
        try:
            return found(detector, text)
        except DetectorFailed as failed:
            assert cause(failed) in allowed
    raise AssertionError("it never answered again")


def test_a_deadline_that_passes_is_a_failure_and_a_new_process_answers_next() -> None:
    detector = PresidioPatterns(deadline=0.05, recognisers=tuple(RECOGNISERS))
    try:
        detector.start()
        pid = detector.pid
        with pytest.raises(DetectorFailed) as caught:
            detector.detect([SLOW])
        assert cause(caught.value) == "timeout"
        assert "a1@" not in str(caught.value)
        assert asked_until_it_answers(detector, "anna@example.org", ["timeout"]) == {("EMAIL_ADDRESS", "anna@example.org")}
        assert detector.pid != pid
    finally:
        detector.close()


def test_a_killed_process_is_a_crash_and_is_replaced() -> None:
    detector = PresidioPatterns(deadline=10, recognisers=FEW)
    try:
        detector.start()
        assert detector.is_ready()
        assert detector.pid is not None
        os.kill(detector.pid, 9)
        assert asked_until_it_answers(detector, "anna@example.org", ["crash"]) == {("EMAIL_ADDRESS", "anna@example.org")}
    finally:
        detector.close()


HOSTILE = ("a.", "https://a.a.", ":", "'", "1/", "1 ", "a1@", "x@x.x ", "1:", "1.", "A1", "123456789 ", "(1", "::1 ", "\u0661", "\ud8001")


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_late_in_silence(detector: PresidioPatterns, piece: str) -> None:
    """20 kB, with a value at its end: it is found, or the detector says that it failed."""
    text = (piece * (20_000 // len(piece) + 1))[:20_000] + " anna@example.org"
    began = time.monotonic()
    try:
        assert ("EMAIL_ADDRESS", "anna@example.org") in found(detector, text)
    except DetectorFailed as failed:
        assert cause(failed) == "timeout"
    assert time.monotonic() - began < 60


def test_one_request_takes_no_more_than_five_deadlines() -> None:
    """Each batch is in time, all of them are not."""
    detector = PresidioPatterns(deadline=0.4, recognisers=FEW)
    try:
        detector.start()
        began = time.monotonic()
        with pytest.raises(DetectorFailed) as caught:
            detector.detect(["1 a@a.a " * 500_000])
        assert cause(caught.value) == "timeout"
        assert time.monotonic() - began < 10
    finally:
        detector.close()


def test_no_failure_and_no_repr_carries_text(detector: PresidioPatterns) -> None:
    assert not re.search("anna", repr(detector.detect(["anna@example.org"])) + repr(detector))
