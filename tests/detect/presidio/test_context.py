# SPDX-License-Identifier: Apache-2.0
"""Words before a finding: whole words, phrases too, and the same for any length of text."""

import pytest

from douane.detect.presidio.context import Phrases, Words, boosted
from fakes.cost import seconds

PHRASES = Phrases.of(["SSN", "social security", "codice fiscale", "driver's license"])


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("my ssn is 123", 0.4),
        ("social security number: 123", 0.4),
        ("his driver's license, 123", 0.4),
        ("Codice Fiscale 123", 0.4),
        ("SSN123", 0.05),
        ("ssns 123", 0.05),
        ("security social 123", 0.05),
        ("social-security 123", 0.4),
        ("ssn one two three four 123", 0.4),
        ("ssn one two three four five 123", 0.05),
        ("123 is my ssn", 0.05),
        ("", 0.05),
    ],
)
def test_a_word_or_a_phrase_among_the_five_before_speaks_for_a_value(text: str, score: float) -> None:
    assert boosted(0.05, PHRASES, Words(text), max(0, text.find("123"))) == pytest.approx(score)


def test_a_score_is_raised_by_a_fixed_amount_to_one_at_most() -> None:
    words = Words("ssn 1")
    assert [boosted(score, PHRASES, words, 4) for score in (0.5, 0.9)] == [0.85, 1.0]


def test_the_lookup_does_not_grow_with_the_text() -> None:
    def cost(count: int) -> float:
        words = Words("ssn 123 and " * count)
        places = range(4, 12 * count, 12)
        assert {boosted(0.05, PHRASES, words, place) for place in places} == {0.4}
        return seconds(lambda: [boosted(0.05, PHRASES, words, place) for place in places]) / count

    assert cost(20_000) < 5 * cost(2_000) + 1e-5
