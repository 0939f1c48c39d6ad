# SPDX-License-Identifier: Apache-2.0
"""Makes values that look like others of their type, out of drawn numbers alone.

Nobody has them where that can be had: addresses and domains are those of documentation (RFC 2606, RFC 3849, RFC 5737, RFC 7042), phone
numbers of the ranges that regulators keep free for fiction, numbers fail their own check. Names of people, towns, streets and firms may
be somebody's all the same.
"""

import ipaddress
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from douane.detect.identifiers.checks import is_valid
from douane.surrogates.alike import FEWEST, LONGEST
from douane.surrogates.people import People
from douane.surrogates.phones import phone
from douane.surrogates.shape import Below, another, checked, filled, shaped
from douane.vault import letters_of

__all__ = ["Realistic"]

_TRIES = 20
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_NUMBERS = frozenset(
    {
        *("BANK_ACCOUNT", "NATIONAL_ID", "SOCIAL_SECURITY", "TAX_ID", "PASSPORT", "DRIVER_LICENSE", "LICENSE_PLATE", "US_SSN"),
        *("HEALTH_ID", "VAT_NUMBER", "COMPANY_ID", "INTERNAL_ID"),
    }
)
_PREFIXED = frozenset({"VAT_NUMBER", "COMPANY_ID"})  # these begin with a country
_LABELLED = frozenset({"INTERNAL_ID"})  # and these with what they are
_SAMPLES = (
    ("PHONE_NUMBER", "+33 6 12 34 56 78"),
    ("CREDIT_CARD", "4000 0000 0000 0000"),
    ("NATIONAL_ID", "12345678Z"),
    ("IBAN_CODE", "DE89370400440532013000"),
)
_HEX = "0123456789abcdef"
_CRYPTO_PREFIXES = ("0x", "0X", "bc1q", "bc1p", "ltc1")


class Realistic:
    """See `douane.vault.Maker`. Immutable once made, so thread-safe.

    Raises `ConfigRejected` where Faker is not installed, whose lists of names it takes: with another version other names are drawn for
    the same numbers, so its version is pinned. No realistic form have: secrets, what is found in content, what GDPR Art. 9 and 10 name,
    types that are not ours, values of scripts other than Latin, Greek and Cyrillic, numbers of fewer than six letters and digits, and
    national phone numbers of a country that cannot be told. With `valid`, neither have phone numbers of countries without a range for
    fiction, nor addresses of cryptocurrencies: a right one may be somebody's. A right card number is one for tests.
    """

    __slots__ = ("_people",)

    def __init__(self) -> None:
        self._people = People()
        for type_, value in _SAMPLES:  # reads the data, which must not be read on an event loop
            self.make(type_, value, _zero, valid=True)

    def make(self, type_: str, value: str, below: Callable[[int], int], *, valid: bool) -> str | None:
        """A value of the same shape that is not this one, or None where there is none; at most `alike.LONGEST` characters."""
        if not value.strip() or len(value) > LONGEST:
            return None
        for _ in range(_TRIES):
            made = self._made(type_, value, below, valid=valid)
            if made is None or len(made) > LONGEST:
                return None
            if letters_of(made) != letters_of(value):
                return made
        return None

    def _made(self, type_: str, value: str, below: Below, *, valid: bool) -> str | None:
        match type_:
            case "PERSON":
                return self._people.person(value, below)
            case "LOCATION":
                return self._people.town(value, below)
            case "STREET_ADDRESS":
                return self._people.street(value, below)
            case "ORGANIZATION":
                return self._people.firm(value, below)
            case "EMAIL_ADDRESS":
                return self._people.mail(value, below)
            case "PHONE_NUMBER":
                return phone(value, below, valid=valid)
            case "IP_ADDRESS":
                return _address(value, below)
            case "MAC_ADDRESS":
                return _hardware(value, below)
            case "IBAN_CODE":
                return _account(value, below, valid=valid)
            case "CREDIT_CARD":
                return _card(value, below, valid=valid)
            case "CRYPTO":
                return None if valid else _wallet(value, below)
            case _ if type_ in _NUMBERS:
                return _number(type_, value, below, valid=valid)
            case _:
                return None


def _number(type_: str, value: str, below: Below, *, valid: bool) -> str | None:
    plain = letters_of(value)
    if len(plain) < FEWEST or not any(map(str.isdigit, plain)):
        return None
    letters = len(plain) - len(plain.lstrip("abcdefghijklmnopqrstuvwxyz"))
    is_label = type_ in _LABELLED and letters < len(value) and not value[letters].isalnum()
    keep = letters if is_label or (type_ in _PREFIXED and 2 <= letters <= 3) else 0
    return checked(type_, value, below, keep, valid=valid)


def _card(value: str, below: Below, *, valid: bool) -> str | None:
    digits = "".join(filter(str.isalnum, value))
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19):
        return None
    if valid:
        alike = [number for number in _cards() if number[0] == digits[0] and len(number) == len(digits)]
        return filled(value, alike[below(len(alike))]) if alike else None
    drawn = digits[0] + "".join(str(below(10)) for _ in digits[2:])
    right = next(digit for digit in "0123456789" if is_valid("luhn", drawn + digit))
    return filled(value, drawn + another("0123456789", below, right))


@cache
def _cards() -> tuple[str, ...]:
    data = json.loads(files("douane.surrogates").joinpath("data/cards.json").read_text(encoding="utf-8"))
    return tuple(data["numbers"])


def _account(value: str, below: Below, *, valid: bool) -> str | None:
    plain = letters_of(value).upper()
    if not (plain.isascii() and plain[:2].isalpha() and plain[2:4].isdigit() and 15 <= len(plain) <= 34):
        return None
    for _ in range(_TRIES):
        body = shaped(plain[4:], below)
        if body is None:
            return None
        number = int("".join(str(int(sign, 36)) for sign in f"{body}{plain[:2]}00"))
        right = 98 - number % 97
        check = right if valid else 2 + (right - 1 + below(96)) % 97
        made = f"{plain[:2]}{check:02d}{body}"
        if is_valid("iban", made) == valid:
            return filled(value, made.lower() if value.islower() else made)
        if valid and not is_valid("iban", plain):
            return None  # its structure is none that is known
    return None


def _address(value: str, below: Below) -> str | None:
    """An address of documentation: RFC 5737, or RFC 3849."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return f"{_NETWORKS[below(len(_NETWORKS))]}.{1 + below(254)}"
    made = f"2001:db8:{1 + below(0xFFFF):x}:{1 + below(0xFFFF):x}::{1 + below(0xFFFF):x}"
    return made.upper() if value.isupper() else made


def _hardware(value: str, below: Below) -> str | None:
    """One of the 256 addresses of documentation (RFC 7042, section 2.1.2), else one that is administered locally."""
    plain = letters_of(value)
    if len(plain) != 12 or any(sign not in _HEX for sign in plain):
        return None
    made = f"00005e0053{below(256):02x}" if below(2) else "02" + "".join(_HEX[below(16)] for _ in range(10))
    return filled(value, made if value.islower() else made.upper())


def _wallet(value: str, below: Below) -> str | None:
    prefix = next((prefix for prefix in _CRYPTO_PREFIXES if value.startswith(prefix)), value[:1])
    body = value[len(prefix) :]
    if not body.isascii() or not body.isalnum() or len(body) < 2 * FEWEST:
        return None
    letters = "ABCDEF" if prefix in ("0x", "0X") else "ACDEFGHJKLMNPQRSTUVWXYZ"
    made = shaped(body, below, letters=letters)
    return None if made is None else prefix + made


def _zero(_: int) -> int:
    return 0
