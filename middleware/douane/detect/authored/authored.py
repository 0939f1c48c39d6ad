# SPDX-License-Identifier: Apache-2.0
"""What authors look for, as one detector."""

import hashlib
import re
import time
from bisect import bisect_left
from collections.abc import Sequence

import re2

from douane.detect.authored.document import Document
from douane.detect.authored.rule import RIGHT_CONTEXT, Rule, of_pattern, of_words
from douane.detect.linear import options
from douane.detect.unpaired import paired
from douane.finding import ReadingKind, Span

__all__ = ["Authored"]

_DEADLINE = 2.0
_SPACE = re.compile(r"\s+")
_WORD_START = re.compile(r"(?<!\w)\w")


class Authored:
    """The patterns and word lists of a document. Thread-safe; keeps no text.

    `version` identifies the document, so that a finding tells by which rules it was made. Raises `BundleRejected` for a rule that cannot
    be compiled.
    """

    name = "authored"
    sees: frozenset[ReadingKind] = frozenset({"plain", "folded", "unescaped"})

    def __init__(self, document: Document) -> None:
        self.version = hashlib.sha256(document.model_dump_json().encode()).hexdigest()[:12]
        self.rules: tuple[Rule, ...] = (
            *(of_pattern(id_, entry) for id_, entry in document.patterns.items()),
            *(of_words(id_, entry) for id_, entry in document.words.items()),
        )
        self.types = frozenset(rule.type for rule in self.rules)
        self._any = _united(self.rules)

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text; they may overlap. Raises `DetectorFailed` where all of them take longer than two seconds."""
        until = time.monotonic() + _DEADLINE
        return [self._detect(text, until) if self.rules else [] for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether no rule matches anywhere: one pass for all of them."""
        return not self.rules or self._is_none(paired(text).encode())

    def horizon(self, text: str) -> int:
        """The start of a value that the next characters could still explain or complete, beyond the last run."""
        horizon = size = len(text)
        for rule in self.rules:
            if rule.phrases:
                horizon = min(horizon, _open_phrase(rule, text))
            elif rule.spaces:
                horizon = min(horizon, max(0, size - rule.longest))
            if rule.words is not None:
                tail = max(0, size - RIGHT_CONTEXT - rule.longest - 1)
                match = rule.pattern.search(paired(text[tail:]).encode())
                if match is not None:
                    horizon = min(horizon, tail)
        return horizon

    def _detect(self, text: str, until: float) -> list[Span]:
        text = paired(text)
        encoded = text.encode()
        return [
            Span(rule.type, start, end, rule.score, self.name, rule.id)
            for rule in (() if self._is_none(encoded) else self.rules)
            for start, end in rule.spans(text, encoded, until)
        ]

    def _is_none(self, encoded: bytes) -> bool:
        return self._any is not None and self._any.search(encoded) is None


def _united(rules: Sequence[Rule]) -> "re2._Regexp[bytes] | None":
    """One pattern for all, where that is not too large. No set of RE2's: one that runs out of memory finds nothing and does not say so."""
    try:
        return re2.compile("|".join(f"(?:{rule.source})" for rule in rules).encode(), options())
    except re2.error:
        return None


def _open_phrase(rule: Rule, text: str) -> int:
    """Where a phrase begins of which the text holds only the beginning, or which it has just ended."""
    tail = max(0, len(text) - rule.longest - 1)
    for match in _WORD_START.finditer(text, tail):
        begun = _SPACE.sub(" ", text[match.start() :]).casefold()
        place = bisect_left(rule.phrases, begun)
        if place < len(rule.phrases) and rule.phrases[place].startswith(begun.rstrip(" ") if begun.endswith(" ") else begun):
            return match.start()
    return len(text)
