# SPDX-License-Identifier: Apache-2.0
"""Both engines: any failure is no decision, within the deadline, and the next question is answered."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from douane.errors import BundleRejected, ConfigRejected, PolicyFailed
from douane.policy.bundles import bundle
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.engines.server import OpaServerEngine
from fakes.opa import opa_server
from fakes.upstream import Connection, fake_upstream

# One policy whose behaviour the input chooses.
MOODS = """
package douane.main

decision := {"verdict": "deny", "you_said": input.word} if input.mood == "well"

decision := to_number(input.word) if input.mood == "error"

decision := 1 if input.mood == "conflict"

decision := 2 if input.mood == "conflict"

decision := count([1 |
	some a in numbers.range(1, 4000)
	some b in numbers.range(1, 4000)
	some c in numbers.range(1, 4000)
	a + b + c > 0
]) if {
	input.mood == "loop"
}

decision := count([x | some i in numbers.range(1, 60); x := concat("", [input.word | some j in numbers.range(1, 2000000)])]) if {
	input.mood == "memory"
}
"""


def well(word: str = "hello") -> str:
    return json.dumps({"mood": "well", "word": word}, ensure_ascii=False)


def mood(name: str) -> str:
    return json.dumps({"mood": name, "word": "x1y2"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.rego").write_text(MOODS)
    return tmp_path


@pytest.fixture(params=["in process", "worker", "opa"])
def engine(request: pytest.FixtureRequest, folder: Path) -> Iterator[EmbeddedEngine | OpaServerEngine]:
    if request.param == "opa":
        with opa_server(folder) as url:
            server = OpaServerEngine(url, deadline=2)
            yield server
            server.close()
        return
    embedded = EmbeddedEngine(bundle.read(folder), deadline=2, in_process=request.param == "in process")
    embedded.start()
    yield embedded
    embedded.close()


@pytest.mark.parametrize(
    ("document", "cause"),
    [(mood("none"), "undefined"), ("{}", "undefined"), (mood("error"), "error"), (mood("conflict"), "error")],
)
def test_no_decision_is_a_failure_with_its_cause(engine: EmbeddedEngine | OpaServerEngine, document: str, cause: str) -> None:
    with pytest.raises(PolicyFailed) as caught:
        engine.evaluate(document)
    assert caught.value.cause_code == cause
    assert "x1y2" not in str(caught.value)
    assert json.loads(engine.evaluate(well()))["you_said"] == "hello"


@pytest.mark.parametrize("word", ["é😀\u2028", "a" * 200_000, '"\\', "\x00"])
def test_text_crosses_as_it_is(engine: EmbeddedEngine | OpaServerEngine, word: str) -> None:
    assert json.loads(engine.evaluate(well(word)))["you_said"] == word


@pytest.fixture
def worker(folder: Path) -> Iterator[EmbeddedEngine]:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=0.5, memory_bytes=2**29)
    embedded.start()
    yield embedded
    embedded.close()


def test_a_policy_that_never_ends_is_stopped_at_the_deadline(worker: EmbeddedEngine) -> None:
    began = time.monotonic()
    with pytest.raises(PolicyFailed) as caught:
        worker.evaluate(mood("loop"))
    assert caught.value.cause_code == "timeout"
    assert time.monotonic() - began < 5
    assert json.loads(worker.evaluate(well()))["you_said"] == "hello"


def test_a_policy_that_eats_memory_ends_its_process_and_no_other(worker: EmbeddedEngine) -> None:
    with pytest.raises(PolicyFailed) as caught:
        worker.evaluate(mood("memory"))
    assert caught.value.cause_code in ("crash", "timeout", "error")
    assert json.loads(worker.evaluate(well()))["you_said"] == "hello"


def test_a_killed_process_is_replaced(worker: EmbeddedEngine) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, 9)
    for _ in range(3):
        try:
            assert json.loads(worker.evaluate(well()))["you_said"] == "hello"
            break
        except PolicyFailed as failure:
            assert failure.cause_code == "crash"
    else:
        pytest.fail("no new process answered")


@pytest.mark.parametrize("document", ["[" * 10_000, "[" * 200 + "]" * 200, '{"a":' * 200 + "1" + "}" * 200])
def test_a_document_too_deep_for_the_engine_never_reaches_it(worker: EmbeddedEngine, document: str) -> None:
    pid = worker.pid
    with pytest.raises(PolicyFailed):
        worker.evaluate(document)
    assert worker.pid == pid


@pytest.mark.parametrize("document", ["", "{", '"\\ud800"', "NaN", '{"mood": 1e999}'])
def test_what_is_no_document_is_an_error_and_does_no_harm(worker: EmbeddedEngine, document: str) -> None:
    with pytest.raises(PolicyFailed):
        worker.evaluate(document)
    assert json.loads(worker.evaluate(well()))["you_said"] == "hello"


def test_a_lone_surrogate_never_reaches_the_engine(worker: EmbeddedEngine) -> None:
    with pytest.raises(PolicyFailed):
        worker.evaluate(well("\ud800"))


def test_many_threads_get_each_their_own_answer(worker: EmbeddedEngine) -> None:
    def ask(number: int) -> bool:
        return bool(json.loads(worker.evaluate(well(str(number))))["you_said"] == str(number))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(300)))


def test_the_process_knows_no_secret_of_its_parent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "canary-of-the-environment")
    monkeypatch.setenv("RUST_BACKTRACE", "1")
    embedded = EmbeddedEngine(bundle.read(folder), deadline=2)
    embedded.start()
    try:
        environment = Path(f"/proc/{embedded.pid}/environ").read_text()
        assert "canary-of-the-environment" not in environment
        assert "RUST_BACKTRACE" not in environment
    finally:
        embedded.close()


def test_closing_leaves_no_process(folder: Path) -> None:
    embedded = EmbeddedEngine(bundle.read(folder), deadline=2)
    embedded.start()
    pid = embedded.pid
    embedded.close()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(PolicyFailed):
        embedded.evaluate(well())


@pytest.mark.parametrize("in_process", [True, False])
@pytest.mark.parametrize("rules", ["package douane.main\n\ndecision := {", "packag x", "package douane.main\n\ndecision := nothing(1)\n"])
def test_policies_that_cannot_be_loaded_are_told_with_their_place(tmp_path: Path, rules: str, in_process: bool) -> None:
    (tmp_path / "main.rego").write_text(rules)
    with pytest.raises(BundleRejected) as caught:
        EmbeddedEngine(bundle.read(tmp_path), deadline=5, in_process=in_process).start()
    assert "main.rego" in str(caught.value)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    engine = OpaServerEngine("http://127.0.0.1:1", deadline=1)
    assert not engine.is_ready()
    with pytest.raises(PolicyFailed) as caught:
        engine.evaluate(well())
    assert caught.value.cause_code == "unreachable"
    engine.close()


def test_a_server_that_computes_for_ever_is_left_at_the_deadline(folder: Path) -> None:
    with opa_server(folder) as url:
        engine = OpaServerEngine(url, deadline=0.5)
        assert engine.is_ready()
        began = time.monotonic()
        with pytest.raises(PolicyFailed) as caught:
            engine.evaluate(mood("loop"))
        assert caught.value.cause_code == "timeout"
        assert time.monotonic() - began < 5
        assert json.loads(engine.evaluate(well()))["you_said"] == "hello"
        engine.close()


def test_a_proxy_of_the_environment_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with opa_server(folder) as url:
        engine = OpaServerEngine(url, deadline=2)
        assert json.loads(engine.evaluate(well()))["you_said"] == "hello"
        engine.close()


def test_a_server_that_sends_us_elsewhere_or_drips_gives_no_decision() -> None:
    allow = json.dumps({"result": {"verdict": "allow"}}).encode()
    with fake_upstream() as elsewhere, fake_upstream() as server:
        elsewhere.script = lambda c: c.answer(allow)
        engine = OpaServerEngine(server.url.removesuffix("/v1"), deadline=0.5)
        server.script = lambda c: c.answer(b"", 307, "text/plain", f"location: {elsewhere.url}/data/douane/main/decision")
        with pytest.raises(PolicyFailed):
            engine.evaluate(well())
        assert elsewhere.received == []

        def drip(connection: Connection) -> None:
            connection.head(200, "content-type: application/json", f"content-length: {len(allow)}")
            connection.drip(allow, pause=0.03)

        server.script = drip
        with pytest.raises(PolicyFailed) as caught:
            engine.evaluate(well())
        assert caught.value.cause_code == "timeout"
        engine.close()


@pytest.mark.parametrize("url", ["opa.example", "ftp://opa.example", "http://opa.example/v1/data"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigRejected, match="opa_url"):
        OpaServerEngine(url, deadline=1)
