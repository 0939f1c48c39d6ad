# SPDX-License-Identifier: Apache-2.0
"""The file of a vault's store in SQLite: its tables, its transactions, and what can be done without any key.

WAL with `synchronous=FULL`, as the decision log has it; several gateways may share one file. `secure_delete` overwrites what is deleted.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from douane.errors import VaultUnavailable
from douane.write_ahead import write_ahead

__all__ = ["PATIENCE", "Status", "VaultFile"]

PATIENCE = 5.0
"""Seconds to wait for others who hold the file."""

_APPLICATION = 0x646F7561
_VERSION = 1
# A damaged file may quote itself in an error of SQLite, which is then no text.
_FAILURES = (OSError, sqlite3.Error, UnicodeError)
# Rows of `keys` are numbered and never renumbered, so none is moved within the file and leaves a copy behind. The row with empty marks
# wraps the root key. `pages` say how many entries of a day a conversation has, so that one that was taken away is missed.
_SCHEMA = """
CREATE TABLE keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant BLOB NOT NULL,
    subject BLOB NOT NULL,
    kek TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    UNIQUE (tenant, subject)
) STRICT;
CREATE TABLE pages (
    conversation BLOB NOT NULL,
    day INTEGER NOT NULL,
    key INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (conversation, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE entries (
    conversation BLOB NOT NULL,
    surrogate BLOB NOT NULL,
    day INTEGER NOT NULL,
    key INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (conversation, surrogate)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Status:
    """What a store holds, counted. `keys` counts data keys by the id of the key that wraps them, the root key of the store among them."""

    tenants: int
    subjects: int
    conversations: int
    entries: int
    oldest: date | None
    newest: date | None
    keys: Mapping[str, int]


class VaultFile:
    """One file, open. Every method raises `VaultUnavailable`."""

    def __init__(self, path: Path, *, create: bool = True, patience: float = PATIENCE) -> None:
        """Opens the file; `create` makes it and its folder where there is none, for the owner alone."""
        self._path = path
        self._lock = threading.Lock()
        if not create and not path.is_file():
            raise VaultUnavailable(f"there is no vault's store at `{path}`; name one that a gateway has made")
        try:
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=patience)
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute("PRAGMA synchronous=FULL")
            self._check(path)
            if not write_ahead(self._db, patience):
                raise VaultUnavailable("the vault's store cannot have a write-ahead log where it is; put it on a local disk")
            self._file = self._identity()
        except _FAILURES as cause:
            self.close()
            raise VaultUnavailable(f"the vault's store cannot be opened ({type(cause).__name__}); check its path and its rights") from cause
        except VaultUnavailable:
            self.close()
            raise

    def _check(self, path: Path) -> None:
        """Makes the tables of a new file; refuses one that is no store, or of another version."""
        if self._kind() == (0, 0):
            self._db.execute("BEGIN IMMEDIATE")
            if self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id={_APPLICATION}")
                self._db.execute(f"PRAGMA user_version={_VERSION}")
            self._db.execute("COMMIT")
        application, version = self._kind()
        if application != _APPLICATION:
            raise VaultUnavailable(f"`{path}` is no vault's store; name another file")
        if version != _VERSION:
            raise VaultUnavailable(f"the vault's store is of version {version}, and this douane reads {_VERSION}; update it")

    def _kind(self) -> tuple[int, int]:
        return self._db.execute("PRAGMA application_id").fetchone()[0], self._db.execute("PRAGMA user_version").fetchone()[0]

    @contextlib.contextmanager
    def transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        """One snapshot to read from, or the right to write; what is raised within undoes all of it. Never ask a key service within."""
        with self._lock:
            try:
                if self._identity() != self._file:
                    raise FileNotFoundError  # deleted or replaced: what is written now nobody could read
                self._db.execute(f"BEGIN {kind}")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                    raise
            except _FAILURES as cause:
                raise VaultUnavailable(
                    f"the vault's store cannot be read or written ({type(cause).__name__}); nothing passes until it can"
                ) from cause

    def expire(self, before: date) -> int:
        """See `VaultStore`; needs no key. A data key under which nothing is kept any more goes with its last entry."""
        day = before.toordinal()
        with self.transaction("IMMEDIATE") as db:
            removed = db.execute("DELETE FROM entries WHERE day < ?", (day,)).rowcount
            db.execute("DELETE FROM pages WHERE day < ?", (day,))
            db.execute("DELETE FROM keys WHERE tenant != x'' AND id NOT IN (SELECT key FROM pages)")
        self.empty_log()
        return removed

    def empty_log(self) -> None:
        """Empty the write-ahead log, in which what was deleted or rewrapped still stands. Raises where others do not let go of it."""
        with self._lock:
            try:
                is_busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except _FAILURES as cause:
                raise VaultUnavailable(_LEFT) from cause
        if is_busy:
            raise VaultUnavailable(_LEFT)

    def status(self) -> Status:
        """What the file holds; needs no key."""
        with self.transaction("DEFERRED") as db:
            tenants, subjects = db.execute("SELECT count(DISTINCT tenant), count(*) FROM keys WHERE tenant != x''").fetchone()
            (conversations,) = db.execute("SELECT count(DISTINCT conversation) FROM pages").fetchone()
            (entries,) = db.execute("SELECT count(*) FROM entries").fetchone()
            days = db.execute("SELECT min(day), max(day) FROM pages").fetchone()
            keys = dict(db.execute("SELECT kek, count(*) FROM keys GROUP BY kek ORDER BY kek").fetchall())
        try:
            oldest, newest = (None if day is None else date.fromordinal(day) for day in days)
        except (ValueError, OverflowError, TypeError) as cause:
            raise VaultUnavailable("the vault's store names a day that there is not; bring it back as it was") from cause
        return Status(tenants, subjects, conversations, entries, oldest, newest, keys)

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._path)
        return status.st_dev, status.st_ino

    def close(self) -> None:
        """Closes the file; everything fails from then on."""
        with self._lock:
            if hasattr(self, "_db"):
                self._db.close()


_LEFT = "it is done, but the write-ahead log still holds what was there and others read it; do the same again until this is not said"
