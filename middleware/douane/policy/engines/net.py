# SPDX-License-Identifier: Apache-2.0
"""Rego's `net.cidr_*`, as OPA computes them with Go's `net` package.

IPv4 addresses mapped into IPv6 (`::ffff:192.0.2.1`) are IPv4 addresses to Go wherever it compares, but not where it parses a prefix.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, summarize_address_range

from douane.policy.engines.arguments import faithful, text

__all__ = ["EXTENSIONS"]

_PREFIX = re.compile(r"[0-9]{1,7}")
_MAPPED = 0xFFFF << 32
_ADDRESSES = 2**16


@dataclass(frozen=True, slots=True)
class _Net:
    """A network: its first address as a number of `bits` (32 or 128), and how many leading ones its mask has."""

    first: int
    bits: int
    ones: int

    @property
    def last(self) -> int:
        return self.first | ((1 << (self.bits - self.ones)) - 1)

    @property
    def is_mapped(self) -> bool:
        return self.bits == 128 and self.first >> 32 == 0xFFFF

    def contains(self, address: int, bits: int) -> bool:
        net = _Net(self.first & 0xFFFFFFFF, 32, self.ones - 96) if self.is_mapped else self
        address, bits = _unmapped(address, bits)
        return bits == net.bits and address >> (bits - net.ones) == net.first >> (bits - net.ones)


def _unmapped(address: int, bits: int) -> tuple[int, int]:
    return (address & 0xFFFFFFFF, 32) if bits == 128 and address >> 32 == 0xFFFF else (address, bits)


def _address(written: str) -> tuple[int, int] | None:
    """An address and its bits, or None for what is none. Go knows no zones here."""
    if "%" in written:
        return None
    try:
        address = ip_address(written)
    except ValueError:
        return None
    return int(address), address.max_prefixlen


def _net(written: str) -> _Net:
    head, _, tail = written.partition("/")
    found = _address(head)
    if found is None or not _PREFIX.fullmatch(tail) or int(tail) > found[1]:
        raise ValueError("an argument is no CIDR block")
    address, bits = found
    ones = int(tail)
    return _Net(address >> (bits - ones) << (bits - ones), bits, ones)


def _said(address: int, bits: int) -> str:
    address, bits = _unmapped(address, bits)
    return str(IPv4Address(address) if bits == 32 else IPv6Address(address))


def _contains(outer: object, inner: object) -> bool:
    net, written = _net(text(outer)), text(inner)
    found = _address(written)
    if found is not None:
        return net.contains(*found)
    other = _net(written)
    if net.bits == other.bits == 128 and not net.is_mapped and not other.is_mapped:
        return net.ones <= other.ones and net.first == other.first >> (128 - net.ones) << (128 - net.ones)
    return net.contains(other.first, other.bits) and net.contains(other.last, other.bits)


def _intersects(left: object, right: object) -> bool:
    one, other = _net(text(left)), _net(text(right))
    return one.contains(other.first, other.bits) or other.contains(one.first, one.bits)


def _is_valid(written: object) -> bool:
    try:
        _net(text(written))
    except (TypeError, ValueError):
        return False
    return True


def _expand(written: object) -> set[str]:
    net = _net(text(written))
    if net.last - net.first >= _ADDRESSES:
        raise ValueError(f"the block has more than {_ADDRESSES} addresses; ask `net.cidr_contains` instead")
    return {_said(address, net.bits) for address in range(net.first, net.last + 1)}


def _blocks(operand: object) -> Iterator[tuple[str, object]]:
    """What `net.cidr_contains_matches` compares: each block with what names it in the result."""
    if isinstance(operand, str):
        yield operand, operand
    elif isinstance(operand, list):
        for index, part in enumerate(operand):
            yield _block(part), index
    elif isinstance(operand, set):
        for part in operand:
            yield _block(part), part
    elif isinstance(operand, dict):
        for key, part in operand.items():
            yield _block(part), key
    else:
        raise TypeError("an argument is neither a block nor a collection of blocks")


def _block(part: object) -> str:
    return text(part[0] if isinstance(part, list) and part else part)


def _contains_matches(outer: object, inner: object) -> set[tuple[object, object]]:
    faithful([outer, inner])
    others = list(_blocks(inner))
    return {(index, other) for block, index in _blocks(outer) for within, other in others if _contains(block, within)}


def _merge(addresses: object) -> set[str]:
    """The fewest blocks that cover the same, where nothing but IPv4, or nothing but IPv6, is merged."""
    if not isinstance(addresses, list | set):
        raise TypeError("an argument is neither an array nor a set")
    ranges = sorted((_range(text(part)) for part in addresses), key=lambda found: (found[1], found[0]))
    at = len(ranges) - 1
    while at > 0:
        first, last, _ = ranges[at]
        lower, upper, _ = ranges[at - 1]
        if (first if first in (0, _MAPPED) else first - 1) <= upper:
            ranges[at - 1 : at + 1] = [(min(lower, first), last, "")]
        at -= 1
    return {block for found in ranges for block in _covered(*found)}


def _range(written: str) -> tuple[int, int, str]:
    """The first and last address of a block as 128-bit numbers, with its own name. An address alone has the mask of its old class."""
    found = _address(written)
    if found is None:
        net, name = _net(written), ""
        if net.is_mapped:
            raise ValueError("an IPv4 block is written as IPv6; write it as IPv4")
    else:
        address, bits = _unmapped(*found)
        if bits == 128:
            raise ValueError("an IPv6 address has no prefix length")
        ones = 8 if address < 1 << 31 else 16 if address < 3 << 30 else 24
        net, name = _Net(address >> (32 - ones) << (32 - ones), 32, ones), f"{IPv4Address(address)}/{ones}"
    base = _MAPPED if net.bits == 32 else 0
    return net.first | base, net.last | base, name or f"{_said(net.first, net.bits)}/{net.ones}"


def _covered(first: int, last: int, name: str) -> Iterator[str]:
    if name:
        yield name
    elif first >> 32 == last >> 32 == 0xFFFF:
        for block in summarize_address_range(IPv4Address(first & 0xFFFFFFFF), IPv4Address(last & 0xFFFFFFFF)):
            yield str(block)
    elif first >> 120:
        for wide in summarize_address_range(IPv6Address(first), IPv6Address(last)):
            yield str(wide)
    else:
        raise ValueError("these blocks are merged by no two engines alike; merge IPv4 and IPv6 apart")


EXTENSIONS: Mapping[str, tuple[int, object]] = {
    "net.cidr_contains": (2, _contains),
    "net.cidr_contains_matches": (2, _contains_matches),
    "net.cidr_expand": (1, _expand),
    "net.cidr_intersects": (2, _intersects),
    "net.cidr_is_valid": (1, _is_valid),
    "net.cidr_merge": (1, _merge),
}
