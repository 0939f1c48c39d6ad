# SPDX-License-Identifier: Apache-2.0
"""The map of OpenAI's chats: whatever stands in a body is a segment, part of something opaque, or a word of the protocol."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import ShapeRejected
from douane.exchange import Exchange, Segment
from douane.wire import openai
from douane.wire.body import Body, BodyLimits
from douane.wire.openai_stream import read_chunk

LIMITS = BodyLimits(10_000_000, 200, 100_000)

REQUEST: dict[str, Any] = {
    "model": "small",
    "messages": [
        {"role": "system", "content": "s", "name": "n"},
        {"role": "user", "content": [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": "https://a.example"}}]},
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "f", "filename": "g"}}]},
        {
            "role": "assistant",
            "content": None,
            "refusal": "r",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            "function_call": {"name": "f", "arguments": "{}"},
        },
        {"role": "tool", "tool_call_id": "c", "content": "result"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "f",
                "description": "d",
                "parameters": {"type": "object", "properties": {"p": {"type": "string", "enum": ["e"], "default": {"k": "v"}}}},
            },
        },
        {"type": "custom", "custom": {"name": "n", "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "x"}}}},
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    "prediction": {"type": "content", "content": "p"},
    "metadata": {"k": "v"},
    "stop": ["s"],
    "web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "c"}}},
    "audio": {"voice": "alloy", "format": "wav"},
    "stream_options": {"include_usage": True},
    "logit_bias": {"50256": -100},
}
CHUNK: dict[str, Any] = {
    "id": "i",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "content": "c",
                "refusal": "r",
                "tool_calls": [{"index": 0, "id": "i", "type": "function", "function": {"name": "n", "arguments": "{"}}],
                "function_call": {"name": "n", "arguments": "{"},
                "odd": [{"deep": "d"}],
            },
            "finish_reason": None,
        }
    ],
    "usage": {"total_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}},
}
RESPONSE: dict[str, Any] = {
    "id": "i",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": REQUEST["messages"][3], "finish_reason": "stop"}],
    "usage": {"total_tokens": 1},
}

tokens = st.integers(0, 10**6).map(lambda number: f"token-{number:06}")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | tokens,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tokens, inner, max_size=3),
    max_leaves=6,
)


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a value."""
    if at:
        yield at
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*at, key))


@st.composite
def changed(draw: st.DrawFn, base: dict[str, Any]) -> Any:
    """A body with something else in some of its places, and members that nobody knows."""
    body = json.loads(json.dumps(base))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(body))))
        parent = body
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = draw(values)
        if isinstance(parent, dict) and draw(st.booleans()):
            parent[draw(tokens)] = draw(values)
    return body


def spelt(value: object) -> set[str]:
    """The tokens that a value holds, as values and as names."""
    text = json.dumps(value)
    return {text[at : at + 12] for at in range(len(text)) if text.startswith("token-", at)}


def read_request(body: Any) -> tuple[Body, Exchange]:
    parsed = Body.parse(json.dumps(body).encode(), LIMITS)
    return parsed, openai.read_request(parsed)


def edited(body: Body, segments: tuple[Segment, ...]) -> bytes:
    """The body with every segment replaced by a text of its own."""
    numbers = itertools.count()
    keys = {segment.pointer: f"k{next(numbers)}" for segment in segments if segment.kind == "key"}
    texts = {segment.pointer: f"v{next(numbers)}" for segment in segments if segment.kind != "key"}
    return body.rewrite(values=texts, keys=keys)


@given(changed(REQUEST))
def test_every_string_of_a_request_is_a_segment_and_can_be_edited(body: Any) -> None:
    try:
        parsed, exchange = read_request(body)
    except ShapeRejected:
        return
    unseen = spelt(body) - {part for segment in exchange.segments for part in spelt(segment.text)} - spelt(exchange.model)
    assert unseen == set()
    after = json.loads(edited(parsed, exchange.segments))
    assert spelt(after) <= spelt(exchange.model)


@given(changed(RESPONSE))
def test_every_string_of_an_answer_is_a_segment_and_can_be_edited(body: Any) -> None:
    parsed = Body.parse(json.dumps(body).encode(), LIMITS)
    exchange = openai.read_response(parsed)
    assert spelt(body) == {part for segment in exchange.segments for part in spelt(segment.text)}
    assert spelt(json.loads(edited(parsed, exchange.segments))) == set()


@given(changed(CHUNK))
def test_every_string_of_a_chunk_is_a_fragment_or_a_segment(body: Any) -> None:
    parsed = Body.parse(json.dumps(body).encode(), LIMITS)
    try:
        chunk = read_chunk(parsed)
    except ShapeRejected:
        return
    texts = [fragment.text for fragment in chunk.fragments] + [segment.text for segment in chunk.segments]
    repeated = {pointer for _, pointer in chunk.logprobs}
    assert spelt(body) == {part for text in texts for part in spelt(text)} or repeated


@given(changed(REQUEST))
def test_no_place_tells_a_name_that_the_caller_chose(body: Any) -> None:
    try:
        _, exchange = read_request(body)
    except ShapeRejected:
        return
    told = [segment.place for segment in exchange.segments] + [part.place for part in exchange.opaque]
    told += [call.place for call in exchange.egress] + list(exchange.unknown)
    assert spelt(told) == set()


def test_what_the_protocol_knows_is_not_reported_as_unknown() -> None:
    _, exchange = read_request(REQUEST)
    assert exchange.unknown == ()
    assert {segment.role for segment in exchange.segments} == {"system", "user", "assistant", "tool", "none"}
    assert {"arguments", "name", "identifier", "definition", "metadata", "key", "text"} == {segment.kind for segment in exchange.segments}
    assert [part.kind for part in exchange.opaque] == ["state"]
    assert [call.kind for call in exchange.egress] == ["remote_url", "web_search"]
    assert exchange.tools_declared == ("f", "n")
    assert exchange.tools_called == ("f", "f")


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, "image"),
        ({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}, "image"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "audio"),
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}, "file"),
    ],
)
def test_what_no_detector_can_read_is_told(part: Any, kind: str) -> None:
    _, exchange = read_request({"model": "small", "messages": [{"role": "user", "content": [part]}]})
    assert [opaque.kind for opaque in exchange.opaque] == [kind]


def test_data_in_plain_text_is_read_after_all() -> None:
    part = {"type": "image_url", "image_url": {"url": "data:text/plain,mail%20anna"}}
    _, exchange = read_request({"model": "small", "messages": [{"role": "user", "content": [part]}]})
    assert [segment.text for segment in exchange.segments] == ["data:text/plain,mail%20anna"]


def test_trust_follows_the_role() -> None:
    roles = ["system", "developer", "user", "assistant", "tool", "function", "unheard"]
    _, exchange = read_request({"model": "small", "messages": [{"role": role, "content": role} for role in roles]})
    trust = {segment.text: segment.trust for segment in exchange.segments if segment.kind == "text"}
    assert trust == {
        "system": "system",
        "developer": "system",
        "user": "user",
        "assistant": "model",
        "tool": "tool",
        "function": "tool",
        "unheard": "user",
    }


def test_a_document_that_is_passed_on_is_not_what_the_user_says() -> None:
    body = {"model": "small", "prediction": {"type": "content", "content": "draft"}, "messages": [{"role": "user", "content": "mend it"}]}
    _, exchange = read_request(body)
    assert {segment.text: segment.trust for segment in exchange.segments if segment.kind == "text"} == {
        "draft": "document",
        "mend it": "user",
    }


def test_the_shape_of_an_error_is_the_protocols() -> None:
    body = json.loads(openai.error_body("no", type="invalid_request_error", code="c7", extra={"douane": {"decision_id": "1"}}))
    assert body == {
        "error": {"message": "no", "type": "invalid_request_error", "param": None, "code": "c7", "douane": {"decision_id": "1"}}
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, (None, None)),
        ({"n": 3, "max_completion_tokens": 7}, (3, 7)),
        ({"max_tokens": 5}, (None, 5)),
        ({"n": 2.0, "max_tokens": 5e2}, (2, 500)),
        ({"n": None, "max_tokens": None}, (None, None)),
        ({"max_completion_tokens": 10, "max_tokens": 900}, (None, 900)),
        ({"max_completion_tokens": 0, "max_tokens": 900}, (None, 0)),
        ({"max_tokens": -1}, (None, -1)),
        ({"n": 10**30}, (2**53, None)),
    ],
)
def test_how_much_a_request_asks_for_is_told(members: dict[str, Any], expected: tuple[int | None, int | None]) -> None:
    _, exchange = read_request({"model": "small", "messages": [{"role": "user", "content": "hi"}], **members})
    assert (exchange.choices, exchange.output_tokens) == expected
    assert exchange.unknown == ()


@pytest.mark.parametrize("member", ["n", "max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("value", ["9", 1.5, True, [1], {"a": 1}])
def test_a_number_that_endpoints_may_read_differently_is_refused(member: str, value: object) -> None:
    with pytest.raises(ShapeRejected, match=f"`{member}` must be a whole number"):
        read_request({"model": "small", "messages": [{"role": "user", "content": "hi"}], member: value})


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"type": "json_object"}, True),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}, True),
        ({"type": "text"}, False),
        (None, False),
    ],
)
def test_whether_an_answer_is_to_be_json_is_told(form: object, expected: bool) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": "Hello"}], "response_format": form}
    assert read_request(body)[1].json_answer is expected
