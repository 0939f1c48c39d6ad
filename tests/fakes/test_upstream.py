# SPDX-License-Identifier: Apache-2.0
"""The fakes themselves: a fault that a fake does not make is a test that proves nothing."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from aiohttp import web

from fakes.serve import served
from fakes.upstream import Connection, FakeUpstream, chat_answer, chunk, compressed, events, fake_upstream


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with fake_upstream() as one:
        yield one


def post(upstream: FakeUpstream, timeout: float = 5) -> httpx.Response:
    return httpx.post(f"{upstream.url}/chat/completions", json={"model": "small"}, headers={"x-note": "seen"}, timeout=timeout)


def test_a_request_is_kept_as_it_came(upstream: FakeUpstream) -> None:
    assert post(upstream).json()["choices"][0]["message"]["content"] == "Hello."
    (received,) = upstream.received
    assert (received.path, received.json, received.headers["x-note"]) == ("/v1/chat/completions", {"model": "small"}, "seen")
    assert all(part in received.everything for part in (b"/v1/chat", b"seen", b'"small"'))


def test_the_script_may_change_between_requests(upstream: FakeUpstream) -> None:
    upstream.script = lambda c: c.answer(b"{}", 503, "application/json", "retry-after: 7")
    answer = post(upstream)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    upstream.script = lambda c: c.head(302, "location: http://example.org/")
    assert post(upstream).headers["location"] == "http://example.org/"
    assert len(upstream.received) == 2


def test_a_stream_says_its_text_in_pieces(upstream: FakeUpstream) -> None:
    upstream.script = lambda c: c.stream(events("Good morning."))
    lines = [line.removeprefix("data: ") for line in post(upstream).text.split("\n\n") if line]
    deltas = [json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1]]
    assert ("".join(deltas), len(deltas), lines[-1]) == ("Good morning.", 6, "[DONE]")


def test_a_compressed_body_is_sent_as_it_is(upstream: FakeUpstream) -> None:
    body = compressed(chat_answer())
    assert gzip.decompress(body) == chat_answer()
    upstream.script = lambda c: c.answer(body, 200, "application/json", "content-encoding: gzip")
    assert post(upstream).json()["object"] == "chat.completion"


def reset_in_the_middle(connection: Connection) -> None:
    connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
    connection.piece(chunk({"content": "Hel"}))
    connection.reset()


def lie_about_the_length(connection: Connection) -> None:
    connection.head(200, "content-type: application/json", "content-length: 1000")
    connection.send(b"{}")


def end_without_the_last_chunk(connection: Connection) -> None:
    connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
    connection.piece(chunk({"content": "Hel"}))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (reset_in_the_middle, httpx.ReadError),
        (lie_about_the_length, httpx.RemoteProtocolError),
        (end_without_the_last_chunk, httpx.RemoteProtocolError),
        (Connection.hang, httpx.ReadTimeout),
        (lambda connection: connection.send(b"not HTTP\r\n\r\n"), httpx.RemoteProtocolError),
    ],
)
def test_a_fault_reaches_the_client(upstream: FakeUpstream, script: Callable[[Connection], None], error: type[Exception]) -> None:
    upstream.script = script
    with pytest.raises(error):
        post(upstream, timeout=0.5)


def test_a_drip_is_slow_and_whole(upstream: FakeUpstream) -> None:
    def drip(connection: Connection) -> None:
        connection.head(200, "content-type: application/json", "content-length: 20")
        connection.drip(b'{"slow": "but whole"', pause=0.01)

    upstream.script = drip
    began = time.monotonic()
    assert post(upstream).text == '{"slow": "but whole"'
    assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("hangs", [True, False], ids=["hanging", "sending"])
def test_a_client_that_leaves_is_noticed(upstream: FakeUpstream, hangs: bool) -> None:
    def script(connection: Connection) -> None:
        connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
        connection.piece(chunk({"content": "Hel"}))
        if hangs:
            connection.hang()
        for _ in range(5000):
            connection.piece(chunk({"content": "lo"}))
            time.sleep(0.001)

    upstream.script = script
    with httpx.stream("POST", f"{upstream.url}/chat/completions", json={}) as answer:
        # Held: an iterator that is dropped closes the stream.
        raw = answer.iter_bytes()
        assert b"Hel" in next(raw)
        assert not upstream.gone.is_set()
    assert upstream.gone.wait(5)


def test_a_client_that_leaves_before_its_body_ended_hangs_nothing() -> None:
    with fake_upstream() as upstream:
        address = ("127.0.0.1", urlsplit(upstream.url).port or 0)
        with socket.create_connection(address) as client:
            client.sendall(b"POST /v1 HTTP/1.1\r\ncontent-length: 1000\r\n\r\n{")
            client.shutdown(socket.SHUT_WR)
            client.settimeout(5)
            assert client.recv(1) == b""
        assert post(upstream).status_code == 200
        assert [received.json for received in upstream.received] == [{"model": "small"}]


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


def test_an_aiohttp_app_is_served_while_the_block_runs() -> None:
    app = web.Application()
    app.router.add_get("/", hello)
    with served(app) as url:
        assert httpx.get(url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_an_app_that_cannot_start_is_an_error_of_the_test() -> None:
    async def fail(_: web.Application) -> None:
        raise LookupError("no settings")

    app = web.Application()
    app.on_startup.append(fail)
    with pytest.raises(RuntimeError, match="did not start") as raised, served(app):
        pass
    assert isinstance(raised.value.__cause__, LookupError)


def test_what_the_server_raises_while_it_stops_is_raised_by_the_block() -> None:
    async def fail(_: web.Application) -> None:
        raise LookupError("no settings")

    app = web.Application()
    app.on_cleanup.append(fail)
    with pytest.raises(RuntimeError, match="the server failed") as raised, served(app):
        pass
    assert isinstance(raised.value.__cause__, LookupError)
