# SPDX-License-Identifier: Apache-2.0
"""Negations that the engines evaluate otherwise: of what is undefined before it is negated.

OPA evaluates what a call, an operator or an index is given before the negation, and where that is undefined the body is too. The embedded
engine takes the whole for undefined, and the negation for true. `==` and `=` compare references in place, on both.
"""

from collections.abc import Iterator

from douane.policy.checks.defined import REFERENCES, Defined
from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Program
from douane.policy.checks.references import is_unknown
from douane.policy.checks.scope import COMPREHENSIONS, Scope
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

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

_ALWAYS_TRUE = ("Array", "Set", "Object", "String", "RawString", "Number", *COMPREHENSIONS)


def misnegated(program: Program, inference: Inference) -> Iterator[Problem]:
    """`portable/negation`, `portable/negated-body` and `portable/not-failing`."""
    defined = Defined(program, inference)
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
            if any(is_unknown(program, scope, node) for node in negated.walk()):
                continue  # reported as what it is
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
    if node.kind in REFERENCES:
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
        yield from (child for child in node.children if child.kind not in REFERENCES)
        for child in node.children:
            yield from _given(child) if child.kind in REFERENCES else ()
    elif node.kind not in COMPREHENSIONS:
        yield from node.children
