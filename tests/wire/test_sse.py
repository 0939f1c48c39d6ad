# SPDX-License-Identifier: Apache-2.0
"""Event streams: any split gives the same events, and what is broken is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import UpstreamBroken
from douane.wire.sse import Comment, Event, SseParser, encode

LINES = st.lists(
    st.sampled_from(["data: a", "data:b", "data", "data: é😀", ": ping", ":", "event: error", "id: 7", "retry: 10", "x", "", ""]),
    max_size=20,
)


def parsed(pieces: list[bytes]) -> list[Event | Comment]:
    parser = SseParser(10_000)
    return [item for piece in pieces for item in parser.feed(piece)]


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 300), max_size=12))
def test_any_split_and_any_line_end_give_the_same_events(lines: list[str], end: str, cuts: list[int]) -> None:
    whole = "".join(line + "\n" for line in lines).encode()
    raw = "".join(line + end for line in lines).encode()
    places = sorted(min(cut, len(raw)) for cut in cuts)
    pieces = [raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True)]
    assert parsed(pieces) == parsed([whole])


@given(st.text().filter(lambda text: "\r" not in text), st.sampled_from(["", "error"]))
def test_what_is_encoded_is_read_back(data: str, event: str) -> None:
    assert parsed([encode(data, event)]) == [Event(data, event)]


def test_data_over_several_lines_is_one_event() -> None:
    assert parsed([b"data: a\ndata: b\n\n"]) == [Event("a\nb")]


def test_a_byte_order_mark_at_the_start_is_dropped() -> None:
    assert parsed([b"\xef\xbb", b"\xbfdata: a\n\n"]) == [Event("a")]


def test_an_event_without_data_is_none() -> None:
    assert parsed([b"event: error\n\n"]) == []


def test_an_unfinished_event_is_told() -> None:
    parser = SseParser(100)
    list(parser.feed(b"data: a\n"))
    assert not parser.is_clean
    list(parser.feed(b"\n"))
    assert parser.is_clean


@pytest.mark.parametrize("raw", [b"data: " + b"a" * 200, b"data: aaaa\n" * 50])
def test_an_endless_event_is_stopped(raw: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        list(SseParser(100).feed(raw))


def test_what_is_not_utf8_is_broken() -> None:
    with pytest.raises(UpstreamBroken):
        list(SseParser(100).feed(b"data: \xff\n\n"))


def test_what_came_before_a_broken_byte_is_taken() -> None:
    found = SseParser(100).feed(b"data: a\n\ndata: \xff\n\n")
    assert next(found) == Event("a")
    with pytest.raises(UpstreamBroken):
        next(found)
