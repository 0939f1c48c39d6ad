# SPDX-License-Identifier: Apache-2.0
"""Which digits are a phone number, by the numbering plans that `phonenumbers` brings; no text is parsed, so none is slow."""

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

from douane.detect.linear import together

__all__ = ["Dialling", "PhoneKind"]

PhoneKind = Literal["", "mobile", "other"]

_TYPES = ("fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail")
_NEVER = r"[^\d\D]"


@dataclass(frozen=True, slots=True)
class _Plan:
    lengths: frozenset[int]
    trunk: re.Pattern[str] | None
    general: re.Pattern[str]
    given: re.Pattern[str]
    """The numbers that are given out; its group `mobile` is theirs."""
    written: str
    written_mobile: str
    """What `given` and its group match, a trunk prefix before it or not: for RE2, which asks it of many plans at once."""

    def kind(self, digits: str) -> PhoneKind:
        """What digits are that were dialled within the region, with or without its trunk prefix."""
        if self.trunk is not None:
            match = self.trunk.match(digits)
            if match and match.end() and self.general.fullmatch(digits, match.end()):
                digits = digits[match.end() :]
        match = self.given.fullmatch(digits) if self.general.fullmatch(digits) else None
        return "" if match is None else "mobile" if match["mobile"] is not None else "other"


class Dialling:
    """The plans of some regions for national forms, and of all for international ones. Loaded on first use; thread-safe."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(dict.fromkeys(regions))

    def is_national(self, digits: str) -> bool:
        """Whether digits are a number of one of the regions."""
        return any(plan.kind(digits) != "" for plan in self._plans if len(digits) in plan.lengths)

    def may_be_national(self, digits: str) -> bool:
        """False only where digits are no number of the regions; cheap."""
        return bool(self._any.Match(digits.encode()))

    def is_mobile(self, digits: str) -> bool:
        """Whether digits are a mobile's in one of the regions."""
        return bool(self._any_mobile.Match(digits.encode())) and any(
            plan.kind(digits) == "mobile" for plan in self._plans if len(digits) in plan.lengths
        )

    @cached_property
    def _plans(self) -> tuple[_Plan, ...]:
        return tuple(_plan(region) for region in self._regions)

    @cached_property
    def _any(self) -> Any:
        return _union([plan.written for plan in self._plans])

    @cached_property
    def _any_mobile(self) -> Any:
        return _union([plan.written_mobile for plan in self._plans])

    def is_international(self, digits: str) -> bool:
        """Whether digits with a country's code in front are a number."""
        code, plans, given = _country(digits)
        rest = digits[len(code) :]
        return bool(given.Match(rest.encode())) and any(plan.kind(rest) for plan in plans)

    def is_possible(self, digits: str) -> bool:
        """Whether digits with a country's code in front are as long as a number of that country."""
        code, plans, _ = _country(digits)
        return any(len(digits) - len(code) in plan.lengths for plan in plans)


def _country(digits: str) -> tuple[str, tuple[_Plan, ...], Any]:
    """The code that digits begin with, the plans of its regions, and the pattern of all their numbers."""
    codes = importlib.import_module("phonenumbers").COUNTRY_CODE_TO_REGION_CODE
    for length in (1, 2, 3):
        code = digits[:length]
        if int(code or 0) in codes:
            return (code, *_plans_of(int(code)))
    return ("", *_plans_of(0))


@cache
def _plans_of(code: int) -> tuple[tuple[_Plan, ...], Any]:
    regions = importlib.import_module("phonenumbers").COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    plans = tuple(_plan(_area(region, str(code))) for region in regions)
    return plans, _union([plan.written for plan in plans])


def _union(written: Sequence[str]) -> Any:
    """What matches wherever one of the patterns does: one pass, whatever their number."""
    return together(["|".join(written) or _NEVER], is_whole=True)


def _area(region: str, code: str) -> str:
    return code if region == "001" else region  # numbers of no country go by their code


@cache
def _plan(region: str) -> _Plan:
    metadata = importlib.import_module("phonenumbers").PhoneMetadata
    data = metadata.metadata_for_nongeo_region(int(region)) if region.isdigit() else metadata.metadata_for_region(region)
    if data is None:
        return _Plan(frozenset(), None, re.compile(_NEVER), re.compile(f"(?P<mobile>{_NEVER})"), _NEVER, _NEVER)
    lengths = data.general_desc.possible_length
    prefix = len(data.national_prefix or "") or 1
    trunk = data.national_prefix_for_parsing
    mobile = _pattern(data.mobile)
    given = "|".join((mobile, *(_pattern(getattr(data, name)) for name in _TYPES)))
    return _Plan(
        frozenset(length + more for length in lengths for more in range(prefix + 1)),
        re.compile(trunk) if trunk else None,
        re.compile(_pattern(data.general_desc)),
        re.compile(f"(?P<mobile>{mobile})|{given}"),
        *(f"(?:{trunk})?(?:{some})" if trunk else some for some in (given, mobile)),
    )


def _pattern(description: object) -> str:
    return getattr(description, "national_number_pattern", None) or _NEVER
