# SPDX-License-Identifier: Apache-2.0
"""Texts with names in them, drawn from `quality_names.yaml`: names that the detector's lists do not hold, and common ones that they do."""

import random
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Literal

import yaml

from douane.detect.names.lists import NAME, PLACE, lists
from douane.detect.names.words import lowered
from quality_sample import Gold, Sample

__all__ = ["CLASSES", "LARGE", "NameClass", "languages", "person", "place", "plain", "samples"]

NameClass = Literal["none listed", "given listed", "common"]
CLASSES: tuple[NameClass, ...] = ("none listed", "given listed", "common")
"""Whose names: no part is in the detector's lists; a common given name with a family name that is in none; both are common."""

LARGE = ("en", "fr", "de", "es", "it", "nl", "pl", "pt", "sv")
"""The languages with the larger sets; the other official ones of the European Union have smaller ones."""

_FIELD = re.compile(r"<(?:([pgfiuqrlosm])|([tx]):([^>]*))>")
_TYPES = {"l": "LOCATION", "o": "ORGANIZATION", "s": "STREET_ADDRESS", "m": "EMAIL_ADDRESS", "t": "PHONE_NUMBER"}
_PROSE = frozenset({"chat", "medical"})
_TEXTS = {True: 42, False: 18}


@dataclass(frozen=True, slots=True)
class _Person:
    given: str
    family: str
    is_family_first: bool

    @property
    def name(self) -> str:
        return f"{self.family} {self.given}" if self.is_family_first else f"{self.given} {self.family}"

    @property
    def mail(self) -> str:
        parts = [unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode().lower() for part in (self.given, self.family)]
        return ".".join(re.sub("[^a-z]", "", part) or "info" for part in parts) + "@example.org"


def languages() -> tuple[str, ...]:
    return tuple(_data())


def samples(class_: NameClass) -> list[Sample]:
    """Texts in every language with persons of a class; every shape of text as often as any other."""
    return [sample for language in _data() for sample in _in(language, class_)]


def plain() -> list[Sample]:
    """Sentences that hold nothing personal, though capitals enough."""
    return [Sample(language, text) for language, data in _data().items() for text in data["plain"]]


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("quality_names.yaml").read_text(encoding="utf-8"))
    return data


def _in(language: str, class_: NameClass) -> Iterator[Sample]:
    data, drawn = _data()[language], random.Random(f"names {language} {class_}")
    shapes = [(kind, text) for kind, texts in data["texts"].items() for text in texts]
    wanted = _TEXTS[language in LARGE]
    for kind, text in islice(cycle(drawn.sample(shapes, len(shapes))), wanted):
        if kind in _PROSE and "\n" not in text and drawn.random() < 0.5:
            text = f"{drawn.choice(data['plain'])} {text}"
        yield replace(_filled(language, text, class_, drawn), shape=kind)


def _filled(language: str, shape: str, class_: NameClass, drawn: random.Random) -> Sample:
    text, last, golds = "", 0, []
    for match in _FIELD.finditer(shape):
        text += shape[last : match.start()]
        last = match.end()
        field = match[1] or match[2]
        for part, value in enumerate(_values(language, field, match[3] or "", class_, drawn)):
            text += ";" if part else ""
            if field != "x":
                golds.append(Gold(_TYPES.get(field, "PERSON"), len(text), len(text) + len(value), class_))
            text += value
    return Sample(language, text + shape[last:], tuple(golds))


def _values(language: str, field: str, template: str, class_: NameClass, drawn: random.Random) -> Sequence[str]:
    data = _data()[language]
    match field:
        case "t" | "x":
            return [re.sub("#", lambda _: drawn.choice("0123456789"), template)]
        case "l":
            return [place(language, class_, drawn)]
        case "o" | "s":
            return [drawn.choice(data["firms" if field == "o" else "streets"])]
    one = _Person(*person(language, class_, drawn), data.get("order") == "family")
    values: dict[str, Sequence[str]] = {
        "p": [one.name],
        "g": [one.given],
        "f": [one.family],
        "i": [f"{one.given[0]}. {one.family}"],
        "u": [one.name.upper()],
        "q": [one.name.lower()],
        "r": [one.family, one.given],
        "m": [one.mail],
    }
    return values[field]


def person(language: str, class_: NameClass, drawn: random.Random) -> tuple[str, str]:
    """A given and a family name."""
    data = _data()[language]
    rare = {part: [name for name in data[part] if not _is_listed(name, NAME)] for part in ("given", "family")}
    given = rare["given"] if class_ == "none listed" else data["common"]["given"]
    family = data["common"]["family"] if class_ == "common" else rare["family"]
    return drawn.choice(given), drawn.choice(family)


def place(language: str, class_: NameClass, drawn: random.Random) -> str:
    """A place that the lists hold for `common`, one that they do not for the other classes, where there is one."""
    places: Sequence[str] = _data()[language]["places"]
    return drawn.choice([one for one in places if _is_listed(one, PLACE) == (class_ == "common")] or places)


@cache
def _is_listed(name: str, mark: int) -> bool:
    """Whether the lists hold a person's name, or part of it; a place, as a whole."""
    known = lists()
    words = re.split(r"[ \-]", lowered(name))
    held = [bool(known.words.get(word, 0) & mark) for word in words]
    return any(held) if mark == NAME else lowered(name) in known.phrases or all(held)
