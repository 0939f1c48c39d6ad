# SPDX-License-Identifier: Apache-2.0
"""Rules that cannot stand beside each other, and data in their place, which the embedded engine would silently take instead of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import COMPREHENSIONS
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["conflicting"]


def conflicting(program: Program) -> Iterator[Problem]:
    """`conflict/*`, `default/*` and `data/over-rule`."""
    for definitions in program.rules.values():
        yield from _defaults(definitions)
        yield from _kinds(definitions)
        yield from _values(definitions)
    yield from _nested(program)
    for path, definitions in program.rules.items():
        first = definitions[0]
        over = _data_over(program.data, path)
        if over:
            yield first.module.problem(
                first.rule,
                "data/over-rule",
                f"there is data at `{'.'.join(over)}`, which would take the place of this rule; move the data or rename the rule",
            )


def _defaults(definitions: tuple[Definition, ...]) -> Iterator[Problem]:
    defaults = [definition for definition in definitions if definition.rule.kind == "default"]
    for again in defaults[1:]:
        yield again.module.problem(
            again.rule,
            "default/twice",
            f"`{_name(again)}` has a default already ({_where(defaults[0])}); keep one of them",
        )
    for definition in defaults:
        others = [other for other in definitions if other.rule.kind != "default"]
        if not others:
            yield definition.module.problem(
                definition.rule,
                "default/alone",
                f"`{_name(definition)}` has a default and no other rule; write `{definition.rule.name[-1]} := ..` for a constant",
                "warning",
            )
        computed = None if definition.rule.value is None else _computed(definition.rule.value)
        if computed is not None:
            what = "a default is a constant; move what is computed into a rule with a body"
            yield definition.module.problem(computed, "default/value", what)
        if definition.rule.head.kind == "RefBrack" and len(definition.rule.name) < len(definition.rule.head.reference):
            yield definition.module.problem(
                definition.rule.head, "default/value", "a default has no variable in its name; give one for the whole rule"
            )


def _computed(node: Node) -> Node | None:
    """The first part of a value that asks for something else; a comprehension is a value of its own."""
    if node.kind in ("Var", "RefDot", "RefBrack", "Call"):
        return node
    parts = () if node.kind in COMPREHENSIONS else node.children
    return next((found for part in parts if (found := _computed(part)) is not None), None)


def _kinds(definitions: tuple[Definition, ...]) -> Iterator[Problem]:
    """Kinds mixed under one name. The first definition says what it is."""
    first = definitions[0]
    for other in definitions[1:]:
        one, two = _kind(first), _kind(other)
        if one == two or ("default" in (one, two) and {one, two} <= {"default", "complete", "function"}):
            continue
        yield other.module.problem(
            other.rule,
            "conflict/kinds",
            f"`{_name(other)}` is a {_WORDS[two]} here and a {_WORDS[one]} elsewhere ({_where(first)}); rename one of them",
        )
        return
    arities = {len(d.rule.arguments) for d in definitions if d.rule.kind != "default" or d.rule.arguments}
    if len(arities) > 1:
        other = next(d for d in definitions if len(d.rule.arguments) != len(first.rule.arguments))
        yield other.module.problem(
            other.rule,
            "conflict/arity",
            f"`{_name(other)}` takes {len(other.rule.arguments)} arguments here and {len(first.rule.arguments)} elsewhere "
            f"({_where(first)}); give both the same",
        )


_WORDS = {
    "complete": "rule with one value",
    "set": "set",
    "object": "rule with keys",
    "sets": "rule with keys that gives sets",
    "function": "function",
    "default": "default",
}


def _kind(definition: Definition) -> str:
    rule = definition.rule
    if rule.kind == "default" and rule.arguments:
        return "function"
    if rule.kind == "set" and len(rule.name) < len(rule.head.reference):
        return "sets"
    return rule.kind


def _values(definitions: tuple[Definition, ...]) -> Iterator[Problem]:
    """A rule that always holds, beside one that gives another constant: an error of evaluation whenever both hold."""
    constants = [(d, _constant(d)) for d in definitions if d.rule.kind == "complete"]
    always = next(((d, value) for d, value in constants if value and not d.rule.bodies), None)
    if always is None:
        return
    for definition, value in constants:
        if definition is not always[0] and value and value != always[1]:
            yield definition.module.problem(
                definition.rule,
                "conflict/values",
                f"`{_name(definition)}` always has another value already ({_where(always[0])}); use `default` or `else`",
            )


def _constant(definition: Definition) -> str:
    """The value as JSON text, or nothing where it is computed."""
    rule = definition.rule
    if any(body.is_else for body in rule.bodies):
        return ""
    return "true" if rule.value is None else _literal(rule.value)


def _literal(node: Node) -> str:
    if node.kind in ("String", "RawString", "Number", "Bool"):
        return json.dumps(node.value)
    if node.kind == "Null":
        return "null"
    parts = [_literal(child) for child in node.children]
    if node.kind in ("Array", "Set", "Object") and all(parts):
        return f"{node.kind}({','.join(sorted(parts) if node.kind == 'Set' else parts)})"
    return ""


def _nested(program: Program) -> Iterator[Problem]:
    """A rule under a rule that has one value, and a package in the place of a rule."""
    for path, definitions in program.rules.items():
        for length in range(1, len(path)):
            above = program.rules.get(path[:length])
            if above is None:
                continue
            fixed = next((d for d in above if len(d.rule.name) == len(d.rule.head.reference)), None)
            if length == len(definitions[0].module.package) + 1:
                break  # the package itself is in its place
            if fixed is not None or any(d.rule.kind == "function" for d in definitions):
                other = fixed or above[0]
                yield definitions[0].module.problem(
                    definitions[0].rule,
                    "conflict/nested",
                    f"`{_name(definitions[0])}` lies under the rule `{_name(other)}` ({_where(other)}); rename one of them",
                )
                break
    for package, modules in program.packages.items():
        for definition in program.rules.get(package, ()):
            yield modules[0].problem(
                modules[0].package_start,
                "conflict/package",
                f"the package `{'.'.join(package[1:])}` stands where there is a rule already ({_where(definition)}); rename one of them",
            )
            break


def _data_over(data: Mapping[str, Any], path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of the data that lies on a rule, or on what it lies under; empty where there is none."""
    at: Any = data
    for length, name in enumerate(path[1:], 2):
        if not isinstance(at, Mapping):
            return path[: length - 1]
        if name not in at:
            return ()
        at = at[name]
    return path


def _name(definition: Definition) -> str:
    return ".".join(definition.path[1:])


def _where(definition: Definition) -> str:
    line, _ = definition.module.place(definition.rule.start)
    return f"{definition.module.path}:{line}"
