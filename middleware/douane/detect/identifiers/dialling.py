# SPDX-License-Identifier: Apache-2.0
"""Which digits are a phone number, by the numbering plans that `phonenumbers` brings; no text is parsed, so none is slow."""

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

__all__ = ["Dialling", "PhoneKind"]

PhoneKind = Literal["", "mobile", "other"]

_TYPES = ("fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail")


@dataclass(frozen=True, slots=True)
class _Plan:
    lengths: frozenset[int]
    trunk: re.Pattern[str] | None
    general: re.Pattern[str]
    mobile: re.Pattern[str] | None
    others: tuple[re.Pattern[str], ...]

    def kind(self, digits: str) -> PhoneKind:
        """What digits are that were dialled within the region, with or without its trunk prefix."""
        if self.trunk is not None:
            match = self.trunk.match(digits)
            if match and match.end() and self.general.fullmatch(digits, match.end()):
                digits = digits[match.end() :]
        if not self.general.fullmatch(digits):
            return ""
        if self.mobile is not None and self.mobile.fullmatch(digits):
            return "mobile"
        return "other" if any(pattern.fullmatch(digits) for pattern in self.others) else ""


class Dialling:
    """The plans of some regions for national forms, and of all for international ones. Loaded on first use; thread-safe."""

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(dict.fromkeys(regions))

    def national(self, digits: str) -> PhoneKind:
        """What digits are in one of the regions; a mobile before others."""
        best: PhoneKind = ""
        for plan in self._plans:
            if len(digits) in plan.lengths:
                kind = plan.kind(digits)
                if kind == "mobile":
                    return kind
                best = best or kind
        return best

    @cached_property
    def _plans(self) -> tuple[_Plan, ...]:
        return tuple(_plan(region) for region in self._regions)

    def is_international(self, digits: str) -> bool:
        """Whether digits with a country's code in front are a number."""
        codes = importlib.import_module("phonenumbers").COUNTRY_CODE_TO_REGION_CODE
        for length in (1, 2, 3):
            regions = codes.get(int(digits[:length] or 0))
            if regions is not None:
                return any(_plan(_area(region, digits[:length])).kind(digits[length:]) for region in regions)
        return False

    def is_possible(self, digits: str) -> bool:
        """Whether digits with a country's code in front are as long as a number of that country."""
        codes = importlib.import_module("phonenumbers").COUNTRY_CODE_TO_REGION_CODE
        for length in (1, 2, 3):
            regions = codes.get(int(digits[:length] or 0))
            if regions is not None:
                return any(len(digits) - length in _plan(_area(region, digits[:length])).lengths for region in regions)
        return False


def _area(region: str, code: str) -> str:
    return code if region == "001" else region  # numbers of no country go by their code


@cache
def _plan(region: str) -> _Plan:
    metadata = importlib.import_module("phonenumbers").PhoneMetadata
    data = metadata.metadata_for_nongeo_region(int(region)) if region.isdigit() else metadata.metadata_for_region(region)
    if data is None:
        return _Plan(frozenset(), None, re.compile(r"(?!)"), None, ())
    lengths = data.general_desc.possible_length
    trunk = len(data.national_prefix or "") or 1
    return _Plan(
        frozenset(length + more for length in lengths for more in range(trunk + 1)),
        re.compile(data.national_prefix_for_parsing) if data.national_prefix_for_parsing else None,
        _pattern(data.general_desc) or re.compile(r"(?!)"),
        _pattern(data.mobile),
        tuple(pattern for pattern in (_pattern(getattr(data, name)) for name in _TYPES) if pattern),
    )


def _pattern(description: object) -> re.Pattern[str] | None:
    written = getattr(description, "national_number_pattern", None)
    return re.compile(written) if written else None
