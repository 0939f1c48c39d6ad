# SPDX-License-Identifier: Apache-2.0
"""Many detectors as one: every text looked at once in each way that it may be read, and how far a stream is final."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.metadata import version
from typing import get_args

from douane.detect.memory import Memory
from douane.detect.prose import open_prose, prose
from douane.detect.readings.escape import escapes
from douane.detect.readings.reading import Reading, decided, open_from, readings
from douane.detect.readings.view import View
from douane.detect.run import run_start
from douane.detect.selection import EVERYTHING, Selection
from douane.detect.settle import settle
from douane.detect.types import TYPES
from douane.errors import DetectorFailed
from douane.exchange import Segment
from douane.finding import Detector, DetectorReport, Finding, ReadingKind, Recall, ScanResult, Span
from douane.known import NAMES, Known, words_beside

__all__ = ["Candidate", "Scan"]

_TYPES = frozenset(TYPES)
_SURE = 0.8
_BESIDE = 32  # characters before prose that a detector is told
_Found = dict[bytes, tuple[Span, ...]]
_KINDS: frozenset[ReadingKind] = frozenset(get_args(ReadingKind))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of a detector, the kind of reading that it was seen in, and what became of it."""

    span: Span
    reading: ReadingKind
    fate: str


class Scan:
    """Implements `Scanner` over some detectors.

    What was found in a text is remembered, so that a history that comes again is not searched again. `language` tells that of a text,
    where anybody wants to know; `more_types` are those that authors added to the list. `answers` looks at answers in the place of this one.
    Thread-safe.
    """

    def __init__(
        self,
        detectors: Sequence[Detector],
        *,
        selection: Selection = EVERYTHING,
        more_types: AbstractSet[str] = frozenset(),
        language: Callable[[str], str] | None = None,
        memory_bytes: int = 32 * 2**20,
        answers: "Scan | None" = None,
    ) -> None:
        self.answers: Scan = answers or self
        self._detectors = tuple(detectors)
        self._sees = tuple(_sight_of(detector) for detector in self._detectors)
        self._horizons = tuple(_horizon_of(detector) for detector in self._detectors)
        self._calm = tuple(_calm_of(detector) for detector in self._detectors)
        self._calm_since = tuple(map(_calm_since_of, self._detectors, self._calm))
        self._shut = tuple(map(_shut_of, self._detectors))
        self._selection = selection
        self._more = more_types
        self._types = _TYPES | more_types
        self._language = language
        self._memory = Memory(memory_bytes)

    def scan(self, segments: Sequence[Segment], known: Recall | None = None) -> ScanResult:
        """See `Scanner.scan`. Every detector is asked once at most, about the texts that it has not seen and cannot rule out."""
        keys = [self._memory.key(segment.text) for segment in segments]
        texts = dict(zip(keys, (segment.text for segment in segments), strict=True))
        spans = self._memory.recall(keys)
        reports = tuple(DetectorReport(detector.name, detector.version) for detector in self._detectors)
        fresh = {key: text for key, text in texts.items() if key not in spans}
        if fresh:
            found, reports = self._look(tuple(fresh.values()))
            settled = dict(zip(fresh, found, strict=True))
            spans |= settled
            if all(report.ok for report in reports):
                self._memory.remember(settled)
        spans = self._again(texts, spans, known, is_whole=all(report.ok for report in reports))
        findings = tuple(
            Finding(span.type, index, span.start, span.end, span.score, span.detector, rule=span.rule)
            for index, key in enumerate(keys)
            for span in spans[key]
        )
        languages = () if self._language is None else tuple(self._language(segment.text) for segment in segments)
        return ScanResult(findings, reports, languages)

    def horizon(self, text: str, floor: int = 0) -> int:
        """See `Scanner.horizon`. Ordinary prose is held back to the start of its last word."""
        if floor and run_start(text, len(text)) <= floor:
            return floor
        words = prose(text, floor)
        place = None if words is None else self._open_prose(text, floor, words)
        if place is not None:
            return place
        text = decided(text)
        horizon = len(text)
        try:
            ways = readings(text)
        except Exception:  # nothing is final that was not read; `scan` reports it
            return 0
        for reading in ways:
            if reading.back is None:
                horizon = min(horizon, self._open(text, reading.kind, floor))
            else:
                horizon = min(horizon, reading.back.place(self._open(decided(reading.text), reading.kind, 0), len(text)))
            if horizon <= floor:
                break
        return horizon

    def is_calm(self, text: str, since: int = 0) -> bool:
        """See `Scanner.is_calm`."""
        words = prose(text, since)
        if words is not None and self._is_calm_prose(text, since, words):
            return True
        try:
            ways = readings(text)
        except Exception:  # `scan` reports it
            return False
        if since and len(ways) == 1:
            return all(
                is_calm(text, since) or _finds_nothing(detector, text, since)
                for detector, sees, is_calm in zip(self._detectors, self._sees, self._calm_since, strict=True)
                if "plain" in sees
            )
        return all(is_calm(way.text) for sees, is_calm in zip(self._sees, self._calm, strict=True) for way in ways if way.kind in sees)

    @property
    def types(self) -> AbstractSet[str]:
        """Types beside those of the list that its detectors give."""
        return self._more

    def candidates(self, text: str) -> list[Candidate]:
        """Every span that a detector gives for a text, before any is settled, and what became of it. Remembers nothing."""
        settled = self._look((text,))[0][0]
        told = []
        for detector, sees in zip(self._detectors, self._sees, strict=True):
            for way in readings(text):
                found, _ = _ask(detector, [way], self._types) if way.kind in sees else ((), None)
                for span in (span for spans in found for span in spans):
                    span = span if way.back is None else _moved(span, way.back)
                    told.append(Candidate(span, way.kind, self._fate(span, text, settled)))
        return told

    def _fate(self, span: Span, text: str, settled: Sequence[Span]) -> str:
        against = self._selection.against(span, text)
        if against:
            return against
        cover = next((one for one in settled if one.start < span.end and span.start < one.end and one.type == span.type), None)
        if cover is not None:
            return "found" if (cover.start, cover.end) == (span.start, span.end) else "part of what was found"
        other = next((one for one in settled if one.start < span.end and span.start < one.end), None)
        return "found" if other is None else f"gave way to {other.type}"

    def _open_prose(self, text: str, floor: int, words: AbstractSet[str]) -> int | None:
        """The horizon of a text that goes on with these words behind what is final; None where that takes a closer look."""
        before = text[max(0, floor - _BESIDE) : floor]
        horizon = open_prose(text)
        if horizon is None:
            return None
        for is_shut, opens in zip(self._shut, self._horizons, strict=True):
            if not is_shut(words, before):
                horizon = min(horizon, opens(text))
        return run_start(text, horizon)

    def _is_calm_prose(self, text: str, since: int, words: AbstractSet[str]) -> bool:
        before = text[max(0, since - _BESIDE) : since]
        return all(is_shut(words, before) or is_calm(text, since) for is_shut, is_calm in zip(self._shut, self._calm_since, strict=True))

    def _open(self, text: str, kind: ReadingKind, floor: int) -> int:
        run = run_start(text, len(text))
        horizon = min(len(text), open_from(text))
        for sees, opens in zip(self._sees, self._horizons, strict=True):
            if horizon <= floor:
                break
            if kind in sees:
                horizon = min(horizon, opens(text))
        return run if run <= horizon else run_start(text, horizon)

    def _look(self, texts: Sequence[str]) -> tuple[list[tuple[Span, ...]], tuple[DetectorReport, ...]]:
        spans: list[list[Span]] = [[] for _ in texts]
        reports = []
        ways, reading = _ways(texts)
        ways.sort(key=lambda way: way[1].kind == "compact")
        for detector, sees, is_calm in zip(self._detectors, self._sees, self._calm, strict=True):
            wanted = [(index, way) for index, way in ways if way.kind in sees and not is_calm(way.text)]
            report = _fine(detector)
            # Numbers that were found with their separators are not looked for without them.
            for dense in (False, True):
                asked = [(index, way) for index, way in wanted if (way.kind == "compact") is dense]
                if dense:
                    asked = [(index, way) for index, way in asked if not _is_covered(way, spans[index])]
                if not asked or not report.ok:
                    continue
                found, report = _ask(detector, [way for _, way in asked], self._types)
                for (index, way), some in zip(asked, found, strict=False):
                    back = way.back
                    spans[index] += some if back is None else (_moved(span, back) for span in some)
            reports.append(report)
        settled = [settle(self._selection.of(_whole(some, text), text)) for text, some in zip(texts, spans, strict=True)]
        return settled, (*reports, *reading)

    def _again(self, texts: Mapping[bytes, str], spans: _Found, known: Recall | None, *, is_whole: bool) -> _Found:
        """The spans with names that were found anywhere in these texts, or are `known`, found wherever they stand."""
        if known is not None:
            return {key: self._with(known, text, spans[key]) for key, text in texts.items()}
        values = {
            (span.type, value)
            for key, some in spans.items()
            for span in some
            if span.type in NAMES and _is_worth_recalling(value := texts[key][span.start : span.end], span.score)
        }
        if not values:
            return spans
        names = self._memory.key("\0".join(sorted(f"{type_}\0{value}" for type_, value in values)))
        # What was remembered under the text and all the names together saves the search.
        keys = {key: key + names for key in texts}
        done = self._memory.recall(list(keys.values())) if is_whole else {}
        if len(done) < len(texts):
            beside = {key: words_beside(text, spans[key]) for key, text in texts.items() if keys[key] not in done}
            again = Known.among(values, frozenset().union(*beside.values()))
            fresh = {keys[key]: self._with(again, texts[key], spans[key]) for key in beside}
            if is_whole:  # INVARIANT: what a detector that failed did not see is never remembered as not there
                self._memory.remember(fresh)
            done |= fresh
        return {key: done[keys[key]] for key in texts}

    def _with(self, known: Recall, text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        if known.is_calm(text):
            return spans
        starts = [span.start for span in spans]
        again = [span for span in self._selection.of(known.spans(text), text) if not _is_within(span, spans, starts)]
        return settle(_whole([*spans, *again], text)) if again else spans


def _is_worth_recalling(value: str, score: float) -> bool:
    """Whether a name is one surely enough to be looked for in all other texts: of several words, or with more than a list to it."""
    return not value.islower() and (" " in value or score >= _SURE)


def _is_within(span: Span, spans: Sequence[Span], starts: Sequence[int]) -> bool:
    """Whether a span lies within one of those that are settled, whose detector saw more in it than that it was known."""
    place = bisect_right(starts, span.start) - 1
    return place >= 0 and span.end <= spans[place].end


def _ways(texts: Sequence[str]) -> tuple[list[tuple[int, Reading]], tuple[DetectorReport, ...]]:
    """Every reading of every text, by the place of the text; a text that cannot be read is one that nobody looked at whole."""
    ways: list[tuple[int, Reading]] = []
    failed: tuple[DetectorReport, ...] = ()
    for index, text in enumerate(texts):
        try:
            ways += [(index, reading) for reading in readings(text)]
        except Exception:  # any failure is a report, and policy decides what that means
            ways.append((index, Reading("plain", text)))
            failed = (DetectorReport("readings", version("douane"), False, "error"),)
    return ways, failed


def _is_covered(way: Reading, spans: Sequence[Span]) -> bool:
    """Whether all that a reading leaves out of the text lies within one of the spans."""
    if way.back is None or way.back.outer is not None:
        return False
    ordered = sorted(spans, key=lambda span: span.start)
    reached = place = 0
    for start, end in zip(way.back.starts, way.back.ends, strict=True):
        while place < len(ordered) and ordered[place].start <= start:
            reached = max(reached, ordered[place].end)
            place += 1
        if end > reached:
            return False
    return True


def _sight_of(detector: Detector) -> frozenset[ReadingKind]:
    sees: frozenset[ReadingKind] = getattr(detector, "sees", _KINDS)
    return sees if hasattr(detector, "detect_compact") else sees - {"compact"}


def _horizon_of(detector: Detector) -> Callable[[str], int]:
    method: Callable[[str], int] | None = getattr(detector, "horizon", None)
    return method or (lambda _: 0)


def _calm_of(detector: Detector) -> Callable[[str], bool]:
    method: Callable[[str], bool] | None = getattr(detector, "is_calm", None)
    return method or (lambda _: False)


def _calm_since_of(detector: Detector, is_calm: Callable[[str], bool]) -> Callable[[str, int], bool]:
    method: Callable[[str, int], bool] | None = getattr(detector, "is_calm_since", None)
    return method or (lambda text, _: is_calm(text))


def _shut_of(detector: Detector) -> Callable[[AbstractSet[str], str], bool]:
    method: Callable[[AbstractSet[str], str], bool] | None = getattr(detector, "is_shut", None)
    return method or (lambda _words, _before: False)


def _finds_nothing(detector: Detector, text: str, since: int) -> bool:
    """Whether a detector that is quick has looked and found nothing there."""
    if not getattr(detector, "is_quick", False):
        return False
    try:
        return all(span.end <= since for span in detector.detect((text,))[0])
    except Exception:  # `scan` reports it
        return False


def _fine(detector: Detector) -> DetectorReport:
    return DetectorReport(detector.name, detector.version)


def _ask(detector: Detector, ways: Sequence[Reading], types: AbstractSet[str]) -> tuple[Sequence[Sequence[Span]], DetectorReport]:
    """What a detector found; where it failed, nothing and a report that says so."""
    try:
        found = _answers(detector, ways)
        for way, spans in zip(ways, found, strict=True):
            if not all(span.type in types and 0 <= span.start < span.end <= len(way.text) for span in spans):
                raise DetectorFailed("a span is outside of its text, or of the list of types", detector=detector.name)
    except DetectorFailed as failure:
        return (), DetectorReport(detector.name, detector.version, False, getattr(failure.__cause__, "cause_code", "error"))
    except Exception:  # any failure of a detector is a report, and policy decides what that means
        return (), DetectorReport(detector.name, detector.version, False, "error")
    return found, _fine(detector)


def _answers(detector: Detector, ways: Sequence[Reading]) -> list[Sequence[Span]]:
    """Spans of each way, those without separators last: for these it has `detect_compact`, which believes strong checksums only."""
    texts = [way.text for way in ways]
    first = sum(way.kind != "compact" for way in ways)
    found = list(detector.detect(texts[:first])) if first else []
    if len(found) == first < len(ways):
        detect_compact: Callable[[Sequence[str]], Sequence[Sequence[Span]]] = detector.detect_compact  # type: ignore[attr-defined]
        found += detect_compact(texts[first:])
    return found


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
