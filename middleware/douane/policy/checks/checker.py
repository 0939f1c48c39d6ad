# SPDX-License-Identifier: Apache-2.0
"""`check` in a process of its own: text that would stall the parser, or end the process, costs that process only."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from douane.errors import BundleRejected
from douane.policy.rego.problem import Problem
from douane.worker import Worker, WorkerFailed

__all__ = ["checked"]

_DEADLINE = 60.0
_MEMORY = 2**30


def checked(
    modules: Iterable[tuple[str, str]],
    data: str,
    *,
    schema: Mapping[str, Any] | None,
    capabilities: Mapping[str, Any] | None,
    entrypoint: str | None = None,
) -> tuple[Problem, ...]:
    """The problems of policies; see `check`. Raises `BundleRejected` for what ends the process."""
    question = {"modules": list(modules), "data": data, "schema": schema, "capabilities": capabilities, "entrypoint": entrypoint}
    worker = Worker(
        ["-m", "douane.policy.checks.check_worker"],
        name="check",
        greeting=b"",
        deadline=_DEADLINE,
        start_deadline=_DEADLINE,
        memory_bytes=_MEMORY,
    )
    try:
        answer = worker.ask(json.dumps(question).encode())
    except WorkerFailed as failure:
        advice = "report this" if failure.cause_code == "error" else "look for text of great size or depth"
        raise BundleRejected(f"the policies cannot be checked ({failure.cause_code}); {advice}") from failure
    finally:
        worker.close()
    return tuple(Problem(**problem) for problem in json.loads(answer))
