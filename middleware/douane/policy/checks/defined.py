# SPDX-License-Identifier: Apache-2.0
"""What may be undefined: whether a term of a rule always has a value."""

from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import COMPREHENSIONS, Scope, Use
from douane.policy.checks.types import has
from douane.policy.rego.syntax import Body, Node, Statement

__all__ = ["REFERENCES", "Defined"]

REFERENCES = ("Var", "RefDot", "RefBrack")
_CONSTANTS = ("String", "RawString", "Number", "Bool", "Null")
_NOTHING = object()


class Defined:
    """Whether a term always has a value, whatever the facts are; settings count as far as the data hold them.

    `partial` are builtins that may give nothing where all of their arguments have a value. With `reads_settings` the data count as well
    behind a rule that is another name for them (`settings := data.pack`), and where a body asks `is_object` of them.
    """

    def __init__(
        self, program: Program, inference: Inference, *, partial: frozenset[str] = frozenset(), reads_settings: bool = False
    ) -> None:
        self._program = program
        self._inference = inference
        self._partial = partial
        self._reads_settings = reads_settings
        self._rules: dict[tuple[str, ...], bool] = {}

    def always(self, node: Node, scope: Scope) -> bool:
        """Whether this term of the rule has a value wherever its variables are bound."""
        if node.kind in _CONSTANTS or node.kind in COMPREHENSIONS:
            return True
        if node.kind == "Var" and node.start in scope.variables:
            return True
        if node.kind in REFERENCES:
            return self._reference(node, scope)
        if node.kind == "Call":
            return self.is_total(node, scope) and all(self.always(child, scope) for child in node.children[1:])
        return all(self.always(child, scope) for child in node.children)

    def is_total(self, call: Node, scope: Scope) -> bool:
        """Whether what is called has a value for all arguments that have one."""
        use = scope.calls.get(call.children[0].start)
        if use is None or use.is_global:
            return use is not None and self._rule(self._program.rules.get(_names(use), ()))
        return ".".join(_names(use)) not in self._partial

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
            renamed = self._renamed(definitions, path)
            if renamed and self._held(renamed):
                return True
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
        return any(package[: len(path)] == path for package in self._program.packages) or self._setting(path) is not _NOTHING

    def _setting(self, path: tuple[str | Node, ...]) -> object:
        at: object = self._program.data
        for part in path[1:]:
            if not isinstance(part, str) or not isinstance(at, dict) or part not in at:
                return _NOTHING
            at = at[part]
        return at

    def _renamed(self, definitions: tuple[Definition, ...], path: tuple[str | Node, ...]) -> tuple[str | Node, ...]:
        """The path in the data behind a rule that is another name for a part of them; empty where it is none."""
        (definition, *others), value = definitions, definitions[0].rule.value
        is_plain = self._reads_settings and not others and definition.rule.kind == "complete" and value is not None
        if not is_plain or any(body.statements or body.is_else for body in definition.rule.bodies):
            return ()
        use = self._program.scope_of[id(definition.rule)].values.get(value.start) if value and value.kind in REFERENCES else None
        if use is None or use.node is not value or not use.is_global or use.path[0] != "data" or self._program.rule_before(use.path):
            return ()
        return (*use.path, *path[len(definition.path) :])

    def _holds(self, statement: Statement, scope: Scope) -> bool:
        """Whether a statement is `is_object` of settings that are one."""
        call = statement.nodes[0] if self._reads_settings and statement.kind == "Expr" and not statement.withs else None
        if call is None or call.kind != "Call" or call.children[0].reference != ("is_object",):
            return False
        use = scope.values.get(call.children[1].start)
        if use is None or use.node is not call.children[1] or not use.is_global or use.path[0] != "data":
            return False
        definitions = self._program.rule_before(use.path)
        path = self._renamed(definitions, use.path) if definitions else use.path
        return bool(path) and isinstance(self._setting(path), dict)

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
        if not all(self._holds(statement, scope) for statement in last.statements):
            return False
        return last.value is None or self.always(last.value, scope)


def _names(use: Use) -> tuple[str, ...]:
    return tuple(str(part) for part in use.path)
