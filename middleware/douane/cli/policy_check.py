# SPDX-License-Identifier: Apache-2.0
"""`douane policy check`: what is wrong with policies before they decide anything."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.cli.policy_tree import Tree, add_paths, gather, where
from douane.errors import BundleRejected

if TYPE_CHECKING:
    from douane.policy.rego.problem import Problem

__all__ = ["add", "beside", "check"]

_CHECK = """\
examples:
  douane policy check                                 ./policies, else those shipped
  douane policy check policies --strict               warnings count as errors
  douane policy check policies --json | jq -r '.[].rule'
  douane policy check my.rego --schema policies/schemas/input.schema.json --entrypoint data.my.decision

Each problem is `file:line:column: level: what to do [rule]`, with the line. An error makes a decision wrong or missing, so such policies
are not loaded; a warning misleads people. Schema and capabilities are looked for in the folders (`schemas/input.schema.json`,
`capabilities.json`), then beside the policies that were shipped.

exit codes: 0 no error (with `--strict`: no problem), 2 errors, policies that cannot be read, or wrong usage
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    plain = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser("check", help="find what is wrong with them", epilog=_CHECK, formatter_class=plain)
    add_paths(verb)
    verb.add_argument("--strict", action="store_true", help="warnings count as errors")
    verb.add_argument("--schema", type=Path, metavar="FILE", help="JSON schema of the facts (`input`)")
    verb.add_argument("--capabilities", type=Path, metavar="FILE", help="what the engines know, in OPA's form")
    verb.add_argument("--entrypoint", metavar="REF", help="the rule that decides (default: data.douane.main.decision)")
    verb.add_argument("--json", action="store_true", help="the problems as a JSON array")
    verb.set_defaults(run=_check)


def check(
    tree: Tree,
    *,
    schema: Mapping[str, Any] | None = None,
    capabilities: Mapping[str, Any] | None = None,
    entrypoint: str | None = None,
) -> "tuple[Problem, ...]":
    """The problems of a tree, found in a process of its own. Raises `BundleRejected` for what ends that."""
    from douane.policy.checks.checker import checked

    known = capabilities if capabilities is not None else beside(tree, "capabilities.json") or {}
    problems = checked(tree.modules, tree.data, schema=schema, capabilities=known, entrypoint=entrypoint)
    placed = (replace(problem, path=tree.places.get(problem.path, problem.path)) for problem in problems)
    return (*placed, *_of_detectors(tree))


def _of_detectors(tree: Tree) -> "Iterator[Problem]":
    """What is wrong with the detectors that the data holds."""
    from douane.detect.authored.document import read
    from douane.detect.authored.sample import proven
    from douane.policy.rego.problem import Problem

    try:
        proven(read(tree.data))
    except BundleRejected as cause:
        yield Problem("detectors", 0, 0, "detectors", str(cause))


def beside(tree: Tree, name: str) -> Any:
    """What is in the JSON file of this name beside the policies, or else beside those that were shipped; None where there is none."""
    from douane.policy.shipped import shipped_policies

    found = next((path / name for path in (*tree.paths, shipped_policies()) if (path / name).is_file()), None)
    return None if found is None else _json(found)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as cause:
        raise BundleRejected(f"`{path}` cannot be read as JSON; check its name and what is in it") from cause


def _check(options: argparse.Namespace) -> int:
    tree = gather(where(options.paths, options.config), ignore=options.ignore)
    schema = _json(options.schema) if options.schema else beside(tree, "schemas/input.schema.json")
    capabilities = _json(options.capabilities) if options.capabilities else None
    problems = check(tree, schema=schema, capabilities=capabilities, entrypoint=options.entrypoint)
    if options.json:
        print(json.dumps([asdict(problem) for problem in problems], indent=2, ensure_ascii=False))
    else:
        _print(problems, len(tree.modules))
    return 2 if problems and (options.strict or any(problem.level == "error" for problem in problems)) else 0


def _print(problems: "Sequence[Problem]", modules: int) -> None:
    from douane.policy.rego.problem import shown

    for problem in problems:
        print(shown(problem))
    counts = Counter(problem.level for problem in problems)
    said = ", ".join(f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}" for level in ("error", "warning") if counts[level])
    print(f"{modules} modules: {said or 'nothing wrong'}", file=sys.stderr)
