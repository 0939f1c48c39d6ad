# SPDX-License-Identifier: Apache-2.0
"""Turns on SQLite's write-ahead log, also where several processes open a new file at the same moment."""

import sqlite3
import time

__all__ = ["write_ahead"]


def write_ahead(database: sqlite3.Connection, patience: float) -> bool:
    """Whether the file has a write-ahead log now. Waits for others up to `patience` seconds, then raises `sqlite3.OperationalError`.

    For this one statement SQLite itself does not wait.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return bool(database.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",))
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
