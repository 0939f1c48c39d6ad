# SPDX-License-Identifier: Apache-2.0
"""Bad input from either side: a clear error in the client's protocol, a record, no crash, no leak."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from fakes.stack import Stack, stack
from fakes.upstream import Connection, chat_answer, chunk, compressed, events

CANARY = "anna.berger@example.org"
JSON = {"content-type": "application/json"}


def chat(running: Stack, raw: bytes | None = None, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    if raw is None:
        raw = json.dumps({"model": "small", "messages": [{"role": "user", "content": f"to {CANARY}"}], **body}).encode()
    return httpx.post(f"{running.base}/chat/completions", content=raw, headers=headers or JSON, timeout=30)


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), error
    assert error["message"]
    assert CANARY not in answer.text


MESSAGE = b'{"model":"small","messages":[{"role":"user","content":%s}]}'


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"hello " + CANARY.encode(), 400, "invalid_json"),
        (b'{"model": "small", "messages": [', 400, "invalid_json"),
        (b"[]", 400, "invalid_shape"),
        (b'"text"', 400, "invalid_shape"),
        (b"{}", 400, "invalid_shape"),
        (b'{"model": 7, "messages": []}', 400, "invalid_shape"),
        (b'{"model": "small"}', 400, "invalid_shape"),
        (b'{"model": "small", "messages": []}', 400, "invalid_shape"),
        (b'{"model": "small", "messages": "hi"}', 400, "invalid_shape"),
        (b'{"model": "small", "messages": [7]}', 400, "invalid_shape"),
        (b'{"model": "small", "messages": [{"content": "hi"}]}', 400, "invalid_shape"),
        (b'{"model": "small", "stream": "yes", "messages": [{"role": "user", "content": "hi"}]}', 400, "invalid_shape"),
        (MESSAGE % b'"\\ud800"', 400, "lone_surrogate"),
        (MESSAGE % b"NaN", 400, "invalid_number"),
        (MESSAGE % b'"\xff"', 400, "invalid_json"),
        (MESSAGE % (b"[" * 5000 + b"]" * 5000), 400, "too_deep"),
        (MESSAGE % (b"[" + b"1," * 60_000 + b"1]"), 413, "too_many_values"),
        (b'{"model": "small", "model": "frontier", "messages": []}', 400, "duplicate_key"),
        (MESSAGE.replace(b"small", b"unknown-" + CANARY.encode()) % b'"hi"', 404, "model_not_found"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_clear_error(running: Stack, raw: bytes, status: int, code: str) -> None:
    answer = chat(running, raw)
    assert_error(answer, status, code)
    assert running.events[-1]["custom"]["kind"] == "rejected"
    assert running.events[-1]["error"]["code"] == code
    assert answer.headers["x-douane-decision"] == running.events[-1]["decision_id"]
    assert running.paris.received == []
    assert CANARY not in running.held


@pytest.mark.parametrize("size", [9 * 2**20, 50 * 2**20])
def test_a_body_of_many_megabytes_is_a_413(running: Stack, size: int) -> None:
    assert_error(chat(running, MESSAGE % (b'"' + b"a" * size + b'"')), 413, "body_too_large")


def test_a_large_body_without_a_length_is_a_413_too(running: Stack) -> None:
    def pieces() -> Any:
        for _ in range(20):
            yield b" " * 2**20

    answer = httpx.post(f"{running.base}/chat/completions", content=pieces(), headers=JSON, timeout=30)
    assert_error(answer, 413, "body_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_a_415(running: Stack, kind: str) -> None:
    assert_error(chat(running, headers={"content-type": kind}), 415, "unsupported_content_type")


def test_a_bomb_is_a_413_and_an_unknown_coding_a_415(running: Stack) -> None:
    assert_error(chat(running, compressed(b" " * 50_000_000), {**JSON, "content-encoding": "gzip"}), 413, "body_too_large")
    assert_error(chat(running, compressed(b"{}"), {**JSON, "content-encoding": "br"}), 415, "unsupported_encoding")
    assert_error(chat(running, b"{}", {**JSON, "content-encoding": "gzip"}), 400, "invalid_encoding")


def test_limits_are_settings(tmp_path: Path) -> None:
    with stack(tmp_path, limits={"request_bytes": 2000, "depth": 5}) as running:
        assert_error(chat(running, MESSAGE % (b'"' + b"a" * 2000 + b'"')), 413, "body_too_large")
        assert_error(chat(running, MESSAGE % b"[[[]]]"), 400, "too_deep")


@pytest.mark.parametrize("path", ["/v1//chat/completions", "/v1/chat/completions/", "/V1/Chat/Completions"])
def test_a_path_that_a_router_might_take_for_the_guarded_one_is_guarded_too(running: Stack, path: str) -> None:
    httpx.post(f"{running.url}{path}", json={"model": "small", "messages": [{"role": "user", "content": CANARY}]})
    assert all(CANARY.encode() not in received.everything for received in running.paris.received)


def test_another_path_is_a_404_in_the_protocols_shape(running: Stack) -> None:
    assert_error(httpx.post(f"{running.base}/responses", json={"input": CANARY}), 404, "not_found")
    assert_error(httpx.get(f"{running.base}/chat/completions"), 404, "not_found")


# The endpoint


def failing(running: Stack, script: Callable[[Connection], None]) -> None:
    running.paris.script = script


def test_an_endpoint_that_is_down_is_a_502(tmp_path: Path) -> None:
    with stack(
        tmp_path, destinations=[_closed()], models={"small": [{"destination": "paris"}], "assistant": None, "frontier": None}
    ) as running:
        assert_error(chat(running), 502, "upstream_unreachable")
        assert [event["custom"]["kind"] for event in running.events] == ["intent", "outcome"]
        assert running.events[-1]["error"]["code"] == "upstream_unreachable"


def _closed() -> dict[str, Any]:
    from fakes.stack import FACTS

    return {"id": "paris", "base_url": "http://127.0.0.1:1/v1", "controller": "FR", "inference": ["FR"], "storage": ["FR"], **FACTS}


def test_an_endpoint_that_says_nothing_is_a_504(running: Stack) -> None:
    failing(running, Connection.hang)
    assert_error(chat(running), 504, "upstream_unreachable")
    assert running.events[-1]["custom"]["ended"] == "failed"


@pytest.mark.parametrize(
    "script",
    [
        lambda c: c.answer(b"{"),
        lambda c: c.answer(b"not json at all"),
        lambda c: c.answer(b"hello", kind="text/plain"),
        lambda c: c.answer(b'{"id": NaN}'),
        lambda c: c.answer(b"[" * 500 + b"]" * 500),
        lambda c: c.answer(compressed(chat_answer()), 200, "application/json", "content-encoding: gzip"),
        lambda c: c.answer(b"", 302, "text/html", "location: http://127.0.0.1:1/elsewhere"),
        lambda c: (c.head(200, "content-type: application/json", "content-length: 5000"), c.send(b'{"id": ')),
        lambda c: (c.head(200, "content-type: application/json", "content-length: 5000"), c.send(b'{"id": '), c.reset()),
        lambda c: c.send(b"SSH-2.0-what\r\n"),
        lambda c: None,
    ],
    ids=["open", "text", "plain", "nan", "deep", "gzip", "redirect", "short", "reset", "not-http", "empty"],
)
def test_an_answer_that_cannot_be_read_is_a_502(running: Stack, script: Callable[[Connection], None]) -> None:
    failing(running, script)
    assert_error(chat(running), 502, "upstream_broken")
    assert running.kinds == ["intent", "outcome"]
    assert running.events[-1]["error"]["code"] == "upstream_broken"


def test_an_answer_over_the_limit_is_a_502(tmp_path: Path) -> None:
    with stack(tmp_path, limits={"response_bytes": 5000}) as running:
        failing(running, lambda c: c.answer(chat_answer("a" * 10_000)))
        assert_error(chat(running), 502, "upstream_broken")


BROKEN_STREAMS: dict[str, Callable[[Connection], None]] = {
    "cut": lambda c: _begin(c, chunk({"content": "Hello "})),
    "reset": lambda c: (_begin(c, chunk({"content": "Hello "})), time.sleep(0.2), c.reset()),
    "silent": lambda c: (_begin(c, chunk({"content": "Hello "})), c.hang()),
    "not json": lambda c: _begin(c, chunk({"content": "Hello "}), b"data: {oops\n\n"),
    "not a chunk": lambda c: _begin(c, chunk({"content": "Hello "}), b"data: [1]\n\n"),
    "not utf-8": lambda c: _begin(c, chunk({"content": "Hello "}), b"data: \xff\n\n"),
    "without its end": lambda c: c.stream([chunk({"content": "Hello "})]),
}


def _begin(connection: Connection, *pieces: bytes) -> None:
    connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
    for piece in pieces:
        connection.piece(piece)


@pytest.mark.parametrize("script", BROKEN_STREAMS.values(), ids=BROKEN_STREAMS)
def test_a_stream_that_breaks_is_ended_so_that_the_client_notices(running: Stack, script: Callable[[Connection], None]) -> None:
    failing(running, script)
    said = ""
    with openai.OpenAI(base_url=running.base, api_key="none", max_retries=0) as client, pytest.raises(openai.APIError) as caught:
        for part in client.chat.completions.create(model="small", messages=[{"role": "user", "content": CANARY}], stream=True):
            said += part.choices[0].delta.content or ""
    assert said == "Hello "
    assert caught.value.code in ("upstream_broken", "upstream_unreachable")
    assert running.events[-1]["custom"]["ended"] == "upstream_broken"
    assert running.kinds == ["intent", "outcome"]


def test_an_endless_event_is_stopped(tmp_path: Path) -> None:
    with stack(tmp_path, limits={"response_bytes": 20_000}) as running:
        failing(running, lambda c: c.stream([chunk({"content": "Hello "}), b"data: " + b"a" * 50_000]))
        with openai.OpenAI(base_url=running.base, api_key="none", max_retries=0) as client, pytest.raises(openai.APIError):
            list(client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hi"}], stream=True))


# Clients that leave


@pytest.mark.parametrize("begin", [b"", chunk({"content": "Hello "})], ids=["before the answer", "in mid-stream"])
def test_a_client_that_goes_away_cancels_the_call(tmp_path: Path, begin: bytes) -> None:
    with stack(tmp_path, limits={"idle_seconds": 60}) as running:

        def script(connection: Connection) -> None:
            if begin:
                _begin(connection, begin)
            connection.hang()

        failing(running, script)
        body = {"model": "small", "stream": True, "messages": [{"role": "user", "content": CANARY}]}
        with pytest.raises(httpx.ReadTimeout):
            with httpx.stream("POST", f"{running.base}/chat/completions", json=body, timeout=0.7) as answer:
                for _ in answer.iter_raw():
                    pass
        assert running.paris.gone.wait(5)
        until = time.monotonic() + 5
        while len(running.events) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert running.events[-1]["error"]["code"] == "client_gone"


def test_a_client_that_leaves_in_the_middle_of_its_request_leaves_no_trace(running: Stack) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    assert chat(running).status_code == 200
    assert running.kinds == ["intent", "outcome"]


def test_after_all_of_it_the_gateway_still_answers(running: Stack) -> None:
    failing(running, lambda c: c.stream(events("Fine.")))
    for raw in (b"{", b"[]", MESSAGE % b'"\\ud800"'):
        chat(running, raw)
    with openai.OpenAI(base_url=running.base, api_key="none") as client:
        parts = client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hi"}], stream=True)
        assert "".join(part.choices[0].delta.content or "" for part in parts) == "Fine."
