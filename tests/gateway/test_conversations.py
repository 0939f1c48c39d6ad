# SPDX-License-Identifier: Apache-2.0
"""Conversations whose history the client does not send again: what was given out is restored in them, and nowhere else."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.stack import Stack, stack
from fakes.upstream import chat_answer, chunk

DONE = b"data: [DONE]\n\n"
MAIL = "zelda.quarrington@example.org"
CALLERS = [
    {"tenant": "acme", "app": "letters", "key_env": "APP_KEY"},
    {"tenant": "other", "app": "letters", "key_env": "OTHER_KEY"},
    {"tenant": "acme", "app": "support", "key_env": "SECOND_KEY"},
]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Stack]:
    vault = {"path": str(tmp_path / "vault.sqlite"), "key_envs": ["VAULT_KEY"]}
    with stack(tmp_path, callers=CALLERS, vault=vault, surrogate_key_env="SURROGATE_KEY") as one:
        yield one


def say(
    running: Stack, text: str, conversation: str | None, *, key: str = "key-of-the-app", subject: str = "", **more: Any
) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    if conversation is not None:
        headers["x-douane-conversation"] = conversation
    if subject:
        headers["x-douane-subject"] = subject
    body = {"model": "small", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{running.base}/chat/completions", json=body, headers=headers, timeout=20)


def given_out(running: Stack) -> str:
    """The surrogate in what the endpoint received last."""
    text = running.paris.received[-1].json["messages"][-1]["content"]
    assert MAIL not in text
    return str(text.split()[-1])


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def begun(running: Stack) -> str:
    """A conversation `c-1` of the subject `u-1` in which the address was given out."""
    say(running, f"My address is {MAIL}", "c-1", subject="u-1")
    surrogate = given_out(running)
    running.paris.script = lambda c: c.answer(chat_answer(f"I wrote to {surrogate}."))
    return surrogate


def test_what_the_model_remembers_is_restored_without_the_history(running: Stack) -> None:
    begun(running)
    assert said(say(running, "Whom did you write to?", "c-1", subject="u-1")) == f"I wrote to {MAIL}."


def test_a_stream_is_restored_too(running: Stack) -> None:
    surrogate = begun(running)
    pieces = [chunk({"content": f"I wrote to {surrogate}."[at : at + 4]}) for at in range(0, 40, 4)]
    running.paris.script = lambda c: c.stream([*pieces, chunk({}, "stop"), DONE])
    answer = say(running, "Whom?", "c-1", subject="u-1", stream=True)
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert "".join(event["choices"][0]["delta"].get("content") or "" for event in events) == f"I wrote to {MAIL}."


@pytest.mark.parametrize(
    ("conversation", "subject", "key"),
    [
        ("c-2", "u-1", "key-of-the-app"),
        ("c-1", "u-2", "key-of-the-app"),
        ("c-1", "", "key-of-the-app"),
        ("c-1", "u-1", "key-of-another"),
        ("c-1", "u-1", "key-of-the-second-app"),
        (None, "u-1", "key-of-the-app"),
    ],
)
def test_nobody_elses_conversation_restores_it(running: Stack, conversation: str | None, subject: str, key: str) -> None:
    surrogate = begun(running)
    answer = say(running, f"Whom did you write to? Was it {surrogate}?", conversation, subject=subject, key=key)
    assert said(answer) == f"I wrote to {surrogate}."


def test_the_same_value_has_the_same_surrogate_with_and_without_its_history(running: Stack) -> None:
    surrogate = begun(running)
    say(running, f"Once more: {MAIL}", "c-1", subject="u-1")
    assert given_out(running) == surrogate


def test_the_file_shows_no_value_no_name_and_no_surrogate(running: Stack, tmp_path: Path) -> None:
    surrogate = begun(running)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("vault.sqlite*"))
    assert not any(word.encode() in held for word in (MAIL, surrogate, surrogate[-6:-1], "acme", "c-1", "u-1"))


@pytest.mark.parametrize("conversation", ["", "a b", "x" * 257, "é"])
def test_a_name_that_is_none_is_refused(running: Stack, conversation: str) -> None:
    headers = {"authorization": "Bearer key-of-the-app", "x-douane-conversation": conversation.encode()}
    body = {"model": "small", "messages": [{"role": "user", "content": "Hello"}]}
    answer = httpx.post(f"{running.base}/chat/completions", json=body, headers=headers, timeout=20)
    assert answer.status_code == 400
    assert "x-douane-conversation" in answer.json()["error"]["message"]
    assert running.paris.received == []


def test_whoever_has_no_key_has_no_conversations(tmp_path: Path) -> None:
    vault = {"path": str(tmp_path / "vault.sqlite"), "key_envs": ["VAULT_KEY"]}
    with stack(tmp_path, vault=vault) as running:
        answer = say(running, "Hello", "c-1", key="nobodys")
        assert answer.status_code == 400
        assert "API key" in answer.json()["error"]["message"]
        assert said(say(running, "Hello", None, key="nobodys")) == "Hello."


def test_a_store_that_cannot_be_believed_lets_nothing_pass(running: Stack, tmp_path: Path) -> None:
    begun(running)
    count = len(running.paris.received)
    with sqlite3.connect(tmp_path / "vault.sqlite") as db:
        db.execute("UPDATE entries SET sealed = zeroblob(length(sealed))")
    db.close()
    answer = say(running, "Whom did you write to?", "c-1", subject="u-1")
    assert answer.status_code == 403
    assert len(running.paris.received) == count
    assert running.events[-1]["error"]["code"] == "unfulfillable"


def test_without_a_store_the_header_changes_nothing(tmp_path: Path) -> None:
    with stack(tmp_path, callers=CALLERS, surrogate_key_env="SURROGATE_KEY") as running:
        surrogate = begun(running)
        assert said(say(running, "Whom did you write to?", "c-1", subject="u-1")) == f"I wrote to {surrogate}."
