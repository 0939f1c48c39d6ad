# SPDX-License-Identifier: Apache-2.0
"""Every way to read a text: what it says, where that stands, when it is asked for, and what it costs."""

import base64
import sys
import unicodedata
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detect.readings.disguises import scanner
from douane.detect.readings.reading import Reading, decided, open_from, readings
from douane.detect.scan import Scan
from douane.exchange import Segment
from douane.finding import Span
from fakes.cost import seconds

SCAN = scanner()
PIECES = (
    "anna@example.org", "4111 1111 1111 1111", "word", " ", "\n", "&#64;", "&amp;", "%40", "%C3%A9", "\\u0040", "\\x40", "=40", "=C3=A9",
    "**", "`",
    "<b>", "</b>", "<!-- x -->", "(at)", " at ", " dot ", "a b c d e f g h i", "YW5uYUBleGFtcGxlLm9yZw==",
    "616e6e61406578616d706c652e6f7267", "61 6e 6e 61 40 65 78 61 6d 70",
    "1-2-3-4-5-6-7-8-9", "\u200b", "１", "аb", "\U000e0061\U000e0062", "\u202eba\u202c", "\ufe0f" * 5, "é", "日", "\ud800",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


def read(text: str) -> dict[str, str]:
    """The last reading of each kind."""
    return {reading.kind: reading.text for reading in readings(text)}


def back(reading: Reading, start: int, end: int) -> tuple[int, int]:
    return (start, end) if reading.back is None else reading.back.original(start, end)


@given(texts)
def test_every_character_of_every_reading_stands_in_the_text_and_in_order(text: str) -> None:
    for reading in readings(text):
        spans = [back(reading, place, place + 1) for place in range(len(reading.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)


@given(texts, st.data())
def test_a_part_of_a_reading_covers_what_its_characters_cover(text: str, data: st.DataObject) -> None:
    reading = data.draw(st.sampled_from(readings(text)))
    if not reading.text:
        return
    start = data.draw(st.integers(0, len(reading.text) - 1))
    end = data.draw(st.integers(start + 1, len(reading.text)))
    assert back(reading, start, end) == (back(reading, start, start + 1)[0], back(reading, end - 1, end)[1])


@given(texts)
def test_what_is_open_is_in_the_text(text: str) -> None:
    for reading in readings(text):
        end = decided(reading.text)
        assert reading.text.startswith(end)
        assert 0 <= open_from(end) <= len(end)


NUMBERS = [sign for sign in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(sign) in ("Nd", "Nl", "No")]
separated = st.builds(
    lambda signs, gap: gap.join(signs),
    st.lists(st.sampled_from(NUMBERS), min_size=8, max_size=30),
    st.sampled_from(["", " ", "-", ", ", "\n"]),
)


def test_every_sign_for_a_number_can_be_read() -> None:
    """Among them are digits that no number is made of: `isdigit` holds for them, and `int` refuses them."""
    for start in range(0, len(NUMBERS), 8):
        for gap in (" ", "-", "", "_"):
            text = gap.join(NUMBERS[start : start + 8]) + f"{gap}1{gap}2{gap}5{gap}7{gap}8{gap}3"
            assert readings(text)[0].text == text
            assert 0 <= scanner().horizon(text) <= len(text)


@given(separated)
def test_no_signs_for_numbers_make_a_reading_fail(text: str) -> None:
    result = SCAN.scan((Segment("", text, ""),))
    assert all(report.ok for report in result.reports)
    assert 0 <= SCAN.horizon(text) <= len(text)


@given(st.binary(max_size=12), st.sampled_from([bytes.hex, lambda data: base64.b64encode(data).decode()]))
@example(b"\xed\xa1\x8d", bytes.hex)
@example(b"\xe0\x80\x80\xf0\x80\x80\x80\xf4\x90\x80\x80", bytes.hex)
def test_no_bytes_behind_text_make_a_reading_fail(data: bytes, write: Callable[[bytes], str]) -> None:
    text = write(b"anna@example.org " + data + b" and more of it")
    assert any("anna@example.org" in reading.text for reading in readings(text))


HELD = {
    "base64": base64.b64encode(b"anna sees the market, " * 400).decode(),
    "base64 in JSON": "\\n".join(base64.b64encode(b"anna sees the market, " * 3).decode() for _ in range(95)),
    "hex": (b"anna sees the market, " * 200).hex(),
    "backslashes": "\\" * 8000,
}


@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_what_is_held_is_not_read_again_for_every_piece(text: str) -> None:
    """It is asked about for each piece of a stream: what is read then is its two ends, or what a run of any kind can be."""
    prose = "Anna wrote to them that it was fine. " * 220
    held, usual = f"see {text[:8000]}", prose[:8000]
    assert seconds(lambda: SCAN.horizon(held)) < 20 * seconds(lambda: SCAN.horizon(usual))


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog; it cost 12.50 on 2024-05-01 at 12:30.",
        "**Note:** run `make run`, then *look* at <https://example.org/a_b>.",
        "R&D made 5 < 6, 100% of it",
        "Meet me at the dot of noon, at example.org",
        "def f(self, *args, **kwargs): return a @ b.T  # see x[at]",
        "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000",
        "internationalisation/of/long_snake_case_names/and/Paths",
        "that they were with them when both came back home late",
        "in 2020 2021 2022 2023 2024 2025 there were 51 32 28 26 25 of them",
        "一二三、五六七。十二月二十一日",
        "<div>one</div><div>two</div> <td>1</td><td>2</td>",
    ],
)
def test_prose_markdown_and_code_need_no_other_reading(text: str) -> None:
    assert [reading.kind for reading in readings(text) if reading.kind not in ("plain", "compact")] == []


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        ("anna&#64;x&commat;y&#x40;z", "decoded", "anna@x@y@z"),
        ("a%2540b", "decoded", "a@b"),
        ("caf%C3%A9 caf=C3=A9", "decoded", "café café"),
        ("\\x40\\u{40}\\100\\U00000040", "decoded", "@@@@"),
        ("anna (at) example (dot) org", "decoded", "anna@example.org"),
        ("anna ⟨at⟩ example 【dot】 org", "decoded", "anna@example.org"),
        ("anna.berger@\n> firma.de", "decoded", "anna.berger@firma.de"),
        ("YW5u YUBl eGFt cGxl Lm9y Zw==", "decoded", "anna@example.org"),
        ("616e 6e61 4065 7861 6d70 6c65 2e6f 7267", "decoded", "anna@example.org"),
        ("YW5uYUBleGFtcGxlLm9y\nZyBhbmQgYm9iQGV4YW1w\nbGUub3Jn", "decoded", "anna@example.org and bob@example.org"),
        ("四一一一 一一一一 一一一一 一一一一", "folded", "4111 1111 1111 1111"),
        ("4111\u28001111\u28001111\u28001111", "folded", "4111 1111 1111 1111"),
        ('"4111 1111" + " 1111 1111"', "stripped", '"4111 1111 1111 1111"'),
        ("4111 1111<br>1111 1111", "stripped", "4111 1111\n1111 1111"),
        ("<div>a</div><div>@</div><div>b</div>", "stripped", "<div>a@b</div>"),
        ("**a****@****b**", "stripped", "**a@b**"),
        ("anna at example dot org", "decoded", "anna@example.org"),
        ("s p e l t@o u t x", "plain", "s p e l t@o u t x"),
        ("a n n a @ e x . o r g", "decoded", "anna@ex.org"),
        ("x 616e6e61406578616d706c652e6f7267 y", "decoded", "x anna@example.org y"),
        ("jo<b>hn</b>@exa<!-- -->mple.org", "stripped", "john@example.org"),
        ("4111 **1111** 1111 `1111`", "stripped", "4111 1111 1111 1111`"),
        ("DE89_3704_0044_0532_0130_00", "compact", "DE89370400440532013000"),
        ("[4111][1111][1111][1111]", "compact", "[4111111111111111]"),
        ("192.168.100.125 and 1,234,567,890", "plain", "192.168.100.125 and 1,234,567,890"),
        ("\u202egro.elpmaxe@anna\u202c", "decoded", "anna@example.org"),
    ],
)
def test_what_it_is_read_as(text: str, kind: str, meant: str) -> None:
    assert read(text)[kind] == meant
    assert (kind == "plain") == (len(read(text)) == 1)


@pytest.mark.parametrize("glued", ["", "x/", "ab", "abc", "A1b2/"])
@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode, lambda data: base64.b64encode(data).rstrip(b"=")])
def test_a_run_of_base64_is_one_part_whatever_is_glued_to_it(glued: str, write: type[bytes]) -> None:
    run = glued + write("Grüße von Anna: anna@example.org?".encode()).decode()
    reading = next(reading for reading in readings(f"x {run} y") if reading.kind == "decoded")
    at = reading.text.index("anna@")
    start, end = back(reading, at, at + 16)
    assert end == 2 + len(run)
    assert start <= 2 + len(glued)


def test_what_is_nested_is_read_three_times_deep_and_no_deeper() -> None:
    text = "anna@example.org, and more"
    for depth in range(1, 5):
        text = base64.b64encode(text.encode()).decode()
        assert any("anna@example.org" in reading.text for reading in readings(text)) == (depth <= 3)


HOSTILE = (
    "&#", "%25", "<", "x<b>", "<!--", "x<!--", "\\", "\\u", "\\u00", "&#64;", "1 ", "1-", "12_", "1.1,", "A1 ", "a ", "a @ ", "(at)",
    "a at ", "a at b . ",
    "=41", "=\n", "**", "`a", "SGVsSGVsSGVsSGVs", "dHdlbHZlIGJ5dGVzzzzz", "616e6e61616e6e616161ff", "61 6e ", "0x61 ", "A", "9",
    "\U000e0061", "\ufe0f",
    "\u202eab", "а", "а1", "１", "a。", "A" * 60 + "\n", "1] [", "%C3", "=C3", " dot ", "&amp;#64;", "⒛", "aGVsbG8gd29ybGQg",
    "YW5u ", "YW5u\n", "aGVsbG8gd29ybGQgaGVs\n", "616e ", "with ", "一", "一 ", '1" + "', "1<br>", "<div>1</div>", "**1**", "\\\\n",
    "(⟨at⟩",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_reading_twice_as_much_costs_twice_as_much(unit: str) -> None:
    half, whole = ((unit * (size // len(unit) + 1))[:size] for size in (20_000, 200_000))
    # Ten times the length; a square would be a hundred.
    assert seconds(lambda: readings(whole)) < 25 * seconds(lambda: readings(half)) + 0.005
    assert sum(len(reading.text) for reading in readings(whole)) <= 12 * len(whole)


@pytest.mark.parametrize(
    "text",
    [
        "They look at amazon dot com at 10 dot 30; the point at issue is the point at hand.",
        "Values: 21, 51, 127, 323, 835, 2188, 5798, 15511, 41835",
        "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 27 28 29 30 31 32 33 34 35 36 37 38 39",
        "0 1 0 1 1 0 1 0 1 1 0 0 1 0 1",
        "| 80 | 17911 | 868 |\n| 48 | 9 | 995 | 49 | 450 | 8 | 12 | 59 |",
        "@app.route('/x')\ndef f():\n    pass\n@pytest.fixture\n",
    ],
)
def test_lists_tables_and_talk_of_places_are_no_values(text: str) -> None:
    assert scanner().scan((Segment("", text, ""),)).findings == ()


def test_no_repr_shows_the_text() -> None:
    assert "anna" not in repr(readings("anna&#64;example.org"))


class Plain:
    """A detector that notes what it is asked."""

    name, version = "plain", "1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self.asked += texts
        return [() for _ in texts]


class Strong(Plain):
    """One that also believes checksums of numbers without separators."""

    def detect_compact(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        return [
            (Span("IBAN_CODE", at, at + 22, 1.0, self.name),) if (at := text.find("DE89370400440532013000")) >= 0 else () for text in texts
        ]


def test_only_who_offers_it_is_asked_about_numbers_without_separators() -> None:
    text = "pay DE89_3704_0044_0532_0130_00 now"
    plain, strong = Plain(), Strong()
    (finding,) = Scan([plain, strong]).scan((Segment("", text, ""),)).findings
    assert plain.asked == strong.asked == [text]
    assert text[finding.start : finding.end] == "DE89_3704_0044_0532_0130_00"
