# SPDX-License-Identifier: Apache-2.0
"""What share of disguised values is found whole, and that a stream gives out no part of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.readings.disguises import CURED, WAYS, Value, Way, disguised, found_whole, scanner, shares, values
from fakes.streams import splits, streamed, whole

SCAN = scanner()
# Of which numbers shorter than 12 bytes make fewer characters than a run has.
SHORT = {"base64", "base64url without padding", "base64 behind a prefix", "base64 of base64", "hex in groups"}

# With dots these are written as a number with decimals, or in thousands, is: whether they count is for the detector to say.
ORDINARY = {("dots", "PL PESEL"), ("dots", "DE tax number")}


@pytest.mark.parametrize("way", [way for way in CURED if way.name not in SHORT], ids=lambda way: way.name)
def test_every_value_is_found_whole_behind_a_disguise_that_has_a_cure(way: Way) -> None:
    fitting = [value for value in values() if way.fits(value) and (way.name, value.name) not in ORDINARY]
    assert [value.name for value in fitting if not found_whole(SCAN, way, value)] == []


def test_the_share_that_is_found_whole_is_what_is_promised() -> None:
    table = shares(SCAN)
    share = sum(sum(row.values()) / len(row) for row in table.values()) / len(table)
    assert len(table) >= 50
    assert share >= 0.95
    assert sum(all(row.values()) for row in table.values()) >= 45


NEARLY = (
    " ", "\n", "(", "[", "<", "**", "`", "&", "%", "=", "\\", "at ", "at", " dot ", "dot", "(at", "@", "x", "1", "12 ",
    "a ", "- ", "<b", "</b>", "<!--", "-->", "&#6", "4;", "%4", "0", "YW5u", "YUBleGFtcGxlLm9yZw==", "616e6e61",
    "61 6e ", "_", "/", ", ", "\u202e", "\ufe0f", "а", "о", "。", "（", "word ", "Hello there. ", "日本", "é", "0x61 ",
    ".", "AB", " | ", "\u200b", "__", "~~", "2024-05-01 ", "**Note:** ", "`code` ", "&amp; ",
    "一", "二〇", '"', '" + ', '" + "', "<br>", "<div>", "</div>", "<div>4</div>", "\u2800", "YW5u ", "YUBl ", "with they ", "616e ",
    "\n> ", "\\n", "YW5uYUBleGFtcGxlLm9y\n", "፩", "²",
)  # fmt: skip
ways = st.sampled_from([way for way in WAYS if way.name != "base64 in lines"])  # a line that is cut is not joined with the next
hidden = st.tuples(ways, st.sampled_from(values())).filter(lambda pair: pair[0].fits(pair[1]))
sentences = hidden.map(lambda pair: disguised(*pair))
alone = hidden.map(lambda pair: pair[0].disguise(pair[1]))
cut = st.builds(lambda text, a, b: text[a : len(text) - b], alone, st.integers(0, 4), st.integers(0, 4))
broken = st.builds(
    lambda text, at, inside: text[: at % len(text)] + inside + text[at % len(text) :], alone, st.integers(0, 400), st.sampled_from(NEARLY)
)
texts = st.lists(st.one_of(sentences, alone, cut, broken, st.sampled_from(NEARLY)), min_size=1, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(splits(texts))
def test_any_split_of_disguises_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)


@settings(max_examples=60, deadline=None)
@given(sentences)
def test_a_disguise_that_arrives_by_the_character_comes_out_as_the_whole_text(text: str) -> None:
    assert streamed(SCAN, list(text)) == whole(SCAN, text)


@pytest.mark.parametrize(
    ("way", "value"), [(way, value) for way in CURED for value in values()[:1] if way.fits(value)], ids=lambda it: it.name
)
def test_no_share_of_an_address_leaves_before_it_is_found(way: Way, value: Value) -> None:
    text = disguised(way, value)
    assert streamed(SCAN, list(text)) == whole(SCAN, text)
