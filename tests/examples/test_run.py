# SPDX-License-Identifier: Apache-2.0
"""`make run` and `make demo` as a user has them: processes of their own, the official client, Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import openai
import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Demo:
    """The running demo stack: its configuration, and what it has printed."""

    process: subprocess.Popen[str]
    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def printed(self) -> str:
        return "".join(self.lines)

    @property
    def config(self) -> Path:
        return self.folder / "demo.yaml"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{yaml.safe_load(self.config.read_text())['listen']['port']}/v1"

    @property
    def ports(self) -> list[int]:
        value = yaml.safe_load(self.config.read_text())
        return [value["listen"]["port"], *(int(entry["base_url"].split(":")[2].split("/")[0]) for entry in value["destinations"])]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    arguments = [sys.executable, str(ROOT / "examples" / "run.py"), "--free-ports", "--var", str(tmp_path), "--delay-ms", "1"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    assert process.stdout is not None
    one, stdout = Demo(process, tmp_path), process.stdout
    reader = threading.Thread(target=lambda: one.lines.extend(stdout))
    reader.start()
    try:
        until = time.monotonic() + 60
        while "Ctrl-C stops everything" not in one.printed and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert "Ctrl-C stops everything" in one.printed, one.printed
        yield one
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        reader.join(timeout=10)
        stdout.close()


def test_the_stack_says_how_to_use_it_and_ctrl_c_stops_all_of_it(demo: Demo) -> None:
    said = demo.printed
    assert demo.base in said
    assert "curl" in said
    assert "from openai import OpenAI" in said
    assert "douane log show" in said
    with openai.OpenAI(base_url=demo.base, api_key="none") as client:
        answer = client.chat.completions.create(
            model="assistant", messages=[{"role": "user", "content": "Write to anna.berger@example.org"}]
        )
    assert "anna.berger@example.org" in (answer.choices[0].message.content or "")
    ports = demo.ports
    assert all(is_open(port) for port in ports)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=30) == 0
    assert not [port for port in ports if is_open(port)]
    assert "Traceback" not in demo.printed
    assert '"error"' not in demo.printed


def test_the_snippet_and_the_command_that_it_prints_work(demo: Demo) -> None:
    lines = demo.printed.splitlines()
    first = next(number for number, line in enumerate(lines) if "from openai import OpenAI" in line)
    snippet = "\n".join(line[6:] for line in lines[first : first + 10])
    said = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=True).stdout
    assert "anna.berger@example.org" in said
    command = next(line.split(":", 1)[1].split() for line in lines if "What was decided" in line)
    shown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert [line.split()[2] for line in shown.splitlines()] == ["intent", "outcome"]
    assert "anna" not in shown


def test_the_demo_shows_both_sides_of_the_border(demo: Demo) -> None:
    arguments = [sys.executable, str(ROOT / "examples" / "demo.py"), "--config", str(demo.config)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "COLUMNS": "140"})
    said = done.stdout
    assert "<EMAIL_ADDRESS_" in said
    assert "HTTP 400 content_filter" in said
    assert "HTTP 403 destination_not_permitted" in said
    assert "douane.secrets.in_request" in said
    assert "[REDACTED:EMAIL_ADDRESS]" in said
    assert "The decision log gained 10 records: 2 denied, 4 intent, 4 outcome." in said
    assert "Values of this conversation that it holds: 0 of 4." in said


def test_a_taken_port_is_said_clearly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = f"import sys; sys.path.insert(0, 'examples'); import run; run.check_free({taken.getsockname()[1]})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "is taken" in done.stderr
