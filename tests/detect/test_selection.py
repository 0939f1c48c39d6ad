# SPDX-License-Identifier: Apache-2.0
"""Thresholds and allow lists: what does not count."""

import pytest

from douane.detect.selection import EVERYTHING, Selection
from douane.finding import Span
from fakes.cost import seconds


def span(type_: str, start: int, end: int, score: float = 0.9) -> Span:
    return Span(type_, start, end, score, "d")


def test_everything_counts_by_default() -> None:
    assert list(EVERYTHING.of([span("PERSON", 0, 1, 0.01)], "a")) == [span("PERSON", 0, 1, 0.01)]


@pytest.mark.parametrize(("score", "counts"), [(0.69, False), (0.7, True), (0.9, True)])
def test_a_threshold_is_the_least_score_that_counts(score: float, counts: bool) -> None:
    selection = Selection({"PHONE_NUMBER": 0.7})
    assert (list(selection.of([span("PHONE_NUMBER", 0, 1, score)], "1")) != []) is counts
    assert list(selection.of([span("PERSON", 0, 1, 0.1)], "a")) != []


@pytest.mark.parametrize(
    ("value", "type_", "counts"),
    [
        ("help@example.org", "EMAIL_ADDRESS", False),
        ("HELP@EXAMPLE.ORG", "EMAIL_ADDRESS", False),
        ("help@example.org", "PERSON", True),
        ("xhelp@example.org", "EMAIL_ADDRESS", True),
        ("anna@acme.example", "EMAIL_ADDRESS", False),
        ("anna b@acme.example", "EMAIL_ADDRESS", True),
        ("anna@acme.example.net", "EMAIL_ADDRESS", True),
        ("a.b*c", "EMAIL_ADDRESS", True),
        ("Acme", "PERSON", False),
        ("acme", "EMAIL_ADDRESS", False),
        ("\ud800", "PERSON", True),
    ],
)
def test_a_value_is_allowed_whole_by_its_type(value: str, type_: str, counts: bool) -> None:
    selection = Selection(allow={"EMAIL_ADDRESS": ["help@example.org", "*@acme.example"], "*": ["ACME"]})
    assert (list(selection.of([span(type_, 1, 1 + len(value))], f"<{value}>")) != []) is counts


def test_stars_cost_no_more_than_the_value_is_long() -> None:
    selection = Selection(allow={"*": ["*a*a*a*a*a*a*a*a*b"]})

    def cost(length: int) -> float:
        text, whole = "a" * length, [span("PERSON", 0, length)]
        assert list(selection.of(whole, text)) != []
        return seconds(lambda: list(selection.of(whole, text)))

    assert cost(200_000) < 30 * max(cost(20_000), 0.0001)
