# SPDX-License-Identifier: Apache-2.0
"""One running gateway for the tests that do not need a special one."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from fakes.stack import Stack, stack


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as one:
        yield one


@pytest.fixture
def client(running: Stack) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=running.base, api_key="none", max_retries=2) as one:
        yield one
