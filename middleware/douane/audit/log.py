# SPDX-License-Identifier: Apache-2.0
"""The decision log in SQLite: durable before `append` returns, gap-free, never changed.

WAL with `synchronous=FULL`: a commit survives a power cut. Concurrent appends share one commit (group commit): whoever holds the lock
writes for all who wait, so no thread of its own and no timer is needed.
"""

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from douane.errors import LogUnavailable
from douane.record import DecisionRecord
from douane.write_ahead import write_ahead

__all__ = ["SqliteLog", "as_event", "read"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    seq INTEGER PRIMARY KEY,
    decision_id TEXT NOT NULL,
    exchange TEXT NOT NULL,
    kind TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    event TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS decisions_by_exchange ON decisions (exchange);
CREATE INDEX IF NOT EXISTS decisions_by_id ON decisions (decision_id);
CREATE TRIGGER IF NOT EXISTS decisions_are_final_1 BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'records are final'); END;
CREATE TRIGGER IF NOT EXISTS decisions_are_final_2 BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'records are final'); END;
"""
_INSERT = "INSERT INTO decisions (seq, decision_id, exchange, kind, timestamp, event) VALUES (?, ?, ?, ?, ?, ?)"


def as_event(record: DecisionRecord) -> dict[str, object]:
    """The record as OPA's decision log event, without `seq`. What OPA has no name for stands under `custom`."""
    event: dict[str, object] = {
        "decision_id": record.decision_id,
        "timestamp": record.timestamp,
        "labels": dict(record.labels),
        "bundles": {"douane": _bundle(record)},
        "path": record.path,
        "input": json.loads(record.input) if record.input else None,
        "result": json.loads(record.result) if record.result else None,
        "metrics": dict(record.metrics),
        "custom": {"kind": record.kind, "exchange": record.exchange, **record.custom},
    }
    if record.error:
        event["error"] = {"code": record.error}
    return event


def _bundle(record: DecisionRecord) -> dict[str, str]:
    return {"revision": record.revision, "digest": record.digest} if record.digest else {"revision": record.revision}


def _event_text(record: DecisionRecord) -> str:
    # INVARIANT: equal to json.dumps(as_event(record)) as a value. Input and result are JSON text already: no second parse on the hot path.
    head = {
        "decision_id": record.decision_id,
        "timestamp": record.timestamp,
        "labels": dict(record.labels),
        "bundles": {"douane": _bundle(record)},
        "path": record.path,
        "metrics": dict(record.metrics),
        "custom": {"kind": record.kind, "exchange": record.exchange, **record.custom},
    }
    if record.error:
        head["error"] = {"code": record.error}
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return f'{text[:-1]},"input":{record.input or "null"},"result":{record.result or "null"}}}'


class _Waiting:
    __slots__ = ("failure", "record", "seq")

    def __init__(self, record: DecisionRecord) -> None:
        self.record = record
        self.seq: int | None = None
        self.failure: Exception | None = None


class SqliteLog:
    """A decision log in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file and its folder. Raises `LogUnavailable`."""
        self._path = path
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0, cached_statements=16)
            write_ahead(self._db, 5.0)
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA wal_autocheckpoint=4000")
            self._db.executescript(_SCHEMA)
            self._file = self._identity()
        except (OSError, sqlite3.Error) as cause:
            if hasattr(self, "_db"):
                self._db.close()
            raise LogUnavailable(f"the decision log cannot be opened ({type(cause).__name__}); check `log.path` and its rights") from cause

    def append(self, record: DecisionRecord) -> int:
        """The sequence number of the record; raises `LogUnavailable` where it could not be made durable."""
        waiting = _Waiting(record)
        with self._queue_lock:
            self._queue.append(waiting)
        with self._commit_lock:
            if waiting.seq is None and waiting.failure is None:
                self._commit()
        if waiting.seq is None:
            name = type(waiting.failure).__name__
            raise LogUnavailable(f"the decision log cannot be written ({name}); nothing passes until it can") from waiting.failure
        return waiting.seq

    def _commit(self) -> None:
        with self._queue_lock:
            batch, self._queue = self._queue, []
        try:
            if self._identity() != self._file:
                raise FileNotFoundError  # deleted or replaced: what is written now nobody could read
            events = [_event_text(waiting.record) for waiting in batch]
            self._db.execute("BEGIN IMMEDIATE")
            # Inside the write transaction, so that two gateways on one file cannot give out the same number.
            first = self._db.execute("SELECT coalesce(max(seq), -1) + 1 FROM decisions").fetchone()[0]
            rows = [
                (seq, w.record.decision_id, w.record.exchange, w.record.kind, w.record.timestamp, event)
                for seq, (w, event) in enumerate(zip(batch, events, strict=True), first)
            ]
            self._db.executemany(_INSERT, rows)
            self._db.execute("COMMIT")
        except Exception as failure:  # whatever it was: nothing of this batch is durable, so nothing of it may pass
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            for waiting in batch:
                waiting.failure = failure
            return
        for waiting, row in zip(batch, rows, strict=True):
            waiting.seq = row[0]

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._path)
        return status.st_dev, status.st_ino

    def is_writable(self) -> bool:
        """Whether a write transaction can be begun now."""
        with self._commit_lock:
            try:
                if self._identity() != self._file:
                    return False
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute("ROLLBACK")
            except (OSError, sqlite3.Error):
                return False
        return True

    def close(self) -> None:
        """Closes the file; appends fail from then on."""
        with self._commit_lock:
            self._db.close()


_ABOUT = "decision_id BETWEEN ? AND ? OR seq = ?"


def _about(about: str) -> tuple[str, str, int]:
    """What `_ABOUT` asks for: a decision by its id or the beginning of it, a record by its number, alone or behind the log's origin."""
    number = about.rpartition("/")[2]
    return about, about + "\U0010ffff", int(number) if number.isdigit() else -1


def read(path: Path, *, since: int = 0, last: int | None = None, about: str | None = None) -> Iterator[Mapping[str, object]]:
    """Events of a log, oldest first, each with its `seq`; the file is opened read-only and may be written meanwhile.

    `since` is the first sequence number wanted, `last` keeps only that many from the end, `about` only those of one exchange, see `_about`.
    Raises `LogUnavailable` where there is no log.
    """
    clauses, values = ["seq >= ?"], [since]
    if about is not None:
        clauses.append(f"exchange IN (SELECT exchange FROM decisions WHERE {_ABOUT})")
    query = f"SELECT seq, event FROM decisions WHERE {' AND '.join(clauses)} ORDER BY seq"
    arguments: list[object] = [*values, *(_about(about) if about is not None else ())]
    if last is not None:
        query = f"SELECT * FROM ({query} DESC LIMIT ?) ORDER BY seq"
        arguments.append(last)
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)) as db:
            for seq, event in db.execute(query, arguments):
                yield {"seq": seq, **json.loads(event)}
    except sqlite3.Error as cause:
        raise LogUnavailable(f"no decision log can be read at `{path}`; name it with `--log`, or start the gateway once") from cause
