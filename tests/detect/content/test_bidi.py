# SPDX-License-Identifier: Apache-2.0
"""Characters that turn a text: all are found, and what honest texts have of them scores low."""

import pytest

from douane.detect.content.bidi import find


def rules(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "أستخدم هاتف \u2066iPhone 15\u2069 كل يوم",
        "שלום, אני גר ב-\u2068London\u2069 כבר",
        "Hello \u2067שלום\u2069!",
        "Welcome, \u2068Anna\u2069!",
        "call \u202a+33 6 12 34 56 78\u202c now",
        "\u202d+1 (555) 010-0123\u202c",
    ],
)
def test_a_short_piece_that_goes_the_way_it_says_scores_low(text: str) -> None:
    spans = list(find(text))
    assert [span.rule for span in spans] == ["bidi.balanced"] * 2
    assert all(span.end - span.start == 1 and span.score < 0.5 for span in spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file \u202egpj.exe", [("bidi.override", "\u202e")]),
        ("\u202eabc\u202c", [("bidi.override", "\u202e"), ("bidi.control", "\u202c")]),
        ("\u2067return\u2069", [("bidi.control", "\u2067"), ("bidi.control", "\u2069")]),
        ("\u2066שלום\u2069", [("bidi.control", "\u2066"), ("bidi.control", "\u2069")]),
        ("\u2066a\nb\u2069", [("bidi.control", "\u2066"), ("bidi.control", "\u2069")]),
        ("\u2066\u2069", [("bidi.control", "\u2066"), ("bidi.control", "\u2069")]),
        ("\u2066" + "a" * 201 + "\u2069", [("bidi.control", "\u2066"), ("bidi.control", "\u2069")]),
        ("x\u2069", [("bidi.control", "\u2069")]),
    ],
)
def test_what_turns_a_text_in_another_way_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text) == expected
    assert all(span.score >= 0.9 for span in find(text))


def test_marks_are_no_controls() -> None:
    assert rules("שלום\u200f! \u200eabc \u061c") == []
