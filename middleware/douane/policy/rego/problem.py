# SPDX-License-Identifier: Apache-2.0
"""A problem of a policy: where it stands, what is wrong there, what to do."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Level", "Problem", "shown"]

Level = Literal["error", "warning"]
"""`error`: a decision could be wrong or missing, so the policies are not loaded. `warning`: people would be misled."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem. `line` and `column` count from 1, columns in characters; 0 where it is about the whole file or tree.

    `rule` is the stable id of the check that found it, such as `syntax` or `metadata/missing`. `source` is the offending line.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    level: Level = "error"
    source: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, as editors read it."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)


def shown(problem: Problem) -> str:
    """The problem for people: its place, what to do, the offending line with a mark under it."""
    text = f"{problem.place}: {problem.level}: {problem.message} [{problem.rule}]"
    if not problem.source:
        return text
    # A tab before the mark is a tab in front of it too, whatever its width on the screen.
    indent = "".join("\t" if character == "\t" else " " for character in problem.source[: max(problem.column - 1, 0)])
    return f"{text}\n    {problem.source}\n    {indent}^"
