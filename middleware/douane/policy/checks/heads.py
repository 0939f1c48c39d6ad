# SPDX-License-Identifier: Apache-2.0
"""Heads whose value may be undefined where the engines then go on otherwise.

Of a rule whose body has several solutions OPA leaves out the one for which the key or the value is undefined. The embedded engine stops
there, and loses what the solutions before it gave. Where the value of one branch is undefined OPA tries the next `else`. The embedded
engine ends without a value, or takes that of another key. Bound in the body, the same is right on both; so are comprehensions, functions
without an `else`, and of rules that are no function what depends on no variable: it has a value each time or never.
"""

from collections.abc import Iterator

from douane.policy.checks.defined import REFERENCES, Defined
from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Program
from douane.policy.checks.scope import COMPREHENSIONS, Scope
from douane.policy.rego.problem import Level, Problem
from douane.policy.rego.syntax import Body, Node, Statement

__all__ = ["incomplete"]

_PARTIAL = frozenset({"max", "min"})
"""Builtins that give nothing for an empty collection, without an error."""
_OPEN = ("declared", "free", "member", "wildcard")
"""Variables that can have one value after the other."""


def incomplete(program: Program, inference: Inference) -> Iterator[Problem]:
    """`portable/head-value` and `portable/else-value`."""
    defined = Defined(program, inference, partial=_PARTIAL, reads_settings=True)
    for scope in program.scopes:
        rule = scope.rule
        if rule.kind == "default":
            continue
        level: Level = "warning" if scope.module.is_test else "error"
        has_else = any(body.is_else for body in rule.bodies)
        for body in rule.bodies or (Body(rule.start, rule.end, rule.value, False, ()),):
            given = [*_keys(scope, body), *([body.value] if body.value else [])]
            is_branch = has_else and bool(body.statements)
            if not is_branch and (rule.kind == "function" or not _iterates(scope, body, given)):
                continue
            asked = _asked(scope, body)
            varying = [term for term in given if rule.kind == "function" or _varies(scope, term)]
            for part in (part for term in varying for part in _undefined(term, scope, defined, asked)):
                if not is_branch and _is_member_of_one(scope, part):
                    continue
                shown = scope.module.slice(part)
                if is_branch:
                    what = f"where `{shown}` is undefined, one engine alone goes on to the next `else`"
                    name = "portable/else-value"
                else:
                    what = f"where `{shown}` is undefined once, one engine alone keeps what it found before"
                    name = "portable/head-value"
                yield scope.module.problem(part, name, f"{what}; bind it in the body, `v := ..`, and give `v`", level)


def _keys(scope: Scope, body: Body) -> Iterator[Node]:
    """What stands in the brackets of the head, and the member of a set."""
    if body.is_else:
        return
    at = scope.rule.head
    while at.kind in ("RefDot", "RefBrack"):
        if at.kind == "RefBrack":
            yield at.children[1]
        at = at.children[0]
    if scope.rule.key is not None:
        yield scope.rule.key


def _iterates(scope: Scope, body: Body, given: list[Node]) -> bool:
    """Whether a body, or what its head gives, can have more than one solution."""
    if any(statement.kind in ("SomeIn", "SomeVars") for statement in body.statements):
        return True
    terms = [*given, *(term for statement in body.statements for term in _binding(statement))]
    used = (scope.variables.get(node.start) for term in terms for node in _outside(term) if node.kind == "Var")
    return any(variable is not None and variable.kind in _OPEN for variable in used)


def _binding(statement: Statement) -> Iterator[Node]:
    """The terms of a statement that can bind a variable to one value after the other."""
    if statement.kind in ("NotExpr", "Every"):
        return
    for node in statement.nodes:
        is_assigned = node.kind == "AssignExpr" and node.value == "ColEq"
        yield from node.children[1:] if is_assigned else (node,)


def _outside(node: Node) -> Iterator[Node]:
    """A term and what is in it, comprehensions left out."""
    if node.kind not in COMPREHENSIONS:
        yield node
        for child in node.children:
            yield from _outside(child)


def _varies(scope: Scope, term: Node) -> bool:
    """Whether a term depends on a variable; `x in y` counts, which one engine takes for false where `y` is undefined."""
    return any(node.start in scope.variables if node.kind == "Var" else node.kind == "Membership" for node in _outside(term))


def _asked(scope: Scope, body: Body) -> frozenset[str]:
    """The references, as text, that have a value wherever the body holds, because it asks for them."""
    plain = [s for s in body.statements if s.kind in ("Expr", "SomeIn") and not s.withs]
    references = (node for statement in plain for node in _outside(statement.nodes[-1]) if node.kind in REFERENCES)
    return frozenset(scope.module.slice(node) for node in references if not any(_is_wildcard(part) for part in node.walk()))


def _is_member_of_one(scope: Scope, node: Node) -> bool:
    """Whether it is `x[_]` of a constant `x`, which is never undefined for one solution alone."""
    return node.kind == "RefBrack" and _is_wildcard(node.children[1]) and not _varies(scope, node.children[0])


def _is_wildcard(node: Node) -> bool:
    return node.kind == "Var" and node.value == "_"


def _undefined(node: Node, scope: Scope, defined: Defined, asked: frozenset[str]) -> Iterator[Node]:
    """The references and calls of a term that may be undefined."""
    if defined.always(node, scope) or (node.kind in REFERENCES and scope.module.slice(node) in asked):
        return
    children = () if node.kind in REFERENCES else node.children[1:] if node.kind == "Call" else node.children
    inner = [part for child in children for part in _undefined(child, scope, defined, asked)]
    is_open = node.kind in REFERENCES or (node.kind == "Call" and not defined.is_total(node, scope))
    yield from inner or ((node,) if is_open else ())
