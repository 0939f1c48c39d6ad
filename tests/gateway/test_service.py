# SPDX-License-Identifier: Apache-2.0
"""The gateway as a service: health, the other engine, many clients at once, and an engine that dies under them."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from douane.config import shipped_policies
from fakes.opa import opa_server
from fakes.process import children, serving
from fakes.stack import Stack, settings, stack
from fakes.upstream import Connection, chat_answer, events

LETTER = "Write to anna.berger@example.org, please."


def say(text: str) -> Any:
    return [{"role": "user", "content": text}]


def echo(connection: Connection) -> None:
    """Repeat what was asked, streamed where that was asked for."""
    body = connection.request.json
    content = body["messages"][-1]["content"]
    connection.stream(events(content, 4)) if body.get("stream") else connection.answer(chat_answer(content))


def test_health_is_said_without_a_key_and_readiness_part_by_part(running: Stack) -> None:
    assert httpx.get(f"{running.url}/healthz").json()["status"] == "ok"
    ready = httpx.get(f"{running.url}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "parts": {"log": True, "policy": True}})


def test_a_gateway_whose_engine_died_is_not_ready_and_mends_itself(tmp_path: Path) -> None:
    config = settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1")
    with serving(config) as served:
        (engine,) = children(served.process.pid)
        os.kill(engine, signal.SIGKILL)
        until = time.monotonic() + 20
        statuses = []
        while time.monotonic() < until and (not statuses or statuses[-1] != 200):
            statuses.append(httpx.get(f"{served.url}/readyz").status_code)
            time.sleep(0.02)
        assert statuses[-1] == 200
        assert children(served.process.pid) != [engine]


def test_an_opa_server_decides_the_same(tmp_path: Path) -> None:
    with opa_server(shipped_policies()) as url, stack(tmp_path, policies={"engine": "opa", "opa_url": url, "deadline_ms": 5000}) as running:
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        with openai.OpenAI(base_url=running.base, api_key="none") as client:
            running.paris.script = echo
            answer = client.chat.completions.create(model="assistant", messages=say(LETTER))
            assert answer.choices[0].message.content == LETTER
            assert b"anna" not in running.paris.received[0].everything
            assert running.virginia.received == []
            with pytest.raises(openai.PermissionDeniedError):
                client.chat.completions.create(model="frontier", messages=say("hello"))
            assert [model.id for model in client.models.list()] == ["small", "assistant"]
        assert running.kinds == ["intent", "outcome", "denied"]


def test_without_its_opa_server_nothing_passes(tmp_path: Path) -> None:
    with stack(tmp_path, policies={"engine": "opa", "opa_url": "http://127.0.0.1:1", "deadline_ms": 500}) as running:
        answer = httpx.post(f"{running.base}/chat/completions", json={"model": "small", "messages": say("hello")}, timeout=20)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "decision_unavailable")
        assert running.events[-1]["error"]["code"] == "unreachable"
        assert running.paris.received == []
        assert httpx.get(f"{running.url}/readyz", timeout=20).status_code == 503


async def test_many_clients_at_once_get_their_own_data_back_and_the_log_has_no_gap(running: Stack) -> None:
    running.paris.script = echo
    texts = [f"Write to person.{number}@example.org about case {number}." for number in range(24)]

    async def ask(client: openai.AsyncOpenAI, number: int) -> str:
        if number % 2:
            answer = await client.chat.completions.create(model="small", messages=say(texts[number]))
            return answer.choices[0].message.content or ""
        stream = await client.chat.completions.create(model="small", messages=say(texts[number]), stream=True)
        return "".join([part.choices[0].delta.content or "" async for part in stream])

    async with openai.AsyncOpenAI(base_url=running.base, api_key="none", max_retries=0) as client:
        assert await asyncio.gather(*(ask(client, number) for number in range(len(texts)))) == texts
    events_ = await asyncio.to_thread(lambda: running.events)
    assert [event["seq"] for event in events_] == list(range(2 * len(texts)))
    kinds = [event["custom"]["kind"] for event in events_]
    assert sorted(kinds) == ["intent"] * len(texts) + ["outcome"] * len(texts)
    assert not any(b"person." in received.everything for received in running.paris.received)
