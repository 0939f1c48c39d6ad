# SPDX-License-Identifier: Apache-2.0
"""What a decision costs: the shipped policies and a policy that says always the same, over the same facts, on both engines side by side.

    python benchmarks/policy.py                  about three minutes
    python benchmarks/policy.py --quick          does it run at all?
    python benchmarks/policy.py --json > run.json

Engines and policies take turns (A B C D A B C D), so that each has its share of the noise. OPA is measured where `.ci/opa` provides it.
"""

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from douane.policy.bundles import bundle as bundles
from douane.policy.engines.embedded import EmbeddedEngine, engine
from douane.policy.engines.server import OpaServerEngine

__all__ = ["Measured", "facts", "main", "measure"]

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "policies"
TRIVIAL = """package douane.main

decision := {"verdict": "allow", "obligations": [], "reasons": [], "permitted": [], "rejections": []}
"""
TYPES = ("EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE", "CREDIT_CARD", "NATIONAL_ID")


@dataclass(frozen=True, slots=True)
class Measured:
    """One policy on one engine over one document. Times in microseconds, memory in MB of the process that evaluates."""

    engine: str
    policy: str
    p50: float
    p99: float
    memory: float


def facts(findings: int, endpoints: int, leg: str = "request") -> str:
    """An input document with so many findings and candidates, made of the base of the golden cases."""
    case = yaml.safe_load((ROOT / "tests" / "cases" / "policy" / "residency.yaml").read_text(encoding="utf-8"))
    document: dict[str, Any] = dict(case["base"])
    found = [
        {
            "type": TYPES[n % len(TYPES)],
            "segment": 0,
            "start": n * 20,
            "end": n * 20 + 12,
            "score": 900,
            "detector": "identifiers",
            "known": False,
        }
        for n in range(findings)
    ]
    counts = {type_: sum(one["type"] == type_ for one in found) for type_ in TYPES}
    places = list(document["candidates"])
    candidates = [{**places[n % len(places)], "id": f"endpoint-{n}"} for n in range(endpoints)]
    upstream = None if leg == "request" else {"destination": "endpoint-1", "status": 200, "model_matches": True}
    document |= {
        "leg": leg,
        "findings": found,
        "counts": {type_: count for type_, count in counts.items() if count},
        "candidates": candidates if leg == "request" else candidates[1:2],
        "upstream": upstream,
    }
    return json.dumps(document, separators=(",", ":"))


def measure(engines: Mapping[tuple[str, str], tuple[Callable[[str], str], int]], document: str, rounds: int) -> list[Measured]:
    """Each engine, in turns, `rounds` times over the document."""
    times: dict[tuple[str, str], list[float]] = {name: [] for name in engines}
    for evaluate, _ in engines.values():
        for _ in range(5):
            evaluate(document)
    for _ in range(rounds):
        for name, (evaluate, _) in engines.items():
            began = time.perf_counter()
            evaluate(document)
            times[name].append((time.perf_counter() - began) * 1e6)
    return [
        Measured(*name, statistics.median(taken), sorted(taken)[int(len(taken) * 0.99)], _resident(engines[name][1]))
        for name, taken in times.items()
    ]


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextlib.contextmanager
def _opa(folder: Path) -> Iterator[tuple[str, int]]:
    """A real OPA server with the policies of a folder: its URL and process id."""
    found = subprocess.run([str(ROOT / ".ci" / "opa")], capture_output=True, text=True, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [found.stdout.strip(), "run", "--server", "--addr", address, "--log-level", "error", "--disable-telemetry", "-b", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://{address}", process.pid
        finally:
            process.terminate()


@contextlib.contextmanager
def _engines(has_opa: bool) -> Iterator[dict[tuple[str, str], tuple[Callable[[str], str], int]]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "main.rego").write_text(TRIVIAL, encoding="utf-8")
        ready: dict[tuple[str, str], tuple[Callable[[str], str], int]] = {}
        for policy, path in (("trivial", folder), ("shipped", SHIPPED)):
            embedded = EmbeddedEngine(bundles.read(path), deadline=10)
            stack.callback(embedded.close)
            embedded.start()
            assert embedded.pid is not None
            ready["embedded worker", policy] = embedded.evaluate, embedded.pid
            if has_opa:
                url, pid = stack.enter_context(_opa(path))
                server = OpaServerEngine(url, deadline=10)
                stack.callback(server.close)
                until = time.monotonic() + 20
                while not server.is_ready() and time.monotonic() < until:
                    time.sleep(0.1)
                ready["OPA server", policy] = server.evaluate, pid
        yield ready


def parts(document: str, rounds: int) -> list[tuple[str, float]]:
    """Where the time of the shipped policies goes: (what, microseconds at p50), in this process, one query after another in turns."""
    policies = bundles.read(SHIPPED)
    loaded = engine(policies.modules, policies.data)
    packs = sorted({path.split("/")[0] for path, _ in policies.modules if "/" in path} - {"settings"})
    queries = {
        "reading the facts": "1",
        **{f"pack {pack}": f"data.douane.{pack}" for pack in packs},
        "the decision": "data.douane.main.decision",
    }
    times: dict[str, list[float]] = {name: [] for name in queries}
    for _ in range(rounds):
        for name, query in queries.items():
            began = time.perf_counter()
            loaded.set_input_json(document)
            loaded.eval_query_as_json(query)
            times[name].append((time.perf_counter() - began) * 1e6)
    base = statistics.median(times["reading the facts"])
    return [(name, statistics.median(taken) - (0 if name == "reading the facts" else base)) for name, taken in times.items()]


def table(measured: Sequence[Measured]) -> str:
    """Markdown; the ratio is to the trivial policy on the same engine."""
    lines = ["| engine | policy | p50 µs | p99 µs | of trivial | memory MB |", "|---|---|---|---|---|---|"]
    base = {one.engine: one.p50 for one in measured if one.policy == "trivial"}
    for one in sorted(measured, key=lambda one: one.engine):
        lines.append(
            f"| {one.engine} | {one.policy} | {one.p50:.0f} | {one.p99:.0f} | {one.p50 / base[one.engine]:.1f} | {one.memory:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--no-opa", action="store_true", help="only the embedded engine")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    rounds = 20 if options.quick else 400
    told: list[dict[str, object]] = []
    with _engines(not options.no_opa) as engines:
        for leg, findings, endpoints in (
            ("request", 0, 2),
            ("request", 20, 2),
            ("request", 200, 2),
            ("request", 20, 50),
            ("request", 20, 500),
            ("response", 20, 2),
        ):
            document = facts(findings, endpoints, leg)
            measured = measure(engines, document, rounds)
            title = f"{leg}, {findings} findings, {endpoints} endpoints, {len(document) / 1000:.1f} kB"
            told.append({"case": title, "measured": [{name: getattr(one, name) for name in Measured.__slots__} for one in measured]})
            if not options.json:
                print(f"\n{title}\n\n{table(measured)}", flush=True)
        where = parts(facts(20, 2), rounds)
    if options.json:
        print(json.dumps({"cases": told, "parts": dict(where)}))
    else:
        print("\nwhere the time of the shipped policies goes (request, 20 findings, 2 endpoints; in process)\n\n| part | µs |\n|---|---|")
        print("\n".join(f"| {name} | {taken:.0f} |" for name, taken in where))
    return 0


if __name__ == "__main__":
    sys.exit(main())
