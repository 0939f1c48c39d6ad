# SPDX-License-Identifier: Apache-2.0
"""Log probabilities of OpenAI's chats repeat the text, token by token: they pass only where they repeat nothing else."""

import re

__all__ = ["spelt"]

_LONGEST_TOKEN = 128
_TOKEN = frozenset({"token", "logprob", "bytes", "top_logprobs"})
# How a part of a character is written, which is no text by itself.
_BYTES = re.compile(r"(?:bytes:)?(?:\\x[0-9a-fA-F]{2})+")


def spelt(logprobs: object) -> dict[str, str] | None:
    """The content and the refusal that they spell; None where they hold anything beyond tokens that are what their bytes say."""
    if type(logprobs) is not dict or not set(logprobs) <= {"content", "refusal"}:
        return None
    texts = {"content": "", "refusal": ""}
    for name, tokens in logprobs.items():
        if tokens is None:
            continue
        if type(tokens) is not list:
            return None
        pieces = [_piece(token) for token in tokens]
        if None in pieces or not all(_has_sound_alternatives(token) for token in tokens):
            return None
        texts[name] = b"".join(piece or b"" for piece in pieces).decode("utf-8", "replace")
    return texts


def _has_sound_alternatives(token: dict[str, object]) -> bool:
    alternatives = token.get("top_logprobs")
    return alternatives is None or (type(alternatives) is list and all(_piece(other) is not None for other in alternatives))


def _piece(token: object) -> bytes | None:
    """The bytes of a token, or None for what is none."""
    if type(token) is not dict or not set(token) <= _TOKEN or type(token.get("logprob")) not in (int, float):
        return None
    text, numbers = token.get("token"), token.get("bytes")
    if type(text) is not str or len(text) > _LONGEST_TOKEN:
        return None
    if numbers is None:
        return text.encode()
    if type(numbers) is not list or not all(type(number) is int and 0 <= number < 256 for number in numbers):
        return None
    raw = bytes(numbers)
    return raw if text.encode() == raw or _BYTES.fullmatch(text) or text == raw.decode("utf-8", "replace") else None
