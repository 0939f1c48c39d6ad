# SPDX-License-Identifier: Apache-2.0
"""References that lead nowhere. A misspelt one is undefined for ever, and drops the rule that needs it without a word."""

from collections.abc import Iterator, Mapping
from typing import Any

from douane.policy.checks.calls import nearest
from douane.policy.checks.program import Path, Program, fits
from douane.policy.checks.scope import Scope, Use
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["dangling", "is_unknown"]


def dangling(program: Program) -> Iterator[Problem]:
    """`reference/*`, `import/*` and `entrypoint/*`."""
    yield from _entrypoint(program)
    yield from _imports(program)
    for scope in program.scopes:
        for use in scope.uses:
            if use.is_global and use.path[0] == "data" and use.role in ("value", "replacement"):
                yield from _reference(program, scope, use)


def is_unknown(program: Program, scope: Scope, node: Node) -> bool:
    """Whether this is a reference that is reported as `reference/unknown`."""
    use = scope.values.get(node.start)
    if use is None or not use.is_global or use.path[0] != "data":
        return False
    return any(problem.rule == "reference/unknown" for problem in _reference(program, scope, use))


def _reference(program: Program, scope: Scope, use: Use) -> Iterator[Problem]:
    path = program.followed(use.path)
    if any(fits([str(part) for part in target], at) for target in use.replaced if target[:1] == ("data",) for at in (use.path, path)):
        return  # a test puts it there
    if program.reached(path) or program.is_unread(path):
        return
    depth, siblings = _found(program, path)
    if path is use.path:
        reported = len(next((i.path for i in scope.module.imports if i.name == use.node.reference[0]), ()))
    else:
        reported = len(path) - len(use.path) + len(program.rule_before(use.path)[0].path)
    if depth == len(path) or depth < reported:
        return  # or where the import or the other name is
    name = _shown(path)
    part = path[depth]
    if not isinstance(part, str):
        return  # whatever it is, it may come
    near = nearest(part, siblings)
    is_setting = depth > 1 and not _in_packages(program, path[:depth])
    if is_setting:
        mend = near if "mean" in near else "; ask with `object.get` where it may be missing"
        what = f"`{name}` is a setting that the data do not hold{mend}"
        yield scope.module.problem(use.node, "reference/missing-setting", what, "warning")
        return
    where = f" in `{_shown(path[:depth])}`" if depth > 1 else ""
    yield scope.module.problem(use.node, "reference/unknown", f"`{name}` is never defined: there is no `{part}`{where}{near}")


def _found(program: Program, path: Path) -> tuple[int, list[str]]:
    """How far a reference leads through packages, rules and data, and the names that there are where it ends."""
    packages: list[tuple[str, ...]] = [*program.packages, *program.rules]
    data: list[Any] = [program.data]
    for depth, part in enumerate(path):
        if depth == 0:
            continue
        begun = [known for known in packages if len(known) > depth]
        packages_next = [known for known in begun if not isinstance(part, str) or known[depth] == part]
        data_next: list[Any] = []
        for value in data:
            if isinstance(value, Mapping):
                data_next += [value[part]] if isinstance(part, str) and part in value else [] if isinstance(part, str) else value.values()
            elif isinstance(value, list) and not isinstance(part, str):
                data_next += value
        if not packages_next and not data_next:
            names = {known[depth] for known in begun} | {str(key) for value in data if isinstance(value, Mapping) for key in value}
            return depth, sorted(names)
        packages, data = packages_next, data_next
    return len(path), []


def _in_packages(program: Program, path: Path) -> bool:
    return any(fits(package, path) for package in program.packages)


def _imports(program: Program) -> Iterator[Problem]:
    used = {module.path: set[str]() for module in program.modules}
    for scope in program.scopes:
        for use in scope.uses:
            if use.variable is None:
                used[scope.module.path].add(str(use.node.reference[0]))
    for module in program.modules:
        names: dict[str, str] = {}
        for imported in module.imports:
            if imported.path[0] not in ("data", "input"):
                continue
            shown = ".".join(imported.path)
            if imported.name not in used[module.path]:
                yield module.problem(imported, "import/unused", f"the import `{shown}` is never used; remove it")
            if imported.name in names:
                yield module.problem(imported, "import/twice", f"`{imported.name}` is imported already; name one of them with `as`")
            names[imported.name] = shown
            if imported.name in ("data", "input"):
                if len(imported.path) > 1:
                    yield module.problem(imported, "import/reserved", f"an import cannot be called `{imported.name}`; name it with `as`")
            elif any(rule.name[:1] == (imported.name,) for other in program.packages[("data", *module.package)] for rule in other.rules):
                what = f"`{imported.name}` is an import and a rule of this package; name the import with `as`"
                yield module.problem(imported, "import/shadowed", what)
            if imported.path[0] == "data" and not program.is_unread(imported.path):
                depth, siblings = _found(program, imported.path)
                if depth < len(imported.path):
                    near = nearest(imported.path[depth], siblings)
                    yield module.problem(imported, "import/unknown", f"`{shown}` is neither a package nor a rule nor data{near}")


def _entrypoint(program: Program) -> Iterator[Problem]:
    definitions = program.rules.get(program.entrypoint, ())
    name = ".".join(program.entrypoint)
    if not definitions:
        if program.is_unread(program.entrypoint):
            return
        modules = program.packages.get(program.entrypoint[:-1], program.modules[:1])
        path = modules[0].path if modules else "."
        yield Problem(path, 0, 0, "entrypoint/missing", f"no rule gives the decision `{name}`; define it, with a `default` that denies")
    elif not any(definition.rule.kind == "default" for definition in definitions):
        first = definitions[0]
        yield first.module.problem(
            first.rule,
            "entrypoint/no-default",
            f"`{name}` has no default, so it is undefined where no rule holds; write `default {first.rule.name[-1]} := ..` that denies",
            "warning",
        )


def _shown(path: Path) -> str:
    shown = ""
    for part in path:
        shown += f".{part}" if isinstance(part, str) else "[..]"
    return shown[1:]
