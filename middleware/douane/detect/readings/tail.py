# SPDX-License-Identifier: Apache-2.0
"""Where the end of a text matches a pattern: the question of a stream, asked for every piece of it."""

from douane.detect.linear import compiled

__all__ = ["hits", "open_at"]


def hits(pattern: str, text: str) -> bool:
    """Whether the pattern is anywhere in the text."""
    return compiled(pattern).search(text.encode("utf-8", "surrogatepass")) is not None


def open_at(pattern: str, text: str, reach: int) -> int:
    r"""Where the leftmost match of a pattern that ends in `\z` begins in the last `reach` characters; `len(text)` where there is none.

    Its first group, where it has one.
    """
    tail = text[-reach:].encode("utf-8", "surrogatepass")
    match = compiled(pattern).search(tail)
    return len(text) - len(tail[match.start(match.lastindex or 0) :].decode("utf-8", "surrogatepass")) if match else len(text)
