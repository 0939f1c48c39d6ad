# SPDX-License-Identifier: Apache-2.0
"""Names by the model: what is found, what is not, and that a failure is never a silence."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from douane.detect.names.rampart import Rampart
from douane.detect.names.rampart_network import Network
from douane.detect.names.rampart_weights import VERSION, files
from douane.detect.names.rampart_words import Reader, Word
from douane.detect.scan import Scan
from douane.errors import ConfigRejected, DetectorFailed
from douane.exchange import Segment
from fakes.cost import seconds


@pytest.fixture(scope="module")
def rampart() -> Iterator[Rampart]:
    detector = Rampart(deadline=60)
    detector.start()
    yield detector
    detector.close()


def found(detector: Rampart, text: str) -> list[tuple[str, str]]:
    return [(span.type, text[span.start : span.end]) for span in detector.detect([text])[0]]


PERSONS = (
    ("My name is Anna Schmidt and I need help.", "Anna Schmidt"),
    ("Bonjour, je m'appelle Camille Lefèvre.", "Camille Lefèvre"),
    ("Sehr geehrter Herr Jürgen Müller, vielen Dank.", "Jürgen Müller"),
    ("El médico Ignacio Navarro Cuéllar firmó el informe.", "Ignacio Navarro Cuéllar"),
    ("Mi chiamo Giulia Rossi e scrivo da casa.", "Giulia Rossi"),
    ("Mijn collega Pieter Bakker belt u morgen.", "Pieter Bakker"),
    ("Pani Katarzyna Nowak napisała do nas.", "Katarzyna Nowak"),
    ("hi, this is paul newman speaking", "paul newman"),
    ("PLEASE CALL ANNA SCHMIDT TODAY", "ANNA SCHMIDT"),
    ("Please write to Mary O'Brien today.", "Mary O'Brien"),
    ("Ask Jean-Pierre Dupont about it.", "Jean-Pierre Dupont"),
)


@pytest.mark.parametrize(("text", "name"), PERSONS)
def test_a_person_is_found_whole(rampart: Rampart, text: str, name: str) -> None:
    assert ("PERSON", name) in found(rampart, text)


@pytest.mark.parametrize(("text", "place"), [("I moved to Lyon last year.", "Lyon"), ("She lives in Barcelona.", "Barcelona")])
def test_a_place_is_found(rampart: Rampart, text: str, place: str) -> None:
    assert ("LOCATION", place) in found(rampart, text)


@pytest.mark.parametrize(
    "text",
    [
        "Order 4711-0815 of 12.03.2024 was shipped, tracking 1Z999AA10123456784.",
        "My IBAN is DE89 3704 0044 0532 0130 00 and my phone is +49 30 1234567.",
        "The function returns a list of integers.",
        "for i in range(10): print(i * 2)",
        "Thanks a lot, that works!",
        "12345 67890 ###",
        "",
    ],
)
def test_numbers_and_plain_text_are_no_names(rampart: Rampart, text: str) -> None:
    assert found(rampart, text) == []


def test_a_finding_says_by_whom_and_how_surely(rampart: Rampart) -> None:
    (span,) = rampart.detect(["My name is Anna Schmidt."])[0]
    assert (span.start, span.end, span.detector, span.rule) == (11, 23, "rampart", "rampart.person")
    assert 0.9 < span.score <= 1
    assert rampart.version == VERSION


@pytest.mark.parametrize(("before", "inside"), [("\ud800", "\udc00"), ("\ud83d\ude00 ", "e\u0301"), ("\u200b", "\ufeff"), ("\0", "\u0301")])
def test_odd_characters_move_no_place(rampart: Rampart, before: str, inside: str) -> None:
    text = f"{before}My name is Anna{inside} Schmidt, hello."
    covered = {at for span in rampart.detect([text])[0] for at in range(span.start, span.end)}
    assert {text.index("Anna") + at for at in range(4)} <= covered
    assert {text.index("Schmidt") + at for at in range(7)} <= covered


def test_what_is_found_in_a_text_does_not_depend_on_its_neighbours(rampart: Rampart) -> None:
    texts = [text for text, _ in PERSONS]
    fresh = Rampart(deadline=60)
    fresh.start()
    assert rampart.detect(texts) == [fresh.detect([text])[0] for text in reversed(texts)][::-1]


def test_threads_find_what_one_finds(rampart: Rampart) -> None:
    fresh = Rampart(deadline=60)
    fresh.start()
    texts = [text for text, _ in PERSONS] * 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: fresh.detect([text])[0], texts)) == rampart.detect(texts)


def test_the_case_of_a_disguised_name_is_folded_and_found(rampart: Rampart) -> None:
    text = "My name is \uff21\uff4e\uff4e\uff41 Schmidt."
    findings = Scan([rampart]).scan((Segment("", text, ""),)).findings
    assert [(finding.type, finding.start, finding.end) for finding in findings] == [("PERSON", 11, 23)]


def test_a_name_within_json_is_found_without_its_escapes(rampart: Rampart) -> None:
    text = '{"note": "Call Ren\\u00e9 M\\u00fcller\\nsoon"}'
    findings = Scan([rampart]).scan((Segment("", text, ""),)).findings
    assert "Ren\\u00e9 M\\u00fcller" in [text[finding.start : finding.end] for finding in findings]


class Slow:
    """A reader that takes a while for each piece, and remembers how many it was asked for."""

    def __init__(self, seconds: float) -> None:
        self.asked = 0
        self._seconds = seconds

    def read(self, text: str) -> Sequence[Word]:
        self.asked += 1
        time.sleep(self._seconds)
        return [Word(0, 4, 1.0, 0.0)]


def started(reader: Reader, deadline: float) -> Rampart:
    detector = Rampart(deadline=deadline, load=lambda _: reader)
    detector.start()
    return detector


def test_whoever_takes_too_long_has_failed_in_time() -> None:
    detector = started(Slow(0.01), 0.2)
    began = time.monotonic()
    with pytest.raises(DetectorFailed) as caught:
        detector.detect(["Anna was here. " * 500_000])
    assert time.monotonic() - began < 0.6
    assert getattr(caught.value.__cause__, "cause_code", "") == "timeout"


def test_eight_megabytes_fail_in_the_time_of_the_deadline() -> None:
    detector = Rampart(deadline=0.5)
    detector.start()
    for part in ("Anna met Paul in Lyon. ", "word ", "x"):
        text = "".join(f"{part}{number} " if number % 7 == 0 else part for number in range(8_000_000 // len(part)))
        began = time.monotonic()
        with pytest.raises(DetectorFailed):
            detector.detect([text])
        assert time.monotonic() - began < 2


def test_a_model_that_raises_has_failed_and_says_nothing_of_the_text() -> None:
    class Broken(Slow):
        def read(self, text: str) -> Sequence[Word]:
            if "Lyon" in text:
                raise ValueError(text)
            return super().read(text)

    class Sampled(Broken):
        def read(self, text: str) -> Sequence[Word]:
            return [Word(0, 4, 1.0, 0.0)] if self.asked == 0 and "lives" in text else super().read(text)

    detector = started(Sampled(0), 10)
    with pytest.raises(DetectorFailed) as caught:
        detector.detect(["Anna Weber. ", "Anna Weber of Lyon."])
    assert getattr(caught.value.__cause__, "cause_code", "") == "error"
    assert "Weber" not in str(caught.value) + str(caught.value.__cause__) + repr(caught.value.__cause__)
    report = Scan([detector]).scan((Segment("", "Anna Weber of Lyon.", ""),)).reports[0]
    assert (report.ok, report.cause) == (False, "error")
    assert "Weber" not in repr(caught.value.__context__)  # which a log that follows the chain would show


def test_nothing_is_looked_at_before_the_start_or_after_the_end() -> None:
    detector = Rampart(deadline=1, load=lambda _: Slow(0))
    assert not detector.is_ready()
    with pytest.raises(DetectorFailed, match="not loaded"):
        detector.detect(["Anna"])
    detector.start()
    assert detector.is_ready()
    detector.close()
    assert not detector.is_ready()
    with pytest.raises(DetectorFailed, match="not loaded"):
        detector.detect(["Anna"])


@pytest.mark.parametrize("error", [RuntimeError("x"), OSError("x"), ValueError("x")])
def test_a_model_that_does_not_load_is_not_ready(error: Exception) -> None:
    def load(_: int) -> Reader:
        raise error

    detector = Rampart(deadline=1, load=load)
    with pytest.raises(DetectorFailed):
        detector.start()
    assert not detector.is_ready()


def test_a_model_that_is_not_there_is_the_configurations_fault() -> None:
    def load(_: int) -> Reader:
        raise ConfigRejected("install the extra `names`")

    with pytest.raises(ConfigRejected):
        Rampart(deadline=1, load=load).start()


def test_a_model_that_does_not_find_the_name_of_the_sample_is_not_ready() -> None:
    class Blind(Slow):
        def read(self, text: str) -> Sequence[Word]:
            return []

    with pytest.raises(DetectorFailed, match="sample"):
        started(Blind(0), 1)


@pytest.mark.parametrize("text", ["", " ", "12 + 34 = 46", "+33 6 12 34 56 78", "😀 !!!", "\u0661\u0662"])
def test_without_letters_it_is_calm(text: str) -> None:
    reader = Slow(0)
    detector = started(reader, 1)
    before = reader.asked
    assert detector.is_calm(text)
    assert detector.detect([text]) == [[]]
    assert reader.asked == before


@pytest.mark.parametrize("text", ["a", "Anna", "日本", "é", "Анна"])
def test_with_letters_it_is_not_calm(text: str) -> None:
    assert not started(Slow(0), 1).is_calm(text)


def test_a_piece_that_comes_again_is_not_thought_about_again() -> None:
    network = Network(files(), threads=1)
    asked = 0
    session = network._session

    class Counting:
        def run(self, outputs: Sequence[str], inputs: dict[str, object]) -> object:
            nonlocal asked
            asked += 1
            return session.run(outputs, inputs)  # type: ignore[arg-type]

    network._session = Counting()  # type: ignore[assignment]
    detector = started(network, 10)
    texts = [text for text, _ in PERSONS]
    first = detector.detect(texts)
    before = asked
    assert detector.detect(texts * 3) == first * 3
    assert asked == before


def test_the_memory_is_bounded_and_holds_no_text() -> None:
    network = Network(files(), threads=1)
    for number in range(16_384 + 10):
        network._memory[number.to_bytes(16)] = b""
    network.read("My name is Anna Schmidt.")
    assert len(network._memory) <= 16_384
    assert all(b"Anna" not in key + value and b"anna" not in key + value for key, value in network._memory.items())


def test_the_longest_pieces_in_tokens_fit_the_model(rampart: Rampart) -> None:
    """Korean syllables become three tokens each, the most that a character becomes."""
    for part in ("\ud79d ", "\ud79d", "\u1e17.", "a.", "한글", "\ufdfa ", "🏴"):
        assert rampart.detect([part * (240 // len(part))])


HOSTILE = ("x", "ab ", "a.", "a\n", ".,;:!?()[]", "Q! ", "\u0301a", "日", "\ud79d ", ":", '"a', "a" + " " * 60)


@pytest.mark.parametrize("part", HOSTILE)
def test_twice_the_text_takes_about_twice_the_time(rampart: Rampart, part: str) -> None:
    def cost(length: int) -> float:
        text = "".join(f"{part}{number % 97}" if number % 50 == 0 else part for number in range(length // len(part)))
        return seconds(lambda: rampart.detect([text]))

    assert cost(40_000) < 8 * cost(10_000) + 0.05


OFFLINE = """
import sys
def closed(event, arguments):
    if event.startswith("socket.") or event in ("subprocess.Popen", "os.system", "urllib.Request"):
        raise RuntimeError(event)
sys.addaudithook(closed)
from douane.detect.names.rampart import Rampart
detector = Rampart(deadline=60)
detector.start()
print([(span.type, span.start, span.end) for span in detector.detect(["My name is Anna Schmidt."])[0]])
assert not any(name.startswith("arcjet") for name in sys.modules)
"""


def test_it_needs_no_network_and_writes_nothing_to_stderr() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", OFFLINE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[('PERSON', 11, 23)]\n", "")


def test_importing_it_loads_no_library() -> None:
    program = "import sys, douane.detect.names.rampart; print(*{'onnxruntime', 'tokenizers', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split() == []
