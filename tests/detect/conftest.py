# SPDX-License-Identifier: Apache-2.0
"""Cost is compared in these tests: collections of garbage must not look at all that other tests have left."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _what_others_left_is_not_looked_at() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
