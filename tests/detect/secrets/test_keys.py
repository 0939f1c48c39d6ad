# SPDX-License-Identifier: Apache-2.0
"""Blocks of private keys: headers that hold the beginnings of others are read in linear time."""

import pytest

from douane.detect.secrets.secrets import Secrets

SECRETS = Secrets()
BEGIN = "-" * 5 + "BEGIN RSA PRIVATE KEY" + "-" * 5


@pytest.mark.timeout(15)
@pytest.mark.parametrize("piece", [f"{BEGIN}\nComment: ", f"Comment: {BEGIN}\n"])
def test_headers_that_begin_blocks_are_read_in_linear_time(piece: str) -> None:
    """Were every block read to the last header, a text of 1 MB would take a minute."""
    text = piece * (1_000_000 // len(piece))
    assert SECRETS.detect([text]) == [()]
    assert 0 <= SECRETS.horizon(text) <= len(text)
