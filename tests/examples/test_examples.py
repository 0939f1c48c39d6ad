# SPDX-License-Identifier: Apache-2.0
"""The numbered examples: short, and they do what their README shows."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import openai
import pytest
import yaml

from demo_model import DemoModel
from fakes.process import serving
from fakes.serve import served

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBERED = sorted(path for path in EXAMPLES.iterdir() if path.name[:2].isdigit())
LETTER = "Write to anna.berger@example.org about IBAN DE89370400440532013000."


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def configured(folder: Path, source: Path, *models: str) -> Path:
    """The example's own configuration with other places for its endpoints and its log."""
    value = yaml.safe_load(source.read_text(encoding="utf-8"))
    value["log"]["path"] = str(folder / "decisions.sqlite")
    for destination, url in zip(value["destinations"], models, strict=True):
        destination["base_url"] = f"{url}/v1"
    path = folder / "douane.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False))
    return path


@pytest.mark.parametrize("folder", NUMBERED, ids=lambda path: path.name)
def test_an_example_is_short_and_shows_before_and_after(folder: Path) -> None:
    for source in folder.glob("*.py"):
        assert len(source.read_text(encoding="utf-8").splitlines()) <= 50
    assert "Before and after" in (folder / "README.md").read_text(encoding="utf-8")
    assert folder.name in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def test_01_the_chat_runs_against_the_gateway_and_is_refused_where_it_must_be(tmp_path: Path) -> None:
    paris, virginia = DemoModel("demo-paris", delay=0), DemoModel("demo-virginia", delay=0)
    with served(paris.app()) as eu, served(virginia.app()) as us:
        with serving(configured(tmp_path, EXAMPLES / "demo.yaml", eu, us)) as gateway:
            script = EXAMPLES / "01_gateway" / "chat.py"
            done = subprocess.run(
                [sys.executable, str(script)], capture_output=True, text=True, check=True, env={"OPENAI_BASE_URL": f"{gateway.url}/v1"}
            )
    first, secret, frontier = done.stdout.splitlines()
    assert "anna.berger@example.org" in first
    assert "DE89370400440532013000" in first
    assert secret.startswith("HTTP 400, content_filter, decision ")
    assert frontier.startswith("HTTP 403, destination_not_permitted, decision ")
    assert "anna" not in json.dumps(list(paris.received))
    assert list(virginia.received) == []


@pytest.mark.parametrize("stream", [False, True])
def test_02_two_lines_guard_a_fastapi_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool) -> None:
    model = DemoModel("demo-paris", delay=0)
    with served(model.app()) as url:
        monkeypatch.setenv("DOUANE_CONFIG", str(configured(tmp_path, EXAMPLES / "02_fastapi_middleware" / "douane.yaml", url)))
        app = loaded(EXAMPLES / "02_fastapi_middleware" / "app.py").app
        with served(app) as base, openai.OpenAI(base_url=f"{base}/v1", api_key="none") as client:
            assert (
                said(client, stream)
                == f"Dear reader, I have noted anna.berger@example.org and DE89370400440532013000. You wrote: “{LETTER}”"
            )
            assert httpx.get(f"{base}/hello").json() == {"hello": "world"}
    assert "anna" not in json.dumps(list(model.received))


def said(client: openai.OpenAI, stream: bool) -> str:
    messages: Any = [{"role": "user", "content": LETTER}]
    if not stream:
        return client.chat.completions.create(model="assistant", messages=messages).choices[0].message.content or ""
    parts = client.chat.completions.create(model="assistant", messages=messages, stream=True)
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def test_02_the_commands_of_its_readme_work(tmp_path: Path) -> None:
    """As a process: uvicorn with its own lifespan, which starts and stops the parts of the border."""
    with served(DemoModel("demo-paris", delay=0).app()) as url:
        config = configured(tmp_path, EXAMPLES / "02_fastapi_middleware" / "douane.yaml", url)
        arguments = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES / "02_fastapi_middleware"), "app:app", "--port", "0"]
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env={"DOUANE_CONFIG": str(config)})
        assert process.stderr is not None
        try:
            base = next(line.split()[-5] for line in process.stderr if "running on" in line)
            chat = {"model": "assistant", "messages": [{"role": "user", "content": LETTER}]}
            answer = httpx.post(f"{base}/v1/chat/completions", json=chat, timeout=30)
            assert answer.status_code == 200, answer.text
            process.terminate()
            process.wait(timeout=20)
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


@pytest.mark.parametrize("script", ["stream.py", "tool.py"])
def test_03_what_the_app_and_its_tool_get_the_model_never_saw(tmp_path: Path, script: str) -> None:
    paris, virginia = DemoModel("demo-paris", delay=0), DemoModel("demo-virginia", delay=0)
    with served(paris.app()) as eu, served(virginia.app()) as us:
        with serving(configured(tmp_path, EXAMPLES / "demo.yaml", eu, us)) as gateway:
            arguments = [sys.executable, str(EXAMPLES / "03_streaming_and_tools" / script)]
            places = {"OPENAI_BASE_URL": f"{gateway.url}/v1", "DEMO_MODEL_URL": eu}
            done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=places)
    ours, _, models = done.stdout.partition("the model saw")
    assert "anna.berger@example.org" in ours
    assert "DE89370400440532013000" in ours
    assert "<EMAIL_ADDRESS_" in models
    assert "anna" not in models + json.dumps(list(paris.received))
    if script == "stream.py":
        assert len(set(re.findall("<EMAIL_ADDRESS_[a-z]{5}>", models))) == 1  # the same in both turns
    else:
        assert ours.startswith("the tool got:  to anna.berger@example.org, account DE89370400440532013000")
