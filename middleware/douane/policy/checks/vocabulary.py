# SPDX-License-Identifier: Apache-2.0
"""Types of findings that no list knows: no detector gives them, so what asks for one never holds, and what removes one removes nothing."""

from collections.abc import Iterator, Mapping

from douane.policy.checks.calls import nearest
from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["unlisted_types"]

_COUNTS = ("input", "counts")
_TYPED = frozenset({"pseudonymise", "redact", "restore"})


def unlisted_types(program: Program) -> Iterator[Problem]:
    """`contract/unknown-type`, where `data.types` lists types by class."""
    classes = program.data.get("types")
    listed = classes.values() if isinstance(classes, Mapping) else ()
    known = {str(name) for names in listed if isinstance(names, Mapping) for name in names}
    if not known:
        return
    for scope in program.scopes:
        if any(target[:2] == ("data", "types") for use in scope.uses for target in use.replaced):
            continue  # a test puts types of its own there
        asked = {node.start: node for node in (*_counted(scope), *_compared(scope), *_obliged(scope))}
        for node in asked.values():
            name = str(node.value)
            if name in known:
                continue
            near = nearest(name, known)
            said = near if "mean" in near else "; add it to `data.types`, or mend the name"
            what = f"`{name}` is no type of a finding{said}"
            yield scope.module.problem(node, "contract/unknown-type", what, "warning" if scope.module.is_test else "error")


def _counted(scope: Scope) -> Iterator[Node]:
    """`input.counts.X`, `input.counts["X"]`, and `object.get(input.counts, "X", 0)`."""
    for node in scope.nodes:
        if node.kind == "RefDot" and _path(scope, node.children[0]) == _COUNTS:
            yield node
        elif node.kind == "RefBrack" and _path(scope, node.children[0]) == _COUNTS:
            yield from _texts(node.children[1])
        elif node.kind == "Call" and len(node.children) > 2 and _path(scope, node.children[1]) == _COUNTS:
            yield from _texts(node.children[2]) if node.children[0].reference == ("object", "get") else ()


def _compared(scope: Scope) -> Iterator[Node]:
    """`finding.type == "X"`, either way round, and `finding.type in {"X"}`."""
    for node in scope.nodes:
        if (node.kind == "BoolExpr" and node.value in ("Eq", "Ne")) or (node.kind == "AssignExpr" and node.value == "Eq"):
            one, other = node.children
            yield from _texts(other) if _is_type(scope, one) else _texts(one) if _is_type(scope, other) else ()
        elif node.kind == "Membership" and _is_type(scope, node.children[0]):
            yield from _listed(node.children[-1])


def _obliged(scope: Scope) -> Iterator[Node]:
    """The types in obligations that are written out."""
    for node in scope.objects:
        pairs = zip(node.children[::2], node.children[1::2], strict=True)
        members = {str(key.value): value for key, value in pairs if key.kind == "String"}
        if "types" in members and "kind" in members and members["kind"].value in _TYPED:
            yield from _listed(members["types"])


def _is_type(scope: Scope, node: Node) -> bool:
    """Whether this is the type of a finding: of `input.findings[..]`, of a member of it, or of what is called `finding`."""
    if node.kind != "RefDot" or node.value != "type":
        return False
    base = node.children[0]
    if base.kind == "RefBrack":
        return _path(scope, base.children[0]) == ("input", "findings")
    variable = scope.variables.get(base.start) if base.kind == "Var" else None
    if variable is None:
        return False
    origin = variable.origin
    from_findings = origin is not None and origin.how == "member" and _path(scope, origin.node) == ("input", "findings")
    return variable.name == "finding" or from_findings


def _path(scope: Scope, node: Node) -> tuple[object, ...]:
    """The absolute path of a reference to the facts or to a part of them."""
    if node.kind not in ("Var", "RefDot") or node.start in scope.variables:
        return ()
    return scope.module.resolve(node)


def _listed(node: Node) -> Iterator[Node]:
    if node.kind in ("Array", "Set"):
        for child in node.children:
            yield from _texts(child)


def _texts(node: Node) -> Iterator[Node]:
    if node.kind in ("String", "RawString"):
        yield node
