# SPDX-License-Identifier: Apache-2.0
"""Variables that nothing binds. OPA refuses them when it compiles; the embedded engine fails when it first evaluates the body.

A body can be put in order when every variable in it is bound by something: an argument, `:=`, `=`, `some .. in`, `every`, or an index
(`xs[i]` binds `i`). What is under `not`, an argument of a call, or an operand needs its variables bound by another statement.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from douane.policy.checks.program import Program
from douane.policy.checks.scope import COMPREHENSIONS, Scope, Variable
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Body, Node, Statement

__all__ = ["unbound"]

_CALLS = ("Call", "ArithExpr", "BinExpr", "BoolExpr", "Membership")
_Variables = AbstractSet[Variable]


def unbound(program: Program) -> Iterator[Problem]:
    """`variable/unbound`: once for each variable of a rule."""
    for scope in program.scopes:
        found: dict[str, int] = {}
        for variable, start in _Bodies(scope, program).unbound():
            if variable.name not in scope.early:
                found[variable.name] = min(start, found.get(variable.name, start))
        for name, start in found.items():
            said = "`_` cannot be read here" if name == "_" else f"nothing binds `{name}`"
            meant = " or ".join(f"`import {path}`" for path in program.importable(name))
            advice = f"{meant} is missing" if meant else "bind it with `:=`, `some .. in` or an index, or name what it should be"
            yield scope.module.problem(start, "variable/unbound", f"{said}; {advice}")


class _Bodies:
    def __init__(self, scope: Scope, program: Program) -> None:
        self._scope = scope
        self._program = program
        self._found: list[tuple[Variable, int]] = []
        self._known: dict[int, frozenset[Variable]] = {}

    def unbound(self) -> Iterator[tuple[Variable, int]]:
        rule = self._scope.rule
        arguments = self._inside(rule.arguments)
        whole = Body(rule.start, rule.end, rule.value, False, ())
        for body in rule.bodies or (whole,):
            heads = [node for node in (None if body.is_else else rule.key, body.value) if node is not None]
            heads += [] if body.is_else else list(_indices(rule.head))
            self._body(body.statements, heads, arguments)
        yield from self._found

    def _body(self, statements: Sequence[Statement], heads: Sequence[Node], outer: _Variables) -> None:
        """Order a body; then ask the same of the closures in it, with what is bound by then.

        Heads, of rules or comprehensions, may bind by indices like a last statement.
        """
        own = {v for statement in statements for v in self._needed(statement)}
        own |= self._inside(heads)
        safe = set(own & outer)
        waiting: list[Statement | Node] = [*statements, *heads]
        ordered: list[tuple[Statement | Node, frozenset[Variable]]] = []
        while waiting:
            left: list[Statement | Node] = []
            for part in waiting:
                bound = self._bound_by(part, safe)
                needed = self._needed(part) | (set(self._captured(part)) & own)
                if needed <= safe | bound:
                    ordered.append((part, frozenset(safe)))
                    safe |= bound
                else:
                    left.append(part)
            if len(left) == len(waiting):
                break
            waiting = left
        for part in waiting:
            for variable in (self._needed(part) | (set(self._captured(part)) & own)) - safe - self._bound_by(part, safe):
                self._found.append((variable, self._first(part, variable)))
        for part, bound_then in ordered:
            self._closures(part, outer | bound_then | self._bound_by(part, bound_then))

    def _closures(self, part: Statement | Node, outer: _Variables) -> None:
        if isinstance(part, Statement) and part.kind == "Every":
            self._body(part.statements, (), outer | frozenset(v for v in self._scope.declared if v.start == part.start))
        for node in _nodes(part):
            for closure in _closures(node):
                self._body(closure.statements, closure.children, outer)

    def _needed(self, part: Statement | Node) -> set[Variable]:
        """The variables of a statement outside of its closures, bound by it or not."""
        return self._inside(_nodes(part))

    def _captured(self, part: Statement | Node) -> Iterator[Variable]:
        """What the closures of a statement use."""
        if isinstance(part, Statement) and part.kind == "Every":
            for statement in part.statements:
                yield from (v for node in statement.walk() if (v := self._variable(node)) is not None)
        for node in _nodes(part):
            for closure in _closures(node):
                yield from (v for inner in closure.walk() if (v := self._variable(inner)) is not None)

    def _inside(self, nodes: Iterable[Node]) -> set[Variable]:
        """The variables in some nodes, closures left out."""
        return {variable for node in nodes for variable in self._of(node)}

    def _of(self, node: Node) -> frozenset[Variable]:
        found = self._known.get(id(node))
        if found is None:
            variables = (self._variable(part) for part in _open(node))
            found = self._known[id(node)] = frozenset(variable for variable in variables if variable is not None)
        return found

    def _variable(self, node: Node) -> Variable | None:
        return self._scope.variables.get(node.start) if node.kind == "Var" else None

    def _first(self, part: Statement | Node, variable: Variable) -> int:
        walked = part.walk()
        return min((node.start for node in walked if self._variable(node) is variable), default=part.start)

    def _bound_by(self, part: Statement | Node, safe: _Variables) -> frozenset[Variable]:
        """The variables that a statement binds once these are bound."""
        if isinstance(part, Statement) and part.kind == "NotExpr":
            return frozenset()
        if isinstance(part, Statement) and any(self._inside((target, value)) - safe for target, value in part.withs):
            return frozenset()
        nodes = part.nodes if isinstance(part, Statement) else (part,)
        bound = set(safe)
        # What stands in a call is a statement of its own; in the rest nothing is bound before all of it is.
        calls = [call for node in nodes for call in _open(node) if call is not node and call.kind in _CALLS]
        known = -1
        while known < len(bound):
            known = len(bound)
            for call in calls:
                bound |= set(self._indexed(call, bound))
        bound |= {variable for node in nodes for variable in self._indexed(node, frozenset(bound))}
        if isinstance(part, Statement):
            bound |= self._unified(part, bound)
        return frozenset(bound - safe)

    def _indexed(self, node: Node, safe: _Variables) -> Iterator[Variable]:
        """The variables that stand as an index after something bound."""
        for part in _open(node):
            if part.kind != "RefBrack":
                continue
            base = part
            while base.kind in ("RefDot", "RefBrack"):
                base = base.children[0]
            if all(variable in safe for variable in self._inside((base,))):
                yield from (v for index in _indices(part) for v in self._index(index))

    def _index(self, node: Node) -> Iterator[Variable]:
        """The variables that an index binds: itself and in its parts, but not what another reference in it begins with."""
        variable = self._variable(node)
        if variable is not None:
            yield variable
        elif node.kind in ("RefDot", "RefBrack"):
            yield from (v for index in _indices(node) for v in self._index(index))
        elif node.kind != "Call" and node.kind not in COMPREHENSIONS:
            yield from (v for child in node.children for v in self._index(child))

    def _unified(self, statement: Statement, safe: _Variables) -> set[Variable]:
        if statement.kind == "SomeIn":
            *patterns, collection = statement.nodes
            if self._inside((collection,)) <= safe:
                return {v for pattern in patterns for v in self._pattern(pattern)}
            return set()
        if statement.kind != "Expr":
            return set()
        node = statement.nodes[0]
        if node.kind == "AssignExpr":
            left, right = node.children
            if node.value == "ColEq":
                return set(self._pattern(left)) if self._inside((right,)) <= safe else set()
            return self._sides(left, right, safe)
        if node.kind == "Call":
            function, *parameters = node.children
            call = self._scope.calls.get(function.start)
            inputs = None if call is None else self._program.inputs_of(call)
            if inputs is not None and len(parameters) == inputs + 1 and self._inside(parameters[:-1]) <= safe:
                return set(self._pattern(parameters[-1]))  # the last one takes the result
        return set()

    def _sides(self, left: Node, right: Node, safe: _Variables) -> set[Variable]:
        if left.kind == right.kind == "Array" and len(left.children) == len(right.children):
            return {v for one, other in zip(left.children, right.children, strict=True) for v in self._sides(one, other, safe)}
        if left.kind == right.kind == "Object" and len(left.children) == len(right.children):
            return {v for one, other in zip(left.children[1::2], right.children[1::2], strict=True) for v in self._sides(one, other, safe)}
        bound: set[Variable] = set()
        for one, other in ((left, right), (right, left)):
            if self._inside((other,)) <= safe:
                bound |= set(self._pattern(one))
        return bound

    def _pattern(self, node: Node) -> Iterator[Variable]:
        """The variables that a pattern binds: names alone, in arrays, and as values of objects."""
        if node.kind == "Var":
            variable = self._variable(node)
            if variable is not None:
                yield variable
        elif node.kind in ("Array", "Object"):
            for child in node.children if node.kind == "Array" else node.children[1::2]:
                yield from self._pattern(child)


def _nodes(part: Statement | Node) -> tuple[Node, ...]:
    if isinstance(part, Node):
        return (part,)
    return (*part.nodes, *(node for pair in part.withs for node in pair))


def _open(node: Node) -> Iterator[Node]:
    """A node and what is under it, closures left out."""
    if node.kind in COMPREHENSIONS:
        return
    yield node
    for child in node.children:
        yield from _open(child)


def _closures(node: Node) -> Iterator[Node]:
    """The comprehensions in a node that stand in no other."""
    if node.kind in COMPREHENSIONS:
        yield node
        return
    for child in node.children:
        yield from _closures(child)


def _indices(node: Node) -> Iterator[Node]:
    """The indices of a reference."""
    while node.kind in ("RefDot", "RefBrack"):
        if node.kind == "RefBrack":
            yield node.children[1]
        node = node.children[0]
