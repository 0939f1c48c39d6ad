# SPDX-License-Identifier: Apache-2.0
"""The data of a bundle: JSON and YAML read so strictly that no other reader could see another value in them.

YAML has several dialects: `NO` is false to PyYAML and the text "NO" to OPA, `1e3` a text to one and a number to the other. Whatever they
read differently is refused, with the advice to quote it.
"""

import json
import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any, cast

import yaml

from douane.errors import BundleRejected

__all__ = ["LIMIT", "NAMES", "canonical", "check", "is_under", "merged", "mount", "parse", "text"]

NAMES = ("data.json", "data.yaml", "data.yml")
"""The only files that are data, as OPA has it; each is mounted by its folder."""

LIMIT = 16 * 2**20
"""Characters of a bundle's policies, and of its data once every YAML alias is written out."""

_SAFE_INTEGER = 2**53
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
# What go-yaml, and so OPA, takes for a number, underscores apart.
_NUMBER_OF_OTHERS = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?0[xXoObB][-+]?[0-9a-fA-F]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"


def text(raw: bytes, name: str) -> str:
    """The UTF-8 text of a file. Raises `BundleRejected`."""
    try:
        return raw.decode()
    except UnicodeDecodeError as cause:
        raise BundleRejected(f"`{name}` cannot be read as UTF-8 text; check its encoding") from cause


def parse(raw: bytes, name: str, *, number: Callable[[str], object] | None = None) -> Any:
    """The value of a JSON or YAML file, by its name; JSON in a YAML file is read as JSON, as OPA does.

    `number` makes a value of a JSON number's text. Raises `BundleRejected` with the line.
    """
    content = text(raw, name)
    is_yaml = name.endswith((".yaml", ".yml"))
    try:
        try:
            return json.loads(content, object_pairs_hook=lambda pairs: _unique(pairs, name), parse_int=number, parse_float=number)
        except json.JSONDecodeError as cause:
            if not is_yaml:
                raise BundleRejected(f"`{name}`, line {cause.lineno} is not JSON; mend it there") from cause
        return yaml.load(content, _StrictLoader)  # a SafeLoader
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise BundleRejected(f"`{name}`{where} is not YAML that douane takes ({getattr(cause, 'problem', 'unreadable')})") from cause
    except RecursionError as cause:
        raise BundleRejected(f"`{name}` is nested too deep; flatten it") from cause
    except ValueError as cause:  # a number of thousands of digits
        raise BundleRejected(_of_number(name)) from cause


def check(value: object, name: str) -> int:
    """The size of a value in characters, aliases written out; only what both engines read alike passes.

    Text keys, no fractions, no integer beyond a double, no half of a surrogate pair. Raises `BundleRejected`.
    """
    try:
        size = _size(value, name, {})
    except RecursionError as cause:
        raise BundleRejected(f"`{name}` is nested too deep, or in itself; flatten it") from cause
    if size > LIMIT:
        raise BundleRejected(f"`{name}` is more than {LIMIT} characters once its aliases are written out; use fewer of them")
    return size


def mount(data: dict[str, Any], folders: tuple[str, ...], value: dict[str, Any], name: str) -> None:
    """Unite a file's value with the data at its folder, as OPA does: objects are united, anything else may be given only once."""
    for folder in reversed(folders):
        value = {folder: value}
    _unite(data, value, name)


def merged(target: object, patch: object) -> Any:
    """RFC 7396: `patch` over `target`, as a new value."""
    if not isinstance(patch, Mapping):
        return list(patch) if isinstance(patch, tuple) else patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), part)
    return result


def is_under(data: object, path: tuple[str, ...]) -> bool:
    """Whether the data has a value at the path, or one that leaves no room for it."""
    for name in path:
        if not isinstance(data, Mapping):
            return True
        if name not in data:
            return False
        data = data[name]
    return True


def canonical(value: object) -> str:
    """The JSON text of a value, the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class _StrictLoader(yaml.SafeLoader):
    """YAML without duplicate keys, tags and merges, and without what JSON cannot say or another dialect reads otherwise."""

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        # The stubs leave this one without types.
        event = self.peek_event()  # type: ignore[no-untyped-call]
        node = super().compose_scalar_node(anchor)
        if event.tag is not None:
            raise yaml.constructor.ConstructorError(None, None, "a tag; leave it out", node.start_mark)
        if not event.implicit[0]:
            return node  # quoted: text to everybody
        kind, plain = node.tag.removeprefix(_TAG), node.value
        if (
            (kind == "bool" and not _TRUTH.fullmatch(plain))
            or (kind == "int" and not _DECIMAL.fullmatch(plain))
            or (kind == "str" and _NUMBER_OF_OTHERS.fullmatch(plain.replace("_", "")))
        ):
            problem = "a word that readers of YAML take for different values; put it into quotes, or write true, false or a decimal number"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key is no text", node.start_mark)
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(names)) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


# A date without quotes would become a date, which JSON does not have; OPA reads it as a string, and so does this.
_StrictLoader.add_constructor(f"{_TAG}timestamp", lambda loader, node: loader.construct_scalar(cast("yaml.ScalarNode", node)))


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BundleRejected(f"`{name}` has a key that stands twice; name each once")
    return members


def _size(value: object, name: str, known: dict[int, int]) -> int:
    # INVARIANT: each container is walked once, however many aliases name it; a file of a kilobyte can mean a terabyte.
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise BundleRejected(f"`{name}` holds half of a surrogate pair; write the character itself")
        return len(value) + 2
    if value is None or isinstance(value, bool):
        return 5
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return 17
    if not isinstance(value, Mapping | list | tuple):
        raise BundleRejected(_of_number(name))
    size = known.get(id(value))
    if size is None:
        size = 2
        for key, part in value.items() if isinstance(value, Mapping) else enumerate(value):
            if isinstance(value, Mapping):
                if not isinstance(key, str):
                    raise BundleRejected(f"`{name}` has the key `{key}`, which is no text; put it into quotes")
                size += _size(key, name, known) + 1
            size += _size(part, name, known) + 1
        known[id(value)] = size
    return size


def _of_number(name: str) -> str:
    return f"`{name}` has a value that engines may read differently; use text and whole numbers within 2^53"


def _unite(target: dict[str, Any], more: dict[str, Any], name: str) -> None:
    for key, part in more.items():
        if key not in target:
            # A copy, because an alias of YAML may be the same object in two places.
            target[key] = {}
            if isinstance(part, dict):
                _unite(target[key], part, name)
            else:
                target[key] = part
        elif isinstance(target[key], dict) and isinstance(part, dict):
            _unite(target[key], part, name)
        else:
            raise BundleRejected(f"`{name}` gives `{key}` a value that other data gives it too; keep one of them")
