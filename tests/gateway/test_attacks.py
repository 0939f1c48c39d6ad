# SPDX-License-Identifier: Apache-2.0
"""Ways around the guard that somebody found: each stays closed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.stack import Stack, stack
from fakes.upstream import Connection, chat_answer, chunk

MAIL = "anna.berger@example.org"
STRANGER = "stranger@example.net"
TOKEN = "ghp_" + "aB3dE5gH" * 4 + "1234"
ALLOW = """
package douane.main

decision := {{
	"verdict": "allow",
	"obligations": {obligations},
	"reasons": [],
	"permitted": ["paris"],
	"rejections": [],
}} if input.leg == "{leg}"

decision := {{"verdict": "allow", "obligations": [], "reasons": [], "permitted": ["paris"], "rejections": []}} if input.leg != "{leg}"
"""


def post(running: Stack, text: str = "hello", **more: Any) -> httpx.Response:
    body = {"model": "small", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{running.base}/chat/completions", json=body, timeout=60)


def said(answer: httpx.Response) -> str:
    """All content that a stream says, joined."""
    pieces = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for piece in pieces for choice in piece.get("choices", ()))


def finished(answer: httpx.Response) -> list[str]:
    """The reasons with which choices of a stream ended."""
    pieces = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return [choice["finish_reason"] for piece in pieces for choice in piece.get("choices", ()) if choice["finish_reason"]]


DONE = b"data: [DONE]\n\n"


def with_rules(folder: Path, leg: str, *obligations: dict[str, Any]) -> dict[str, Any]:
    """Policies that allow, with these obligations on one leg."""
    rules = folder / "rules"
    rules.mkdir()
    (rules / "main.rego").write_text(ALLOW.format(leg=leg, obligations=json.dumps(obligations)))
    return {"path": str(rules), "deadline_ms": 5000}


# Obligations

TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("send_letter", "delete_everything")]
DROP = {"kind": "drop_tool", "name": "delete_everything", "rule": "r"}


def test_a_tool_that_is_to_be_dropped_does_not_arrive(tmp_path: Path) -> None:
    with stack(tmp_path, policies=with_rules(tmp_path, "request", DROP)) as running:
        assert post(running, tools=TOOLS).status_code == 200
        assert running.paris.received[0].json["tools"] == TOOLS[:1]
        assert post(running, tools=TOOLS[1:]).status_code == 200
        assert "tools" not in running.paris.received[1].json
        assert post(running).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_cannot_be_dropped_from_an_answer_so_the_answer_is_denied(tmp_path: Path, stream: bool) -> None:
    with stack(tmp_path, policies=with_rules(tmp_path, "response", DROP)) as running:
        running.paris.script = lambda c: (
            c.stream([chunk({"content": "Hi"}), chunk({}, "stop"), DONE]) if stream else c.answer(chat_answer())
        )
        answer = post(running, stream=stream)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "decision_unavailable")
        assert running.events[-1]["error"]["code"] == "unfulfillable"


@pytest.mark.parametrize(
    "obligation",
    [{"kind": "strip", "pointer": "/usage", "rule": "r"}, {"kind": "set", "pointer": "/service_tier", "value": "x", "rule": "r"}],
)
def test_what_cannot_be_done_to_a_stream_denies_it(tmp_path: Path, obligation: dict[str, Any]) -> None:
    with stack(tmp_path, policies=with_rules(tmp_path, "response", obligation)) as running:
        running.paris.script = lambda c: c.stream([chunk({"content": "Hi"}), chunk({}, "stop"), DONE])
        assert post(running, stream=True).status_code == 403
        running.paris.script = lambda c: c.answer(chat_answer())
        assert post(running).status_code == 200


def test_what_is_absent_with_its_parent_counts_as_stripped(tmp_path: Path) -> None:
    strip = {"kind": "strip", "pointer": "/absent/member", "rule": "r"}
    with stack(tmp_path, policies=with_rules(tmp_path, "request", strip)) as running:
        assert post(running).status_code == 200


# Streams


@pytest.mark.parametrize("reason", ["", None])
@pytest.mark.parametrize("value", [STRANGER, "DE89 3704 0044 0532 0130 00"])
def test_a_reason_in_every_chunk_lets_nothing_go_early(running: Stack, reason: str | None, value: str) -> None:
    text = f"see {value} now"
    pieces = [chunk({"content": text[at : at + 5]}, reason) for at in range(0, len(text), 5)]
    running.paris.script = lambda c: c.stream([*pieces, chunk({}, "stop"), DONE])
    answer = post(running, stream=True)
    assert "REDACTED" in said(answer)
    assert value[:6] not in said(answer)
    assert finished(answer) == ["stop"]


def test_a_choice_that_goes_on_after_its_end_is_broken_off(running: Stack) -> None:
    running.paris.script = lambda c: c.stream([chunk({"content": "mail str"}, "stop"), chunk({"content": "anger@example.net"}), DONE])
    answer = post(running, stream=True)
    assert "upstream_broken" in answer.text
    assert "anger@" not in answer.text


def test_chunks_of_ours_hold_nothing_that_was_edited_in_the_endpoints(running: Stack) -> None:
    odd = {"provider": STRANGER, "system_fingerprint": TOKEN, "id": f"chat-{STRANGER}"}
    first = json.loads(chunk({"content": "see bob", "odd": {"type": f"x {STRANGER}", "text": "held"}})[6:]) | odd
    running.paris.script = lambda c: c.stream([b"data: " + json.dumps(first).encode() + b"\n\n", chunk({}, "stop"), DONE])
    answer = post(running, stream=True)
    assert said(answer) == "see bob"
    assert STRANGER not in answer.text
    assert TOKEN not in answer.text


def test_a_model_that_changes_later_is_noticed(tmp_path: Path) -> None:
    with stack(tmp_path, policies={"deadline_ms": 5000, "settings": {"lifecycle": {"pinned": True}}}) as running:

        def script(connection: Connection) -> None:
            connection.head(200, "content-type: text/event-stream", "transfer-encoding: chunked")
            for piece in (b": PROCESSING\n\n", chunk({"content": "Hello "}, model=""), chunk({"content": "there "}, model="other")):
                connection.piece(piece)
                time.sleep(0.2)
            connection.piece(chunk({}, "stop") + DONE)

        running.paris.script = script
        answer = post(running, stream=True)
        assert finished(answer) == ["content_filter"]
        assert "there" not in said(answer)
        assert running.events[-1]["input"]["upstream"]["model_matches"] is False


@pytest.mark.parametrize("stream", [False, True])
def test_unknown_places_and_opaque_parts_are_facts_of_a_stream_too(tmp_path: Path, stream: bool) -> None:
    settings = {"ops": {"deny_unknown": True}}
    for number, delta in enumerate(({"odd": "x"}, {"audio": {"data": "UklGRg=="}}, {"images": [{"url": "data:image/png;base64,AAAA"}]})):
        folder = tmp_path / str(number)
        folder.mkdir()
        with stack(folder, policies={"deadline_ms": 5000, "settings": settings}) as running:

            def script(connection: Connection, delta: dict[str, Any] = delta) -> None:
                if stream:
                    connection.stream([chunk({"content": "Hi "}), chunk(delta), chunk({}, "stop"), DONE])
                else:
                    connection.answer(chat_answer("Hi", **delta))

            running.paris.script = script
            answer = post(running, stream=stream)
            assert finished(answer) == ["content_filter"] if stream else answer.status_code == 400
            assert running.events[-1]["custom"]["ended"] == "denied"


def test_tools_that_a_stream_calls_are_facts(running: Stack) -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "send_letter", "arguments": "{}"}}
    running.paris.script = lambda c: c.stream([chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), DONE])
    post(running, stream=True)
    assert running.events[-1]["input"]["tools"]["called"] == ["send_letter"]


@pytest.mark.parametrize("filler", [300, 600])
def test_many_facts_hide_no_later_one(running: Stack, filler: int) -> None:
    """An audio part, which policy refuses by default, behind more tools called than policy is told of."""
    calls = [chunk({"tool_calls": [{"index": number, "function": {"name": f"tool_{number}"}}]}) for number in range(filler)]
    audio = chunk({"audio": {"data": "UklGRkFVRElP"}})
    running.paris.script = lambda c: c.stream([*calls, audio, chunk({}, "tool_calls"), DONE])
    answer = post(running, stream=True)
    assert "UklGRkFVRElP" not in answer.text
    assert finished(answer) == ["content_filter"]
    assert running.events[-1]["custom"]["ended"] == "denied"


@pytest.mark.parametrize("member", ["id", "name"])
def test_a_tool_call_may_not_name_itself_in_pieces(running: Stack, member: str) -> None:
    def call(text: str) -> bytes:
        inner = {"function": {"name": text}} if member == "name" else {"id": text}
        return chunk({"tool_calls": [{"index": 0, **inner}]})

    running.paris.script = lambda c: c.stream([call("stranger@exam"), call("ple.net"), chunk({}, "tool_calls"), DONE])
    answer = post(running, stream=True)
    assert "upstream_broken" in answer.text
    assert "ple.net" not in answer.text


def test_what_follows_the_end_of_a_stream_is_not_read(running: Stack) -> None:
    running.paris.script = lambda c: c.stream([chunk({"content": "Hi"}), chunk({}, "stop"), DONE + b"data: {oops\n\n"])
    answer = post(running, stream=True)
    assert answer.text.endswith("data: [DONE]\n\n")
    assert running.events[-1]["custom"]["ended"] == "complete"


def test_a_large_event_and_too_many_texts_are_bounded(running: Stack) -> None:
    many = {f"odd{number}": "x" for number in range(600)}
    running.paris.script = lambda c: c.stream([chunk(many), chunk({"content": "Hi"}), chunk({}, "stop"), DONE])
    assert "upstream_broken" in post(running, stream=True).text
    running.paris.script = lambda c: c.stream([chunk({"content": "word " * 50_000}), chunk({}, "stop"), DONE])
    assert said(post(running, stream=True)) == "word " * 50_000


# Answers


def tokens(*texts: str) -> dict[str, Any]:
    return {"content": [{"token": text, "logprob": -0.1, "bytes": list(text.encode()), "top_logprobs": []} for text in texts]}


def test_log_probabilities_that_spell_something_else_do_not_arrive(running: Stack) -> None:
    def whole(connection: Connection, *texts: str) -> None:
        tree = json.loads(chat_answer("Hi there"))
        tree["choices"][0]["logprobs"] = tokens(*texts)
        connection.answer(json.dumps(tree).encode())

    running.paris.script = lambda c: whole(c, "Hi", " there")
    assert post(running).json()["choices"][0]["logprobs"] == tokens("Hi", " there")
    running.paris.script = lambda c: whole(c, "stranger", "@example.net")
    assert post(running).json()["choices"][0]["logprobs"] is None
    odd = chunk({"content": "Hi. "}, logprobs=tokens("stranger@example.net"))
    running.paris.script = lambda c: c.stream([odd, chunk({}, "stop"), DONE])
    assert "stranger" not in post(running, stream=True).text


@pytest.mark.parametrize("value", [4111111111111111, 4111111111111111.0])
def test_a_number_may_be_an_identifier(running: Stack, value: float) -> None:
    parameters = {"type": "object", "properties": {"card": {"const": value, "default": value, "enum": [value]}}}
    tool = {"type": "function", "function": {"name": "send_letter", "parameters": parameters}}
    running.paris.script = lambda c: c.answer(chat_answer("Hi", odd={"card": value}))
    answer = post(running, tools=[tool], metadata={"card": value}, odd=[value])
    assert answer.status_code == 200
    assert b"411111111111" not in running.paris.received[0].body
    assert "411111111111" not in running.held


def test_a_number_that_the_caller_did_not_send_is_redacted(running: Stack) -> None:
    running.paris.script = lambda c: c.answer(chat_answer("Hi", odd={"card": 4111111111111111}))
    assert "411111111111" not in post(running).text


@pytest.mark.parametrize("status", [999, 600, 199])
def test_a_status_that_is_none_is_an_error_in_the_protocol(running: Stack, status: int) -> None:
    running.paris.script = lambda c: c.answer(chat_answer(), status)
    answer = post(running)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_broken")
    assert running.events[-1]["custom"]["ended"] == "failed"


def test_headers_carry_nothing_in_either_direction(running: Stack) -> None:
    odd = (f"x-request-id: {STRANGER}", f"x-ratelimit-note: {TOKEN}", "x-ratelimit-remaining-tokens: 17", "request-id: req_1", "x-odd: 1")
    running.paris.script = lambda c: c.answer(chat_answer(), 200, f"application/json; x={STRANGER}", *odd)
    body = {"model": "small", "messages": [{"role": "user", "content": "hello"}]}
    answer = httpx.post(f"{running.base}/chat/completions", json=body, headers={"accept": f"application/json;x={MAIL}", "x-odd": MAIL})
    assert MAIL.encode() not in running.paris.received[0].everything
    assert answer.status_code == 502 or STRANGER not in str(answer.headers)
    running.paris.script = lambda c: c.answer(chat_answer(), 200, "application/json", *odd)
    answer = httpx.post(f"{running.base}/chat/completions", json=body)
    assert not [value for value in answer.headers.values() if STRANGER in value or TOKEN in value]
    assert answer.headers["x-ratelimit-remaining-tokens"] == "17"
    assert answer.headers["request-id"] == "req_1"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"data: stranger@exam\n\ndata: ple.net\n\n", "text/event-stream"),
        ("stranger@example.net".encode("utf-16"), "text/plain; charset=utf-16"),
        (b"stranger\0@example.net", "text/plain"),
        (b"stranger@example.net", "application/octet-stream"),
        (b"\xff\xfe", "text/plain"),
    ],
)
def test_an_error_in_a_form_that_cannot_be_inspected_is_replaced(running: Stack, raw: bytes, kind: str) -> None:
    running.paris.script = lambda c: c.answer(raw, 403, kind)
    answer = post(running)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_broken")
    assert "example.net" not in answer.text


# The log, callers, paths


def test_a_log_that_was_deleted_stops_everything(running: Stack) -> None:
    assert post(running).status_code == 200
    running.log.unlink()
    answer = post(running)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "log_unavailable")
    assert httpx.get(f"{running.url}/readyz").status_code == 503
    assert len(running.paris.received) == 1


def test_two_authorizations_are_none(running: Stack) -> None:
    headers = [("authorization", "Bearer a"), ("authorization", "Bearer b"), ("content-type", "application/json")]
    assert httpx.post(f"{running.base}/chat/completions", content=b"{}", headers=headers).status_code == 401


def test_a_forged_surrogate_is_never_given_out(running: Stack) -> None:
    running.paris.script = lambda c: c.answer(chat_answer(c.request.json["messages"][-1]["content"]))
    post(running, f"to {MAIL}")
    surrogate = running.paris.received[0].json["messages"][0]["content"].split()[1]
    answer = post(running, f"{surrogate} to {MAIL}")
    assert answer.json()["choices"][0]["message"]["content"] == f"{surrogate} to {MAIL}"
    assert running.paris.received[1].json["messages"][0]["content"].split()[2] != surrogate


def test_many_findings_in_large_arguments_are_no_attack(running: Stack) -> None:
    arguments = json.dumps({f"m{number}": f"person.{number}@example.org " + "x" * 600 for number in range(1000)})
    call = {"id": "c", "type": "function", "function": {"name": "send_letter", "arguments": arguments}}
    messages = [{"role": "assistant", "content": None, "tool_calls": [call]}, {"role": "user", "content": "go on"}]
    answer = httpx.post(f"{running.base}/chat/completions", json={"model": "small", "messages": messages}, timeout=20)
    assert answer.status_code == 200
    assert b"person.9" not in running.paris.received[0].body


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Any]:
    """An app of somebody's that calls a model by itself, guarded, at several places; gives its URL and what it was told."""
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    from douane import GuardMiddleware, config
    from fakes.serve import served
    from fakes.stack import settings

    told: list[bytes] = []

    def app() -> FastAPI:
        one = FastAPI()

        @one.api_route("/v1/chat/completions", methods=["GET", "POST"])
        async def chat(request: Request) -> JSONResponse:
            told.append(await request.body())
            return JSONResponse(json.loads(chat_answer()))

        return one

    border = config.load(settings(tmp_path, "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"))
    inner = app()
    inner.add_middleware(GuardMiddleware, border=border)
    outer = FastAPI()
    outer.mount("/llm", inner)
    border.start()
    try:
        with served(inner) as plain, served(outer) as mounted:
            yield plain, mounted, told
    finally:
        border.close()


@pytest.mark.parametrize(
    ("where", "path", "method"),
    [
        (0, "/v1/chat/completions", "POST"),
        (0, "/v1/chat/completions%0A", "POST"),
        (0, "/v1/chat/completions", "GET"),
        (0, "//v1/./chat/completions/", "POST"),
        (0, "/V1/Chat/Completions", "POST"),
        (1, "/llm/v1/chat/completions", "POST"),
    ],
)
def test_no_path_leads_around_the_guard(guarded: Any, where: int, path: str, method: str) -> None:
    *bases, told = guarded
    body = {"model": "small", "messages": [{"role": "user", "content": f"to {MAIL}"}]}
    httpx.request(method, f"{bases[where]}{path}", json=body, timeout=20)
    assert not any(MAIL.encode() in raw for raw in told)


def test_a_get_without_a_body_passes(guarded: Any) -> None:
    assert httpx.get(f"{guarded[0]}/v1/chat/completions").status_code == 200
