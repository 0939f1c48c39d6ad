# SPDX-License-Identifier: Apache-2.0
"""Negations that the engines evaluate otherwise: of what is undefined before it is negated.

OPA evaluates what a call, an operator or an index is given before the negation, and where that is undefined the body is too. The embedded
engine takes the whole for undefined, and the negation for true. `==` and `=` compare references in place, on both.
"""

from collections.abc import Iterator

from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import COMPREHENSIONS, Scope, Use
from douane.policy.checks.types import has
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Body, Node

__all__ = ["CONVERSIONS", "misnegated"]

CONVERSIONS = frozenset(
    {
        "base64.decode",
        "base64url.decode",
        "hex.decode",
        "json.unmarshal",
        "time.parse_duration_ns",
        "time.parse_rfc3339_ns",
        "to_number",
        "units.parse",
        "units.parse_bytes",
        "urlquery.decode",
        "urlquery.decode_object",
    }
)
"""Builtins that fail for a text that is not of their form."""

_CONSTANTS = ("String", "RawString", "Number", "Bool", "Null")
_REFERENCES = ("Var", "RefDot", "RefBrack")
_ALWAYS_TRUE = ("Array", "Set", "Object", "String", "RawString", "Number", *COMPREHENSIONS)


def misnegated(program: Program, inference: Inference) -> Iterator[Problem]:
    """`portable/negation`, `portable/negated-body` and `portable/not-failing`."""
    defined = _Defined(program, inference)
    for scope in program.scopes:
        for statement in scope.rule.statements():
            if statement.kind != "NotExpr":
                continue
            (negated,) = statement.nodes
            for node in statement.walk():
                yield from _failing(scope, node)
            if negated.kind in _ALWAYS_TRUE:
                what = "`not` before a value never holds; put a body that is to be negated into a rule"
                yield scope.module.problem(statement, "portable/negated-body", what)
                continue
            open_part = next((part for part in _given(negated) if not defined.always(part, scope)), None)
            if open_part is not None:
                shown = scope.module.slice(open_part)
                what = f"where `{shown}` is undefined, one engine alone takes this for true; bind it first, or negate a rule instead"
                yield scope.module.problem(open_part, "portable/negation", what, "warning" if scope.module.is_test else "error")


def _failing(scope: Scope, node: Node) -> Iterator[Problem]:
    use = scope.calls.get(node.children[0].start) if node.kind == "Call" else None
    name = "" if use is None or use.is_global else ".".join(str(part) for part in use.path)
    if name in CONVERSIONS:
        what = f"`{name}` fails for a text of another form, and the decision with it; ask for the form with `regex.match` first"
        yield scope.module.problem(node, "portable/not-failing", what)


def _given(node: Node) -> Iterator[Node]:
    """What is evaluated before the negation."""
    if node.kind in _REFERENCES:
        base = node
        while base.kind in ("RefDot", "RefBrack"):
            if base.kind == "RefBrack":
                yield base.children[1]
            base = base.children[0]
        if base.kind != "Var":
            yield from _given(base)
            yield base
    elif node.kind == "Call":
        yield from node.children[1:]
    elif node.kind == "AssignExpr" or (node.kind == "BoolExpr" and node.value == "Eq"):
        yield from (child for child in node.children if child.kind not in _REFERENCES)
        for child in node.children:
            yield from _given(child) if child.kind in _REFERENCES else ()
    elif node.kind not in COMPREHENSIONS:
        yield from node.children


class _Defined:
    """Whether a term always has a value, whatever the facts are; settings count as far as the data hold them."""

    def __init__(self, program: Program, inference: Inference) -> None:
        self._program = program
        self._inference = inference
        self._rules: dict[tuple[str, ...], bool] = {}

    def always(self, node: Node, scope: Scope) -> bool:
        if node.kind in _CONSTANTS or node.kind in COMPREHENSIONS:
            return True
        if node.kind == "Var" and node.start in scope.variables:
            return True
        if node.kind in _REFERENCES:
            return self._reference(node, scope)
        if node.kind == "Call":
            use = scope.calls.get(node.children[0].start)
            is_total = use is not None and (not use.is_global or self._rule(self._program.rules.get(_names(use), ())))
            return is_total and all(self.always(child, scope) for child in node.children[1:])
        return all(self.always(child, scope) for child in node.children)

    def _reference(self, node: Node, scope: Scope) -> bool:
        use = scope.values.get(node.start)
        if use is None or use.replaced:
            return use is None and node.kind != "Var" and self._step(node, scope)
        length = len(use.path) - len(use.node.reference) + len(node.reference)
        path = use.path[:length]
        if use.variable is None and path[0] == "data":
            definitions = self._program.rule_before(path)
            if not definitions:
                return self._held(path)
            if len(definitions[0].path) >= length:
                return self._rule(definitions)
        if node.kind == "Var":
            return use.variable is not None or path == ("input",) or self._fact(path)
        return self._step(node, scope)

    def _step(self, node: Node, scope: Scope) -> bool:
        key = node.value if node.kind == "RefDot" else node.children[1].value if node.children[1].kind == "String" else None
        base = node.children[0]
        return key is not None and self.always(base, scope) and has(self._inference.of(base, scope), str(key))

    def _fact(self, path: tuple[str | Node, ...]) -> bool:
        """Whether an imported part of the facts is always there."""
        at = self._inference.facts
        for part in path[1:]:
            if not isinstance(part, str) or not has(at, part):
                return False
            at = dict(at.fields)[part]  # type: ignore[union-attr]
        return True

    def _held(self, path: tuple[str | Node, ...]) -> bool:
        """Whether the data hold a constant path, or it is a package."""
        if any(package[: len(path)] == path for package in self._program.packages):
            return True
        at: object = self._program.data
        for part in path[1:]:
            if not isinstance(part, str) or not isinstance(at, dict) or part not in at:
                return False
            at = at[part]
        return True

    def _rule(self, definitions: tuple[Definition, ...]) -> bool:
        if not definitions:
            return False
        path = definitions[0].path
        if path not in self._rules:
            self._rules[path] = False
            self._rules[path] = any(self._definition(definition) for definition in definitions)
        return self._rules[path]

    def _definition(self, definition: Definition) -> bool:
        rule, scope = definition.rule, self._program.scope_of[id(definition.rule)]
        if rule.kind in ("set", "object", "default") or len(rule.name) < len(rule.head.reference):
            return True
        if any(argument.kind != "Var" for argument in rule.arguments):
            return False
        last = rule.bodies[-1] if rule.bodies else Body(rule.start, rule.end, rule.value, False, ())
        if last.statements:
            return False
        return last.value is None or self.always(last.value, scope)


def _names(use: Use) -> tuple[str, ...]:
    return tuple(str(part) for part in use.path)
