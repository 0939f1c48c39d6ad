# SPDX-License-Identifier: Apache-2.0
"""What the terms of a rule can be, worked out from the schema of `input`, the builtins' declarations and the rules themselves."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import Origin, Scope, Use, Variable
from douane.policy.checks.types import (
    ANYTHING,
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    ArrayOf,
    ObjectOf,
    SetOf,
    Type,
    declared,
    either,
    from_schema,
    given,
    keys_of,
    member,
    members_of,
)
from douane.policy.rego.syntax import Node

__all__ = ["Inference"]

_SETS = SetOf(ANYTHING)


class Inference:
    """Types by node, each worked out once. A term that asks for itself is anything.

    Where `with` puts other facts in place nothing is known of them, so what a schema says is left out there. What functions are given is
    worked out without knowing what those that call them were given: otherwise most functions would ask for themselves.
    """

    def __init__(self, program: Program, schema: Mapping[str, Any] | None = None, *, knows_arguments: bool = True) -> None:
        self._program = program
        self._callers = Inference(program, schema, knows_arguments=False) if knows_arguments else None
        self._open = self if schema is None else Inference(program, knows_arguments=knows_arguments)
        self._nodes: dict[int, Type] = {}
        self._variables: dict[int, Type] = {}
        self._rules: dict[tuple[str, ...], Type] = {}
        self.facts = ANYTHING if schema is None else from_schema(schema, schema)

    def of(self, node: Node, scope: Scope) -> Type:
        """The type of a term of this rule."""
        found = self._nodes.get(id(node))
        if found is None:
            self._nodes[id(node)] = ANYTHING
            found = self._nodes[id(node)] = self._infer(node, scope)
        return found

    def _infer(self, node: Node, scope: Scope) -> Type:
        match node.kind:
            case "String" | "RawString":
                return STRING
            case "Number" | "ArithExpr" | "UnaryExpr":
                return self._arithmetic(node, scope)
            case "Bool" | "BoolExpr" | "Membership" | "AssignExpr":
                return BOOLEAN
            case "Null":
                return NULL
            case "Array":
                return ArrayOf(tuple(self.of(child, scope) for child in node.children))
            case "Set":
                return SetOf(either(self.of(child, scope) for child in node.children))
            case "Object":
                return self._object(node, scope)
            case "ArrayCompr":
                return ArrayOf(rest=self.of(node.children[0], scope))
            case "SetCompr":
                return SetOf(self.of(node.children[0], scope))
            case "ObjectCompr":
                return ObjectOf((), self.of(node.children[0], scope), self.of(node.children[1], scope))
            case "BinExpr":
                return SetOf(either(members_of(self.of(child, scope)) or ANYTHING for child in node.children))
            case "Call":
                return self._call(node, scope)
            case "Var" | "RefDot" | "RefBrack":
                return self._reference(node, scope)
            case _:
                return ANYTHING

    def _arithmetic(self, node: Node, scope: Scope) -> Type:
        if node.kind != "ArithExpr" or node.value != "Sub":
            return NUMBER
        left, right = (self.of(child, scope) for child in node.children)
        if isinstance(left, SetOf) or isinstance(right, SetOf):
            return left if isinstance(left, SetOf) else _SETS
        return NUMBER if NUMBER in (left, right) else either((NUMBER, _SETS)) or ANYTHING

    def _object(self, node: Node, scope: Scope) -> Type:
        fields: list[tuple[str, Type]] = []
        others: list[tuple[Type, Type]] = []
        for key, value in zip(node.children[::2], node.children[1::2], strict=True):
            if key.kind in ("String", "RawString"):
                fields.append((str(key.value), self.of(value, scope)))
            else:
                others.append((self.of(key, scope), self.of(value, scope)))
        fields.sort(key=lambda field: field[0])
        return ObjectOf(tuple(fields), either(key for key, _ in others), either(value for _, value in others))

    def _call(self, node: Node, scope: Scope) -> Type:
        use = scope.calls.get(node.children[0].start)
        if use is None or use.variable is not None:
            return ANYTHING
        if use.is_global:
            return self.rule(self._program.rules.get(tuple(str(part) for part in use.path), ()))
        name = ".".join(str(part) for part in use.path)
        result = self._program.builtins.get(name, {}).get("decl", {}).get("result")
        if name in self._replaced:
            return ANYTHING
        known = given(name, [self.of(child, scope) for child in node.children[1:]]) if result else ANYTHING
        return (declared(result) if known is None else known) if result else ANYTHING

    def _reference(self, node: Node, scope: Scope) -> Type:
        use = scope.values.get(node.start)
        if use is None:  # what it begins with is no name
            return ANYTHING if node.kind == "Var" else self._step(self.of(node.children[0], scope), node, scope)
        if use.replaced and self._open is not self:
            return self._open.of(node, scope)
        if any(target[0] != "input" and (target[0] != "data" or self._program.reached(target)) for target in use.replaced):
            return ANYTHING
        if use.variable is None:
            return self._global(use, len(use.path) - len(use.node.reference) + len(node.reference), scope)
        return self.variable(use.variable, scope) if node.kind == "Var" else self._step(self.of(node.children[0], scope), node, scope)

    def _global(self, use: Use, length: int, scope: Scope) -> Type:
        """The type of the first `length` parts of a global reference."""
        path = use.path[:length]
        if path[0] == "input":
            at: Type | None = self.facts
            rest = path[1:]
        else:
            definitions = self._program.rule_before(path)
            if not definitions or definitions[0].rule.arguments:
                return ANYTHING
            at = self.rule(definitions)
            rest = path[len(definitions[0].path) :]
        for part in rest:
            if at is None:
                return ANYTHING
            at = self.under(at, part, scope)
        return ANYTHING if at is None else at

    def _step(self, base: Type, node: Node, scope: Scope) -> Type:
        part: str | Node = str(node.value) if node.kind == "RefDot" else node.children[1]
        return self.under(base, part, scope) or ANYTHING

    def under(self, base: Type, part: str | Node, scope: Scope) -> Type | None:
        """What stands under a name or an index; None where nothing can."""
        if isinstance(part, str):
            return member(base, part)
        if part.kind in ("String", "RawString"):
            return member(base, str(part.value))
        if part.kind == "Number" and isinstance(part.value, int):
            return member(base, part.value)
        return members_of(base)

    def variable(self, variable: Variable, scope: Scope) -> Type:
        """The type of a variable, from where it is bound."""
        found = self._variables.get(id(variable))
        if found is None:
            self._variables[id(variable)] = ANYTHING
            found = self._variables[id(variable)] = self._bound(variable.origin, scope) if variable.origin else ANYTHING
        return found

    def _bound(self, origin: Origin, scope: Scope) -> Type:
        if origin.how == "argument":
            return self._passed(origin, scope)
        whole = self.of(origin.node, scope)
        at: Type | None = whole if origin.how == "value" else keys_of(whole) if origin.how == "key" else members_of(whole)
        return _inner(at, origin.steps)

    @cached_property
    def _replaced(self) -> frozenset[str]:
        """The builtins that some `with` replaces, in whatever is evaluated under it."""
        uses = (use for scope in self._program.scopes for use in scope.uses)
        return frozenset(".".join(map(str, use.path)) for use in uses if use.role == "target" and not use.is_global)

    @cached_property
    def _sites(self) -> Mapping[tuple[str, ...], list[tuple[Scope, Node]]]:
        """The calls of each function, those of tests left out: they may try anything."""
        sites: dict[tuple[str, ...], list[tuple[Scope, Node]]] = {}
        for scope in self._program.scopes:
            for node in () if scope.module.is_test else scope.nodes:
                use = scope.calls.get(node.children[0].start) if node.kind == "Call" else None
                if use is not None and use.is_global:
                    sites.setdefault(tuple(str(part) for part in use.path), []).append((scope, node))
        return sites

    def _passed(self, origin: Origin, scope: Scope) -> Type:
        """What a function is given for an argument, by all that call it."""
        if self._callers is None:
            return ANYTHING
        number, *steps = origin.steps
        path = ("data", *scope.module.package, *scope.rule.name)
        types = [
            self._callers.of(node.children[int(number) + 1], caller) if int(number) + 1 < len(node.children) else ANYTHING
            for caller, node in self._sites.get(path, ())
        ]
        return _inner(either(types), steps)

    def rule(self, definitions: Iterable[Definition]) -> Type:
        """What a rule or a function gives: the type of all its definitions together."""
        definitions = tuple(definitions)
        if not definitions:
            return ANYTHING
        path = definitions[0].path
        found = self._rules.get(path)
        if found is None:
            self._rules[path] = ANYTHING
            found = self._rules[path] = either(self._given(definition) for definition in definitions) or ANYTHING
        return found

    def _given(self, definition: Definition) -> Type:
        rule = definition.rule
        scope = self._program.scope_of[id(rule)]
        if rule.kind == "object" or len(rule.name) < len(rule.head.reference):
            return ANYTHING
        if rule.kind == "set":
            return SetOf(ANYTHING if rule.key is None else self.of(rule.key, scope))
        values = [body.value for body in rule.bodies if body.is_else]
        return either(BOOLEAN if value is None else self.of(value, scope) for value in (rule.value, *values)) or ANYTHING


def _inner(whole: Type | None, steps: Iterable[int | str]) -> Type:
    at = whole
    for step in steps:
        if at is None:
            return ANYTHING
        at = member(at, step) if step != -1 else members_of(at)
    return ANYTHING if at is None else at
