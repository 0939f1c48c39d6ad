# SPDX-License-Identifier: Apache-2.0
"""Many detectors as one: every text looked at once in each way that it may be read, and how far a stream is final."""

import secrets
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock
from typing import get_args

from douane.detect.readings.escape import escapes
from douane.detect.readings.reading import Reading, open_from, readings
from douane.detect.readings.view import View
from douane.detect.run import run_start
from douane.detect.settle import settle
from douane.detect.types import TYPES
from douane.errors import DetectorFailed
from douane.exchange import Segment
from douane.finding import Detector, DetectorReport, Finding, ReadingKind, ScanResult, Span

__all__ = ["Scan"]

_REMEMBERED = 4096
_TYPES = frozenset(TYPES)
_KINDS: frozenset[ReadingKind] = frozenset(get_args(ReadingKind))


class Scan:
    """Implements `Scanner` over some detectors.

    What was found in a text is remembered under a keyed hash, so that a history that comes again is not searched again. Thread-safe.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = tuple(detectors)
        self._sees = tuple(_sight_of(detector) for detector in self._detectors)
        self._horizons = tuple(_horizon_of(detector) for detector in self._detectors)
        self._calm = tuple(_calm_of(detector) for detector in self._detectors)
        self._key = secrets.token_bytes(32)
        self._memory: OrderedDict[bytes, tuple[Span, ...]] = OrderedDict()
        self._lock = Lock()

    def scan(self, segments: Sequence[Segment]) -> ScanResult:
        """See `Scanner.scan`. Every detector is asked once at most, about the texts that it has not seen and cannot rule out."""
        keys = [self._digest(segment.text) for segment in segments]
        known, fresh = self._recall(keys, segments)
        reports = tuple(DetectorReport(detector.name, detector.version) for detector in self._detectors)
        if fresh:
            found, reports = self._look(tuple(fresh.values()))
            settled = dict(zip(fresh, found, strict=True))
            known |= settled
            if all(report.ok for report in reports):
                self._remember(settled)
        findings = tuple(
            Finding(span.type, index, span.start, span.end, span.score, span.detector, rule=span.rule)
            for index, key in enumerate(keys)
            for span in known[key]
        )
        return ScanResult(findings, reports)

    def horizon(self, text: str) -> int:
        """See `Scanner.horizon`. Ordinary prose is held back to the start of its last word."""
        horizon = len(text)
        for reading in readings(text):
            place = min(self._open(reading), open_from(reading))
            horizon = min(horizon, place if reading.back is None else reading.back.place(place, len(text)))
        return horizon

    def is_calm(self, text: str) -> bool:
        """See `Scanner.is_calm`."""
        ways = readings(text)
        return all(is_calm(way.text) for sees, is_calm in zip(self._sees, self._calm, strict=True) for way in ways if way.kind in sees)

    def _open(self, reading: Reading) -> int:
        text = reading.text
        run = run_start(text, len(text))
        seeing = (opens for sees, opens in zip(self._sees, self._horizons, strict=True) if reading.kind in sees)
        horizon = min((opens(text) for opens in seeing), default=len(text))
        return run if run <= horizon else run_start(text, horizon)

    def _look(self, texts: Sequence[str]) -> tuple[list[tuple[Span, ...]], tuple[DetectorReport, ...]]:
        spans: list[list[Span]] = [[] for _ in texts]
        reports = []
        ways = [(index, reading) for index, text in enumerate(texts) for reading in readings(text)]
        for detector, sees, is_calm in zip(self._detectors, self._sees, self._calm, strict=True):
            wanted = [(index, way) for index, way in ways if way.kind in sees and not is_calm(way.text)]
            found, report = _ask(detector, [way.text for _, way in wanted]) if wanted else ((), _fine(detector))
            reports.append(report)
            for (index, way), some in zip(wanted, found, strict=False):
                back = way.back
                spans[index] += some if back is None else (_moved(span, back) for span in some)
        return [settle(_whole(some, text)) for text, some in zip(texts, spans, strict=True)], tuple(reports)

    def _recall(self, keys: Sequence[bytes], segments: Sequence[Segment]) -> tuple[dict[bytes, tuple[Span, ...]], dict[bytes, str]]:
        known: dict[bytes, tuple[Span, ...]] = {}
        fresh: dict[bytes, str] = {}
        with self._lock:
            for key, segment in zip(keys, segments, strict=True):
                spans = self._memory.get(key)
                if spans is None:
                    fresh[key] = segment.text
                else:
                    self._memory.move_to_end(key)
                    known[key] = spans
        return known, fresh

    def _remember(self, settled: dict[bytes, tuple[Span, ...]]) -> None:
        with self._lock:
            self._memory.update(settled)
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)

    def _digest(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()


def _sight_of(detector: Detector) -> frozenset[ReadingKind]:
    sees: frozenset[ReadingKind] = getattr(detector, "sees", _KINDS)
    return sees


def _horizon_of(detector: Detector) -> Callable[[str], int]:
    method: Callable[[str], int] | None = getattr(detector, "horizon", None)
    return method or (lambda _: 0)


def _calm_of(detector: Detector) -> Callable[[str], bool]:
    method: Callable[[str], bool] | None = getattr(detector, "is_calm", None)
    return method or (lambda _: False)


def _fine(detector: Detector) -> DetectorReport:
    return DetectorReport(detector.name, detector.version)


def _ask(detector: Detector, texts: Sequence[str]) -> tuple[Sequence[Sequence[Span]], DetectorReport]:
    """What a detector found; where it failed, nothing and a report that says so."""
    try:
        found = detector.detect(texts)
        for text, spans in zip(texts, found, strict=True):
            if not all(span.type in _TYPES and 0 <= span.start < span.end <= len(text) for span in spans):
                raise DetectorFailed("a span is outside of its text, or of the list of types", detector=detector.name)
    except DetectorFailed as failure:
        return (), DetectorReport(detector.name, detector.version, False, getattr(failure.__cause__, "cause_code", "error"))
    except Exception:  # any failure of a detector is a report, and policy decides what that means
        return (), DetectorReport(detector.name, detector.version, False, "error")
    return found, _fine(detector)


def _moved(span: Span, back: View) -> Span:
    start, end = back.original(span.start, span.end)
    return Span(span.type, start, end, span.score, span.detector, span.rule)


def _whole(spans: list[Span], text: str) -> list[Span]:
    """Spans that begin and end beside escapes, never within one: the `n` of a line break is no part of the name after it."""
    for inside in escapes(text) if spans else ():
        starts, ends = [start for start, _ in inside], [end for _, end in inside]
        mended = []
        for span in spans:
            first, last = bisect_left(starts, span.start) - 1, bisect_left(starts, span.end) - 1
            start = ends[first] if first >= 0 and ends[first] > span.start else span.start
            end = ends[last] if last >= 0 and ends[last] > span.end else span.end
            if start < end:
                mended.append(Span(span.type, start, end, span.score, span.detector, span.rule))
        spans = mended
    return spans
