# SPDX-License-Identifier: Apache-2.0
"""Events of a stream as they are read: what repeats the chunk before is told by its bytes, and is what parsing it would give."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.wire import sse
from douane.wire.body import Body, BodyLimits
from douane.wire.openai_events import EventReader, Item, Run
from douane.wire.openai_stream import read_chunk

LIMITS = BodyLimits(100_000, 64, 10_000)
TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(['"content"', '"content":"', '","content":"x', "\\", '\\"', "a\nb", "\U0001f600", "data: x", "[DONE]"]),
)


def tree(delta: dict[str, Any], index: int = 0, **more: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def call(text: str, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, **more, "function": {"arguments": text}}]}


DELTAS = st.one_of(
    TEXT.map(lambda text: {"content": text}),
    TEXT.map(lambda text: {"content": text, "role": "assistant"}),
    TEXT.map(lambda text: {"refusal": text}),
    TEXT.map(lambda text: {"odd": text}),
    TEXT.map(lambda text: {"audio": {"transcript": text}}),
    TEXT.map(lambda text: {"content": text, "reasoning": text}),
    TEXT.map(call),
)
CHUNKS = st.builds(tree, DELTAS, st.integers(0, 1))
STREAMS = st.lists(st.tuples(CHUNKS, st.booleans(), st.booleans()).map(lambda case: written(*case)), max_size=12)


def written(chunk: object, is_ascii: bool, is_wide: bool) -> str:
    return json.dumps(chunk, ensure_ascii=is_ascii, separators=(", ", ": ") if is_wide else (",", ":"))


def read(datas: list[str]) -> list[Item | Run]:
    reader = EventReader(LIMITS)
    events, broken = reader.feed(b"".join(map(sse.encode, datas)))
    items, unreadable = reader.read(events)
    assert broken is None
    assert unreadable is None
    return items


@given(STREAMS)
def test_what_repeats_a_chunk_is_what_parsing_it_would_give(datas: list[str]) -> None:
    done = 0
    for item in read(datas):
        if isinstance(item, Item):
            assert item.body is not None
            assert item.chunk == read_chunk(item.body)
            assert item.body == Body.parse(datas[done].encode(), LIMITS)
            done += 1
            continue
        for data, text in zip(item.datas, item.texts, strict=True):
            assert data == datas[done]
            chunk = read_chunk(Body.parse(data.encode(), LIMITS))
            assert [(one.channel, one.text, one.in_json) for one in chunk.fragments] == [
                (item.pattern.fragment.channel, text, item.pattern.fragment.in_json)
            ]
            assert (chunk.finished, chunk.logprobs, chunk.odd_logprobs, chunk.named, chunk.facts) == ((), (), (), (), None)
            done += 1
    assert done == len(datas)


@given(TEXT, TEXT)
def test_a_chunk_is_written_anew_with_another_text(first: str, second: str) -> None:
    for item in read([written(tree({"content": "x"}), False, False), written(tree({"content": first}), False, False)]):
        if isinstance(item, Run):
            assert json.loads(item.pattern.written(second)) == tree({"content": second})


def test_the_usual_chunks_of_a_stream_are_read_once() -> None:
    texts = ["Good", " morning", ", \u00e9lan", ' "quoted"', "\n", " \U0001f600", ""]
    start, *runs = read([written(tree({"content": text}), False, True) for text in ["x", *texts]])
    assert isinstance(start, Item)
    assert [run.texts for run in runs if isinstance(run, Run)] == [texts]


def test_choices_that_take_turns_are_read_once_each() -> None:
    items = read([written(tree({"content": f"{turn}"}, turn % 2), False, False) for turn in range(8)])
    assert [type(item) for item in items] == [Item] * 2 + [Run] * 6


def test_many_chunks_that_came_at_once_are_parted() -> None:
    sizes = [len(item.texts) for item in read([written(tree({"content": "word "}), False, False)] * 200) if isinstance(item, Run)]
    assert sum(sizes) == 199
    assert max(sizes) == 64


@pytest.mark.parametrize(
    "second",
    [
        tree({"content": "y"}, usage={"completion_tokens": 1}),
        tree({"content": "y"}) | {"model": "other"},
        tree({"content": "y"}) | {"choices": [{"index": 0, "delta": {"content": "y"}, "logprobs": None, "finish_reason": "stop"}]},
        tree({"content": "y", "odd": "z"}),
        tree({"content": None}),
        tree({"content": "y"}, 1),
    ],
)
def test_a_chunk_with_anything_else_is_parsed(second: dict[str, Any]) -> None:
    assert [type(item) for item in read([written(chunk, False, False) for chunk in (tree({"content": "x"}), second)])] == [Item, Item]


@pytest.mark.parametrize("inside", ["\\ud800", "\\u0041", "\\x", "\x01", '"', "\\"])
def test_a_string_that_is_none_or_spelt_is_left_to_the_parser(inside: str) -> None:
    reader = EventReader(LIMITS)
    first = written(tree({"content": "x"}), False, False)
    reader.read([sse.Event(first)])
    items, broken = reader.read([sse.Event(first.replace('"x"', f'"{inside}"'))])
    assert (broken is None) == (inside == "\\u0041")
    assert not any(isinstance(item, Run) for item in items)


def test_events_of_another_name_are_no_repeats() -> None:
    reader = EventReader(LIMITS)
    data = written(tree({"content": "x"}), False, False)
    items, _ = reader.read([sse.Event(data), sse.Event(data, "ping"), sse.Event(data, "odd"), sse.Event(data)])
    assert [type(item) for item in items] == [Item, Item, Item, Run]
