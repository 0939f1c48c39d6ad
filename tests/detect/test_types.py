# SPDX-License-Identifier: Apache-2.0
"""The closed list of types: the policies know the same, and say of each what it is."""

from pathlib import Path

import yaml

from douane.detect.presidio import RECOGNISERS
from douane.detect.secrets import _TOKEN_RULES
from douane.detect.shapes import LETTERED, PLAIN
from douane.detect.types import PERSONAL, SECRET, TYPES

DATA = yaml.safe_load((Path(__file__).parents[2] / "policies" / "types" / "data.yaml").read_text(encoding="utf-8"))


def test_the_policies_know_the_same_types() -> None:
    assert sorted(DATA) == sorted(TYPES)


def test_a_type_belongs_to_one_class_and_the_policies_say_to_which() -> None:
    assert {type_ for type_, about in DATA.items() if about["class"] == "personal"} == set(PERSONAL)
    assert {type_ for type_, about in DATA.items() if about["class"] == "secret"} == set(SECRET)
    assert len(set(TYPES)) == len(TYPES)


def test_whatever_a_detector_can_find_has_a_type_of_the_list() -> None:
    shapes = {shape.type for shape in (*PLAIN, *LETTERED)}
    assert shapes <= set(PERSONAL)
    assert set(RECOGNISERS.values()) <= set(PERSONAL)
    assert {type_ for type_, _ in _TOKEN_RULES} <= set(SECRET)
