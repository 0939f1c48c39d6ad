# SPDX-License-Identifier: Apache-2.0
"""Which objects that are written out become part of a result: followed from the rules that give it through variables, rules and sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import Scope
from douane.policy.rego.syntax import Module, Node

__all__ = ["What", "given"]

What = Literal["violations", "obligations", "rejections", "decision"]
_LISTS: dict[str, What] = {"violations": "violations", "obligations": "obligations", "rejections": "rejections"}
_MEMBERS: dict[str, What] = {"reasons": "violations", "obligations": "obligations", "rejections": "rejections"}
_CALLS = {"sort": 0, "array.concat": 0, "union": 1}
"""Builtins that give the members of what they are given, and how much deeper those lie there."""
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of a rule. `depth` says where the objects are: 0, it is one; 1, it holds some; 2, it holds what holds some."""

    node: Node
    scope: Scope
    depth: int


def given(program: Program) -> Iterator[tuple[Module, What, Node]]:
    """The objects of rules called `violations`, `obligations` and `rejections`, and of the decision, each once for what it is given as.

    Those of tests are left out, and what only the evaluation puts together.
    """
    waiting: list[tuple[_Term, What]] = []
    for definition in program.definitions:
        if len(definition.rule.name) == 1 and definition.rule.name[0] in _LISTS and not definition.module.is_test:
            waiting += ((term, _LISTS[definition.rule.name[0]]) for term in _of_rule(program, definition, 1))
    for definition in program.rules.get(program.entrypoint, ()):
        waiting += ((term, "decision") for term in _of_rule(program, definition, 0))
    seen: set[tuple[int, What, int]] = set()
    while waiting:
        term, what = waiting.pop()
        if (id(term.node), what, term.depth) in seen or term.depth > _DEEPEST:
            continue
        seen.add((id(term.node), what, term.depth))
        if term.node.kind != "Object":
            waiting += ((inner, what) for inner in _under(program, term))
        elif term.depth == 0:
            yield term.scope.module, what, term.node
            if what == "decision":
                waiting += (
                    (_Term(value, term.scope, 1), _MEMBERS[key.value])
                    for key, value in zip(term.node.children[::2], term.node.children[1::2], strict=True)
                    if key.kind == "String" and key.value in _MEMBERS
                )


def _under(program: Program, term: _Term) -> Iterator[_Term]:
    """The terms that this one has its objects from."""
    node, scope, depth = term.node, term.scope, term.depth
    match node.kind:
        case "Set" | "Array" if depth:
            yield from (_Term(child, scope, depth - 1) for child in node.children)
        case "SetCompr" | "ArrayCompr" if depth:
            yield _Term(node.children[0], scope, depth - 1)
        case "BinExpr":
            yield from (_Term(child, scope, depth) for child in node.children)
        case "ArithExpr" if node.value == "Sub":
            yield _Term(node.children[0], scope, depth)
        case "Call":
            yield from _of_call(program, term)
        case "Var" if node.start in scope.variables:
            origin = scope.variables[node.start].origin
            if origin is not None and not origin.steps and origin.how in ("value", "member"):
                yield _Term(origin.node, scope, depth + (origin.how == "member"))
        case "Var" | "RefDot" | "RefBrack":
            use = scope.values.get(node.start)
            definitions: Sequence[Definition] = program.rule_before(use.path) if use is not None and use.is_global else ()
            for definition in definitions:
                beyond = use.path[len(definition.path) :] if use is not None else ()
                if not any(isinstance(part, str) for part in beyond):
                    yield from _of_rule(program, definition, depth + len(beyond))


def _of_call(program: Program, term: _Term) -> Iterator[_Term]:
    function, *arguments = term.node.children
    use = term.scope.calls.get(function.start)
    if use is None or use.variable is not None:
        return
    path = tuple(str(part) for part in use.path)
    if use.is_global:
        for definition in program.rules.get(path, ()):
            yield from _of_rule(program, definition, term.depth)
    elif ".".join(path) in _CALLS:
        yield from (_Term(argument, term.scope, term.depth + _CALLS[".".join(path)]) for argument in arguments)


def _of_rule(program: Program, definition: Definition, depth: int) -> Iterator[_Term]:
    rule, scope = definition.rule, program.scope_of[id(definition.rule)]
    if rule.kind == "set":
        if rule.key is not None and depth:
            yield _Term(rule.key, scope, depth - 1)
    elif rule.kind != "object":
        for value in (rule.value, *(body.value for body in rule.bodies if body.is_else)):
            if value is not None:
                yield _Term(value, scope, depth)
