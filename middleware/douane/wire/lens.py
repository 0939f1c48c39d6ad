# SPDX-License-Identifier: Apache-2.0
"""The lens: walks a vendor's JSON by a map of rules and finds every string in it. The maps stand with their formats.

A rule takes the lens, a value, its pointer and its place. Every string that a rule does not account for is reported as unknown, and scanned
all the same: a map that is behind its vendor's API loses nothing.
"""

from collections.abc import Callable, Mapping
from typing import cast

from douane.exchange import Egress, Opaque, Role, Segment, SegmentKind, Trust

__all__ = [
    "Lens",
    "Rule",
    "attached",
    "called",
    "declared",
    "egress",
    "either",
    "escape",
    "fields",
    "free_map",
    "ignore",
    "items",
    "opaque",
    "schema",
    "tagged",
    "text",
    "url_or_data",
    "word",
]


class Lens:
    """What was found so far. `role` and `trust` are those of the message that is being walked."""

    __slots__ = ("called", "declared", "declared_at", "egress", "opaque", "role", "segments", "trust", "unknown")

    def __init__(self, role: Role = "none", trust: Trust = "user") -> None:
        self.role = role
        self.trust = trust
        self.segments: list[Segment] = []
        self.opaque: list[Opaque] = []
        self.egress: list[Egress] = []
        self.unknown: list[str] = []
        self.declared: list[str] = []
        self.declared_at: list[str] = []
        self.called: list[str] = []

    def add(self, text: str, pointer: str, place: str, kind: SegmentKind) -> None:
        """A text; an empty one holds nothing."""
        if text:
            self.segments.append(Segment(pointer, text, place, self.role, kind, self.trust))

    def report(self, value: object, pointer: str, place: str) -> None:
        """A value that no rule knows: its strings and names are segments, and their places unknown."""
        if isinstance(value, str):
            if value:
                self.add(value, pointer, place, "unknown")
                self.unknown.append(place)
        elif isinstance(value, dict):
            for name, part in cast("dict[str, object]", value).items():
                self.member(name, part, pointer, place)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                self.report(part, f"{pointer}/{index}", f"{place}/{index}")
        else:
            self.number(value, pointer, place, "unknown")

    def number(self, value: object, pointer: str, place: str, kind: SegmentKind) -> None:
        """A number at a place where anything may stand: a long one may be an identifier, and is a text then."""
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LONG and value == value // 1:
            self.add(str(int(value)), pointer, place, kind)

    def member(self, name: str, value: object, pointer: str, place: str) -> None:
        """A member that no rule knows: its name may hold anything, so no place tells it."""
        inside, outside = f"{pointer}/{escape(name)}", f"{place}/*"
        self.add(name, inside, outside, "key")
        self.unknown.append(outside)
        self.report(value, inside, outside)


_LONG = 10**6  # numbers of seven digits on: the shortest identifiers

Rule = Callable[[Lens, object, str, str], None]


def escape(name: str) -> str:
    """A name as a token of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


def ignore(lens: Lens, value: object, pointer: str, place: str) -> None:
    """Numbers, booleans and null; a string here is unknown."""
    if isinstance(value, str | dict | list):
        lens.report(value, pointer, place)


def text(kind: SegmentKind) -> Rule:
    """A string of this kind."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is str:
            lens.add(value, pointer, place, kind)
        elif value is not None:
            lens.report(value, pointer, place)

    return rule


def word(*words: str) -> Rule:
    """One of the protocol's own words; any other string is unknown."""
    known = frozenset(words)

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is not str or value not in known:
            lens.report(value, pointer, place)

    return rule


def attached(inside: Rule) -> Rule:
    """What the caller passes on and did not write itself: a document, whatever it says to the model."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        trust, lens.trust = lens.trust, "document"
        inside(lens, value, pointer, place)
        lens.trust = trust

    return rule


def items(each: Rule) -> Rule:
    """An array."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is list:
            for index, part in enumerate(value):
                each(lens, part, f"{pointer}/{index}", f"{place}/{index}")
        else:
            lens.report(value, pointer, place)

    return rule


def fields(rules: Mapping[str, Rule]) -> Rule:
    """An object whose members the protocol names."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is not dict:
            lens.report(value, pointer, place)
            return
        for name, part in value.items():
            known = rules.get(name)
            if known is None:
                lens.member(name, part, pointer, place)
            else:
                known(lens, part, f"{pointer}/{name}", f"{place}/{name}")

    return rule


def free_map(kind: SegmentKind) -> Rule:
    """An object whose names are the caller's: they are segments too."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is not dict:
            lens.report(value, pointer, place)
            return
        for name, part in value.items():
            inside, outside = f"{pointer}/{escape(name)}", f"{place}/*"
            lens.add(name, inside, outside, "key")
            if type(part) is str:
                lens.add(part, inside, outside, kind)
            else:
                ignore(lens, part, inside, outside)
                lens.number(part, inside, outside, kind)

    return rule


def either(string: Rule, structure: Rule) -> Rule:
    """A string, or something with an inside."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        (structure if type(value) in (dict, list) else string)(lens, value, pointer, place)

    return rule


def tagged(rules: Mapping[str, Mapping[str, Rule]], default: Mapping[str, Rule] | None = None) -> Rule:
    """An object whose `type` says which members it has. Of an unknown type, everything is unknown."""
    prepared = {name: fields({"type": word(name), **members}) for name, members in rules.items()}
    otherwise = Lens.report if default is None else fields(default)

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        name = value.get("type") if type(value) is dict else None
        known = prepared.get(name) if type(name) is str else None
        (otherwise if known is None else known)(lens, value, pointer, place)

    return rule


def declared(lens: Lens, value: object, pointer: str, place: str) -> None:
    """The name of a tool that the caller offers."""
    if type(value) is str:
        lens.declared.append(value)
        lens.declared_at.append("/".join(pointer.split("/", 3)[:3]))  # the element of the list that all of them stand in
    text("name")(lens, value, pointer, place)


def called(lens: Lens, value: object, pointer: str, place: str) -> None:
    """The name of a tool that was called."""
    if type(value) is str:
        lens.called.append(value)
    text("name")(lens, value, pointer, place)


def opaque(kind: str) -> Rule:
    """A part that no detector reads: its presence is a fact, and policy decides."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if value is None:
            return
        if kind == "state":
            text("identifier")(lens, value, pointer, place)  # short, and may be anything; the state that it names cannot be seen
        elif type(value) is not str:
            lens.report(value, pointer, place)
        lens.opaque.append(Opaque(place, kind, len(value) if type(value) is str else 0))  # type: ignore[arg-type]  # one of Opaque's kinds

    return rule


def url_or_data(kind: str) -> Rule:
    """A URL that the provider would fetch, or the data itself (RFC 2397)."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if type(value) is str and value[:5].lower() != "data:":
            lens.egress.append(Egress(place, "remote_url"))
            lens.add(value, pointer, place, "metadata")
        elif value is not None:
            if type(value) is str:
                head = value[:200].split(",", 1)[0]
                lens.opaque.append(Opaque(place, kind, len(value)))  # type: ignore[arg-type]  # one of Opaque's kinds
                if "base64" not in head.lower():
                    lens.add(value, pointer, place, "metadata")  # data in plain text can be read after all
            else:
                lens.report(value, pointer, place)

    return rule


def egress(kind: str, inside: Rule) -> Rule:
    """A member that makes the provider call out."""

    def rule(lens: Lens, value: object, pointer: str, place: str) -> None:
        if value is not None and value is not False:
            lens.egress.append(Egress(place, kind))  # type: ignore[arg-type]  # one of Egress's kinds
        inside(lens, value, pointer, place)

    return rule


# JSON Schema, as tools and response formats carry it

_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"})
_DRAFTS = frozenset({"http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"})
_SCHEMAS_BY_NAME = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_SCHEMAS = frozenset({"items", "prefixItems", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames"})
_SCHEMAS |= frozenset({"contains", "not", "if", "then", "else", "anyOf", "oneOf", "allOf", "additionalItems"})
_TEXTS = frozenset({"title", "description", "$comment", "pattern", "default", "const", "examples", "example", "enum"})
_POINTS = frozenset({"$id", "$anchor", "$dynamicAnchor", "$ref", "$dynamicRef"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems"})
_NUMBERS |= frozenset(
    {"maxItems", "uniqueItems", "minProperties", "maxProperties", "strict", "nullable", "deprecated", "readOnly", "writeOnly"}
)


def schema(lens: Lens, value: object, pointer: str, place: str) -> None:
    """A JSON Schema (draft 2020-12): names of properties, descriptions and free values are texts; its keywords are not."""
    if type(value) is list:
        for index, part in enumerate(value):
            schema(lens, part, f"{pointer}/{index}", f"{place}/{index}")
        return
    if type(value) is not dict:
        ignore(lens, value, pointer, place)
        return
    for name, part in value.items():
        inside, outside = f"{pointer}/{escape(name)}", f"{place}/{name}"
        if name in _SCHEMAS_BY_NAME and type(part) is dict:
            for key, child in part.items():
                lens.add(key, f"{inside}/{escape(key)}", f"{outside}/*", "key")
                schema(lens, child, f"{inside}/{escape(key)}", f"{outside}/*")
        elif name in _SCHEMAS:
            schema(lens, part, inside, outside)
        elif name in _TEXTS:
            _free(lens, part, inside, outside)
        elif name == "type":
            either(word(*_TYPES), items(word(*_TYPES)))(lens, part, inside, outside)
        elif name == "format":
            word(*_FORMATS)(lens, part, inside, outside)
        elif name == "required":
            items(text("name"))(lens, part, inside, outside)  # the same names as keys, so edited in the same way
        elif name == "$schema":
            word(*_DRAFTS)(lens, part, inside, outside)
        elif name in _POINTS:
            text("definition")(lens, part, inside, outside)
        elif name in _NUMBERS:
            ignore(lens, part, inside, outside)
        else:
            lens.member(name, part, pointer, place)


def _free(lens: Lens, value: object, pointer: str, place: str) -> None:
    """Any value at all, as examples and constants are."""
    if type(value) is str:
        lens.add(value, pointer, place, "definition")
    elif type(value) is list:
        for index, part in enumerate(value):
            _free(lens, part, f"{pointer}/{index}", f"{place}/{index}")
    elif type(value) is dict:
        for name, part in value.items():
            lens.add(name, f"{pointer}/{escape(name)}", f"{place}/*", "key")
            _free(lens, part, f"{pointer}/{escape(name)}", f"{place}/*")
    else:
        lens.number(value, pointer, place, "definition")
