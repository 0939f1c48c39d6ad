# SPDX-License-Identifier: Apache-2.0
"""The decision log: numbered without gaps, durable, final, and loud when it cannot be written."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from douane.audit.log import SqliteLog, as_event, read
from douane.errors import LogUnavailable
from douane.record import DecisionRecord


def record(id_: str = "d-1", exchange: str = "", **more: object) -> DecisionRecord:
    facts: dict[str, object] = {
        "kind": "intent",
        "timestamp": "2026-11-24T10:00:00.000000Z",
        "path": "douane/main/decision",
        "revision": "sha256:0",
        "input": '{"leg":"request"}',
        "result": '{"verdict":"allow"}',
        "labels": {"app": "douane"},
        "metrics": {"timer_total_ns": 5},
        "custom": {"destination": "paris"},
    } | more
    return DecisionRecord(id_, exchange or id_, **facts)  # type: ignore[arg-type]  # a test's shorthand


def test_records_are_numbered_from_zero_without_gaps(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    assert [log.append(record(f"d-{n}")) for n in range(5)] == [0, 1, 2, 3, 4]
    log.close()


def test_a_log_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = SqliteLog(tmp_path / "log.sqlite")
    first.append(record())
    first.close()
    second = SqliteLog(tmp_path / "log.sqlite")
    assert second.append(record("d-2")) == 1
    second.close()


def test_two_gateways_on_one_file_never_share_a_number(tmp_path: Path) -> None:
    logs = [SqliteLog(tmp_path / "log.sqlite") for _ in range(2)]
    given: list[int] = []

    def write(log: SqliteLog, name: str) -> None:
        given.extend(log.append(record(f"{name}-{n}")) for n in range(25))

    threads = [threading.Thread(target=write, args=(log, str(index))) for index, log in enumerate(logs) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(100))
    for log in logs:
        log.close()


def test_an_event_has_the_field_names_of_opa(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    log.append(record(error="timeout"))
    log.close()
    (event,) = read(tmp_path / "log.sqlite")
    assert event == {"seq": 0, **as_event(record(error="timeout"))}
    names = {"seq", "decision_id", "timestamp", "labels", "bundles", "path", "input", "result", "metrics", "custom", "error"}
    assert set(event) == names


def test_records_cannot_be_changed_or_removed(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    log.append(record())
    log.close()
    with sqlite3.connect(tmp_path / "log.sqlite") as db:
        for statement in ("UPDATE decisions SET event = '{}'", "DELETE FROM decisions"):
            with pytest.raises(sqlite3.IntegrityError, match="records are final"):
                db.execute(statement)
    db.close()


def test_a_log_that_cannot_be_opened_says_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogUnavailable, match=r"log\.path"):
        SqliteLog(tmp_path / "file" / "log.sqlite")


def test_a_log_that_cannot_be_written_raises_and_recovers(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    other = sqlite3.connect(tmp_path / "log.sqlite", isolation_level=None)
    other.execute("DROP TRIGGER decisions_are_final_1")
    other.execute("CREATE TRIGGER full BEFORE INSERT ON decisions BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(LogUnavailable):
        log.append(record())
    other.execute("DROP TRIGGER full")
    other.close()
    assert log.append(record()) == 0
    log.close()


def test_a_closed_log_refuses(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    log.close()
    with pytest.raises(LogUnavailable):
        log.append(record())


def test_reading_selects_by_number_and_by_decision(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)
    for id_, exchange in (("a", "a"), ("b", "b"), ("c", "a"), ("d", "d")):
        log.append(record(id_, exchange))
    log.close()
    assert [event["seq"] for event in read(path, since=2)] == [2, 3]
    assert [event["seq"] for event in read(path, last=2)] == [2, 3]
    assert [event["seq"] for event in read(path, about="a")] == [0, 2]
    assert [event["seq"] for event in read(path, about="c")] == [0, 2]


def test_reading_a_log_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="--log"):
        list(read(tmp_path / "none.sqlite"))


_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from audit.test_log import record
from douane.audit.log import SqliteLog
log = SqliteLog(Path(sys.argv[1]))
n = 0
while True:
    print(log.append(record(f"d-{n}")), flush=True)
    n += 1
"""


def test_what_was_acknowledged_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    arguments = [sys.executable, "-c", _WRITER, str(path), str(Path(__file__).parents[1])]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(50)]
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    seqs = [event["seq"] for event in read(path)]
    assert seqs[: len(acknowledged)] == acknowledged
    assert seqs == list(range(len(seqs)))


def test_a_record_is_kept_as_given(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    kept = record(input="", result="", custom={"edits": {"redacted": 2}, "ä": "ö\u2028"})
    log.append(kept)
    log.close()
    (event,) = read(tmp_path / "log.sqlite")
    assert json.loads(json.dumps(event)) == {"seq": 0, **as_event(kept)}
