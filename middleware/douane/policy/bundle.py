# SPDX-License-Identifier: Apache-2.0
"""A bundle: the Rego modules and the data of a folder, read as OPA reads one, and checked for what would silently change a decision."""

import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from douane.errors import BundleRejected

__all__ = ["Bundle", "override", "read"]

_DATA = ("data.json", "data.yaml", "data.yml")
_RESERVED = "douane"
_LIMIT = 16 * 2**20
_SAFE_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Bundle:
    """Policies that decide together. `modules` and `tests` are (path, Rego text), by path; `data` is JSON text.

    `revision` is `sha256:<hex>` over the paths and texts of modules and over the data: equal revisions decide equally.
    """

    modules: tuple[tuple[str, str], ...] = field(repr=False)
    tests: tuple[tuple[str, str], ...] = field(repr=False)
    data: str = field(repr=False)
    revision: str


def read(folder: Path) -> Bundle:
    """The bundle in a folder. `x_test.rego` are tests; data comes only from `data.json` or `data.yaml`, mounted by its folder.

    Raises `BundleRejected` with the file and what to do.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise BundleRejected(f"`{folder}` is no folder; name the one that holds `main.rego`")
    modules: list[tuple[str, str]] = []
    tests: list[tuple[str, str]] = []
    data: dict[str, Any] = {}
    size = 0
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(root).parts) or not path.is_file():
            continue
        if path.suffix != ".rego" and path.name not in _DATA:
            continue
        if not path.resolve().is_relative_to(root):
            raise BundleRejected(f"`{name}` is a link that leaves the folder; put a copy in its place")
        text = _text(path, name)
        size += len(text)
        if size > _LIMIT:
            raise BundleRejected(f"the folder holds more than {_LIMIT} characters of policies and data; move what is not theirs away")
        if path.suffix == ".rego":
            (tests if path.stem.endswith("_test") else modules).append((name, text))
        else:
            _mount(data, path.relative_to(root).parent.parts, _value(path, name, text), name)
    if not modules:
        raise BundleRejected(f"`{folder}` holds no Rego module; name the folder that holds `main.rego`")
    if _RESERVED in data:
        raise BundleRejected(f"there is data under `{_RESERVED}`, where the rules live; data there would silently take the place of rules")
    return _bundle(tuple(modules), tuple(tests), data)


def override(bundle: Bundle, settings: Mapping[str, object]) -> Bundle:
    """The bundle with settings merged over its data (RFC 7396). Raises `BundleRejected` for a pack that has no data."""
    data = cast("dict[str, Any]", json.loads(bundle.data))
    for pack in settings:
        if pack not in data:
            known = ", ".join(f"`{name}`" for name in sorted(data)) or "none"
            raise BundleRejected(f"`policies.settings.{pack}` is for a pack without data; those that have some are {known}")
    _check_value(settings, "policies.settings")
    return _bundle(bundle.modules, bundle.tests, _merged(data, settings))


def _bundle(modules: tuple[tuple[str, str], ...], tests: tuple[tuple[str, str], ...], data: Mapping[str, object]) -> Bundle:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(json.dumps([modules, text], ensure_ascii=False).encode())
    return Bundle(modules, tests, text, f"sha256:{digest.hexdigest()}")


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise BundleRejected(f"`{name}` cannot be read as UTF-8 text; check its rights and its encoding") from cause


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys and without what JSON cannot say."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(names)) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


# A date without quotes would become a date, which JSON does not have; OPA reads it as a string, and so does this.
_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(cast("yaml.ScalarNode", node)))


def _value(path: Path, name: str, text: str) -> dict[str, Any]:
    try:
        if path.suffix == ".json":
            value = json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, name))
        else:
            value = yaml.load(text, _StrictLoader)  # a SafeLoader
    except json.JSONDecodeError as cause:
        raise BundleRejected(f"`{name}`, line {cause.lineno} is not JSON; mend it there") from cause
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise BundleRejected(f"`{name}`{where} is not YAML that douane takes ({getattr(cause, 'problem', 'unreadable')})") from cause
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise BundleRejected(f"`{name}` is no mapping; data begins with names")
    _check_value(value, name)
    return value


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BundleRejected(f"`{name}` has a key that stands twice; name each once")
    return members


def _check_value(value: object, name: str) -> None:
    """Only what both engines read alike: text keys, no fractions, no integer beyond a double."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if not isinstance(key, str):
                raise BundleRejected(f"`{name}` has the key `{key}`, which is no text; put it into quotes")
            _check_value(part, name)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_value(part, name)
    elif isinstance(value, bool | str) or value is None:
        return
    elif not isinstance(value, int) or abs(value) > _SAFE_INTEGER:
        raise BundleRejected(f"`{name}` has a number that engines may read differently; use whole numbers within 2^53, or text")


def _mount(data: dict[str, Any], folders: tuple[str, ...], value: dict[str, Any], name: str) -> None:
    at = data
    for folder in folders:
        at = at.setdefault(folder, {})
        if not isinstance(at, dict):
            raise BundleRejected(f"`{name}` lies where other data already has a value; move one of them")
    for key, part in value.items():
        if key in at:
            raise BundleRejected(f"`{name}` gives `{key}` a value that other data gives it too; keep one of them")
        at[key] = part


def _merged(target: object, patch: object) -> Any:
    if not isinstance(patch, Mapping):
        return list(patch) if isinstance(patch, tuple) else patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, part in patch.items():
        if part is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), part)
    return merged
