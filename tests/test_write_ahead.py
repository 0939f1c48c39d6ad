# SPDX-License-Identifier: Apache-2.0
"""A write-ahead log is waited for: several processes may open a new file at the same moment."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from douane.write_ahead import write_ahead


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)


def test_it_waits_for_whoever_holds_the_file(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a.sqlite"), opened(tmp_path / "a.sqlite")
    first.execute("BEGIN EXCLUSIVE")

    def leave() -> None:
        time.sleep(0.2)
        first.execute("COMMIT")

    thread = threading.Thread(target=leave)
    thread.start()
    assert write_ahead(second, 10)
    thread.join()
    first.close()
    second.close()


def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "a.sqlite"), opened(tmp_path / "a.sqlite")
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        write_ahead(second, 0.05)
    first.close()
    second.close()


def test_a_file_in_memory_has_none() -> None:
    database = sqlite3.connect(":memory:")
    assert not write_ahead(database, 1)
    database.close()
