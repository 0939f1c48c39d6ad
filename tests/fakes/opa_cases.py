# SPDX-License-Identifier: Apache-2.0
"""OPA's own cases, which come with its Go module, and a process that runs them on the embedded engine as the adapter sets it up.

`python tests/fakes/opa_cases.py` is that process, spoken to by `douane.worker`: a case that crashes or hangs it costs that case alone.
"""

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import pytest
import yaml

from douane.errors import BundleRejected
from douane.policy.engines.crossing import obstacle, obstacle_out
from douane.policy.engines.embedded import engine
from douane.worker import Worker, WorkerFailed, serve

__all__ = ["Case", "Outcome", "cases", "compare", "runner"]

MODULE = "github.com/open-policy-agent/opa@v1.22.2"
FOLDER = Path("v1", "test", "cases", "testdata", "v1")

Outcome = Literal["same", "loud", "silent"]


class _Loader(yaml.CSafeLoader):
    """YAML as Go reads it: `on` and `yes` are text, and a date is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, words) for tag, words in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case. `wanted` is what its bindings are, or None where it wants an error."""

    file: str
    note: str
    query: str
    modules: tuple[str, ...]
    data: str
    document: str
    with_input: str
    wanted: Any
    sorts: bool

    @property
    def name(self) -> str:
        return f"{self.file}: {self.note}"


@functools.cache
def _folder() -> tuple[Path | None, str]:
    go = shutil.which("go")
    if go is None:
        return None, "Go is not installed; install Go 1.26 or newer, which has them with `make opa`"
    cache = subprocess.run([go, "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    folder = Path(cache, MODULE, FOLDER)
    if not folder.is_dir():
        got = subprocess.run([go, "mod", "download", MODULE], capture_output=True, text=True, check=False, cwd="/")
        if not folder.is_dir():
            return None, f"`go mod download {MODULE}` did not provide them: {got.stderr.strip()[:300]}"
    return folder, ""


def cases() -> list[Case]:
    """All of OPA's cases. In CI they may not be missing, elsewhere a test that needs them is skipped and says why."""
    folder, said = _folder()
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"OPA's own cases are missing, which CI does not accept: {said}")
        pytest.skip(f"OPA'S OWN CASES ARE MISSING, so nothing is compared with them: {said}")
    return list(_read(folder))


def _read(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.rglob("*.yaml")):
        for case in yaml.load(path.read_bytes(), _Loader)["cases"]:
            document, with_input = "", ""
            if "input_term" in case:
                try:
                    document = json.dumps(json.loads(case["input_term"]))
                except ValueError:  # a term that is no JSON, such as a set
                    with_input = " ".join(case["input_term"].split())
            elif "input" in case:
                document = json.dumps(case["input"])
            yield Case(
                path.relative_to(folder).as_posix(),
                case["note"],
                case["query"],
                tuple(case.get("modules") or ()),
                json.dumps(case.get("data") or {}),
                document,
                with_input,
                None if "want_error" in case or "want_error_code" in case else case["want_result"],
                case.get("sort_bindings", False),
            )


def compare(case: Case, answer: Any) -> Outcome:
    """What became of a case: the value that OPA wants, an error, or something else.

    As OPA's harness does it: sets of bindings are compared; an error must be one, whatever its words.
    """
    if "error" in answer:
        return "same" if case.wanted is None else "loud"
    if case.wanted is None:
        return "silent"
    got = [row.get("bindings") or {} for row in answer.get("result") or ()]
    return "same" if {_key(row, case.sorts) for row in case.wanted} == {_key(row, case.sorts) for row in got} else "silent"


def _key(bindings: Any, sorts: bool) -> str:
    if sorts:
        bindings = {name: sorted(value, key=_canonical) if isinstance(value, list) else value for name, value in bindings.items()}
    return _canonical(bindings)


def _canonical(value: Any) -> str:
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    """A number with nothing behind the point is whole."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


class runner:
    """The process that runs cases, as a context. `run` gives what the engine answered, `{"error": ...}` for any kind of failure."""

    def __init__(self, *, deadline: float = 5) -> None:
        self._worker = Worker([__file__], name="cases", greeting=b"", deadline=deadline, start_deadline=20, memory_bytes=2**30)

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()

    def run(self, case: Case) -> Any:
        asked = [case.modules, case.data, case.document, case.query + (f" with input as {case.with_input}" if case.with_input else "")]
        try:
            return json.loads(self._worker.ask(json.dumps(asked).encode()))
        except WorkerFailed as failure:
            return {"error": failure.cause_code}


def _answer(payload: bytes) -> bytes:
    modules, data, document, query = json.loads(payload)
    try:
        loaded = engine([(f"test-{index}.rego", text) for index, text in enumerate(modules)], data)
        if document:
            if obstacle(document):
                raise ValueError(obstacle(document))
            loaded.set_input_json(document)
        answer = loaded.eval_query_as_json(query)
        told = json.dumps([row.get("bindings") for row in json.loads(answer).get("result") or ()], ensure_ascii=False)
        if obstacle_out(told):
            raise ValueError(obstacle_out(told))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BundleRejected as cause:
        return json.dumps({"error": str(cause)}).encode()
    except BaseException as cause:  # a panic in Rust is no Exception
        return json.dumps({"error": " ".join(str(cause).partition("Stack backtrace")[0].split())[:300]}).encode()
    return str(answer).encode()


if __name__ == "__main__":
    serve(lambda _: b"", _answer)
