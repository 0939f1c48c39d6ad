# SPDX-License-Identifier: Apache-2.0
"""What both engines read and each evaluates otherwise, beside builtins, patterns, `sprintf` and negations."""

from collections.abc import Callable, Iterator, Mapping

from douane.policy.checks.forms import KEYWORDS
from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import COMPREHENSIONS, Scope
from douane.policy.checks.types import ArrayOf, ObjectOf, SetOf
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["unportable"]

_SAFE_INTEGER = 2**53
_COMPOSITES = (ArrayOf, ObjectOf, SetOf)


def unportable(program: Program, inference: Inference) -> Iterator[Problem]:
    """`portable/*`."""
    for scope in program.scopes:
        for node in scope.nodes:
            found = _NODES.get(node.kind)
            if found is not None:
                yield from found(scope, inference, node)
            if node.kind == "RefDot" and node.value in KEYWORDS and "keywords_in_refs" not in program.features:
                what = f'a keyword after a dot is not portable; write `["{node.value}"]`'
                yield scope.module.problem(node.end - len(str(node.value)), "portable/keyword", what)
            if node.kind == "Membership" and len(node.children) == 3 and "internal.member_3" not in program.builtins:
                what = "`k, v in ..` does not hold alike in both engines; ask for `v in ..`, or `some k, v in ..`"
                yield scope.module.problem(node, "portable/member-key", what)
        yield from _iterated(scope)
        yield from _replaced(scope)
    yield from _overlapping(program)


def _number(scope: Scope, inference: Inference, node: Node) -> Iterator[Problem]:
    written = scope.module.slice(node)
    if not written.lstrip("- ").isdigit() or abs(int(written.replace(" ", ""))) > _SAFE_INTEGER:
        what = "engines calculate with fractions and beyond 2^53 otherwise; use whole numbers, such as per mille, or text"
        yield scope.module.problem(node, "portable/number", what)


def _minus(scope: Scope, inference: Inference, node: Node) -> Iterator[Problem]:
    if node.children[0].kind != "Number":
        yield scope.module.problem(node, "portable/minus", "the embedded engine takes `-` before numbers only; write `0 - ..`")


def _call(scope: Scope, inference: Inference, node: Node) -> Iterator[Problem]:
    use = scope.calls.get(node.children[0].start)
    if use is not None and use.path == ("walk",) and len(node.children) == 2:
        what = "`walk` of one argument gives all pairs at once in one engine; write `walk(.., [path, value])`"
        yield scope.module.problem(node, "portable/walk-one-argument", what)


def _members(scope: Scope, inference: Inference, node: Node) -> Iterator[Problem]:
    kinds = {type(inference.of(child, scope)) for child in node.children}
    if {SetOf, ObjectOf} <= kinds:
        yield scope.module.problem(
            node, "portable/mixed-order", "sets and objects beside each other are ordered otherwise; keep them apart"
        )


def _keys(scope: Scope, inference: Inference, node: Node) -> Iterator[Problem]:
    for key in node.children[::2] if node.kind == "Object" else node.children[:1]:
        if isinstance(inference.of(key, scope), _COMPOSITES):
            yield scope.module.problem(key, "portable/composite-key", "a key that is no text is written otherwise; make a text of it")


_NODES: Mapping[str, Callable[[Scope, Inference, Node], Iterator[Problem]]] = {
    "Array": _members,
    "Call": _call,
    "Number": _number,
    "Object": _keys,
    "ObjectCompr": _keys,
    "Set": _members,
    "UnaryExpr": _minus,
}


def _iterated(scope: Scope) -> Iterator[Problem]:
    """Collections that are written out and gone through for an array; where a set or an object is made the order is lost."""
    for array in scope.nodes:
        statements = [inner for statement in array.statements for inner in statement.unfold()] if array.kind == "ArrayCompr" else ()
        through = [statement.nodes[-1] for statement in statements if statement.kind == "SomeIn"]
        indexed = [part for statement in statements for node in statement.nodes for part in node.walk()]
        through += [node.children[0] for node in indexed if node.kind == "RefBrack" and node.children[1].kind == "Var"]
        for node in through:
            parts = node.children if node.kind == "Set" else node.children[::2] if node.kind == "Object" else ()
            open_part = next((part for part in parts if not _is_constant(part)), None)
            if open_part is not None:
                what = "OPA goes through this in the order in which it is written; give it a name first, or use an array"
                yield scope.module.problem(open_part, "portable/unsorted-literal", what)


def _is_constant(node: Node) -> bool:
    if node.kind in COMPREHENSIONS:
        return False
    return node.kind in ("String", "RawString", "Number", "Bool", "Null", "Array", "Set", "Object") and all(
        map(_is_constant, node.children)
    )


def _replaced(scope: Scope) -> Iterator[Problem]:
    for use in scope.uses:
        if use.role == "replacement" and use.variable is None and not use.is_global:
            name = ".".join(str(part) for part in use.path)
            what = f"`with` puts the builtin `{name}` in place, which only OPA can; write a function that calls it"
            yield scope.module.problem(use.node, "portable/with-builtin", what)


def _overlapping(program: Program) -> Iterator[Problem]:
    """Heads of one name, one with a variable in it where another has text, and more after that."""
    by_name: dict[tuple[str, ...], list[Definition]] = {}
    for definition in program.definitions:
        if len(definition.rule.head.reference) > 1:
            by_name.setdefault((*definition.module.package, definition.rule.name[0]), []).append(definition)
    for definitions in by_name.values():
        for other in definitions:
            if any(_overlap(one.rule.head.reference, other.rule.head.reference) for one in definitions):
                what = "another head has a variable in this place, and one engine does not see it then; give one of them another name"
                yield other.module.problem(other.rule, "portable/ref-head-overlap", what)


def _overlap(one: tuple[str | Node, ...], other: tuple[str | Node, ...]) -> bool:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if isinstance(a, Node) and isinstance(b, str):
            return at < len(one) - 1
        if isinstance(a, str) and isinstance(b, str) and a != b:
            return False
    return False
