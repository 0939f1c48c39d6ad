# SPDX-License-Identifier: Apache-2.0
"""The checker: what can be known of policies before they decide, and what the embedded engine does not say until it is too late."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from douane.policy.checks.calls import miscalled
from douane.policy.checks.conflicts import conflicting
from douane.policy.checks.contract import misgiven
from douane.policy.checks.formats import misformatted
from douane.policy.checks.forms import malformed
from douane.policy.checks.heads import incomplete
from douane.policy.checks.hints import explained
from douane.policy.checks.inference import Inference
from douane.policy.checks.layout import misplaced, partial, unreadable
from douane.policy.checks.metadata import misannotated
from douane.policy.checks.mismatch import mismatched
from douane.policy.checks.negation import misnegated
from douane.policy.checks.portable import unportable
from douane.policy.checks.program import Program
from douane.policy.checks.recursion import recursive
from douane.policy.checks.references import dangling
from douane.policy.checks.regexes import unportable_regexes
from douane.policy.checks.safety import unbound
from douane.policy.checks.style import misleading
from douane.policy.checks.vocabulary import unlisted_types
from douane.policy.checks.whole import lossy
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module, NotParsed, parse

__all__ = ["check"]

_PACKAGE = re.compile(r"^[ \t]*package[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)


def check(
    modules: Iterable[tuple[str, str]],
    data: str,
    *,
    capabilities: Mapping[str, Any],
    schema: Mapping[str, Any] | None = None,
    entrypoint: str = "data.douane.main.decision",
) -> tuple[Problem, ...]:
    """Every problem of policies that are to be loaded together, in the order of their places.

    `modules` are (path, Rego text), tests among them; `data` is JSON text; `schema` the JSON Schema of `input`; `capabilities` what both
    engines have, in OPA's format. Nothing is evaluated and no file is read. A module that cannot be parsed is one problem, and what lies
    in its package is then taken to exist. A part of a tree, without the package that decides, is one problem too, and then only what can be
    known of its rules one by one is looked for.
    """
    given = tuple(modules)
    problems = [*unreadable(given)]
    parsed: list[Module] = []
    unread: list[tuple[str, ...]] = []
    for path, text in given:
        try:
            parsed.append(parse(path, text.removeprefix("\ufeff")))
        except NotParsed as failure:
            problems.append(explained(failure.problem))
            package = _PACKAGE.search(text)
            unread.append(("data", *package[1].split("."))) if package else unread.append(("data",))
    program = Program(
        tuple(parsed),
        json.loads(data),
        {builtin["name"]: builtin for builtin in capabilities.get("builtins", ())},
        tuple(entrypoint.split(".")),
        tuple(unread),
        frozenset(capabilities.get("features", ())),
    )
    problems += _found(program, schema)
    return tuple(sorted(dict.fromkeys(problems)))


def _found(program: Program, schema: Mapping[str, Any] | None) -> Iterator[Problem]:
    for module in program.modules:
        yield from misplaced(module)
    for scope in program.scopes:
        yield from scope.problems
    yield from malformed(program)
    yield from unportable_regexes(program)
    yield from misgiven(program)
    yield from unlisted_types(program)
    apart = tuple(partial(program))
    if apart:
        yield from apart
        return
    inference = Inference(program, schema)
    yield from miscalled(program)
    yield from dangling(program)
    yield from conflicting(program)
    yield from recursive(program)
    yield from unbound(program)
    yield from mismatched(program, inference)
    yield from unportable(program, inference)
    yield from lossy(program)
    if not program.unread:  # what cannot be read leaves open what is always defined
        yield from misnegated(program, inference)
        yield from incomplete(program, inference)
    yield from misformatted(program, inference)
    yield from misannotated(program)
    yield from misleading(program)
