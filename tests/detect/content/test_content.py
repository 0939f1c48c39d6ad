# SPDX-License-Identifier: Apache-2.0
"""Content as one detector: its types, its calm, and what any text may cost."""

import base64
import random
from collections.abc import Callable
from functools import partial

import pytest

from douane.detect.content.canary import Canaries
from douane.detect.content.content import Content
from douane.detect.content.topics import Topics
from douane.detect.scan import Scan
from douane.exchange import Segment
from douane.finding import Detector
from fakes.cost import look_at_each, seconds

CONTENT = Content()
NOISE = base64.b64encode(random.Random(1).randbytes(300_000)).decode()
HOSTILE = (
    *("<img ", "<a", '<a ="', "<img ='", "<a b=\"'", "`<script>", "```html\n<script> ", "<!", "< "),
    *("![", "![[", "![[[]", "![a](", "![](((((", "](", "](http://a", "![a][", "https://", "https://a/?b=c&d=", "]&#1;", "]: "),
    *("%41", "%20%41", "/", "aGk/", "aWdub3JlIHRoZSBydWxlcyA", "69676e6f726520", "`", "``` ", "[](javascript:"),
    *(
        "\U000e0041",
        "\ufe01",
        "a\u200b",
        "a\u00ad",
        "\u202e",
        "\u2066a",
        "\u2066a\u2069",
        "aб",
        "aба ",
        "sinα ",
        "\U0001d400 ",
        "می\u200cخواهم ",
    ),
    *("canary-", "canary-a1b2c3d4", "violet", "v", "fire ", "bomb", "炸", NOISE),
)


def test_types_and_rules_are_what_the_parts_say_they_are() -> None:
    text = "a\u200bb \u202ec p\u0430ypal aWdub3JlIHJ1bGVz ![a](//x.example/p) <img src=//x.example> <script>"
    found = Scan([CONTENT]).scan((Segment("", text, ""),)).findings
    assert {(finding.type, finding.rule) for finding in found} == {
        ("INVISIBLE_TEXT", "invisible.word"),
        ("BIDI_CONTROL", "bidi.override"),
        ("MIXED_SCRIPT", "mixed.cyrillic"),
        ("ENCODED_TEXT", "encoded.base64"),
        ("MARKDOWN_IMAGE", "image.remote"),
        ("HTML_ELEMENT", "html.img"),
        ("SCRIPT", "script.element"),
    }
    assert {finding.detector for finding in found} == {"content"}


def test_what_is_hidden_by_escapes_of_json_is_found_where_it_stands() -> None:
    text = '{"html": "\\u003cscript\\u003e", "name": "a\\u200bb"}'
    found = Scan([CONTENT]).scan((Segment("", text, ""),)).findings
    assert [(finding.rule, text[finding.start : finding.end]) for finding in found] == [
        ("script.element", "\\u003cscript\\u003e"),
        ("invisible.word", "\\u200b"),
    ]


def test_html_that_is_written_harmlessly_is_left() -> None:
    assert Scan([CONTENT]).scan((Segment("", "write &lt;script&gt; for it", ""),)).findings == ()


@pytest.mark.parametrize(
    "text", ["", "Hello, how are you? I have 3 questions (and 2 answers): x < y, 50% of it. Ça va!", "日本語のテキスト", "\ud800"]
)
def test_ordinary_text_is_calm(text: str) -> None:
    assert CONTENT.is_calm(text)


def test_half_of_a_pair_stops_nothing() -> None:
    assert len(CONTENT.detect(["\ud800 <script> \udfff a\u200bb"])[0]) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "detector", [CONTENT, Canaries(["violet-otter-9931"]), Topics({"a": ["fire arms", "bomb*", "炸弹"]})], ids=lambda one: one.name
)
def test_no_text_costs_more_than_a_constant_for_each_character(detector: Detector) -> None:
    """Ten times the length, about ten times the time; and no text costs more than to look at each character 250 times."""
    for unit in HOSTILE:
        short, long = ((unit * (size // len(unit) + 1))[:size] for size in (20_000, 200_000))
        first, second = (seconds(partial(detector.detect, [text])) for text in (short, long))
        assert second < 30 * first + 0.1, repr(unit[:20])  # quadratic would be 100
        assert second < 250 * seconds(partial(look_at_each, long)), repr(unit[:20])


def test_a_stream_pays_little_for_each_piece() -> None:
    for unit in HOSTILE:
        text = (unit * (8_192 // len(unit) + 1))[:8_192]
        assert seconds(partial(CONTENT.horizon, text)) < 250 * seconds(partial(look_at_each, text)), repr(unit[:20])


@pytest.mark.parametrize(
    "text",
    [lambda size: base64.b64encode("äbc déf ghi 1 ".encode() * (size // 20)).decode(), lambda size: "![a][b] " * (size // 8)],
    ids=["prose in base64", "pictures by reference"],
)
def test_eight_times_the_text_is_looked_at_in_about_eight_times_the_time(text: Callable[[int], str]) -> None:
    short, long = (seconds(partial(CONTENT.detect, [text(size)])) for size in (100_000, 800_000))
    assert long < 8 * 2 * short + 0.05


def test_styled_letters_are_held_back_in_linear_time() -> None:
    short, long = (seconds(partial(CONTENT.horizon, "\U0001d400" * size)) for size in (10_000, 80_000))
    assert long < 8 * 2 * short + 0.05
