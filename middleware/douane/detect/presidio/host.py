# SPDX-License-Identifier: Apache-2.0
"""A process that runs Presidio, asked in batches against a deadline: what its detectors have in common."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from douane.errors import ConfigRejected, DetectorFailed
from douane.worker import Worker, WorkerFailed

__all__ = ["Answer", "Host"]

_DEADLINES = 5  # how many deadlines one request may take
_START_DEADLINE = 60.0
_REJECTED = "rejected: "

Answer: TypeAlias = list[tuple[str, int, int, float, str]]
"""What was found in one piece: type, start, end, score, rule."""


class Host:
    """`python -m module`, greeted with a configuration. Thread-safe; a process that fails or is late is replaced.

    `deadline` (seconds) is for one batch; one request takes at most five of them.
    """

    def __init__(self, module: str, *, name: str, greeting: bytes, deadline: float, memory_bytes: int) -> None:
        self.name = name
        self._deadline = deadline
        self.worker = Worker(
            ["-m", module],
            name=name,
            greeting=greeting,
            deadline=deadline,
            start_deadline=_START_DEADLINE,
            memory_bytes=memory_bytes,
        )

    def start(self) -> None:
        """Start the process. Raises `DetectorFailed`, and `ConfigRejected` where the process says what is wrong with what it was told."""
        try:
            self.worker.start()
        except WorkerFailed as failure:
            if str(failure).startswith(_REJECTED):
                raise ConfigRejected(str(failure).removeprefix(_REJECTED)) from failure
            raise DetectorFailed(f"the {self.name} process does not start ({failure.cause_code})", detector=self.name) from failure

    def ask(self, batches: Iterable[Sequence[object]]) -> Iterator[Answer]:
        """The answer to every piece of every batch, in order. Raises `DetectorFailed`."""
        until = time.monotonic() + _DEADLINES * self._deadline
        for batch in batches:
            if time.monotonic() > until:
                late = WorkerFailed("the texts of one request take too long", "timeout")
                raise DetectorFailed(str(late), detector=self.name) from late
            try:
                answers: list[Answer] = json.loads(self.worker.ask(json.dumps(batch).encode()))
            except WorkerFailed as failure:
                raise DetectorFailed(f"{self.name} did not look at everything ({failure.cause_code})", detector=self.name) from failure
            if len(answers) != len(batch):
                raise DetectorFailed(f"{self.name} did not answer to everything", detector=self.name)
            yield from answers

    @staticmethod
    def rejected(reason: str) -> WorkerFailed:
        """What the process raises for a configuration that it cannot use: `reason` is for whoever wrote it."""
        return WorkerFailed(_REJECTED + reason, "error")
