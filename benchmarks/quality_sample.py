# SPDX-License-Identifier: Apache-2.0
"""What quality is measured on, and how it is counted: texts with places in them that must be found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from douane.finding import Finding

__all__ = ["Count", "Find", "Gold", "Sample", "count", "counts", "share"]

Find = Callable[[Sequence[str]], list[list[Finding]]]
"""Findings of each text."""

# A street that is called a place, or a place in an address that is called part of a street, is found.
_ALSO = {"STREET_ADDRESS": frozenset({"LOCATION"}), "LOCATION": frozenset({"STREET_ADDRESS"})}


@dataclass(frozen=True, slots=True)
class Gold:
    """A place that must be found. `group` says which of its type it is: a language, a provider, how common a name is."""

    type: str
    start: int
    end: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, where it belongs (a language, a class), and all that must be found in it. `shape` is what kind of writing it is."""

    group: str
    text: str
    golds: tuple[Gold, ...] = ()
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """Whole numbers, so that sums are exact.

    Of `golds`, `typed` overlap a finding of their type, `covered` one of any type; of `found`, the findings of the type, `right` overlap a
    gold of it. `leaked` of `characters` that had to be found lie in no finding at all.
    """

    golds: int = 0
    typed: int = 0
    covered: int = 0
    found: int = 0
    right: int = 0
    characters: int = 0
    leaked: int = 0

    def __add__(self, other: "Count") -> "Count":
        left, right = asdict(self), asdict(other)
        return Count(**{name: left[name] + right[name] for name in left})

    @property
    def recall(self) -> float:
        return share(self.typed, self.golds)

    @property
    def any_recall(self) -> float:
        return share(self.covered, self.golds)

    @property
    def precision(self) -> float:
        return share(self.right, self.found)

    @property
    def f2(self) -> float:
        both = 4 * self.precision + self.recall
        return 5 * self.precision * self.recall / both if both else 0.0

    @property
    def leak(self) -> float:
        return share(self.leaked, self.characters)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def counts(samples: Sequence[Sample], findings: Sequence[Sequence[Finding]], by: Callable[[Sample], str]) -> dict[str, dict[str, Count]]:
    """Counts by what `by` says of the sample, then by type."""
    total: dict[str, dict[str, Count]] = {}
    for sample, found in zip(samples, findings, strict=True):
        for type_, one in count(sample, found).items():
            row = total.setdefault(by(sample), {})
            row[type_] = row.get(type_, Count()) + one
    return total


def count(sample: Sample, findings: Sequence[Finding]) -> Mapping[str, Count]:
    """Counts of one text, by type."""
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    total: dict[str, Count] = {}
    for gold in sample.golds:
        over = [finding for finding in findings if finding.start < gold.end and gold.start < finding.end]
        places = range(gold.start, gold.end)
        one = Count(
            golds=1,
            typed=any(_fits(finding.type, gold.type) for finding in over),
            covered=bool(over),
            characters=len(places),
            leaked=sum(place not in covered for place in places),
        )
        total[gold.type] = total.get(gold.type, Count()) + one
    for finding in findings:
        golds: Iterable[Gold] = (gold for gold in sample.golds if finding.start < gold.end and gold.start < finding.end)
        right = any(_fits(finding.type, gold.type) for gold in golds)
        total[finding.type] = total.get(finding.type, Count()) + Count(found=1, right=right)
    return total


def _fits(found: str, wanted: str) -> bool:
    return found == wanted or found in _ALSO.get(wanted, ())
