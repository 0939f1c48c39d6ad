# SPDX-License-Identifier: Apache-2.0
"""Finds secrets by what their issuers put in front of them, by their structure, or by the word that announces them; never by entropy."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import version
from itertools import chain

from douane.detect.secrets import announced, cards, connections, keys, tokens, web_tokens
from douane.detect.secrets.encoded import encoded
from douane.detect.secrets.prefilter import finds
from douane.finding import ReadingKind, Span

__all__ = ["Secrets"]

_OPENING = (keys.opens, web_tokens.opens, tokens.opens, connections.opens, announced.opens, cards.opens)


_SAMPLE = "password: " + "x" * 64


class Secrets:
    """Keys, tokens, passwords, private keys, connection strings, and what proves a payment card. Thread-safe; keeps no text."""

    name = "secrets"
    # A number without its separators is no secret more than it was with them.
    sees: frozenset[ReadingKind] = frozenset({"plain", "folded", "unescaped", "decoded", "stripped"})

    def __init__(self) -> None:
        self.version = version("douane")
        self.horizon(_SAMPLE)  # reads the data that a stream needs, which must not be read on an event loop

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap. What tells a value stands before it, within 200 characters."""
        return [tuple(chain.from_iterable(find(source) for find in finds(source))) for source in map(encoded, texts)]

    def is_calm(self, text: str) -> bool:
        """Whether nothing in the text announces a secret: one pass over it."""
        return not finds(encoded(text))

    def is_shut(self, words: AbstractSet[str], before: str) -> bool:
        """Whether nothing begins, goes on or ends in words of small letters behind these characters, if nothing in them is open.

        The password of a `.netrc` is the only secret that may be such a word.
        """
        return "password" not in words and "password" not in before

    def horizon(self, text: str) -> int:
        """The start of a value, a block or a token at the end of the text that more text could still change."""
        return min(opens(text) for opens in _OPENING)
