# SPDX-License-Identifier: Apache-2.0
"""The policies as one program: every rule under its absolute path, every package, the data beside them, the builtins there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from douane.policy.checks.scope import Scope, Use, read_scope
from douane.policy.rego.syntax import Module, Node, Rule

__all__ = ["Definition", "Path", "Program", "fits"]

_K = TypeVar("_K")
_V = TypeVar("_V")

Path = Sequence["str | Node"]
"""An absolute reference: `data` or `input` first, then names; a node stands where only the evaluation knows the name."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One rule where it is defined. `path` is its absolute constant path: (`data`, `douane`, `main`, `decision`)."""

    module: Module
    rule: Rule
    path: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Modules that are evaluated together.

    `unread` are the packages of modules that could not be parsed: whatever lies under them may exist. `builtins` are those of the portable
    subset by name, `features` OPA's words for parts of the language.
    """

    modules: tuple[Module, ...]
    data: Mapping[str, Any]
    builtins: Mapping[str, Mapping[str, Any]]
    entrypoint: tuple[str, ...]
    unread: tuple[tuple[str, ...], ...] = ()
    features: frozenset[str] = frozenset()

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Every rule, in the order of the modules and of their texts."""
        return tuple(
            Definition(module, rule, ("data", *module.package, *rule.name))
            for module in self.modules
            for rule in module.rules
            if rule.name  # an empty one begins with no name, which the parser refuses
        )

    @cached_property
    def rules(self) -> Mapping[tuple[str, ...], tuple[Definition, ...]]:
        """Definitions by path."""
        return _grouped((definition.path, definition) for definition in self.definitions)

    @cached_property
    def packages(self) -> Mapping[tuple[str, ...], tuple[Module, ...]]:
        """Modules by package, (`data`, `douane`, `main`)."""
        return _grouped((("data", *module.package), module) for module in self.modules)

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """What each name of each rule means, in the order of `definitions`."""
        names = {package: frozenset(r.name[0] for m in modules for r in m.rules if r.name) for package, modules in self.packages.items()}
        return tuple(
            read_scope(definition.module, definition.rule, names[("data", *definition.module.package)], self.builtins)
            for definition in self.definitions
        )

    @cached_property
    def scope_of(self) -> Mapping[int, Scope]:
        """Scopes by the identity of their rule."""
        return {id(definition.rule): scope for definition, scope in zip(self.definitions, self.scopes, strict=True)}

    @cached_property
    def _tree(self) -> "_Branch":
        tree = _Branch()
        for path, definitions in self.rules.items():
            at = tree
            for name in path:
                at = at.under.setdefault(name, _Branch())
            at.definitions = definitions
        return tree

    def reached(self, path: Path) -> tuple[Definition, ...]:
        """The rules that a reference asks for: those that it goes through and all that lie under it."""
        found: list[Definition] = []
        level = [self._tree]
        for part in path:
            if isinstance(part, str):
                level = [branch.under[part] for branch in level if part in branch.under]
            else:
                level = [below for branch in level for below in branch.under.values()]
            for branch in level:
                found += branch.definitions
        level = [below for branch in level for below in branch.under.values()]
        while level:
            branch = level.pop()
            found += branch.definitions
            level += branch.under.values()
        return tuple(found)

    @cached_property
    def asked(self) -> Mapping[tuple[str, ...], frozenset[tuple[str, ...]]]:
        """For each rule the rules that it asks for, by path."""
        asked: dict[tuple[str, ...], set[tuple[str, ...]]] = {path: set() for path in self.rules}
        for definition, scope in zip(self.definitions, self.scopes, strict=True):
            for use in scope.uses:
                if use.is_global and use.path[0] == "data":
                    asked[definition.path].update(reached.path for reached in self.reached(use.path))
        return {path: frozenset(others) for path, others in asked.items()}

    def inputs_of(self, call: Use) -> int | None:
        """How many arguments a function takes, or None where there is no such function or it takes any number."""
        if call.is_global:
            functions = [d for d in self.rules.get(tuple(str(part) for part in call.path), ()) if d.rule.arguments]
            return len(functions[0].rule.arguments) if functions else None
        declared = self.builtins.get(".".join(str(part) for part in call.path), {}).get("decl", {})
        return None if "variadic" in declared or not declared else len(declared.get("args", ()))

    def is_unread(self, path: Path) -> bool:
        """Whether a reference may lead into a module that could not be parsed."""
        return any(fits(package, path) for package in self.unread)

    def importable(self, name: str) -> tuple[str, ...]:
        """What a name that nothing binds could be meant for: packages that end with it, and data at the top."""
        packages = [".".join(path) for path, modules in self.packages.items() if path[-1] == name and not modules[0].is_test]
        return tuple(dict.fromkeys((*packages, *([f"data.{name}"] if name in self.data else ()))))

    @cached_property
    def _aliases(self) -> Mapping[tuple[str, ...], tuple[str | Node, ...]]:
        """What a rule stands for that is another name of data and nothing else: `settings := data.limits`."""
        aliases: dict[tuple[str, ...], tuple[str | Node, ...]] = {}
        for path, (definition, *others) in self.rules.items():
            rule = definition.rule
            use = self.scope_of[id(rule)].values.get(rule.value.start) if rule.value is not None else None
            if others or rule.kind != "complete" or rule.arguments or any(b.statements or b.is_else for b in rule.bodies) or use is None:
                continue
            if use.node is rule.value and use.is_global and use.path[0] == "data":
                aliases[path] = use.path
        return aliases

    def followed(self, path: Path) -> Path:
        """The reference with such other names written out."""
        seen: set[tuple[str, ...]] = set()
        while (before := self.rule_before(path)) and before[0].path in self._aliases and before[0].path not in seen:
            seen.add(before[0].path)
            path = (*self._aliases[before[0].path], *path[len(before[0].path) :])
        return path

    def rule_before(self, path: Path) -> tuple[Definition, ...]:
        """The definitions of the rule that a constant reference goes through; none where it ends above rules or is dynamic there."""
        names: list[str] = []
        for part in path:
            if not isinstance(part, str):
                break
            names.append(part)
            found = self.rules.get(tuple(names))
            if found:
                return found
        return ()


def fits(known: Sequence[str], path: Path) -> bool:
    """Whether one begins like the other; a part that only the evaluation knows fits anything."""
    return all(not isinstance(part, str) or part == name for name, part in zip(known, path, strict=False))


class _Branch:
    """A level of the tree of rules."""

    __slots__ = ("definitions", "under")

    def __init__(self) -> None:
        self.definitions: tuple[Definition, ...] = ()
        self.under: dict[str, _Branch] = {}


def _grouped(pairs: Iterable[tuple[_K, _V]]) -> dict[_K, tuple[_V, ...]]:
    grouped: dict[_K, list[_V]] = {}
    for key, value in pairs:
        grouped.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in grouped.items()}
