# SPDX-License-Identifier: Apache-2.0
"""Long codes that carry their own check: addresses of crypto currencies, and identifiers of legal entities."""

import importlib
import re
from collections.abc import Iterator
from hashlib import sha256

from douane.detect.identifiers.checks import is_valid
from douane.finding import Span

__all__ = ["codes"]

# Nothing shorter and nothing longer; an address of Monero is the longest.
_CODE = re.compile(r"(?<![^\W_])(?<![_+/=])(?:[A-Z0-9]{18}[0-9]{2}|[0-9A-Za-z]{26,106})(?![^\W_]|[_+/=])")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# First byte after decoding, by the currency: pay to a key's hash, pay to a script's.
_VERSIONS = {0x00: "btc", 0x05: "btc", 0x30: "ltc", 0x32: "ltc", 0x1E: "doge", 0x16: "doge", 0x4C: "dash", 0x10: "dash", 0x41: "trx"}
_ETHEREUM = re.compile(r"0[xX][0-9A-Fa-f]{40}")  # its checksum (EIP-55) is optional, and the length after `0x` tells enough
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|4[1-9A-HJ-NP-Za-km-z]{105}")
_BLOCK_CHARACTERS = 11
_BLOCK_SIZES = {2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}  # characters to bytes, in Monero's Base58


def codes(text: str, detector: str) -> Iterator[Span]:
    """Every code of a text."""
    for match in _CODE.finditer(text):
        code = match[0]
        if len(code) == 20:
            if not code.isdigit() and not code.isalpha() and is_valid("lei", code):
                yield Span("COMPANY_ID", match.start(), match.end(), 0.9, detector, "lei")
        elif currency := _currency(code):
            yield Span("CRYPTO", match.start(), match.end(), 0.9, detector, currency)


def _currency(code: str) -> str:
    """The rule for an address, or nothing where it is none."""
    if code[0] in "13LM9ADX7T" and 26 <= len(code) <= 35:
        return _base58check(code)
    if len(code) == 42 and _ETHEREUM.fullmatch(code):
        return "eth" if len(set(code.lower())) > 6 else ""
    if code[:4].lower() in ("bc1q", "bc1p", "ltc1"):
        return _segwit(code)
    return "xmr" if _MONERO.fullmatch(code) and _is_monero(code) else ""


def _base58check(code: str) -> str:
    """Base58Check: a version, twenty bytes, and four of the double SHA-256."""
    try:
        data = _decoded(code, 25)
    except (ValueError, OverflowError):
        return ""
    return _VERSIONS.get(data[0], "") if sha256(sha256(data[:-4]).digest()).digest()[:4] == data[-4:] else ""


def _decoded(code: str, size: int) -> bytes:
    number = 0
    for sign in code:
        number = number * 58 + _BASE58.index(sign)
    return number.to_bytes(size, "big")


def _segwit(code: str) -> str:
    """Bech32 (BIP 173) for version 0, Bech32m (BIP 350) for later ones."""
    if code not in (code.lower(), code.upper()):
        return ""
    prefix, _, data = code.lower().partition("1")
    if any(sign not in _BECH32 for sign in data) or not 14 <= len(data) <= 74:
        return ""
    values = [_BECH32.index(sign) for sign in data]
    rest = importlib.import_module("stdnum.bitcoin").bech32_checksum(
        [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix), *values]
    )
    wanted = 1 if values[0] == 0 else 0x2BC830A3
    return {"bc": "btc", "ltc": "ltc"}.get(prefix, "") if rest == wanted else ""


def _is_monero(code: str) -> bool:
    """Base58 in blocks of eleven characters, of which each must fit into eight bytes; random characters do in one of a thousand million."""
    try:
        for place in range(0, len(code), _BLOCK_CHARACTERS):
            block = code[place : place + _BLOCK_CHARACTERS]
            _decoded(block, _BLOCK_SIZES[len(block)])
    except (ValueError, OverflowError):
        return False
    return True
