# SPDX-License-Identifier: Apache-2.0
"""Results of tests as people read them, in the layout of `opa test`."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from douane.policy.testing.failure import Failure
    from douane.policy.testing.verdict import Part, Result

__all__ = ["VerdictPrinter"]

_WORDS = {"pass": "PASS", "fail": "FAIL", "skip": "SKIPPED", "error": "ERROR"}
_LONGEST = 160
_RULE = "-" * 80


class VerdictPrinter:
    """Prints results as they come: those that did not pass, with places and values, or all of them."""

    def __init__(self, out: TextIO, *, verbose: bool) -> None:
        self._out = out
        self._verbose = verbose
        self._file: str | None = None

    def show(self, result: "Result") -> None:
        """Print a result, if it is one of those to print."""
        if result.verdict == "pass" and not self._verbose:
            return
        test = result.test
        if self._file not in (None, test.path):
            self._line()
        self._file = test.path
        self._line(f"{test.path}:{test.row}:")
        took = "" if result.verdict == "skip" else f" ({_duration(result.duration)})"
        self._line(f"{test.full_name}: {_WORDS[result.verdict]}{took}")
        self._parts(result.parts, 1)
        if result.error is not None:
            place = result.error.get("location")
            at = f"{place['file']}:{place['row']}:{place['col']}: " if place else ""
            self._line(f"  {at}{result.error['code']}: {result.error['message']}")
        for failure in result.failures:
            self._failure(failure)
        if result.output:
            self._line("\n" + "\n".join(f"  {line}" for line in result.output.strip().split("\n")) + "\n")

    def summarise(self, results: "Sequence[Result]") -> None:
        """Print how many passed and how many did not; each part of a test counts."""
        if self._file is not None:
            self._line(_RULE)
        counts: Counter[str] = Counter()
        for result in results:
            if result.verdict in ("pass", "fail") and result.parts:
                for part in result.parts:
                    _count(part, counts)
            else:
                counts[_WORDS[result.verdict]] += 1
        for word in _WORDS.values():
            if counts[word]:
                self._line(f"{word}: {counts[word]}/{counts.total()}")

    def _parts(self, parts: "Sequence[Part]", depth: int) -> None:
        for part in parts:
            if part.failed or self._verbose:
                self._line(f"{'  ' * depth}{part.name}: {'FAIL' if part.failed else 'PASS'}")
                self._parts(part.parts, depth + 1)

    def _failure(self, failure: "Failure") -> None:
        which = f"{': '.join(failure.part)}: " if failure.part else ""
        self._line(f"  {which}{failure.path}:{failure.row}:{failure.column}: {self._short(failure.text)}")
        if failure.ways > 1:
            self._line(f"    one of {failure.ways} ways to get there, of which none goes on:")
        for what, value in failure.values:
            self._line(f"    {self._short(what)}: {self._short(value)}")

    def _short(self, text: str) -> str:
        text = " ".join(text.split())
        return text if self._verbose or len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."

    def _line(self, text: str = "") -> None:
        print(text, file=self._out, flush=True)


def _count(part: "Part", counts: Counter[str]) -> None:
    if not part.parts:
        counts["FAIL" if part.failed else "PASS"] += 1
    for inner in part.parts:
        _count(inner, counts)


def _duration(nanoseconds: int) -> str:
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g}{unit}"
    return f"{nanoseconds}ns"
