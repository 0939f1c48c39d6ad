# SPDX-License-Identifier: Apache-2.0
"""What misleads people: names, what is never used, what hides something else, what was left from writing."""

import re
from collections.abc import Iterator

from douane.policy.checks.metadata import named_ids
from douane.policy.checks.program import Definition, Program
from douane.policy.checks.scope import Scope, Variable
from douane.policy.rego.problem import Problem

__all__ = ["misleading"]

_SNAKE = re.compile(r"_?[a-z][a-z0-9_]*|_")


def misleading(program: Program) -> Iterator[Problem]:
    """`variable/unused`, `variable/shadows`, `rule/*`, `test/*` and `style/*`."""
    builtins = {name.partition(".")[0] for name in program.builtins}
    for definition, scope in zip(program.definitions, program.scopes, strict=True):
        yield from _variables(scope, builtins, program)
        yield from _left(scope)
        yield from _rule_name(definition)
    if not program.unread:  # what cannot be read may ask for anything
        yield from _unused_rules(program)
        yield from _unreached(program)
        yield from _untested(program)


def _variables(scope: Scope, builtins: set[str], program: Program) -> Iterator[Problem]:
    for variable in scope.unused:
        word = "argument" if variable.kind == "argument" else "variable"
        what = f"the {word} `{variable.name}` is never used; use it, or call it `_`"
        yield scope.module.problem(variable.start, "variable/unused", what, "warning" if variable.kind == "member" else "error")
    rules = {rule.name[0] for module in program.packages[("data", *scope.module.package)] for rule in module.rules if rule.name}
    imports = {imported.name for imported in scope.module.imports}
    for variable in scope.declared:
        hidden = _hidden(variable, rules, imports, builtins)
        if hidden:
            what = f"`{variable.name}` hides {hidden}; call the variable otherwise"
            is_root = variable.name in ("data", "input")
            yield scope.module.problem(variable.start, "variable/shadows", what, "error" if is_root else "warning")
        if not _SNAKE.fullmatch(variable.name):
            yield scope.module.problem(variable.start, "style/name", f"write `{variable.name}` in small letters, with `_`", "warning")


def _hidden(variable: Variable, rules: set[str], imports: set[str], builtins: set[str]) -> str:
    if variable.name in ("data", "input"):
        return f"the document `{variable.name}`"
    if variable.name in rules:
        return "the rule of that name"
    if variable.name in imports:
        return "the import of that name"
    return "the builtin of that name" if variable.name in builtins else ""


def _left(scope: Scope) -> Iterator[Problem]:
    for use in scope.uses:
        if use.role == "call" and use.path == ("print",) and not scope.module.is_test:
            yield scope.module.problem(use.node, "style/print", "`print` was left here; remove it, or move it into a test", "warning")
    for statement in scope.rule.statements():
        if statement.kind == "Expr" and statement.nodes[0].kind == "Bool" and statement.nodes[0].value is True:
            yield scope.module.problem(statement, "style/always", "this always holds; remove it", "warning")


def _rule_name(definition: Definition) -> Iterator[Problem]:
    module, rule = definition.module, definition.rule
    for name in rule.name:
        if not _SNAKE.fullmatch(name) and name.isidentifier():
            yield module.problem(rule, "style/name", f"write `{name}` in small letters, with `_`", "warning")
    if rule.name[0].startswith("todo_test_"):
        yield module.problem(rule, "test/todo", f"`{rule.name[0]}` is left out of every run; finish it or remove it", "warning")
    if module.is_test and rule.name[0].startswith("test") and not rule.name[0].startswith("test_"):
        yield module.problem(rule, "test/name", f"`{rule.name[0]}` is never run, for tests are called `test_..`", "warning")
    if rule.name[0].startswith("test_") and rule.arguments:
        yield module.problem(rule, "test/name", "a test takes no arguments; call what it needs from a rule without", "warning")


def _unused_rules(program: Program) -> Iterator[Problem]:
    used = {program.entrypoint} | {other for path, others in program.asked.items() for other in others if other != path}
    for path, definitions in program.rules.items():
        first = definitions[0]
        is_asked = path in used or any(d.rule.annotation and (d.rule.annotation.id or d.rule.annotation.entrypoint) for d in definitions)
        is_test = first.module.is_test and path[-1].startswith(("test", "todo_test"))
        if not is_asked and not is_test and path[1] != "system":  # OPA itself asks for `data.system`
            what = f"no rule uses `{'.'.join(first.rule.name)}`; remove it, or mark it `entrypoint: true` in its METADATA"
            yield first.module.problem(first.rule, "rule/unused", what, "warning")


def _unreached(program: Program) -> Iterator[Problem]:
    """Rules with an id that no entrypoint ever asks for: they decide nothing."""
    if program.entrypoint not in program.rules:
        return
    entrypoints = {d.path for d in program.definitions if d.rule.annotation is not None and d.rule.annotation.entrypoint}
    reached: set[tuple[str, ...]] = set()
    waiting = [program.entrypoint, *entrypoints]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += program.asked[path]
    for definition in program.definitions:
        note = definition.rule.annotation
        if note is not None and note.id and definition.path not in reached and not definition.module.is_test:
            what = f"the decision never asks for `{note.id}`; unite it in `{'.'.join(program.entrypoint[1:-1])}`"
            yield definition.module.problem(definition.rule, "rule/unreached", what)


def _untested(program: Program) -> Iterator[Problem]:
    """Rules with an id that no test asks for, by id or by name."""
    texts: set[str] = set()
    asked: set[tuple[str, ...]] = set()
    for scope in program.scopes:
        if scope.module.is_test:
            texts.update(str(node.value) for node in scope.nodes if node.kind in ("String", "RawString"))
            for use in scope.uses:
                if use.is_global:
                    asked.update(d.path for d in program.rule_before(use.path))
    for definition, scope in zip(program.definitions, program.scopes, strict=True):
        note = definition.rule.annotation
        ids = {*([note.id] if note is not None and note.id else []), *named_ids(scope.objects)}
        if definition.module.is_test or not ids or ids & texts or definition.path in asked:
            continue
        what = f"no test mentions `{min(ids)}` or its rule; write one in `{definition.module.path.removesuffix('.rego')}_test.rego`"
        yield definition.module.problem(definition.rule, "test/missing", what, "warning")
