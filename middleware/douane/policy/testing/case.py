# SPDX-License-Identifier: Apache-2.0
"""Tests as `opa test` finds them: which rules are tests, what they are called, what their parts are."""

import itertools
import json
import re
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from douane.policy.rego.syntax import Module, Node, Rule

__all__ = ["Case", "find", "reference"]

_PREFIXES = ("test_", "todo_test_")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Names that are only written in brackets, since they are words of the language.
_KEYWORDS = frozenset(
    ["as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some", "true", "with"]
)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: a rule of which some part of the path begins with `test_`, or with `todo_test_` for those that are not run yet.

    `name` is OPA's: the second `test_x` of a package is `test_x#01`. `query` asks the engine for it, in the texts of `find`.
    `tail` are the parts of the path after the name: in `test_x[note]` each value of `note` is a result of its own.
    """

    module: Module = field(repr=False)
    rule: Rule = field(repr=False)
    package: str
    name: str
    query: str
    is_todo: bool
    tail: tuple[str | Node, ...] = field(repr=False, default=())

    @property
    def place(self) -> tuple[str, int, int]:
        """File, line and column of the rule."""
        return (self.module.path, *self.module.place(self.rule.start))

    @property
    def has_parts(self) -> bool:
        """Whether it gives an object of results rather than one."""
        return self.rule.kind == "object"


def find(modules: Sequence[Module]) -> tuple[tuple[Case, ...], Mapping[str, str]]:
    """The tests in the order of the texts, and the texts to evaluate them in, by path.

    Two tests of one name are two tests, not alternatives: in the texts each further one has a name of its own, of the same length, so that
    every place stays where it is.
    """
    cases: list[Case] = []
    texts = {module.path: module.text for module in modules}
    seen: Counter[tuple[str, ...]] = Counter()
    unused: dict[int, Iterator[str]] = {}
    everything = "\n".join(texts.values())
    for module in modules:
        for rule in module.rules:
            parts = rule.head.reference
            at = next((index for index, part in enumerate(rule.name) if part.startswith(_PREFIXES)), None)
            if at is None:
                continue
            path = rule.name[: at + 1]
            name, asked = reference(path), path
            is_todo = path[-1].startswith("todo_")
            key = (*module.package, *path)
            again = seen[key]
            if not is_todo:
                seen[key] += 1
            if again:
                renamed = next(unused.setdefault(len(path[-1]), _unused(len(path[-1]), everything)))
                texts[module.path] = _replaced(texts[module.path], rule.head, at, path[-1], renamed)
                name, asked = reference((*path[:-1], f"{path[-1]}#{again:02d}")), (*path[:-1], renamed)
            package = reference(("data", *module.package))
            query = reference(("data", *module.package, *asked))
            cases.append(Case(module, rule, package, name, query, is_todo, parts[at + 1 :]))
    return tuple(cases), texts


def reference(parts: Sequence[str]) -> str:
    """A path as OPA writes it: `data.a["b-c"].d`. The first part is never quoted."""
    first, *rest = parts
    return first + "".join(f".{part}" if _WORD.fullmatch(part) and part not in _KEYWORDS else f"[{json.dumps(part)}]" for part in rest)


def _unused(length: int, text: str) -> Iterator[str]:
    """Names of a length that stand nowhere in a text."""
    for tail in itertools.product(string.ascii_lowercase + string.digits, repeat=length - 1):
        name = "z" + "".join(tail)
        if name not in text:
            yield name


def _replaced(text: str, head: Node, index: int, name: str, renamed: str) -> str:
    """The text with the part of a head's path renamed."""
    node = head
    for _ in range(len(head.reference) - 1 - index):
        node = node.children[0]
    if node.kind == "RefBrack":
        node = node.children[1]
    start = text.rindex(name, node.start, node.end)
    return text[:start] + renamed + text[start + len(name) :]
