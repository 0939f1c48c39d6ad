# SPDX-License-Identifier: Apache-2.0
"""Runs an ASGI app under uvicorn on a free loopback port, in a thread with a loop of its own."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn

__all__ = ["served"]


@contextlib.contextmanager
def served(app: Any, *, lifespan: str = "on") -> Iterator[str]:
    """The base URL of the app while the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            app,
            lifespan=lifespan,  # type: ignore[arg-type]  # uvicorn's literal
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                server.run(sockets=[listener])
            except BaseException as cause:  # told to the test by the block's end
                failures.append(cause)

        thread = threading.Thread(target=run, name="served")
        thread.start()
        try:
            until = time.monotonic() + 30
            while not server.started and thread.is_alive() and time.monotonic() < until:
                time.sleep(0.01)
            if not server.started:
                raise RuntimeError(f"the app did not start: {failures}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive(), "the server did not stop"
