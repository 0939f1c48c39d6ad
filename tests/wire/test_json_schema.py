# SPDX-License-Identifier: Apache-2.0
"""What the schemas of a request hold strings to."""

import json
from typing import Any

import pytest

from douane.exchange import Constraint
from douane.wire.json_schema import constraints


def of_answer(schema: Any) -> set[tuple[str, str]]:
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    found = constraints({"response_format": form})
    assert all(one.of == "answer" for one in found)
    return {(one.kind, one.format) for one in found}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string", "format": "email"}, {("format", "email")}),
        ({"type": "string", "format": "our-own"}, {("format", "other")}),
        ({"pattern": "^[A-Z]+$"}, {("pattern", "")}),
        ({"maxLength": 20}, {("length", "")}),
        ({"minLength": 30}, {("length", "")}),
        ({"minLength": 1, "maxLength": 4000}, set()),
        ({"enum": ["Berlin", "Paris"]}, {("enum", "")}),
        ({"enum": [1, 2]}, set()),
        ({"const": "Berlin"}, {("enum", "")}),
        ({"type": "object", "properties": {"a": {"items": [{"anyOf": [{"format": "uuid"}]}]}}}, {("format", "uuid")}),
        ({"$defs": {"a": {"format": "ipv4"}}, "properties": {"b": {"pattern": "x"}}}, {("format", "ipv4"), ("pattern", "")}),
        ({"properties": {"format": {"type": "string"}, "pattern": {"type": "string"}, "properties": {"properties": {}}}}, set()),
        ({"properties": {"format": "email", "pattern": "x", "enum": ["a"]}}, set()),
        ({"properties": {"properties": {"format": "email"}}}, {("format", "email")}),
        ({"format": 1, "pattern": None, "maxLength": "x", "minLength": True, "enum": "x", "const": 2}, set()),
        ({"default": {"format": "email"}, "enum": [{"pattern": "x"}], "examples": [{"maxLength": 2}]}, set()),
        ({"properties": {"default": {"format": "email"}}}, {("format", "email")}),
        (None, set()),
        ([], set()),
        ("email", set()),
    ],
)
def test_what_a_schema_holds_strings_to_is_told(schema: Any, told: set[tuple[str, str]]) -> None:
    assert of_answer(schema) == told


def test_schemas_of_tools_are_told_apart_and_each_constraint_once() -> None:
    email = {"properties": {"a": {"format": "email"}, "b": {"format": "email"}}}
    request = {
        "tools": [{"type": "function", "function": {"name": "f", "parameters": email}}, {"type": "function"}, "odd"],
        "functions": [{"name": "g", "parameters": {"properties": {"c": {"pattern": "x"}}}}],
        "response_format": {"type": "json_schema", "json_schema": {"schema": email}},
    }
    assert constraints(request) == (
        Constraint("answer", "format", "email"),
        Constraint("arguments", "format", "email"),
        Constraint("arguments", "pattern"),
    )
    assert constraints({"tools": {}, "functions": 1, "response_format": "x"}) == ()


def test_what_a_caller_named_is_not_told() -> None:
    found = constraints({"response_format": {"json_schema": {"schema": {"properties": {"hanna-q": {"format": "hanna-q"}}}}}})
    assert "hanna" not in repr(found)


def test_a_deep_schema_is_no_danger() -> None:
    schema = json.loads('{"items":' * 900 + '{"format":"date"}' + "}" * 900)
    assert of_answer(schema) == {("format", "date")}
