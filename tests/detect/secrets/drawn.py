# SPDX-License-Identifier: Apache-2.0
"""Secrets drawn at run time after the shapes that `rules.json` gives: `<B36>` is 36 characters of base 62. No token stands in a file."""

import random
import re
import string
import uuid
from collections.abc import Iterator
from zlib import crc32

from douane.detect.secrets.rules import Near, Token, rules

__all__ = ["TOKENS", "announced", "checked", "drawn", "tokens"]

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ALPHABETS = {
    "B": _BASE62,
    "w": _BASE62 + "-_",
    "h": string.digits + "abcdef",
    "H": string.digits + "ABCDEF",
    "d": string.digits,
    "a": string.ascii_letters,
    "Z": string.digits + string.ascii_uppercase,
    "l": string.digits + string.ascii_lowercase,
    "b": string.ascii_uppercase + "234567",
    "5": string.ascii_lowercase + "234567",
    "6x": _BASE62 + "+/",
    "5x": string.ascii_lowercase + "234567",
    "e": _BECH32.upper(),
}
_SHAPE = re.compile(r"<(?:(U)|(6x|5x|[A-Za-z])(\d+))>")


def drawn(shape: str, seed: int = 0) -> str:
    """What the shape stands for, another with every seed."""
    source = random.Random(f"{shape} {seed}")

    def part(match: re.Match[str]) -> str:
        if match[1]:
            return str(uuid.UUID(int=source.getrandbits(128), version=4))
        return "".join(source.choices(_ALPHABETS[match[2]], k=int(match[3])))

    return _SHAPE.sub(part, shape)


def checked(token: str, check: str) -> str:
    """The token with the checksum in place of its last character, a tilde."""
    if check == "base62_crc32":
        number, sum_ = crc32(token[:-1].partition("_")[2].encode()), ""
        while len(sum_) < 6:
            number, digit = divmod(number, 62)
            sum_ = _BASE62[digit] + sum_
        return token[:-1] + sum_
    if check == "bech32":
        return token[:-1] + _bech32(token[:-1].lower()).upper()
    return token


def tokens(rule: Token, seeds: int = 1) -> Iterator[str]:
    """Tokens after every shape of the rule."""
    for shape in rule.like:
        for seed in range(seeds):
            yield checked(drawn(shape, seed), rule.check)


def announced(rule: Near, seeds: int = 1) -> Iterator[tuple[str, str]]:
    """Texts after every shape of the rule, and the value in each."""
    for shape in rule.like:
        value = re.search(r"[^\s\"=:]*<[^\s\"]*", shape)
        assert value
        for seed in range(seeds):
            text = drawn(shape, seed)
            end = len(shape) - value.end()
            yield text, text[value.start() : len(text) - end]


def _bech32(text: str) -> str:
    """The six characters that BIP 173 puts at the end, by its reference algorithm."""
    prefix, _, data = text.rpartition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data] + [0] * 6
    sum_ = 1
    for value in values:
        top = sum_ >> 25
        sum_ = (sum_ & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                sum_ ^= generator
    return "".join(_BECH32[(sum_ ^ 1) >> 5 * (5 - place) & 31] for place in range(6))


TOKENS = tuple((rule, token) for rule in rules().tokens for token in tokens(rule))
