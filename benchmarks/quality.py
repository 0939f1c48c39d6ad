# SPDX-License-Identifier: Apache-2.0
"""How much of what matters is found, and how much else is taken for it, per type and language.

python benchmarks/quality.py                       the tables of docs/quality.md on standard output, under a minute
python benchmarks/quality.py --write               the page itself
python benchmarks/quality.py --detector lists      without the names model, some ten seconds
python benchmarks/quality.py --set names --json    the counts of one set
python benchmarks/quality.py --jsonl mine.jsonl    recall and precision of names on a file of your own
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [part for part in (str(ROOT / "tests"),) if part not in sys.path]  # the disguises and one set of numbers are tests' as well

from douane.detect.scan import Scan  # noqa: E402
from douane.inspection import Inspection  # noqa: E402
from douane.sections_of_detectors import DetectorEntry  # noqa: E402
from quality_aims import reached  # noqa: E402
from quality_public import versions  # noqa: E402
from quality_sample import Count  # noqa: E402
from quality_sets import EXACT_ONLY, SETS, measured_jsonl  # noqa: E402
from quality_tables import rendered, tables  # noqa: E402
from quality_technical import STANDARD_LIBRARY  # noqa: E402

__all__ = ["PAGE", "main", "measured", "page"]

PAGE = ROOT / "docs" / "quality.md"
_TEMPLATE = Path(__file__).with_name("quality_page.md")


def measured(subject: str, sets: Mapping[str, Callable[[Scan], Mapping[str, Any]]] = SETS) -> dict[str, Mapping[str, Any]]:
    """What every set gives for a subject: `lists`, or `model` for those sets in which the model has a part."""
    with _scanner(subject) as scan:
        results = {}
        for name, run in sets.items():
            if subject == "model" and name in EXACT_ONLY:
                continue
            begun = time.perf_counter()
            results[name] = run(scan)
            print(f"{subject}: {name}, {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        return results


@contextmanager
def _scanner(subject: str) -> Iterator[Scan]:
    inspection = Inspection(DetectorEntry(names="model" if subject == "model" else "lists"))
    try:
        for part in inspection.parts:
            part.start()
        yield inspection.scanner
    finally:
        for part in inspection.parts:
            part.close()


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """`docs/quality.md` with the tables of a run."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, table in tables(results).items():
        text = text.replace("{{" + name + "}}", rendered(table))
    characters = results["lists"]["standard library"][STANDARD_LIBRARY]["characters"]
    return text.replace("{{kilobytes}}", f"some {round(characters, -5) // 1000}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--detector", choices=("lists", "model", "both"), default="both", help="names by lists, with the model, or both (default)"
    )
    parser.add_argument("--set", action="append", choices=sorted(SETS), help="only this set; may be repeated; prints JSON")
    parser.add_argument("--jsonl", type=Path, action="append", default=[], help="measure names on a file of your own")
    parser.add_argument("--json", action="store_true", help="all counts as JSON")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    subjects = _subjects(options.detector)
    if options.jsonl:
        for path in options.jsonl:
            for subject in subjects:
                _print_own(path, subject)
        return 0
    if options.write and (options.set or len(subjects) < 2):
        parser.error("`--write` needs every set and the names model: install the extra `names`, and leave out --set and --detector")
    versions()
    chosen = {name: SETS[name] for name in options.set} if options.set else SETS
    results = {subject: measured(subject, chosen) for subject in subjects}
    if options.json or options.set or "lists" not in results:
        print(json.dumps(results, indent=1, ensure_ascii=False))
        return 0
    if options.write:
        PAGE.write_text(page(results), encoding="utf-8")
    else:
        print(page(results))
    for aim, value in reached(results):
        if value is not None and not aim.holds(value):
            print(f"missed: {aim.name}: {value:.3f}, wanted {aim.wanted:g}", file=sys.stderr)
    return 0


def _subjects(detector: str) -> tuple[str, ...]:
    if detector != "lists" and find_spec("onnxruntime") is None:
        print("THE NAMES MODEL IS NOT INSTALLED: its columns are left out; install the extra `names`", file=sys.stderr)
        detector = "lists"
    return ("lists", "model") if detector == "both" else (detector,)


def _print_own(path: Path, subject: str) -> None:
    with _scanner(subject) as scan:
        for language, row in measured_jsonl(path)(scan).items():
            for type_, counted in row.items():
                one = Count(**counted)
                if one.golds:
                    figures = {part: getattr(one, part) for part in ("recall", "precision", "f2", "leak")}
                    shown = "  ".join(f"{part} {value:.3f}" for part, value in figures.items())
                    print(f"{path.stem:20} {language} {subject:6} {type_:13} values {one.golds:5}  {shown}")


if __name__ == "__main__":
    raise SystemExit(main())
