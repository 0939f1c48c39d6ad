# SPDX-License-Identifier: Apache-2.0
"""Which lines of the policies the tests reach, counted as `opa test --coverage` counts them.

The engine notes lines; OPA notes statements that were evaluated and rules that gave a value. So a copy of each text is evaluated in which
every statement begins a line and a line that always holds ends each body. That copy decides no verdict.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from douane.policy.rego.imports import replacements
from douane.policy.rego.syntax import Body, Module, Node, NotParsed, Rule, Statement, parse

__all__ = ["Mark", "Marked", "mark", "report", "uncovered"]

_END = "\ntrue\n"
_COMMENT = re.compile(r"#[^\n]*")
# The engine's place of `set()`, and of whatever ends with it, ends with the token after it.
_EMPTY_SET = re.compile(r"(\bset\(\s*\))\s*(?:(?P<closing>[\])}])|\w+|[^\w\s]+)?\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a module that is covered once one of the `lines` of the marked text was, which are the first and the last.

    What is `free` counts where it is covered, but need not be. `start` and `end` are line and column in the module.
    """

    lines: tuple[int, int]
    start: tuple[int, int]
    end: tuple[int, int]
    free: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """A module's text with a line for whatever is counted, and the parts that are."""

    path: str
    text: str = field(repr=False)
    marks: tuple[Mark, ...] = field(repr=False)


def mark(module: Module) -> Marked:
    """The marked text; it means what the module's own does."""
    marker = _Marker(module)
    for rule in module.rules:
        marker.take(rule)
    # By its path a rule is evaluated alone, and so its lines count alone.
    marker.edits += [(start, path, end - start) for start, end, path in replacements(module)]
    text, lines = _inserted(module.text, marker.edits)
    try:
        parse(module.path, text)
    except NotParsed:  # the engine has given a wrong place: two statements of one line are then one
        text, lines = module.text, [module.place(position)[0] for position, _, _ in marker.edits]
    marks = (
        Mark((lines[first], lines[last]), module.place(start), module.place(end), free) for first, last, start, end, free in marker.parts
    )
    return Marked(module.path, text, tuple(marks))


_Edit = tuple[int, str, int]
"""Where, what to insert there, and how many characters to take away after it."""


def _inserted(text: str, edits: Sequence[_Edit]) -> tuple[str, list[int]]:
    """The text with the edits, and for each of them the line that it begins, or in which it stands."""
    pieces: list[str] = []
    lines = [0] * len(edits)
    at, line = 0, 1
    for index in sorted(range(len(edits)), key=lambda index: (edits[index][0], index)):
        position, inserted, removed = edits[index]
        pieces += [text[at:position], inserted]
        line += text.count("\n", at, position)
        lines[index] = line + ("\n" in inserted)
        line += inserted.count("\n")
        at = position + removed
    return "".join([*pieces, text[at:]]), lines


class _Marker:
    """What to insert where, and which parts of the text lie from which edit to which."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.edits: list[_Edit] = []
        self.parts: list[tuple[int, int, int, int, bool]] = []

    def take(self, rule: Rule) -> None:
        parts = [part for part in (rule.head, *rule.arguments, rule.key, rule.value) if part is not None]
        end = _without_next(self._module.text, rule.start, max(part.end for part in parts))
        if rule.kind == "default":
            assert rule.value is not None
            self._part(self._insert(rule.value.start, "\n"), self._insert(end, ""), rule.start, end)
            return
        self._terms([part for part in (rule.key, rule.value) if part is not None])
        if not rule.bodies:
            end = _without_next(self._module.text, rule.start, max(end, rule.end))
            self._end(end, f" if {{{_END}}}", rule.start, end)
        for body in rule.bodies:
            if not body.is_else:
                self._body(body, rule.start, end)
                continue
            start = self._module.text.rindex("else", 0, body.start + 4)
            self._terms([body.value] if body.value is not None else [])
            end = max(start + 4, body.value.end if body.value is not None else 0)
            self._body(body, start, _without_next(self._module.text, start, end))

    def _body(self, body: Body, start: int, end: int) -> None:
        if not body.statements:
            self._end(max(body.end, end), f" if {{{_END}}}", start, end)
            return
        first, last = body.statements[0], body.statements[-1]
        begin = max(body.start, body.value.end) if body.is_else and body.value is not None else body.start
        has_braces = _COMMENT.sub("", self._module.text[begin : first.start]).rstrip().endswith("{")
        if not has_braces:
            self._insert(first.start, "{")
        for statement in body.statements:
            self._statement(statement)
        self._end(self._ending(last), _END if has_braces else f"{_END}}}", start, end)

    def _statement(self, statement: Statement) -> None:
        if statement.kind != "SomeVars":
            first, end = self._insert(statement.start, "\n"), self._ending(statement)
            self._part(first, self._insert(end, ""), statement.start, end, free=statement.kind == "SomeIn")
        self._terms([*statement.nodes, *(part for pair in statement.withs for part in pair)])
        for inner in statement.statements:
            self._statement(inner)

    def _terms(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._terms(node.children)
            for statement in node.statements:
                self._statement(statement)

    def _end(self, position: int, text: str, start: int, end: int) -> None:
        """The end of a body, which is reached where the rule gives its value."""
        index = self._insert(position, text)
        self._part(index, index, start, end)

    def _ending(self, statement: Statement) -> int:
        end = max([statement.end, *(value.end for _, value in statement.withs)])
        return _without_next(self._module.text, statement.start, end)

    def _insert(self, position: int, text: str) -> int:
        self.edits.append((position, text, 0))
        return len(self.edits) - 1

    def _part(self, first: int, last: int, start: int, end: int, *, free: bool = False) -> None:
        self.parts.append((first, last, start, end, free))


def _without_next(text: str, start: int, end: int) -> int:
    """The end of a part, without the token after it."""
    tail = _EMPTY_SET.search(text, start, end)
    part = text[start:end]
    if tail is None or (tail["closing"] and sum(map(part.count, "([{")) >= sum(map(part.count, ")]}"))):
        return end
    return tail.end(1)


def report(modules: Sequence[Marked], covered: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """The report as OPA writes it. `covered` are (path, line of the marked text)."""
    lines = set(covered)
    files: dict[str, Any] = {}
    total = [0, 0]
    for module in modules:
        hit = {
            (part.start, part.end)
            for part in module.marks
            if any((module.path, line) in lines for line in range(part.lines[0], part.lines[1] + 1))
        }
        missed = {(part.start, part.end) for part in module.marks if not part.free} - hit
        missed = {(start, end) for start, end in missed if not any(one <= start and end <= other for one, other in hit)}
        counts = [len(_rows(hit)), len(_rows(missed))]
        total = [total[0] + counts[0], total[1] + counts[1]]
        about = {
            "covered": _ranges(hit),
            "not_covered": _ranges(missed),
            "covered_lines": counts[0],
            "not_covered_lines": counts[1],
            "coverage": _percent(*counts),
        }
        files[module.path] = {name: value for name, value in about.items() if value}
    return {"files": files, "covered_lines": total[0], "not_covered_lines": total[1], "coverage": _percent(*total)}


def uncovered(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The places that no test reaches, as `file:line` or `file:first-last`."""
    found = []
    for path, about in sorted(report["files"].items()):
        rows = sorted(_rows(((part["start"]["row"], 0), (part["end"]["row"], 0)) for part in about.get("not_covered", ())))
        while rows:
            last = next(index for index, row in enumerate(rows) if row + 1 not in rows[index + 1 : index + 2])
            found.append(f"{path}:{rows[0]}" + (f"-{rows[last]}" if last else ""))
            rows = rows[last + 1 :]
    return tuple(found)


_Place = tuple[int, int]


def _rows(parts: Iterable[tuple[_Place, _Place]]) -> set[int]:
    return {row for start, end in parts for row in range(start[0], end[0] + 1)}


def _ranges(parts: Iterable[tuple[_Place, _Place]]) -> list[dict[str, dict[str, int]]]:
    return [{"start": _place(start), "end": _place(end)} for start, end in sorted(parts)]


def _place(place: _Place) -> dict[str, int]:
    return {"row": place[0], "col": place[1]}


def _percent(covered: int, missed: int) -> float:
    return 100.0 * covered / (covered + missed) if covered + missed else 0.0
