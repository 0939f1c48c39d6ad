# SPDX-License-Identifier: Apache-2.0
"""What the gateway costs over a direct call and over a plain proxy: CPU and latency a request, side by side in one run.

The gateway is the real one: a process of its own, the shipped policies in their worker, the default detectors, a log that is on
disk before anything passes. All stand before the same model, which answers at once, and their rounds take turns (A B C A B C), so that
each has its share of the noise. CPU counts a server's process and all its children.
"""

import argparse
import json
import os
import platform
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import chats
from load import Load, LoadFailed, Result, Server, compare, family, started
from parts import STEPS
from plain_proxy import VARIANTS

__all__ = ["CASES", "CONFIG", "SERVE", "Case", "main"]

_HERE = Path(__file__).parent
_EXAMPLES = """\
examples:
  python benchmarks/gateway.py                         everything, a few minutes
  python benchmarks/gateway.py --quick                 does it run at all? (below 20 s; its figures say nothing)
  python benchmarks/gateway.py --case short --parts    one chat, and where its CPU goes
  python benchmarks/gateway.py --json > run.json       the figures, with all rounds, for a program

exit codes: 0 done, 1 a request failed or a process died, 2 wrong usage
"""
CONFIG = """\
listen: {{ host: 127.0.0.1, port: 0 }}
log: {{ path: decisions.sqlite, origin: benchmark.local }}
callers: [{{ tenant: benchmark, app: load }}]
destinations:
  - {{ id: model, base_url: "{url}/v1", operator: Benchmark, seat: FR, controller: FR, inference: [FR], storage: [FR],
      retention_days: 0, training: never, verified_at: 2026-11-01, source: benchmarks/README.md }}
models: {{ instant: [{{ destination: model }}] }}
"""
_PACE_MS = 2
_YARDSTICK = "plain proxy"


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of request, and the types of what detectors must find in it."""

    name: str
    title: str
    body: Callable[[int], bytes]
    finds: frozenset[str] = frozenset()
    ending: bytes = b"}"


_DATA = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE"})
CASES = (
    Case("short", "short, no findings", chats.short),
    Case("digits", "short, no findings, numbers", chats.digits),
    Case("short-data", "short, 3 values", chats.short_with_data, _DATA),
    Case("long", "4 kB, no findings", chats.long),
    Case("long-data", "4 kB, 12 values", chats.long_with_data, _DATA | {"CREDIT_CARD"}),
    Case("stream", f"short, streamed, 51 events {_PACE_MS} ms apart", chats.streamed, ending=b"data: [DONE]\n\n"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured: seconds of a round, how many of them, and the requests of a connection that tell how many fit."""

    seconds: float
    rounds: int
    trial: int = 16


@dataclass(frozen=True, slots=True)
class Measured:
    """One case on all servers: `busy` with eight connections, which tells CPU, and `alone` with one, which tells latency."""

    case: Case
    busy: Mapping[str, Result]
    alone: Mapping[str, Result]


def measure(case: Case, servers: Mapping[str, Server], plan: Plan, *, is_alone: bool = True) -> Measured:
    """All rounds of one case. Raises `LoadFailed`."""
    families: dict[str, frozenset[int]] = {}
    results = []
    for concurrency in (8, 1) if is_alone else (8,):
        loads = {}
        for name, server in servers.items():
            trial = Load(case.body, plan.trial * concurrency, concurrency, ending=case.ending)
            trial.run(server, first=10**8)
            families.setdefault(name, frozenset(family(server.pid)))  # whoever has answered has started all that it starts
            seconds = trial.run(server, first=2 * 10**8).seconds
            loads[name] = replace(trial, requests=max(concurrency, int(trial.requests * plan.seconds / seconds)))
        results.append(compare(servers, loads, rounds=plan.rounds, warm=0))
    for name, server in servers.items():
        if frozenset(family(server.pid)) != families[name]:
            raise LoadFailed(f"a process of the server `{name}` died and was replaced while it was measured, so its figures are void")
    return Measured(case, results[0], results[-1])


def found_types(log: Path) -> frozenset[str]:
    """What was found in the newest request of a log."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        row = db.execute("SELECT event FROM decisions WHERE kind = 'intent' ORDER BY seq DESC LIMIT 1").fetchone()
    db.close()
    return frozenset(json.loads(row[0])["input"]["counts"])


@contextmanager
def stage(folder: Path, extra: Mapping[str, Sequence[str]] | None = None, *, has_gateway: bool = True) -> Iterator[dict[str, Server]]:
    """The servers while the block runs, by name; `extra` are more of them, by their command lines with `{url}` and `{config}` in them."""
    with ExitStack() as stack:
        python, config = sys.executable, folder / "douane.yaml"
        model = stack.enter_context(started([python, str(_HERE / "instant_model.py"), "--pace-ms", str(_PACE_MS)]))
        config.write_text(CONFIG.format(url=model.url), encoding="utf-8")
        servers = {"direct": model}
        proxy = [python, str(_HERE / "plain_proxy.py"), "--upstream", model.url]
        servers[_YARDSTICK] = stack.enter_context(started(proxy))
        if has_gateway:
            gateway = [python, "-c", SERVE, "serve", "--config", str(config), "--log-format", "json"]
            servers["gateway"] = stack.enter_context(started(gateway))
        for name, arguments in (extra or {}).items():
            words = [word.format(url=model.url, config=config) for word in arguments]
            servers[name] = stack.enter_context(started([python, *words]))
        yield servers


# The entry point of `douane`, which need not be on the path.
SERVE = "import sys; from douane.cli import main; sys.exit(main())"


# What is printed


def cases_table(all_measured: Sequence[Measured]) -> str:
    """CPU with eight connections beside latency with one."""
    titles = [
        "chat",
        "server",
        "CPU ms (rounds)",
        "of plain proxy",
        "p50 ms",
        "p95 ms",
        "over direct",
        "over plain proxy",
        "requests/s of 8",
    ]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for measured in all_measured:
        base = measured.busy[_YARDSTICK].cpu_per_request
        p50 = {name: result.latency(50) * 1000 for name, result in measured.alone.items()}
        for name, result in measured.busy.items():
            cells = [measured.case.title, name, *_cpu(result, base), f"{p50[name]:.2f}", f"{measured.alone[name].latency(95) * 1000:.2f}"]
            cells += ["" if name == other else f"{p50[name] - p50[other]:+.2f}" for other in ("direct", _YARDSTICK)]
            lines.append(f"| {' | '.join([*cells, f'{result.throughput:.0f}'])} |")
    return "\n".join(lines)


def variants_table(measured: Measured) -> str:
    """Proxies made of other parts."""
    lines = ["| proxy | CPU ms (rounds) | of plain proxy | requests/s of 8 |", "|---|---|---|---|"]
    base = measured.busy[_YARDSTICK].cpu_per_request
    for name, result in measured.busy.items():
        lines.append(f"| {' | '.join([name, *_cpu(result, base), f'{result.throughput:.0f}'])} |")
    return "\n".join(lines)


def parts_table(measured: Measured) -> str:
    """What CPU went when a part was switched off, and what was left."""
    names = [name for name in measured.busy if name not in ("direct", _YARDSTICK)]
    base = measured.busy[_YARDSTICK].cpu_per_request
    whole = measured.busy[names[0]].cpu_per_request
    lines = ["| part | CPU ms | of all | left ms (rounds) | of plain proxy |", "|---|---|---|---|---|"]
    lines.append(f"| {' | '.join(['(nothing off)', '', '', *_cpu(measured.busy[names[0]], base)])} |")
    for before, after in pairwise(names):
        cost = measured.busy[before].cpu_per_request - measured.busy[after].cpu_per_request
        cells = [after, f"{cost * 1000:.3f}", f"{cost / whole:.0%}", *_cpu(measured.busy[after], base)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cpu(result: Result, base: float) -> list[str]:
    low, high = (value * 1000 for value in result.cpu_spread)
    ratio = f"{result.cpu_per_request / base:.2f}" if base else "?"
    return [f"{result.cpu_per_request * 1000:.3f} ({low:.3f}-{high:.3f})", ratio]


def _figures(results: Mapping[str, Result]) -> dict[str, object]:
    return {
        name: {
            "cpu_ms": result.cpu_per_request * 1000,
            "cpu_ms_rounds": [one.cpu / len(one.latencies) * 1000 for one in result.rounds],
            "requests": result.requests,
            "requests_per_second": result.throughput,
            "latency_ms": {f"p{percent}": result.latency(percent) * 1000 for percent in (50, 95, 99)},
            "first_byte_ms": {f"p{percent}": result.first_byte(percent) * 1000 for percent in (50, 95, 99)},
        }
        for name, result in results.items()
    }


# The machine


def file_system(folder: Path) -> str:
    """The kind of file system that a folder is on."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    path = folder.resolve()
    above = [mount for mount in mounts if path.is_relative_to(mount[1])]
    return max(above, key=lambda mount: len(mount[1]))[2]


def fsync_ms(folder: Path) -> float:
    """The median of a write of 4 kB with fsync, which no durable record can undercut."""
    times = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[25] * 1000


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Everything that was asked for; prints tables unless they are wanted as JSON."""
    plan = Plan(0.1, 1, 2) if options.quick else Plan(options.seconds, options.rounds)
    kind = file_system(folder)
    if kind == "tmpfs" and not options.quick:
        raise LoadFailed(f"`{folder}` is on a tmpfs, where an fsync costs nothing; name a folder on a disk with `--folder`")
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "disk": kind, "fsync_ms": fsync_ms(folder)}
    tables = [
        f"{machine['processors']} processors, Python {machine['python']}, {kind}, fsync of 4 kB {machine['fsync_ms']:.2f} ms (median)"
    ]
    cases = [case for case in CASES if not options.case or case.name in options.case]
    figures: dict[str, object] = {"machine": machine, "quick": options.quick}
    with stage(folder) as servers:
        all_measured = []
        for case in cases:
            _say(f"{case.title} ...")
            all_measured.append(measure(case, servers, plan))
            found = found_types(folder / "decisions.sqlite")
            if found != case.finds:
                raise LoadFailed(f"the case `{case.name}` should find {sorted(case.finds)} but found {sorted(found)}")
    tables.append(cases_table(all_measured))
    figures["cases"] = {one.case.name: {"busy": _figures(one.busy), "alone": _figures(one.alone)} for one in all_measured}
    if not options.case:
        _say("proxies made of other parts ...")
        proxies = {name: [str(_HERE / "plain_proxy.py"), "--upstream", "{url}", "--variant", name] for name in VARIANTS[1:]}
        with stage(folder, proxies, has_gateway=False) as servers:
            variants = measure(CASES[0], servers, plan, is_alone=False)
        tables.append(variants_table(variants))
        figures["proxies"] = _figures(variants.busy)
    if options.parts or not (options.case or options.quick):
        _say("the gateway with parts switched off ...")
        names = ["gateway", *(name for name, _ in STEPS)]
        command = [str(_HERE / "parts.py"), "--config", "{config}", "--without"]
        with stage(folder, {name: [*command, str(number)] for number, name in enumerate(names)}, has_gateway=False) as servers:
            parts = measure(cases[0], servers, plan, is_alone=False)
        tables.append(parts_table(parts))
        figures["parts"] = _figures(parts.busy)
    print(json.dumps(figures, indent=1) if options.json else "\n\n".join(tables))
    return figures


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=_EXAMPLES, formatter_class=plain)
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES], help="only this chat; may stand several times")
    parser.add_argument("--parts", action="store_true", help="with --case or --quick: where the CPU of the first chat goes, too")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, after two short ones that do not (default: 5)")
    parser.add_argument(
        "--seconds", type=float, default=1.0, help="about how long a round takes (default: 1; CPU is told in steps of 10 ms)"
    )
    parser.add_argument("--folder", type=Path, help="where the log lies meanwhile; on a disk (default: the system's temporary folder)")
    parser.add_argument("--quick", action="store_true", help="one very short round of each, to see that everything runs")
    parser.add_argument("--json", action="store_true", help="print figures as JSON instead of tables")
    options = parser.parse_args()
    # Whoever ends this ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="douane-benchmark-") as folder:
            run(options, Path(folder))
    except (LoadFailed, ProcessLookupError) as cause:
        _say(f"benchmark: {cause}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
