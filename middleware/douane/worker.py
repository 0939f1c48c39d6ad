# SPDX-License-Identifier: Apache-2.0
"""A supervised child process that answers one request at a time, for work that cannot be interrupted or trusted not to crash.

Both sides stand here. A request is four bytes of length (big-endian) and a payload; an answer has a status byte in front of its payload.
A child that does not answer in time is killed and replaced, so that the next request finds a fresh one.
"""

import contextlib
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Literal

__all__ = ["Cause", "Worker", "WorkerFailed", "serve"]

_LENGTH = struct.Struct(">I")
_OK, _ERROR = b"\0", b"\1"
_LIMIT = 2**31
_SECONDS, _MEMORY = "DOUANE_WORKER_SECONDS", "DOUANE_WORKER_MEMORY"
# What a child may know of its parent's environment: where Python and its packages are. No key, no home, no debugging switch.
_INHERITED = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "TMPDIR")

Cause = Literal["timeout", "crash", "error"]


class WorkerFailed(Exception):
    """No answer: `timeout` (killed), `crash` (died, or could not start), `error` (it said that it failed; the message is its word)."""

    def __init__(self, message: str, cause_code: Cause) -> None:
        super().__init__(message)
        self.cause_code = cause_code


class Worker:
    """A child process of `python -m module ...`, started on demand and replaced when it fails. Thread-safe; requests queue.

    `greeting` is the first payload that every new child gets (a configuration); it must be answered within `start_deadline` seconds, any
    later one within `deadline`. `memory_bytes` bounds its address space.
    """

    def __init__(
        self, arguments: Sequence[str], *, name: str, greeting: bytes, deadline: float, start_deadline: float, memory_bytes: int
    ) -> None:
        self.name = name
        self._arguments = [sys.executable, *arguments]
        self._greeting = greeting
        self._deadline = deadline
        self._start_deadline = start_deadline
        self._memory = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = self._was_started = False
        self._failures = 0
        self._not_before = 0.0

    def start(self) -> None:
        """Start the child, if it is not running, and wait until it has answered the greeting. Raises `WorkerFailed`."""
        self._was_started = True
        with self._lock:
            self._ensure()

    def ask(self, payload: bytes) -> bytes:
        """The child's answer. Raises `WorkerFailed` within the deadline, counted from when the child is free and running."""
        if not self._lock.acquire(timeout=self._deadline + self._start_deadline):
            raise WorkerFailed(f"the {self.name} worker was busy for too long", "timeout")
        try:
            return self._talk(self._ensure(), payload, self._deadline)
        except WorkerFailed as failure:
            if failure.cause_code != "error" and not self._is_closed:
                self._restart_soon()
            raise
        finally:
            self._lock.release()

    def is_ready(self) -> bool:
        """Whether the child runs; one that has died is replaced, since nobody asks a gateway that says that it is not ready."""
        process = self._process
        if process is not None and process.poll() is None:
            return True
        if self._was_started and not self._is_closed and not self._lock.locked():
            self._restart_soon()
        return False

    @property
    def pid(self) -> int | None:
        """The process id of the child, or None."""
        process = self._process
        return None if process is None else process.pid

    def close(self) -> None:
        """End the child for good."""
        with self._lock:
            self._is_closed = True
            self._kill()

    def _restart_soon(self) -> None:
        threading.Thread(target=self._restart, name=f"restart {self.name}", daemon=True).start()

    def _restart(self) -> None:
        with contextlib.suppress(WorkerFailed):
            self.start()

    def _ensure(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        if self._is_closed:
            raise WorkerFailed(f"the {self.name} worker is closed", "crash")
        if time.monotonic() < self._not_before:
            raise WorkerFailed(f"the {self.name} worker does not start; the next try is a moment away", "crash")
        self._kill()
        try:
            process = self._process = self._spawn()
            self._talk(process, self._greeting, self._start_deadline)
        except (OSError, WorkerFailed) as cause:
            self._kill()
            self._failures += 1
            self._not_before = time.monotonic() + min(5.0, 0.05 * 2**self._failures)
            if isinstance(cause, WorkerFailed):
                raise
            raise WorkerFailed(f"the {self.name} worker cannot be started ({type(cause).__name__})", "crash") from cause
        self._failures = 0
        return process

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment[_SECONDS] = str(2 * max(self._deadline, self._start_deadline) + 1)
        environment[_MEMORY] = str(self._memory)
        process = subprocess.Popen(
            self._arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a panic quotes what it choked on
            env=environment,
            start_new_session=True,  # Ctrl-C is for the parent to act on
            bufsize=0,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        return process

    def _talk(self, process: subprocess.Popen[bytes], payload: bytes, seconds: float) -> bytes:
        try:
            answer = _exchange(process, _LENGTH.pack(len(payload)) + payload, time.monotonic() + seconds)
        except TimeoutError as cause:
            self._kill()
            raise WorkerFailed(f"the {self.name} worker did not answer within {seconds:g} s", "timeout") from cause
        except OSError as cause:
            self._kill()
            raise WorkerFailed(f"the {self.name} worker died", "crash") from cause
        except BaseException:
            self._kill()  # an answer that nobody took would be the next asker's
            raise
        if answer[:1] == _OK:
            return answer[1:]
        raise WorkerFailed(answer[1:].decode("utf-8", "replace"), "error")

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _exchange(process: subprocess.Popen[bytes], request: bytes, until: float) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    into, out = process.stdin.fileno(), process.stdout.fileno()
    unsent = memoryview(request)
    received = bytearray()
    wanted = -1
    poll = select.poll()
    poll.register(out, select.POLLIN)
    poll.register(into, select.POLLOUT)
    while wanted < 0 or len(received) < wanted:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        for fd, _ in poll.poll(left * 1000 + 1):
            if fd == into and unsent:
                unsent = unsent[os.write(into, unsent) :]
                if not unsent:
                    poll.unregister(into)
            elif fd == out:
                piece = os.read(out, 1 << 16)
                if not piece:
                    raise BrokenPipeError
                received += piece
        if wanted < 0 and len(received) >= 4:
            wanted = 4 + _LENGTH.unpack_from(received)[0]
    return bytes(received[4:wanted])


# The child's side


def serve(greet: Callable[[bytes], bytes], answer: Callable[[bytes], bytes], *, environment: Mapping[str, str] = os.environ) -> None:
    """Answer requests until the parent is gone. `greet` takes the first payload, `answer` every other.

    What they raise becomes an error: the text of a `WorkerFailed`, the bare word `error` for anything else, which may quote its input.
    Whoever runs out of memory ends: what is left of it is in no known state.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory = int(environment.get(_MEMORY, "0"))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold what was asked
    seconds = float(environment.get(_SECONDS, "0"))
    # Nothing that reads or prints, native code included, may disturb the frames.
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    function = greet
    while True:
        head = _read(source, 4)
        if head is None:
            return
        payload = _read(source, min(_LENGTH.unpack(head)[0], _LIMIT))
        if payload is None:
            return
        # The default action of SIGALRM ends the process even while it computes without releasing the interpreter: should the parent be
        # killed meanwhile, nobody else would end it.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            result = _OK + function(payload)
        except WorkerFailed as failure:
            result = _ERROR + str(failure).encode("utf-8", "replace")
        except MemoryError:
            os._exit(1)
        except Exception:
            result = _ERROR + b"error"
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(_LENGTH.pack(len(result)) + result)
        sink.flush()
        function = answer


def _read(source: IO[bytes], count: int) -> bytes | None:
    pieces = []
    while count:
        piece = source.read(count)
        if not piece:
            return None
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
