# SPDX-License-Identifier: Apache-2.0
"""The words that a name stands beside, in the official languages of the European Union, read from the data on first use."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from douane.detect.names.words import lowered

__all__ = ["Cue", "CueKind", "Cues", "cues"]

CueKind = Literal["honorific", "role", "introduction", "salutation", "street"]
_TITLES = ("honorific", "role", "never")
_KINDS: tuple[CueKind, ...] = ("honorific", "role", "introduction", "salutation")


class Cue(NamedTuple):
    """A phrase in lower case that ends directly before a name; `is_weak` where it may stand before anything else too."""

    kind: CueKind
    phrase: str
    is_weak: bool


@dataclass(frozen=True, slots=True)
class Cues:
    """`before` holds cues by their last word, longest first.

    `labels` are phrases before a colon, true where weak; `closings` stand on the line before a name; `titles` are no names themselves.
    `street_words` and `street_endings` are of streets, the number after them; `company_words` are legal forms without dots (those in
    `company_capitals` only in capitals), `company_dotted` with dots; `heads` begin or end the name of an institution;
    `endings` are those of family names, `tails` the last three letters of all endings; `particles` stand within names.
    """

    before: Mapping[str, tuple[Cue, ...]] = field(repr=False)
    tails: frozenset[str] = field(repr=False)
    labels: Mapping[str, bool] = field(repr=False)
    closings: frozenset[str] = field(repr=False)
    titles: frozenset[str] = field(repr=False)
    street_words: frozenset[str] = field(repr=False)
    street_endings: tuple[str, ...] = field(repr=False)
    company_words: frozenset[str] = field(repr=False)
    company_capitals: frozenset[str] = field(repr=False)
    company_dotted: tuple[str, ...] = field(repr=False)
    heads: frozenset[str] = field(repr=False)
    endings: tuple[str, ...] = field(repr=False)
    particles: frozenset[str] = field(repr=False)


@cache
def cues() -> Cues:
    """The cues of the package, see `data/cues.json`."""
    data = json.loads((files("douane.detect.names") / "data" / "cues.json").read_text(encoding="utf-8"))
    before: dict[str, set[Cue]] = defaultdict(set)
    closings: set[str] = set()
    titles: set[str] = set()
    labels: dict[str, bool] = {}
    for words in data["languages"].values():
        for kind in _KINDS:
            for phrase, is_weak in _phrases(words[kind]):
                before[phrase.split()[-1].rstrip(".")].add(Cue(kind, phrase, is_weak))
        for phrase, is_weak in _phrases(words["label"]):
            labels[phrase] = labels.get(phrase, True) and is_weak
        closings.update(phrase for phrase, _ in _phrases(words["closing"]))
        titles.update(phrase.rstrip(".") for of in _TITLES for phrase, _ in _phrases(words[of]) if " " not in phrase)
        titles.update(word for of in ("salutation", "label", "closing") for phrase, _ in _phrases(words[of]) for word in phrase.split())
    for phrase, is_weak in _phrases(data["street"]["before"]):
        before[phrase.split()[-1].rstrip(".")].add(Cue("street", phrase, is_weak))
    companies = data["companies"]
    particles, endings, street_endings = _set(data["particles"]), _set(data["endings"]), _set(data["street"]["endings"])
    street_words = _set(data["street"]["after"])
    return Cues(
        tails=frozenset(ending[-3:] for ending in (*endings, *street_endings)),
        before={word: tuple(sorted(some, key=lambda cue: (-len(cue.phrase), cue))) for word, some in before.items()},
        labels=labels,
        closings=frozenset(closings),
        titles=frozenset(titles),
        street_words=street_words,
        street_endings=tuple(sorted(street_endings)),
        company_words=_set(companies["words"]),
        company_capitals=_set(companies["capitals"]),
        company_dotted=tuple(sorted(_set(companies["dotted"]), key=lambda form: (-len(form), form))),
        heads=_set(companies["heads"]),
        endings=tuple(sorted(endings)),
        particles=particles,
    )


def _phrases(listed: str) -> Iterator[tuple[str, bool]]:
    for phrase in lowered(listed).split(","):
        if phrase.strip():
            yield phrase.strip().rstrip("?"), phrase.endswith("?")


def _set(listed: str) -> frozenset[str]:
    return frozenset(phrase for phrase, _ in _phrases(listed))
