# SPDX-License-Identifier: Apache-2.0
"""`sprintf`: where its verbs and arguments do not fit, OPA writes `%!d(string=x)` into the message and the embedded engine stops."""

import re
from collections.abc import Iterator

from douane.policy.checks.inference import Inference
from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope
from douane.policy.checks.types import NUMBER, named, unifies
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Node

__all__ = ["misformatted"]

_VERB = re.compile(r"%(?P<whole>%|(?P<flags>[-+0]*)(?P<width>[0-9]{0,3})(?P<verb>[sdvxXob]))|%[^A-Za-z%]*[A-Za-z%]?")
"""The verbs that both engines write alike (`rendering`); any other is matched without its parts."""


def misformatted(program: Program, inference: Inference) -> Iterator[Problem]:
    """`format/*`."""
    for scope in program.scopes:
        for node in scope.nodes:
            if node.kind != "Call" or len(node.children) < 3:
                continue
            use = scope.calls.get(node.children[0].start)
            if use is None or use.path != ("sprintf",):
                continue
            text, arguments = node.children[1:3]
            if text.kind in ("String", "RawString"):
                yield from _call(inference, scope, text, arguments)


def _call(inference: Inference, scope: Scope, text: Node, arguments: Node) -> Iterator[Problem]:
    verbs: list[str] = []
    for match in _VERB.finditer(str(text.value)):
        verb, flags = match["verb"], match["flags"] or ""
        if match["whole"] == "%":
            continue
        if verb is None or (verb != "d" and flags.strip("-")) or (verb in "xXob" and match["width"] + flags):
            what = f"`{match[0]}` is not written alike by both engines; use `%s`, `%d` or `%v`"
            yield scope.module.problem(text, "format/verb", what)
            return
        verbs.append(verb)
    if arguments.kind != "Array":
        return
    if len(verbs) != len(arguments.children):
        what = f"there are {len(verbs)} verbs and {len(arguments.children)} arguments; give each verb one"
        yield scope.module.problem(arguments, "format/count", what)
        return
    for verb, argument in zip(verbs, arguments.children, strict=True):
        have = inference.of(argument, scope)
        if verb in "dxXob" and not unifies(have, NUMBER):
            yield scope.module.problem(argument, "format/argument", f"`%{verb}` takes a number and this is {named(have)}; use `%v`")
        elif verb == "s" and have == NUMBER:
            yield scope.module.problem(argument, "format/argument", "engines write `%s` of a number otherwise; use `%d` or `%v`")
