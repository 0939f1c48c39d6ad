# SPDX-License-Identifier: Apache-2.0
"""Rego's `time.*` for nanoseconds in UTC: other zones depend on which edition of their database an engine carries."""

import re
from collections.abc import Mapping
from datetime import date

from douane.policy.engines.arguments import text, whole

__all__ = ["EXTENSIONS"]

_SECOND = 10**9
_DAY = 86_400 * _SECOND
_EPOCH = date(1970, 1, 1).toordinal()
_LARGEST = 2**63 - 1
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)


def _split(ns: object) -> tuple[date, int]:
    """The day, and the nanoseconds since it began."""
    days, rest = divmod(whole(ns, _LARGEST), _DAY)
    return date.fromordinal(_EPOCH + days), rest


def _hms(rest: int) -> tuple[int, int, int]:
    minutes, seconds = divmod(rest // _SECOND, 60)
    return *divmod(minutes, 60), seconds


def _joined(ordinal: int, rest: int) -> int:
    return whole((ordinal - _EPOCH) * _DAY + rest, _LARGEST)


def _date(ns: object) -> list[int]:
    day, _ = _split(ns)
    return [day.year, day.month, day.day]


def _clock(ns: object) -> list[int]:
    return list(_hms(_split(ns)[1]))


def _weekday(ns: object) -> str:
    return _WEEKDAYS[_split(ns)[0].weekday()]


def _add_date(ns: object, years: object, months: object, days: object) -> int:
    """A day that the month does not have runs over into the next."""
    day, rest = _split(ns)
    year, month = divmod((day.year + whole(years)) * 12 + day.month - 1 + whole(months), 12)
    return _joined(date(year, month + 1, 1).toordinal() + day.day - 1 + whole(days), rest)


def _diff(one: object, other: object) -> list[int]:
    """Years, months, days, hours, minutes and seconds between two times, borrowed as on paper."""
    (day, rest), (later, upper) = sorted((_split(one), _split(other)))
    (h, m, s), (hours, minutes, seconds) = _hms(rest), _hms(upper)
    parts = [later.year - day.year, later.month - day.month, later.day - day.day, hours - h, minutes - m, seconds - s]
    first = day.replace(day=1).toordinal()
    month = date.fromordinal(first + 31).replace(day=1).toordinal() - first
    for at, size in ((5, 60), (4, 60), (3, 24), (2, month), (1, 12)):
        if parts[at] < 0:
            parts[at] += size
            parts[at - 1] -= 1
    return parts


def _format(ns: object) -> str:
    day, rest = _split(ns)
    fraction = f"{rest % _SECOND:09}".rstrip("0")
    return f"{day.isoformat()}T{':'.join(f'{part:02}' for part in _hms(rest))}{'.' if fraction else ''}{fraction}Z"


def _parse(written: object) -> int:
    found = _RFC3339.fullmatch(text(written))
    if found is None:
        raise ValueError("an argument is no time of RFC 3339")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    away = int(found[9] or 0), int(found[10] or 0)
    if hour > 23 or minute > 59 or second > 59 or away[0] > 23 or away[1] > 59:
        raise ValueError("an argument is no time of RFC 3339")
    seconds = (hour * 60 + minute) * 60 + second - (away[0] * 60 + away[1]) * (-60 if found[8] == "-" else 60)
    return _joined(date(year, month, day).toordinal(), seconds * _SECOND + int((found[7] or "0").ljust(9, "0")))


EXTENSIONS: Mapping[str, tuple[int, object]] = {
    "time.add_date": (4, _add_date),
    "time.clock": (1, _clock),
    "time.date": (1, _date),
    "time.diff": (2, _diff),
    "time.format": (1, _format),
    "time.parse_rfc3339_ns": (1, _parse),
    "time.weekday": (1, _weekday),
}
