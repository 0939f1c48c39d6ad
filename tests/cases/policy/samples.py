# SPDX-License-Identifier: Apache-2.0
"""The golden cases of this folder: facts, and the decision that the shipped policies take, with the settings of the case."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["CASES", "FOLDER", "Case", "cases", "said"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Case:
    """`pack` is the file's name. `settings` is JSON text, so that cases with the same ones can share an engine."""

    pack: str
    name: str
    settings: str
    input: Any
    result: Any

    @property
    def document(self) -> str:
        return json.dumps(self.input)

    def __str__(self) -> str:
        return f"{self.pack}: {self.name}"


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    value = dict(target) if isinstance(target, dict) else {}
    for name, part in patch.items():
        if part is None:
            value.pop(name, None)
        else:
            value[name] = merged(value.get(name), part)
    return value


def cases() -> Iterator[Case]:
    """Every case, in the order of the files."""
    for path in sorted(FOLDER.glob("*.yaml")):
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in text["cases"]:
            settings = json.dumps(case.get("settings", {}), sort_keys=True)
            yield Case(path.stem, case["name"], settings, merged(text["base"], case["input"]), case.get("result"))


def said(result: Mapping[str, Any]) -> set[str]:
    """The ids of the rules that a result tells of, observed ones too."""
    ids: set[str] = set()
    for part in (result, result.get("observed", {})):
        ids |= {entry["id"] for name in ("reasons", "rejections") for entry in part.get(name, ())}
        ids |= {obligation["rule"] for obligation in part.get("obligations", ())}
    return ids


CASES = tuple(cases())
