# SPDX-License-Identifier: Apache-2.0
"""Calls: of builtins that do not exist or are not portable, of functions that nobody defined, with too many or too few arguments."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from douane.policy.checks.program import Program
from douane.policy.checks.scope import Scope, Use
from douane.policy.rego.problem import Problem

__all__ = ["INSTEAD", "miscalled", "nearest"]

INSTEAD = {
    "all": "use `every`",
    "any": "use `some`",
    "cast": "ask with `is_..` for what is there",
    "crypto": "keys and certificates are checked before a policy is asked",
    "div": "multiply the other side",
    "graph.reachable_paths": "use `graph.reachable`",
    "graphql": "read the query in a detector",
    "http.send": "give the answer as data; a policy asks nobody",
    "io.jwt": "the gateway verifies tokens; their claims are in `input.principal.claims`",
    "json.filter": "use `object.filter`",
    "json.marshal_with_options": "use `json.marshal`",
    "json.match_schema": "ask with `is_object` and `object.get`",
    "json.patch": "use `object.union`",
    "json.remove": "use `object.remove`",
    "json.verify_schema": "ask with `is_object` and `object.get`",
    "net.cidr_overlap": "use `net.cidr_contains`",
    "net.lookup_ip_addr": "give the addresses as data; a policy asks nobody",
    "object.subset": "use `every`",
    "opa.runtime": "put what it needs to know into the settings",
    "providers": "a policy signs nothing",
    "rand": "a decision has to be the same when it is replayed",
    "re_match": "use `regex.match`",
    "regex.globs_match": "use `glob.match`",
    "regex.is_valid": "write the pattern out; it is checked then",
    "regex.template_match": "use `regex.match`",
    "rego.metadata": "write the id as a text; it is compared with the METADATA",
    "rego.parse_module": "`douane policy check` reads modules",
    "set_diff": "use `-`",
    "strings.render_template": "use `sprintf`",
    "time.now_ns": "use `input.time`, so that a decision can be replayed",
    "time.parse_ns": "use `time.parse_rfc3339_ns`",
    "trace": "use `print` in a test",
    "uri": "take facts that the gateway tells",
    "uuid": "a decision has to be the same when it is replayed",
    "yaml": "give it as data, or as JSON",
}
"""What to do instead of a builtin, or of all under a name."""


def miscalled(program: Program) -> Iterator[Problem]:
    """`builtin/*`, `function/*` and what `with` cannot replace."""
    for scope in program.scopes:
        for use in scope.uses:
            if use.role == "call":
                yield from _call(program, scope, use)
            elif use.role == "target":
                yield from _target(program, scope, use)
            elif use.role == "value" and use.is_global:
                yield from _read(program, scope, use)


def _call(program: Program, scope: Scope, use: Use) -> Iterator[Problem]:
    name = ".".join(part if isinstance(part, str) else "[..]" for part in use.path)
    if use.variable is not None:
        yield scope.module.problem(
            use.node, "function/shadowed", f"`{use.path[0]}` is a variable here and cannot be called; give the variable another name"
        )
        return
    expected = program.inputs_of(use)
    if use.is_global:
        definitions = program.rules.get(tuple(str(part) for part in use.path), ())
        if expected is None:
            if definitions:
                what = f"`{name}` is a rule and takes no arguments; read it without `(..)`"
                yield scope.module.problem(use.node, "function/no-function", what)
            elif not program.is_unread(use.path):
                known = (".".join(path) for path, found in program.rules.items() if found[0].rule.arguments)
                yield scope.module.problem(use.node, "function/unknown", f"there is no function `{name}`{nearest(name, known)}")
        elif use.arguments not in (expected, expected + 1):
            yield _arity(scope, use, "function/arity", name, expected)
        return
    if name not in program.builtins:
        yield from _builtin(program, scope, use, name)
    elif expected is not None and use.arguments not in (expected, expected + 1):
        yield _arity(scope, use, "builtin/arity", name, expected)


def _builtin(program: Program, scope: Scope, use: Use, name: str) -> Iterator[Problem]:
    instead = next((text for key, text in INSTEAD.items() if name == key or name.startswith((f"{key}.", f"{key}_"))), "")
    if instead:
        yield scope.module.problem(use.node, "builtin/not-portable", f"`{name}` is not in the portable subset; {instead}")
        return
    meant = " or ".join(f"`import {path}`" for path in program.importable(str(use.path[0])) if len(use.path) > 1)
    if meant:
        yield scope.module.problem(use.node, "builtin/unknown", f"there is no builtin `{name}`; {meant} is missing")
        return
    package = (".".join(d.rule.name) for d in program.definitions if d.rule.arguments and d.module.package == scope.module.package)
    yield scope.module.problem(
        use.node, "builtin/unknown", f"there is no builtin and no function `{name}`{nearest(name, [*program.builtins, *package])}"
    )


def _target(program: Program, scope: Scope, use: Use) -> Iterator[Problem]:
    if use.is_global:
        if len(use.path) > 1 and use.path[0] == "data":
            names = [part for part in use.path if isinstance(part, str)]
            for length in range(2, len(names)):
                if program.rules.get(tuple(names[:length])):
                    yield scope.module.problem(
                        use.node,
                        "with/partial",
                        f"`with` cannot replace a part of the rule `{'.'.join(names[:length])}`; replace all of it",
                    )
        return
    name = ".".join(part if isinstance(part, str) else "[..]" for part in use.path)
    if name == "contains":  # OPA reads a keyword there, the embedded engine the builtin
        what = "`contains` is a keyword behind `with`; call it in a function of your own, and replace that"
        yield scope.module.problem(use.node, "with/target", what)
        return
    if use.variable is not None or name not in program.builtins:
        yield scope.module.problem(
            use.node, "with/target", f"`with` replaces `input`, `data` or a function, and `{name}` is none of them; mend the name"
        )


def _read(program: Program, scope: Scope, use: Use) -> Iterator[Problem]:
    definitions = program.rule_before(use.path)
    if definitions and definitions[0].rule.arguments:
        name = ".".join(definitions[0].path[1:])
        yield scope.module.problem(use.node, "function/not-called", f"`{name}` is a function; call it with its arguments")


def _arity(scope: Scope, use: Use, rule: str, name: str, expected: int) -> Problem:
    arguments = "1 argument" if expected == 1 else f"{expected} arguments"
    return scope.module.problem(use.node, rule, f"`{name}` takes {arguments} and is given {use.arguments}; mend the call")


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message that proposes a known name like this one."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"; did you mean `{close[0]}`?" if close else "; define it or mend the name"
