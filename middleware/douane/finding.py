# SPDX-License-Identifier: Apache-2.0
"""What was seen in an exchange: findings with a type, a place and a score, never the value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from douane.exchange import Segment

__all__ = ["Detector", "DetectorReport", "Finding", "ReadingKind", "Recall", "ScanResult", "Scanner", "Span"]

ReadingKind = Literal[
    "plain",  # as it stands
    "folded",  # nothing invisible, plain digits, spaces, dashes and letters, one for one
    "unescaped",  # with its JSON escapes undone
    "decoded",  # what entities, percent escapes, base64 and hex in it stand for
    "stripped",  # without markup
    "compact",  # without the separators in its numbers
]
"""How a text may be read. A reading of a reading has the later kind of the two."""


@dataclass(frozen=True, slots=True)
class Span:
    """A detector's finding in one text. `start` and `end` count characters (code points), end exclusive; `score` is 0 to 1.

    `type` is from the closed list of `douane.detect.types`; `rule` says by which of the detector's rules: a short stable id, never text.
    """

    type: str
    start: int
    end: int
    score: float
    detector: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A span in the segment with index `segment` of its exchange.

    `known` is true on the response leg where the caller itself had sent the value in this exchange.
    """

    type: str
    segment: int
    start: int
    end: int
    score: float
    detector: str
    known: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True)
class DetectorReport:
    """Whether a detector looked at everything that it was asked to look at. `cause` is a word for a log: `timeout`, `crash`, `error`."""

    name: str
    version: str
    ok: bool = True
    cause: str = ""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Findings in order of segment and start, without overlaps, and a report from every detector.

    `languages` is that of each segment (ISO 639-1), or nothing where it cannot be told; empty where nobody asked.
    """

    findings: tuple[Finding, ...]
    reports: tuple[DetectorReport, ...]
    languages: tuple[str, ...] = ()


class Detector(Protocol):
    """Looks at texts and says what is in them.

    `detect` gives one sequence of spans for each text, in the order of `texts`; spans may overlap, `Scan` settles that.
    It raises `DetectorFailed` where it could not look, never returns less than it saw, and puts no text into an error.
    It must not block longer than its own deadline, and is called from worker threads: it is thread-safe.

    A detector may have more, which `Scan` looks for:
    `sees`, the kinds of readings that it is asked about (without it: all);
    `horizon(text) -> int`, the start of what is open beyond the last run of the text (without it nothing in a stream is ever final);
    `detect_compact(texts)`, what it believes in texts without separators (without it, it never sees readings of the kind `compact`);
    `is_calm(text) -> bool`, true only where `detect` would find nothing (without it nothing is calm);
    `is_calm_since(text, since) -> bool`, the same for what ends after a place before which all is final;
    `is_shut(words, before) -> bool`, the same for a text that goes on, behind what is final, with nothing but these words of small letters
    (of which the last may be a part of one), and that nothing is open in them; `before` are the last characters before them;
    `is_quick`, true where `detect` needs no other process and no file, and may be asked on an event loop about a few hundred characters.
    """

    name: str
    version: str

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]: ...


class Recall(Protocol):
    """Values that an exchange has shown, to be found again wherever they stand."""

    def spans(self, text: str) -> Sequence[Span]:
        """Where they stand; they may overlap."""
        ...

    def horizon(self, text: str) -> int:
        """The start of what the next characters may make one of them; `len(text)` where nothing is."""
        ...

    def is_calm(self, text: str) -> bool:
        """True only where `spans` would find nothing."""
        ...


class Scanner(Protocol):
    """Many detectors as one."""

    @property
    def answers(self) -> "Scanner":
        """What looks at answers, where fewer detectors may be needed."""
        ...

    def scan(self, segments: Sequence[Segment], known: Recall | None = None) -> ScanResult:
        """Findings of every segment. Never raises for a failed detector: its report says so, and policy decides.

        What is `known` is found again; without it the names that one segment shows are found in all.
        """
        ...

    def horizon(self, text: str, floor: int = 0) -> int:
        """The earliest place in `text` from which more text could still make, lengthen or unmake a finding.

        `len(text)` where nothing is open. Whatever lies before it is final. An over-approximation is allowed, missing one is not. Where it
        is not beyond `floor`, any place up to there may be told instead.
        """
        ...

    def is_calm(self, text: str, since: int = 0) -> bool:
        """True only where `scan` would find nothing that ends after `since`, before which all is final, and would ask no other process.

        Cheap; a wrong False costs only time.
        """
        ...
