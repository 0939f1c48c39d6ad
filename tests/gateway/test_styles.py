# SPDX-License-Identifier: Apache-2.0
"""What stands for a value, by type, as the settings of the policies say; and who gets the value back."""

import contextlib
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from fakes.stack import Stack, stack
from fakes.upstream import Connection, chat_answer, chunk

TEXT = "Anna Berger (anna.berger@firma.example, card 4111 1111 1111 1111, from 198.51.100.7) pays to DE89 3704 0044 0532 0130 00."
VALUES = ("Anna Berger", "anna.berger@firma.example", "4111 1111 1111 1111", "198.51.100.7", "DE89 3704 0044 0532 0130 00")
STYLES = {
    "actions": {"CREDIT_CARD": "redact", "IP_ADDRESS": "redact"},
    "styles": {"PERSON": "realistic", "EMAIL_ADDRESS": "realistic", "CREDIT_CARD": "mask", "IP_ADDRESS": "generalise"},
}


def ask(running: Stack, text: str, **more: Any) -> httpx.Response:
    body = {"model": "small", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{running.base}/chat/completions", json=body, timeout=20)


def streamed(answer: httpx.Response) -> str:
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


def with_settings(personal_data: Mapping[str, object]) -> dict[str, object]:
    return {"deadline_ms": 5000, "settings": {"personal_data": personal_data}}


@pytest.mark.parametrize("stream", [False, True])
def test_each_type_leaves_in_its_style_and_comes_back_where_it_can(tmp_path: Path, stream: bool) -> None:
    with stack(tmp_path, policies=with_settings(STYLES), realistic_surrogates=True, surrogate_key_env="SURROGATE_KEY") as running:
        ask(running, TEXT)
        told = running.paris.received[-1].json["messages"][-1]["content"]
        assert not any(value in told for value in VALUES)
        found = re.fullmatch(r"(\w+ \w+) \((\S+@example\.(?:org|com|net)), card (.*), from (.*)\) pays to (<IBAN_CODE_[a-z]{5}>)\.", told)
        assert found is not None, told
        assert (found[3], found[4]) == ("**** **** **** 1111", "[an address in 198.51.100.x]")
        said = f"Dear {found[1].upper()}, we wrote to {found[2]} about {found[5].lower()} and {found[3]}."
        pieces = [chunk({"content": said[at : at + 3]}) for at in range(0, len(said), 3)]
        running.paris.script = lambda c: (
            c.stream([*pieces, chunk({}, "stop"), b"data: [DONE]\n\n"]) if stream else c.answer(chat_answer(said))
        )
        answer = ask(running, TEXT, stream=stream)
        back = streamed(answer) if stream else answer.json()["choices"][0]["message"]["content"]
        assert back == f"Dear ANNA BERGER, we wrote to {VALUES[1]} about {VALUES[4]} and **** **** **** 1111."


SCHEMA = {
    "type": "object",
    "properties": {"to": {"type": "string", "format": "email"}, "note": {"type": "string"}},
    "required": ["to"],
    "additionalProperties": False,
}
IN_SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "letter", "strict": True, "schema": SCHEMA}}}


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_keeps_to_its_schema_on_both_sides(tmp_path: Path, stream: bool) -> None:
    policies = with_settings({"in_schemas": "realistic_valid"})
    with stack(tmp_path, policies=policies, realistic_surrogates=True, surrogate_key_env="SURROGATE_KEY") as running:
        text = f'Write to "Anna Berger" <{VALUES[1]}>.'
        ask(running, text, **IN_SCHEMA)
        told = running.paris.received[-1].json["messages"][-1]["content"]
        found = re.fullmatch(r'Write to "(<PERSON_[a-z]{5}>)" <(\S+@example\.(?:org|com|net))>\.', told)
        assert found is not None, told
        said = json.dumps({"to": found[2], "note": f"for {found[1]}"})
        check = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        check.validate(json.loads(said))
        pieces = [chunk({"content": said[at : at + 3]}) for at in range(0, len(said), 3)]
        running.paris.script = lambda c: (
            c.stream([*pieces, chunk({}, "stop"), b"data: [DONE]\n\n"]) if stream else c.answer(chat_answer(said))
        )
        answer = ask(running, text, stream=stream, **IN_SCHEMA)
        back = json.loads(streamed(answer) if stream else answer.json()["choices"][0]["message"]["content"])
        check.validate(back)
        assert back == {"to": VALUES[1], "note": "for Anna Berger"}
        facts = [event["input"]["exchange"].get("constraints") for event in running.events]
        assert facts == [[{"of": "answer", "kind": "format", "format": "email"}]] * 4


def test_a_request_in_whose_schema_no_label_fits_is_refused_where_the_settings_say_so(tmp_path: Path) -> None:
    with stack(tmp_path, policies=with_settings({"in_schemas": "deny"})) as running:
        answer = ask(running, f"Write to {VALUES[1]}.", **IN_SCHEMA)
        assert answer.status_code == 400
        assert "a JSON schema of the request asks for a form that no label of EMAIL_ADDRESS has" in answer.json()["error"]["message"]
        assert not running.paris.received
        assert ask(running, f"Write to {VALUES[1]}.").status_code == 200


def test_who_is_not_to_have_originals_gets_surrogates(tmp_path: Path) -> None:
    settings = with_settings({"withhold_from": {"apps": ["letters"], "groups": []}})
    with stack(tmp_path, policies=settings) as running:
        running.paris.script = lambda c: c.answer(chat_answer(c.request.json["messages"][-1]["content"]))
        content = ask(running, "Write to anna.berger@firma.example").json()["choices"][0]["message"]["content"]
        assert re.fullmatch(r"Write to <EMAIL_ADDRESS_[a-z]{5}>", content)


def test_a_style_that_does_not_fit_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as caught:
        with stack(tmp_path, policies=with_settings({"styles": {"PERSON": "mask"}})):
            pass
    assert "app did not start" in str(caught.value)


@pytest.mark.parametrize(
    ("then", "expected", "reason"),
    [
        ("redact", "Write to [REDACTED:UNCHECKED][REDACTED:EMAIL_ADDRESS] now.", "stop"),
        ("pass", "Write to stranger[REDACTED:EMAIL_ADDRESS] now.", "stop"),
        ("deny", "Write to ", "content_filter"),
    ],
)
def test_what_waits_too_long_leaves_while_nothing_comes(tmp_path: Path, then: str, expected: str, reason: str) -> None:
    settings = {"deadline_ms": 5000, "settings": {"ops": {"hold": {"milliseconds": 200, "then": then}}}}
    seen, told = threading.Event(), threading.Event()
    late = list[bool]()

    def script(connection: Connection) -> None:
        connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
        connection.piece(chunk({"content": "Write to str"}))
        connection.piece(chunk({"content": "anger"}))
        late.append(not seen.wait(20))
        told.set()
        with contextlib.suppress(OSError):
            for text in ("@exam", "ple.net now."):
                connection.piece(chunk({"content": text}))
            connection.piece(chunk({}, "stop") + b"data: [DONE]\n\n")
            connection.send(b"0\r\n\r\n")

    with stack(tmp_path, policies=settings) as running:
        running.paris.script = script
        body = {"model": "small", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
        text, finished = "", list[str]()
        with httpx.stream("POST", f"{running.base}/chat/completions", json=body, timeout=20) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    choice = json.loads(line[6:])["choices"][0]
                    text += choice["delta"].get("content") or ""
                    finished += [choice["finish_reason"]] if choice["finish_reason"] else []
                if text not in ("", "Write to ") or finished:
                    seen.set()
        assert told.wait(20)
        assert (text, finished, late) == (expected, [reason], [False])
        assert running.events[-1]["custom"]["characters_sent"] == len(expected)
