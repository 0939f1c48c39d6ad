# SPDX-License-Identifier: Apache-2.0
"""Which spans count: thresholds by type, and values that are allowed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import re2

from douane.detect.linear import options
from douane.detect.unpaired import paired
from douane.finding import Span

__all__ = ["EVERYTHING", "Selection"]


class Selection:
    """`thresholds` are the least scores by type. `allow` holds, by type or `*` for every type, values that are no finding.

    Values are compared whole, whatever their case; `*` in one stands for anything without white space. Keeps no text.
    """

    __slots__ = ("_allowed", "_thresholds")

    def __init__(self, thresholds: Mapping[str, float] | None = None, allow: Mapping[str, Sequence[str]] | None = None) -> None:
        self._thresholds = dict(thresholds or {})
        self._allowed = {type_: _Values(values) for type_, values in (allow or {}).items() if values}

    def of(self, spans: Iterable[Span], text: str) -> Iterator[Span]:
        """The spans of a text that count."""
        if not self._thresholds and not self._allowed:
            return iter(spans)
        return (span for span in spans if not self.against(span, text))

    def against(self, span: Span, text: str) -> str:
        """Why a span does not count; nothing where it does."""
        threshold = self._thresholds.get(span.type, 0.0)
        if span.score < threshold:
            return f"below the threshold of {threshold:g}"
        return "an allowed value" if self._is_allowed(span, text) else ""

    def _is_allowed(self, span: Span, text: str) -> bool:
        values = [allowed for type_ in (span.type, "*") if (allowed := self._allowed.get(type_)) is not None]
        return any(text[span.start : span.end] in allowed for allowed in values)


class _Values:
    """Values that were written down, whatever their case; those with stars as one pattern."""

    __slots__ = ("_exact", "_pattern")

    def __init__(self, values: Sequence[str]) -> None:
        self._exact = frozenset(value.casefold() for value in values if "*" not in value)
        starred = [value for value in values if "*" in value]
        # RE2: stars between the same letters could be cut in very many ways.
        self._pattern = re2.compile(f"(?i:{'|'.join(map(_pattern, starred))})", options()) if starred else None

    def __contains__(self, value: str) -> bool:
        return value.casefold() in self._exact or (self._pattern is not None and self._pattern.fullmatch(paired(value)) is not None)


def _pattern(value: str) -> str:
    return r"[^\s\x{a0}\x{2000}-\x{200a}\x{3000}]*".join(re2.escape(part) for part in value.split("*"))


EVERYTHING = Selection()
