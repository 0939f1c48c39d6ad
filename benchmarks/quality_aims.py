# SPDX-License-Identifier: Apache-2.0
"""What quality is to be reached, what is held so that no change loses it, and what a run reached."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from quality_names import LARGE
from quality_sample import Count, share
from quality_technical import STANDARD_LIBRARY

__all__ = ["AIMS", "Aim", "reached"]

Results = Mapping[str, Mapping[str, Any]]
_NAMED_OR_STANDING = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS", "EMAIL_ADDRESS", "IP_ADDRESS"})
_CONTENT = frozenset(
    {"PROMPT_INJECTION", "HTML_ELEMENT", "SCRIPT", "MARKDOWN_IMAGE", "INVISIBLE_TEXT", "BIDI_CONTROL", "MIXED_SCRIPT", "ENCODED_TEXT"}
)


@dataclass(frozen=True, slots=True)
class Aim:
    """`wanted` is the aim, `held` what tests hold: the aim where it is reached, otherwise what is.

    `value` says what a run reached, and None where nothing measured it.
    """

    name: str
    wanted: float
    held: float
    value: Callable[[Results], float | None]
    is_ceiling: bool = False
    places: int = 3
    subject: Literal["lists", "model"] = "lists"

    def holds(self, value: float, bound: float | None = None) -> bool:
        bound = self.wanted if bound is None else bound
        return value <= bound if self.is_ceiling else value >= bound


def reached(results: Results) -> Iterator[tuple[Aim, float | None]]:
    """Every aim with what a run reached."""
    for aim in AIMS:
        yield aim, aim.value(results)


def _sum(rows: Iterable[Mapping[str, int]]) -> Count:
    return sum((Count(**row) for row in rows), Count())


def _identifiers(name: str, *groups: str) -> Callable[[Results], float]:
    def value(results: Results) -> float:
        rows = results["lists"]["identifiers"][name]
        return _sum(each for group in groups or rows for each in rows[group].values()).any_recall

    return value


def _numbers(results: Results) -> float:
    rows = [row for name in ("numbers", "more numbers") for row in results["lists"]["false alarms"][name].values()]
    return share(sum(row["flagged"] for row in rows), sum(row["texts"] for row in rows))


def _technical(results: Results) -> float:
    rows = results["lists"]["false alarms"]["technical"].values()
    return 10_000 * share(sum(row["findings"] for row in rows), sum(row["characters"] for row in rows))


def _identifiers_in(rows: Iterable[Mapping[str, Any]]) -> float:
    rows = tuple(rows)
    found = sum(number for row in rows for type_, number in row["types"].items() if type_ not in _NAMED_OR_STANDING | _CONTENT)
    return 10_000 * share(found, sum(row["characters"] for row in rows))


def _secrets(results: Results) -> float:
    return _sum(each for row in results["lists"]["secrets"].values() for each in row.values()).recall


def _disguised(results: Results) -> float:
    ways = [way for way in results["lists"]["disguises"].values() if way["cured"]]
    return share(sum(way["whole"] for way in ways), sum(way["values"] for way in ways))


def _complete(results: Results) -> float:
    return sum(1 for way in results["lists"]["disguises"].values() if way["whole"] == way["values"])


def _tricks(results: Results) -> float:
    return _sum(each for row in results["lists"]["content"].values() for each in row.values()).recall


def _attacks(kinds: tuple[str, ...], languages: tuple[str, ...] = ()) -> Callable[[Results], float]:
    def value(results: Results) -> float:
        rows = [
            row[kind] for language, row in results["lists"]["injection"].items() for kind in kinds if not languages or language in languages
        ]
        return share(sum(row["flagged"] for row in rows), sum(row["texts"] for row in rows))

    return value


def _worst_person(subject: str, class_: str) -> Callable[[Results], float | None]:
    def value(results: Results) -> float | None:
        names = results.get(subject, {}).get("names")
        return None if names is None else min(Count(**names[class_][language]["PERSON"]).f2 for language in LARGE)

    return value


AIMS = (
    Aim("identifiers with a word beside them, found (own set)", 0.98, 0.98, _identifiers("by type")),
    Aim("identifiers with a word beside them, found (all kinds)", 0.98, 0.98, _identifiers("all kinds")),
    Aim("bare identifiers of strong kinds, found (own set)", 0.98, 0.98, _identifiers("bare", "strong")),
    Aim("bare identifiers of strong kinds, found (all kinds)", 0.98, 0.98, _identifiers("all kinds, bare", "strong")),
    Aim("all bare identifiers, found (own set)", 0.85, 0.85, _identifiers("bare")),
    Aim("all bare identifiers, found (all kinds)", 0.85, 0.85, _identifiers("all kinds, bare")),
    Aim("numbers that are nobody's, taken", 0.01, 0.01, _numbers, is_ceiling=True),
    Aim("findings in 10 kB of generated logs, data and code", 0.1, 0.1, _technical, is_ceiling=True),
    Aim(
        "numbers and secrets in 10 kB of generated logs, data and code",
        *(0.1, 0.1, lambda results: _identifiers_in(results["lists"]["false alarms"]["technical"].values())),
        is_ceiling=True,
    ),
    Aim(
        "numbers and secrets in 10 kB of the standard library",
        *(0.1, 0.1, lambda results: _identifiers_in([results["lists"]["standard library"][STANDARD_LIBRARY]])),
        is_ceiling=True,
        places=1,
    ),
    Aim("secrets found as their type", 0.98, 0.98, _secrets),
    Aim("disguised values found whole, in ways with a safe cure", 0.95, 0.95, _disguised),
    Aim("ways of disguise in which every value is found whole", 45, 45, _complete, places=0),
    Aim("tricks in texts, found", 0.95, 0.95, _tricks),
    Aim("English attacks on the model, found", 0.5, 0.5, _attacks(("direct", "jailbreak"), ("en",))),
    Aim("attacks in nine languages, found", 0.5, 0.5, _attacks(("direct", "jailbreak"))),
    Aim("harmless texts with the words of attacks, taken", 0.05, 0.05, _attacks(("harmless",)), is_ceiling=True),
    Aim("persons, common names: F2 in the worst of nine languages", 0.85, 0.85, _worst_person("lists", "common")),
    Aim("persons, given name listed: F2 in the worst of nine languages", 0.8, 0.8, _worst_person("lists", "given listed")),
    Aim(
        "persons, given name listed, with the model: F2 in the worst of nine languages",
        0.85,
        0.85,
        _worst_person("model", "given listed"),
        subject="model",
    ),
    Aim(
        "persons, no name listed, with the model: F2 in the worst of nine languages",
        0.7,
        0.65,
        _worst_person("model", "none listed"),
        subject="model",
    ),
)
