# SPDX-License-Identifier: Apache-2.0
"""Where modules stand and what they are called: folder and package, files of tests, paths that stand twice, bytes that one reader minds."""

from collections.abc import Iterator, Sequence

from douane.policy.checks.program import Program
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module

__all__ = ["misplaced", "partial", "unreadable"]


def unreadable(modules: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """`layout/twice` and `encoding/*`, which need no parsing."""
    seen: set[str] = set()
    for path, text in modules:
        if path in seen:
            yield Problem(path, 0, 0, "layout/twice", "this path stands twice, and both would be evaluated; give one of them another name")
        seen.add(path)
        if text.startswith("\ufeff"):
            what = "the file begins with a byte-order mark; save it as UTF-8 without one"
            yield Problem(path, 1, 1, "encoding/mark", what, source=text[1:].partition("\n")[0])
        at = text.find("\r")
        if at >= 0:
            line = text.count("\n", 0, at) + 1
            column = at - text.rfind("\n", 0, at)
            what = "the lines end as on Windows, in texts of several lines too; save the file with plain line ends"
            yield Problem(path, line, column, "encoding/line-ends", what, "warning", text.split("\n")[line - 1].rstrip("\r"))


def partial(program: Program) -> Iterator[Problem]:
    """`layout/part`: packages that stand beside the one that decides, without it."""
    *root, package, _ = program.entrypoint
    siblings = [known for known in (*program.packages, *program.unread) if len(known) > len(root) and list(known[: len(root)]) == root]
    if (*root, package) in siblings:
        return
    if len(root) < 2 or not siblings or program.is_unread(program.entrypoint) or program.reached((*root, package)):
        return
    what = (
        f"no module here is `{'.'.join([*root[1:], package])}`, so this is no whole policy tree, and what its parts ask of others is not "
        f"checked; check the folder that holds `{package}.rego`"
    )
    yield Problem(".", 0, 0, "layout/part", what)


def misplaced(module: Module) -> Iterator[Problem]:
    """`layout/*` of one module. Files of one folder share its package: `a/b.rego` is `package r.a` or `package r.a.b`, whatever `r` is."""
    *folders, file = module.path.removesuffix(".rego").split("/")
    name = file.removesuffix("_test")
    package = list(module.package)
    bare = [part.removesuffix("_test") for part in package]
    if not any(_ends(candidate, end) for candidate in (package, bare) for end in (folders, [*folders, name])):
        expected = ".".join([package[0], *folders])
        what = f"the package is not named after its place; name it `{expected}`, or move the file"
        yield module.problem(module.package_start, "layout/package", what, "warning")
    tests = [rule for rule in module.rules if rule.name and rule.name[0].startswith(("test_", "todo_test_"))]
    if tests and not module.is_test:
        what = f"tests stand in files that are called so; move `{tests[0].name[0]}` into `{file}_test.rego`"
        yield module.problem(tests[0], "layout/test", what, "warning")
    if module.is_test and not tests:
        yield module.problem(module.package_start, "layout/no-test", "this file of tests holds none; name them `test_..`", "warning")
    for imported in module.imports:
        if imported.path[:1] == ("future",):
            what = f"`import {'.'.join(imported.path)}` does nothing since Rego v1; remove it"
            yield module.problem(imported, "layout/future", what, "warning")


def _ends(package: list[str], end: list[str]) -> bool:
    return not end or package[-len(end) :] == end
