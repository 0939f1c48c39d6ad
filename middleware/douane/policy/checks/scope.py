# SPDX-License-Identifier: Apache-2.0
"""What each name of a rule means: a variable of its body, a rule or data by its absolute path, or a builtin.

The rules of the language for that ("Variables" and "Assignment and Equality" in OPA's documentation) are followed here and nowhere else:
what a body declares with `:=` or `some` is local in all of that body and in what is nested in it; then come imports, rules of the package,
`data` and `input`; any other name is a variable that unification has to bind.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Body, Module, Node, Rule, Statement

__all__ = ["COMPREHENSIONS", "Origin", "Role", "Scope", "Use", "Variable", "VariableKind", "read_scope"]

VariableKind = Literal["argument", "assigned", "declared", "member", "free", "wildcard"]
"""By `f(x)`, `x :=`, `some x` or `every x`, `some x in`, only used, and `_`."""
Role = Literal["value", "call", "target", "replacement"]
"""Read, called, replaced by `with`, or put there by `with`."""
COMPREHENSIONS = ("ArrayCompr", "SetCompr", "ObjectCompr")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a variable has its value from: all of `node`, its keys or its members, and in there the part that `steps` lead to.

    The first step of an argument is its number.
    """

    node: Node
    how: Literal["value", "key", "member", "argument"]
    steps: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One variable. Two are the same only where they are one object; `start` is where it is declared or first used."""

    name: str
    kind: VariableKind
    start: int
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """One reference. `path` is absolute for rules, data and input; it begins with the name of a `variable` or of a builtin otherwise."""

    node: Node
    path: tuple[str | Node, ...]
    role: Role
    variable: Variable | None = None
    arguments: int = 0
    replaced: tuple[tuple[str | Node, ...], ...] = ()
    """What `with` replaces where this is evaluated."""

    @property
    def is_global(self) -> bool:
        """Whether it leads to `data` or `input`."""
        return self.variable is None and self.path[0] in ("data", "input")


@dataclass(frozen=True)
class Scope:
    """The names of one rule. `variables` are by the place of their names in the text, uses by that of the reference."""

    module: Module
    rule: Rule
    variables: Mapping[int, Variable] = field(repr=False)
    uses: tuple[Use, ...] = field(repr=False)
    declared: tuple[Variable, ...] = field(repr=False)
    unused: tuple[Variable, ...] = field(repr=False)
    early: frozenset[str] = frozenset()
    """Names that are used before they are declared."""
    problems: tuple[Problem, ...] = ()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the rule."""
        return tuple(self.rule.walk())

    @cached_property
    def objects(self) -> tuple[Node, ...]:
        """Every object that is written out in it."""
        return tuple(node for node in self.nodes if node.kind == "Object")

    @cached_property
    def values(self) -> Mapping[int, Use]:
        """The references by their place."""
        return {use.node.start: use for use in self.uses if use.role in ("value", "replacement")}

    @cached_property
    def calls(self) -> Mapping[int, Use]:
        """The calls by the place of the function's name."""
        return {use.node.start: use for use in self.uses if use.role == "call"}


class _Frame:
    """The names of one body. `coming` are those that it declares anywhere, `seen` those that it used before."""

    def __init__(self, coming: frozenset[str] = frozenset(), known: Mapping[str, Variable] | None = None) -> None:
        self.coming = coming
        self.known = dict(known or {})
        self.seen: set[str] = set()


def read_scope(module: Module, rule: Rule, names: frozenset[str], builtins: Container[str] = ()) -> Scope:
    """The scope of a rule whose package holds rules of these names, where these builtins exist."""
    return _Reader(module, rule, names, builtins).read()


class _Reader:
    def __init__(self, module: Module, rule: Rule, names: frozenset[str], builtins: Container[str]) -> None:
        self._module = module
        self._builtins = builtins
        self._rule = rule
        self._names = names
        self._imports = {imported.name: imported.path for imported in module.imports if imported.path[0] in ("data", "input")}
        self._frames: list[_Frame] = []
        self._free: dict[str, Variable] = {}
        self._variables: dict[int, Variable] = {}
        self._uses: list[Use] = []
        self._declared: list[Variable] = []
        self._used: set[int] = set()
        self._early: set[str] = set()
        self._problems: list[Problem] = []
        self._replaced: tuple[tuple[str | Node, ...], ...] = ()

    def read(self) -> Scope:
        rule = self._rule
        arguments = _Frame()
        self._frames = [arguments]
        for number, node in enumerate(rule.arguments):
            self._pattern(node, "argument", Origin(node, "argument", (number,)))
        whole = Body(rule.start, rule.end, rule.value, False, ())
        for body in rule.bodies or (whole,):
            self._free = {}
            self._frames = [_Frame(_declared_in(body.statements), arguments.known)]
            self._body(body.statements)
            if not body.is_else:
                self._indices(rule.head)
                if rule.key is not None:
                    self._term(rule.key)
            if body.value is not None:
                self._term(body.value)
        unused = tuple(v for v in self._declared if id(v) not in self._used and v.kind != "wildcard")
        return Scope(
            self._module,
            rule,
            self._variables,
            tuple(self._uses),
            tuple(self._declared),
            unused,
            frozenset(self._early),
            tuple(self._problems),
        )

    def _body(self, statements: Sequence[Statement]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        outer = self._replaced
        for target, value in statement.withs:
            self._reference(target, "target")
            self._term(value, "replacement")
        self._replaced = (*outer, *(self._path(target)[0] for target, _ in statement.withs))
        nodes = statement.nodes
        if statement.kind == "SomeVars":
            for name in statement.names:
                self._declare(name, statement.start, "declared", None)
        elif statement.kind == "SomeIn":
            *patterns, collection = nodes
            self._term(collection)
            for how, pattern in zip(("key", "member") if len(patterns) == 2 else ("member",), patterns, strict=True):
                self._pattern(pattern, "member", Origin(collection, how))  # type: ignore[arg-type]
        elif statement.kind == "Every":
            self._term(nodes[0])
            with_key = len(statement.names) == 2
            self._frames.append(_Frame(_declared_in(statement.statements)))
            for at, name in enumerate(statement.names):
                self._declare(name, statement.start, "declared", Origin(nodes[0], "key" if with_key and at == 0 else "member"))
            self._body(statement.statements)
            self._frames.pop()
        elif statement.kind == "NotExpr" and nodes[0].kind == "AssignExpr" and nodes[0].value == "ColEq":
            self._term(nodes[0].children[1])
            self._problem(statement.start, "variable/assigned-in-not", "nothing can be assigned under `not`; assign it before")
        elif nodes and nodes[0].kind == "AssignExpr" and nodes[0].value == "ColEq":
            pattern, value = nodes[0].children
            self._term(value)
            self._pattern(pattern, "assigned", Origin(value, "value"))
        else:
            for node in nodes:
                self._term(node)
        self._replaced = outer

    def _pattern(self, node: Node, kind: VariableKind, origin: Origin | None) -> None:
        """Declare the variables of a pattern; what else stands in it is read."""
        if node.kind == "Var":
            variable = self._declare(str(node.value), node.start, kind, origin)
            self._variables[node.start] = variable
        elif node.kind in ("Array", "Object"):
            parts = node.children if node.kind == "Array" else node.children[1::2]
            for at, part in enumerate(parts):
                step: int | str = at
                if node.kind == "Object":
                    key = node.children[2 * at]
                    self._term(key)
                    step = str(key.value) if key.kind in ("String", "RawString") else -1
                self._pattern(part, kind, origin and Origin(origin.node, origin.how, (*origin.steps, step)))
        elif kind == "assigned":
            self._problem(node.start, "variable/target", "nothing can be assigned to this; put a name on the left of `:=`")
        else:
            self._term(node)

    def _declare(self, name: str, start: int, kind: VariableKind, origin: Origin | None) -> Variable:
        if name == "_":
            return Variable(name, "wildcard", start, origin)
        frame = self._frames[-1]
        earlier = frame.known.get(name)
        if earlier is not None and kind == "argument":
            self._used.add(id(earlier))  # `f(x, x)`: both must be the same
            return earlier
        if earlier is not None:
            what = "an argument" if earlier.kind == "argument" else "declared before"
            self._problem(start, "variable/redeclared", f"`{name}` is {what}; use another name, or `==` to compare")
        elif name in frame.seen:
            self._early.add(name)
            self._problem(start, "variable/early", f"`{name}` is used before it is declared; declare it first")
        variable = Variable(name, kind, start, origin)
        if earlier is not None or name in self._early:
            self._used |= {id(earlier), id(variable)}
        frame.known[name] = variable
        self._declared.append(variable)
        return variable

    def _term(self, node: Node, role: Role = "value") -> None:
        if node.kind in ("Var", "RefDot", "RefBrack"):
            self._reference(node, role)
        elif node.kind == "Call":
            function, *parameters = node.children
            self._reference(function, "call", len(parameters))
            for parameter in parameters:
                self._term(parameter)
        elif node.kind in COMPREHENSIONS:
            self._frames.append(_Frame(_declared_in(node.statements)))
            self._body(node.statements)
            for child in node.children:
                self._term(child)
            self._frames.pop()
        else:
            for child in node.children:
                self._term(child)

    def _reference(self, node: Node, role: Role, arguments: int = 0) -> None:
        base = self._indices(node)
        if base.kind != "Var":
            self._term(base)
            return
        path, variable = self._path(node, role)
        if variable is not None:
            self._variables[base.start] = variable
        self._uses.append(Use(node, path, role, variable, arguments, self._replaced))

    def _indices(self, node: Node) -> Node:
        """Read the variable parts of a reference; gives what it begins with."""
        at = node
        while at.kind in ("RefDot", "RefBrack"):
            if at.kind == "RefBrack":
                self._term(at.children[1])
            at = at.children[0]
        return at

    def _path(self, node: Node, role: Role = "target") -> tuple[tuple[str | Node, ...], Variable | None]:
        parts = node.reference
        name = str(parts[0]) if parts else ""
        may_be_builtin = role in ("call", "target") or (role == "replacement" and ".".join(map(str, parts)) in self._builtins)
        variable = self._lookup(name, node.start, may_be_builtin)
        if variable is not None:
            return parts, variable
        if name in self._imports:
            return (*self._imports[name], *parts[1:]), None
        if name in self._names:
            return ("data", *self._module.package, *parts), None
        return parts, None

    def _lookup(self, name: str, start: int, may_be_builtin: bool) -> Variable | None:
        if name == "_":
            return Variable(name, "wildcard", start)
        for frame in reversed(self._frames):
            if name in frame.known:
                self._used.add(id(frame.known[name]))
                return frame.known[name]
        is_local = any(name in frame.coming for frame in self._frames)
        if not is_local and (name in self._imports or name in self._names or name in ("data", "input")):
            return None
        if not is_local and may_be_builtin:
            return None
        if not any(name in frame.seen for frame in self._frames):
            self._frames[-1].seen.add(name)
        return self._free.setdefault(name, Variable(name, "free", start))

    def _problem(self, start: int, rule: str, message: str) -> None:
        self._problems.append(self._module.problem(start, rule, message))


def _declared_in(statements: Sequence[Statement]) -> frozenset[str]:
    """The names that a body declares itself, closures left out."""
    names: set[str] = set()
    for statement in statements:
        if statement.kind == "SomeVars":
            names.update(statement.names)
        elif statement.kind == "SomeIn":
            names.update(name for pattern in statement.nodes[:-1] for name in _pattern_names(pattern))
        elif statement.kind == "Expr" and statement.nodes[0].kind == "AssignExpr" and statement.nodes[0].value == "ColEq":
            names.update(_pattern_names(statement.nodes[0].children[0]))
    return frozenset(names - {"_"})


def _pattern_names(node: Node) -> Iterator[str]:
    if node.kind == "Var":
        yield str(node.value)
    elif node.kind == "Array":
        for child in node.children:
            yield from _pattern_names(child)
    elif node.kind == "Object":
        for child in node.children[1::2]:
            yield from _pattern_names(child)
