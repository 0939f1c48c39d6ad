# SPDX-License-Identifier: Apache-2.0
"""The demo model: the protocol as the official client reads it, and answers that show what crossed."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage, ChatCompletionMessageFunctionToolCall

from demo_model import DemoModel, pieces
from fakes.serve import served

SCRIPT = Path(__file__).parents[2] / "examples" / "demo_model.py"
LETTER = "Write to <PERSON_kqwzj> at <EMAIL_ADDRESS_abcde>, not to <PERSON_zzzzz>; again: <EMAIL_ADDRESS_abcde>."
TOKENS = ("<PERSON_kqwzj>", "<EMAIL_ADDRESS_abcde>", "<PERSON_zzzzz>")
PARAMETERS = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "copies": {"type": "integer"}, "address": {"type": "string"}},
}
TOOL = {"type": "function", "function": {"name": "send_letter", "parameters": PARAMETERS}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(DemoModel("demo-paris", delay=0).app()) as one:
        yield one


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as one:
        yield one


def body(text: Any, **more: Any) -> dict[str, Any]:
    return {"model": "small", "messages": [{"role": "user", "content": text}], **more}


def chat(url: str, text: Any, **more: Any) -> ChatCompletion:
    """The answer, held against the client's own types."""
    answer = httpx.post(f"{url}/v1/chat/completions", json=body(text, **more))
    assert answer.status_code == 200, answer.text
    return ChatCompletion.model_validate_json(answer.content, strict=True)


def chunks(url: str, text: Any, **more: Any) -> list[ChatCompletionChunk]:
    """The streamed answer, every event held against the client's own types."""
    answer = httpx.post(f"{url}/v1/chat/completions", json=body(text, stream=True, **more))
    *events, end, rest = answer.text.split("\n\n")
    assert (answer.headers["content-type"], end, rest) == ("text/event-stream", "data: [DONE]", "")
    return [ChatCompletionChunk.model_validate_json(event.removeprefix("data: "), strict=True) for event in events]


def said(choices: list[ChatCompletionChunk], index: int = 0) -> str:
    return "".join(c.delta.content or "" for one in choices for c in one.choices if c.index == index)


def the_call(message: ChatCompletionMessage) -> ChatCompletionMessageFunctionToolCall:
    """The only tool call of a message."""
    calls = message.tool_calls or []
    assert [call.type for call in calls] == ["function"]
    return cast(ChatCompletionMessageFunctionToolCall, calls[0])


def test_the_reply_holds_every_surrogate_and_the_whole_message_in_quotes(url: str) -> None:
    text = chat(url, LETTER).choices[0].message.content or ""
    noted, _, quoted = text.partition(" You wrote: ")
    assert quoted == f"\u201c{LETTER}\u201d"
    assert [noted.count(token) for token in TOKENS] == [1, 1, 1]


def test_the_same_request_has_the_same_reply(url: str) -> None:
    assert chat(url, LETTER).choices == chat(url, LETTER).choices


def test_a_stream_says_what_the_whole_answer_says_with_surrogates_cut_apart(url: str) -> None:
    streamed = chunks(url, LETTER)
    assert said(streamed) == chat(url, LETTER).choices[0].message.content
    each = [c.delta.content or "" for one in streamed for c in one.choices]
    assert not [piece for piece in each if any(token in piece for token in TOKENS)]
    assert [c.finish_reason for one in streamed for c in one.choices if c.finish_reason] == ["stop"]


@given(st.text())
def test_pieces_are_short_and_lose_nothing(text: str) -> None:
    cut = pieces(text)
    assert "".join(cut) == text
    assert all(2 <= len(piece) <= 6 for piece in cut[:-1])


def test_usage_counts_words_and_comes_last_in_a_stream_that_asks_for_it(url: str) -> None:
    usage = chat(url, "one two three").usage
    assert usage is not None
    assert usage.prompt_tokens == 3
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    streamed = chunks(url, "one two three", stream_options={"include_usage": True})
    assert ([], usage) == (streamed[-1].choices, streamed[-1].usage)
    assert {one.usage for one in streamed[:-1]} == {None}
    assert chunks(url, "one two three")[-1].choices


def test_n_choices_come_side_by_side(url: str) -> None:
    answer = chat(url, LETTER, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    streamed = chunks(url, LETTER, n=2)
    assert said(streamed, 0) == said(streamed, 1) == answer.choices[0].message.content
    assert [one.choices[0].index for one in streamed[:4]] == [0, 1, 0, 1]


def test_log_probabilities_cover_the_reply_where_they_are_asked_for(url: str) -> None:
    whole = chat(url, LETTER, logprobs=True, top_logprobs=1).choices[0]
    assert whole.logprobs is not None
    assert "".join(one.token for one in whole.logprobs.content or ()) == whole.message.content
    assert all(len(one.top_logprobs) == 1 for one in whole.logprobs.content or ())
    streamed = [c for one in chunks(url, LETTER, logprobs=True) for c in one.choices if c.delta.content]
    assert all(c.logprobs is not None and [t.token for t in c.logprobs.content or ()] == [c.delta.content] for c in streamed)
    assert chat(url, LETTER).choices[0].logprobs is None


def test_it_invents_personal_data_that_nobody_sent(url: str) -> None:
    text = chat(url, "Please invent a customer.").choices[0].message.content or ""
    assert "@example." in text
    assert "IBAN" in text


@pytest.mark.parametrize("asks", ["Please book a letter", "What is the weather"])
def test_it_calls_the_first_tool_with_the_surrogates(url: str, asks: str) -> None:
    choice = chat(url, f"{asks} for {LETTER}", tools=[TOOL]).choices[0]
    call = the_call(choice.message)
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert call.function.name == "send_letter"
    arguments = json.loads(call.function.arguments)
    assert sorted(arguments) == ["address", "to"]
    assert all(token in call.function.arguments for token in TOKENS)


def test_a_streamed_call_has_the_arguments_of_the_whole_one(url: str) -> None:
    whole = the_call(chat(url, f"book {LETTER}", tools=[TOOL]).choices[0].message)
    calls = [call for one in chunks(url, f"book {LETTER}", tools=[TOOL]) for c in one.choices for call in c.delta.tool_calls or ()]
    functions = [call.function for call in calls if call.function is not None]
    assert (calls[0].id, functions[0].name, calls[-1].id) == ("call_1", "send_letter", None)
    assert "".join(function.arguments or "" for function in functions) == whole.function.arguments


@pytest.mark.parametrize("more", [{}, {"tools": [TOOL], "tool_choice": "none"}, {"tools": [{"type": "web_search"}]}])
def test_nothing_is_called_that_was_not_offered(url: str, more: dict[str, Any]) -> None:
    assert chat(url, "book it", **more).choices[0].message.tool_calls is None


def test_the_clients_own_conversation_with_a_tool_ends_in_a_summary(client: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": f"book {LETTER}"}]
    first = client.chat.completions.create(model="small", messages=messages, tools=[TOOL])  # type: ignore[list-item]  # a plain dict
    calls = first.choices[0].message.tool_calls or []
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": calls[0].id, "content": "sent to <PERSON_kqwzj>"}]
    second = client.chat.completions.create(model="small", messages=messages, tools=[TOOL])  # type: ignore[list-item]  # a plain dict
    assert second.choices[0].message.content == "The tool says: sent to <PERSON_kqwzj>"


def test_a_message_in_parts_and_one_of_another_role_after_it_are_read(url: str) -> None:
    parts = [{"type": "text", "text": "to <PERSON_kqwzj>"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    more = {"messages": [{"role": "user", "content": parts}, {"role": "system", "content": "be brief"}]}
    assert "Dear <PERSON_kqwzj>" in (chat(url, "", **more).choices[0].message.content or "")


def test_what_arrived_can_be_seen_and_forgotten(url: str) -> None:
    httpx.delete(f"{url}/received")
    chat(url, "first")
    chat(url, "second", seed=7)
    assert httpx.get(f"{url}/received").json() == [body("first"), body("second", seed=7)]
    assert httpx.delete(f"{url}/received").status_code == 204
    assert httpx.get(f"{url}/received").json() == []


def test_the_model_is_listed_by_its_name(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo-paris"]


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"", None),
        (b"{", None),
        (b'"\xff"', None),
        (b"[" * 100_000, None),
        (b"[]", "messages"),
        (b'{"messages": []}', "messages"),
        (b'{"messages": "hi"}', "messages"),
        (b'{"messages": [7]}', "messages"),
        (b'{"messages": [{"content": "hi"}]}', "messages"),
        (b'{"messages": [{"role": ["user"]}]}', "messages"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "n": "2"}', "n"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "n": true}', "n"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "n": 0}', "n"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "n": 100000}', "n"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "stream": "yes"}', "stream"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "stream_options": 1}', "stream_options"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "tools": {}}', "tools"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function"}]}', "tools"),
        (b'{"messages": [{"role": "user", "content": "hi"}], "tools": [{}]}', "tools"),
    ],
)
def test_a_bad_body_is_a_400_that_the_client_understands(url: str, raw: bytes, param: str | None) -> None:
    httpx.delete(f"{url}/received")
    answer = httpx.post(f"{url}/v1/chat/completions", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert httpx.get(f"{url}/received").json() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_even_in_the_middle_of_a_stream(number: signal.Signals) -> None:
    arguments = [sys.executable, str(SCRIPT), "--port", "0", "--name", "mistral-eu", "--delay-ms", "1000"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            name, _, url = process.stdout.readline().strip().partition(": ")
            assert name == "mistral-eu"
            with httpx.stream("POST", f"{url}/v1/chat/completions", json=body(LETTER, stream=True)) as answer:
                # Held: an iterator that is dropped closes the stream.
                raw = answer.iter_bytes()
                assert next(raw)
                process.send_signal(number)
                _, errors = process.communicate(timeout=5)
            assert (process.returncode, errors) == (0, "")
        finally:
            process.kill()
