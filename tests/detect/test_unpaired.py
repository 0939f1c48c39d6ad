# SPDX-License-Identifier: Apache-2.0
"""Lone surrogates are replaced one for one, also side by side."""

import pytest

from douane.detect.unpaired import paired


@pytest.mark.parametrize(
    ("text", "expected"),
    [("plain", "plain"), ("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "\ufffd\ufffd"), ("\U0001f600\udc00", "\U0001f600\ufffd"), ("", "")],
)
def test_each_is_one_character(text: str, expected: str) -> None:
    assert paired(text) == expected
