# SPDX-License-Identifier: Apache-2.0
"""JSON escapes seen through: exact both ways, as deep as JSON stands in JSON, and open at the end of a stream."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.readings.escape import escapes, open_escape, unescaped
from douane.detect.readings.view import View, composed
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.exchange import Segment
from fakes.streams import splits, streamed, whole

texts = st.text(alphabet='an1@. \\"/nbu0é😀\n\t\u0000', max_size=40)


def parts_of(view: View, original: str) -> list[str]:
    """What stands in the original for every character of the view."""
    return [original[slice(*view.original(place, place + 1))] for place in range(len(view.text))]


@given(texts, st.booleans())
def test_what_json_means_is_what_is_seen(text: str, is_ascii: bool) -> None:
    written = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
    seen = unescaped(written)
    assert (written if seen is None else seen.text) == text


@given(texts)
def test_the_map_back_is_exact(text: str) -> None:
    written = json.dumps(text)[1:-1]
    seen = unescaped(written)
    if seen is None:
        return
    parts = parts_of(seen, written)
    assert "".join(parts) == written
    for part, character in zip(parts, seen.text, strict=True):
        assert json.loads(f'"{part}"', strict=False) == character


@given(texts)
def test_json_in_json_is_seen_through_with_one_map(text: str) -> None:
    written = json.dumps(json.dumps(text)[1:-1])[1:-1]
    outer = unescaped(written)
    inner = None if outer is None else unescaped(outer.text)
    if outer is None or inner is None:
        return
    both = composed(outer, inner)
    assert both.text == text
    assert "".join(parts_of(both, written)) == written


@given(texts, st.data())
def test_an_escape_that_is_not_whole_is_open(text: str, data: st.DataObject) -> None:
    written = json.dumps(text)[1:-1]
    cut = data.draw(st.integers(0, len(written)))
    place = open_escape(written[:cut])
    inside = [start for start, end in next(escapes(written), []) if start < cut < end]
    assert place <= (inside[0] if inside else cut)
    seen = unescaped(written[:place])
    assert text.startswith(written[:place] if seen is None else seen.text)


@pytest.mark.parametrize(
    ("text", "place"),
    [("", 0), ("abc", 3), ("abc\\", 3), ("abc\\\\", 5), ("abc\\\\\\", 5), ("\\u00e", 0), ("\\u00e9", 6), ("\\ud83d\\u", 0)],
)
def test_where_it_is_open(text: str, place: int) -> None:
    assert open_escape(text) == place


def test_a_path_of_windows_is_left_as_it_is() -> None:
    assert unescaped("C:\\data\\users") is None


VALUES = ("anna.berger@example.org", "+49 30 901820", "DE89370400440532013000", "ghp_" + "aB3dE5gH" * 4 + "1234")
SCAN = Scan([Identifiers(("FR", "DE")), Secrets()])


def found(text: str) -> list[str]:
    (result,) = [SCAN.scan((Segment("", text, ""),))]
    return [text[finding.start : finding.end] for finding in result.findings]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("before", ["", "\n", "\t", "\r\n", '"', "\\", "é ", "line\n"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_value_behind_an_escape_is_found_whole_and_no_more(value: str, before: str, depth: int) -> None:
    text = f"a {before}{value} b"
    for _ in range(depth):
        text = json.dumps({"t": text})
    assert found(text) == [value]


def test_characters_written_by_their_number_are_seen() -> None:
    assert found('{"to": "anna\\u0040example.org"}') == ["anna\\u0040example.org"]
    written = VALUES[2].replace("0", "\\u0030")
    assert found(f'{{"to": "{written}"}}') == [written]


words = st.lists(st.sampled_from([*VALUES, "\n", "\t", " ", '"', "\\", "é", "n", "u0040", "and", ".", "1234"]), max_size=8)


@settings(max_examples=300, deadline=None)
@given(splits(st.dictionaries(words.map("".join), words.map("".join), max_size=3).map(json.dumps)))
def test_arguments_in_pieces_become_what_they_become_as_a_whole(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    out = streamed(SCAN, pieces, in_json=True)
    assert streamed(SCAN, text, in_json=True) == out == whole(SCAN, text, in_json=True)
    json.loads(out.text)
