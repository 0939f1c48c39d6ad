# SPDX-License-Identifier: Apache-2.0
"""Terms that can never be what they are used as: wrong arguments, comparisons that never hold, fields that the facts do not have."""

from collections.abc import Iterator, Mapping

from douane.policy.checks.calls import INSTEAD, nearest
from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope
from douane.policy.checks.types import (
    ANYTHING,
    ArrayOf,
    Either,
    ObjectOf,
    Type,
    alternatives,
    declared,
    keys_of,
    members_of,
    named,
    unifies,
    words_of,
)
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["mismatched"]

_OPERATORS: Mapping[str, tuple[str, str]] = {
    "Add": ("plus", "+"),
    "Div": ("div", "/"),
    "Ge": ("gte", ">="),
    "Gt": ("gt", ">"),
    "Intersection": ("and", "&"),
    "Le": ("lte", "<="),
    "Lt": ("lt", "<"),
    "Mod": ("rem", "%"),
    "Mul": ("mul", "*"),
    "Sub": ("minus", "-"),
    "Union": ("or", "|"),
}
"""The builtin behind an operator, and how it is written."""


def mismatched(program: Program, inference: Inference) -> Iterator[Problem]:
    """`type/*` and `schema/*`."""
    for scope in program.scopes:
        for statement in scope.rule.statements():
            if statement.kind in ("SomeIn", "Every"):
                collection = statement.nodes[-1]
                have = inference.of(collection, scope)
                if members_of(have) is None:
                    yield scope.module.problem(collection, "type/never", f"nothing is `in` {named(have)}; mend it")
        for node in scope.nodes:
            match node.kind:
                case "RefDot" | "RefBrack":
                    yield from _field(inference, scope, node)
                case "Call":
                    yield from _arguments(program, inference, scope, node)
                case "ArithExpr" | "BinExpr" | "BoolExpr" if node.value in _OPERATORS:
                    yield from _operands(program, inference, scope, node)
                case "BoolExpr" if node.value in ("Eq", "Ne"):
                    yield from _compared(inference, scope, node)
                case "AssignExpr":
                    yield from _compared(inference, scope, node)
                case "Membership":
                    yield from _sought(inference, scope, node)


def _field(inference: Inference, scope: Scope, node: Node) -> Iterator[Problem]:
    """One step of a reference, where what it starts from is known."""
    base = node.children[0]
    known = inference.of(base, scope)
    part: str | Node = str(node.value) if node.kind == "RefDot" else node.children[1]
    if isinstance(part, Node) and part.kind in ("String", "RawString"):
        part = str(part.value)
    if known == ANYTHING or (inference.under(known, part, scope) is not None and _may_be_key(inference, scope, known, part)):
        return
    if isinstance(known, ObjectOf) and not known.fields and known.rest is None and isinstance(part, Node) and part.kind == "Var":
        return  # iterating over nothing is no mistake
    yield _field_problem(scope, node, part, known)


def _may_be_key(inference: Inference, scope: Scope, known: Type, part: str | Node) -> bool:
    if isinstance(part, str):
        return True
    keys = keys_of(known)
    return keys is not None and unifies(keys, inference.of(part, scope))


def _field_problem(scope: Scope, node: Node, part: str | Node, known: Type) -> Problem:
    shown = scope.module.slice(node.children[0])
    fields = sorted(
        {name for one in (known.parts if isinstance(known, Either) else (known,)) if isinstance(one, ObjectOf) for name, _ in one.fields}
    )
    if isinstance(part, str) and fields:
        what = f"`{shown}` has no `{part}`{nearest(part, fields).replace('define it or mend', 'mend')}"
    elif isinstance(part, str):
        what = f"`{shown}` is {named(known)} and has no `{part}`; mend the reference"
    else:
        what = f"`{shown}` is {named(known)} and has nothing under `{scope.module.slice(part)}`; mend the reference"
    at = part if isinstance(part, Node) else node.end - len(part)
    rule = "schema/unknown" if _is_fact(scope, node) else "type/unknown"
    return scope.module.problem(at if node.kind == "RefDot" else node.children[1], rule, what)


def _is_fact(scope: Scope, node: Node) -> bool:
    """Whether a reference begins at `input`, over whatever variables."""
    while node.kind in ("RefDot", "RefBrack"):
        node = node.children[0]
    use = scope.values.get(node.start) if node.kind == "Var" else None
    if use is None or use.variable is None:
        return use is not None and use.path[0] == "input"
    return use.variable.origin is not None and _is_fact(scope, use.variable.origin.node)


def _arguments(program: Program, inference: Inference, scope: Scope, node: Node) -> Iterator[Problem]:
    use = scope.calls.get(node.children[0].start)
    if use is None or use.is_global or use.variable is not None:
        return
    name = ".".join(str(part) for part in use.path)
    expected = program.builtins.get(name, {}).get("decl", {}).get("args", ())
    for argument, wanted in zip(node.children[1:], expected, strict=False):
        have, want = inference.of(argument, scope), declared(wanted)
        if not unifies(have, want):
            what = f"`{name}` takes {_inside(want, have)} here and is given {_inside(have, want)}; give it what it takes"
            yield scope.module.problem(argument, "type/argument", what)
            return


def _inside(one: Type, other: Type) -> str:
    """A type in words, with what is in it where the outside does not tell them apart."""
    is_alike = {named(part) for part in alternatives(one)} & {named(part) for part in alternatives(other)}
    return " or ".join(dict.fromkeys(_filled(part) if is_alike else named(part) for part in alternatives(one)))


def _filled(of: Type) -> str:
    inner = members_of(of)
    if inner is None or inner == ANYTHING:
        return named(of)
    return f"{named(of)} of {' or '.join(dict.fromkeys(f'{named(part).split()[-1]}s' for part in alternatives(inner)))}"


def _operands(program: Program, inference: Inference, scope: Scope, node: Node) -> Iterator[Problem]:
    builtin, written = _OPERATORS[str(node.value)]
    if builtin not in program.builtins:
        what = f"`{written}` is not in the portable subset; {INSTEAD.get(builtin, 'write it otherwise')}"
        yield scope.module.problem(node, "builtin/not-portable", what)
        return
    types = [inference.of(child, scope) for child in node.children]
    expected = program.builtins[builtin]["decl"]["args"]
    for child, have, wanted in zip(node.children, types, map(declared, expected), strict=True):
        if not unifies(have, wanted):
            what = f"`{written}` takes {named(wanted)} and is given {named(have)}; mend it"
            yield scope.module.problem(child, "type/operand", what)
            return
    if builtin == "minus" and not unifies(*types):
        yield scope.module.problem(node, "type/operand", "a number and a set cannot be subtracted; mend one of them")


def _compared(inference: Inference, scope: Scope, node: Node) -> Iterator[Problem]:
    left, right = node.children
    if node.kind == "AssignExpr" and node.value == "ColEq":
        yield from _destructured(inference, scope, left, inference.of(right, scope))
        return
    one, other = inference.of(left, scope), inference.of(right, scope)
    if node.value != "Ne" and not unifies(one, other):
        what = f"this never holds: the left side is {_inside(one, other)}, the right side {_inside(other, one)}; mend one of them"
        yield scope.module.problem(node, "type/never", what)
        return
    for known, constant in ((one, right), (other, left)):
        yield from _word(scope, known, constant)


def _destructured(inference: Inference, scope: Scope, pattern: Node, value: Type) -> Iterator[Problem]:
    if pattern.kind not in ("Array", "Object") or isinstance(value, Either) or value == ANYTHING:
        return
    of_pattern = inference.of(pattern, scope)
    has_length = isinstance(value, ArrayOf) and value.rest is None
    if not isinstance(of_pattern, type(value)) or (has_length and len(value.items) != len(pattern.children)):  # type: ignore[union-attr]
        yield scope.module.problem(pattern, "type/never", f"the right side is {named(value)} of another form than this pattern; mend one")


def _sought(inference: Inference, scope: Scope, node: Node) -> Iterator[Problem]:
    value, collection = node.children[-2:]
    have, known = inference.of(value, scope), inference.of(collection, scope)
    members = members_of(known)
    if members is None:
        yield scope.module.problem(collection, "type/never", f"nothing is `in` {named(known)}; mend the right side")
    elif not unifies(have, members):
        what = f"this never holds: the members are {named(members)}, and `{scope.module.slice(value)}` is {named(have)}; mend one of them"
        yield scope.module.problem(node, "type/never", what)
    else:
        yield from _word(scope, members, value)
        for constant in collection.children if collection.kind in ("Array", "Set") else ():
            yield from _word(scope, have, constant)


def _word(scope: Scope, known: Type, constant: Node) -> Iterator[Problem]:
    words = words_of(known) if constant.kind in ("String", "RawString") else None
    if words is not None and constant.value not in words:
        near = nearest(str(constant.value), words).removeprefix("; define it or mend the name")
        what = f"it is never `{constant.value}`; possible are {', '.join(f'`{word}`' for word in sorted(words))}{near}"
        yield scope.module.problem(constant, "schema/word", what)
