# SPDX-License-Identifier: Apache-2.0
"""METADATA: the YAML in the comments over a rule or a package, as OPA reads it (OPA's documentation, "Annotations")."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from douane.policy.rego.problem import Problem

__all__ = ["Annotation", "annotations"]

_MARK = re.compile(r"#\s*METADATA")
# The loader in C reads the same ten times as fast; a PyYAML that was built without it has only the other.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCOPES = ("rule", "document", "package", "subpackages")
_KEYS = frozenset(
    {
        "authors",
        "compile",
        "custom",
        "description",
        "entrypoint",
        "id",
        "labels",
        "organizations",
        "related_resources",
        "schemas",
        "scope",
        "title",
    }
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One block. `line` is that of its `# METADATA`, `target` the first line of code after it; `scope` is empty where none is said."""

    line: int
    target: int
    scope: str = ""
    title: str = ""
    description: str = ""
    entrypoint: bool = False
    references: tuple[tuple[str, str], ...] = ()
    """(what it is called or nothing, URL), from `related_resources`."""
    schemas: tuple[Mapping[str, Any], ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The rule's id, from `custom.id`."""
        return str(self.custom.get("id", ""))

    @property
    def severity(self) -> str:
        """From `custom.severity`."""
        return str(self.custom.get("severity", ""))


def annotations(path: str, text: str) -> tuple[tuple[Annotation, ...], tuple[Problem, ...]]:
    """The annotations of a module, in order, and what is wrong with those that cannot be read."""
    found: list[Annotation] = []
    problems: list[Problem] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if not _MARK.match(lines[at]):
            at += 1
            continue
        begin = at
        at += 1
        while at < len(lines) and lines[at].startswith("#") and not _MARK.match(lines[at]):
            at += 1
        block = "\n".join(line[1:].removeprefix(" ") for line in lines[begin + 1 : at])
        target = at
        while target < len(lines) and (not lines[target].strip() or lines[target].lstrip().startswith("#")):
            target += 1
        try:
            found.append(_annotation(begin + 1, target + 1, yaml.load(block, _LOADER)))  # a SafeLoader
        except yaml.YAMLError as cause:
            mark = getattr(cause, "problem_mark", None)
            line = min(begin + 2 + (mark.line if mark is not None else 0), at)
            what = getattr(cause, "problem", None) or "unreadable"
            problems.append(_problem(path, lines, line, f"METADATA is not YAML ({what}); mend the comment"))
        except RecursionError:
            problems.append(_problem(path, lines, begin + 1, "METADATA is nested too deep; write it flat"))
        except ValueError as cause:
            problems.append(_problem(path, lines, begin + 1, f"METADATA {cause}"))
    return tuple(found), tuple(problems)


def _problem(path: str, lines: list[str], line: int, message: str) -> Problem:
    line = min(line, len(lines))
    return Problem(path, line, 1, "metadata/invalid", message, source=lines[line - 1])


def _annotation(line: int, target: int, value: object) -> Annotation:
    if not isinstance(value, dict):
        raise ValueError("is no mapping; begin with `title:` on the next line")
    unknown = sorted(str(key) for key in value if key not in _KEYS)
    if unknown:
        raise ValueError(f"has the unknown key `{unknown[0]}`; what is your own stands under `custom`")
    scope = value.get("scope", "")
    if scope and scope not in _SCOPES:
        raise ValueError(f"has the scope `{scope}`; possible are {', '.join(_SCOPES)}")
    if not isinstance(value.get("entrypoint", False), bool):
        raise ValueError("has an `entrypoint` that is neither `true` nor `false`")
    custom = value.get("custom") or {}
    schemas = value.get("schemas") or []
    if not isinstance(custom, dict) or not isinstance(schemas, list) or not all(isinstance(part, dict) for part in schemas):
        raise ValueError("needs a mapping under `custom` and a list of mappings under `schemas`")
    return Annotation(
        line,
        target,
        scope,
        str(value.get("title") or ""),
        str(value.get("description") or ""),
        value.get("entrypoint") is True,
        tuple(_reference(part) for part in _listed(value.get("related_resources"))),
        tuple(schemas),
        custom,
    )


def _listed(value: object) -> list[object]:
    if value is not None and not isinstance(value, list):
        raise ValueError("needs a list under `related_resources`; write `- ref: https://...`")
    return value or []


def _reference(value: object) -> tuple[str, str]:
    if isinstance(value, str) and value:
        return "", value
    if isinstance(value, dict) and isinstance(value.get("ref"), str) and value["ref"]:
        return str(value.get("description") or ""), value["ref"]
    raise ValueError("has a related resource without `ref`; write `- ref: https://...`")
