# SPDX-License-Identifier: Apache-2.0
"""Imports written out: `import data.a.b` and `b.c` as `data.a.b.c`, which asks the same and asks less.

For a name that stands for a package the embedded engine evaluates every rule of the package, and where that is spread over several modules
it leaves out, in silence, whatever refers to a rule that it has not come to yet. For a whole path it evaluates the rule that is asked.
"""

from collections.abc import Iterator

from douane.policy.rego.syntax import Module, Rule
from douane.policy.testing.case import reference

__all__ = ["replacements"]


def replacements(module: Module) -> Iterator[tuple[int, int, str]]:
    """(start, end, path) of each place where the name of an import means it: not in a rule that declares the same name."""
    imports = {one.name: one.path for one in module.imports if one.path[0] == "data"}
    for rule in module.rules if imports else ():
        own = _declared(rule)
        nodes = {node.start: node for node in rule.walk() if node.kind == "Var" and node.start != rule.head.start}
        for start, node in nodes.items():
            if node.value in imports and node.value not in own:
                yield start, node.end, reference(imports[node.value])


def _declared(rule: Rule) -> set[str]:
    """The names that a rule declares, wherever in it."""
    nodes = [*rule.walk()]
    declared = [*rule.arguments, *(node.children[0] for node in nodes if node.kind == "AssignExpr" and node.value == "ColEq")]
    names: set[str] = set()
    waiting = [statement for body in rule.bodies for statement in body.statements]
    waiting += [statement for node in nodes for statement in node.statements]
    while waiting:
        statement = waiting.pop()
        waiting += statement.statements
        names.update(statement.names)
        declared += statement.nodes[:-1] if statement.kind == "SomeIn" else ()
    return names | {str(part.value) for node in declared for part in node.walk() if part.kind == "Var"}
