# SPDX-License-Identifier: Apache-2.0
"""METADATA and ids: what a record names must be found in the policies, once, with a title, a severity and a source."""

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from douane.decision import Severity
from douane.policy.checks.program import Definition, Program
from douane.policy.rego.annotation import Annotation
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module, Node

__all__ = ["misannotated", "named_ids"]

_SEVERITIES = get_args(Severity)
_SHAPES = (("id", frozenset({"severity", "message"})), ("rule", frozenset({"kind", "types", "pointer", "name"})))
"""What an object must have beside its `id` or `rule` to be a reason, a rejection or an obligation."""


def misannotated(program: Program) -> Iterator[Problem]:
    """`metadata/*`."""
    seen: dict[str, tuple[Module, Annotation]] = {}
    used = _used_elsewhere(program)
    for modules in program.packages.values():
        described: list[Module] = []
        for module in modules:
            yield from module.problems
            for note in module.annotations:
                yield from _attached(module, note)
                yield from _note(module, note, seen) if not module.is_test else ()
                if _is_package(module, note):
                    yield from _again(module, note, described)
                    described.append(module)
        if not described and not modules[0].is_test:
            first = modules[0]
            what = "this package has no METADATA; say its title and what it is for"
            yield first.problem(first.package_start, "metadata/package", what, "warning")
    yield from _documents(program)
    for definition in program.definitions:
        if definition.module.is_test:
            continue
        yield from _rule(definition, program.scope_of[id(definition.rule)].objects, program.rules[definition.path])
        if definition.path in used and not any(d.rule.annotation for d in program.rules[definition.path]):
            used.discard(definition.path)
            what = "another package uses this rule, and it has no METADATA; say its title and what it is for"
            yield definition.module.problem(definition.rule, "metadata/missing", what, "warning")


def _attached(module: Module, note: Annotation) -> Iterator[Problem]:
    is_rule = any(module.place(rule.start)[0] == note.target for rule in module.rules)
    is_package = note.target == module.place(module.package_start)[0]
    if not (is_package if note.scope in ("package", "subpackages") else is_rule or (is_package and not note.scope)):
        word = "package" if note.scope in ("package", "subpackages") else "rule"
        what = f"this METADATA stands over no {word}; put it right over the {word} that it describes"
        yield _at(module, note, "metadata/detached", what)
    elif note.entrypoint and note.scope in ("rule", "subpackages"):
        yield _at(module, note, "metadata/scope", "an entrypoint is a whole document; leave the scope out, or write `scope: document`")


def _again(module: Module, note: Annotation, described: list[Module]) -> Iterator[Problem]:
    if described and note.scope != "subpackages":
        what = f"this package has METADATA in `{described[0].path}` already; keep one of them"
        yield _at(module, note, "metadata/twice", what)


def _documents(program: Program) -> Iterator[Problem]:
    """Two blocks for one document."""
    for definitions in program.rules.values():
        notes = [
            (d.module, note)
            for d in definitions
            for note in d.module.annotations
            if note.target == d.module.place(d.rule.start)[0] and (note.scope == "document" or (not note.scope and note.entrypoint))
        ]
        for module, note in notes[1:]:
            yield _at(module, note, "metadata/twice", "this document has METADATA already; keep one of them")


def _is_package(module: Module, note: Annotation) -> bool:
    return note.scope in ("", "package", "subpackages") and note.target == module.place(module.package_start)[0]


def _at(module: Module, note: Annotation, rule: str, message: str) -> Problem:
    return module.problem(sum(len(line) + 1 for line in module.lines[: note.line - 1]), rule, message)


def _note(module: Module, note: Annotation, seen: dict[str, tuple[Module, Annotation]]) -> Iterator[Problem]:
    if not note.id:
        return
    missing = [
        name
        for name, value in (
            ("title", note.title),
            ("description", note.description),
            ("custom.severity", note.severity),
            ("related_resources", note.references),
        )
        if not value
    ]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        yield _at(module, note, "metadata/incomplete", f"the rule `{note.id}` has no {listed}; whoever reads a record needs them")
    if note.severity and note.severity not in _SEVERITIES:
        what = f"`{note.severity}` is no severity; possible are {', '.join(_SEVERITIES)}"
        yield _at(module, note, "metadata/severity", what)
    if not note.id.startswith(f"{'.'.join(module.package)}."):
        what = f"the id `{note.id}` does not begin with its package; call it `{'.'.join(module.package)}.{note.id.rpartition('.')[2]}`"
        yield _at(module, note, "metadata/id-prefix", what)
    if note.id in seen:
        other, earlier = seen[note.id]
        yield _at(module, note, "metadata/id-twice", f"the id `{note.id}` stands at {other.path}:{earlier.line} too; use each once")
    seen.setdefault(note.id, (module, note))


def _rule(definition: Definition, objects: Sequence[Node], of_same_path: tuple[Definition, ...]) -> Iterator[Problem]:
    module, rule, note = definition.module, definition.rule, definition.rule.annotation
    described = {d.rule.annotation.id for d in of_same_path if d.rule.annotation is not None}
    for node in objects:
        for key, literal in _ids(node):
            if note is None and literal.value in described:
                continue  # another body of the same rule
            if note is None or not note.id:
                what = f"this gives the {key} `{literal.value}`, and its rule has no METADATA with `custom.id`; write it over the rule"
                yield module.problem(literal, "metadata/no-id", what, "warning")
            elif literal.value != note.id:
                what = f"this gives the {key} `{literal.value}`, and the METADATA says `{note.id}`; make them equal"
                yield module.problem(literal, "metadata/id-differs", what)
            severity = _member(node, "severity")
            if severity is not None and severity.kind == "String" and note is not None and note.severity not in ("", severity.value):
                what = f"the severity is `{severity.value}` here and `{note.severity}` in the METADATA; make them equal"
                yield module.problem(severity, "metadata/severity-differs", what)
    if note is not None and note.id and note.id not in {node.value for node in rule.walk() if node.kind in ("String", "RawString")}:
        what = f"this rule never says its id `{note.id}`, so no record can name it; put it into what the rule gives"
        yield module.problem(rule, "metadata/id-unsaid", what)


def named_ids(objects: Iterable[Node]) -> Iterator[str]:
    """The ids that these objects of a rule give as constants."""
    for node in objects:
        yield from (str(literal.value) for _, literal in _ids(node))


def _ids(node: Node) -> Iterator[tuple[str, Node]]:
    names = {str(key.value) for key in node.children[::2] if key.kind == "String"}
    for key, beside in _SHAPES:
        literal = _member(node, key)
        if literal is not None and literal.kind == "String" and names & beside:
            yield key, literal


def _member(node: Node, name: str) -> Node | None:
    pairs = zip(node.children[::2], node.children[1::2], strict=True)
    return next((value for key, value in pairs if key.kind == "String" and key.value == name), None)


def _used_elsewhere(program: Program) -> set[tuple[str, ...]]:
    """The rules that other packages ask for by name, tests left out."""
    used: set[tuple[str, ...]] = set()
    for scope in program.scopes:
        if not scope.module.is_test:
            for use in scope.uses:
                found = program.rule_before(use.path) if use.is_global else ()
                used.update(d.path for d in found if d.module.package != scope.module.package)
    return used
