# SPDX-License-Identifier: Apache-2.0
"""Which rules with METADATA fired, and where: the values of a package's rules, joined with the tree and with the lines that were reached.

A rule fired where its id stands in what it gives. Line coverage tells two rules with one id apart, and how far the others came.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from douane.policy.engines.embedded import ENTRYPOINT
from douane.policy.explaining.explanation import Line, RuleOutcome, one_line
from douane.policy.explaining.why_not import Tries
from douane.policy.rego.probe import Probe, query, statements
from douane.policy.rego.syntax import Module, Rule

__all__ = ["Evaluation", "named", "parts_by_id"]


class Evaluation:
    """Policies evaluated for one input. `loaded` is a regorus engine with the policies; it is copied, never changed.

    Every method raises what the engine raises.
    """

    def __init__(self, loaded: Any, modules: Sequence[Module], document: str) -> None:
        self._loaded = loaded
        self._modules = modules
        self._document = document

    @cached_property
    def decision(self) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, frozenset[int]]]:
        """The parts of the decision that name each rule's id, and the lines that it reached, by module."""
        result, reached = self._evaluate(ENTRYPOINT)
        return parts_by_id(result), reached

    def fired(self, package: Sequence[str]) -> list[tuple[Module, Rule, bool]]:
        """The rules with an id in the modules of a package, and whether each fired."""
        found = self._with_ids(package)
        ids = [_id(rule) for _, rule in found]
        values, lines = self._values(package, [rule.name for _, rule in found])
        outcomes = []
        for module, rule in found:
            fired = _id(rule) in set(_ids(values[rule.name]))
            if fired and ids.count(_id(rule)) > 1:
                fired = module.place(rule.head.start)[0] in lines.get(module.path, ())
            outcomes.append((module, rule, fired))
        return outcomes

    def outcomes(self, package: Sequence[str]) -> list[RuleOutcome]:
        """What became of each rule with an id in the modules of a package."""
        return [self._outcome(module, rule, fired=fired) for module, rule, fired in self.fired(package)]

    def decided(self, package: Sequence[str]) -> list[RuleOutcome]:
        """The same of a package that cannot be evaluated by itself: what the decision names has fired."""
        return [self._outcome(module, rule, fired=_id(rule) in self.decision[0]) for module, rule in self._with_ids(package)]

    def _values(
        self, package: Sequence[str], names: Sequence[tuple[str, ...]]
    ) -> tuple[Mapping[tuple[str, ...], Any], Mapping[str, frozenset[int]]]:
        """The values of these rules, and the lines that were reached."""
        if sum(module.package == tuple(package) for module in self._modules) == 1:
            whole, lines = self._evaluate(query(package))
            return {name: _at(whole, name) for name in names}, lines
        # One by one: asked for a whole package of several modules, the engine leaves out what it has not come to yet.
        values: dict[tuple[str, ...], Any] = {}
        reached: dict[str, frozenset[int]] = {}
        for name in dict.fromkeys(names):
            values[name], lines = self._evaluate(query((*package, *name)))
            reached |= {path: reached.get(path, frozenset()) | covered for path, covered in lines.items()}
        return values, reached

    def _with_ids(self, package: Sequence[str]) -> list[tuple[Module, Rule]]:
        return [(module, rule) for module in self._modules if module.package == tuple(package) for rule in module.rules if _id(rule)]

    def _outcome(self, module: Module, rule: Rule, *, fired: bool) -> RuleOutcome:
        parts, lines = self.decision
        first, last = module.place(rule.start)[0], module.place(rule.end)[0]
        reached = max((line for line in lines.get(module.path, ()) if first <= line <= last), default=0)
        held = self._held(module, rule) if fired else ()
        return _told(module, rule, fired=fired, parts=parts.get(_id(rule), ()), reached=reached, held=held)

    def _held(self, module: Module, rule: Rule) -> tuple[Line, ...]:
        if len(rule.bodies) == 1:  # it fired, so its only body held
            return tuple(Line(module.place(one.start)[0], one_line(text)) for one, text in statements(module, rule.bodies[0]))
        tries = Tries(Probe(self._loaded, self._document), self._modules)
        return tuple(line for one in tries.definitions(module, rule) if one.outcome == "held" for line in one.held)

    def _evaluate(self, asked: str) -> tuple[Any, Mapping[str, frozenset[int]]]:
        """The value of a query, None where it is undefined, and the lines that were reached, by module."""
        engine = self._loaded.clone()
        engine.set_enable_coverage(True)
        engine.set_input_json(self._document)
        answer = json.loads(engine.eval_query_as_json(asked))
        value = answer["result"][0]["expressions"][0]["value"] if answer.get("result") else None
        report = json.loads(engine.get_coverage_report_as_json())
        return value, {part["path"]: frozenset(part["covered"]) for part in report["files"]}


def named(modules: Sequence[Module], result: Any) -> list[RuleOutcome]:
    """What a result alone tells: a rule with METADATA fired where the result names its id."""
    parts = parts_by_id(result)
    return [
        _told(module, rule, fired=_id(rule) in parts, parts=parts.get(_id(rule), ()))
        for module in modules
        for rule in module.rules
        if _id(rule)
    ]


def parts_by_id(result: Any) -> Mapping[str, tuple[str, ...]]:
    """The members of a result that name each id."""
    parts: dict[str, list[str]] = {}
    for name, value in result.items() if isinstance(result, dict) else ():
        for id_ in dict.fromkeys(_ids(value)):
            parts.setdefault(id_, []).append(name)
    return {id_: tuple(names) for id_, names in parts.items()}


def _told(
    module: Module,
    rule: Rule,
    *,
    fired: bool,
    parts: tuple[str, ...],
    reached: int = 0,
    held: tuple[Line, ...] = (),
) -> RuleOutcome:
    note = rule.annotation
    assert note is not None
    line = module.place(rule.start)[0]
    return RuleOutcome(
        note.id, note.title, note.description, note.severity, note.references, module.path, line, fired, parts, reached, held
    )


def _id(rule: Rule) -> str:
    return rule.annotation.id if rule.annotation is not None else ""


def _ids(value: Any) -> Iterator[str]:
    """What a value names as `id` or `rule`, at any depth."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name in ("id", "rule") and isinstance(part, str):
                yield part
            else:
                yield from _ids(part)
    elif isinstance(value, Collection) and not isinstance(value, str):
        for part in value:
            yield from _ids(part)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
