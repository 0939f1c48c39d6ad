# SPDX-License-Identifier: Apache-2.0
"""Many detectors as one: overlaps settled, nothing asked twice, a failure told and not remembered."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.samples import CARDS, IBANS, PEM, REGIONS, TOKENS
from detect.samples import VALUES as NUMBERS
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.detect.types import SECRET, TYPES
from douane.errors import DetectorFailed
from douane.exchange import Segment
from douane.finding import Finding, ScanResult, Span
from douane.worker import WorkerFailed


@dataclass
class Fixed:
    """A detector that finds the same spans in every text that is long enough; it counts what it was asked."""

    spans: Sequence[Span]
    name: str = "fixed"
    version: str = "1"
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]:
        self.asked.append(tuple(texts))
        return [[span for span in self.spans if span.end <= len(text)] for text in texts]


@dataclass
class Broken:
    """A detector that raises, or answers what it may not, until it is mended."""

    failure: Exception | Sequence[Sequence[Span]]
    name: str = "broken"
    version: str = "1"
    is_mended: bool = False

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]:
        if self.is_mended:
            return [[Span("PERSON", 0, 1, 1.0, self.name)] for _ in texts]
        if isinstance(self.failure, Exception):
            raise self.failure
        return self.failure


@dataclass
class Calm(Fixed):
    """A detector that says that it can rule out every text without an `x`."""

    def is_calm(self, text: str) -> bool:
        return "x" not in text


def segments(*texts: str) -> list[Segment]:
    return [Segment("", text, "") for text in texts]


def scan(scanner: Scan, *texts: str) -> ScanResult:
    return scanner.scan(segments(*texts))


def span(type_: str, start: int, end: int, score: float = 0.5, detector: str = "a") -> Span:
    return Span(type_, start, end, score, detector)


def kept(*spans: Span) -> list[tuple[str, int, int]]:
    return [(finding.type, finding.start, finding.end) for finding in scan(Scan([Fixed(spans)]), "x" * 100).findings]


# Overlaps


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([span("PERSON", 0, 4), span("LOCATION", 4, 8)], [("PERSON", 0, 4), ("LOCATION", 4, 8)]),
        ([span("PERSON", 0, 4), span("LOCATION", 2, 8)], [("PERSON", 0, 8)]),
        ([span("PERSON", 0, 4), span("PASSWORD", 3, 5)], [("PASSWORD", 0, 5)]),
        ([span("PERSON", 0, 9, 1.0), span("PASSWORD", 3, 5, 0.1)], [("PASSWORD", 0, 9)]),
        ([span("API_KEY", 0, 4), span("PASSWORD", 0, 9)], [("PASSWORD", 0, 9)]),
        ([span("PERSON", 0, 4, 0.5), span("TAX_ID", 0, 4, 0.6)], [("TAX_ID", 0, 4)]),
        ([span("LOCATION", 0, 4), span("PERSON", 0, 4)], [("PERSON", 0, 4)]),
        ([span("PERSON", 0, 5), span("TAX_ID", 4, 10), span("PERSON", 9, 12)], [("TAX_ID", 0, 12)]),
        ([span("PERSON", 0, 4), span("PERSON", 0, 4, 0.5, "b")], [("PERSON", 0, 4)]),
    ],
)
def test_secrets_win_and_towns_lose_then_the_longest_then_the_surest_and_nothing_is_left_uncovered(
    spans: list[Span], expected: list[tuple[str, int, int]]
) -> None:
    assert kept(*spans) == expected


spans = st.builds(
    lambda type_, start, length, score, detector: Span(type_, start, start + length, score, detector),
    st.sampled_from(["PERSON", "LOCATION", "PASSWORD", "API_KEY"]),
    st.integers(0, 30),
    st.integers(1, 12),
    st.sampled_from([0.4, 0.9]),
    st.sampled_from(["a", "b"]),
)


@given(st.lists(spans, max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_overlaps_are_settled_in_whatever_order_they_come(found: list[Span], order: Random, cut: int) -> None:
    text = "x" * 50
    expected = scan(Scan([Fixed(found)]), text).findings
    shuffled = list(found)
    order.shuffle(shuffled)
    assert scan(Scan([Fixed(shuffled[:cut]), Fixed(shuffled[cut:])]), text).findings == expected


@given(st.lists(spans, max_size=12))
def test_findings_do_not_overlap_and_cover_what_was_found_and_no_more(found: list[Span]) -> None:
    settled = scan(Scan([Fixed(found)]), "x" * 50).findings
    assert all(left.end <= right.start for left, right in pairwise(settled))
    covered = {place for finding in settled for place in range(finding.start, finding.end)}
    assert covered == {place for one in found for place in range(one.start, one.end)}


@given(st.lists(spans, max_size=12))
def test_a_finding_is_a_secret_where_a_secret_is_in_it(found: list[Span]) -> None:
    for finding in scan(Scan([Fixed(found)]), "x" * 50).findings:
        inside = [one for one in found if finding.start <= one.start and one.end <= finding.end]
        assert (finding.type in SECRET) == any(one.type in SECRET for one in inside)


@given(st.lists(spans, max_size=12), spans)
def test_one_span_more_never_uncovers_anything(found: list[Span], more: Span) -> None:
    fewer = scan(Scan([Fixed(found)]), "x" * 50).findings
    for finding in fewer:
        assert any(one.start <= finding.start and finding.end <= one.end for one in scan(Scan([Fixed([*found, more])]), "x" * 50).findings)


def test_findings_name_their_segment_in_order() -> None:
    found = scan(Scan([Fixed([span("PERSON", 0, 2)])]), "ab", "", "c", "de").findings
    assert found == (Finding("PERSON", 0, 0, 2, 0.5, "a"), Finding("PERSON", 3, 0, 2, 0.5, "a"))


# What is asked, and remembered


def test_all_texts_are_one_question() -> None:
    detector = Fixed([])
    scan(Scan([detector]), "one", "two", "three")
    assert detector.asked == [("one", "two", "three")]


def test_the_same_text_is_never_asked_about_twice() -> None:
    detector = Fixed([span("PERSON", 0, 2)])
    scanner = Scan([detector])
    first = scan(scanner, "one", "two", "one")
    second = scan(scanner, "two", "three", "one")
    assert detector.asked == [("one", "two"), ("three",)]
    assert [finding.segment for finding in first.findings] == [finding.segment for finding in second.findings] == [0, 1, 2]
    assert second.reports == first.reports


def test_a_view_is_asked_about_in_the_same_question() -> None:
    detector = Fixed([])
    scan(Scan([detector]), "a\u200bb", "c")
    assert detector.asked == [("a\u200bb", "ab", "c")]


def test_memory_is_bounded() -> None:
    detector = Fixed([])
    scanner = Scan([detector], memory_bytes=2**20)
    scan(scanner, "first")
    scan(scanner, *(str(number) for number in range(5000)))
    scan(scanner, "first")
    assert detector.asked[-1] == ("first",)


def test_a_detector_is_not_asked_about_what_it_can_rule_out() -> None:
    detector = Calm([span("PERSON", 0, 1)])
    result = scan(Scan([detector]), "abc", "xyz", "abcd")
    assert detector.asked == [("xyz",)]
    assert [finding.segment for finding in result.findings] == [1]
    assert result.reports[0].ok


def test_no_text_gives_a_report_of_every_detector() -> None:
    result = scan(Scan([Fixed([], "one"), Fixed([], "two")]))
    assert [(report.name, report.ok) for report in result.reports] == [("one", True), ("two", True)]


def test_a_text_with_half_a_surrogate_pair_is_read() -> None:
    assert scan(Scan([Fixed([span("PERSON", 0, 1)])]), "\ud800").findings[0].end == 1


def test_many_threads_find_the_same() -> None:
    scanner = Scan([Identifiers(REGIONS), Secrets()])
    texts = [f"Write to anna{number % 7}@example.org" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: scan(scanner, text).findings, texts))
    assert all(len(findings) == 1 for findings in found)


# Failures


def late() -> DetectorFailed:
    failed = DetectorFailed("presidio did not look at everything (timeout)", detector="broken")
    failed.__cause__ = WorkerFailed("late", "timeout")
    return failed


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (late(), "timeout"),
        (DetectorFailed("it did not look", detector="broken"), "error"),
        (ValueError("anna@example.org"), "error"),
        (RecursionError(), "error"),
        ([], "error"),
        ([[], []], "error"),
        ([[span("PERSON", 0, 4)]], "error"),
        ([[span("PERSON", -1, 2)]], "error"),
        ([[span("PERSON", 2, 2)]], "error"),
        ([[span("PERSON", 2, 1)]], "error"),
        ([[span("SOMETHING", 0, 1)]], "error"),
    ],
)
def test_a_detector_that_fails_or_answers_what_it_may_not_is_a_report(failure: Exception | list[list[Span]], cause: str) -> None:
    result = scan(Scan([Fixed([span("LOCATION", 1, 3)]), Broken(failure)]), "abc")
    assert [(report.name, report.ok, report.cause) for report in result.reports] == [("fixed", True, ""), ("broken", False, cause)]
    assert [(finding.type, finding.start, finding.end) for finding in result.findings] == [("LOCATION", 1, 3)]
    assert "anna" not in repr(result)


def test_a_failure_is_not_remembered() -> None:
    broken = Broken(late())
    scanner = Scan([broken])
    assert not scan(scanner, "abc").reports[0].ok
    assert not scan(scanner, "abc").reports[0].ok
    broken.is_mended = True
    mended = scan(scanner, "abc")
    assert mended.reports[0].ok
    assert len(mended.findings) == 1


def test_what_was_known_before_a_failure_is_still_known() -> None:
    broken = Broken(late(), is_mended=True)
    scanner = Scan([broken])
    scan(scanner, "abc")
    broken.is_mended = False
    result = scan(scanner, "abc", "new")
    assert [finding.segment for finding in result.findings] == [0]
    assert not result.reports[0].ok


# Calm, open


def test_a_detector_that_does_not_say_is_never_calm_and_nothing_of_it_is_final() -> None:
    scanner = Scan([Identifiers(), Fixed([])])
    assert not scanner.is_calm("hello")
    assert scanner.horizon("hello there ") == 0


VALUES = (
    *IBANS, *CARDS, *NUMBERS,
    *(token for tokens in TOKENS for token in tokens), "anna@example.org", "192.0.2.44", "2001:db8::1", "face::b00c", "00:1B:44:11:3A:B7",
    "+33 6 12 34 56 78", "06 12 34 56 78", PEM, "postgres://u:pw1x@db.example.org", "password: hunter2x", "pin_code=12ab34",
    "token is a1B2c3D4e5F6g7H8i9", "eyJhbGciOi", "\uff10\uff16", "\u0661", "Hello there. ", "a", "é", " ", "\n", ": ", "=", "'", '"',
    "\u200b", "@", "secret", "key", "pass", "the token of my love", "-----",
)  # fmt: skip
REAL = Scan([Identifiers(REGIONS), Secrets()])


@settings(max_examples=300)
@given(st.lists(st.sampled_from(VALUES) | st.sampled_from(VALUES).map(lambda value: value[1:-1]), max_size=5).map("".join))
def test_where_it_is_calm_nothing_is_found(text: str) -> None:
    if REAL.is_calm(text):
        assert scan(REAL, text).findings == ()


def test_prose_is_calm_and_held_back_to_its_last_word_only() -> None:
    """With the space behind a word, since ` at example dot org` may follow."""
    text = "The quick brown fox jumps over the lazy d"
    assert REAL.is_calm(text)
    assert REAL.horizon(text) == len(text) - 1
    assert REAL.horizon(text + "og ") == len(text) - 1


@pytest.mark.parametrize("value", VALUES)
def test_what_is_found_alone_is_not_called_calm(value: str) -> None:
    if scan(REAL, value).findings:
        assert not REAL.is_calm(value)


def test_no_repr_carries_text() -> None:
    result = scan(REAL, "Write to anna.first@example.org")
    assert result.findings
    assert "anna" not in repr(result) + repr(REAL) + repr(vars(REAL))


def test_every_type_that_is_found_is_of_the_list() -> None:
    for value in VALUES:
        assert {finding.type for finding in scan(REAL, value).findings} <= set(TYPES)


class Flaky:
    """A detector that fails the first time, and then finds a number."""

    name, version = "flaky", "1"

    def __init__(self) -> None:
        self.asked = 0

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        self.asked += 1
        if self.asked == 1:
            raise DetectorFailed("not now", detector=self.name)
        return [[span("TAX_ID", 6, 9)] for _ in texts]


def test_names_are_not_remembered_without_what_another_detector_could_not_look_for() -> None:
    scanner = Scan([Fixed([span("PERSON", 0, 5, 0.9)]), Flaky()])
    first, second = scan(scanner, "Berta 123"), scan(scanner, "Berta 123")
    assert [finding.type for finding in first.findings] == ["PERSON"]
    assert [report.ok for report in first.reports] == [True, False]
    assert [finding.type for finding in second.findings] == ["PERSON", "TAX_ID"]
