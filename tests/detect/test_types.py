# SPDX-License-Identifier: Apache-2.0
"""The closed list of types: the policies know the same, and say of each what it is."""

from pathlib import Path

import pytest
import yaml

from douane.detect.identifiers.identifiers import offers
from douane.detect.presidio.patterns import RECOGNISERS
from douane.detect.secrets.rules import rules
from douane.detect.types import CONTENT, PERSONAL, SECRET, TYPES

ROOT = Path(__file__).parents[2]
DETECTORS = ROOT / "middleware" / "douane" / "detect"
CLASSES = {"personal": PERSONAL, "secret": SECRET, "content": CONTENT}
DATA = yaml.safe_load((ROOT / "policies" / "types" / "data.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CLASSES)
def test_the_policies_know_the_same_types_of_each_class(name: str) -> None:
    assert list(DATA[name]) == list(CLASSES[name])
    assert set(DATA) == set(CLASSES)


def test_a_type_belongs_to_one_class() -> None:
    assert len(set(TYPES)) == len(TYPES)


def test_personal_data_says_its_article_and_content_its_risk() -> None:
    assert {about["article"] for about in DATA["personal"].values()} == {9, 10, None}
    assert {about["risk"] for about in DATA["content"].values()} <= {f"LLM{number:02}" for number in range(1, 11)}


def test_whatever_a_detector_can_find_has_a_type_of_the_list() -> None:
    assert {offer.type for offer in offers()} | set(RECOGNISERS.values()) <= set(PERSONAL)
    assert {rule.type for rule in (*rules().tokens, *rules().near)} <= set(SECRET)


def test_the_policies_say_which_types_no_shipped_detector_gives() -> None:
    """Each type stands in quotes where it is given, in a source or in data."""
    unshipped = {type_ for types in DATA.values() for type_, about in types.items() if about.get("shipped") is False}
    files = [path for suffix in ("*.py", "*.json") for path in DETECTORS.rglob(suffix) if path.name != "types.py"]
    sources = [path.read_text(encoding="utf-8") for path in files]
    assert {type_ for type_ in TYPES if any(f'"{type_}"' in source for source in sources)} == set(TYPES) - unshipped
