# SPDX-License-Identifier: Apache-2.0
"""Rego modules as trees, from the embedded engine's own parser: whoever checks, tests or explains a policy reads it here.

The parser is the one that evaluates, so nothing is ever understood in two ways. Text that would end or stall the process is refused first
(`nesting`).
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from douane.policy.rego.annotation import Annotation, annotations
from douane.policy.rego.nesting import excess
from douane.policy.rego.problem import Level, Problem

__all__ = ["Body", "Import", "Module", "Node", "NotParsed", "Rule", "RuleKind", "Statement", "StatementKind", "column_of", "parse"]

RuleKind = Literal["complete", "set", "object", "function", "default"]
StatementKind = Literal["Expr", "NotExpr", "SomeIn", "SomeVars", "Every"]
_PLACE = re.compile(r"-->\s*(?P<path>.*?):(?P<line>\d+):(?P<column>\d+)")
_SAID = re.compile(r"error: (?P<said>.*)", re.DOTALL)
_LEAVES = ("Bool", "Null", "Number", "RawString", "String", "Var")
_PARTS = ("refr", "index", "key", "term", "lhs", "rhs", "value", "collection", "expr")
_SHOWN = 400
"""Characters of an offending line that are shown."""


class NotParsed(Exception):
    """A module that is no Rego; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Node:
    """A term or an expression. `kind` is the engine's word (`Var`, `RefDot`, `Call`, `BoolExpr`, `ArrayCompr`, ...).

    `value` is the name of a variable, the field of a `RefDot`, an operator, or a scalar; `children` are the parts in the order of the
    text; `statements` are the body of a comprehension or an `every`. `start` and `end` are places in the module's text, in characters.
    """

    kind: str
    start: int
    end: int
    value: Any = None
    children: tuple["Node", ...] = ()
    statements: tuple["Statement", ...] = ()

    def walk(self) -> Iterator["Node"]:
        """This node and all under it, bodies of comprehensions included."""
        waiting: list[Node | Statement] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Node):
                yield part
                waiting += part.statements[::-1]
                waiting += part.children[::-1]
            else:
                waiting += part.parts[::-1]

    @property
    def reference(self) -> tuple["str | Node", ...]:
        """The parts of a reference: names and constant strings as text, anything else as the node. Empty for what is no reference."""
        if self.kind == "Var":
            return (str(self.value),)
        if self.kind == "RefDot":
            head = self.children[0].reference
            return (*head, str(self.value)) if head else ()
        if self.kind == "RefBrack":
            head, index = self.children[0].reference, self.children[1]
            if not head:
                return ()
            return (*head, str(index.value) if index.kind in ("String", "RawString") else index)
        return ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a body. `nodes` are its terms in order; `names` what `some` declares; `withs` are (target, value) of `with`."""

    kind: StatementKind
    start: int
    end: int
    nodes: tuple[Node, ...] = ()
    names: tuple[str, ...] = ()
    withs: tuple[tuple[Node, Node], ...] = ()
    statements: tuple["Statement", ...] = ()

    @property
    def parts(self) -> tuple["Node | Statement", ...]:
        """Its terms, those of `with`, and the statements under it."""
        return (*self.nodes, *(node for pair in self.withs for node in pair), *self.statements)

    def walk(self) -> Iterator[Node]:
        """Every node in it."""
        for part in self.parts:
            yield from part.walk()

    def unfold(self) -> Iterator["Statement"]:
        """It and, of an `every`, the statements under it."""
        yield self
        for statement in self.statements:
            yield from statement.unfold()


@dataclass(frozen=True, slots=True)
class Body:
    """A body with the value that it gives where it holds: that of the head, or of its `else`."""

    start: int
    end: int
    value: Node | None
    is_else: bool
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a module. `name` is the constant beginning of its path in the package; `head` is all of it as a node.

    `key` is the member of a set, `value` what the head gives (None: true), `arguments` those of a function.
    """

    kind: RuleKind
    name: tuple[str, ...]
    start: int
    end: int
    head: Node
    key: Node | None = None
    value: Node | None = None
    arguments: tuple[Node, ...] = ()
    bodies: tuple[Body, ...] = ()
    annotation: Annotation | None = None

    def walk(self) -> Iterator[Node]:
        """Every node in it, the head's included."""
        for node in (self.head, *self.arguments, *(part for part in (self.key, self.value) if part is not None)):
            yield from node.walk()
        for body in self.bodies:
            if body.value is not None and body.is_else:
                yield from body.value.walk()
            for statement in body.statements:
                yield from statement.walk()

    def statements(self) -> Iterator[Statement]:
        """Every statement in it, those of comprehensions and of `every` included."""
        bodies = [*(body.statements for body in self.bodies), *(node.statements for node in self.walk())]
        return (inner for body in bodies for statement in body for inner in statement.unfold())


@dataclass(frozen=True, slots=True)
class Import:
    """`import data.a.b as c`: `path` is (`data`, `a`, `b`), `name` what it is called here."""

    path: tuple[str, ...]
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Module:
    """One file of Rego. `problems` are those of its METADATA."""

    path: str
    text: str = field(repr=False)
    package: tuple[str, ...]
    package_start: int
    imports: tuple[Import, ...]
    rules: tuple[Rule, ...] = field(repr=False)
    annotations: tuple[Annotation, ...] = field(repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether it holds tests: `x_test.rego`."""
        return self.path.endswith("_test.rego")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text by lines."""
        return tuple(self.text.split("\n"))

    def place(self, start: int) -> tuple[int, int]:
        """Line and column of a place in the text, from 1; a tab is one column, as in OPA."""
        before = self.text[:start]
        return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1

    def problem(self, at: "int | Node | Statement | Rule | Body | Import", rule: str, message: str, level: Level = "error") -> Problem:
        """A problem of this module at a place in its text."""
        line, column = self.place(at if isinstance(at, int) else at.start)
        return Problem(self.path, line, column, rule, message, level, self.lines[line - 1])

    def slice(self, part: "Node | Statement | Rule | Body") -> str:
        """The text of a part."""
        return self.text[part.start : part.end]

    def resolve(self, node: Node) -> tuple[str | Node, ...]:
        """The reference of a node with imports and rules of this package written out: `models.x` as (`data`, `douane`, `models`, `x`)."""
        parts = node.reference
        if not parts or not isinstance(parts[0], str) or parts[0] in ("data", "input"):
            return parts
        for imported in self.imports:
            if imported.name == parts[0]:
                return (*imported.path, *parts[1:])
        if any(rule.name[0] == parts[0] for rule in self.rules):
            return ("data", *self.package, *parts)
        return parts


def parse(path: str, text: str) -> Module:
    """The module. Raises `NotParsed`."""
    import regorus

    too_much = excess(text)
    if too_much is not None:
        at, message = too_much
        line = text.count("\n", 0, at) + 1
        lines = text.split("\n")
        raise NotParsed(Problem(path, line, at - text.rfind("\n", 0, at), "syntax/nesting", message, source=lines[line - 1][:_SHOWN]))
    # Where the environment asks for stack traces the engine writes one into every message; the first costs a quarter of a second.
    os.environ.setdefault("RUST_LIB_BACKTRACE", "0")
    engine = regorus.Engine()
    try:
        engine.add_policy(path, text)
        (tree,) = json.loads(engine.get_ast_as_json())
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as cause:  # a panic in Rust is no Exception
        raise NotParsed(_problem(path, text, str(cause))) from cause
    return _Reader(path, text).module(tree["ast"])


def _problem(path: str, text: str, said: str) -> Problem:
    said = said.partition("Stack backtrace")[0]
    place, message = _PLACE.search(said), _SAID.search(said)
    line, column = (int(place["line"]), int(place["column"])) if place else (1, 1)
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    what = " ".join((message["said"] if message else said).split())
    return Problem(path, line, column_of(source, column), "syntax", f"{what}; mend the syntax", source=source)


def column_of(source: str, said: int) -> int:
    """A column in characters. The engine counts four for a tab, and bytes inside of a string."""
    seen, is_quoted = 0, False
    for index, character in enumerate(source):
        if seen + 1 >= said:
            return index + 1
        seen += 4 if character == "\t" else len(character.encode()) if is_quoted else 1
        is_quoted ^= character == '"' and source[index - 1 : index] != "\\"
    return min(said, len(source) + 1)


class _Reader:
    """The engine's tree, which names its kinds as members and counts bytes, read into ours."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._is_plain = text.isascii()
        self._bytes = b"" if self._is_plain else text.encode()

    def module(self, tree: Mapping[str, Any]) -> Module:
        notes, problems = annotations(self._path, self._text)
        package = tree["package"]
        rules = tuple(self._rule(rule) for rule in tree["rules"])
        module = Module(
            self._path,
            self._text,
            tuple(str(part) for part in self._node(package["refr"]).reference),
            self._at(package["span"]["start"]),
            tuple(self._import(part) for part in tree["imports"]),
            rules,
            notes,
            problems,
        )
        # A block for the whole document may stand over the one for its first rule.
        by_line = {note.target: note for note in sorted(notes, key=lambda note: note.scope in ("", "rule"))}
        noted = tuple(
            rule if note is None else replace(rule, annotation=note)
            for rule in rules
            for note in (by_line.get(module.place(rule.start)[0]),)
        )
        return replace(module, rules=noted)

    def _at(self, offset: int) -> int:
        return offset if self._is_plain else len(self._bytes[:offset].decode("utf-8", "ignore"))

    def _span(self, part: Mapping[str, Any]) -> tuple[int, int]:
        return self._at(part["start"]), self._at(part["end"])

    def _import(self, part: Mapping[str, Any]) -> Import:
        path = tuple(str(name) for name in self._node(part["refr"]).reference)
        name = path[-1]
        if part.get("as"):
            start, end = self._span(part["as"])
            name = self._text[start:end]
        return Import(path, name, *self._span(part["span"]))

    def _rule(self, part: Mapping[str, Any]) -> Rule:
        (kind, rule), *_ = part.items()
        start, end = self._span(rule["span"])
        if kind == "Default":
            head = self._node(rule["refr"])
            start = self._text.rfind("default", 0, start + 1) if not self._text.startswith("default", start) else start
            return Rule("default", _constant(head), start, end, head, value=self._node(rule["value"]), arguments=self._nodes(rule["args"]))
        (shape, about), *_ = rule["head"].items()
        head = self._node(about["refr"])
        assign = about.get("assign")
        value = self._node(assign["value"]) if assign else None
        key = self._node(about["key"]) if shape == "Set" and about.get("key") else None
        bodies = tuple(self._body(body, value) for body in rule["bodies"])
        name = _constant(head)
        is_object = shape == "Compr" and len(name) < len(head.reference)
        kind_: RuleKind = {"Set": "set", "Func": "function"}.get(shape, "object" if is_object else "complete")  # type: ignore[assignment]
        return Rule(kind_, name, start, end, head, key, value, self._nodes(about.get("args") or ()), bodies)

    def _body(self, body: Mapping[str, Any], value: Node | None) -> Body:
        given = self._node(body["assign"]["value"]) if body.get("assign") else (None if body["is_else"] else value)
        return Body(*self._span(body["span"]), given, body["is_else"], self._statements(body["query"]))

    def _statements(self, query: Mapping[str, Any]) -> tuple[Statement, ...]:
        return tuple(self._statement(part) for part in query["stmts"])

    def _statement(self, part: Mapping[str, Any]) -> Statement:
        ((kind, about),) = part["literal"].items()
        withs = tuple((self._node(mod["refr"]), self._node(mod["as"])) for mod in part.get("with_mods") or ())
        start, end = self._span(part["span"])
        if kind == "SomeVars":
            names = tuple(self._word(span) for span in about["vars"])
            return Statement(kind, start, end, names=names, withs=withs)
        if kind == "SomeIn":
            nodes = self._nodes([about["key"], about["value"], about["collection"]])
            return Statement(kind, *_around(start, end, nodes), nodes, withs=withs)
        if kind == "Every":
            names = tuple(self._word(span) for span in (about["key"], about["value"]) if span)
            return Statement(kind, start, end, self._nodes([about["domain"]]), names, withs, self._statements(about["query"]))
        nodes = self._nodes([about["expr"]])
        return Statement(kind, *_around(start, end, [*nodes, *(value for _, value in withs)]), nodes, withs=withs)

    def _word(self, span: Any) -> str:
        if isinstance(span, list):
            span = span[0]
        start, end = self._span(span)
        return self._text[start:end]

    def _nodes(self, parts: Sequence[Any]) -> tuple[Node, ...]:
        return tuple(self._node(part) for part in parts if part is not None)

    def _node(self, part: Mapping[str, Any]) -> Node:
        ((kind, about),) = part.items()
        start, end = self._span(about["span"])
        statements = self._statements(about["query"]) if "query" in about else ()
        value = about.get("value") if kind in ("Var", "Number", "Bool", "String", "RawString") else about.get("op")
        children: tuple[Node, ...]
        if kind in _LEAVES:
            children = ()
        elif kind == "RefDot":
            value, children = about["field"][1], (self._node(about["refr"]),)
        elif kind == "Object":
            children = tuple(node for _, key, item in about["fields"] for node in self._nodes([key, item]))
        elif kind == "Call":
            children = self._nodes([about["fcn"], *about["params"]])
        elif kind in ("Array", "Set"):
            children = self._nodes(about["items"])
        else:
            children = self._nodes([about[name] for name in _PARTS if isinstance(about.get(name), dict)])
        if kind in ("String", "RawString"):
            start, end = start - 1, end + 1  # the engine leaves out the quotes
        return Node(kind, *(_around(start, end, children) if children else (start, end)), value, children, statements)


def _around(start: int, end: int, parts: Sequence[Node]) -> tuple[int, int]:
    """A span that holds those of its parts."""
    return min([start, *(part.start for part in parts)]), max([end, *(part.end for part in parts)])


def _constant(head: Node) -> tuple[str, ...]:
    """The beginning of a head's path up to its first variable part; `p[x]` and `p.q[x]` are `p` and `p.q`."""
    names: list[str] = []
    for part in head.reference:
        if not isinstance(part, str):
            break
        names.append(part)
    return tuple(names)
