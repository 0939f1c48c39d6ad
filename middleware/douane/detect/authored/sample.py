# SPDX-License-Identifier: Apache-2.0
"""Samples: the texts by which an author shows what a rule finds and what it leaves."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from douane.detect.authored.authored import Authored
from douane.detect.authored.document import Document, Samples
from douane.detect.authored.rule import Rule
from douane.errors import BundleRejected

__all__ = ["Sample", "proven", "samples"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a rule; `place` is where it stands in the document. The text is in no `repr`: it may be a real value."""

    place: str
    rule: Rule
    text: str = field(repr=False)
    is_found: bool

    @property
    def holds(self) -> bool:
        """Whether the rule does with the text as the sample says."""
        return any(True for _ in self.rule.spans(self.text, self.text.encode())) is self.is_found


def samples(document: Document, authored: Authored) -> Iterator[Sample]:
    """Every sample of a document, in order."""
    rules = {rule.id: rule for rule in authored.rules}
    entries: list[tuple[str, str, Samples]] = [("patterns", id_, entry.samples) for id_, entry in document.patterns.items()]
    entries += [("words", id_, listed.samples) for id_, listed in document.words.items()]
    for kind, id_, given in entries:
        for which, texts in (("found", given.found), ("left", given.left)):
            for number, text in enumerate(texts):
                yield Sample(f"detectors.{kind}.{id_}.samples.{which}.{number}", rules[id_], text, which == "found")


def proven(document: Document) -> Authored:
    """The detector of a document whose samples hold. Raises `BundleRejected`."""
    authored = Authored(document)
    for sample in samples(document, authored):
        if not sample.holds:
            what = "is not found by its rule" if sample.is_found else "is found by its rule"
            raise BundleRejected(f"`{sample.place}` {what}; mend the rule or the sample")
    return authored
