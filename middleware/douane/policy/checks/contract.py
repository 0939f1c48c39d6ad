# SPDX-License-Identifier: Apache-2.0
"""The contract of results: what a rule gives as a reason, an obligation, a rejection or the decision, member by member.

The guard denies what breaks it, but only when the rule first holds. `policies/schemas/result.schema.json` says the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from douane.decision import HoldChoice, ReasonKind, RedactionStyle, Severity, SurrogateStyle, Verdict
from douane.policy.checks.calls import nearest
from douane.policy.checks.given import given
from douane.policy.checks.program import Program
from douane.policy.rego.problem import Problem
from douane.policy.rego.syntax import Module, Node

__all__ = ["FORMS", "OBLIGATIONS", "Form", "misgiven"]

_Value = Literal["text", "pointer", "texts", "items", "number", "boolean", "scalar", "object"]


@dataclass(frozen=True, slots=True)
class Form:
    """What an object is called and made of: its members, the closed lists of words for some, and those that may be missing."""

    name: str
    members: Mapping[str, _Value]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


FORMS: Mapping[str, Form] = {
    "violations": Form(
        "a reason",
        {"id": "text", "kind": "text", "severity": "text", "message": "text", "refs": "texts"},
        {"kind": get_args(ReasonKind), "severity": get_args(Severity)},
    ),
    "rejections": Form("a rejection", {"destination": "text", "id": "text", "message": "text"}),
    "decision": Form(
        "the decision",
        {"verdict": "text", "obligations": "items", "reasons": "items", "permitted": "items", "rejections": "items", "observed": "object"},
        {"verdict": get_args(Verdict)},
        frozenset({"observed"}),
    ),
}
"""By what is given: the name of the rule that holds them, or the decision."""


def _of_kind(kind: str, members: Mapping[str, _Value], **words: tuple[str, ...]) -> tuple[str, Form]:
    all_members: Mapping[str, _Value] = {"kind": "text", **members, "rule": "text"}
    return kind, Form(f"an obligation of the kind `{kind}`", all_members, words, frozenset({"style"}) & members.keys())


OBLIGATIONS: Mapping[str, Form] = dict(
    (
        _of_kind("pseudonymise", {"types": "texts", "style": "text"}, style=get_args(SurrogateStyle)),
        _of_kind("redact", {"types": "texts", "unknown_only": "boolean", "style": "text"}, style=get_args(RedactionStyle)),
        _of_kind("restore", {"types": "texts"}),
        _of_kind("set", {"pointer": "pointer", "value": "scalar"}),
        _of_kind("strip", {"pointer": "pointer"}),
        _of_kind("drop_tool", {"name": "text"}),
        _of_kind("hold", {"milliseconds": "number", "then": "text"}, then=get_args(HoldChoice)),
    )
)
"""Obligations by their kind."""

_KINDS: Mapping[_Value, tuple[str, tuple[str, ...]]] = {
    "text": ("a string", ("String", "RawString")),
    "pointer": ("a JSON Pointer such as `/temperature`", ("String", "RawString")),
    "texts": ("an array of strings", ("Array", "Set", "ArrayCompr", "SetCompr", "BinExpr")),
    "items": ("an array", ("Array", "Set", "ArrayCompr", "SetCompr", "BinExpr")),
    "number": ("a whole number", ("Number",)),
    "boolean": ("true or false", ("Bool", "BoolExpr", "Membership")),
    "scalar": ("a string, an integer, a boolean or null", ("String", "RawString", "Number", "Bool", "Null", "BoolExpr", "Membership")),
    "object": ("an object", ("Object", "ObjectCompr")),
}
"""What a member has to be, and the written-out terms that can be that."""
_WRITTEN_OUT = frozenset(kind for _, kinds in _KINDS.values() for kind in kinds)


def misgiven(program: Program) -> Iterator[Problem]:
    """`contract/unknown-member`, `contract/missing-member` and `contract/value`; tests may try anything."""
    for module, what, node in given(program):
        members = _members(node)
        if members is None:
            continue
        if what == "obligations":
            yield from _obligation(module, node, members)
        elif what != "decision" or members.keys() & FORMS[what].members.keys():  # another entrypoint has a contract of its own
            yield from _held(module, node, members, FORMS[what])


def _members(node: Node) -> dict[str, tuple[Node, Node]] | None:
    """Key and value by name, or None where only the evaluation knows some name."""
    pairs = list(zip(node.children[::2], node.children[1::2], strict=True))
    if any(key.kind not in ("String", "RawString") for key, _ in pairs):
        return None
    return {str(key.value): (key, value) for key, value in pairs}


def _obligation(module: Module, node: Node, members: Mapping[str, tuple[Node, Node]]) -> Iterator[Problem]:
    if "kind" not in members:
        everything = {name: kind for form in OBLIGATIONS.values() for name, kind in form.members.items()}
        yield from _held(module, node, members, Form("an obligation", everything, optional=frozenset(everything) - {"kind", "rule"}))
        return
    kind = members["kind"][1]
    if kind.kind not in ("String", "RawString"):
        if kind.kind in _WRITTEN_OUT:
            yield _no(module, kind, "an obligation", "kind", "a string")
        return
    form = OBLIGATIONS.get(str(kind.value))
    if form is None:
        yield _unlisted(module, kind, "an obligation", "kind", tuple(OBLIGATIONS))
    else:
        yield from _held(module, node, members, form)


def _held(module: Module, node: Node, members: Mapping[str, tuple[Node, Node]], form: Form) -> Iterator[Problem]:
    missing = [name for name in form.members if name not in members and name not in form.optional]
    for name, (key, value) in members.items():
        if name in form.members:
            yield from _value(module, value, form, name)
            continue
        known = [other for other in form.members if other not in members]
        near = nearest(name, known)
        meant = next((other for other in known if f"`{other}`" in near), "")
        missing = [other for other in missing if other != meant]
        said = near if meant else f"; its members are {', '.join(f'`{other}`' for other in form.members)}"
        yield module.problem(key, "contract/unknown-member", f"{form.name} has no member `{name}`{said}")
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        yield module.problem(node, "contract/missing-member", f"{form.name} needs {listed}; the contract is `schemas/result.schema.json`")


def _value(module: Module, value: Node, form: Form, name: str) -> Iterator[Problem]:
    wanted, kinds = _KINDS[form.members[name]]
    is_text = value.kind in ("String", "RawString")
    is_other = value.kind in _WRITTEN_OUT and value.kind not in kinds
    is_relative = is_text and form.members[name] == "pointer" and not str(value.value).startswith("/")
    if is_other or is_relative:
        yield _no(module, value, form.name, name, wanted)
    elif is_text and name in form.words and value.value not in form.words[name]:
        yield _unlisted(module, value, form.name, name, form.words[name])
    elif form.members[name] == "texts" and value.kind in ("Array", "Set"):
        for item in value.children:
            if item.kind in _WRITTEN_OUT and item.kind not in ("String", "RawString"):
                yield _no(module, item, form.name, name, wanted)


def _no(module: Module, value: Node, whose: str, name: str, wanted: str) -> Problem:
    return module.problem(value, "contract/value", f"`{name}` of {whose} is {wanted}; mend the value")


def _unlisted(module: Module, value: Node, whose: str, name: str, words: tuple[str, ...]) -> Problem:
    near = nearest(str(value.value), words)
    said = near if "mean" in near else f"; possible are {', '.join(f'`{word}`' for word in words)}"
    return module.problem(value, "contract/value", f"`{value.value}` is no `{name}` of {whose}{said}")
