# SPDX-License-Identifier: Apache-2.0
"""What differs between two decisions about the same facts. Pure: result documents in, a difference or none out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """`verdict` is (before, after); the other members name what only one of the two has: rules by id, destinations, rejections.

    `rules` are ids of reasons, obligations and rejections; a rule that says the same in other words, types or numbers is in `changed`.
    """

    verdict: tuple[str, str]
    rules_gained: tuple[str, ...]
    rules_lost: tuple[str, ...]
    rules_changed: tuple[str, ...]
    destinations_gained: tuple[str, ...]
    destinations_lost: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For a record or a script."""
        return {
            "verdict": list(self.verdict),
            "rules": {"gained": list(self.rules_gained), "lost": list(self.rules_lost), "changed": list(self.rules_changed)},
            "destinations": {"gained": list(self.destinations_gained), "lost": list(self.destinations_lost)},
        }

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that it is about."""
        return tuple(sorted({*self.rules_gained, *self.rules_lost, *self.rules_changed}))


def difference(before: str, after: str) -> Difference | None:
    """What differs between two result documents (JSON text; empty for a decision that failed); None where they decide alike.

    What only observes (`observed`) counts too: it is why people compare.
    """
    old, new = _read(before), _read(after)
    if old == new:
        return None
    old_rules, new_rules = _by_rule(old), _by_rule(new)
    return Difference(
        (_verdict(old), _verdict(new)),
        tuple(sorted(new_rules.keys() - old_rules.keys())),
        tuple(sorted(old_rules.keys() - new_rules.keys())),
        tuple(sorted(rule for rule in old_rules.keys() & new_rules.keys() if old_rules[rule] != new_rules[rule])),
        tuple(sorted(set(new.get("permitted", ())) - set(old.get("permitted", ())))),
        tuple(sorted(set(old.get("permitted", ())) - set(new.get("permitted", ())))),
    )


def _read(result: str) -> Mapping[str, Any]:
    value = json.loads(result) if result else None
    return value if isinstance(value, dict) else {}


def _verdict(result: Mapping[str, Any]) -> str:
    return str(result.get("verdict", "none"))


def _by_rule(result: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """What each rule says, as JSON text in order."""
    said: dict[str, list[str]] = {}
    for name in ("reasons", "obligations", "rejections"):
        for item in result.get(name) or ():
            said.setdefault(prefix + str(item.get("id") or item.get("rule")), []).append(json.dumps([name, item], sort_keys=True))
    for texts in said.values():
        texts.sort()
    observed = result.get("observed")
    if not prefix and isinstance(observed, dict):
        said |= _by_rule(observed, "observed:")
    return said
