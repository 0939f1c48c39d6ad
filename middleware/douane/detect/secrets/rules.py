# SPDX-License-Identifier: Apache-2.0
"""The rules that stand as data in `rules.json`: how secrets look that their issuers mark, or that the issuer's name announces."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Near", "Rules", "Token", "rules", "words"]

_FIRST_CLASS = re.compile(r"(?:\(\?P<value>)?(\[[^\]]+\]|\\[dw])\{(\d+)")
_TOLD_BY = 12  # so many characters after its mark tell a token from a word that begins like it, in the first pass over a text
_NO_MORE = r"(?![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that begins with one of `marks`, or has one in its midst, `back` characters after its start.

    `gate` is what RE2 looks for first, `before` what stands before the value in samples; a `long` one may be longer than a run.
    """

    id: str
    type: str
    marks: tuple[str, ...]
    back: tuple[int, ...]
    check: str
    like: tuple[str, ...]
    before: str
    pattern: str
    gate: str
    long: bool


@dataclass(frozen=True, slots=True)
class Near:
    """A secret that only a name before it tells; `pattern` is its value.

    With `key` a word for keys must stand between the two, with `mixed` the value has letters in both cases.
    """

    id: str
    type: str
    name: str
    key: bool
    mixed: bool
    like: tuple[str, ...]
    pattern: re.Pattern[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """All of them. `tokens` are in order of precedence where two fit equally well."""

    tokens: tuple[Token, ...]
    near: tuple[Near, ...]


@cache
def rules() -> Rules:
    """The rules of the package, read once."""
    data = _data("rules.json")
    return Rules(tuple(_token(row) for row in data["tokens"]), tuple(_near(row) for row in data["near"]))


@cache
def words(of: str) -> str:
    """The words of a kind in all languages, as one alternation that `re` and RE2 both take."""
    return "|".join(word for listed in _data("words.json")[of].values() for word in listed)


@cache
def _data(name: str) -> Any:
    return json.loads((files("douane.detect.secrets") / name).read_text(encoding="utf-8"))


def _token(row: dict[str, Any]) -> Token:
    marks, rest, head = tuple(row["starts"]), row["rest"], row.get("head", "")
    either = "(?:" + "|".join(re.escape(mark) for mark in marks) + ")"
    first = _FIRST_CLASS.match(rest)
    gate = either + (f"{first[1]}{{{min(int(first[2]), _TOLD_BY)}}}" if first else "")
    # Where characters before the mark belong to it, nothing that could be one of them may stand before these.
    before = rf"(?<!{_last_class(head)})" if head else "(?<![A-Za-z0-9])"
    pattern = f"{before}{head}{either}(?:{rest}){_NO_MORE}"
    return Token(
        id=row["id"],
        type=row["type"],
        marks=marks,
        back=tuple(row.get("back", ())),
        check=row.get("check", ""),
        like=tuple(row["like"]),
        before=row.get("before", ""),
        pattern=pattern,
        gate=gate,
        long=row.get("long", False),
    )


def _last_class(head: str) -> str:
    return "[A-Za-z0-9]" if "~" not in head else "[A-Za-z0-9_~.-]"


def _near(row: dict[str, Any]) -> Near:
    value = re.compile(rf"(?<![A-Za-z0-9_+/.-])(?:{row['value']})(?![A-Za-z0-9_+/=-]|\.[A-Za-z0-9])")
    return Near(row["id"], row["type"], row["near"], row.get("key", False), row.get("mixed", False), tuple(row["like"]), value)
