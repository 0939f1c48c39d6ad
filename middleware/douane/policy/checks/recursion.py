# SPDX-License-Identifier: Apache-2.0
"""Rules that ask for themselves. OPA refuses them when it compiles; functions that call each other end the embedded engine's process."""

from collections.abc import Iterator

from douane.policy.checks.program import Program
from douane.policy.rego.problem import Problem

__all__ = ["recursive"]

_Path = tuple[str, ...]


def recursive(program: Program) -> Iterator[Problem]:
    """`recursion`, once for each circle, at its first rule."""
    edges = {path: dict.fromkeys(sorted(others)) for path, others in program.asked.items()}
    for circle in _circles(edges):
        way = _way(edges, circle)
        first = program.rules[way[0]][0]
        shown = " -> ".join(".".join(path[1:]) for path in (*way, way[0]))
        yield first.module.problem(first.rule, "recursion", f"this rule asks for itself ({shown}); break the circle")


def _circles(edges: dict[_Path, dict[_Path, None]]) -> Iterator[frozenset[_Path]]:
    """The strongly connected parts that hold a circle (Tarjan's algorithm, without recursion)."""
    index: dict[_Path, int] = {}
    low: dict[_Path, int] = {}
    stack: list[_Path] = []
    stacked: set[_Path] = set()
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        stacked.add(root)
        while work:
            path, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    stacked.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in stacked:
                    low[path] = min(low[path], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[path])
                if low[path] == index[path]:
                    part = set()
                    while path not in part:
                        part.add(stack.pop())
                    stacked -= part
                    if len(part) > 1 or path in edges[path]:
                        yield frozenset(part)


def _way(edges: dict[_Path, dict[_Path, None]], circle: frozenset[_Path]) -> tuple[_Path, ...]:
    """A shortest way around, from the rule that comes first in the program."""
    start = next(path for path in edges if path in circle)
    came: dict[_Path, _Path] = {}
    level = [start]
    while start not in came:
        found = [(other, path) for path in level for other in edges[path] if other in circle and other not in came]
        level = []
        for other, path in found:
            if other not in came:
                came[other] = path
                level.append(other)
    way = [start]
    while (at := came[way[-1]]) != start:
        way.append(at)
    return (start, *reversed(way[1:]))
