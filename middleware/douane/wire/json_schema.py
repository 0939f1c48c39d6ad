# SPDX-License-Identifier: Apache-2.0
"""What the JSON schemas of a request hold strings to: a model that must keep to them can write no label where one does not fit.

Keywords are those of JSON Schema 2020-12 (validation: `enum`, `const`, `pattern`, `minLength`, `maxLength`, `format`).
"""

from collections.abc import Iterator, Mapping
from typing import cast, get_args

from douane.exchange import Constraint, ConstraintOf, SchemaFormat

__all__ = ["constraints"]

_FORMATS: frozenset[str] = frozenset(get_args(SchemaFormat))
_SHORTEST_LABEL, _LONGEST_LABEL = 12, 40
_NAMES_OF_OTHERS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Their members are named by the author of the schema, and are schemas."""
_VALUES = frozenset({"default", "const", "enum", "examples"})
"""They hold values, and no schemas."""


def constraints(request: Mapping[str, object]) -> tuple[Constraint, ...]:
    """What the schemas of a chat request hold strings to, each once, in order: those of its answer, and those of its tools' arguments."""
    found: set[Constraint] = set()
    for of, schema in _schemas(request):
        found.update(_in(schema, of))
    return tuple(sorted(found, key=lambda one: (one.of, one.kind, one.format)))


def _schemas(request: Mapping[str, object]) -> Iterator[tuple[ConstraintOf, object]]:
    yield "answer", _member(_member(request.get("response_format"), "json_schema"), "schema")
    for name, inside in (("tools", "function"), ("functions", "")):
        tools = request.get(name)
        for tool in tools if type(tools) is list else ():
            yield "arguments", _member(_member(tool, inside) if inside else tool, "parameters")


def _member(value: object, name: str) -> object:
    return value.get(name) if type(value) is dict else None


def _in(schema: object, of: ConstraintOf) -> Iterator[Constraint]:
    rest = [(schema, True)]  # each with whether its members are keywords
    while rest:
        value, has_keywords = rest.pop()
        if type(value) is list:
            rest += ((part, True) for part in value)
        if type(value) is not dict:
            continue
        inner = ((name, part) for name, part in value.items() if not (has_keywords and name in _VALUES))
        rest += ((part, not (has_keywords and name in _NAMES_OF_OTHERS)) for name, part in inner)
        if not has_keywords:
            continue
        form = value.get("format")
        if type(form) is str:
            yield Constraint(of, "format", _format(form))
        if type(value.get("pattern")) is str:
            yield Constraint(of, "pattern")
        if _is_below(value.get("maxLength"), _LONGEST_LABEL) or _is_below(_SHORTEST_LABEL, value.get("minLength")):
            yield Constraint(of, "length")
        listed = value.get("enum")
        if type(value.get("const")) is str or (type(listed) is list and any(type(one) is str for one in listed)):
            yield Constraint(of, "enum")


def _is_below(one: object, other: object) -> bool:
    return type(one) in (int, float) and type(other) in (int, float) and cast("float", one) < cast("float", other)


def _format(name: str) -> SchemaFormat:
    return cast("SchemaFormat", name) if name in _FORMATS else "other"
