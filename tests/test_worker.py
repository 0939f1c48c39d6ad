# SPDX-License-Identifier: Apache-2.0
"""The supervised child: whatever it does, its parent gets an answer of its own or a failure with a cause, in time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from douane.worker import Worker, WorkerFailed

# A child whose behaviour the payload chooses.
CHILD = """
import json, os, resource, sys, time
from douane.worker import WorkerFailed, serve

def greet(payload):
    if payload == b"refuse":
        raise WorkerFailed("no such thing", "error")
    if payload == b"never":
        time.sleep(60)
    return b""

def answer(payload):
    word, _, rest = payload.partition(b" ")
    if word == b"echo":
        return rest
    if word == b"slow":
        time.sleep(0.6)
        return rest
    if word == b"loop":
        while True:
            pass
    if word == b"die":
        os._exit(3)
    if word == b"leave":
        sys.exit(3)
    if word == b"raise":
        raise ValueError(rest.decode())
    if word == b"say":
        raise WorkerFailed(rest.decode(), "error")
    if word == b"eat":
        return bytes(2**30)
    if word == b"noise":
        print(rest)
        os.write(1, rest)
        return os.read(0, 100)
    if word == b"environment":
        return json.dumps(dict(os.environ)).encode()
    if word == b"limits":
        return json.dumps([resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_AS)]).encode()

serve(greet, answer)
"""
MEMORY = 2**28

Make = Callable[..., Worker]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "child.py"
    path.write_text(CHILD)
    return path


@pytest.fixture
def make(program: Path) -> Iterator[Make]:
    workers: list[Worker] = []

    def make(greeting: bytes = b"", deadline: float = 0.3, start_deadline: float = 10.0, arguments: tuple[str, ...] = ()) -> Worker:
        worker = Worker(
            arguments or (str(program),),
            name="test",
            greeting=greeting,
            deadline=deadline,
            start_deadline=start_deadline,
            memory_bytes=MEMORY,
        )
        workers.append(worker)
        return worker

    yield make
    for worker in workers:
        worker.close()


@pytest.fixture
def worker(make: Make) -> Worker:
    worker = make()
    worker.start()
    return worker


def failure(worker: Worker, payload: bytes) -> WorkerFailed:
    with pytest.raises(WorkerFailed) as caught:
        worker.ask(payload)
    return caught.value


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("payload", [b"", b"\0\xff\n", b"x" * 3_000_000])
def test_any_bytes_cross_as_they_are(make: Make, payload: bytes) -> None:
    assert make(deadline=10).ask(b"echo " + payload) == payload


def test_the_child_starts_with_the_first_request(make: Make) -> None:
    worker = make()
    assert not worker.is_ready()
    assert worker.pid is None
    assert worker.ask(b"echo a") == b"a"
    assert worker.is_ready()


def test_many_threads_get_each_their_own_answer(make: Make) -> None:
    worker = make(deadline=10)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: worker.ask(b"echo %d" % number), range(400)))
    assert answers == [b"%d" % number for number in range(400)]


def test_threads_whose_requests_fail_take_no_answer_from_others(make: Make) -> None:
    worker = make(deadline=5)

    def own(number: int) -> bool:
        try:
            return worker.ask(b"die" if number % 10 == 5 else b"echo %d" % number) == b"%d" % number
        except WorkerFailed as failure:
            return number % 10 == 5 and failure.cause_code == "crash"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(own, range(40)))


@pytest.mark.parametrize("payload", [b"loop", b"slow late"])
def test_a_child_that_misses_its_deadline_is_killed_and_replaced(worker: Worker, payload: bytes) -> None:
    pid = worker.pid
    assert pid is not None
    began = time.monotonic()
    assert failure(worker, payload).cause_code == "timeout"
    assert time.monotonic() - began < 5
    assert is_gone(pid)
    assert worker.ask(b"echo next") == b"next"
    assert worker.pid != pid


@pytest.mark.parametrize("payload", [b"die", b"leave"])
def test_a_child_that_dies_is_a_crash_and_is_replaced(worker: Worker, payload: bytes) -> None:
    assert failure(worker, payload).cause_code == "crash"
    assert worker.ask(b"echo next") == b"next"


def test_a_child_killed_while_it_is_idle_is_replaced(worker: Worker) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    for _ in range(2):
        try:
            assert worker.ask(b"echo next") == b"next"
            break
        except WorkerFailed as failed:
            assert failed.cause_code == "crash"
    else:
        pytest.fail("no new child answered")


def test_a_replacement_is_there_before_it_is_asked_for(worker: Worker) -> None:
    failure(worker, b"die")
    until = time.monotonic() + 10
    while not worker.is_ready() and time.monotonic() < until:
        time.sleep(0.01)
    assert worker.is_ready()


def test_a_child_that_allocates_too_much_dies(worker: Worker) -> None:
    assert failure(worker, b"eat").cause_code == "crash"
    assert worker.ask(b"echo next") == b"next"


def test_the_child_is_bounded_and_leaves_no_core_file(worker: Worker) -> None:
    assert json.loads(worker.ask(b"limits")) == [[0, 0], [MEMORY, MEMORY]]


def test_what_a_child_says_of_its_failure_is_told(worker: Worker) -> None:
    failed = failure(worker, b"say undefined")
    assert (str(failed), failed.cause_code) == ("undefined", "error")


def test_an_exception_of_a_child_is_told_without_its_words(worker: Worker) -> None:
    pid = worker.pid
    failed = failure(worker, b"raise anna@example.org")
    assert (str(failed), failed.cause_code) == ("error", "error")
    assert worker.pid == pid


def test_whatever_a_child_prints_or_reads_disturbs_nothing(worker: Worker) -> None:
    assert worker.ask(b"noise \0\0\0\1\0") == b""
    assert worker.ask(b"echo next") == b"next"


def test_an_interrupt_from_the_terminal_is_the_parents_to_act_on(worker: Worker) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGINT)
    assert worker.ask(b"echo next") == b"next"
    assert os.getsid(worker.pid) != os.getsid(0)


def test_the_child_knows_no_secret_of_its_parent(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MISTRAL_API_KEY", "HOME", "HTTPS_PROXY", "PYTHONWARNINGS", "PYTHONBREAKPOINT"):
        monkeypatch.setenv(name, "canary")
    environment = json.loads(make().ask(b"environment"))
    assert "canary" not in environment.values()
    assert {name for name in environment if not name.startswith("DOUANE_WORKER_")} <= {
        *("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "TMPDIR"),
        "LC_CTYPE",  # the interpreter sets it where no locale is named
    }


def test_a_greeting_that_is_refused_says_why(make: Make) -> None:
    worker = make(b"refuse")
    with pytest.raises(WorkerFailed, match="no such thing") as caught:
        worker.start()
    assert caught.value.cause_code == "error"
    assert not worker.is_ready()


def test_a_greeting_without_an_answer_is_a_timeout(make: Make) -> None:
    with pytest.raises(WorkerFailed) as caught:
        make(b"never", start_deadline=0.3).start()
    assert caught.value.cause_code == "timeout"


@pytest.mark.parametrize("arguments", [("-c", "raise SystemExit(1)"), ("-c", "print('no frame'); import time; time.sleep(60)")])
def test_a_program_that_does_not_speak_the_frames_is_a_failure(make: Make, arguments: tuple[str, ...]) -> None:
    with pytest.raises(WorkerFailed) as caught:
        make(arguments=arguments, start_deadline=0.5).start()
    assert caught.value.cause_code in ("crash", "timeout")


def test_a_child_that_never_starts_is_not_started_again_at_once(make: Make) -> None:
    worker = make(arguments=("-c", "raise SystemExit(1)"))
    for _ in range(4):
        assert failure(worker, b"echo").cause_code == "crash"
    began = time.monotonic()
    assert "moment away" in str(failure(worker, b"echo"))
    assert time.monotonic() - began < 0.1


def test_closing_ends_the_child_for_good(worker: Worker) -> None:
    pid = worker.pid
    assert pid is not None
    worker.close()
    worker.close()
    assert is_gone(pid)
    assert not worker.is_ready()
    assert failure(worker, b"echo").cause_code == "crash"
    assert worker.pid is None


@pytest.mark.parametrize("payload", [b"echo a", b"loop"])
def test_a_child_whose_parent_was_killed_ends_by_itself(program: Path, payload: bytes) -> None:
    parent = f"""
import os, signal, threading, time
from douane.worker import Worker
worker = Worker([{str(program)!r}], name="test", greeting=b"", deadline=1.5, start_deadline=1.5, memory_bytes={MEMORY})
worker.start()
threading.Thread(target=worker.ask, args=({payload!r},), daemon=True).start()
time.sleep(0.3)
print(worker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    pid = int(subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True).stdout)
    until = time.monotonic() + 20
    while not is_gone(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert is_gone(pid)
