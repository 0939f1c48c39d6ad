# SPDX-License-Identifier: Apache-2.0
"""Asks a loaded engine about single statements and terms of a policy, in the scope in which they stand.

A question is a module of its own in the same package with the same imports, made of slices of the policy's text and added to a copy of the
engine: what holds there is what holds in the rule, since nothing was rewritten.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from douane.policy.rego.syntax import Body, Module, Node, Rule, Statement

__all__ = ["Probe", "ProbeFailed", "Unclear", "Unsafe", "Value", "definitions", "query", "source", "statements"]

_NAME = "douane_probe"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The parser's span of `set()` ends with the token after it.
_AFTER_EMPTY_SET = re.compile(r"(set\(\s*\))\s*[\]}]\Z")


class ProbeFailed(Exception):
    """The statement raises where it is evaluated; the message is the engine's."""


class Unsafe(ProbeFailed):
    """The statement asks for a name that nothing before it binds."""


class Unclear(ProbeFailed):
    """The statement cannot be asked about by itself: it goes through a whole tree of rules, and a question would be one of them."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a term gave: JSON text, and whether it was a set, which JSON does not know."""

    json: str
    is_set: bool = False

    @property
    def literal(self) -> str:
        """The value as Rego. Sets inside of other values have become arrays."""
        if not self.is_set:
            return self.json
        items = ", ".join(json.dumps(item, ensure_ascii=False) for item in json.loads(self.json))
        return f"{{{items}}}" if items else "set()"


class Probe:
    """One engine with one input. `loaded` is a regorus engine with the policies; it is copied, never changed."""

    def __init__(self, loaded: Any, document: str) -> None:
        self._engine = loaded.clone()
        self._engine.set_input_json(document)

    def ask(self, module: Module, held: Sequence[str], wanted: Sequence[str] = ()) -> list[tuple[tuple[Value, ...], ...]]:
        """For each way in which the statements hold together, what each wanted term gives there.

        That is nothing where it is undefined, and several values where it goes through several. Raises `ProbeFailed`.
        """
        values = ", ".join(f"[[type_name({_NAME}_{n}), {_NAME}_{n}] | {_NAME}_{n} := {term}]" for n, term in enumerate(wanted))
        body = "\n".join(held) or "true"
        imports = "\n".join(module.text[part.start : part.end] for part in module.imports)
        text = f"package {_package(module)}\n{imports}\n{_NAME} := [[{values}] |\n{body}\n]\n"
        engine = self._engine.clone()
        try:
            engine.add_policy("probe.rego", text)
            answer = json.loads(engine.eval_query_as_json(f"{query(module.package)}.{_NAME}"))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as cause:  # a panic in Rust is no Exception
            raise _failure(str(cause)) from cause
        ways = answer["result"][0]["expressions"][0]["value"] if answer.get("result") else []
        return [tuple(tuple(Value(json.dumps(v, ensure_ascii=False), kind == "set") for kind, v in term) for term in way) for way in ways]


def _failure(text: str) -> ProbeFailed:
    said = " ".join(text.partition("Stack backtrace")[0].partition("error: ")[2].split())
    if "is unsafe" in said or "before definition" in said:
        return Unsafe(said)
    if said.startswith("recursion detected") and _NAME in said:
        return Unclear("it goes through a whole tree of rules, so that no statement of it can be asked about by itself")
    return ProbeFailed(said)


def _package(module: Module) -> str:
    head, *rest = module.package
    return head + "".join(f".{part}" if _IDENTIFIER.fullmatch(part) else f"[{json.dumps(part)}]" for part in rest)


def query(package: Sequence[str]) -> str:
    """The query for a package's document, whatever characters its path has."""
    return "data" + "".join(f"[{json.dumps(part)}]" for part in package)


def source(module: Module, node: Node) -> str:
    """The text of a term."""
    start = node.start
    if node.kind == "Object" and module.text[start] != "{":  # the parser begins some objects after their bracket
        start = module.text.rfind("{", 0, start)
    return module.text[start : node.end]


def statements(module: Module, body: Body) -> list[tuple[Statement, str]]:
    """The statements of a body with their text."""
    starts = [following.start for following in body.statements[1:]]
    return [(one, _text(module, one.start, min(one.end, end))) for one, end in zip(body.statements, [*starts, body.end], strict=False)]


def _text(module: Module, start: int, end: int) -> str:
    text = module.text[start:end].rstrip("; \t\r\n")
    tail = _AFTER_EMPTY_SET.search(text)
    if tail and text.count("}") + text.count("]") > text.count("{") + text.count("["):
        return text[: tail.end(1)]
    return text


def definitions(modules: Sequence[Module], path: Sequence[str | Node]) -> list[tuple[Module, Rule]]:
    """The rules that a resolved reference (`data`, package, name, ...) asks, in the order of the modules."""
    found = []
    for module in modules:
        size = 1 + len(module.package)
        rest = tuple(path[size:])
        if rest and tuple(path[:size]) == ("data", *module.package):
            found += [(module, rule) for rule in module.rules if rule.name == rest[: len(rule.name)]]
    return found
