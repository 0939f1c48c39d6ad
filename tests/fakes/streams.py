# SPDX-License-Identifier: Apache-2.0
"""A text that comes in pieces, and the same at once, with what a scan finds redacted: a stream promises that both are equal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from douane.decision import Redact
from douane.detect.types import TYPES
from douane.enforce import Replacer
from douane.exchange import Segment
from douane.finding import Finding, Recall, Scanner
from douane.known import Known
from douane.stream import StreamGuard
from douane.vault import Vault

__all__ = ["Written", "cut", "in_steps", "mixtures", "neighbours", "splits", "streamed", "whole"]

NOTHING_KNOWN = Known(())
"""As in the answer to a caller who sent no name: what is found later is not looked for in what has left."""

_VAULT = Vault(b"k" * 32, "acme", lambda _: False)


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it left."""

    text: str
    found: tuple[tuple[int, int, str, str], ...]
    """Start, end, type and rule of what was found, by places in the text as it came."""


class _Everything:
    """An inspector that redacts whatever is found, and remembers where and by which rules."""

    hold = None

    def __init__(self, scan: Scanner, known: Recall | None) -> None:
        self.seen: list[tuple[int, int, str, str]] = []
        self._scan = scan
        self._known = known

    def horizon(self, text: str, floor: int) -> int:
        return self._scan.horizon(text, floor)

    def is_calm(self, text: str, since: int) -> bool:
        return self._scan.is_calm(text, since) and (self._known is None or self._known.is_calm(text[since:]))

    def findings(self, text: str) -> Sequence[Finding]:
        result = self._scan.scan((Segment("", text, ""),), self._known)
        assert all(report.ok for report in result.reports)  # where all fail, a stream is as the whole text is
        return result.findings

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        self.seen += ((finding.start + offset, finding.end + offset, finding.type, finding.rule) for finding in findings)
        return Replacer((Redact(TYPES, "r"),), _VAULT)


def whole(scan: Scanner, text: str, *, known: Recall | None = NOTHING_KNOWN, in_json: bool = False) -> Written:
    """The text at once; `in_json` for the arguments of a tool call."""
    inspector = _Everything(scan, known)
    findings = inspector.findings(text)
    segment = Segment("", text, "", kind="arguments" if in_json else "text")
    return Written(inspector.decide(findings, 0).rewrite(segment, findings), tuple(inspector.seen))


def streamed(scan: Scanner, pieces: Iterable[str], *, known: Recall | None = NOTHING_KNOWN, in_json: bool = False) -> Written:
    """The text in pieces; one in characters is its own pieces."""
    inspector = _Everything(scan, known)
    guard = StreamGuard(inspector, in_json=in_json)
    return Written("".join([*(guard.feed(piece) for piece in pieces), guard.close()]), tuple(inspector.seen))


def cut(text: str, places: Iterable[int]) -> list[str]:
    """The text in pieces that end at these places, those beyond its end at its end."""
    cuts = sorted(min(place, len(text)) for place in places)
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def in_steps(text: str, step: int) -> list[str]:
    """The text in pieces of one length."""
    return [text[start : start + step] for start in range(0, len(text), step)]


def neighbours(fragments: st.SearchStrategy[str], between: str = "") -> st.SearchStrategy[str]:
    """Many different fragments are neighbours; few, many times, are chains of findings that overlap."""
    return st.one_of(
        st.lists(fragments, min_size=2, max_size=10),
        st.lists(fragments, min_size=2, max_size=4).flatmap(lambda few: st.lists(st.sampled_from(few), min_size=3, max_size=16)),
    ).map(between.join)


def mixtures(fragments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Neighbours, and fragments that begin further away than a stream keeps."""
    return st.one_of(
        neighbours(fragments),
        st.builds(
            lambda first, count, last: "".join([*first, "and so on " * count, *last]),
            *[st.lists(fragments, max_size=4), st.integers(20, 40), st.lists(fragments, max_size=5)],
        ),
    )


@st.composite
def splits(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[str]]:
    """A text, and the same in pieces."""
    text = draw(texts)
    return text, cut(text, draw(st.lists(st.integers(0, len(text)), max_size=20)))
