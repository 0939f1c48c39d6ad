# SPDX-License-Identifier: Apache-2.0
"""The process that explains decisions: `python -m douane.policy.explaining.explain_worker`, asked by `explain`."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.engines.embedded import ENTRYPOINT, Evaluator, engine, load
from douane.policy.explaining.explanation import WhyNot
from douane.policy.explaining.fired import Evaluation, named
from douane.policy.explaining.why_not import Tries
from douane.policy.rego.probe import Probe
from douane.policy.rego.syntax import Module, NotParsed, parse
from douane.worker import WorkerFailed, serve

__all__ = ["Policies"]

_ENTRY_PACKAGE = tuple(ENTRYPOINT.split(".")[1:-1])


class Policies:
    """The policies of this process, each step done when it is first asked for."""

    def __init__(self, modules: Sequence[tuple[str, str]], data: str) -> None:
        self._texts = modules
        self._data = data
        self._evaluation: tuple[str, Evaluation] | None = None

    @cached_property
    def modules(self) -> list[Module]:
        return [parse(path, text) for path, text in self._texts]

    @cached_property
    def evaluator(self) -> Evaluator:
        return load(self._texts, self._data)

    @cached_property
    def loaded(self) -> Any:
        return engine(self._texts, self._data)

    def evaluation(self, document: str) -> Evaluation:
        if self._evaluation is None or self._evaluation[0] != document:
            self._evaluation = document, Evaluation(self.loaded, self.modules, document)
        return self._evaluation[1]

    # The verbs

    def decide(self, document: str) -> object:
        return self.evaluator.evaluate(document)

    def packages(self) -> object:
        """Those of the rules, that of the entrypoint last: it asks the others."""
        return sorted({module.package for module in self.modules}, key=lambda package: (package == _ENTRY_PACKAGE, package))

    def reach(self, document: str) -> object:
        return bool(self.evaluation(document).decision)

    def package(self, document: str, package: Sequence[str]) -> object:
        return len(self.evaluation(document).fired(package))

    def rules(self, document: str, package: Sequence[str]) -> object:
        return [asdict(outcome) for outcome in self.evaluation(document).outcomes(package)]

    def decided(self, document: str, package: Sequence[str]) -> object:
        return [asdict(outcome) for outcome in self.evaluation(document).decided(package)]

    def named(self, result: str) -> object:
        return [asdict(outcome) for outcome in named(self.modules, json.loads(result))]

    def why_not(self, document: str, id_: str) -> object:
        found = [(m, rule) for m in self.modules for rule in m.rules if rule.annotation is not None and rule.annotation.id == id_]
        if not found:
            return None
        try:
            packages = {module.package for module, _ in found}
            outcomes = [one for package in packages for one in self.evaluation(document).fired(package)]
            fired = any(has_fired and rule.annotation is not None and rule.annotation.id == id_ for _, rule, has_fired in outcomes)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException:  # a package that raises gives nothing, and the attempts say where
            fired = False
        tries = Tries(Probe(self.loaded, document), self.modules)
        attempts = tuple(attempt for module, rule in found for attempt in tries.definitions(module, rule))
        return asdict(WhyNot(id_, fired, attempts))


class _Child:
    policies: Policies

    def greet(self, payload: bytes) -> bytes:
        self.policies = Policies(*json.loads(payload))
        return b""

    def answer(self, payload: bytes) -> bytes:
        verb, *arguments = json.loads(payload)
        policies = self.policies
        verbs: Mapping[str, Callable[..., object]] = {
            "decide": policies.decide,
            "packages": policies.packages,
            "reach": policies.reach,
            "package": policies.package,
            "rules": policies.rules,
            "decided": policies.decided,
            "named": policies.named,
            "why_not": policies.why_not,
        }
        try:
            answer = verbs[verb](*arguments)
        except BundleRejected as cause:
            raise WorkerFailed(f"bundle\n{cause}", "error") from cause
        except NotParsed as cause:
            raise WorkerFailed(f"bundle\n{cause.problem.place}: {cause.problem.message}", "error") from cause
        except PolicyFailed as failure:
            raise WorkerFailed(f"{failure.cause_code}\n{failure}", "error") from failure
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as cause:  # the engine's own, or a panic in Rust, which is no Exception
            said = " ".join(str(cause).partition("Stack backtrace")[0].split())[:600]
            raise WorkerFailed(f"error\n{said}", "error") from cause
        return b"" if answer is None else json.dumps(answer).encode()


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
