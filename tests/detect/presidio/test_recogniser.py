# SPDX-License-Identifier: Apache-2.0
"""A user's own recogniser in Presidio's process, and what is said of one that cannot be there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from douane.detect.presidio.patterns import PresidioPatterns
from douane.detect.presidio.recogniser import RECOGNISERS, UNTYPED, Recogniser, chosen
from douane.detect.scan import Scan
from douane.errors import ConfigRejected, DetectorFailed
from douane.exchange import Segment

OWN = '''
import socket, subprocess, urllib.request
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult, RemoteRecognizer

class Badge(PatternRecognizer):
    """A weak pattern and words of more than one part."""
    def __init__(self, letters="BX", **rest):
        super().__init__(
            supported_entity="BADGE", context=["staff badge"], patterns=[Pattern("badge", rf"\\b[{letters}]-[a-z]{{4}}\\b", 0.2)], **rest
        )

class Loud(EntityRecognizer):
    """Does what the text says."""
    def __init__(self): super().__init__(["LOUD", "QUIET"])
    def load(self): pass
    def analyze(self, text, entities, nlp_artifacts=None):
        if "connect" in text: socket.create_connection(("127.0.0.1", 9))
        if "resolve" in text: socket.getaddrinfo("example.org", 443)
        if "fetch" in text: urllib.request.urlopen("http://127.0.0.1:9/")
        if "run" in text: subprocess.run(["true"])
        if "raise" in text: raise ValueError(text)
        words = [str(token) for token in nlp_artifacts.tokens]
        return [RecognizerResult(entity, 0, len(words[0]), 0.9) for entity in ("LOUD", "QUIET") if entity in entities and words]

class Sure(Loud):
    def enhance_using_context(self, text, raw_recognizer_results, other_raw_recognizer_results, nlp_artifacts, context=None):
        for result in raw_recognizer_results: result.score = 0.95
        return raw_recognizer_results

class Remote(RemoteRecognizer):
    pass

class Other:
    pass
'''


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_recognisers.py").write_text(OWN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def hosted() -> Iterator[Any]:
    detectors: list[PresidioPatterns] = []

    def host(*recognisers: str | Recogniser) -> PresidioPatterns:
        detectors.append(PresidioPatterns(deadline=5, recognisers=recognisers))
        return detectors[-1]

    yield host
    for detector in detectors:
        detector.close()


LOUD = Recogniser("own_recognisers:Loud", types={"LOUD": "INTERNAL_ID"})


def found(detector: PresidioPatterns, text: str) -> list[tuple[str, str, float, str]]:
    return [(span.type, text[span.start : span.end], round(span.score, 2), span.rule) for span in detector.detect([text])[0]]


def test_a_recogniser_of_a_users_own_is_asked_though_nothing_looks_like_a_number(hosted: Any) -> None:
    badge = Recogniser("own_recognisers:Badge", types={"BADGE": "INTERNAL_ID"})
    detector = hosted(badge)
    assert found(detector, "my staff badge is B-abcd") == [("INTERNAL_ID", "B-abcd", 0.55, "Badge")]
    assert found(detector, "my badge is B-abcd") == []
    assert not detector.is_calm("no number here")


def test_arguments_context_threshold_and_language_are_data(hosted: Any) -> None:
    one = Recogniser(
        "own_recognisers:Badge", {"BADGE": "INTERNAL_ID"}, "fr", ("porte le badge",), threshold=0.5, arguments={"letters": "Z"}
    )
    detector = hosted(one)
    assert found(detector, "il porte le badge Z-abcd") == [("INTERNAL_ID", "Z-abcd", 0.55, "Badge")]
    assert found(detector, "il porte le badge B-abcd") == []


def test_only_mapped_entities_are_found_and_words_are_there_to_read(hosted: Any) -> None:
    assert found(hosted(LOUD), "hello there") == [("INTERNAL_ID", "hello", 0.9, "Loud")]


def test_a_recogniser_with_context_of_its_own_is_believed(hosted: Any) -> None:
    sure = Recogniser("own_recognisers:Sure", {"LOUD": "INTERNAL_ID", "QUIET": "CONFIDENTIAL"})
    assert found(hosted(sure), "hi you") == [("INTERNAL_ID", "hi", 0.95, "Sure"), ("CONFIDENTIAL", "hi", 0.95, "Sure")]


@pytest.mark.parametrize("deed", ["connect", "resolve", "fetch", "run", "raise"])
def test_a_recogniser_that_reaches_out_or_raises_is_a_failure_without_its_words(hosted: Any, deed: str) -> None:
    with pytest.raises(DetectorFailed) as caught:
        hosted(LOUD).detect([f"{deed} secret-word"])
    assert "secret-word" not in str(caught.value) + str(caught.value.__cause__)
    (report,) = Scan([hosted(LOUD)]).scan((Segment("", f"{deed} it", ""),)).reports
    assert (report.ok, report.cause) == (False, "error")


def test_a_built_in_may_have_a_type_of_an_operators_choice(hosted: Any) -> None:
    url = Recogniser("UrlRecognizer", types={"URL": "CONFIDENTIAL"})
    assert found(hosted(url), "see https://intern.example.org/x") == [
        ("CONFIDENTIAL", "https://intern.example.org/x", 0.6, "UrlRecognizer")
    ]


@pytest.mark.parametrize(
    ("recogniser", "message"),
    [
        ("EmailRecogniser", "`EmailRecogniser` is not offered; did you mean `EmailRecognizer`"),
        ("GLiNERRecognizer", "`GLiNERRecognizer` is not offered"),
        ("UrlRecognizer", "`UrlRecognizer` has no types; map each of its entities to one of PERSON, "),
        (Recogniser("own:Badge"), "`own:Badge` has no types"),
        (Recogniser("own:Badge:x", {"A": "PERSON"}), "no import path; write `package.module:Class`"),
        (Recogniser("os.path:", {"A": "PERSON"}), "no import path"),
        (Recogniser("own:Badge", {"A": "PERSONS"}), "cannot be a `PERSONS`; did you mean `PERSON`"),
        (Recogniser("EmailRecognizer", language="english"), "two letters"),
        (Recogniser("EmailRecognizer", threshold=1.5), "not between 0 and 1"),
        (Recogniser("EmailRecognizer", reach=1000), "reach"),
        (Recogniser("EmailRecognizer", arguments={"a": object()}), "plain data"),
    ],
)
def test_what_is_described_wrongly_is_refused_at_once(recogniser: str | Recogniser, message: str) -> None:
    with pytest.raises(ConfigRejected, match=message):
        PresidioPatterns(deadline=1, recognisers=[recogniser])


@pytest.mark.parametrize(
    ("recogniser", "message"),
    [
        (Recogniser("nowhere.at_all:Badge", {"A": "PERSON"}), "cannot be imported"),
        (Recogniser("own_recognisers:Nothing", {"A": "PERSON"}), "cannot be imported"),
        (Recogniser("own_recognisers:Other", {"A": "PERSON"}), "is no recogniser"),
        (Recogniser("own_recognisers:Remote", {"A": "PERSON"}), "asks another service"),
        (Recogniser("own_recognisers:Loud", {"LOUDER": "PERSON"}), "finds no `LOUDER`; it finds LOUD, QUIET"),
        (Recogniser("own_recognisers:Badge", {"BADGE": "PERSON"}, arguments={"colour": "x"}), "with the arguments `colour` .TypeError"),
    ],
)
def test_what_only_the_process_can_see_is_refused_when_it_starts(hosted: Any, recogniser: Recogniser, message: str) -> None:
    with pytest.raises(ConfigRejected, match=message):
        hosted(recogniser).start()


def test_the_offer_is_closed_and_every_name_in_it_is_accepted() -> None:
    assert {one.name for one in chosen(tuple(RECOGNISERS))} == set(RECOGNISERS)
    assert not set(UNTYPED) & set(RECOGNISERS)
