# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of policies as `opa test` does, on the embedded engine, in a process of its own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from douane.errors import BundleRejected
from douane.policy.rego.problem import Problem, shown
from douane.policy.testing.coverage import Mark, Marked, report
from douane.policy.testing.failure import Failure
from douane.policy.testing.verdict import Part, Result, Test, parts
from douane.worker import Worker, WorkerFailed

__all__ = ["Tester"]

_START_DEADLINE = 30.0
_EXPLAINED = 20
"""Results of one test of which the failing statements are looked for."""


class Tester:
    """The tests of some policies, in the order of the texts. To be closed; one thread at a time.

    `modules` are (path, Rego text), tests among them; `data` is JSON text. `timeout` is in seconds for each test: one that takes longer, or
    more than `memory_bytes`, or that ends the engine, is an error, and the others go on.
    """

    tests: tuple[Test, ...] = ()

    def __init__(
        self,
        modules: Iterable[tuple[str, str]],
        data: str,
        *,
        timeout: float = 5.0,
        coverage: bool = False,
        memory_bytes: int = 2**30,
    ) -> None:
        self._timeout = timeout
        self._memory = memory_bytes
        self._covers = coverage
        self._marked: tuple[Marked, ...] = ()
        self._index: Mapping[Test, int] = {}
        self._covered: set[tuple[str, int]] = set()
        self._worker = Worker(
            ["-m", "douane.policy.testing.tester_worker"],
            name="test",
            greeting=json.dumps({"modules": list(modules), "data": data, "coverage": coverage}).encode(),
            deadline=timeout,
            start_deadline=_START_DEADLINE,
            memory_bytes=memory_bytes,
        )

    def start(self) -> None:
        """Load the policies and find their tests. Raises `BundleRejected` with every text that is no Rego, or what cannot be evaluated."""
        try:
            self._worker.start()
            told = self._ask("find")
        except WorkerFailed as failure:
            if failure.cause_code != "error":
                raise BundleRejected(f"the policies cannot be loaded: {failure}; look for text that is nested very deeply") from failure
            raise BundleRejected(_refusal(str(failure))) from failure
        self.tests = tuple(Test(*about) for about in told["cases"])
        self._index = {test: index for index, test in enumerate(self.tests)}
        self._marked = tuple(
            Marked(path, "", tuple(Mark(tuple(lines), tuple(start), tuple(end), free) for lines, start, end, free in marks))
            for path, marks in told["marks"]
        )

    def run(self, test: Test) -> Result:
        """Run one of the `tests`."""
        if test.is_todo:
            return Result(test, "skip")
        index = self._index[test]
        try:
            told = self._ask("run", index)
        except WorkerFailed as failure:
            return Result(test, "error", int(self._timeout * 1e9) if failure.cause_code == "timeout" else 0, error=self._lost(failure))
        if self._covers:
            self._cover(index)
        error = told.get("error")
        if error is not None:
            return Result(test, "error", told["duration"], told["output"], error)
        found: tuple[Part, ...] = ()
        passed = told.get("passed", False)
        failed: list[Sequence[Any]] = []
        if "parts" in told:
            begun = {tuple(_name(name) for name in path): path for path in told["begun"]}
            found = parts(told["parts"], begun)
            passed = not any(part.failed for part in found)
            failed = [path for names, path in begun.items() if _has_failed(found, names)]
        failures = () if passed else self._failures(index, failed[:_EXPLAINED], told.get("named", 0))
        return Result(test, "pass" if passed else "fail", told["duration"], told["output"], None, found, failures)

    def coverage(self) -> dict[str, Any]:
        """What the tests that were run have reached, in the JSON of `opa test --coverage`."""
        return report(self._marked, self._covered)

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _ask(self, verb: str, *arguments: Any) -> Any:
        return json.loads(self._worker.ask(json.dumps([verb, *arguments]).encode()))

    def _cover(self, index: int) -> None:
        try:
            self._covered.update((path, line) for path, lines in self._ask("cover", index) for line in lines)
        except WorkerFailed:
            return  # it took just too long the second time; its lines stay uncovered, which is the safe side

    def _failures(self, index: int, failed: Sequence[Sequence[Any]], named: int) -> tuple[Failure, ...]:
        try:
            told = self._ask("explain", index, failed, named)
        except WorkerFailed:
            return ()
        return tuple(
            Failure(path, row, column, text, tuple((what, value) for what, value in values), ways, tuple(part))
            for path, row, column, text, values, ways, part in told
        )

    def _lost(self, failure: WorkerFailed) -> Mapping[str, Any]:
        if failure.cause_code == "timeout":
            message = f"the test did not end within {self._timeout:g} s; look for a loop over too much, or give it more with `--timeout`"
            return {"code": "eval_cancel_error", "message": message}
        most = self._memory >> 20
        message = f"the engine died of this test; look for functions that call each other, or for more than {most} MiB of values"
        return {"code": "eval_internal_error", "message": message}


def _refusal(told: str) -> str:
    try:
        problems = [Problem(**problem) for problem in json.loads(told)]
    except ValueError:
        return told if told != "error" else "the policies cannot be loaded; check them with `douane policy check`"
    return "\n".join(shown(problem) for problem in problems)


def _name(part: Any) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False, separators=(",", ":"))


def _has_failed(found: Sequence[Part], names: Sequence[str]) -> bool:
    part = next(part for part in found if part.name == names[0])
    return _has_failed(part.parts, names[1:]) if len(names) > 1 else part.failed
