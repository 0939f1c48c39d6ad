# SPDX-License-Identifier: Apache-2.0
"""The command line in this process: its exit code, and what it said."""

from pathlib import Path

import pytest

from douane.cli import main

__all__ = ["policy", "run"]


def run(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `douane ...`."""
    capsys.readouterr()  # what a gateway of this test has logged
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def policy(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The same of `douane policy ...`."""
    return run("policy", *arguments, capsys=capsys)
