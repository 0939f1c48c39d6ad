# SPDX-License-Identifier: Apache-2.0
"""What was found once in a conversation is found again."""

import re
from collections.abc import Iterable

from douane.finding import Span

__all__ = ["Known"]


class Known:
    """Values (type, text) that are looked for wherever they stand. In memory as long as an exchange; in no `repr`."""

    __slots__ = ("_pattern", "_types", "_values")

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._types = {value.casefold(): type_ for type_, value in values if value.strip()}
        self._values = sorted(self._types, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, self._values))})(?!\w)", re.IGNORECASE) if self._values else None

    def spans(self, text: str) -> list[Span]:
        """Where they stand."""
        if self._pattern is None:
            return []
        matches = self._pattern.finditer(text)
        return [Span(self._types.get(m[0].casefold(), "PERSON"), m.start(), m.end(), 0.8, "known", "again") for m in matches]

    def is_calm(self, text: str) -> bool:
        """Whether none stands in the text."""
        return self._pattern is None or self._pattern.search(text) is None

    def horizon(self, text: str) -> int:
        """The start of what may become one."""
        longest = max(map(len, self._values), default=0)
        for place in range(max(0, len(text) - longest), len(text)):
            tail = text[place:].casefold()
            if any(value.startswith(tail) for value in self._values):
                return place
        return len(text)
