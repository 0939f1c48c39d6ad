# SPDX-License-Identifier: Apache-2.0
"""Packages that are asked for as a whole.

Where a package is spread over several modules and is evaluated as one document, the embedded engine leaves out, without a word, what
refers to a rule that it has not come to yet. It evaluates it so for the name of an import (`q.x` after `import data.q`), for the document
itself (`data.q`) and for a key that nothing binds before (`data.q[name]`); for a whole path it evaluates the one rule.
"""

from collections.abc import Iterator

from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope, Use
from douane.policy.rego.problem import Problem

__all__ = ["lossy"]


def lossy(program: Program) -> Iterator[Problem]:
    """`portable/whole-package`."""
    spread = {
        is_test: [package for package, modules in program.packages.items() if sum(is_test or not module.is_test for module in modules) > 1]
        for is_test in (False, True)
    }
    for scope in program.scopes:
        for use in scope.uses:
            if use.is_global and use.path[0] == "data" and use.role in ("value", "call"):
                asked = _asked_whole(scope, use)
                package = next((one for one in spread[scope.module.is_test] if asked and one[: len(asked)] == asked), None)
                if package is not None:
                    name = ".".join(package)
                    what = f"`{name}` has several files, and one engine loses a part of it as a whole; write `{name}.x` out"
                    yield scope.module.problem(use.node, "portable/whole-package", what)


def _asked_whole(scope: Scope, use: Use) -> tuple[str, ...]:
    """The document that a reference evaluates before it looks into it; empty where there is none."""
    imported = next((one.path for one in scope.module.imports if one.name == use.node.reference[0]), None)
    if imported is not None and use.path[: len(imported)] == imported:
        return imported
    names: list[str] = []
    for part in use.path:
        if isinstance(part, str):
            names.append(part)
            continue
        variable = scope.variables.get(part.start) if part.kind == "Var" else None
        is_bound = variable is None or variable.kind in ("argument", "assigned", "member") or variable.origin is not None
        return () if is_bound else tuple(names)
    return tuple(names)
