# SPDX-License-Identifier: Apache-2.0
"""Runs the demo stack: two demo models in processes of their own, and the gateway in this one. Ctrl-C stops everything.

python examples/run.py                 the ports of examples/demo.yaml
python examples/run.py --free-ports    any free ports; a configuration for them is written beside the log
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from douane.cli import main as douane

HERE = Path(__file__).parent
CONFIG = HERE / "demo.yaml"

BANNER = """
  douane guards two demo models. Point any OpenAI client at

      {base}

  curl {base}/chat/completions -H 'content-type: application/json' -d '{{
    "model": "assistant",
    "messages": [{{"role": "user", "content": "Write to anna.berger@example.org about IBAN DE89370400440532013000"}}]}}'

  In Python (pip install openai):

      from openai import OpenAI
      client = OpenAI(base_url="{base}", api_key="none")
      stream = client.chat.completions.create(
          model="assistant",
          messages=[{{"role": "user", "content": "Write to anna.berger@example.org, please"}}],
          stream=True,
      )
      for chunk in stream:
          if chunk.choices:
              print(chunk.choices[0].delta.content or "", end="", flush=True)

  What the model received:   curl {received}
  What was decided:          {log}
  The same, played for you:  make demo (in another terminal)
  Configuration:             {config} (tenant demo, app letters)
  Policies:                  policies/ (a change is live once its tests pass)

  Ctrl-C stops everything.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--free-ports", action="store_true", help="take free ports instead of those of the configuration")
    parser.add_argument("--var", type=Path, help="put the log (and the configuration for free ports) into this folder")
    parser.add_argument("--delay-ms", type=int, default=15, help="the pause between two pieces of a streamed answer")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):  # also where the terminal is closed
        signal.signal(number, lambda *_: sys.exit(143))
    try:
        with stack(free_ports=options.free_ports, var=options.var, delay_ms=options.delay_ms) as config:
            threading.Thread(target=announce, args=(config,), daemon=True).start()
            return douane(["serve", "--config", str(config), "--log-format", "text"])
    except KeyboardInterrupt:
        return 0


@contextlib.contextmanager
def stack(*, free_ports: bool, var: Path | None, delay_ms: int) -> Iterator[Path]:
    """The demo models, running; gives the configuration to serve."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    path = CONFIG
    if free_ports or var is not None:
        var = (var or HERE.parent / "var").resolve()
        var.mkdir(parents=True, exist_ok=True)
        config["log"]["path"] = str(var / "decisions.sqlite")
        if free_ports:
            config["listen"]["port"] = free_port()
            for destination in config["destinations"]:
                destination["base_url"] = f"http://127.0.0.1:{free_port()}/v1"
        path = var / "demo.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
    check_free(config["listen"]["port"])
    models = []
    try:
        for destination in config["destinations"]:
            port = int(destination["base_url"].split(":")[2].split("/")[0])
            check_free(port)
            arguments = [str(HERE / "demo_model.py"), "--port", str(port), "--name", destination["id"], "--delay-ms", str(delay_ms)]
            # A session of its own: Ctrl-C reaches this process, which ends the models after the gateway has let go of them.
            models.append(subprocess.Popen([sys.executable, *arguments], start_new_session=True, stdout=subprocess.DEVNULL))
        yield path
    finally:
        for model in models:
            model.terminate()
        for model in models:
            try:
                model.wait(timeout=5)
            except subprocess.TimeoutExpired:
                model.kill()


def announce(config_path: Path) -> None:
    """Print the banner once the gateway is ready."""
    config: dict[str, Any] = yaml.safe_load(config_path.read_text(encoding="utf-8"))
    base = f"http://127.0.0.1:{config['listen']['port']}"
    paris = config["destinations"][0]["base_url"].removesuffix("/v1")
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{base}/readyz", timeout=1):
            # The command beside this interpreter: uv need not be on PATH.
            log = f"{command()} log show --config {os.path.relpath(config_path)}"
            print(BANNER.format(base=f"{base}/v1", received=f"{paris}/received", log=log, config=os.path.relpath(config_path)), flush=True)
            return
        time.sleep(0.1)


def command() -> str:
    """The `douane` command of this environment, as it can be typed here."""
    return os.path.relpath(Path(sys.executable).with_name("douane"))


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_free(port: int) -> None:
    """Ends with a clear message where something already listens."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"port {port} is taken on 127.0.0.1; stop what listens there, or run with --free-ports")


if __name__ == "__main__":
    sys.exit(main())
