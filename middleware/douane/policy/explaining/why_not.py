# SPDX-License-Identifier: Apache-2.0
"""Why a rule did not fire: each of its definitions tried statement by statement, up to the first that does not hold."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from douane.policy.explaining.explanation import Attempt, Line, Part, one_line
from douane.policy.rego.probe import Probe, ProbeFailed, Unclear, Unsafe, Value, definitions, source, statements
from douane.policy.rego.syntax import Body, Module, Node, Rule, Statement
from douane.policy.rego.terms import asked, bound, made, origins, terms

__all__ = ["Tries"]

_DEPTH = 3
_ATTEMPTS = 40
_WAYS_SHOWN = 5
_PARTS_ASKED = 12
_VALUES_SHOWN = 10
_CALLS_FOLLOWED = 2
_LONGEST_VALUE = 300

_Values = tuple[int, tuple[tuple[Part, ...], ...]]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a statement stands: what held before it, as text, and what that binds."""

    module: Module
    held: tuple[str, ...]
    seen: tuple[Statement, ...]
    known: frozenset[str]
    depth: int
    arguments: tuple[Part, ...] = ()

    def after(self, statement: Statement, text: str) -> "_Scope":
        known = self.known | bound(self.module, statement)
        return replace(self, held=(*self.held, text), seen=(*self.seen, statement), known=known)


class Tries:
    """Tries rules of some policies with one input."""

    def __init__(self, probe: Probe, modules: Sequence[Module]) -> None:
        self._probe = probe
        self._modules = modules
        self._left = _ATTEMPTS

    def definitions(self, module: Module, rule: Rule) -> tuple[Attempt, ...]:
        """An attempt for each body of a rule; for a default, one for each definition that would take its place too."""
        scope = _Scope(module, (), (), frozenset(), 0)
        if rule.kind != "default":
            return tuple(self._bodies(rule, scope))
        others = definitions(self._modules, ("data", *module.package, *rule.name))
        own = Attempt(module.path, module.place(rule.start)[0], _head(module, rule), "default")
        return (own, *(one for m, r in others if r.kind != "default" for one in self._bodies(r, replace(scope, module=m))))

    def _bodies(self, rule: Rule, scope: _Scope) -> Iterator[Attempt]:
        module, has_held = scope.module, False
        for body in rule.bodies or (Body(rule.start, rule.end, rule.value, False, ()),):
            if self._left <= 0 or (has_held and body.is_else):
                return
            self._left -= 1
            line = module.place(body.start if body.is_else else rule.start)[0]
            attempt = Attempt(module.path, line, _head(module, rule), "held", scope.arguments)
            tried = self._attempt(attempt, rule, body, scope)
            has_held = tried.outcome == "held"
            yield tried

    def _attempt(self, attempt: Attempt, rule: Rule, body: Body, scope: _Scope) -> Attempt:
        waiting = statements(scope.module, body)
        while waiting:
            for statement, text in waiting:
                try:
                    holds = bool(self._probe.ask(scope.module, [*scope.held, text]))
                except Unsafe:
                    continue  # what it asks for is bound by a statement further down
                except ProbeFailed as failure:
                    return _failed(attempt, _line(scope.module, statement.start, text), failure)
                break
            else:
                return replace(attempt, outcome="unclear", said="each statement that is left asks for a name of another")
            if not holds:
                return self._stopped(attempt, statement, text, scope)
            waiting.remove((statement, text))
            attempt = replace(attempt, held=(*attempt.held, _line(scope.module, statement.start, text)))
            scope = scope.after(statement, text)
        value = rule.key or body.value
        return attempt if value is None else self._concluded(attempt, value, scope, is_all=not body.statements)

    def _concluded(self, attempt: Attempt, value: Node, scope: _Scope, *, is_all: bool) -> Attempt:
        """The body held; what is left is the value that the head gives, which is `is_all` there is for a rule without a body."""
        module, text = scope.module, source(scope.module, value)
        at = _line(module, value.start, text)
        try:
            ways = self._probe.ask(module, scope.held, [text])
        except ProbeFailed as failure:
            return _failed(attempt, at, failure)
        is_defined = any(way[0] for way in ways)
        if is_defined and not is_all:
            return attempt
        count, values = self._shown(scope, [text, *self._sources(scope, value)])
        if is_defined:
            return replace(attempt, values=values)
        because = tuple(self._because((value,), scope, is_negated=False))
        return replace(attempt, outcome="stopped", failing=at, ways=count, values=values, because=because)

    def _stopped(self, attempt: Attempt, statement: Statement, text: str, scope: _Scope) -> Attempt:
        module, nodes = scope.module, asked(statement)
        modifiers = "".join(f" with {source(module, target)} as {source(module, value)}" for target, value in statement.withs)
        wanted = [source(module, term) for term in terms(nodes)]
        called = {}
        if statement.kind == "Every":
            elements = _elements(module, statement, text)
            wanted.insert(0, elements)
            called[elements] = f"{statement.names[-1]} where it does not hold"
        wanted = [term + modifiers for term in wanted]
        for term in terms(nodes):  # what a rule that is nothing but a value is made of
            rules = definitions([module], module.resolve(term))
            wanted += [part for _, rule in rules if rule.value is not None and not rule.bodies for part in self._sources(scope, rule.value)]
        names = {str(term.value) for term in terms(nodes) if term.kind == "Var"}
        for earlier in reversed(scope.seen):  # where the values of its variables come from
            own = made(earlier)
            if own is not None and names & own[0]:
                wanted += self._sources(scope, own[1])
                names |= {str(node.value) for node in own[1].walk() if node.kind == "Var"}
        ways, values = self._shown(scope, wanted, called)
        because = () if statement.withs else tuple(self._because(nodes, scope, is_negated=statement.kind == "NotExpr"))
        failing = _line(module, statement.start, text)
        return replace(attempt, outcome="stopped", failing=failing, ways=ways, values=values, because=because)

    @staticmethod
    def _sources(scope: _Scope, value: Node) -> list[str]:
        return [source(scope.module, term) for term in origins(scope.module, value, scope.known)]

    def _shown(self, scope: _Scope, wanted: Sequence[str], called: Mapping[str, str] | None = None) -> _Values:
        """In how many ways the statements before hold, and what the wanted terms give in the first few that differ."""
        usable = list(dict.fromkeys(wanted))[:_PARTS_ASKED]
        ways = self._asked(scope, usable)
        if ways is None:
            usable = [term for term in usable if self._asked(scope, [term]) is not None]
            ways = self._asked(scope, usable) or []
        names = [one_line((called or {}).get(term, term)) for term in usable]
        rows = dict.fromkeys(
            tuple(Part(name, tuple(_cut(value) for value in values[:_VALUES_SHOWN])) for name, values in zip(names, way, strict=True))
            for way in ways
        )
        return len(ways), tuple(row for row in list(rows)[:_WAYS_SHOWN] if row)

    def _asked(self, scope: _Scope, wanted: Sequence[str]) -> list[tuple[tuple[Value, ...], ...]] | None:
        try:
            return self._probe.ask(scope.module, scope.held, wanted)
        except ProbeFailed:
            return None  # it raises, or asks for a name that its statement would bind

    def _because(self, nodes: Sequence[Node], scope: _Scope, *, is_negated: bool) -> Iterator[Attempt]:
        """What the rules that are asked say themselves: those that held where none should, else those that did not.

        Only where the value of the rule itself decides: it is undefined or false, or, where just it is negated, it is neither.
        """
        module = scope.module
        followed = [term for term in terms(nodes) if not is_negated or term in nodes]
        for term in followed if scope.depth < _DEPTH else ():
            function = term.children[0] if term.kind == "Call" else None
            rules = definitions(self._modules, module.resolve(function or term))
            ways = self._asked(scope, [source(module, term)]) if rules else None
            if not ways or not any(any(value.json != "false" for value in way[0]) == is_negated for way in ways):
                continue
            for given in self._arguments(term, scope) if function else [()]:
                for other, rule in rules:
                    held = _parameters(other, rule, given)
                    if held is None or rule.kind == "default":
                        continue
                    known = frozenset(str(one.value) for one in rule.arguments)
                    arguments = tuple(Part(other.slice(one), (_cut(value),)) for one, value in zip(rule.arguments, given, strict=True))
                    inner = _Scope(other, held, (), known, scope.depth + 1, arguments)
                    yield from (one for one in self._bodies(rule, inner) if (one.outcome == "held") == is_negated)

    def _arguments(self, call: Node, scope: _Scope) -> Collection[tuple[Value, ...]]:
        """The arguments of a call, in the first few ways in which it is made."""
        ways = self._asked(scope, [source(scope.module, argument) for argument in call.children[1:]]) or []
        calls = dict.fromkeys(tuple(values[0] for values in way) for way in ways if all(len(values) == 1 for values in way))
        return list(calls)[:_CALLS_FOLLOWED]


def _elements(module: Module, every: Statement, text: str) -> str:
    """The elements for which the body of an `every` does not hold."""
    body = text[text.index("{", every.nodes[0].end - every.start) :].strip()[1:-1]
    return f"[{every.names[-1]} | some {', '.join(every.names)} in {source(module, every.nodes[0])}; count([true | {body}\n]) == 0]"


def _parameters(module: Module, rule: Rule, given: Sequence[Value]) -> tuple[str, ...] | None:
    """Statements that give the parameters of a function their values; None where it takes another number of them."""
    if len(rule.arguments) != len(given):
        return None
    pairs = [(node.kind, source(module, node), value.literal) for node, value in zip(rule.arguments, given, strict=True)]
    return tuple(f"{name} {':=' if kind == 'Var' else '='} {literal}" for kind, name, literal in pairs if name != "_")


def _failed(attempt: Attempt, at: Line, failure: ProbeFailed) -> Attempt:
    return replace(attempt, outcome="unclear" if isinstance(failure, Unclear) else "error", failing=at, said=str(failure))


def _head(module: Module, rule: Rule) -> str:
    first = module.text[rule.start : rule.end].split("\n", 1)[0]
    return one_line(first.rstrip("{ \t").removesuffix(" if"))


def _line(module: Module, start: int, text: str) -> Line:
    return Line(module.place(start)[0], one_line(text))


def _cut(value: Value) -> str:
    return value.json if len(value.json) <= _LONGEST_VALUE else f"{value.json[:_LONGEST_VALUE]} ..."
