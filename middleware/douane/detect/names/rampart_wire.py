# SPDX-License-Identifier: Apache-2.0
"""Protobuf's wire format, as much of it as a model in ONNX needs: fields read from bytes, and written to bytes."""

import struct
from collections.abc import Iterator

__all__ = ["field", "fields", "number"]

_VARINT, _BYTES, _FLOAT = 0, 2, 5


def fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The number of each field, in order, and the bytes of its value. The message must be well formed: it is one that is known."""
    place = 0
    while place < len(message):
        key, start = _varint(message, place)
        match key & 7:
            case 0:
                _, place = _varint(message, start)
            case 2:
                length, start = _varint(message, start)
                place = start + length
            case kind:
                place = start + (8 if kind == 1 else 4)
        yield key >> 3, message[start:place]


def number(value: memoryview) -> int:
    """A value that is a whole number."""
    return _varint(value, 0)[0]


def field(place: int, value: float | str | bytes) -> bytes:
    """A field with the number `place`: whole numbers as varints, floats in four bytes, text as UTF-8, bytes as they are."""
    match value:
        case int():
            return _written(place << 3 | _VARINT) + _written(value)
        case float():
            return _written(place << 3 | _FLOAT) + struct.pack("<f", value)
        case str():
            return field(place, value.encode())
        case bytes():
            return _written(place << 3 | _BYTES) + _written(len(value)) + value


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The whole number at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))
