# SPDX-License-Identifier: Apache-2.0
"""What a value can be: the types of Rego terms, as wide as what is known, never narrower.

Of the facts a JSON Schema says what they are, of a builtin its declaration, of a rule its definitions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

__all__ = [
    "ANYTHING",
    "BOOLEAN",
    "NULL",
    "NUMBER",
    "STRING",
    "Anything",
    "ArrayOf",
    "Either",
    "ObjectOf",
    "Scalar",
    "SetOf",
    "Type",
    "alternatives",
    "declared",
    "either",
    "from_schema",
    "given",
    "has",
    "keys_of",
    "member",
    "members_of",
    "named",
    "unifies",
    "words_of",
]

_MOST = 60
"""Alternatives after which nothing more is known of a value."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """`words` are all that a string can be, where a schema lists them."""

    kind: Literal["null", "boolean", "number", "string"]
    words: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """`items` one by one, then any number of `rest`; None: no more."""

    items: tuple["Type", ...] = ()
    rest: "Type | None" = None


@dataclass(frozen=True, slots=True)
class SetOf:
    """`of` is None for the empty set."""

    of: "Type | None" = None


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """Named fields, then others of which `key` and `rest` are known; None: no others. `optional` are the fields that may be missing."""

    fields: tuple[tuple[str, "Type"], ...] = ()
    key: "Type | None" = None
    rest: "Type | None" = None
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: tuple["Type", ...]


Type: TypeAlias = Anything | Scalar | ArrayOf | SetOf | ObjectOf | Either

ANYTHING = Anything()
NULL = Scalar("null")
BOOLEAN = Scalar("boolean")
NUMBER = Scalar("number")
STRING = Scalar("string")
_SCALARS: Mapping[str, Scalar] = {"null": NULL, "boolean": BOOLEAN, "number": NUMBER, "integer": NUMBER, "string": STRING}


def either(types: Iterable[Type]) -> Type | None:
    """One type for several, or None for none."""
    parts: dict[Type, None] = {}
    for one in types:
        if isinstance(one, Anything):
            return ANYTHING
        parts.update(dict.fromkeys(one.parts if isinstance(one, Either) else (one,)))
    if len(parts) > _MOST:
        return ANYTHING
    return next(iter(parts), None) if len(parts) < 2 else Either(tuple(parts))


def alternatives(of: Type) -> tuple[Type, ...]:
    """What a value is one of."""
    return of.parts if isinstance(of, Either) else (of,)


def unifies(one: Type, other: Type) -> bool:
    """Whether a value can be both, as OPA's compiler sees it."""
    if isinstance(one, Anything) or isinstance(other, Anything):
        return True
    if isinstance(one, Either) or isinstance(other, Either):
        return any(unifies(a, b) for a in alternatives(one) for b in alternatives(other))
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.kind == other.kind
    if isinstance(one, SetOf) and isinstance(other, SetOf):
        return one.of is None or other.of is None or unifies(one.of, other.of)
    if isinstance(one, ArrayOf) and isinstance(other, ArrayOf):
        return _arrays_unify(one, other)
    if isinstance(one, ObjectOf) and isinstance(other, ObjectOf):
        return _objects_unify(one, other)
    return False


def _arrays_unify(one: ArrayOf, other: ArrayOf) -> bool:
    for at in range(max(len(one.items), len(other.items))):
        a, b = member(one, at), member(other, at)
        if a is None or b is None or not unifies(a, b):
            return False
    return one.rest is None or other.rest is None or unifies(one.rest, other.rest)


def _objects_unify(one: ObjectOf, other: ObjectOf) -> bool:
    ones, others = dict(one.fields), dict(other.fields)
    for name in ones.keys() | others.keys():
        if name in ones and name in others:
            if not unifies(ones[name], others[name]):
                return False
        elif one.rest is None and other.rest is None:
            return False
    return one.rest is None or other.rest is None or unifies(one.rest, other.rest)


def keys_of(of: Type) -> Type | None:
    """What stands before the members of a collection; None for what is no collection."""
    match of:
        case Anything():
            return ANYTHING
        case ArrayOf():
            return NUMBER
        case SetOf(inner):
            return inner or ANYTHING
        case ObjectOf(fields, key):
            return either([*([STRING] if fields else []), *([key] if key is not None else [])]) or ANYTHING
        case Either(parts):
            return either(found for part in parts if (found := keys_of(part)) is not None)
        case _:
            return None


def members_of(of: Type) -> Type | None:
    """The members of a collection; None for what is no collection, anything for an empty one."""
    match of:
        case Anything():
            return ANYTHING
        case ArrayOf(items, rest):
            return either([*items, *([rest] if rest is not None else [])]) or ANYTHING
        case SetOf(inner):
            return inner or ANYTHING
        case ObjectOf(fields=fields, rest=rest):
            return either([*(value for _, value in fields), *([rest] if rest is not None else [])]) or ANYTHING
        case Either(parts):
            return either(found for part in parts if (found := members_of(part)) is not None)
        case _:
            return None


def member(of: Type, key: str | int) -> Type | None:
    """What stands under a constant key; None where nothing can."""
    match of:
        case Anything():
            return ANYTHING
        case ArrayOf(items, rest):
            if not isinstance(key, int) or key < 0:
                return None
            return items[key] if key < len(items) else rest
        case SetOf(inner):
            return inner if inner is not None and unifies(inner, NUMBER if isinstance(key, int) else STRING) else None
        case ObjectOf(fields, names, rest):
            for name, value in fields:
                if name == key:
                    return value
            return rest if names is None or unifies(names, NUMBER if isinstance(key, int) else STRING) else None
        case Either(parts):
            return either(found for part in parts if (found := member(part, key)) is not None)
        case _:
            return None


def has(of: Type, key: str) -> bool:
    """Whether something always stands under a name."""
    if isinstance(of, Either):
        return all(has(part, key) for part in of.parts)
    return isinstance(of, ObjectOf) and key not in of.optional and any(name == key for name, _ in of.fields)


def words_of(of: Type) -> frozenset[str] | None:
    """All words that a string can be; None where the value may be anything else."""
    words: set[str] = set()
    for part in alternatives(of):
        if not isinstance(part, Scalar) or part.words is None:
            return None
        words |= part.words
    return frozenset(words)


def named(of: Type) -> str:
    """A type in words."""
    match of:
        case Anything():
            return "anything"
        case Scalar(kind):
            return kind if kind == "null" else f"a {kind}"
        case ArrayOf():
            return "an array"
        case SetOf():
            return "a set"
        case ObjectOf():
            return "an object"
        case Either(parts):
            return " or ".join(dict.fromkeys(named(part) for part in parts))


def declared(of: Mapping[str, Any]) -> Type:
    """A type of a builtin's declaration, as OPA's capabilities write it."""
    kind = of.get("type")
    if kind == "array":
        rest = declared(of["dynamic"]) if "dynamic" in of else None
        return ArrayOf(tuple(declared(part) for part in of.get("static", ())), rest)
    if kind == "set":
        return SetOf(declared(of["of"]) if "of" in of else ANYTHING)
    if kind == "object":
        dynamic = of.get("dynamic")
        fields = tuple((str(field["key"]), declared(field["value"])) for field in of.get("static", ()))
        return ObjectOf(fields, declared(dynamic["key"]), declared(dynamic["value"])) if dynamic else ObjectOf(fields)
    if kind == "any" and of.get("of"):
        return either(declared(part) for part in of["of"]) or ANYTHING
    return _SCALARS.get(str(kind), ANYTHING)


def given(builtin: str, arguments: Sequence[Type]) -> Type | None:
    """What a builtin gives for arguments of these types, where its declaration says less; None where it says all."""
    members = [found for argument in arguments if (found := members_of(argument)) is not None]
    first = arguments[0] if arguments else ANYTHING
    match builtin:
        case "union" if members:
            return SetOf(members_of(members[0]) or ANYTHING)
        case "sort" | "array.reverse" | "array.slice" if members:
            return ArrayOf(rest=members[0])
        case "array.concat" if len(members) == 2:
            return ArrayOf(rest=either(members))
        case "object.keys":
            return SetOf(keys_of(first))
        case "object.union":
            return _united(arguments)
        case "object.union_n" if isinstance(first, ArrayOf) and first.rest is None:
            return _united(first.items)
    return None


def _united(objects: Sequence[Type]) -> Type:
    """An object that has what any of these always has; what stands there may be another's."""
    names = {name for one in objects if isinstance(one, ObjectOf) for name, _ in one.fields if name not in one.optional}
    return ObjectOf(tuple((name, ANYTHING) for name in sorted(names)), ANYTHING, ANYTHING)


def from_schema(schema: object, root: Mapping[str, Any], depth: int = 40) -> Type:
    """What a JSON Schema (2020-12) allows. What is not understood is anything."""
    if not isinstance(schema, Mapping) or depth == 0:
        return ANYTHING
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return from_schema(_pointed(root, reference), root, depth - 1)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return either(from_schema(part, root, depth - 1) for part in schema[word]) or ANYTHING
    if "enum" in schema or "const" in schema:
        return _enumerated(schema.get("enum", [schema.get("const")]))
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return either(from_schema({**schema, "type": kind}, root, depth - 1) for kind in kinds) or ANYTHING
    if kinds == "array":
        items = tuple(from_schema(part, root, depth - 1) for part in schema.get("prefixItems", ()))
        return ArrayOf(items, None if schema.get("items") is False else from_schema(schema.get("items", True), root, depth - 1))
    if kinds == "object":
        fields = tuple((str(name), from_schema(part, root, depth - 1)) for name, part in schema.get("properties", {}).items())
        optional = frozenset(name for name, _ in fields) - frozenset(schema.get("required", ()))
        others = schema.get("additionalProperties", True)
        if others is False and not schema.get("patternProperties"):
            return ObjectOf(fields, optional=optional)
        is_open = bool(schema.get("patternProperties"))
        return ObjectOf(fields, STRING, ANYTHING if is_open else from_schema(others, root, depth - 1), optional)
    return _SCALARS.get(str(kinds), ANYTHING)


def _enumerated(values: Iterable[object]) -> Type:
    listed = list(values)
    words = frozenset(value for value in listed if isinstance(value, str))
    others: list[Type] = [
        BOOLEAN if isinstance(value, bool) else NULL if value is None else NUMBER if isinstance(value, int | float) else ANYTHING
        for value in listed
        if not isinstance(value, str)
    ]
    return either([*([Scalar("string", words)] if words else []), *others]) or ANYTHING


def _pointed(root: Mapping[str, Any], reference: str) -> object:
    """What a local reference, `#/$defs/place`, leads to."""
    at: object = root
    for name in reference.removeprefix("#").split("/")[1:]:
        at = at.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(at, Mapping) else None
    return at
