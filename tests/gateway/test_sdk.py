# SPDX-License-Identifier: Apache-2.0
"""The official `openai` client against the gateway: unmodified, sync and async, streamed and not, tools included."""

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from fakes.stack import Stack, stack
from fakes.upstream import chat_answer, chunk, compressed, events

LETTER = "Write to anna.berger@example.org about IBAN DE89370400440532013000."
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "send_letter",
        "description": "Sends a letter",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
    },
}


def say(text: str) -> Any:
    return [{"role": "user", "content": text}]


def surrogates(running: Stack) -> list[str]:
    """The surrogates in the last message that the endpoint in Paris received."""
    content: str = running.paris.received[-1].json["messages"][-1]["content"]
    return [word.strip(".") for word in content.split() if word.startswith("<")]


def echo(running: Stack, *, stream: bool = False) -> None:
    """Make the endpoint repeat the last message."""

    def script(connection: Any) -> None:
        text = running.paris.received[-1].json["messages"][-1]["content"]
        connection.stream(events(text, 3)) if stream else connection.answer(chat_answer(text))

    running.paris.script = script


def test_a_chat_keeps_personal_data_from_the_model_and_gives_it_back(running: Stack, client: openai.OpenAI) -> None:
    echo(running)
    answer = client.chat.completions.create(model="small", messages=say(LETTER))
    assert answer.choices[0].message.content == LETTER
    (received,) = running.paris.received
    assert b"anna.berger" not in received.everything
    assert b"DE8937" not in received.everything
    assert len(surrogates(running)) == 2


def test_a_streamed_chat_does_the_same(running: Stack, client: openai.OpenAI) -> None:
    echo(running, stream=True)
    stream = client.chat.completions.create(model="small", messages=say(LETTER), stream=True)
    chunks = list(stream)
    assert "".join(part.choices[0].delta.content or "" for part in chunks) == LETTER
    assert [part.choices[0].finish_reason for part in chunks][-1] == "stop"
    assert b"anna.berger" not in running.paris.received[0].everything


async def test_the_async_client_works_streamed_and_not(running: Stack) -> None:
    async with openai.AsyncOpenAI(base_url=running.base, api_key="none") as client:
        echo(running)
        answer = await client.chat.completions.create(model="small", messages=say(LETTER))
        assert answer.choices[0].message.content == LETTER
        echo(running, stream=True)
        stream = await client.chat.completions.create(model="small", messages=say(LETTER), stream=True)
        assert "".join([part.choices[0].delta.content or "" async for part in stream]) == LETTER


def test_the_streaming_helper_of_the_client_works(running: Stack, client: openai.OpenAI) -> None:
    echo(running, stream=True)
    with client.chat.completions.stream(model="small", messages=say(LETTER)) as stream:
        stream.until_done()
        assert stream.get_final_completion().choices[0].message.content == LETTER


def test_a_tool_gets_what_the_model_never_saw(running: Stack, client: openai.OpenAI) -> None:
    def script(connection: Any) -> None:
        arguments = json.dumps({"to": surrogates(running)[0]})
        call = {"id": "call_1", "type": "function", "function": {"name": "send_letter", "arguments": arguments}}
        connection.answer(chat_answer(None, tool_calls=[call]))

    running.paris.script = script
    answer = client.chat.completions.create(model="small", messages=say(LETTER), tools=[TOOL])
    (call,) = answer.choices[0].message.tool_calls or ()
    assert call.type == "function"
    assert json.loads(call.function.arguments) == {"to": "anna.berger@example.org"}
    assert running.paris.received[0].json["tools"] == [TOOL]


def test_a_streamed_tool_call_arrives_as_valid_json(running: Stack, client: openai.OpenAI) -> None:
    def script(connection: Any) -> None:
        arguments = json.dumps({"to": surrogates(running)[0], "cc": "stranger@example.net"})
        head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "send_letter", "arguments": ""}}
        rest = [
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": arguments[at : at + 5]}}]}) for at in range(0, len(arguments), 5)
        ]
        connection.stream([chunk({"role": "assistant", "tool_calls": [head]}), *rest, chunk({}, "tool_calls"), b"data: [DONE]\n\n"])

    running.paris.script = script
    with client.chat.completions.stream(model="small", messages=say(LETTER), tools=[TOOL]) as stream:
        stream.until_done()
        (call,) = stream.get_final_completion().choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments) == {"to": "anna.berger@example.org", "cc": "[REDACTED:EMAIL_ADDRESS]"}
    assert call.id == "call_1"


def test_a_conversation_with_a_tools_result_is_guarded_in_every_message(running: Stack, client: openai.OpenAI) -> None:
    echo(running)
    call = {"id": "call_1", "type": "function", "function": {"name": "send_letter", "arguments": '{"to": "anna.berger@example.org"}'}}
    messages: Any = [
        {"role": "user", "content": "Write to her."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sent to anna.berger@example.org"},
    ]
    answer = client.chat.completions.create(model="small", messages=messages)
    assert answer.choices[0].message.content == "sent to anna.berger@example.org"
    assert b"anna.berger" not in running.paris.received[0].everything
    sent = running.paris.received[0].json["messages"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"])["to"] == sent[2]["content"].split()[-1]


@pytest.mark.parametrize("before", ["\n", "\t", '"', "\\"])
def test_values_behind_escapes_of_json_in_json_are_kept_from_the_model(running: Stack, client: openai.OpenAI, before: str) -> None:
    letter = {"text": f"so:{before}anna.berger@example.org", "phone": f"call{before}+49 30 901820"}
    call = {"id": "call_1", "type": "function", "function": {"name": "send_letter", "arguments": json.dumps(letter)}}

    def script(connection: Any) -> None:
        sent = connection.request.json["messages"]
        again = {**call, "function": {**call["function"], "arguments": sent[1]["tool_calls"][0]["function"]["arguments"]}}
        connection.answer(chat_answer(None, tool_calls=[again]))

    running.paris.script = script
    messages: Any = [
        {"role": "user", "content": "Write to her."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"sent": json.dumps(letter)})},
    ]
    answer = client.chat.completions.create(model="small", messages=messages)
    received = running.paris.received[0]
    assert b"berger" not in received.everything
    assert b"901820" not in received.everything
    assert set(json.loads(received.json["messages"][1]["tool_calls"][0]["function"]["arguments"])) == {"text", "phone"}
    (again,) = answer.choices[0].message.tool_calls or ()
    assert again.type == "function"
    assert json.loads(again.function.arguments) == letter


def test_several_choices_are_guarded_each(running: Stack, client: openai.OpenAI) -> None:
    pieces = [chunk({"content": text}, index=index) for text in ("stran", "ger@examp", "le.net ") for index in (0, 1)]
    running.paris.script = lambda c: c.stream([*pieces, chunk({}, "stop"), chunk({}, "stop", index=1), b"data: [DONE]\n\n"])
    texts = {0: "", 1: ""}
    for part in client.chat.completions.create(model="small", messages=say("hello"), n=2, stream=True):
        texts[part.choices[0].index] += part.choices[0].delta.content or ""
    assert texts == {0: "[REDACTED:EMAIL_ADDRESS] ", 1: "[REDACTED:EMAIL_ADDRESS] "}


def test_what_the_model_says_about_others_is_redacted(running: Stack, client: openai.OpenAI) -> None:
    running.paris.script = lambda c: c.answer(chat_answer("Ask stranger@example.net."))
    answer = client.chat.completions.create(model="small", messages=say("Whom do I ask?"))
    assert answer.choices[0].message.content == "Ask [REDACTED:EMAIL_ADDRESS]."


def test_fields_that_nobody_knows_reach_the_endpoint_as_they_are(running: Stack, client: openai.OpenAI) -> None:
    extra = {"guided_choice": ["yes", "no"], "future_field": {"deep": [1, 2.50, None, True]}, "seed": 12345678901234567890}
    client.chat.completions.create(model="small", messages=say("hello"), temperature=0.7, extra_body=extra)
    received = running.paris.received[0].json
    assert {name: received[name] for name in extra} == extra
    assert received["temperature"] == 0.7


def test_bytes_that_no_rule_edits_reach_the_endpoint_as_they_were(running: Stack) -> None:
    raw = b'{ "model":"small", "messages":[ {"role":"user","content":"h\\u00e9llo \\/"} ],\n "temperature": 1.10, "x": 1E2 }'
    httpx.post(f"{running.base}/chat/completions", content=raw, headers={"content-type": "application/json"})
    assert running.paris.received[0].body == raw.replace(b'"small"', b'"small-paris"')


@pytest.mark.parametrize(
    ("status", "error"), [(400, openai.BadRequestError), (401, openai.AuthenticationError), (429, openai.RateLimitError)]
)
def test_errors_of_the_endpoint_come_back_as_they_were(running: Stack, status: int, error: type[openai.APIStatusError]) -> None:
    body = b'{"error": {"message": "no such thing", "type": "odd", "param": null, "code": "c7"}}'
    running.paris.script = lambda c: c.answer(body, status, "application/json", "retry-after: 7", "x-ratelimit-remaining-requests: 0")
    with openai.OpenAI(base_url=running.base, api_key="none", max_retries=0) as client, pytest.raises(error) as caught:
        client.chat.completions.create(model="small", messages=say("hello"))
    assert caught.value.response.content == body
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["x-ratelimit-remaining-requests"] == "0"


def test_an_error_that_is_no_json_comes_back_too(running: Stack) -> None:
    running.paris.script = lambda c: c.answer(b"<h1>Bad gateway</h1>", 502, "text/html")
    answer = httpx.post(f"{running.base}/chat/completions", json={"model": "small", "messages": say("hello")})
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")


def test_keys_are_read_from_the_environment_and_the_callers_goes_nowhere(tmp_path: Path) -> None:
    with stack(tmp_path, keyed=True) as running:
        with openai.OpenAI(base_url=running.base, api_key="key-of-the-app") as client:
            client.chat.completions.create(model="small", messages=say("hello"), extra_headers={"x-api-key": "another", "cookie": "c=1"})
        received = running.paris.received[0]
        assert received.headers["authorization"] == "Bearer key-of-paris"
        assert b"key-of-the-app" not in received.everything
        assert not {"x-api-key", "cookie"} & set(received.headers)
        with openai.OpenAI(base_url=running.base, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model="small", messages=say("hello"))
        assert len(running.paris.received) == 1
        assert running.kinds == ["intent", "outcome", "rejected"]
        assert not [key for key in ("key-of-the-app", "key-of-paris", "wrong") if key in running.held]


def test_the_decision_is_named_in_the_headers(running: Stack, client: openai.OpenAI) -> None:
    answer = client.chat.completions.with_raw_response.create(model="small", messages=say("hello"))
    events_ = running.events
    assert answer.headers["x-douane-decision"] == events_[0]["decision_id"]
    assert answer.headers["x-douane-log"] == "test.local/0"
    assert [event["custom"]["kind"] for event in events_] == ["intent", "outcome"]


def test_models_are_those_that_policy_permits(running: Stack, client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["small", "assistant"]
    assert client.models.retrieve("small").id == "small"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("frontier")


def test_usage_and_an_empty_choice_list_pass(running: Stack, client: openai.OpenAI) -> None:
    usage = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"small-paris","choices":[],' + (
        b'"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'
    )
    running.paris.script = lambda c: c.stream([chunk({"content": "Hi"}), chunk({}, "stop"), b": ping\n\n", usage, b"data: [DONE]\n\n"])
    parts = list(client.chat.completions.create(model="small", messages=say("hello"), stream=True, stream_options={"include_usage": True}))
    assert parts[-1].usage is not None
    assert parts[-1].usage.total_tokens == 3
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == "Hi"


def test_a_compressed_request_is_read(running: Stack) -> None:
    raw = json.dumps({"model": "small", "messages": say(LETTER)}).encode()
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = httpx.post(f"{running.base}/chat/completions", content=compressed(raw), headers=headers)
    assert answer.status_code == 200
    assert b"anna.berger" not in running.paris.received[0].everything
    assert "content-encoding" not in running.paris.received[0].headers
