# SPDX-License-Identifier: Apache-2.0
"""What authors of policies may write about detectors: the document `detectors` of a bundle's data, read and checked."""

import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from douane.detect.types import TYPES
from douane.errors import BundleRejected

__all__ = ["AuthoredPattern", "AuthoredWords", "Document", "ExtraNames", "Samples", "read"]

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
_Type = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,63}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Word = Annotated[str, StringConstraints(pattern=r"\w", max_length=200)]
# Per mille, as in the facts: engines read fractions differently.
_Score = Annotated[int, Field(gt=0, le=1000, strict=True)]
_LEAST_LITERAL = 3


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # names and values of an organisation are nobody else's affair


class Samples(_Entry):
    """Texts that show what a rule finds and what it must leave. They are run whenever the rules are loaded, and by `douane policy test`."""

    found: tuple[_Text, ...] = ()
    left: tuple[_Text, ...] = ()


class AuthoredPattern(_Entry):
    """A regular expression of RE2 (https://github.com/google/re2/wiki/Syntax), matched at every place of a text.

    `longest` is the most characters that a value has. With `spaces` it may hold white space, signs such as `"<>{}|,;[]`, and characters
    from U+2000 on, which end a word for everybody else, and a stream then holds back as many as that. `check`
    is `luhn`, or a module of python-stdnum such as `de.idnr`. With `words` one of them must stand up to 64 characters before the value
    or 20 after it. `not_inside_words`: no letter or digit may stand straight before or after it.
    """

    type: _Type
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    score: _Score = 850
    ignore_case: bool = False
    not_inside_words: bool = True
    longest: int = Field(default=64, ge=1, le=256)
    spaces: bool = False
    check: str | None = None
    words: tuple[_Word, ...] = Field(default=(), max_length=1000)
    samples: Samples = Samples()


class AuthoredWords(_Entry):
    """A deny list: words and phrases found whole, whatever their case and the white space in them."""

    type: _Type
    words: tuple[_Word, ...] = Field(min_length=1, max_length=5000)
    score: _Score = 900
    samples: Samples = Samples()


class ExtraNames(_Entry):
    """Names beside those that come with douane."""

    given: tuple[_Text, ...] = ()
    family: tuple[_Text, ...] = ()
    persons: tuple[_Text, ...] = ()
    places: tuple[_Text, ...] = ()
    organizations: tuple[_Text, ...] = ()


class Document(_Entry):
    """All that authors say about detectors. An id names a rule in findings; `*` in `allow` stands for every type.

    `allow` holds values that are no finding, whatever their case; a `*` in one stands for anything without white space.
    """

    patterns: dict[_Id, AuthoredPattern] = {}
    words: dict[_Id, AuthoredWords] = {}
    names: ExtraNames = ExtraNames()
    topics: dict[_Id, tuple[_Text, ...]] = {}
    canaries: tuple[Annotated[str, StringConstraints(min_length=8, max_length=200)], ...] = ()
    thresholds: dict[_Type, Annotated[int, Field(ge=0, le=1000, strict=True)]] = {}
    allow: dict[str, Annotated[tuple[_Text, ...], Field(max_length=5000)]] = {}

    @field_validator("allow")
    @classmethod
    def _is_by_type(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for type_, values in value.items():
            if type_ != "*" and not re.fullmatch(r"[A-Z][A-Z0-9_]{1,63}", type_):
                raise ValueError(f"`{type_}` is no type; write one such as EMAIL_ADDRESS, or * for all")
            for one in values:
                if "*" in one and sum(character.isalnum() for character in one) < _LEAST_LITERAL:
                    raise ValueError(f"`{one}` would allow nearly everything; write {_LEAST_LITERAL} letters or digits beside the stars")
        return value

    @model_validator(mode="after")
    def _has_each_id_once(self) -> "Document":
        twice = sorted(set(self.patterns) & set(self.words))
        if twice:
            raise ValueError(f"`{twice[0]}` stands under `patterns` and under `words`; give each rule an id of its own")
        return self


def read(data: str) -> Document:
    """The document in the data of a bundle (JSON text); an empty one where there is none. Raises `BundleRejected` with each place."""
    tree = json.loads(data)
    tree = tree if isinstance(tree, dict) else {}
    try:
        document = Document.model_validate(tree.get("detectors") or {})
    except ValidationError as cause:
        lines = [_told(error["loc"], error["msg"]) for error in cause.errors(include_input=False, include_url=False)]
        raise BundleRejected("the detectors of the policies are wrong:\n  " + "\n  ".join(lines)) from None
    known = set(TYPES) | _types(tree.get("types"))
    for place, type_ in _named(document):
        if type_ not in known:
            raise BundleRejected(
                f"`detectors.{place}`: `{type_}` is no type; add it to `types` with its class, or take one of: {', '.join(sorted(known))}"
            )
    return document


def _types(types: object) -> set[str]:
    classes = types.values() if isinstance(types, Mapping) else ()
    return {str(name) for members in classes if isinstance(members, Mapping) for name in members}


def _named(document: Document) -> list[tuple[str, str]]:
    rules = [(f"patterns.{id_}.type", rule.type) for id_, rule in document.patterns.items()]
    rules += [(f"words.{id_}.type", listed.type) for id_, listed in document.words.items()]
    rules += [(f"thresholds.{type_}", type_) for type_ in document.thresholds]
    return rules + [(f"allow.{type_}", type_) for type_ in document.allow if type_ != "*"]


def _told(location: tuple[str | int, ...], message: str) -> str:
    where = ".".join(["detectors", *(str(part) for part in location)])
    return f"`{where}`: {message.removeprefix('Value error, ')}"
