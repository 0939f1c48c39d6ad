# SPDX-License-Identifier: Apache-2.0
"""What policies must pass before they decide: no error that `check` finds, and their own tests. In processes of their own."""

import functools
import json
import time

from douane.errors import BundleRejected
from douane.policy.bundles.bundle import Bundle
from douane.policy.checks.checker import checked
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.rego.problem import shown
from douane.policy.shipped import shipped_policies
from douane.policy.testing.tester import Tester

__all__ = ["preflight"]

_TOLD = 5
_ALL_SECONDS = 60.0
"""For all tests together; a reload must come to an end."""
_DEADLINE = 5.0


@functools.lru_cache(maxsize=16)  # of bundles that passed; one that is loaded again, or beside, is the same
def preflight(bundle: Bundle) -> None:
    """Raises `BundleRejected` with the first errors, or the first tests that do not pass. Warnings are the affair of `douane policy check`.

    The facts are those of this version's contract, the builtins those of its portable subset, whatever lies beside the policies.
    """
    modules = [*bundle.modules, *bundle.tests]
    folder = shipped_policies()
    schema = json.loads((folder / "schemas" / "input.schema.json").read_bytes())
    capabilities = json.loads((folder / "capabilities.json").read_bytes())
    errors = [problem for problem in checked(modules, bundle.data, schema=schema, capabilities=capabilities) if problem.level == "error"]
    if errors:
        raise BundleRejected(_first("the policies have errors", [shown(problem) for problem in errors]))
    engine = EmbeddedEngine(bundle, deadline=_DEADLINE)
    try:
        engine.start()  # which asks the policies about their settings
    finally:
        engine.close()
    tester = Tester(modules, bundle.data)
    failed: list[str] = []
    until = time.monotonic() + _ALL_SECONDS
    try:
        tester.start()
        for test in tester.tests:
            result = tester.run(test)
            if result.verdict in ("fail", "error"):
                failed.append(f"{test.package}.{test.name}")
            if time.monotonic() > until:
                raise BundleRejected(f"the tests of the policies take more than {_ALL_SECONDS:g} s; look for one that loops")
            if len(failed) == _TOLD:
                break
    finally:
        tester.close()
    if failed:
        what = "tests of the policies do not pass (settings belong into `policies.settings`, since tests hold those that were shipped)"
        raise BundleRejected(_first(what, failed))


def _first(what: str, told: list[str]) -> str:
    more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return "\n  ".join([f"{what}; `douane policy check` and `douane policy test` say all:", *told[:_TOLD], *more])
