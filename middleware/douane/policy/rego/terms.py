# SPDX-License-Identifier: Apache-2.0
"""The terms of a statement whose values tell why it holds or not: references, calls and comprehensions."""

from collections.abc import Collection, Iterator, Sequence

from douane.policy.rego.syntax import Module, Node, Statement

__all__ = ["asked", "bound", "made", "names", "origins", "terms"]

_REFERENCES = ("Var", "RefDot", "RefBrack")
_COMPREHENSIONS = ("ArrayCompr", "SetCompr", "ObjectCompr")


def terms(nodes: Sequence[Node]) -> Iterator[Node]:
    """The terms in some nodes, outer ones first; nothing inside of a comprehension, whose names are its own.

    The function of a call, what a longer reference begins with, and what `object.get` looks in are none.
    """
    for node in nodes:
        if node.kind in _REFERENCES:
            if node.kind != "Var" or str(node.value) not in ("_", "input", "data"):
                yield node
                yield from terms(list(_indices(node)))
        elif node.kind == "Call":
            yield node
            yield from terms(node.children[2 if node.children[0].reference == ("object", "get") else 1 :])
        elif node.kind in _COMPREHENSIONS:
            yield node
        else:
            yield from terms(node.children)


def origins(module: Module, node: Node, known: Collection[str]) -> Iterator[Node]:
    """The references and calls that a value is made of, inside of its comprehensions too as far as their own names allow."""
    inside = [node]
    while inside:
        one = inside.pop(0)
        for term in terms([one]):
            if term.kind in _COMPREHENSIONS:
                inside += term.children
                inside += [part for statement in term.statements for part in statement.nodes]
            elif term is not node and names(module, term) <= set(known):
                yield term


def names(module: Module, node: Node) -> set[str]:
    """The variables that a term asks for: neither rules, nor imports, nor functions."""
    found: set[str] = set()
    for term in terms([node]):
        root = term.children[0] if term.kind == "Call" else term
        while root.kind in ("RefDot", "RefBrack"):
            root = root.children[0]
        if root.kind == "Var" and term.kind != "Call" and module.resolve(root) == (str(root.value),):
            found.add(str(root.value))
    return found - {"input", "data"}


def _indices(node: Node) -> Iterator[Node]:
    while node.kind in ("RefDot", "RefBrack"):
        if node.kind == "RefBrack":
            yield node.children[1]
        node = node.children[0]
    if node.kind not in _REFERENCES:
        yield node


def asked(statement: Statement) -> tuple[Node, ...]:
    """The nodes whose values decide a statement: not what it binds."""
    if statement.kind == "SomeIn":
        return statement.nodes[-1:]
    if statement.kind == "Expr" and statement.nodes[0].kind == "AssignExpr":
        return statement.nodes[0].children[1 if statement.nodes[0].value == "ColEq" else 0 :]
    return statement.nodes


def made(statement: Statement) -> tuple[set[str], Node] | None:
    """The names that a statement binds, and what they are made of."""
    if statement.kind == "SomeIn":
        targets, value = statement.nodes[:-1], statement.nodes[-1]
    elif statement.kind == "Expr" and statement.nodes[0].kind == "AssignExpr":
        targets, value = statement.nodes[0].children[:1], statement.nodes[0].children[1]
    else:
        return None
    return {str(node.value) for target in targets for node in target.walk() if node.kind == "Var"}, value


def bound(module: Module, statement: Statement) -> set[str]:
    """The variables that have a value once a statement held."""
    own = made(statement)
    declared = statement.names if statement.kind == "SomeVars" else ()
    return (own[0] if own else set()) | {name for node in statement.nodes for name in names(module, node)} | set(declared)
