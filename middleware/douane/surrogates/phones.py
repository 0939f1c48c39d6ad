# SPDX-License-Identifier: Apache-2.0
"""Phone numbers that nobody has: of a range that a regulator keeps free for fiction, else visibly none."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from douane.surrogates.shape import Below, filled

__all__ = ["phone"]

_TRIES = 20
_LONGEST = 32
_WRITTEN = re.compile(r"[0-9+()\-./ \u00a0\u2010\u2011\u2013]+")
# How national numbers are written, which says whose they are.
_NATIONAL = (
    (re.compile(r"0[1-9](?:[ .\-]?[0-9]{2}){4}"), "33", 1),
    (
        re.compile(r"\(?0(?:7[0-9]{3}\)? [0-9]{6}|[0-9]{4}\)? [0-9]{6}|[0-9]{2}\)? [0-9]{4} [0-9]{4}|[0-9]{3}\)? [0-9]{3} [0-9]{4})"),
        "44",
        1,
    ),
    (re.compile(r"\(?[2-9][0-9]{2}(?:\) ?|[ .\-])[0-9]{3}[ .\-][0-9]{4}"), "1", 0),
)


def phone(value: str, below: Below, *, valid: bool) -> str | None:
    """A number with the same country code and grouping.

    None where the country is not known, and with `valid` where a right one may be somebody's.
    """
    if len(value) > _LONGEST or not _WRITTEN.fullmatch(value):
        return None
    digits = "".join(sign for sign in value if sign.isdigit())
    country, kept = _read(value, digits)
    if not country:
        return None
    size = len(digits) - kept
    ranges = [number for number in _ranges().get(country, ()) if len(number) == size]
    alike = [number for number in ranges if number[0] == digits[kept]] or ranges
    if alike:
        drawn = alike[below(len(alike))]
        return filled(value, digits[:kept] + "".join(str(below(10)) if sign == "#" else sign for sign in drawn))
    return None if valid or size < 4 else _nobodys(value, digits[:kept], country, size, below)


def _nobodys(value: str, kept: str, country: str, size: int, below: Below) -> str | None:
    import phonenumbers

    for _ in range(_TRIES):
        national = "00" + "".join(str(below(10)) for _ in range(size - 2))
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(f"+{country}{national}", None)):
                continue
        except phonenumbers.NumberParseException:
            pass  # it is none
        return filled(value, kept + national)
    return None


def _read(value: str, digits: str) -> tuple[str, int]:
    """The country code, and how many digits before the national significant number stay; "" where it is not known."""
    is_international = value.startswith(("+", "(+")) or digits.startswith("00")
    if not is_international:
        return next(((country, kept) for form, country, kept in _NATIONAL if form.fullmatch(value)), ("", 0))
    import phonenumbers

    prefix = 0 if "+" in value else 2
    try:
        number = phonenumbers.parse("+" + digits[prefix:], None)
    except phonenumbers.NumberParseException:
        return "", 0
    kept = prefix + len(str(number.country_code))
    return str(number.country_code), kept + ("(0)" in value and digits[kept : kept + 1] == "0")


@cache
def _ranges() -> Mapping[str, tuple[str, ...]]:
    data = json.loads(files("douane.surrogates").joinpath("data/phones.json").read_text(encoding="utf-8"))
    return {entry["country"]: tuple(entry["numbers"]) for entry in data["ranges"]}
