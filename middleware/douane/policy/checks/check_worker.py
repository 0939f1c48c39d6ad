# SPDX-License-Identifier: Apache-2.0
"""The process that checks policies: `python -m douane.policy.checks.check_worker`. What would stall a parser ends this process only."""

import json
from dataclasses import asdict

from douane.policy.checks.check import check
from douane.worker import serve

__all__: list[str] = []


def _greet(payload: bytes) -> bytes:
    return payload


def _answer(payload: bytes) -> bytes:
    told = json.loads(payload)
    given = {name: told[name] for name in ("capabilities", "schema", "entrypoint") if told[name] is not None}
    problems = check([(path, text) for path, text in told["modules"]], told["data"], **given)
    return json.dumps([asdict(problem) for problem in problems]).encode()


if __name__ == "__main__":
    serve(_greet, _answer)
