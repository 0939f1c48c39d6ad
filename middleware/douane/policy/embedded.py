# SPDX-License-Identifier: Apache-2.0
"""The embedded engine: regorus, in a supervised process of its own, or in this one for tests and the command line.

Only JSON text crosses into it: it trusts Python objects and policies too far (recursion and lone surrogates end the process), and a policy
cannot be interrupted. A process can.
"""

import json
import re
from typing import Any

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.bundle import Bundle
from douane.worker import Worker, WorkerFailed

__all__ = ["ENTRYPOINT", "EmbeddedEngine", "Evaluator", "load"]

ENTRYPOINT = "data.douane.main.decision"
_PROBLEMS = "data.douane.settings.problems"
_START_DEADLINE = 20.0
_DEPTH = 100
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_CAUSES = ("undefined", "error")


class Evaluator:
    """One engine in one thread. An engine that raised is dropped for a copy of the loaded one: a panic leaves it in an unknown state."""

    def __init__(self, modules: Any, data: str) -> None:
        import regorus  # heavy, and native: only where policies are evaluated

        loaded = regorus.Engine()
        for path, text in modules:
            loaded.add_policy(path, text)
        loaded.add_data_json(data)
        self._loaded = loaded
        self._engine = loaded.clone()
        self._engine.set_input_json("{}")
        self._engine.eval_query_as_json(ENTRYPOINT)  # compiles; a policy that cannot be evaluated at all is found now
        problems = json.loads(self._engine.eval_query_as_json(_PROBLEMS)).get("result")
        if problems and problems[0]["expressions"][0]["value"]:
            raise BundleRejected("the settings are wrong: " + "; ".join(problems[0]["expressions"][0]["value"]))

    def evaluate(self, document: str) -> str:
        """The decision as JSON text. Raises `PolicyFailed`: `undefined` or `error`."""
        try:
            self._engine.set_input_json(document)
            value = json.loads(self._engine.eval_query_as_json(ENTRYPOINT))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as cause:  # a panic in Rust is no Exception
            self._engine = self._loaded.clone()
            raise PolicyFailed(f"the policy failed: {_said(cause)}", cause_code="error") from cause
        results = value.get("result") or []
        if not results:
            raise PolicyFailed("the policy gives no decision; `data.douane.main.decision` is undefined", cause_code="undefined")
        return json.dumps(results[0]["expressions"][0]["value"], ensure_ascii=False, separators=(",", ":"))


class EmbeddedEngine:
    """`PolicyEngine` over a bundle. `deadline` in seconds, `memory_bytes` bounds the address space of the process."""

    name = "regorus"

    def __init__(self, bundle: Bundle, *, deadline: float, memory_bytes: int = 2**30, in_process: bool = False) -> None:
        """Nothing is started yet; in process, policies are loaded at once. Raises `BundleRejected`."""
        self.revision = bundle.revision
        self._evaluator: Evaluator | None = None
        self._worker: Worker | None = None
        if in_process:
            self._evaluator = load(bundle.modules, bundle.data)
            return
        self._worker = Worker(
            ["-m", "douane.policy.embedded_worker"],
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
        if _is_too_deep(document):
            raise PolicyFailed("the input is nested too deep for the engine", cause_code="error")
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


def load(modules: Any, data: str) -> Evaluator:
    """An evaluator with these policies. Raises `BundleRejected` with the engine's own message: policies are the operator's text."""
    try:
        return Evaluator(modules, data)
    except (KeyboardInterrupt, SystemExit, BundleRejected):
        raise
    except BaseException as cause:
        raise BundleRejected(f"the policies cannot be loaded: {_said(cause)}") from cause


def _said(cause: BaseException) -> str:
    """What the engine says of a failure: the place in the policy, and facts at most, since it sees no text."""
    return " ".join(str(cause).partition("Stack backtrace")[0].split())[:600]


def _is_too_deep(document: str) -> bool:
    if document.count("{") + document.count("[") <= _DEPTH:
        return False
    depth = 0
    for match in _BRACKETS.finditer(document):
        if match[0] in "[{":
            depth += 1
            if depth > _DEPTH:
                return True
        elif match[0] in "]}":
            depth -= 1
    return False
