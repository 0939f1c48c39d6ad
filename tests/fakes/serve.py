# SPDX-License-Identifier: Apache-2.0
"""Runs an app on a free loopback port, in a thread with a loop of its own: ASGI under uvicorn, or one of aiohttp."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from aiohttp import web

__all__ = ["served"]

_START_SECONDS = 30
_STOP_SECONDS = 20


@contextlib.contextmanager
def served(app: Any, *, lifespan: str = "on") -> Iterator[str]:
    """The base URL of the app while the block runs; what the server itself raised is raised by the end of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = _Aiohttp(app, listener) if isinstance(app, web.Application) else _Asgi(app, listener, lifespan)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                serving.run()
            except BaseException as cause:  # a thread's error is nobody's: the block raises it
                failures.append(cause)

        thread = threading.Thread(target=run, name="served")
        thread.start()
        try:
            until = time.monotonic() + _START_SECONDS
            while not serving.is_ready() and thread.is_alive() and time.monotonic() < until:
                time.sleep(0.01)
            if not serving.is_ready():
                raise RuntimeError("the app did not start") from next(iter(failures), None)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            serving.stop()
            thread.join(timeout=_STOP_SECONDS)
            assert not thread.is_alive(), "the server did not stop"
        if failures:
            raise RuntimeError("the server failed") from failures[0]


class _Asgi:
    def __init__(self, app: Any, listener: socket.socket, lifespan: str) -> None:
        config = uvicorn.Config(
            app,
            # It is one of uvicorn's literals, which its callers need not know.
            lifespan=lifespan,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener

    def run(self) -> None:
        self._server.run(sockets=[self._listener])

    def is_ready(self) -> bool:
        return self._server.started

    def stop(self) -> None:
        self._server.should_exit = True


class _Aiohttp:
    def __init__(self, app: web.Application, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        self._ready = threading.Event()
        self._wake: Callable[[], None] = lambda: None

    def run(self) -> None:
        asyncio.run(self._serve())

    def is_ready(self) -> bool:
        return self._ready.is_set()

    def stop(self) -> None:
        # The loop is closed where the server has ended by itself.
        with contextlib.suppress(RuntimeError):
            self._wake()

    async def _serve(self) -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(stop.set)

        self._wake = wake
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.SockSite(runner, self._listener).start()
            self._ready.set()
            await stop.wait()
        finally:
            await runner.cleanup()
