# SPDX-License-Identifier: Apache-2.0
"""Which spans count: thresholds by type, and values that are allowed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import re2

from douane.finding import Span

__all__ = ["EVERYTHING", "Selection"]


class Selection:
    """`thresholds` are the least scores by type. `allow` holds, by type or `*` for every type, values that are no finding.

    Values are compared whole, whatever their case; `*` in one stands for anything without white space. Keeps no text.
    """

    __slots__ = ("_allowed", "_thresholds")

    def __init__(self, thresholds: Mapping[str, float] | None = None, allow: Mapping[str, Sequence[str]] | None = None) -> None:
        self._thresholds = dict(thresholds or {})
        self._allowed = {type_: _any_of(values) for type_, values in (allow or {}).items() if values}

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
        patterns = [pattern for type_ in (span.type, "*") if (pattern := self._allowed.get(type_)) is not None]
        return bool(patterns) and _matches(patterns, text[span.start : span.end])


def _matches(patterns: Sequence["re2._Regexp[str]"], value: str) -> bool:
    try:
        return any(pattern.fullmatch(value) for pattern in patterns)
    except UnicodeEncodeError:  # a lone surrogate, which no value that was written down holds
        return False


def _any_of(values: Sequence[str]) -> "re2._Regexp[str]":
    # RE2: stars between the same letters could be cut in very many ways.
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile("|".join(r"\S*".join(re2.escape(part) for part in value.split("*")) for value in values), options)


EVERYTHING = Selection()
