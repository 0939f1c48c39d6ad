# SPDX-License-Identifier: Apache-2.0
"""What authors write about detectors is read whole or refused with the place and the reason."""

import json

import pytest

from douane.detect.authored.document import read
from douane.detect.authored.sample import proven
from douane.errors import BundleRejected


def loaded(**detectors: object) -> object:
    return proven(read(json.dumps({"detectors": detectors})))


def test_without_a_document_there_is_no_rule() -> None:
    assert proven(read("{}")).rules == ()


@pytest.mark.parametrize(
    ("detectors", "told"),
    [
        ({"pattern": {}}, "`detectors.pattern`"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "("}}}, "missing ): ("),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "(?=a)b"}}}, "invalid perl operator: (?="),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": r"(a)\1"}}}, r"invalid escape sequence: \1"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a{1001}"}}}, "invalid repetition size"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a*"}}}, "matches nothing at all"),
        ({"patterns": {"a": {"type": "SHOE_SIZE", "pattern": "a"}}}, "`detectors.patterns.a.type`: `SHOE_SIZE` is no type"),
        ({"patterns": {"A b": {"type": "TAX_ID", "pattern": "a"}}}, "`detectors.patterns.A b.[key]`"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a", "check": "os"}}}, "`detectors.patterns.a.check`: `os` is no check"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a", "check": "de.nothing"}}}, "`de.nothing` is no check"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a", "score": 0.5}}}, "`detectors.patterns.a.score`"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a", "longest": 9999}}}, "`detectors.patterns.a.longest`"),
        ({"words": {"a": {"type": "CONFIDENTIAL", "words": []}}}, "`detectors.words.a.words`"),
        ({"words": {"a": {"type": "CONFIDENTIAL", "words": ["  "]}}}, "String should match pattern"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a"}}, "words": {"a": {"type": "TAX_ID", "words": ["b"]}}}, "an id of its own"),
        ({"thresholds": {"TAX": 500}}, "`detectors.thresholds.TAX`: `TAX` is no type"),
        ({"allow": {"tax": ["a"]}}, "`tax` is no type"),
        ({"allow": {"*": ["*"]}}, "would allow nearly everything"),
        ({"allow": {"EMAIL_ADDRESS": ["*@*"]}}, "would allow nearly everything"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "a", "words": [" "]}}}, "`detectors.patterns.a.words.0`"),
        ({"patterns": {"a": {"type": "TAX_ID", "pattern": "(?:[a-z]{1,100}[0-9]{1,100}){9}"}}}, "is too large a program"),
        ({"canaries": ["short"]}, "`detectors.canaries.0`"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(detectors: dict[str, object], told: str) -> None:
    with pytest.raises(BundleRejected) as refusal:
        loaded(**detectors)
    assert told in str(refusal.value)


@pytest.mark.parametrize(("which", "text"), [("found", "no badge here"), ("left", "B-204711")])
def test_a_sample_that_its_rule_contradicts_is_refused_and_not_quoted(which: str, text: str) -> None:
    with pytest.raises(BundleRejected) as refusal:
        loaded(patterns={"badge": {"type": "INTERNAL_ID", "pattern": "B-[0-9]{6}", "samples": {which: [text]}}})
    assert f"`detectors.patterns.badge.samples.{which}.0`" in str(refusal.value)
    assert text not in str(refusal.value)


def test_a_type_that_the_policies_add_may_be_given() -> None:
    data = {"types": {"personal": {"BADGE": {}}}, "detectors": {"patterns": {"b": {"type": "BADGE", "pattern": "B-[0-9]{6}"}}}}
    assert [rule.type for rule in proven(read(json.dumps(data))).rules] == ["BADGE"]


def test_what_organisations_write_down_is_in_no_repr() -> None:
    document = read(
        json.dumps({"detectors": {"words": {"a": {"type": "CONFIDENTIAL", "words": ["Nightjar"]}}, "names": {"persons": ["Xq Vrtl"]}}})
    )
    assert "Nightjar" not in repr(document) + repr(document.words) + repr(proven(document).rules)
    assert "Vrtl" not in repr(document) + repr(document.names)


def test_data_that_is_no_mapping_has_no_detectors() -> None:
    assert proven(read("null")).rules == proven(read("[]")).rules == ()
