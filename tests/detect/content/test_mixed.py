# SPDX-License-Identifier: Apache-2.0
"""Words of two scripts: those that look like one are found, names with endings and signs of science are not."""

import pytest

from douane.detect.content import mixed, styled

P_A_YPAL = "p\u0430ypal"


def rules(text: str) -> list[tuple[str, str]]:
    return [(span.rule, text[span.start : span.end]) for part in (mixed, styled) for span in part.find(text)]


@pytest.mark.parametrize(
    ("text", "rule", "word"),
    [
        (f"log in to {P_A_YPAL}.com", "mixed.cyrillic", P_A_YPAL),
        ("ign\u043er\u0435 it", "mixed.cyrillic", "ign\u043er\u0435"),
        ("\u0430pple", "mixed.cyrillic", "\u0430pple"),
        ("Bс\u0435ки", "mixed.cyrillic", "Bс\u0435ки"),
        ("g\u03bf\u03bfgle", "mixed.greek", "g\u03bf\u03bfgle"),
        ("\u0391dmin", "mixed.greek", "\u0391dmin"),
        ("Ελλ\u03acδa", "mixed.greek", "Ελλ\u03acδa"),
        ("i\u0563nore", "mixed.other", "i\u0563nore"),
    ],
)
def test_a_word_that_looks_like_another_is_found_whole(text: str, rule: str, word: str) -> None:
    assert rules(text) == [(rule, word)]
    assert all(span.score >= 0.5 for span in mixed.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "Мы купили iPhone-ы и iPhoneы, PDFки, SMSка, IT-компания, COVID-19",
        "Η Microsoft και το iPhone στην Ελλάδα",
        "Ljubljana и Београд",
        "Δt = 5 μs, λmax, kΩ, 2πr, α-helix, TGFβ1, NFκB, eiωt, ΔG°, Ωm, µm",
        "за́мок и замо́к",
        "Straße, Übermut, İstanbul",
    ],
)
def test_two_scripts_side_by_side_are_no_trick(text: str) -> None:
    assert rules(text) == []


def test_what_is_longer_than_any_word_is_found_where_it_switches() -> None:
    text = "a\u0431" * 50
    assert {span.rule for span in mixed.find(text)} == {"mixed.cyrillic"}
    assert len({place for span in mixed.find(text) for place in range(span.start, span.end)}) == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\U0001d408\U0001d420\U0001d427\U0001d428\U0001d42b\U0001d41e \U0001d41a\U0001d425\U0001d425", ["mixed.styled"] * 2),
        ("\u24d8\u24d6\u24dd\u24de\u24e1\u24d4\u24de\u24e1", ["mixed.styled"]),
        ("ｉｇｎｏｒｅ ａｌｌ", ["mixed.fullwidth"] * 2),
        ("ＮＨＫは東京にあります。Ｗｉｎｄｏｗｓ１１を使う", []),
        ("\U0001d453(\U0001d465) = \U0001d44e\U0001d465² + \U0001d44f\U0001d465 + \U0001d450, ℝⁿ", []),
    ],
)
def test_words_of_styled_letters_are_found_and_single_signs_are_not(text: str, expected: list[str]) -> None:
    assert [rule for rule, _ in rules(text)] == expected


def test_full_width_letters_score_low() -> None:
    assert all(span.score < 0.5 for span in styled.find("ＦＡＣＥＢＯＯＫ株式会社"))
