# SPDX-License-Identifier: Apache-2.0
"""Plays a scripted conversation through the running stack with the official `openai` client and shows both sides of the border.

    python examples/demo.py                               against what `make run` started; starts it where nothing answers
    python examples/demo.py --config var/demo.yaml        against a stack of another configuration

Nothing is faked: every exchange goes over HTTP through the gateway, what the model received is what the demo model itself reports, and
which rule decided is read from the decision log.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import yaml

from douane import config as configuration
from douane.audit.log import read

HERE = Path(__file__).parent
LETTER = "Write to Mrs Anna Berger, anna.berger@example.org, +49 30 901820, about her refund to IBAN DE89 3704 0044 0532 0130 00."
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "send_letter",
        "description": "Sends a letter",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One exchange of the script."""

    title: str
    text: str
    model: str = "assistant"
    stream: bool = False
    more: dict[str, Any] = field(default_factory=dict)


SCRIPT = (
    Scene("Personal data stays at home; the reply has it back", LETTER),
    Scene("The same, streamed", LETTER, stream=True),
    Scene("A tool gets the address that the model never saw", f"Please book a letter. {LETTER}", more={"tools": [TOOL]}),
    Scene("A credential never leaves", "Why does this key fail? sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2),
    Scene("A destination that policy does not permit", "Summarise the weekly report.", model="frontier"),
    Scene("Personal data that the model invents does not arrive", "Please invent a customer for a test."),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=HERE / "demo.yaml", help="the configuration of the running gateway")
    options = parser.parse_args()
    with running(options.config) as config_path:
        play(configuration.read(config_path), is_kept=config_path == options.config)
    return 0


@contextlib.contextmanager
def running(config_path: Path) -> Iterator[Path]:
    """The stack of a configuration; one of our own on free ports where nothing answers there."""
    if answers(config_path):
        yield config_path
        return
    if config_path != HERE / "demo.yaml":
        sys.exit(f"no gateway answers as {config_path} says; start it with `douane serve --config {config_path}`")
    print("nothing answers on the ports of examples/demo.yaml, so this starts a stack of its own on free ports", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, str(HERE / "run.py"), "--free-ports", "--var", folder]
        own = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            path = Path(folder) / "demo.yaml"
            for _ in range(600):
                if own.poll() is not None:
                    sys.exit("the stack ended at its start; `make run` shows why")
                if path.exists() and answers(path):
                    break
                time.sleep(0.1)
            yield path
        finally:
            own.send_signal(signal.SIGINT)
            own.wait(timeout=20)


def answers(config_path: Path) -> bool:
    """Whether the gateway of a configuration is ready."""
    config = yaml.safe_load(config_path.read_text(encoding="utf-8"))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{config['listen']['port']}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def play(config: configuration.Config, *, is_kept: bool) -> None:
    """Every scene, then the summary of the log, which goes with a stack that was started for this only."""
    base = f"http://127.0.0.1:{config.listen.port}/v1"
    client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)
    models = {entry.id: entry.base_url.removesuffix("/v1") for entry in config.destinations}
    before = sum(1 for _ in read(config.log.path))
    for number, scene in enumerate(SCRIPT, 1):
        for url in models.values():
            call("DELETE", f"{url}/received")
        back, decision = ask(client, scene)
        received = {id_: call("GET", f"{url}/received") for id_, url in models.items()}
        show(number, scene, received, back, list(read(config.log.path, about=decision)))
    summary(config.log.path, before, is_kept=is_kept)


def ask(client: openai.OpenAI, scene: Scene) -> tuple[str, str]:
    """What came back to the application, and the id of the decision."""
    try:
        answer = client.chat.completions.with_raw_response.create(
            model=scene.model, messages=[{"role": "user", "content": scene.text}], stream=scene.stream, **scene.more
        )
    except openai.APIStatusError as refusal:
        said = refusal.body.get("message", "") if isinstance(refusal.body, dict) else str(refusal)
        return f"HTTP {refusal.status_code} {refusal.code}: {said}", refusal.response.headers.get("x-douane-decision", "")
    decision = answer.headers.get("x-douane-decision", "")
    if scene.stream:
        chunks = [chunk.choices[0].delta.content or "" for chunk in answer.parse() if chunk.choices]
        return f"({len(chunks)} chunks) " + "".join(chunks), decision
    message = answer.parse().choices[0].message
    if message.tool_calls:
        return "".join(f"{c.function.name}({c.function.arguments})" for c in message.tool_calls if c.type == "function"), decision
    return message.content or "", decision


def call(method: str, url: str) -> Any:
    """JSON from a demo model."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=5) as answer:
        text = answer.read()
    return json.loads(text) if text.strip() else None


def show(number: int, scene: Scene, received: dict[str, Any], back: str, events: list[Any]) -> None:
    """Both sides of the border for one scene."""
    width = max(80, min(shutil.get_terminal_size((120, 40)).columns, 140))
    crossed = [f"[{id_}] " + " / ".join(texts(body)) for id_, bodies in received.items() for body in bodies or []]
    print(f"\n{'=' * width}\n{number}. {scene.title}   (model {scene.model})\n{'-' * width}")
    columns("THE APPLICATION SENT", scene.text, "THE MODEL RECEIVED", " ".join(crossed) or "nothing", width)
    columns("CAME BACK", back, "DECIDED BY", "\n".join(reasons(events)), width)


def texts(body: Any) -> list[str]:
    """The contents of the messages in a body that a demo model reports."""
    body = body.get("body", body)
    return [message["content"] if isinstance(message["content"], str) else json.dumps(message["content"]) for message in body["messages"]]


def reasons(events: list[Any]) -> list[str]:
    """Which rules decided, as the log has it."""
    lines = []
    for event in events:
        result = event["result"] or {}
        leg = (event["input"] or {}).get("leg", "")
        lines += [f"{leg}: {reason['id']}: {reason['message']}" for reason in result.get("reasons", ())]
        if result.get("verdict") == "allow":
            lines += [f"{leg}: {o['rule']} ({o['kind']})" for o in result.get("obligations", ())]
        lines += [f"{leg}: {r['id']} rejects {r['destination']}: {r['message']}" for r in result.get("rejections", ())]
    return list(dict.fromkeys(lines))


def columns(left_title: str, left: str, right_title: str, right: str, width: int) -> None:
    """Two texts side by side."""
    half = (width - 3) // 2

    def wrapped(text: str) -> list[str]:
        return [line for part in text.splitlines() or [""] for line in textwrap.wrap(part, half) or [""]]

    a, b = [left_title, *wrapped(left)], [right_title, *wrapped(right)]
    for index in range(max(len(a), len(b))):
        print(f"{a[index] if index < len(a) else '':<{half}} | {b[index] if index < len(b) else ''}")
    print()


def summary(log: Path, before: int, *, is_kept: bool) -> None:
    """What the decision log holds of this conversation."""
    events = list(read(log, since=before))
    kinds: dict[str, int] = {}
    for event in events:
        custom = event["custom"]
        assert isinstance(custom, dict)
        kinds[str(custom["kind"])] = kinds.get(str(custom["kind"]), 0) + 1
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    held = json.dumps(events)
    values = ("anna.berger@example.org", "DE89", "901820", "a1B2c3D4")
    print(f"The decision log gained {len(events)} records: {told}.")
    print(f"Values of this conversation that it holds: {sum(value in held for value in values)} of {len(values)}.")
    command = os.path.relpath(Path(sys.executable).with_name("douane"))
    if is_kept:
        print(f"Read it: {command} log show --log {os.path.relpath(log)}")


if __name__ == "__main__":
    sys.exit(main())
