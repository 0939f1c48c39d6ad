# SPDX-License-Identifier: Apache-2.0
"""The process that runs tests: `python -m douane.policy.testing.tester_worker`, spoken to by `douane.policy.testing.tester`.

A policy that loops, eats memory or crashes the engine ends this process and costs one test.
"""

import contextlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from douane.errors import BundleRejected
from douane.policy.engines.embedded import engine
from douane.policy.rego.probe import Probe, ProbeFailed
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module, NotParsed, column_of, parse
from douane.policy.testing.case import Case, find
from douane.policy.testing.coverage import Marked, mark
from douane.policy.testing.failure import Failure, explain, raised, reached, shortened
from douane.worker import WorkerFailed, serve

__all__: list[str] = []

_PLACE = re.compile(r"-->\s*(?P<path>.*?):(?P<line>\d+):(?P<column>\d+)")
_PRINT = re.compile(r".*?:\d+: ?", re.DOTALL)
_CODES = (
    (re.compile(r"rule conflicts with|multiple outputs|generated multiple times"), "eval_conflict_error"),
    (re.compile(r"could not find function"), "rego_type_error"),
    (re.compile(r"recursion detected|cyclic evaluation"), "rego_recursion_error"),
    (re.compile(r"is unsafe|used before definition"), "rego_unsafe_var_error"),
)
# A builtin of ours that raises.
_EXTENSION = re.compile(r"extension '([^']+)' raises Python error: \w+: ")
_ADVICE = "; test the argument before the call: this engine ends the evaluation where a builtin fails, OPA goes on with undefined"


class _Failed(Exception):
    """The evaluation raised: `about` is `code`, `message` and, where known, `location`, as OPA reports it."""

    def __init__(self, about: Mapping[str, Any]) -> None:
        super().__init__(about["message"])
        self.about = about


class _Child:
    """The tests of this process, once it was greeted with the policies."""

    _modules: Mapping[str, Module]
    _cases: Sequence[Case]
    _engine: Any
    _marked: Sequence[Marked] = ()
    _marked_engine: Any
    _found: bytes

    def greet(self, payload: bytes) -> bytes:
        told = json.loads(payload)
        modules, problems = [], []
        for path, text in told["modules"]:
            try:
                modules.append(parse(path, text))
            except NotParsed as cause:
                problems.append(cause.problem)
        if problems:
            raise _refused(problems)
        self._modules = {module.path: module for module in modules}
        self._cases, texts = find(modules)
        self._engine = self._loaded(list(texts.items()), told["data"])
        if told["coverage"]:
            marked = {one.path: one for one in map(mark, modules)}
            renamed = [mark(parse(path, text)) if text != self._modules[path].text else marked[path] for path, text in texts.items()]
            self._marked = tuple(marked.values())
            self._marked_engine = self._loaded([(one.path, one.text) for one in renamed], told["data"], coverage=True)
        about = [[*case.place, case.package, case.name, case.is_todo] for case in self._cases]
        parts = [[one.path, [[part.lines, part.start, part.end, part.free] for part in one.marks]] for one in self._marked]
        self._found = json.dumps({"cases": about, "marks": parts}).encode()
        return b""

    def answer(self, payload: bytes) -> bytes:
        verb, *rest = json.loads(payload)
        told: object
        match verb:
            case "find":
                return self._found  # ready, so that a short deadline is enough
            case "run":
                told = self._run(*rest)
            case "explain":
                told = self._explain(*rest)
            case _:
                told = self._cover(*rest)
        return json.dumps(told).encode()

    def _run(self, index: int) -> dict[str, Any]:
        case = self._cases[index]
        if case.rule.kind == "function":
            message = "a test is a rule without arguments; put the values to test with into its body"
            return {"error": {"code": "rego_type_error", "message": message}, "duration": 0, "output": ""}
        copy = self._engine.clone()
        begun = time.perf_counter_ns()
        told: dict[str, Any] = {}
        try:
            value, is_defined = self._value(copy, case.query)
            told["duration"] = time.perf_counter_ns() - begun
            if case.has_parts:
                told["parts"], told["begun"], told["named"] = value if is_defined else {}, *reached(self._probe(), case)
            else:
                told["passed"] = is_defined and value is True
        except _Failed as failure:
            told["error"] = failure.about
        except ProbeFailed as failure:
            message = f"the results of this test cannot be told apart: {failure}; bind their names first in its body"
            told["error"] = {"code": "eval_internal_error", "message": message}
        told.setdefault("duration", time.perf_counter_ns() - begun)
        if "error" in told and "location" not in told["error"]:
            place = raised(self._probe(), case)
            if place is not None:
                told["error"]["location"] = {"file": place.path, "row": place.row, "col": place.column}
        told["output"] = _printed(copy)
        return told

    def _explain(self, index: int, parts: Sequence[Sequence[Any]], named: int) -> list[Any]:
        case = self._cases[index]
        failures = list(explain(self._probe(), case, parts, named)) or [self._whole(case)]
        return [[one.path, one.row, one.column, one.text, one.values, one.ways, one.part] for one in failures]

    def _whole(self, case: Case) -> Failure:
        """What there is to say of a test of which no statement failed: its value."""
        value, is_defined = self._value(self._engine.clone(), case.query)
        text = json.dumps(value, ensure_ascii=False) if is_defined else "undefined"
        return Failure(*case.place, case.name, ((case.name, shortened(text)),))

    def _cover(self, index: int) -> list[Any]:
        copy = self._marked_engine.clone()
        with contextlib.suppress(_Failed):  # what was reached until then counts
            self._value(copy, self._cases[index].query)
        report = json.loads(copy.get_coverage_report_as_json())
        return [[about["path"], about["covered"]] for about in report["files"]]

    def _probe(self) -> Probe:
        return Probe(self._engine, "{}")

    def _loaded(self, modules: Sequence[tuple[str, str]], data: str, *, coverage: bool = False) -> Any:
        """An engine with these texts, ready to be copied; a policy that cannot be evaluated at all is found now."""
        try:
            loaded = engine(modules, data, coverage=coverage, prints=True)
        except BundleRejected as cause:
            raise WorkerFailed(str(cause), "error") from cause
        try:
            self._value(loaded, "true")
        except _Failed as failure:
            place = failure.about.get("location") or {"file": "", "row": 0, "col": 0}
            lines = self._modules[place["file"]].lines if place["file"] in self._modules else ()
            source = lines[place["row"] - 1] if 0 < place["row"] <= len(lines) else ""
            message = f"{failure.about['message'].removesuffix(_ADVICE)}; nothing can be evaluated before this is mended"
            problem = Problem(place["file"], place["row"], place["col"], failure.about["code"], message, source=source)
            raise _refused([problem]) from failure
        return loaded

    def _value(self, copy: Any, query: str) -> tuple[Any, bool]:
        """The value of a query and whether there is one. Raises `_Failed`."""
        try:
            answer = json.loads(copy.eval_query_as_json(query))
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as cause:  # a panic in Rust is no Exception
            raise _Failed(self._said(cause)) from cause
        results = answer.get("result") or []
        return (results[0]["expressions"][0]["value"], True) if results else (None, False)

    def _said(self, cause: BaseException) -> dict[str, Any]:
        """An error of the engine in OPA's shape."""
        text = str(cause).partition("Stack backtrace")[0]
        place = _PLACE.search(text)
        message = " ".join(text.partition("error: ")[2].partition("-->")[0].split()) or " ".join(text.split()) or "the engine failed"
        message = _EXTENSION.sub(r"`\1`: ", message)
        other = "eval_builtin_error" if isinstance(cause, Exception) else "eval_internal_error"
        code = next((code for words, code in _CODES if words.search(text)), other)
        if code == "eval_builtin_error":
            message += _ADVICE
        about: dict[str, Any] = {"code": code, "message": message}
        if place:
            module, line = self._modules.get(place["path"]), int(place["line"])
            source = module.lines[line - 1] if module is not None and line <= len(module.lines) else ""
            about["location"] = {"file": place["path"], "row": line, "col": column_of(source, int(place["column"]))}
        return about


def _printed(copy: Any) -> str:
    """What the policies printed, as OPA gives it: without the places."""
    return "".join(f"{line[_end(line) :]}\n" for line in copy.take_prints())


def _end(line: str) -> int:
    place = _PRINT.match(line)
    return place.end() if place else 0


def _refused(problems: Sequence[Problem]) -> WorkerFailed:
    return WorkerFailed(json.dumps([asdict(problem) for problem in problems]), "error")


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
