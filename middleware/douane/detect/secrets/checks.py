# SPDX-License-Identifier: Apache-2.0
"""The checksums that some issuers build into their tokens. One that fails makes a finding less sure, never undone: formats change."""

import importlib
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase, digits
from zlib import crc32

__all__ = ["CHECKS", "is_base62_crc32", "is_bech32"]

_BASE62 = digits + ascii_uppercase + ascii_lowercase
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def is_base62_crc32(token: str) -> bool:
    """Whether the last six characters are the CRC-32 of those after the mark, in base 62 (GitHub, npm)."""
    body = token.partition("_")[2]
    number, sum_ = crc32(body[:-6].encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        sum_ = _BASE62[digit] + sum_
    return body.endswith(sum_)


def is_bech32(token: str) -> bool:
    """Whether the checksum of BIP 173 is right, with the part before the last `1` as its human-readable part (age)."""
    prefix, _, data = token.lower().rpartition("1")
    values = [*(ord(character) >> 5 for character in prefix), 0, *(ord(character) & 31 for character in prefix)]
    values += (_BECH32.index(character) for character in data)
    return bool(importlib.import_module("stdnum.bitcoin").bech32_checksum(values) == 1)


CHECKS: dict[str, Callable[[str], bool]] = {"base62_crc32": is_base62_crc32, "bech32": is_bech32}
