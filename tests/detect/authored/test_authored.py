# SPDX-License-Identifier: Apache-2.0
"""Rules of authors: found from every start, whole, with their words and checks; a stream comes out as the whole text would."""

import json
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.authored.document import read
from douane.detect.authored.sample import proven
from douane.detect.scan import Scan
from douane.exchange import Segment
from fakes.cost import seconds
from fakes.streams import splits, streamed, whole

DOCUMENT = {
    "patterns": {
        "badge": {"type": "INTERNAL_ID", "pattern": "B-[0-9]{6}", "words": ["badge", "Dienst ausweis", "ΚΑΡΤΑ"]},
        "file": {"type": "INTERNAL_ID", "pattern": r"FILE [0-9]{2}/[0-9]{3}", "spaces": True, "longest": 12},
        "card": {"type": "CREDIT_CARD", "pattern": "[0-9]{12,19}", "check": "luhn"},
        "greek": {"type": "INTERNAL_ID", "pattern": "ΑΒ[0-9]{3}", "ignore_case": True},
        "inner": {"type": "INTERNAL_ID", "pattern": "zq[0-9]", "not_inside_words": False},
    },
    "words": {"projects": {"type": "CONFIDENTIAL", "words": ["Nightjar", "Blue Heron", "Blue", "Straße Süd"]}},
}
AUTHORED = proven(read(json.dumps({"detectors": DOCUMENT})))
SCAN = Scan([AUTHORED])


def found(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in AUTHORED.detect([text])[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my badge is B-204711", [("badge", "B-204711")]),
        ("B-204711 is my badge", [("badge", "B-204711")]),
        ("Dienst\nAusweis B-204711", [("badge", "B-204711")]),
        ("κάρτα B-204711", []),  # an accent makes another word
        ("καρτα B-204711", [("badge", "B-204711")]),
        ("part B-204711", []),
        ("badge XB-204711", []),
        ("badge B-2047119", []),
        ("FILE 12/345, please", [("file", "FILE 12/345")]),
        ("4111111111111111", [("card", "4111111111111111")]),
        ("4111111111111112", []),
        ("αβ123", [("greek", "αβ123")]),
        ("xzq1zq2", [("inner", "zq1"), ("inner", "zq2")]),
        ("the nightjar flies", [("projects", "nightjar")]),
        ("nightjars", []),
        ("blue herons but blue", [("projects", "blue"), ("projects", "blue")]),
        ("blue \n  heron!", [("projects", "blue \n  heron")]),
        ("STRASSE SÜD", [("projects", "STRASSE SÜD")]),
        ("straße süd", [("projects", "straße süd")]),
        ("\ud800 nightjar", [("projects", "nightjar")]),
        ("é" * 300 + " nightjar", [("projects", "nightjar")]),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected
    assert AUTHORED.is_calm(text) <= (expected == [])


def test_a_finding_names_the_rule_and_the_version_of_the_rules() -> None:
    other = proven(read(json.dumps({"detectors": {**DOCUMENT, "words": {}}})))
    finding = SCAN.scan((Segment("", "nightjar", ""),))
    assert (finding.findings[0].rule, finding.findings[0].detector) == ("projects", "authored")
    assert finding.reports[0].version == AUTHORED.version != other.version


@pytest.mark.parametrize("unit", ["B-20471", "FILE 12/34", "9", "αβ", "blue ", "zq1", "a"])
def test_cost_is_linear(unit: str) -> None:
    def cost(count: int) -> float:
        return seconds(lambda: AUTHORED.detect([unit * count]))

    assert cost(40_000) < 12 * max(cost(10_000), 0.002)  # quadratic would be 16


def test_a_pattern_that_takes_long_has_failed_and_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("douane.detect.authored.authored._DEADLINE", 0.2)
    pattern = "(?:.*a.{15}|.*b.{17}a){1,5}"
    rules = {"patterns": {"a": {"type": "INTERNAL_ID", "pattern": pattern, "longest": 256, "not_inside_words": False}}}
    scanner = Scan([proven(read(json.dumps({"detectors": rules})))])
    begun = time.monotonic()
    (report,) = scanner.scan((Segment("", "".join(Random(1).choices("ab", k=100_000)), ""),)).reports
    assert (report.ok, report.cause) == (False, "timeout")
    assert time.monotonic() - begun < 5


def test_many_words_and_many_patterns_are_taken() -> None:
    many = {
        "words": {"a": {"type": "CONFIDENTIAL", "words": [f"word{number}" for number in range(5000)]}},
        "patterns": {f"p{number}": {"type": "TAX_ID", "pattern": f"(?:[a-z]{{1,30}}[0-9]{{1,30}}){number}N"} for number in range(100)},
    }
    authored = proven(read(json.dumps({"detectors": many})))
    assert {span.rule for span in authored.detect(["see Word4999 and ab1277N"])[0]} == {"p7", "p77", "a"}


@pytest.mark.parametrize(("pattern", "text"), [("ID<[A-Z]{3},[0-9]{6}>", "see ID<ABC,123456> there"), ("K[^z]*z", "Ka;a;a;z")])
def test_a_value_across_what_ends_a_word_is_found_in_a_stream_too_or_in_neither(pattern: str, text: str) -> None:
    for spaces, is_found in ((False, False), (True, True)):
        rule = {"type": "INTERNAL_ID", "pattern": pattern, "spaces": spaces}
        scanner = Scan([proven(read(json.dumps({"detectors": {"patterns": {"a": rule}}})))])
        assert streamed(scanner, text) == whole(scanner, text)
        assert (whole(scanner, text).text != text) is is_found


FRAGMENTS = st.sampled_from(
    [
        *("badge ", " badge", "B-204711", "B-20471", "Dienst ", "ausweis ", "FILE ", "12/345", "FILE 12/345", "4111111111111111", "ΑΒ123"),
        *("Nightjar", "blue ", "Heron", "Straße ", "Süd", " ", "\n", "x", ".", "1", "-", "zq1", "zq", "wrote to ", "é", "s"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(splits(st.lists(FRAGMENTS, min_size=2, max_size=12).map("".join)))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)
