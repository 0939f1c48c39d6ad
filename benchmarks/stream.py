# SPDX-License-Identifier: Apache-2.0
"""What guarding a stream costs: how much later its text arrives, CPU by the delta, and the memory of a stream that waits.

Side by side in one run: a direct call, a plain proxy, the gateway with its default detectors and with the model for names, and a peer
(cloakwall, in each of its two modes). The gateway is the real one: a process of its own, the shipped policies, a log on disk. All stand
before the same model, which says afterwards when each delta left it, and their rounds take turns. Answers have no personal data, values
that the caller sent (the model sees surrogates and repeats them), or values that it did not send.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import chats
from gateway import CONFIG, SERVE, file_system, fsync_ms
from load import LoadFailed, Server, family, started
from stream_client import Lag, hear, keep_open, lag
from stream_model import Cut, Kind, Plan, Sent, own_values, values_in

__all__ = ["main"]

_HERE = Path(__file__).parent
_UV = _HERE.parent / ".uv" / "bin" / "uv"
_PEER = "cloakwall==0.3.1"
_EXAMPLES = """\
examples:
  python benchmarks/stream.py                          everything, about a quarter of an hour
  python benchmarks/stream.py --quick                  does it run at all? (below 30 s; its figures say nothing)
  python benchmarks/stream.py --kind prose --cut words one answer
  python benchmarks/stream.py --without-peer           nothing is installed
  python benchmarks/stream.py --json > run.json        the figures, for a program

exit codes: 0 done, 1 a request failed, an answer was not what it should be, or a process died, 2 wrong usage
"""
_KINDS: Mapping[Kind, str] = {"prose": "no values", "sent": "values the caller sent", "unsent": "values it did not send"}
_CUTS: tuple[Cut, ...] = ("4 characters", "words")
_SCHEDULED = 2  # CPUCLOCK_SCHED of Linux: the clock of another process is named by its id and this
_YARDSTICK, _GATEWAY, _NAMES = "plain proxy", "gateway", "gateway, names model"


@dataclass(frozen=True, slots=True)
class Load:
    """How many deltas a stream has at least and with which pause, how many streams run at once, and how many rounds count."""

    deltas: int
    pace: float
    streams: int
    rounds: int
    warm: int = 1


@dataclass(slots=True)
class Taken:
    """What the rounds of one server gave."""

    lags: list[Lag] = field(default_factory=list)
    rounds: list[tuple[float, int]] = field(default_factory=list)  # seconds of CPU, and how many deltas
    seconds: float = 0.0
    values: int = 0
    right: int = 0  # values that came back, or that were kept back where the caller had not sent them

    @property
    def deltas(self) -> int:
        return sum(deltas for _, deltas in self.rounds)

    @property
    def cpu(self) -> float:
        """Seconds of CPU by the stream."""
        return sum(cpu for cpu, _ in self.rounds) / len(self.lags)

    @property
    def cpu_us(self) -> tuple[float, float, float]:
        """CPU by the delta: on average, and in the cheapest and the dearest round."""
        each = [cpu * 1e6 / deltas for cpu, deltas in self.rounds]
        return sum(cpu for cpu, _ in self.rounds) * 1e6 / self.deltas, min(each), max(each)

    def first_ms(self) -> float:
        """The median time to the first character."""
        return statistics.median(one.first for one in self.lags) / 1e6

    def lag_ms(self) -> tuple[float, float]:
        """The median and the greatest lag of a character."""
        times = [time for one in self.lags for time in one.times]
        return statistics.median(times) / 1e6, max(times) / 1e6

    def lag_deltas(self) -> tuple[int, int]:
        """The same in deltas."""
        deltas = [number for one in self.lags for number in one.deltas]
        return statistics.median_low(deltas), max(deltas)


class Stage:
    """The servers, and the model behind them."""

    def __init__(self, model: Server, servers: Mapping[str, Server], missing: dict[str, str]) -> None:
        self.model = model
        self.servers = servers
        self.missing = missing
        self._number = 0

    def plan(self, plan: Plan) -> None:
        self._call("PUT", "/plan", json.dumps(asdict(plan)).encode())

    def bodies(self, kind: Kind, count: int) -> list[tuple[int, bytes]]:
        """Requests with their numbers, none of which comes again."""
        first, self._number = self._number + 1, self._number + count
        made = [(number, (chats.short_with_data if kind == "sent" else chats.streamed)(number)) for number in range(first, first + count)]
        return [(number, json.dumps({**json.loads(body), "stream": True, "seed": number}).encode()) for number, body in made]

    def sent(self, number: int) -> Sent:
        """What the model sent in answer to a request. Only once."""
        return Sent(**json.loads(self._call("GET", f"/sent/{number}")))

    def round(self, name: str, kind: Kind, asked: Sequence[tuple[int, bytes]], taken: Taken) -> None:
        """One round of one server. Raises `LoadFailed`."""
        server = self.servers[name]
        before, began = _cpu(server.pid), time.perf_counter()
        heard = hear(server.url, [body for _, body in asked])
        taken.seconds += time.perf_counter() - began
        cpu, deltas = _cpu(server.pid) - before, 0
        for (number, body), one in zip(asked, heard, strict=True):
            sent = self.sent(number)
            deltas += len(sent.times)
            late = lag(sent, one)
            # An answer tells its three values in turn.
            values = [(own_values(number) if kind == "unsent" else values_in(body))[at % 3] for at in range(len(sent.values))]
            if name in ("direct", _YARDSTICK) and list(late.values) != sent.values:
                raise LoadFailed(f"`{name}` changed a value")
            right = sum((value in arrived) == (kind == "sent") for value, arrived in zip(values, late.values, strict=True))
            if name in (_GATEWAY, _NAMES) and (right < len(values) or (kind == "sent" and set(values) & set(sent.values))):
                raise LoadFailed(f"`{name}` let a value through that it should not, or did not give one back")
            taken.lags.append(late)
            taken.values, taken.right = taken.values + len(values), taken.right + right
        taken.rounds.append((cpu, deltas))

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(urllib.request.Request(self.model.url + path, body, method=method), timeout=10) as answer:
            raw: bytes = answer.read()
            return raw


@contextmanager
def stage(folder: Path, *, has_peer: bool) -> Iterator[Stage]:
    """All servers while the block runs."""
    with ExitStack() as stack:
        python = sys.executable
        model = stack.enter_context(started([python, str(_HERE / "stream_model.py")]))
        proxy = [python, str(_HERE / "plain_proxy.py"), "--upstream", model.url]
        servers = {"direct": model, _YARDSTICK: stack.enter_context(started(proxy))}
        for number, (name, detectors) in enumerate({_GATEWAY: "{}", _NAMES: "{ names: model }"}.items()):
            config = folder / f"gateway{number}" / "douane.yaml"
            config.parent.mkdir()
            config.write_text(CONFIG.format(url=model.url) + f"detectors: {detectors}\n", encoding="utf-8")
            servers[name] = stack.enter_context(started([python, "-c", SERVE, "serve", "--config", str(config), "--log-format", "json"]))
        modes = {"cloakwall --restore": "--restore", "cloakwall --redact-output": "--redact-output"}
        why = "left out"
        try:
            peer = [_peer(folder), "serve", "--upstream", f"{model.url}/v1", "--port", "0"] if has_peer else []
            for name, mode in modes.items() if has_peer else ():
                servers[name] = stack.enter_context(started([*peer, mode, "--audit-path", str(folder / f"peer{mode}.log")], seconds=20))
        except (LoadFailed, OSError, subprocess.TimeoutExpired) as cause:
            why = str(cause).splitlines()[0]
        missing = {name: why for name in modes if name not in servers}
        yield Stage(model, servers, missing)


def _peer(folder: Path) -> str:
    """The peer's command, pinned and installed into an environment of its own. Raises `LoadFailed`."""
    place = folder / "peer"
    uv = str(_UV) if _UV.exists() else shutil.which("uv")
    if uv is None:
        raise LoadFailed("`uv` is missing, which would install it; run `make` once")
    _say(f"installing {_PEER} ...")
    for words in (["venv", "--python", sys.executable, str(place)], ["pip", "install", "--python", str(place), _PEER]):
        done = subprocess.run([uv, "--quiet", *words], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise LoadFailed(f"`uv {words[0]}` failed: {' '.join(done.stderr.split())}")
    return str(place / "bin" / "cloakwall")


def measure(stage: Stage, plan: Plan, load: Load) -> dict[str, Taken]:
    """All rounds of one kind of answer, after those that do not count. Raises `LoadFailed` where a server of ours fails."""
    taken = {name: Taken() for name in stage.servers}
    failed: set[str] = set()
    stage.plan(plan)
    for number in range(load.warm + load.rounds):
        asked = stage.bodies(plan.kind, load.streams)  # the same letters for all
        for name in stage.servers:
            if name in failed:
                continue
            try:
                stage.round(name, plan.kind, asked, taken[name] if number >= load.warm else Taken())
            except LoadFailed as cause:
                title = f"{name}, {_KINDS[plan.kind]}, {plan.cut}"
                if not name.startswith("cloakwall"):
                    raise LoadFailed(f"{title}: {cause}") from cause
                failed.add(name)
                stage.missing[title] = str(cause)
    return {name: one for name, one in taken.items() if name not in failed}


def memory(stage: Stage, streams: int) -> dict[str, tuple[float, float]]:
    """By server: MB before, and kB by a stream that stands idle after 20 deltas."""
    figures = {}
    stage.plan(Plan("prose", "words", 20, 0.0, ends=False))
    for name, server in stage.servers.items():
        if name == "direct":
            continue
        try:
            keep_open(server.url, [body for _, body in stage.bodies("prose", 8)], 21, lambda: None)
            before = _resident(server.pid)
            bodies = [body for _, body in stage.bodies("prose", streams)]
            grown = keep_open(server.url, bodies, 21, lambda pid=server.pid: _resident(pid)) - before  # type: ignore[misc]
        except LoadFailed as cause:
            if not name.startswith("cloakwall"):
                raise
            stage.missing[f"{name}, memory"] = str(cause)
            continue
        figures[name] = before / 1e6, grown / streams / 1e3
    return figures


def _cpu(pid: int) -> float:
    """Seconds of CPU of a process and its living descendants: their clocks tell nanoseconds, where `/proc` tells steps of 10 ms."""
    return sum(time.clock_gettime(~one << 3 | _SCHEDULED) for one in family(pid))


def _resident(pid: int) -> int:
    """Bytes of memory that a process and its descendants hold."""
    pages = (int(Path("/proc", str(one), "statm").read_text(encoding="ascii").split()[1]) for one in family(pid))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


# What is printed


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of answer under one load, beside streams of a single sentence, which tell what a stream costs by itself."""

    plan: Plan
    load: Load
    taken: Mapping[str, Taken]
    single: Mapping[str, Taken]

    def rows(self) -> Iterator[dict[str, str | float]]:
        """What is told of each server."""
        base = self.taken[_YARDSTICK]
        for name, one in self.taken.items():
            p50, most = one.lag_ms()
            late, latest = one.lag_deltas()
            row: dict[str, str | float] = {"answer": _KINDS[self.plan.kind], "deltas": self.plan.cut, "server": name}
            row |= {"values": f"{one.right} of {one.values}" if one.values else ""}
            row |= {"first ms": one.first_ms(), "added first": one.first_ms() - base.first_ms(), "lag p50 ms": p50, "lag max ms": most}
            row |= {"added p50": p50 - base.lag_ms()[0], "added max": most - base.lag_ms()[1]}
            row |= {"lag p50 deltas": late, "lag max deltas": latest}
            cpu, low, high = one.cpu_us
            row |= {"CPU us": cpu, "CPU us min": low, "CPU us max": high, "over plain us": cpu - base.cpu_us[0]}
            if name in self.single:
                short = self.single[name]
                further = one.deltas / len(one.lags) - short.deltas / len(short.lags)
                if further > 0:  # a quick run may have no more than a sentence
                    row["further us"] = (one.cpu - short.cpu) * 1e6 / further
            yield row | {"deltas/s": one.deltas / one.seconds}


def table(all_measured: Sequence[Measured]) -> str:
    """Lag beside CPU, a row a server."""
    titles = ["answer", "deltas of", "server", "values", "first ms (added)", "lag ms p50 (added)", "max (added)", "in deltas p50, max"]
    titles += ["CPU µs a delta (rounds)", "over plain proxy", "µs a further delta", "deltas/s"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for row in (row for one in all_measured for row in one.rows()):
        is_model, is_base = row["server"] == "direct", row["server"] == _YARDSTICK
        cells = [str(row[title]) for title in ("answer", "deltas", "server", "values")]
        for figure, added in (("first ms", "added first"), ("lag p50 ms", "added p50"), ("lag max ms", "added max")):
            cells.append(f"{row[figure]:.2f}" if is_base or is_model else f"{row[figure]:.2f} ({row[added]:+.2f})")
        cells.append(f"{row['lag p50 deltas']}, {row['lag max deltas']}")
        rounds = f"{row['CPU us min']:.0f}-{row['CPU us max']:.0f}"
        cpu = [f"{row['CPU us']:.0f} ({rounds})", "" if is_base else f"{row['over plain us']:+.0f}"]
        cpu.append(f"{row['further us']:.0f}" if "further us" in row else "")
        cells += ["", "", ""] if is_model else cpu  # the model's own
        cells.append(f"{row['deltas/s']:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def memory_table(figures: Mapping[str, tuple[float, float]], streams: int) -> str:
    lines = [f"| server | MB before | kB a stream, of {streams} that stand idle |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {before:.0f} | {each:.0f} |" for name, (before, each) in figures.items())])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(options: argparse.Namespace, folder: Path) -> None:
    """Everything that was asked for; prints tables unless they are wanted as JSON. Raises `LoadFailed`."""
    kind = file_system(folder)
    if kind == "tmpfs" and not options.quick:
        raise LoadFailed(f"`{folder}` is on a tmpfs, where an fsync costs nothing; name a folder on a disk with `--folder`")
    paced, burst, single = Load(100, 0.01, 1, options.rounds), Load(300, 0.0, 8, options.rounds), Load(1, 0.0, 8, options.rounds)
    if options.quick:
        paced, burst, single = Load(16, 0.01, 1, 1, 0), Load(40, 0.0, 2, 1, 0), Load(1, 0.0, 2, 1)
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "disk": kind, "fsync_ms": fsync_ms(folder)}
    all_measured: dict[str, list[Measured]] = {"paced": [], "burst": []}
    with stage(folder, has_peer=not options.without_peer) as servers:
        _say("memory ...")
        streams = 20 if options.quick else 200
        grown = memory(servers, streams)  # before all else: what a process once had and keeps would hide it
        families = {name: frozenset[int]() for name in servers.servers}
        for one in options.kind or _KINDS:
            _say(f"{_KINDS[one]} ...")
            plan = Plan(one, "words", 1, 0.0)
            short = measure(servers, plan, single)
            for name, server in servers.servers.items():
                families[name] = families[name] or frozenset(family(server.pid))  # whoever has answered has started all that it starts
            for cut in options.cut or _CUTS:
                for title, load in (("paced", paced), ("burst", burst)):
                    plan = replace(plan, cut=cut, deltas=load.deltas, pace=load.pace)
                    all_measured[title].append(Measured(plan, load, measure(servers, plan, load), short))
        for name, server in servers.servers.items():
            if frozenset(family(server.pid)) != families[name]:
                raise LoadFailed(f"a process of the server `{name}` died and was replaced while it was measured, so its figures are void")
        missing = servers.missing
    if options.json:
        figures = {title: [row for one in each for row in one.rows()] for title, each in all_measured.items()}
        memories = {name: {"before_mb": before, "stream_kb": each} for name, (before, each) in grown.items()}
        print(json.dumps({"machine": machine, "quick": options.quick, **figures, "memory": memories, "missing": missing}, indent=1))
        return
    parts = [f"{machine['processors']} processors, Python {machine['python']}, {kind}, fsync of 4 kB {machine['fsync_ms']:.2f} ms (median)"]
    for title, load in (("paced", paced), ("burst", burst)):
        speed = f"{load.pace * 1000:g} ms apart" if load.pace else "without delay"
        parts += [f"at least {load.deltas} deltas {speed}, {load.streams} at a time, {load.rounds} rounds", table(all_measured[title])]
    parts.append(memory_table(grown, streams))
    parts += [f"not measured: {name}: {why}" for name, why in missing.items()]
    print("\n\n".join(parts))


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=_EXAMPLES, formatter_class=plain)
    parser.add_argument("--kind", action="append", choices=list(_KINDS), help="only answers with these values; may stand several times")
    parser.add_argument("--cut", action="append", choices=_CUTS, help="only deltas cut like this; may stand several times")
    parser.add_argument("--rounds", type=int, default=8, help="rounds that count, after one that does not (default: 8)")
    parser.add_argument("--without-peer", action="store_true", help="leave the peer out; nothing is installed")
    parser.add_argument("--folder", type=Path, help="where the logs lie meanwhile; on a disk (default: the system's temporary folder)")
    parser.add_argument("--quick", action="store_true", help="one very short round of each, to see that everything runs")
    parser.add_argument("--json", action="store_true", help="print figures as JSON instead of tables")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("`--rounds` must be at least 1")
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
