# SPDX-License-Identifier: Apache-2.0
"""`douane serve` as a process of its own, as an operator runs it, with all that it prints."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

__all__ = ["Served", "children", "douane", "serving"]

_LISTENING = re.compile(r"http://127\.0\.0\.1:\d+")


def douane() -> str:
    """The command as it is installed beside the interpreter of the tests."""
    return str(Path(sys.executable).with_name("douane"))


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [int(name) for task in Path(f"/proc/{pid}/task").iterdir() for name in (task / "children").read_text().split()]


@dataclass(slots=True)
class Served:
    """A running gateway: its URL and every line that it has printed."""

    url: str
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def printed(self) -> str:
        """Everything on standard output and standard error so far."""
        return "".join(self.lines)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal to the gateway and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def serving(config: Path, *, environment: dict[str, str] | None = None) -> Iterator[Served]:
    """The gateway of a configuration on a free port; `environment` holds keys that it may read."""
    arguments = [douane(), "serve", "--config", str(config), "--port", "0", "--log-format", "json"]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})}
    )
    served = Served("", process)
    listening = threading.Event()
    assert process.stdout is not None

    def read(stream: IO[str]) -> None:
        for line in stream:
            served.lines.append(line)
            found = _LISTENING.search(line)
            if found and not served.url:
                served.url = found[0]
                listening.set()
        listening.set()

    reader = threading.Thread(target=read, args=(process.stdout,))
    reader.start()
    try:
        listening.wait(60)
        if not served.url:
            raise RuntimeError(f"the gateway did not start: {served.printed}")
        yield served
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=30)
        reader.join(timeout=10)
        process.stdout.close()
