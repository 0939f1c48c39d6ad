# SPDX-License-Identifier: Apache-2.0
"""A text that comes in pieces, and the same at once, with what is found redacted: a stream promises that both are equal."""

from collections.abc import Sequence

from hypothesis import strategies as st

from douane.decision import Redact
from douane.detect.scan import Scan
from douane.detect.types import TYPES
from douane.enforce import Replacer
from douane.exchange import Segment
from douane.finding import Finding
from douane.stream import StreamGuard
from douane.vault import Vault

VAULT = Vault(b"k" * 32, "acme", lambda _: False)


class Everything:
    """An inspector that redacts whatever is found, and remembers by which rules."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.seen: list[tuple[int, int, str]] = []

    def horizon(self, text: str) -> int:
        return self.scan.horizon(text)

    def findings(self, text: str) -> Sequence[Finding]:
        return self.scan.scan((Segment("", text, ""),)).findings

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        self.seen += ((finding.start + offset, finding.end + offset, finding.rule) for finding in findings)
        return Replacer((Redact(TYPES, "r"),), VAULT)


def whole(scan: Scan, text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with what was found redacted, and where it was found by which rule."""
    inspector = Everything(scan)
    findings = inspector.findings(text)
    return inspector.decide(findings, 0).rewrite(Segment("", text, ""), findings), inspector.seen


def streamed(scan: Scan, pieces: Sequence[str]) -> tuple[str, list[tuple[int, int, str]]]:
    """The same of a text in pieces."""
    inspector = Everything(scan)
    guard = StreamGuard(inspector)
    return "".join([*(guard.feed(piece) for piece in pieces), guard.close()]), inspector.seen


def mixtures(fragments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Many different fragments are neighbours; few, many times, are chains; some begin further away than a stream keeps."""
    return st.one_of(
        st.lists(fragments, min_size=2, max_size=10),
        st.lists(fragments, min_size=2, max_size=4).flatmap(lambda few: st.lists(st.sampled_from(few), min_size=3, max_size=16)),
        st.builds(
            lambda first, count, last: [*first, "and so on " * count, *last],
            *[st.lists(fragments, max_size=4), st.integers(20, 40), st.lists(fragments, max_size=5)],
        ),
    ).map("".join)


@st.composite
def splits(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[str, list[str]]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=20)))
    return text, [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
