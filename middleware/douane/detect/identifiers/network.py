# SPDX-License-Identifier: Apache-2.0
"""Addresses of machines: IPv4, IPv6 and MAC."""

import ipaddress
import re
from collections.abc import Iterator

from douane.detect.identifiers.gate import Sign
from douane.finding import Span

__all__ = ["addresses"]

_IPV4 = re.compile(r"(?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w+-]|\.\d)", re.ASCII)
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,38}\d)(?:[0-9A-Fa-f]{1,4}:|:(?=:))(?:[0-9A-Fa-f]{0,4}:){1,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.\d)"
)
# Global unicast, unique local, link-local (RFC 4291, RFC 4193). A slice such as `1::2` is an address too, but nobody's.
_IPV6_GIVEN_OUT = tuple(ipaddress.IPv6Network(network) for network in ("2000::/3", "fc00::/7", "fe80::/10"))
_MAC = re.compile(r"(?<![\w:.-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_MAC_CISCO = re.compile(r"(?<![\w.:-])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?!\w|[.:-]\w)")
_VERSION = re.compile(r"(?:(?:version|release|v|ver\.?|firmware|build|section|§)[\s:]{0,2}|[=<>~!]=|/)\Z", re.IGNORECASE)
_MACHINE = re.compile(
    r"(?<![^\W_])(?:ips?|address|addr|hosts?|servers?|dns|ping|client|gateway|subnet|netmask|adresse|inet)(?![^\W_])", re.IGNORECASE
)
_LOW = 64  # four numbers below are more often a version than an address, but for the private network 10.0.0.0/8
_DIGIT = re.compile("[0-9]")


def addresses(text: str, seen: frozenset[Sign], detector: str) -> Iterator[Span]:
    """Every address of a text that shows these signs. What names one machine for all, such as 127.0.0.1, is none."""
    if "ipv4" in seen:
        for match in _IPV4.finditer(text):
            if _is_somebodys(match[0]) and not _is_version(text, *match.span()):
                yield Span("IP_ADDRESS", match.start(), match.end(), 0.9, detector, "ipv4")
    if "colons" in seen:
        for match in _IPV6.finditer(text):
            if _is_somebodys(match[0]):
                yield Span("IP_ADDRESS", match.start(), match.end(), 0.9, detector, "ipv6")
    if "colons" in seen or "dashes" in seen:
        for match in _MAC.finditer(text):
            if _DIGIT.search(match[0]):
                yield Span("MAC_ADDRESS", match.start(), match.end(), 0.9, detector, "mac")
    if "pairs" in seen:
        for match in _MAC_CISCO.finditer(text):
            if _DIGIT.search(match[0]) and not match[0].replace(".", "").isdigit():
                yield Span("MAC_ADDRESS", match.start(), match.end(), 0.8, detector, "mac")


def _is_version(text: str, start: int, end: int) -> bool:
    """Whether four numbers with points are a version: by the word before, or since all are low and no word for machines is near."""
    if _VERSION.search(text, max(0, start - 12), start):
        return True
    numbers = [int(number) for number in text[start:end].split(".")]
    return max(numbers) < _LOW and numbers[0] != 10 and not _MACHINE.search(text, max(0, start - 32), start)


def _is_somebodys(written: str) -> bool:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return any(address in network for network in _IPV6_GIVEN_OUT)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast or written.startswith(("0.", "255.")))
