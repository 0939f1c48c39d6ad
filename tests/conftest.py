# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: nothing of douane's blocks an event loop."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, BlockBusterFunction

import douane
from douane.audit.log import SqliteLog
from douane.detect.names.rampart import Rampart
from douane.policy.bundles.http_source import HttpSource
from douane.policy.bundles.source import PathSource
from douane.policy.engines.embedded import EmbeddedEngine, Evaluator
from douane.surrogates.sqlite_store import SqliteStore
from douane.worker import Worker

OURS = (
    (EmbeddedEngine, "evaluate"),
    (Evaluator, "evaluate"),
    (HttpSource, "fetch"),
    (PathSource, "fetch"),
    (Rampart, "detect"),
    (Rampart, "start"),
    (SqliteLog, "append"),
    (SqliteStore, "load"),
    (SqliteStore, "save"),
    (Worker, "ask"),
    (Worker, "start"),
)


@pytest.fixture(scope="session", autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    blocking = BlockBuster(scanned_modules=douane)
    blocking.functions |= {f"{kind.__name__}.{name}": BlockBusterFunction(kind, name) for kind, name in OURS}
    blocking.activate()
    yield
    blocking.deactivate()
