# SPDX-License-Identifier: Apache-2.0
"""The verdict on a test, in the words and the JSON of `opa test`."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from douane.policy.testing.failure import Failure

__all__ = ["Part", "Result", "Test", "Verdict", "as_json", "parts"]

Verdict = Literal["pass", "fail", "error", "skip"]


@dataclass(frozen=True, slots=True)
class Test:
    """A test and its place. `name` is OPA's: the second `test_x` of a package is `test_x#01`."""

    path: str
    row: int
    column: int
    package: str
    name: str
    is_todo: bool

    @property
    def full_name(self) -> str:
        """What `--run` looks at: `data.douane.main_test.test_x`."""
        return f"{self.package}.{self.name}"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the results of a test such as `test_x[note]`, with those below it for `test_x[note][size]`."""

    name: str
    failed: bool
    parts: tuple["Part", ...] = ()

    @property
    def leaves(self) -> int:
        """How many results it holds."""
        return sum(part.leaves for part in self.parts) or 1


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a test. `duration` is in nanoseconds, `output` what it printed, `error` OPA's `code`, `message` and `location`."""

    test: Test
    verdict: Verdict
    duration: int = 0
    output: str = field(default="", repr=False)
    error: Mapping[str, Any] | None = None
    parts: tuple[Part, ...] = ()
    failures: tuple[Failure, ...] = ()


def parts(value: object, begun: Iterable[Sequence[str]]) -> tuple[Part, ...]:
    """The results in the value of a test; one that was begun and is not there has failed."""
    tree = _tree(value)
    for path in begun:
        _begin(tree, path)
    return _parts(tree)


_Tree = dict[str, tuple[list[bool], Any]]


def _tree(value: object) -> _Tree:
    tree: _Tree = {}
    for name, part in value.items() if isinstance(value, Mapping) else ():
        below = _tree(part)
        failed = any(flag[0] for flag, _ in below.values()) if isinstance(part, Mapping) else part is not True
        tree[name] = ([failed], below)
    return tree


def _begin(tree: _Tree, path: Sequence[str]) -> bool:
    flag, below = tree.setdefault(path[0], ([True], {}))
    if len(path) > 1 and _begin(below, path[1:]):
        flag[0] = True
    return flag[0] if len(path) == 1 else any(inner[0] for inner, _ in below.values())


def _parts(tree: _Tree) -> tuple[Part, ...]:
    return tuple(Part(name, flag[0], _parts(below)) for name, (flag, below) in sorted(tree.items()))


def as_json(result: Result) -> dict[str, Any]:
    """The result as `opa test --format=json` writes it; `failures` are ours: the statement that did not hold, and values."""
    test = result.test
    told: dict[str, Any] = {"location": _location(test.path, test.row, test.column), "package": test.package, "name": test.name}
    if result.verdict == "fail":
        told["fail"] = True
    if result.error is not None:
        told["error"] = dict(result.error)
    if result.verdict == "skip":
        told["skip"] = True
    told["duration"] = result.duration
    if result.output:
        told["output"] = base64.b64encode(result.output.encode()).decode()
    if result.parts:
        told["sub_results"] = _sub_results(result.parts)
    if result.failures:
        told["failures"] = [_failure(failure) for failure in result.failures]
    return told


def _sub_results(parts: Sequence[Part]) -> dict[str, Any]:
    return {
        part.name: {"name": part.name}
        | ({"fail": True} if part.failed else {})
        | ({"sub_results": _sub_results(part.parts)} if part.parts else {})
        for part in parts
    }


def _failure(failure: Failure) -> dict[str, Any]:
    told = {
        "location": _location(failure.path, failure.row, failure.column),
        "text": failure.text,
        "values": dict(failure.values),
        "ways": failure.ways,
    }
    return told | ({"part": list(failure.part)} if failure.part else {})


def _location(path: str, row: int, column: int) -> dict[str, Any]:
    return {"file": path, "row": row, "col": column}
