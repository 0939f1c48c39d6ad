# SPDX-License-Identifier: Apache-2.0
"""Forms that the embedded engine reads and OPA refuses, or that mean something else than they look like."""

from collections.abc import Callable, Iterator, Mapping

from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["KEYWORDS", "malformed"]

KEYWORDS = frozenset(
    ("as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some", "true", "with")
)


def malformed(program: Program) -> Iterator[Problem]:
    """`syntax/*`, `object/twice`, `reference/scalar`, `function/pattern` and `variable/builtin`."""
    for scope in program.scopes:
        for node in scope.nodes:
            found = _NODES.get(node.kind)
            if found is not None:
                yield from found(scope, node)
        yield from _head(scope)
        for use in scope.uses:
            if use.role == "value" and use.variable is not None and use.variable.kind == "free" and use.variable.name in program.builtins:
                what = f"`{use.variable.name}` is a builtin that is not called; call it, or give the variable another name"
                yield scope.module.problem(use.node, "variable/builtin", what)


def _reference(scope: Scope, node: Node) -> Iterator[Problem]:
    base = node.children[0]
    if base.kind in ("String", "RawString", "Number", "Bool", "Null"):
        yield scope.module.problem(base, "reference/scalar", "nothing can be looked up in a constant; name what is meant")


def _object(scope: Scope, node: Node) -> Iterator[Problem]:
    seen: set[object] = set()
    for key in node.children[::2]:
        if key.kind in ("String", "RawString"):
            if key.value in seen:
                yield scope.module.problem(key, "object/twice", f"the key `{key.value}` stands twice; keep one of them")
            seen.add(key.value)


_NODES: Mapping[str, Callable[[Scope, Node], Iterator[Problem]]] = {"RefDot": _reference, "RefBrack": _reference, "Object": _object}


def _head(scope: Scope) -> Iterator[Problem]:
    rule, module = scope.rule, scope.module
    for argument in rule.arguments:
        for node in argument.walk():
            if node.kind == "Call":
                yield module.problem(node, "function/pattern", "an argument cannot hold a call; compare in the body")
                break
    names = rule.head.reference
    if rule.kind == "set" and module.text.startswith("[", rule.head.end):
        yield module.problem(rule, "syntax/contains", f"write `{rule.name[0]} contains ..` for a member of a set")
    if names and names[0] in KEYWORDS and len(names) == 1:
        yield module.problem(rule.head, "syntax/keyword", f"`{names[0]}` is a keyword and no name of a rule; name it otherwise")
