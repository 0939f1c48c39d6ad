# SPDX-License-Identifier: Apache-2.0
"""Load on servers side by side: latency, throughput, and the CPU that each server spends on a request.

    python benchmarks/load.py --requests 2000 --concurrency 8          the plain proxy beside the bare model
    python benchmarks/load.py --requests 500 --stream

A benchmark starts its servers with `started`, puts the same `Load` on each with `compare`, whose rounds take turns (A B A B) so
that every server has its share of the noise, and prints `table`. Read ratios within one table, never figures of two runs.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

__all__ = ["Load", "LoadFailed", "Result", "Round", "Server", "chat_body", "compare", "cpu_seconds", "family", "started", "table"]

_TICKS = os.sysconf("SC_CLK_TCK")
_URL = re.compile(r"http://[0-9A-Za-z.\-]+:[0-9]+")
_TAIL = 256


class LoadFailed(RuntimeError):
    """A request was not answered as it should be: its time would be that of an error, so there is no result."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its base URL and the process whose CPU counts, with all that descend from it."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of a server in one round: `requests` times a POST to `path`, over `concurrency` connections kept open.

    `body` gives the body of each request by its number, so that a text can be new each time and no cache is measured by mistake.
    An answer counts if its status is 200 and its last bytes hold `ending`: a stream that was broken off has status 200 too.
    """

    body: Callable[[int], bytes]
    requests: int
    concurrency: int = 8
    path: str = "/v1/chat/completions"
    headers: tuple[tuple[str, str], ...] = ()
    ending: bytes = b""
    seconds: float = 300.0

    def run(self, server: Server, first: int = 0) -> "Round":
        """One round; numbers of requests count from `first`. Raises `LoadFailed` for any answer that does not count."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            before = cpu_seconds(server.pid)
            began = time.perf_counter()
            answers = runner.run(_put(self, server.url, first))
            seconds = time.perf_counter() - began
            cpu = cpu_seconds(server.pid) - before
        return Round(tuple(whole for _, whole in answers), tuple(start for start, _ in answers), seconds, cpu)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took, all in seconds: each answer's time to its end and to its first byte, wall time, CPU of the server."""

    latencies: tuple[float, ...]
    first_bytes: tuple[float, ...]
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of one server."""

    rounds: tuple[Round, ...]

    @property
    def requests(self) -> int:
        """How many answers there were."""
        return sum(len(one.latencies) for one in self.rounds)

    @property
    def throughput(self) -> float:
        """Requests a second."""
        return self.requests / sum(one.seconds for one in self.rounds)

    @property
    def cpu_per_request(self) -> float:
        """Seconds of CPU that the server spent on a request."""
        return sum(one.cpu for one in self.rounds) / self.requests

    @property
    def cpu_spread(self) -> tuple[float, float]:
        """The cheapest and the dearest round's CPU a request: a ratio smaller than their distance says nothing."""
        each = [one.cpu / len(one.latencies) for one in self.rounds]
        return min(each), max(each)

    def latency(self, percent: float) -> float:
        """The latency in seconds that `percent` of the answers did not exceed."""
        return _percentile([latency for one in self.rounds for latency in one.latencies], percent)

    def first_byte(self, percent: float) -> float:
        """The time to the first byte of the body, in seconds, that `percent` of the answers did not exceed."""
        return _percentile([first for one in self.rounds for first in one.first_bytes], percent)


async def _put(load: Load, url: str, first: int) -> list[tuple[float, float]]:
    """Seconds to the first byte of the body and to the end, of every answer."""
    parts = urlsplit(url)
    head = f"POST {load.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in load.headers)
    # Made before the clock starts: what it costs to make them is not the server's.
    requests = [load.body(first + number) for number in range(load.requests)]
    shared = _Shared(load, iter([f"{head}content-length: {len(body)}\r\n\r\n".encode() + body for body in requests]))
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(load.seconds):
            for _ in range(min(load.concurrency, load.requests)):
                await loop.create_connection(lambda: _Connection(shared), parts.hostname or "", parts.port or 80)
            return await shared.finished
    except ConnectionError as cause:
        raise LoadFailed(f"no connection to {parts.netloc}") from cause
    except TimeoutError as cause:
        raise LoadFailed(f"only {len(shared.answers)} of {load.requests} answers in {load.seconds:g} seconds") from cause


class _Shared:
    """What the connections of one round share."""

    def __init__(self, load: Load, requests: Iterator[bytes]) -> None:
        self.load = load
        self.requests = requests
        self.answers: list[tuple[float, float]] = []
        self.finished: asyncio.Future[list[tuple[float, float]]] = asyncio.get_running_loop().create_future()

    def take(self, answer: tuple[float, float]) -> None:
        self.answers.append(answer)
        if len(self.answers) == self.load.requests and not self.finished.done():
            self.finished.set_result(self.answers)

    def fail(self, why: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(LoadFailed(f"after {len(self.answers)} answers {why}"))


class _Connection(asyncio.Protocol):
    """One kept-open connection: sends the next request as soon as the last is answered."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._is_waiting = False
        self._sent = self._first = 0.0
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its class.
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_waiting:
            self._shared.fail("the server broke a connection off")

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._shared.fail("one was not HTTP")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if not self._first:
            self._first = time.perf_counter()
        self._tail = (self._tail + body)[-_TAIL:]

    def on_message_complete(self) -> None:
        """Called by the parser."""
        now = time.perf_counter()
        self._is_waiting = False
        status = self._parser.get_status_code()
        if status != 200:
            self._shared.fail(f"one had status {status}")
        elif self._shared.load.ending not in self._tail:
            self._shared.fail("one did not end as it should")
        else:
            self._shared.take(((self._first or now) - self._sent, now - self._sent))
            self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._shared.requests, None)
        if request is None:
            self._transport.close()
            return
        self._first, self._tail, self._is_waiting = 0.0, b"", True
        self._sent = time.perf_counter()
        self._transport.write(request)


def _percentile(values: list[float], percent: float) -> float:
    # The nearest rank: always a value that was measured.
    values.sort()
    return values[max(0, min(len(values) - 1, -int(-len(values) * percent // 100) - 1))]


def compare(servers: Mapping[str, Server], loads: Mapping[str, Load] | Load, *, rounds: int = 5, warm: int = 1) -> dict[str, Result]:
    """Results by name; `warm` rounds before the others do not count. `loads` is one for all servers, or one for each name."""
    measured: dict[str, list[Round]] = {name: [] for name in servers}
    for number in range(warm + rounds):
        for name, server in servers.items():
            load = loads if isinstance(loads, Load) else loads[name]
            one = load.run(server, first=number * load.requests)
            if number >= warm:
                measured[name].append(one)
    return {name: Result(tuple(each)) for name, each in measured.items()}


def table(results: Mapping[str, Result], yardstick: str) -> str:
    """The results as a Markdown table; CPU as a multiple of the yardstick's, beside what it adds to it."""
    base = results[yardstick].cpu_per_request
    titles = ["server", "CPU ms a request (rounds)", "over the yardstick", "added ms"]
    titles += ["p50 ms", "p95 ms", "p99 ms", "first byte p50 ms", "req/s"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for name, result in results.items():
        low, high = (value * 1000 for value in result.cpu_spread)
        cpu = result.cpu_per_request
        ratio = f"{cpu / base:.2f}" if base else "?"
        cells = [name, f"{cpu * 1000:.3f} ({low:.3f}-{high:.3f})", ratio, f"{(cpu - base) * 1000:.3f}"]
        cells += [f"{value * 1000:.2f}" for value in (*(result.latency(percent) for percent in (50, 95, 99)), result.first_byte(50))]
        lines.append(f"| {' | '.join([*cells, f'{result.throughput:.0f}'])} |")
    return "\n".join(lines)


def cpu_seconds(pid: int) -> float:
    """CPU that a process, its living descendants and their reaped children have spent so far, in steps of a clock tick (10 ms).

    Descendants, because a gateway's policy engine and detectors are processes of their own. Raises `ProcessLookupError`.
    """
    return sum(family(pid).values()) / _TICKS


def family(pid: int) -> dict[int, int]:
    """A process and its living descendants, each with the clock ticks that it and its reaped children have spent.

    Raises `ProcessLookupError`.
    """
    times: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        # A process may end while it is looked at.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if entry.isdigit():
                # The name in brackets may hold spaces and brackets itself; the fields after the last one are numbers.
                fields = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry))
                times[int(entry)] = sum(map(int, fields[11:15]))
    if pid not in times:
        raise ProcessLookupError(f"no process {pid}; the server has ended")
    found, rest = {}, [pid]
    while rest:
        one = rest.pop()
        if one in times:
            found[one] = times[one]
        rest += children.get(one, [])
    return found


@contextlib.contextmanager
def started(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None, seconds: float = 60.0) -> Iterator[Server]:
    """A server of its own process while the block runs; the first `http://host:port` that it prints is its URL."""
    with tempfile.TemporaryFile("w+") as said:
        # A file, not a pipe: nobody reads on, and a full pipe would stop a server that logs.
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            until = time.monotonic() + seconds
            while (found := _URL.search(_all_of(said.fileno()))) is None:
                if process.poll() is not None or time.monotonic() > until:
                    raise LoadFailed(f"`{' '.join(arguments)}` did not start:\n{_all_of(said.fileno())}")
                time.sleep(0.02)
            yield Server(found[0], process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _all_of(descriptor: int) -> str:
    return os.pread(descriptor, 1 << 20, 0).decode("utf-8", "replace")


def chat_body(text: str, *, model: str = "instant", stream: bool = False) -> bytes:
    """The body of a chat request."""
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--requests",
        type=int,
        default=5000,
        help="of one round, which should take the server a second: CPU is told in steps of 10 ms",
    )
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stream", action="store_true", help="ask for streamed answers")
    parser.add_argument("--pace-ms", type=float, default=0, help="the model's pause between two events of a stream")
    options = parser.parse_args()
    # Whoever ends this ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    here = Path(__file__).parent
    load = Load(
        lambda number: chat_body(f"Please answer letter {number}, and say when the parcel comes.", stream=options.stream),
        options.requests,
        options.concurrency,
        ending=b"data: [DONE]" if options.stream else b"}",
    )
    model_arguments = [sys.executable, str(here / "instant_model.py"), "--pace-ms", str(options.pace_ms)]
    with (
        started(model_arguments) as model,
        started([sys.executable, str(here / "plain_proxy.py"), "--upstream", model.url]) as proxy,
    ):
        print(table(compare({"model": model, "plain proxy": proxy}, load, rounds=options.rounds), "plain proxy"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
