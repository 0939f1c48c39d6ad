# SPDX-License-Identifier: Apache-2.0
"""Rego read as trees: kinds, names, places, and texts that no parser should be given."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.policy.rego.nesting import excess
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module, Node, NotParsed, Rule, parse

POLICIES = Path(__file__).parents[3] / "policies"
SHIPPED = sorted(POLICIES.rglob("*.rego"))


def module(body: str) -> Module:
    return parse("p.rego", f"package p\n\n{body}\n")


def rule(body: str) -> Rule:
    (found,) = module(body).rules
    return found


def refused(text: str) -> Problem:
    with pytest.raises(NotParsed) as caught:
        parse("p.rego", text)
    return caught.value.problem


@pytest.mark.parametrize(
    ("body", "kind", "name"),
    [
        ("x := 1", "complete", ("x",)),
        ("x if input.a", "complete", ("x",)),
        ("x.y := 1", "complete", ("x", "y")),
        ('x["a-b"] := 1', "complete", ("x", "a-b")),
        ("x contains 1", "set", ("x",)),
        ("x[y] contains 1 if some y in [1]", "set", ("x",)),
        ("x[y] := 1 if some y in [1]", "object", ("x",)),
        ("x.y[z].w := 1 if some z in [1]", "object", ("x", "y")),
        ("f(a) := a", "function", ("f",)),
        ("default x := 1", "default", ("x",)),
        ("default f(_) := 1", "default", ("f",)),
    ],
)
def test_a_rule_has_a_kind_and_the_constant_beginning_of_its_name(body: str, kind: str, name: tuple[str, ...]) -> None:
    found = rule(body)
    assert (kind, name) == (found.kind, found.name)


def test_a_body_gives_the_value_of_its_head_or_of_its_else() -> None:
    text = module('x := "a" if {\n\tinput.a\n} else := "b" if {\n\tinput.b\n} else := "c"')
    (found,) = text.rules
    assert [(body.is_else, text.slice(body.value)) for body in found.bodies if body.value] == [(False, '"a"'), (True, '"b"'), (True, '"c"')]
    assert [len(body.statements) for body in found.bodies] == [1, 1, 0]


def test_every_statement_is_of_its_kind() -> None:
    text = module(
        "x if {\n\tinput.a\n\tnot input.b\n\tsome c\n\tsome d, e in input.f[c]\n\tevery g in e { g > d }\n"
        "\ty with input as 1 with data.z as 2\n}"
    )
    statements = text.rules[0].bodies[0].statements
    assert [statement.kind for statement in statements] == ["Expr", "NotExpr", "SomeVars", "SomeIn", "Every", "Expr"]
    assert [text.slice(statement) for statement in statements[2:5]] == ["some c", "some d, e in input.f[c]", "every g in e { g > d }"]
    assert statements[2].names == ("c",)
    assert [text.slice(node) for node in statements[3].nodes] == ["d", "e", "input.f[c]"]
    assert statements[4].names == ("g",)
    assert [text.slice(inner) for inner in statements[4].statements] == ["g > d"]
    assert [(text.slice(target), text.slice(value)) for target, value in statements[5].withs] == [("input", "1"), ("data.z", "2")]


def test_statements_reach_into_comprehensions_and_every() -> None:
    text = module("x := [y | some y in input.a; every z in y { count([w | some w in z]) > 1 }] if input.b")
    assert [text.slice(statement) for statement in text.rules[0].statements()] == [
        "input.b",
        "some y in input.a",
        "every z in y { count([w | some w in z]) > 1 }",
        "count([w | some w in z]) > 1",
        "some w in z",
    ]


def test_a_reference_is_its_names_with_nodes_where_only_the_evaluation_knows() -> None:
    head, tail = rule('x := input.a["b"][c].d').walk(), ("input", "a", "b")
    reference = next(node for node in head if node.kind == "RefDot").reference
    assert reference[:3] == tail
    assert isinstance(reference[3], Node)
    assert reference[4:] == ("d",)
    assert rule("x := f(1).y").value.reference == ()  # type: ignore[union-attr]


def test_imports_and_rules_are_written_out() -> None:
    text = module("import data.a.b as c\nimport input.d\n\nx := [c.e, d.f, y, z]\n\ny := 1")
    listed = text.rules[0].value
    assert listed is not None
    assert [text.resolve(node) for node in listed.children] == [
        ("data", "a", "b", "e"),
        ("input", "d", "f"),
        ("data", "p", "y"),
        ("z",),
    ]


def test_places_count_characters_whatever_the_bytes_and_the_tabs() -> None:
    text = parse("p.rego", 'package p\n\nx if {\n\t"é𝕏" == input.a\n}\n')
    node = next(node for node in text.rules[0].walk() if node.kind == "RefDot")
    assert text.slice(node) == "input.a"
    assert text.place(node.start) == (4, 10)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("package p\n\nx := \n", "p.rego:4:1"),
        ("package p\n\nx { 1 }\n", "p.rego:3:3"),
        ('package p\n\nx if {\n\t\t"é" == "ü" ^\n}\n', "p.rego:4:14"),
        ('package p\n\nx if { "a\\"€" == `ü`\t^ }\n', "p.rego:3:22"),
        ("", "p.rego:1:1"),
        ("x := 1", "p.rego:1:1"),
    ],
)
def test_what_is_no_rego_has_a_place(text: str, place: str) -> None:
    problem = refused(text)
    assert (place, "syntax") == (problem.place, problem.rule)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(POLICIES).as_posix())
def test_parts_lie_inside_of_what_they_are_parts_of_and_in_the_order_of_the_text(path: Path) -> None:
    text = parse(path.name, path.read_text(encoding="utf-8"))
    for found in text.rules:
        for node in found.walk():
            assert found.start <= node.start < node.end
            for child in node.children:
                assert node.start <= child.start < child.end <= node.end
            for left, right in pairwise(node.children):
                assert left.start <= right.start
            if node.kind == "Var":
                assert text.slice(node) == node.value
            elif node.kind == "String":
                assert text.slice(node)[0] == text.slice(node)[-1] == '"'
        for statement in found.statements():
            assert found.start <= statement.start < statement.end


def test_a_walk_meets_every_node_once() -> None:
    found = rule("f(a) := {b: c | some b, c in a; not d[b] with input as [e | some e in a]} if every g in a { g > 1 }")
    nodes = [*found.walk()]
    assert len({id(node) for node in nodes}) == len(nodes)
    assert {node.value for node in nodes if node.kind == "Var"} == {"f", "a", "b", "c", "d", "e", "g", "input"}


@pytest.mark.parametrize(
    "body",
    ["[" * 40, "[" * 5000 + "]" * 5000, '{"a":' * 30, "1" + "\n+ 1" * 200, "a" + "[0]" * 200, "-\n" * 200 + "1", "(" * 200, "x" * 2**20],
    ids=lambda body: f"{body[:9]!r} x {len(body)}",
)
def test_what_would_stall_or_end_the_parser_is_not_given_to_it(body: str) -> None:
    problem = refused(f"package p\n\nx := {body}\n")
    assert problem.rule == "syntax/nesting"
    assert len(problem.source) <= 400


@pytest.mark.parametrize(
    "body",
    [
        "x := 1\n\n" * 5000,
        "x := union({" + "a.b, " * 100 + "})",
        "x := [" + ",\n".join("{" + f'"a": [{number}, {{1}}]' + "}" for number in range(500)) + "]",
        'x := "' + "[" * 500 + '"',
        "# " + "[" * 500 + "\nx := 1",
        "x := `" + "[" * 500 + "`",
        "x if {\n" + "\ty[z] == 1\n" * 2000 + "}",
    ],
    ids=lambda body: f"{body[:12]!r} x {len(body)}",
)
def test_what_is_only_long_is_parsed(body: str) -> None:
    assert excess(f"package p\n\n{body}\n") is None
    assert module(body).rules


def test_the_shipped_policies_are_far_from_too_deep() -> None:
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8")
        assert excess(text) is None
        assert excess(text * 2) is None


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('[]{}()"`#\\.,;:=|+-<>x1 \n\t é'), max_size=120))
def test_any_text_is_parsed_or_refused_with_a_place(scrap: str) -> None:
    for text in (scrap, f"package p\n\nx := {scrap}\n"):
        try:
            parsed = parse("p.rego", text)
        except NotParsed as failure:
            problem = failure.problem
            lines = text.split("\n")
            assert 1 <= problem.line <= len(lines) + 1
            assert problem.column >= 1
            assert problem.source in ("", *lines) or lines[problem.line - 1].startswith(problem.source)
        else:
            assert parsed.package
