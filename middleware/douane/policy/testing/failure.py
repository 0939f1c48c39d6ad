# SPDX-License-Identifier: Apache-2.0
"""Where a test failed, and with which values: the statements of its body are asked one after the other, up to the one that does not hold.

Nothing here changes the verdict on a test; what cannot be asked is left out.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from douane.policy.rego.probe import Probe, ProbeFailed, Unsafe, Value, source, statements
from douane.policy.rego.syntax import Body, Module, Node, Statement
from douane.policy.rego.terms import bound
from douane.policy.testing.case import Case

__all__ = ["Failure", "explain", "raised", "reached", "shortened"]

_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Failure:
    """The statement of a test that did not hold.

    `values` are (text, value as Rego, or `undefined`) of its terms and of the local variables before it. Where several ways led to it and
    none of them on, they are those of the first of the `ways`. `part` is the path of the result that failed, for a test with several.
    """

    path: str
    row: int
    column: int
    text: str
    values: tuple[tuple[str, str], ...] = ()
    ways: int = 1
    part: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What held before a statement, as text, and the variables that this binds."""

    probe: Probe
    module: Module
    held: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def after(self, statement: Statement, text: str) -> "_Scope":
        if statement.kind == "SomeVars" and not self._means_more(statement.names):
            return self  # with it, a name that nothing binds yet would be undefined rather than unsafe, and its statement would fail
        names = () if statement.kind in ("NotExpr", "SomeVars", "Every") else sorted(bound(self.module, statement) - {"_"})
        return replace(self, held=(*self.held, text), names=(*self.names, *names))

    def _means_more(self, names: Sequence[str]) -> bool:
        """Whether one of the names would mean a rule or an import if it were not declared."""
        module = self.module
        return any(name in {*(one.name for one in module.imports), *(rule.name[0] for rule in module.rules)} for name in names)

    def ask(self, more: Sequence[str] = (), wanted: Sequence[str] = ()) -> list[tuple[tuple[Value, ...], ...]]:
        return self.probe.ask(self.module, [*self.held, *more], wanted)


def reached(probe: Probe, case: Case) -> tuple[list[list[Any]], int]:
    """The results that a test with several of them began, as the values of their paths; and how many statements it takes to name them.

    OPA notes a result as soon as its name is known, so that one whose later statements do not hold has failed. Raises `ProbeFailed`.
    """
    scope = _Scope(probe, case.module)
    unnamed = {str(node.value) for part in case.tail if isinstance(part, Node) for node in part.walk() if node.kind == "Var"}
    for count, (statement, text) in enumerate(((None, ""), *statements(case.module, _body(case)))):
        if statement is not None:
            scope = scope.after(statement, text)
            unnamed -= {str(node.value) for node in statement.walk()}
        if unnamed:
            continue
        try:
            ways = scope.ask(wanted=[_array(case)])
        except Unsafe:
            continue  # the name is only used so far, or a statement waits for one further down
        return [json.loads(value.json) for way in ways for value in way[0]], count
    raise Unsafe("nothing in its body binds their names")


def explain(probe: Probe, case: Case, parts: Sequence[Sequence[Any]] = (), named: int = 0) -> Iterator[Failure]:
    """Why a test did not pass; for one with several results, why each of these did not, of which `named` statements tell the names."""
    for part in parts if case.has_parts else [None]:
        scope = _Scope(probe, case.module)
        waiting = statements(case.module, _body(case))
        for statement, text in waiting[:named]:
            scope = scope.after(statement, text)
        if part is not None:
            scope = replace(scope, held=(*scope.held, f"{_array(case)} == {json.dumps(list(part), ensure_ascii=False)}"))
        try:
            failure, scope = _first(scope, waiting[named:])
            if failure is None and case.rule.value is not None:
                value = case.rule.value
                failure = _failure(scope, value.start, source(case.module, value), [value], "")
        except ProbeFailed:
            continue
        if failure is not None:
            yield replace(failure, part=tuple(name if isinstance(name, str) else json.dumps(name) for name in part or ()))


def raised(probe: Probe, case: Case) -> Failure | None:
    """The statement of a test that raises, for an error of which the engine does not say where."""
    scope = _Scope(probe, case.module)
    for statement, text in statements(case.module, _body(case)):
        try:
            scope.ask([text])
        except Unsafe:
            continue
        except ProbeFailed:
            return Failure(case.module.path, *case.module.place(statement.start), text)
        scope = scope.after(statement, text)
    return None


def _body(case: Case) -> Body:
    rule = case.rule
    return rule.bodies[0] if rule.bodies else Body(rule.start, rule.end, rule.value, False, ())


def _first(scope: _Scope, waiting: list[tuple[Statement, str]]) -> tuple[Failure | None, _Scope]:
    """The first statement that does not hold after those before it, and what there is before it. Raises `ProbeFailed`."""
    while waiting:
        for statement, text in waiting:
            try:
                holds = statement.kind == "SomeVars" or bool(scope.ask([text]))
            except Unsafe:
                continue  # what it asks for is bound by a statement further down
            break
        else:
            raise Unsafe("each statement that is left asks for a name of another")
        if not holds:
            return _stopped(scope, statement, text), scope
        waiting.remove((statement, text))
        scope = scope.after(statement, text)
    return None, scope


def _stopped(scope: _Scope, statement: Statement, text: str) -> Failure:
    inner = _in_every(scope, statement) if statement.kind == "Every" else None
    modifiers = "".join(f" with {source(scope.module, target)} as {source(scope.module, value)}" for target, value in statement.withs)
    return inner or _failure(scope, statement.start, text, _asked(statement), modifiers)


def _in_every(scope: _Scope, every: Statement) -> Failure | None:
    """What does not hold in the body of an `every`, for the members for which it does not."""
    inner = statements(scope.module, Body(every.start, every.end - 1, None, False, every.statements))
    body = "\n".join(text for _, text in inner)
    names = tuple(name for name in every.names if name != "_")
    members = (f"some {', '.join(every.names)} in {source(scope.module, every.nodes[0])}", f"count([1 |\n{body}\n]) == 0")
    try:
        return _first(replace(scope, held=(*scope.held, *members), names=(*scope.names, *names)), inner)[0]
    except ProbeFailed:
        return None


def _failure(scope: _Scope, start: int, text: str, nodes: Sequence[Node], modifiers: str) -> Failure:
    asked = [node for node in nodes if any(part.kind == "Var" for part in node.walk())]  # what is constant says its value
    terms = {source(scope.module, node): f"{source(scope.module, node)}{modifiers}" for node in asked}
    names = {name: name for name in scope.names if name not in terms}
    wanted = [(what, term) for what, term in (terms | names).items() if _can_be_asked(scope, term)]
    ways = scope.ask(wanted=[term for _, term in wanted])
    values = [(what, _text(given)) for (what, _), given in zip(wanted, ways[0], strict=True)] if ways else []
    return Failure(scope.module.path, *scope.module.place(start), text, tuple(values), len(ways))


def _can_be_asked(scope: _Scope, term: str) -> bool:
    try:
        scope.ask(wanted=[term])
    except ProbeFailed:
        return False  # it raises, or is a name that is only used
    return True


def _text(values: Sequence[Value]) -> str:
    return shortened(", ".join(value.literal for value in values) or "undefined")


def shortened(text: str) -> str:
    """The text of a value, cut where it is too long to read."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _asked(statement: Statement) -> list[Node]:
    """The terms whose values tell why a statement does not hold."""
    nodes: list[Node] = []
    for node in statement.nodes[-1:] if statement.kind == "SomeIn" else statement.nodes:
        if node.kind == "AssignExpr" and node.value == "ColEq":
            nodes.append(node.children[1])
        elif node.kind in ("BoolExpr", "AssignExpr", "Membership"):
            nodes += node.children
        elif node.kind == "Call":
            nodes += [node, *node.children[1:]]
        else:
            nodes.append(node)
    return nodes


def _array(case: Case) -> str:
    """The path of a result as an array of its values."""
    return f"[{', '.join(json.dumps(part) if isinstance(part, str) else source(case.module, part) for part in case.tail)}]"
