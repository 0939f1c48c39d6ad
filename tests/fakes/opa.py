# SPDX-License-Identifier: Apache-2.0
"""The real OPA: found, or built, by `.ci/opa`; in CI it may not be missing, elsewhere a test that needs it is skipped and says why."""

import contextlib
import functools
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["opa_binary", "opa_server"]

ROOT = Path(__file__).parents[2]


@functools.cache
def _find() -> tuple[str, str]:
    found = subprocess.run([str(ROOT / ".ci" / "opa")], capture_output=True, text=True, check=False)
    return found.stdout.strip(), found.stderr.strip()


def opa_binary() -> str:
    """The path of the real OPA."""
    path, said = _find()
    if not path:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real OPA is missing, which CI does not accept: {said}")
        pytest.skip(f"THE REAL OPA IS MISSING, so nothing is compared with it: {said}")
    return path


@contextlib.contextmanager
def opa_server(*files: Path) -> Iterator[str]:
    """The URL of an OPA server that has loaded these files and folders as bundles."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    arguments = [opa_binary(), "run", "--server", "--addr", address, "--log-level", "error", "--disable-telemetry"]
    for file in files:
        arguments += ["-b", str(file)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            url = f"http://{address}"
            until = time.monotonic() + 30
            while time.monotonic() < until and process.poll() is None:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health?bundles=true", timeout=1):
                    break
                time.sleep(0.05)
            else:
                assert process.stderr is not None
                raise RuntimeError(f"OPA did not start: {process.stderr.read().decode()}")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)
