# SPDX-License-Identifier: Apache-2.0
"""The checksums that some issuers build into their tokens. One that fails makes a finding less sure, never undone: formats change."""

from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase, digits
from zlib import crc32

__all__ = ["CHECKS", "is_base62_crc32", "is_bech32"]

_BASE62 = digits + ascii_uppercase + ascii_lowercase
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


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
    sum_ = 1
    for value in values:
        top, sum_ = sum_ >> 25, (sum_ & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            sum_ ^= generator if top >> bit & 1 else 0
    return sum_ == 1


CHECKS: dict[str, Callable[[str], bool]] = {"base62_crc32": is_base62_crc32, "bech32": is_bech32}
