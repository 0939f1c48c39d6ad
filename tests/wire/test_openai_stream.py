# SPDX-License-Identifier: Apache-2.0
"""Chunks of a stream: which texts grow, which come whole, and the chunks that a guard adds."""

import json
from typing import Any

import pytest

from douane.errors import ShapeRejected
from douane.wire.body import Body, BodyLimits
from douane.wire.openai_stream import extra_chunk, finish_chunk, read_chunk

LIMITS = BodyLimits(100_000, 64, 10_000)


def body(*choices: Any, **more: Any) -> Body:
    tree = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": list(choices), **more}
    return Body.parse(json.dumps(tree).encode(), LIMITS)


def choice(delta: Any, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": None, **more}


def channels(*choices: Any) -> dict[Any, str]:
    return {fragment.channel: fragment.text for fragment in read_chunk(body(*choices)).fragments}


def test_texts_of_a_delta_grow_each_in_a_channel_of_its_own() -> None:
    found = channels(choice({"content": "a", "refusal": "b", "reasoning_content": "c", "odd": {"x": ["d"]}}), choice({"content": "e"}, 1))
    assert found == {
        ("delta", 0, "content"): "a",
        ("delta", 0, "refusal"): "b",
        ("delta", 0, "reasoning_content"): "c",
        ("delta", 0, "odd", "x", 0): "d",
        ("delta", 1, "content"): "e",
    }


def test_a_tool_call_is_known_by_its_index_not_by_its_place() -> None:
    first = {"index": 1, "function": {"arguments": "a"}}
    second = {"index": 0, "function": {"arguments": "b"}}
    assert channels(choice({"tool_calls": [first, second]})) == {
        ("delta", 0, "tool_calls", 1, "function", "arguments"): "a",
        ("delta", 0, "tool_calls", 0, "function", "arguments"): "b",
    }


def test_what_stands_beside_a_delta_comes_whole() -> None:
    chunk = read_chunk(body(choice({}, content_filter_results={"hate": {"severity": "safe"}}, stop_reason="</s>")))
    assert chunk.fragments == ()
    assert {segment.text for segment in chunk.segments} >= {"safe", "</s>"}


def tokens(*texts: str) -> dict[str, Any]:
    return {"content": [{"token": text, "logprob": -0.1, "bytes": list(text.encode()), "top_logprobs": []} for text in texts]}


def test_log_probabilities_and_the_end_of_a_choice_are_told() -> None:
    chunk = read_chunk(body({**choice({"content": "ab"}, 2), "finish_reason": "stop", "logprobs": tokens("a", "b")}))
    assert chunk.finished == (2,)
    assert (chunk.logprobs, chunk.odd_logprobs) == (((2, "/choices/0/logprobs"),), ())
    assert chunk.model == "m"


@pytest.mark.parametrize(
    "odd",
    [
        tokens("a", "c"),
        tokens("anna@example.org"),
        {**tokens("a", "b"), "note": "x"},
        {"content": [{**tokens("ab")["content"][0], "note": "x"}]},
        {"content": [{**tokens("ab")["content"][0], "token": "anna@example.org"}]},
        {"content": [{**tokens("ab")["content"][0], "top_logprobs": [{"token": "x" * 200, "logprob": 0}]}]},
        "anna@example.org",
        [],
    ],
)
def test_log_probabilities_that_spell_anything_else_are_odd(odd: Any) -> None:
    chunk = read_chunk(body({**choice({"content": "ab"}), "logprobs": odd}))
    assert (chunk.logprobs, chunk.odd_logprobs) == ((), ("/choices/0/logprobs",))


def test_an_empty_reason_ends_nothing() -> None:
    assert read_chunk(body({**choice({"content": "a"}), "finish_reason": ""})).finished == ()


def test_what_is_no_text_is_told_as_facts() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "send_letter", "arguments": "{}"}}
    facts = read_chunk(body(choice({"tool_calls": [call], "audio": {"data": "UklGRg==", "transcript": "hi"}, "odd": "x"}))).facts
    assert facts is not None
    assert [part.kind for part in facts.opaque] == ["audio"]
    assert facts.unknown == ("/choices/0/delta/*",)
    assert facts.tools_called == ("send_letter",)
    assert read_chunk(body(choice({"content": "a"}))).facts is None


@pytest.mark.parametrize(
    "tree",
    [[], 1, {"choices": 1}, {"choices": [1]}, {"choices": [{"index": "a"}]}, {"choices": [{"index": 10**6}]}, {"choices": [{"index": -1}]}],
)
def test_what_is_no_chunk_is_rejected(tree: Any) -> None:
    with pytest.raises(ShapeRejected):
        read_chunk(Body.parse(json.dumps(tree).encode(), LIMITS))


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "a"},
        {"refusal": "a"},
        {"reasoning_content": "a"},
        {"tool_calls": [{"index": 3, "function": {"arguments": "a"}}]},
        {"tool_calls": [{"index": 3, "custom": {"input": "a"}}]},
        {"function_call": {"arguments": "a"}},
        {"odd": [{"type": "thing", "text": "a"}]},
    ],
)
def test_an_added_chunk_goes_on_with_the_same_text_and_no_other(delta: Any) -> None:
    template = body(choice({**delta, "role": "assistant"}), choice({"content": "other"}, 1))
    (channel,) = [fragment.channel for fragment in read_chunk(template).fragments if fragment.choice == 0]
    added = Body.parse(extra_chunk(template, channel, "rest"), LIMITS)
    assert {fragment.channel: fragment.text for fragment in read_chunk(added).fragments if fragment.text} == {channel: "rest"}
    assert b"other" not in added.raw


def test_an_added_end_names_the_choice_and_the_reason() -> None:
    ended = json.loads(finish_chunk(body(choice({"content": "a"})), 4, "content_filter"))
    assert ended["choices"] == [{"index": 4, "delta": {}, "logprobs": None, "finish_reason": "content_filter"}]
    assert (ended["id"], ended["model"]) == ("c1", "m")


def test_parts_of_a_list_grow_but_not_what_says_what_they_are() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "So"}]}
    chunk = read_chunk(body(choice({"content": [thinking]})))
    assert [fragment.text for fragment in chunk.fragments] == ["So"]
    assert {"thinking", "text"} <= {segment.text for segment in chunk.segments if segment.kind == "identifier"}


def test_no_repr_shows_what_an_endpoint_called_a_member() -> None:
    assert "hanna" not in repr(read_chunk(body(choice({"hanna.q@example.org": "x"}))))
