# SPDX-License-Identifier: Apache-2.0
"""What is told of a decision: which rules fired, and where a rule that did not fire stopped. Facts and policy text, nothing else."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Attempt", "AttemptOutcome", "Line", "Part", "RuleOutcome", "Rules", "WhyNot", "one_line"]

_LONGEST = 160

AttemptOutcome = Literal["held", "stopped", "error", "unclear", "default"]
"""`held`: all of it. `stopped`: at `failing`. `error`: a statement raised, and with it the whole decision. `unclear`: it cannot be asked
statement by statement. `default`: it has no body."""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement of a policy: the line that it begins at, from 1, and its text on one line."""

    number: int
    text: str


def one_line(text: str) -> str:
    """Text of a policy on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """A rule with METADATA after one evaluation. `path` is that of its module, `line` that of its head.

    `parts` are the members of the result that name it (`reasons`, `obligations`, ...); none for a rule that fired where the decision does
    not ask. `reached` is the last line of it that the decision evaluated, 0 where it evaluated none or that was not looked at.
    `references` are (what it is called or nothing, URL). `held` are the statements of its body, for a rule that fired.
    """

    id: str
    title: str
    description: str
    severity: str
    references: tuple[tuple[str, str], ...]
    path: str
    line: int
    fired: bool
    parts: tuple[str, ...] = ()
    reached: int = 0
    held: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What became of every rule with METADATA. `failed` says which packages cannot be evaluated by themselves, and why.

    Of those, only the rules that the decision names are told as fired.
    """

    outcomes: tuple[RuleOutcome, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A term of a statement with its value as JSON text, cut where it is long.

    No value where it is undefined; several where the term goes through several (`xs[_]`).
    """

    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One definition of a rule, tried statement by statement; of a function with these `arguments`.

    `held` are the statements that held, `failing` the first that did not. The statements before it may hold in several ways (`ways`: one
    for each candidate, say); `values` are those of the terms that `failing` asks for, for the first few ways. `because` says the same of
    the rules that it asks. `said` is the engine's word for an error, or why it is unclear.
    """

    path: str
    line: int
    head: str
    outcome: AttemptOutcome
    arguments: tuple[Part, ...] = ()
    held: tuple[Line, ...] = ()
    failing: Line | None = None
    ways: int = 0
    values: tuple[tuple[Part, ...], ...] = ()
    because: tuple["Attempt", ...] = ()
    said: str = ""


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a rule did not fire: an attempt for each of its definitions. `fired` where there is nothing to ask."""

    id: str
    fired: bool
    attempts: tuple[Attempt, ...]
