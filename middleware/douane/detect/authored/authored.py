# SPDX-License-Identifier: Apache-2.0
"""What authors look for, as one detector."""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Sequence

import re2

from douane.detect.authored.document import Document
from douane.detect.authored.rule import RIGHT_CONTEXT, Rule, of_pattern, of_words, options
from douane.detect.unpaired import paired
from douane.finding import ReadingKind, Span

__all__ = ["Authored"]

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
        self._set = re2.Set.SearchSet(options())
        for rule in self.rules:
            self._set.Add(rule.source)
        if self.rules:
            self._set.Compile()

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text; they may overlap."""
        return [self._detect(text) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether no rule matches anywhere: one pass for all of them."""
        return not self.rules or not self._set.Match(paired(text))

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

    def _detect(self, text: str) -> list[Span]:
        if not self.rules:
            return []
        text = paired(text)
        encoded = text.encode()
        found = self._set.Match(encoded)
        return [
            Span(rule.type, start, end, rule.score, self.name, rule.id)
            for rule in (self.rules[place] for place in found or ())
            for start, end in rule.spans(text, encoded)
        ]


def _open_phrase(rule: Rule, text: str) -> int:
    """Where a phrase begins of which the text holds only the beginning, or which it has just ended."""
    tail = max(0, len(text) - rule.longest - 1)
    for match in _WORD_START.finditer(text, tail):
        begun = _SPACE.sub(" ", text[match.start() :]).casefold()
        place = bisect_left(rule.phrases, begun)
        if place < len(rule.phrases) and rule.phrases[place].startswith(begun.rstrip(" ") if begun.endswith(" ") else begun):
            return match.start()
    return len(text)
