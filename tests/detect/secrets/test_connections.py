# SPDX-License-Identifier: Apache-2.0
"""Passwords by their place: what the first pass over a text rules out, and what is looked for, are the same."""

import pytest

from douane.detect.secrets.connections import find
from douane.detect.secrets.encoded import encoded
from douane.detect.secrets.secrets import Secrets

SECRETS = Secrets()


def rules(text: str) -> set[str]:
    return {span.rule for span in SECRETS.detect([text])[0]}


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bASIC", "BaSiC"])
def test_the_scheme_of_http_is_known_in_any_case(scheme: str) -> None:
    assert "http.basic" in rules(f"the header {scheme} YW5uYTpodW50ZXIyeA==")


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\v", "\x1c", "\x85", "\u00a0", "\u2003", "\u2028", "\u3000"])
def test_an_entry_of_netrc_is_found_with_any_space(space: str) -> None:
    assert "netrc.entry" in rules(f"machine db login anna{space}password{space}hunter2x")


def test_a_word_that_only_folds_to_the_scheme_is_none() -> None:
    text = "ba\u017fic YW5uYTpodW50ZXIyeA=="
    assert rules(text) == {span.rule for span in find(encoded(text))} == set()
