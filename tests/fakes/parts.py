# SPDX-License-Identifier: Apache-2.0
"""Typed fakes of the Protocols: a scanner that finds marked words, an engine that answers what it is told, a log in memory."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from douane.errors import LogUnavailable, PolicyFailed
from douane.exchange import Destination, Exchange, Principal, Segment
from douane.finding import DetectorReport, Finding, Recall, ScanResult
from douane.guard import Ask
from douane.record import DecisionRecord

__all__ = ["PARIS", "VIRGINIA", "MemoryLog", "Scripted", "WordScanner", "allow", "ask", "deny", "segment"]


def _facts(id_: str, model: str, country: str) -> Destination:
    return Destination(id_, model, "Demo", country, country, (country,), (country,), 0, "never", "2026-11-01", "a test")


PARIS = _facts("paris", "small-paris", "FR")
VIRGINIA = _facts("virginia", "small-virginia", "US")


@dataclass(slots=True)
class WordScanner:
    """Finds the given words, whole and ignoring case: `{"anna": "PERSON"}`. `failing` is the cause that its one report tells."""

    words: Mapping[str, str]
    failing: str = ""
    scans: int = 0

    def scan(self, segments: Sequence[Segment], known: Recall | None = None) -> ScanResult:
        self.scans += 1
        report = DetectorReport("words", "1", ok=not self.failing, cause=self.failing)
        findings = [finding for index, one in enumerate(segments) for finding in self._find(index, one.text)]
        return ScanResult(tuple(findings), (report,))

    def _find(self, index: int, text: str) -> list[Finding]:
        return [
            Finding(self.words[match[0].lower()], index, match.start(), match.end(), 1.0, "words")
            for match in re.finditer(r"\w+", text)
            if match[0].lower() in self.words
        ]

    @property
    def answers(self) -> "WordScanner":
        return self

    def horizon(self, text: str, floor: int = 0) -> int:
        match = re.search(r"\w+\Z", text)
        return match.start() if match else len(text)

    def is_calm(self, text: str, since: int = 0) -> bool:
        return not self.failing and not any(finding.end > since for finding in self._find(0, text))


def allow(*obligations: Mapping[str, object], permitted: Sequence[str] = ("paris",)) -> str:
    """The result of a policy that allows."""
    return json.dumps({"verdict": "allow", "obligations": list(obligations), "reasons": [], "permitted": list(permitted), "rejections": []})


def deny(id_: str = "douane.test.denied", kind: str = "content", message: str = "a test says no") -> str:
    """The result of a policy that denies."""
    reason = {"id": id_, "kind": kind, "severity": "high", "message": message, "refs": []}
    return json.dumps({"verdict": "deny", "obligations": [], "reasons": [reason], "permitted": [], "rejections": []})


@dataclass(slots=True)
class Scripted:
    """An engine that answers what `answer` makes of the input; it keeps every document that it was given."""

    answer: Callable[[Mapping[str, object]], str]
    name: str = "scripted"
    revision: str = "sha256:0"
    digest: str = "sha256:0"
    documents: list[str] = field(default_factory=list)

    def evaluate(self, document: str) -> str:
        self.documents.append(document)
        return self.answer(json.loads(document))

    def close(self) -> None:
        pass


def failing(cause_code: str) -> Callable[[Mapping[str, object]], str]:
    """An answer that is none."""

    def answer(_: Mapping[str, object]) -> str:
        raise PolicyFailed("a test fails", cause_code=cause_code)

    return answer


@dataclass(slots=True)
class MemoryLog:
    """A log in memory; `is_broken` makes it refuse."""

    records: list[DecisionRecord] = field(default_factory=list)
    is_broken: bool = False

    def append(self, record: DecisionRecord) -> int:
        if self.is_broken:
            raise LogUnavailable("a test broke the log")
        self.records.append(record)
        return len(self.records) - 1

    def close(self) -> None:
        pass


def segment(text: str, **more: object) -> Segment:
    """A segment of a user's message."""
    return Segment("/messages/0/content", text, "/messages/0/content", "user", **more)  # type: ignore[arg-type]  # a test's shorthand


def ask(*texts: str, candidates: tuple[Destination, ...] = (PARIS, VIRGINIA), stream: bool = False) -> Ask:
    """What an adapter would bring for a chat with these texts."""
    segments = tuple(Segment(f"/messages/{index}/content", text, f"/messages/{index}/content", "user") for index, text in enumerate(texts))
    exchange = Exchange("openai.chat", "request", "small", stream, segments)
    return Ask(exchange, Principal("acme", "letters"), candidates)
