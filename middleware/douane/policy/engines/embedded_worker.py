# SPDX-License-Identifier: Apache-2.0
"""The process that evaluates policies: `python -m douane.policy.engines.embedded_worker`, spoken to by `douane.worker`."""

import json

from douane.errors import BundleRejected, PolicyFailed
from douane.policy.engines.embedded import Evaluator, load
from douane.worker import WorkerFailed, serve

__all__: list[str] = []


class _Child:
    """The evaluator of this process, once it was greeted with its policies."""

    evaluator: Evaluator

    def greet(self, payload: bytes) -> bytes:
        modules, data = json.loads(payload)
        try:
            self.evaluator = load(modules, data)
        except BundleRejected as cause:
            raise WorkerFailed(str(cause).removeprefix("the policies cannot be loaded: "), "error") from cause
        return b""

    def answer(self, payload: bytes) -> bytes:
        try:
            return self.evaluator.evaluate(payload.decode()).encode()
        except PolicyFailed as failure:
            raise WorkerFailed(f"{failure.cause_code}\n{failure}", "error") from failure


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
