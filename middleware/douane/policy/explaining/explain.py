# SPDX-License-Identifier: Apache-2.0
"""Explains decisions, in a supervised process: policies are text of others, which may not end and may take the process with them.

The process knows policies and facts, and gives back policy text, places and facts.
"""

import json
from collections.abc import Sequence
from typing import Any

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.explaining.explanation import RuleOutcome, Rules, WhyNot
from douane.worker import Worker, WorkerFailed

__all__ = ["Explainer"]

_START_DEADLINE = 20.0
_REJECTED = "bundle"


class Explainer:
    """Policies that can be asked why. `modules` are (path, text), `data` is JSON text, `deadline` is in seconds for each question."""

    def __init__(self, modules: Sequence[tuple[str, str]], data: str, *, deadline: float, memory_bytes: int = 2**30) -> None:
        self._deadline = deadline
        self._worker = Worker(
            ["-m", "douane.policy.explaining.explain_worker"],
            name="explanation",
            greeting=json.dumps([list(modules), data]).encode(),
            deadline=deadline,
            start_deadline=_START_DEADLINE,
            memory_bytes=memory_bytes,
        )

    def decide(self, document: str) -> str:
        """The result of the embedded engine, as `EmbeddedEngine.evaluate` gives it. Raises `PolicyFailed` and `BundleRejected`."""
        return str(json.loads(self._ask("decide", document)))

    def rules(self, document: str) -> Rules:
        """What became of every rule with METADATA, package by package. Raises `PolicyFailed` where the decision itself fails."""
        packages = json.loads(self._ask("packages"))
        try:
            self._ask("reach", document)
        except PolicyFailed as failure:
            raise PolicyFailed(f"{self._at_fault(document, packages)}{failure}", cause_code=failure.cause_code) from failure
        outcomes: list[RuleOutcome] = []
        failed: list[str] = []
        for package in packages:
            try:
                outcomes += _outcomes(self._ask("rules", document, package))
            except PolicyFailed as failure:
                failed.append(f"{_named(package)}{failure}")
                outcomes += _outcomes(self._ask("decided", document, package))
        return Rules(tuple(outcomes), tuple(failed))

    def _at_fault(self, document: str, packages: Sequence[Sequence[str]]) -> str:
        for package in packages[:-1]:
            try:
                self._ask("package", document, package)
            except PolicyFailed:
                return _named(package)
        return _named(packages[-1])  # it asks the others, and none of them is

    def named(self, result: str) -> list[RuleOutcome]:
        """The rules that a result names, where another engine evaluated. Raises `BundleRejected`."""
        return _outcomes(self._ask("named", result))

    def why_not(self, document: str, id_: str) -> WhyNot:
        """Why a rule did not fire. Raises `PolicyFailed`, and `KeyError` where no rule has this id."""
        from pydantic import TypeAdapter

        answer = self._ask("why_not", document, id_)
        if not answer:
            raise KeyError(id_)
        return TypeAdapter(WhyNot).validate_json(answer)

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def _ask(self, verb: str, *arguments: Any) -> bytes:
        try:
            return self._worker.ask(json.dumps([verb, *arguments]).encode())
        except WorkerFailed as failure:
            word, _, said = str(failure).partition("\n")
            if failure.cause_code == "error" and word == _REJECTED:
                raise BundleRejected(said) from failure
            if failure.cause_code == "error":
                raise PolicyFailed(said or "the policy failed", cause_code=word if word == "undefined" else "error") from failure
            what = f"did not end within {self._deadline:g} s" if failure.cause_code == "timeout" else "ended the process that evaluates"
            raise PolicyFailed(f"the policy {what}", cause_code=failure.cause_code) from failure


def _named(package: Sequence[str]) -> str:
    return f"in `{'.'.join(['data', *package])}`: "


def _outcomes(answer: bytes) -> list[RuleOutcome]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[RuleOutcome]).validate_json(answer)
