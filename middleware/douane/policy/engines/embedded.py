# SPDX-License-Identifier: Apache-2.0
"""The embedded engine: regorus, in a supervised process of its own, or in this one for tests and the command line.

Only JSON text crosses into it: it trusts Python objects and policies too far (recursion and lone surrogates end the process), and a policy
cannot be interrupted. A process can.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.bundles.bundle import Bundle
from douane.policy.engines.crossing import obstacle, obstacle_out
from douane.policy.engines.extensions import register
from douane.worker import Worker, WorkerFailed

__all__ = ["ENTRYPOINT", "EmbeddedEngine", "Evaluator", "engine", "load"]

ENTRYPOINT = "data.douane.main.decision"
_PROBLEMS = "data.douane.settings.problems"
_START_DEADLINE = 20.0
_CAUSES = ("undefined", "error")


class Evaluator:
    """One engine in one thread. An engine that raised is dropped for a copy of the loaded one: a panic leaves it in an unknown state."""

    def __init__(self, modules: Sequence[Sequence[str]], data: str) -> None:
        self._loaded = engine(modules, data)
        self._engine = self._loaded.clone()
        try:
            self._engine.set_input_json("{}")
            self._engine.eval_query_as_json(ENTRYPOINT)  # compiles; a policy that cannot be evaluated at all is found now
            problems = json.loads(self._engine.eval_query_as_json(_PROBLEMS)).get("result")
            if problems and problems[0]["expressions"][0]["value"]:
                raise BundleRejected("the settings are wrong: " + "; ".join(problems[0]["expressions"][0]["value"]))
        except BaseException:
            self._loaded = self._engine = None  # see `engine`: a traceback that somebody keeps must not keep them
            raise

    def evaluate(self, document: str) -> str:
        """The decision as JSON text. Raises `PolicyFailed`: `undefined` or `error`."""
        reason = obstacle(document)
        if reason:
            raise PolicyFailed(f"the input cannot be told to the policy: {reason}", cause_code="error")
        try:
            self._engine.set_input_json(document)
            answer = self._engine.eval_query_as_json(ENTRYPOINT)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as cause:  # a panic in Rust is no Exception
            self._engine = self._loaded.clone()
            raise PolicyFailed(f"the policy failed: {_said(cause)}", cause_code="error") from cause
        results = json.loads(answer).get("result")
        if not results:
            raise PolicyFailed("the policy gives no decision; `data.douane.main.decision` is undefined", cause_code="undefined")
        decision = json.dumps(results[0]["expressions"][0]["value"], ensure_ascii=False, separators=(",", ":"))
        reason = obstacle_out(decision)
        if reason:
            raise PolicyFailed(f"the decision cannot be told: {reason}", cause_code="error")
        return decision


class EmbeddedEngine:
    """`PolicyEngine` over a bundle. `deadline` in seconds, `memory_bytes` bounds the address space of the process."""

    name = "regorus"

    def __init__(self, bundle: Bundle, *, deadline: float, memory_bytes: int = 2**30, in_process: bool = False) -> None:
        """Nothing is started yet; in process, policies are loaded at once. Raises `BundleRejected`."""
        self.revision, self.digest = bundle.revision, bundle.digest
        self._evaluator: Evaluator | None = None
        self._worker: Worker | None = None
        if in_process:
            self._evaluator = load(bundle.modules, bundle.data)
            return
        self._worker = Worker(
            ["-m", "douane.policy.engines.embedded_worker"],
            name="policy",
            greeting=json.dumps([bundle.modules, bundle.data]).encode(),
            deadline=deadline,
            start_deadline=_START_DEADLINE,
            memory_bytes=memory_bytes,
        )

    def start(self) -> None:
        """Start the process and load the policies. Raises `BundleRejected`."""
        if self._worker is None:
            return
        try:
            self._worker.start()
        except WorkerFailed as failure:
            raise BundleRejected(f"the policies cannot be loaded: {failure}") from failure

    def is_ready(self) -> bool:
        """Whether a decision could be made now."""
        return self._worker is None or self._worker.is_ready()

    @property
    def pid(self) -> int | None:
        """The process that evaluates, or None."""
        return None if self._worker is None else self._worker.pid

    def evaluate(self, document: str) -> str:
        """See `PolicyEngine`."""
        if self._evaluator is not None:
            return self._evaluator.evaluate(document)
        assert self._worker is not None
        try:
            return self._worker.ask(document.encode()).decode()
        except WorkerFailed as failure:
            word, _, detail = str(failure).partition("\n")
            cause = (word if word in _CAUSES else "error") if failure.cause_code == "error" else failure.cause_code
            raise PolicyFailed(detail or f"the policy gave no decision ({cause})", cause_code=cause) from failure
        except UnicodeEncodeError as cause:
            raise PolicyFailed("the input holds half of a surrogate pair", cause_code="error") from cause

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.close()


def engine(modules: Sequence[Sequence[str]], data: str, *, coverage: bool = False, prints: bool = False) -> Any:
    """An engine of regorus with these modules, (path, Rego text), and this data, JSON text, just as decisions are made with it.

    Nothing is evaluated yet. It belongs to its thread; its copies (`clone()`) keep everything but what they evaluated. `coverage` marks the
    lines that are reached, `prints` gathers what is printed. Raises `BundleRejected`.
    """
    import regorus  # heavy, and native: only where policies are evaluated

    reason = obstacle(data)
    if reason:
        raise BundleRejected(f"the data cannot be told to the policies: {reason}")
    try:
        loaded = regorus.Engine()
        register(loaded)
        loaded.set_enable_coverage(coverage)
        loaded.set_gather_prints(prints)
        for path, text in modules:
            loaded.add_policy(path, text)
        loaded.add_data_json(data)
        covered = _covered(loaded, json.loads(data))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as cause:
        loaded = None  # a traceback that somebody keeps must not keep an engine, which may only be let go in its own thread
        raise BundleRejected(f"the policies cannot be loaded: {_said(cause)}") from cause
    if covered:
        loaded = None
        raise BundleRejected(f"there is data at `data.{covered[0]}`, where a rule is, and which would take the place of it; move it")
    return loaded


def load(modules: Sequence[Sequence[str]], data: str) -> Evaluator:
    """An evaluator with these policies. Raises `BundleRejected` with the engine's own message: policies are the operator's text."""
    try:
        return Evaluator(modules, data)
    except (KeyboardInterrupt, SystemExit, BundleRejected):
        raise
    except BaseException as cause:
        raise BundleRejected(f"the policies cannot be loaded: {_said(cause)}") from cause


def _covered(loaded: Any, data: Any) -> list[str]:
    """The places of rules at which data has a value too, or on the way to which it has one that is no object."""
    roots = {package.split(".")[1].partition("[")[0] for package in loaded.get_packages()}
    if not isinstance(data, dict) or not roots & data.keys():
        return []  # the usual case, and the tree is large
    return sorted(_places(json.loads(loaded.get_ast_as_json()), data))


def _places(modules: Any, data: Any) -> Iterator[str]:
    for module in modules:
        package = _ground(module["ast"]["package"]["refr"])
        for rule in module["ast"]["rules"]:
            (kind, about), *_ = rule.items()
            head = about if kind == "Default" else next(iter(about["head"].values()))
            value, path = data, list[str]()
            for part in (*package, *_ground(head["refr"])):
                if not isinstance(value, dict):
                    yield ".".join(path)
                    break
                if part not in value:
                    break
                path.append(part)
                value = value[part]
            else:
                yield ".".join(path)


def _ground(reference: Any) -> list[str]:
    """The parts of a reference up to the first that is no text."""
    parts: list[str] = []
    (kind, about), *_ = reference.items()
    while kind in ("RefDot", "RefBrack"):
        index = about.get("index", {})
        if kind == "RefBrack" and "String" not in index:
            parts = []
        else:
            parts.insert(0, about["field"][1] if kind == "RefDot" else index["String"]["value"])
        (kind, about), *_ = about["refr"].items()
    return [about["value"], *parts]


def _said(cause: BaseException) -> str:
    """What the engine says of a failure: the place in the policy, and facts at most, since it sees no text."""
    return " ".join(str(cause).partition("Stack backtrace")[0].split())[:600]
