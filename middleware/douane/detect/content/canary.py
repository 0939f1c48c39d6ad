# SPDX-License-Identifier: Apache-2.0
"""Canaries: words that an author puts into a system prompt, so that whoever shows them has shown the prompt.

Two kinds: one that says so itself, `canary-` with 16 to 64 letters and digits or a UUID behind it (`canary()` makes one), and words that
are configured. Rules: `canary.shape`, `canary.value`. Whether a finding is a leak depends on where it stands, which policy knows: in the
system prompt it is at home, in an answer or the arguments of a tool it is not.
"""

import re
import secrets
import string
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from importlib.metadata import version

import re2

from douane.detect.linear import options
from douane.errors import ConfigRejected
from douane.finding import ReadingKind, Span

__all__ = ["Canaries", "canary"]

_LEAST, _MOST = 8, 64  # letters and digits of a value that is configured
_BETWEEN = 4  # characters that may stand between two of its letters: spaces, markup
_OUR_GAP = rf"[\W_]{{0,{_BETWEEN}}}"
_THEIR_GAP = rf"[^A-Za-z0-9]{{0,{_BETWEEN}}}"
_HINTED = 6  # letters of a value that are looked for first
_SHAPE = re.compile(r"(?<![A-Za-z0-9])canary-(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[a-z0-9]{16,64}+)", re.IGNORECASE | re.ASCII)
_SHAPE_HINT = r"(?i)canary-[a-z0-9]{8}"
_TURN = re.compile("(?<=[0-9])[a-z]|(?<=[a-z])[0-9]", re.IGNORECASE)
_ALPHABET = string.ascii_lowercase + string.digits
_OTHER = re.compile(r"[\W_]")


def canary() -> str:
    """A new canary of 125 random bits. It is found without being configured."""
    while True:
        word = "canary-" + "".join(secrets.choice(_ALPHABET) for _ in range(24))
        if _is_shape(word):
            return word


class Canaries:
    """Finds canaries, by their shape and by `canaries`, which are compared by their letters and digits, whatever their case and whatever
    up to four other characters stand between two of them. Thread-safe; keeps no text of an exchange.

    Raises `ConfigRejected` for a value that has fewer than 8 or more than 64 letters and digits.
    """

    name = "canary"
    sees: frozenset[ReadingKind] = frozenset(("plain", "folded", "unescaped", "decoded", "stripped"))

    def __init__(self, canaries: Sequence[str] = ()) -> None:
        self.version = version("douane")
        self._values = tuple(_OTHER.sub("", value).lower() for value in canaries)
        for place, value in enumerate(self._values):
            if not _LEAST <= len(value) <= _MOST:
                raise ConfigRejected(
                    f"canary {place + 1} has {len(value)} letters and digits; give it {_LEAST} to {_MOST}, which nobody writes by chance"
                )
        self._longest = max(map(len, self._values), default=0) - 1  # letters of a value in part
        self._patterns = tuple(re.compile(f"(?={_spread(value, _OUR_GAP)})", re.IGNORECASE) for value in self._values)

    def __repr__(self) -> str:
        return f"Canaries({len(self._values)} values)"

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        return [() if self.is_calm(text) else tuple(self._detect(text)) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether nothing in the text begins like a canary's shape, and no value is in it."""
        return not self._hint.search(text.encode("utf-8", "surrogatepass"))

    def is_shut(self, words: AbstractSet[str], before: str) -> bool:
        """Whether nothing begins, goes on or ends in words of small letters, if nothing before them is open: a shape has digits."""
        return not self._values

    def horizon(self, text: str) -> int:
        """The start of a value that is in the text in part. A shape is one run of `run_start`."""
        tail = max(0, len(text) - (_BETWEEN + 1) * _MOST)
        letters: list[str] = []
        places: list[int] = []
        gap = 0
        for place in range(len(text) - 1, tail - 1, -1) if self._values else ():
            character = text[place]
            if _OTHER.match(character):
                gap += 1
                if gap > _BETWEEN:
                    break
                continue
            gap = 0
            letters.append(character.lower())
            places.append(place)
            if len(letters) >= self._longest:
                break
        end = "".join(reversed(letters))
        # Long ones first: what is open furthest to the left.
        longest = max((_overlap(end, value) for value in self._values), default=0)
        return places[longest - 1] if longest else len(text)

    @cached_property
    def _hint(self) -> re.Pattern[bytes]:
        patterns = [_SHAPE_HINT, *(f"(?i:{_spread(value[:_HINTED], _THEIR_GAP)})" for value in self._values)]
        hint: re.Pattern[bytes] = re2.compile("|".join(patterns).encode(), options())
        return hint

    def _detect(self, text: str) -> Iterator[Span]:
        for match in _SHAPE.finditer(text):
            if _is_shape(match[0]):
                yield Span("SYSTEM_PROMPT_LEAK", match.start(), match.end(), 1.0, self.name, "canary.shape")
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                yield Span("SYSTEM_PROMPT_LEAK", match.start(1), match.end(1), 1.0, self.name, "canary.value")


def _spread(value: str, gap: str) -> str:
    return "(" + gap.join(map(re.escape, value)) + ")"


def _is_shape(word: str) -> bool:
    """A random word goes from letters to digits and back; the name of a release that is tried out on a few has a year in it, or two."""
    return "-" in word[7:] or len(_TURN.findall(word, 7)) >= 4


def _overlap(end: str, value: str) -> int:
    """How many letters at the end of a text are the first of a value, and not yet all of it."""
    return next((count for count in range(min(len(end), len(value) - 1), 0, -1) if end.endswith(value[:count])), 0)
