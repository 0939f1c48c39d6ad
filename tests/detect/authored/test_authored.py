# SPDX-License-Identifier: Apache-2.0
"""Rules of authors: found from every start, whole, with their words and checks; a stream comes out as the whole text would."""

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.decision import Redact
from douane.detect.authored.document import read
from douane.detect.authored.sample import proven
from douane.detect.scan import Scan
from douane.detect.types import TYPES
from douane.enforce import Replacer
from douane.exchange import Segment
from douane.finding import Finding
from douane.stream import StreamGuard
from douane.vault import Vault

DOCUMENT = {
    "patterns": {
        "badge": {"type": "INTERNAL_ID", "pattern": "B-[0-9]{6}", "words": ["badge", "Dienst ausweis", "ΚΑΡΤΑ"]},
        "file": {"type": "INTERNAL_ID", "pattern": r"FILE [0-9]{2}/[0-9]{3}", "spaces": True, "longest": 12},
        "card": {"type": "CREDIT_CARD", "pattern": "[0-9]{12,19}", "check": "luhn"},
        "greek": {"type": "INTERNAL_ID", "pattern": "ΑΒ[0-9]{3}", "ignore_case": True},
        "inner": {"type": "INTERNAL_ID", "pattern": "zq[0-9]", "not_inside_words": False},
    },
    "words": {"projects": {"type": "CONFIDENTIAL", "words": ["Nightjar", "Blue Heron", "Straße Süd"]}},
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
        text = unit * count
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            AUTHORED.detect([text])
            best = min(best, time.process_time() - begun)
        return best

    assert cost(40_000) < 12 * max(cost(10_000), 0.002)  # quadratic would be 16


class Everything:
    def horizon(self, text: str) -> int:
        return SCAN.horizon(text)

    def findings(self, text: str) -> Sequence[Finding]:
        return SCAN.scan((Segment("", text, ""),)).findings

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        return Replacer((Redact((*TYPES,), "r"),), Vault(b"k" * 32, "acme", lambda _: False))


FRAGMENTS = st.sampled_from(
    [
        *("badge ", " badge", "B-204711", "B-20471", "Dienst ", "ausweis ", "FILE ", "12/345", "FILE 12/345", "4111111111111111", "ΑΒ123"),
        *("Nightjar", "blue ", "Heron", "Straße ", "Süd", " ", "\n", "x", ".", "1", "-", "zq1", "zq", "wrote to ", "é", "s"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAGMENTS, min_size=2, max_size=12).map("".join), st.lists(st.integers(0, 200), max_size=12))
def test_any_split_comes_out_as_the_whole_text(text: str, places: list[int]) -> None:
    cuts = sorted(min(place, len(text)) for place in places)
    guard = StreamGuard(Everything())
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    streamed = "".join([*(guard.feed(piece) for piece in pieces), guard.close()])
    inspector = Everything()
    assert streamed == inspector.decide((), 0).rewrite(Segment("", text, ""), inspector.findings(text))
