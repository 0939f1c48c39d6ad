# SPDX-License-Identifier: Apache-2.0
"""Many detectors as one: every text and its plainer view looked at once, overlaps settled, and how far a stream is final."""

import secrets
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from threading import Lock

from douane.detect.escape import composed, escapes, meanings, open_escape
from douane.detect.run import run_start
from douane.detect.types import CONTENT, SECRET, TYPES
from douane.detect.view import View, view
from douane.errors import DetectorFailed
from douane.exchange import Segment
from douane.finding import Detector, DetectorReport, Finding, ScanResult, Span

__all__ = ["Scan"]

_REMEMBERED = 4096
_RANKS = {type_: place for place, type_ in enumerate(TYPES)}


class Scan:
    """Implements `Scanner` over some detectors.

    A detector may also have `horizon(text) -> int`: the start of what is open beyond the last run of the text (see `run_start`), and
    `is_calm(text) -> bool`: true only where `detect` would find nothing. For one without them nothing is ever final or calm.

    What was found in a text is remembered under a keyed hash, so that a history that comes again is not searched again. Thread-safe.
    """

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = tuple(detectors)
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
            Finding(span.type, index, span.start, span.end, span.score, span.detector)
            for index, key in enumerate(keys)
            for span in known[key]
        )
        return ScanResult(findings, reports)

    def horizon(self, text: str) -> int:
        """See `Scanner.horizon`. Ordinary prose is held back to the start of its last word."""
        horizon = len(text)
        for reading, back in _readings(text):
            open_from = min(self._open(reading), open_escape(reading))
            horizon = min(horizon, open_from if back is None else back.place(open_from, len(text)))
        return horizon

    def is_calm(self, text: str) -> bool:
        """See `Scanner.is_calm`."""
        return all(is_calm(reading) for reading, _ in _readings(text) for is_calm in self._calm)

    def _open(self, text: str) -> int:
        run = run_start(text, len(text))
        horizon = min((open_from(text) for open_from in self._horizons), default=len(text))
        return run if run <= horizon else run_start(text, horizon)

    def _look(self, texts: Sequence[str]) -> tuple[list[tuple[Span, ...]], tuple[DetectorReport, ...]]:
        spans: list[list[Span]] = [[] for _ in texts]
        reports = []
        readings = [(reading, index, back) for index, text in enumerate(texts) for reading, back in _readings(text)]
        for detector, is_calm in zip(self._detectors, self._calm, strict=True):
            wanted = [reading for reading in readings if not is_calm(reading[0])]
            found, report = _ask(detector, [reading[0] for reading in wanted]) if wanted else ((), _fine(detector))
            reports.append(report)
            for (_, index, back), some in zip(wanted, found, strict=False):
                spans[index] += some if back is None else (_moved(span, back) for span in some)
        return [_settle(_whole(some, text)) for text, some in zip(texts, spans, strict=True)], tuple(reports)

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


def _readings(text: str) -> list[tuple[str, View | None]]:
    """A text in each way that it may be read, with the map back: as it stands, plainer, and with its JSON escapes undone, both."""
    readings: list[tuple[str, View | None]] = [(text, None)]
    plainer = view(text)
    if plainer is not None:
        readings.append((plainer.text, plainer))
    for meant in meanings(text):
        readings.append((meant.text, meant))
        plainer = view(meant.text)
        if plainer is not None:
            readings.append((plainer.text, composed(meant, plainer)))
    return readings


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
            if not all(span.type in _RANKS and 0 <= span.start < span.end <= len(text) for span in spans):
                raise DetectorFailed("a span is outside of its text, or of the list of types", detector=detector.name)
    except DetectorFailed as failure:
        return (), DetectorReport(detector.name, detector.version, False, getattr(failure.__cause__, "cause_code", "error"))
    except Exception:  # any failure of a detector is a report, and policy decides what that means
        return (), DetectorReport(detector.name, detector.version, False, "error")
    return found, _fine(detector)


def _moved(span: Span, back: View) -> Span:
    start, end = back.original(span.start, span.end)
    return Span(span.type, start, end, span.score, span.detector)


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
                mended.append(Span(span.type, start, end, span.score, span.detector))
        spans = mended
    return spans


def _settle(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans without overlaps, in order. What overlaps becomes one that covers it all: nothing of a value is left beside another.

    Its type, score and detector are those of the first by: secrets, then the longest, the surest, and the order of types.
    INVARIANT: a span more can only widen what is covered, so that what a stream has let go is not found when another span goes.
    """
    settled: list[Span] = []
    first, high = None, 0
    for span in sorted(set(spans), key=lambda span: span.start):
        if first is not None and span.start < high:
            first, high = min(first, span, key=_precedence), max(high, span.end)
            settled[-1] = Span(first.type, settled[-1].start, high, first.score, first.detector)
        else:
            first, high = span, span.end
            settled.append(span)
    return tuple(settled)


def _precedence(span: Span) -> tuple[bool, bool, int, float, int, int, str]:
    # A secret first; content last, or a suspicious paragraph would swallow the address in it.
    return span.type not in SECRET, span.type in CONTENT, span.start - span.end, -span.score, _RANKS[span.type], span.start, span.detector
