# SPDX-License-Identifier: Apache-2.0
"""Refusals in the client's protocol: never sent again by an SDK, with the decision's id in a header and in the message."""

import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from douane.config import load
from douane.errors import BundleRejected
from fakes.stack import Stack, settings, stack
from fakes.upstream import chunk, events

KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2


def say(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_a_destination_that_is_not_permitted_is_a_403_sent_once(running: Stack, client: openai.OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(model="frontier", messages=say("hello"))
    assert caught.value.code == "destination_not_permitted"
    decision = caught.value.response.headers["x-douane-decision"]
    assert decision in caught.value.message
    assert running.events[0]["decision_id"] == decision
    assert running.kinds == ["denied"]  # one record, so the client asked once
    assert running.virginia.received == []


def test_the_refusal_says_why_each_destination_was_rejected(running: Stack) -> None:
    answer = httpx.post(f"{running.base}/chat/completions", json={"model": "frontier", "messages": say("hello")})
    detail = answer.json()["error"]["douane"]
    assert {rejection["id"] for rejection in detail["rejections"]} == {"douane.residency.country", "douane.residency.controller"}
    assert [reason["id"] for reason in detail["reasons"]] == ["douane.main.no_destination"]


def test_another_destination_that_is_permitted_is_taken(running: Stack, client: openai.OpenAI) -> None:
    client.chat.completions.create(model="assistant", messages=say("hello"))
    assert (len(running.virginia.received), len(running.paris.received)) == (0, 1)
    assert running.paris.received[0].json["model"] == "small-paris"
    assert running.events[0]["custom"]["destination"] == "paris"


@pytest.mark.parametrize("stream", [False, True])
def test_a_secret_is_a_400_content_filter_sent_once(running: Stack, client: openai.OpenAI, stream: bool) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="small", messages=say(f"Why does {KEY} fail?"), stream=stream)
    assert caught.value.code == "content_filter"
    assert caught.value.response.headers["x-douane-decision"] in caught.value.message
    assert running.kinds == ["denied"]
    assert running.paris.received == []
    assert KEY not in running.held + caught.value.response.text


def test_an_answer_that_operations_stop_is_a_403(tmp_path: Path) -> None:
    with stack(tmp_path, policies={"deadline_ms": 5000, "settings": {"lifecycle": {"pinned": True}}}) as running:
        answer = httpx.post(f"{running.base}/chat/completions", json={"model": "assistant", "messages": say("hello")})
        assert answer.status_code == 200
        running.paris.script = lambda c: c.answer(b'{"id":"x","object":"chat.completion","model":"other","choices":[]}')
        answer = httpx.post(f"{running.base}/chat/completions", json={"model": "small", "messages": say("hello")})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "stopped_by_operations")
        assert running.events[-1]["custom"]["ended"] == "denied"


def test_a_stream_that_is_refused_before_its_first_byte_is_an_error_not_a_stream(tmp_path: Path) -> None:
    with stack(tmp_path, policies={"deadline_ms": 5000, "settings": {"lifecycle": {"pinned": True}}}) as running:
        running.paris.script = lambda c: c.stream([chunk({"content": "Hi"}, model="other")])
        with openai.OpenAI(base_url=running.base, api_key="none") as client, pytest.raises(openai.PermissionDeniedError) as caught:
            list(client.chat.completions.create(model="small", messages=say("hello"), stream=True))
        assert caught.value.code == "stopped_by_operations"
        assert running.kinds == ["intent", "outcome"]


PANIC_ON_FINDINGS = """
package douane.main

default decision := {"verdict": "deny", "obligations": [], "reasons": [], "permitted": [], "rejections": []}

decision := {"verdict": "allow", "obligations": [], "reasons": [], "permitted": ["paris"], "rejections": []} if count(input.findings) == 0

decision := {
	"verdict": "deny",
	"obligations": [],
	"reasons": [{"id": "test.found", "kind": "content", "severity": "high", "message": "no", "refs": []}],
	"permitted": [],
	"rejections": [],
} if {
	count(input.findings) > 0
}
"""


def test_a_stream_that_is_refused_on_its_way_ends_natively(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "main.rego").write_text(PANIC_ON_FINDINGS)
    with stack(tmp_path, policies={"path": str(rules), "deadline_ms": 5000}) as running:
        running.paris.script = lambda c: c.stream(events("All is well so far. Ask stranger@example.net, she knows.", 3))
        with openai.OpenAI(base_url=running.base, api_key="none") as client:
            parts = list(client.chat.completions.create(model="small", messages=say("hello"), stream=True))
        assert "".join(part.choices[0].delta.content or "" for part in parts) == "All is well so far. Ask "
        assert parts[-1].choices[0].finish_reason == "content_filter"
        outcome = running.events[-1]
        assert parts[-1].model_extra is not None
        assert parts[-1].model_extra["douane"]["decision_id"] == outcome["custom"]["exchange"]
        assert (outcome["custom"]["ended"], outcome["custom"]["characters_sent"]) == ("denied", len("All is well so far. Ask "))


DECIDES = """
package douane.main

decision := {"verdict": "allow", "obligations": [], "reasons": [], "permitted": [], "rejections": []} if input.exchange.characters == 0

"""


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "undefined"),
        ("decision := 1 + input.counts.nothing", "undefined"),
        ('decision := "yes"', "contract"),
        ("decision := to_number(input.leg)", "error"),
        (
            "decision := count([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); some c in "
            "numbers.range(1, 3000); a + b + c > 0])",
            "timeout",
        ),
    ],
)
def test_a_policy_that_gives_no_decision_denies_and_the_next_request_is_answered(tmp_path: Path, rule: str, code: str) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "main.rego").write_text(DECIDES + (f"{rule} if input.exchange.characters > 0\n" if rule else ""))
    with stack(tmp_path, policies={"path": str(folder), "deadline_ms": 300}) as running:
        for _ in range(2):
            answer = httpx.post(f"{running.base}/chat/completions", json={"model": "small", "messages": say("hello")}, timeout=20)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "decision_unavailable")
        assert [event["error"]["code"] for event in running.events] == [code, code]
        assert running.paris.received == []


def test_a_stream_that_has_said_no_word_yet_ends_natively_too(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "main.rego").write_text(PANIC_ON_FINDINGS)
    with stack(tmp_path, policies={"path": str(rules), "deadline_ms": 5000}) as running:

        def script(connection: Any) -> None:
            connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
            connection.piece(chunk({"role": "assistant"}))
            time.sleep(0.2)
            connection.piece(chunk({"tool_calls": [{"index": 0, "id": "stranger@example.net"}]}))

        running.paris.script = script
        with openai.OpenAI(base_url=running.base, api_key="none") as client:
            parts = list(client.chat.completions.create(model="small", messages=say("hello"), stream=True))
        assert parts[-1].choices[0].finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("package douane.main\n", "no rule gives the decision"),
        ('package douane.main\n\ndecision := "yes"\n', "contract"),
        ("package douane.main\n\ndecision := nosuch(input.leg) if input.leg\n", "nosuch"),
        ("package douane.main\n\ndecision := to_number(input.leg)\n", "main.rego:3"),
    ],
)
def test_policies_that_decide_nothing_stop_the_start_and_say_why(tmp_path: Path, rules: str, told: str) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "main.rego").write_text(rules)
    border = load(settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1", policies={"path": str(folder)}))
    try:
        with pytest.raises(BundleRejected, match=told):
            border.start()
    finally:
        border.close()


def test_without_a_log_nothing_passes(running: Stack, client: openai.OpenAI) -> None:
    import sqlite3

    client.chat.completions.create(model="small", messages=say("hello"))
    with sqlite3.connect(running.log, isolation_level=None) as db:
        db.execute("CREATE TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    db.close()
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(model="small", messages=say("hello"))
    assert caught.value.code == "log_unavailable"
    assert len(running.paris.received) == 1


def test_an_answer_whose_outcome_cannot_be_recorded_does_not_pass(running: Stack, client: openai.OpenAI) -> None:
    import sqlite3

    def script(connection: Any) -> None:
        with sqlite3.connect(running.log, isolation_level=None) as db:
            db.execute("CREATE TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        db.close()
        connection.stream(events("A long answer that must not seem complete."))

    running.paris.script = script
    with pytest.raises((openai.APIError, httpx.HTTPError, openai.APIConnectionError)):
        list(client.chat.completions.create(model="small", messages=say("hello"), stream=True))


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}, "douane.ops.opaque"),
        ({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}, "douane.ops.egress"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "douane.ops.state"),
    ],
)
def test_what_nobody_can_read_is_refused(running: Stack, client: openai.OpenAI, part: Any, rule: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": [{"type": "text", "text": "see"}, part]}])
    assert rule in caught.value.message
