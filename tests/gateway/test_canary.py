# SPDX-License-Identifier: Apache-2.0
"""Canaries: unique personal data and secrets wherever a request or an answer can hold text, looked for wherever they must not be.

The gateway runs as a process of its own, Presidio included, so that everything it prints and every file that it writes can be read.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from stdnum import iban

from fakes.process import Served, serving
from fakes.stack import settings
from fakes.upstream import Connection, FakeUpstream, chat_answer, chunk, fake_upstream

pytestmark = pytest.mark.slow

ACCEPTING = {"ops": {"accept_opaque": ["image", "audio", "file", "state"], "accept_egress": ["web_search", "remote_url"]}}


class Canaries:
    """Gives out unique personal data of several kinds, each recognisable by its own digits."""

    def __init__(self) -> None:
        self._numbers = itertools.count(10_001)
        self.given: list[str] = []

    def __call__(self) -> str:
        number = next(self._numbers)
        kinds = [f"canary.{number}@mail.example.org", self._iban(number), f"+49 30 {number}77"]
        self.given.append(kinds[len(self.given) % len(kinds)])
        return self.given[-1]

    @staticmethod
    def _iban(number: int) -> str:
        account = f"DE0037040044{number:010}"
        return "DE" + iban.calc_check_digits(account) + account[4:]

    def seen_in(self, *held: bytes | str) -> list[str]:
        """The canaries that occur, as they are or with other spacing."""
        texts = [part.decode("latin-1") if isinstance(part, bytes) else part for part in held]
        packed = [text.replace(" ", "") for text in texts]
        return [value for value in self.given if any(value.replace(" ", "") in text for text in packed)]


def request(c: Canaries, **more: Any) -> dict[str, Any]:
    """A chat that holds a canary at every place where OpenAI's protocol has text, and at places that it does not know."""
    schema = {
        "type": "object",
        "title": c(),
        "description": f"about {c()}",
        "properties": {c(): {"type": "string", "enum": [c(), "b"], "default": c(), "examples": [{c(): c()}], "pattern": c()}},
        "required": [c()],
        "$defs": {c(): {"const": c(), "$comment": c()}},
        "x-odd": {c(): [c()]},
    }
    call = {"id": f"call_{c()}", "type": "function", "function": {"name": f"send_{c()}", "arguments": json.dumps({"to": c(), c(): [c()]})}}
    custom = {"id": "call_2", "type": "custom", "custom": {"name": c(), "input": f"run for {c()}"}}
    parts = [
        {"type": "text", "text": f"about {c()}"},
        {"type": "image_url", "image_url": {"url": f"https://files.example.org/a.png?for={c()}"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"filename": f"{c()}.pdf", "file_id": f"file-{c()}"}},
        {"type": "brand_new", "brand_new": {"text": c()}},
    ]
    function = {"name": f"find_{c()}", "description": f"finds {c()}", "parameters": schema}
    return {
        "model": "small",
        "messages": [
            {"role": "system", "content": f"You serve {c()}", "name": c()},
            {"role": "developer", "content": [{"type": "text", "text": c()}]},
            {"role": "user", "content": f"Write to {c()}, please", "name": c()},
            {"role": "user", "content": parts},
            {"role": "assistant", "content": c(), "refusal": c(), "reasoning_content": c(), "tool_calls": [call, custom], "name": c()},
            {"role": "assistant", "content": None, "function_call": {"name": c(), "arguments": json.dumps({"to": c()})}},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": c()}], "audio": {"id": f"audio_{c()}"}},
            {"role": "tool", "tool_call_id": f"call_{c()}", "content": [{"type": "text", "text": f'{{"mail": "{c()}"}}'}]},
            {"role": "function", "name": c(), "content": c()},
            {"role": "unheard", "content": c(), "note": c(), c(): c()},
        ],
        "tools": [
            {"type": "function", "function": function},
            {"type": "custom", "custom": {"name": c(), "description": c(), "format": _grammar(c)}},
            {"type": "unheard", "unheard": {"name": c()}},
        ],
        "functions": [{"name": c(), "description": c(), "parameters": {"type": "object", "description": c()}}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "name": c()}]}},
        "function_call": {"name": c()},
        "response_format": {"type": "json_schema", "json_schema": {"name": c(), "description": c(), "schema": {"description": c()}}},
        "prediction": {"type": "content", "content": [{"type": "text", "text": c()}]},
        "metadata": {c(): c()},
        "user": c(),
        "safety_identifier": c(),
        "prompt_cache_key": c(),
        "stop": [c(), c()],
        "web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": c(), "region": c()}}},
        "audio": {"voice": {"id": c()}, "format": "wav"},
        "reasoning_effort": c(),
        "service_tier": c(),
        "logit_bias": {c(): 1},
        "moderation": {"model": c()},
        "future": [{c(): {"deep": [c()]}}],
        **more,
    }


def _grammar(c: Canaries) -> dict[str, Any]:
    return {"type": "grammar", "grammar": {"syntax": "lark", "definition": f"start: {c()}"}}


def leaves(value: object) -> Iterator[str]:
    """Every string of a value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)


@pytest.fixture
def endpoint() -> Iterator[FakeUpstream]:
    with fake_upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(tmp_path: Path, endpoint: FakeUpstream) -> Iterator[Served]:
    config = settings(
        tmp_path,
        endpoint.url,
        endpoint.url,
        detectors={"names": "model", "presidio_recognizers": ["EmailRecognizer", "UsLicenseRecognizer"]},
        policies={"deadline_ms": 5000, "settings": ACCEPTING},
    )
    with serving(config) as served:
        yield served


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def post(gateway: Served, body: object, **more: Any) -> httpx.Response:
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, timeout=60, **more)


def test_no_canary_of_a_request_leaves_or_is_kept(gateway: Served, endpoint: FakeUpstream, tmp_path: Path) -> None:
    canaries = Canaries()
    endpoint.script = lambda c: c.answer(chat_answer("Noted."))
    answer = post(gateway, request(canaries))
    assert answer.status_code == 200, answer.text
    assert len(canaries.given) > 75
    (received,) = endpoint.received
    texts = list(leaves(received.json))
    assert canaries.seen_in(received.everything, *texts, *received.headers.values()) == []
    assert gateway.stop() == 0
    assert canaries.seen_in(gateway.printed, *files(tmp_path)) == []


@pytest.mark.parametrize("stream", [False, True])
def test_no_canary_of_an_answer_is_kept_or_shown(gateway: Served, endpoint: FakeUpstream, tmp_path: Path, stream: bool) -> None:
    canaries = Canaries()
    call = {"id": f"call_{canaries()}", "type": "function", "function": {"name": f"send_{canaries()}", "arguments": ""}}
    arguments = json.dumps({"to": canaries(), canaries(): [canaries()]})
    texts = {name: f"so {canaries()} said" for name in ("content", "refusal", "reasoning_content", "odd")}
    odd: dict[str, Any] = {"note": canaries(), "more": {"deep": [canaries()]}}
    names = {canaries(): canaries()}

    def whole(connection: Connection) -> None:
        message = {**texts, "tool_calls": [{**call, "function": {**call["function"], "arguments": arguments}}], "annotations": [odd, names]}
        connection.answer(json.dumps({**json.loads(chat_answer("", **message)), **odd, **names, "system_fingerprint": canaries()}).encode())

    def streamed(connection: Connection) -> None:
        head = chunk({"role": "assistant", "tool_calls": [{"index": 0, **call}]})
        deltas = [chunk({name: text[at : at + 3]}) for name, text in texts.items() for at in range(0, len(text), 3)]
        calls = [chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in arguments]
        event = b"event: " + canaries().encode() + b"\n: " + canaries().encode() + b"\n"
        connection.stream([event, head, *deltas, *calls, chunk({"odd": odd}), chunk({}, "tool_calls"), b"data: [DONE]\n\n"])

    endpoint.script = streamed if stream else whole
    answer = post(gateway, {"model": "small", "stream": stream, "messages": [{"role": "user", "content": "hello"}]})
    assert answer.status_code == 200, answer.text
    if stream:
        assert answer.text.rstrip().endswith("[DONE]")
        pieces: dict[str, str] = {}
        for line in answer.text.splitlines():
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    _collect(choice["delta"], "", pieces)
        assert canaries.seen_in(answer.text, *pieces.values()) == []
        assert '"finish_reason": "tool_calls"' in answer.text
        assert "REDACTED" in pieces["/tool_calls/0/function/arguments"]
        json.loads(pieces["/tool_calls/0/function/arguments"])
    else:
        assert canaries.seen_in(answer.text, *leaves(answer.json())) == []
    assert gateway.stop() == 0
    assert canaries.seen_in(gateway.printed, *files(tmp_path)) == []


def _collect(value: object, at: str, pieces: dict[str, str]) -> None:
    """Join what a stream says at each place."""
    if isinstance(value, str):
        pieces[at] = pieces.get(at, "") + value
    elif isinstance(value, dict):
        for name, part in value.items():
            _collect(part, f"{at}/{name}", pieces)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _collect(part, f"{at}/{index}", pieces)


@pytest.mark.parametrize("place", ["delta", "choice", "call", "function", "inside", "chunk"])
def test_a_stream_with_a_canary_for_a_name_is_refused_natively(gateway: Served, endpoint: FakeUpstream, tmp_path: Path, place: str) -> None:
    canaries = Canaries()
    named = {canaries(): "x"}
    call = {"index": 0, "function": {"arguments": "{}", **(named if place == "function" else {})}, **(named if place == "call" else {})}
    delta = {
        "delta": {**named, "content": "Hi"},
        "call": {"tool_calls": [call]},
        "function": {"tool_calls": [call]},
        "inside": {"odd": [named]},
    }.get(place, {"content": "Hi"})
    tree = json.loads(chunk(delta, **(named if place == "choice" else {}))[6:]) | (named if place == "chunk" else {})
    endpoint.script = lambda c: c.stream(
        [chunk({"content": "Hello "}), f"data: {json.dumps(tree)}\n\n".encode(), chunk({}, "stop"), b"data: [DONE]\n\n"]
    )
    answer = post(gateway, {"model": "small", "stream": True, "messages": [{"role": "user", "content": "hello"}]})
    assert '"finish_reason":"content_filter"' in answer.text
    assert "unfulfillable" not in answer.text or "name of a member" in answer.text
    assert gateway.stop() == 0
    assert canaries.seen_in(answer.text, gateway.printed, *files(tmp_path)) == []


def test_a_secret_at_any_place_stops_the_request_and_is_kept_nowhere(gateway: Served, endpoint: FakeUpstream, tmp_path: Path) -> None:
    places = Canaries()
    body = json.dumps(request(places))
    secrets = []
    for number, canary in enumerate(places.given):
        secret = f"ghp_{number:04}" + "aB3dE5gH" * 4
        secrets.append(secret)
        answer = httpx.post(
            f"{gateway.url}/v1/chat/completions",
            content=_only(body, places, canary).replace(json.dumps(canary)[1:-1], secret),
            headers={"content-type": "application/json"},
            timeout=60,
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_filter"), (number, answer.text)
        assert secret not in answer.text
    assert endpoint.received == []
    assert gateway.stop() == 0
    held = [gateway.printed.encode(), *files(tmp_path)]
    assert [secret for secret in secrets if any(secret.encode() in part for part in held)] == []


def _only(body: str, places: Canaries, kept: str) -> str:
    """The body with every canary but one made harmless, each in its own way, since some of them are names of members."""
    for number, canary in enumerate(places.given):
        if canary != kept:
            body = body.replace(json.dumps(canary)[1:-1], f"harmless {number}")
    return body
