# SPDX-License-Identifier: Apache-2.0
"""Lone surrogates, which stand for no character and have no bytes: most libraries that are given one raise."""

import re

__all__ = ["paired"]

_LONE = re.compile("[\ud800-\udfff]")


def paired(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, one for one, so that places stay the same."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text)
    return text
