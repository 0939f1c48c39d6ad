# SPDX-License-Identifier: Apache-2.0
"""The check that nothing blocks an event loop bites; it stands in `conftest.py` and holds for the whole suite."""

import json
from pathlib import Path

import pytest
from blockbuster import BlockingError

from douane.audit import log
from douane.config import read, shipped_policies
from douane.errors import ConfigRejected
from douane.policy.bundles import bundle
from douane.policy.engines.embedded import EmbeddedEngine


async def test_a_record_written_on_the_loop_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(BlockingError):
        log.SqliteLog(tmp_path / "a.sqlite").append(None)  # type: ignore[arg-type]  # it never comes so far


@pytest.fixture
def engine() -> EmbeddedEngine:
    return EmbeddedEngine(bundle.read(shipped_policies()), deadline=5)


async def test_a_decision_asked_for_on_the_loop_is_noticed(engine: EmbeddedEngine) -> None:
    with pytest.raises(BlockingError):
        engine.evaluate(json.dumps({}))


async def test_a_file_read_on_the_loop_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    with pytest.raises((BlockingError, ConfigRejected)) as caught:
        read(path)
    assert caught.type is BlockingError
