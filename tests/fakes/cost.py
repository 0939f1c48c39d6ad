# SPDX-License-Identifier: Apache-2.0
"""What a call costs, so that two costs can be compared whatever else runs beside the test or ran before it."""

import gc
import time
from collections.abc import Callable

__all__ = ["look_at_each", "seconds"]


def seconds(call: Callable[[], object]) -> float:
    """The time of this process's processors for one call, the least of three, without collections of garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return min(_once(call) for _ in range(3))
    finally:
        if was_enabled:
            gc.enable()


def _once(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def look_at_each(text: str) -> int:
    """Looks at every character once: how fast this processor is, for a cost that is to be a number of times as much."""
    return sum(ord(character) for character in text)
