# SPDX-License-Identifier: Apache-2.0
"""Check digits that python-stdnum does not compute. Every function takes the number without separators, letters in capitals."""

import importlib
import string
from collections.abc import Iterable, Sequence

__all__ = [
    "au_medicare",
    "ehic",
    "hu_company",
    "hu_personal",
    "hu_taj",
    "hu_tax",
    "icao",
    "kr_rrn",
    "kvnr",
    "lu_matricule",
    "lv_person",
    "nino",
    "niss",
    "npi",
    "nric",
    "nuss",
    "pl_id",
    "pl_passport",
    "rvnr",
]

_LETTERS = {letter: 10 + place for place, letter in enumerate(string.ascii_uppercase)}


def rvnr(value: str) -> bool:
    """German pension insurance (VKVV § 4): letters count as two digits, products by their digit sums; a day may have 50 added."""
    if len(value) != 12 or not (1 <= int(value[2:4]) <= 31 or 51 <= int(value[2:4]) <= 81) or not 1 <= int(value[4:6]) <= 12:
        return False
    digits = f"{value[:8]}{_LETTERS[value[8]] - 9:02}{value[9:11]}"
    return sum(_digit_sum(int(d) * w) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)) % 10 == int(value[11])


def kvnr(value: str) -> bool:
    """German health insurance (SGB V § 290): the letter counts as two digits, weights 1 and 2, products by their digit sums."""
    digits = f"{_LETTERS[value[0]] - 9:02}{value[1:9]}"
    return sum(_digit_sum(int(d) * w) for d, w in zip(digits, (1, 2) * 5, strict=True)) % 10 == int(value[9])


def nino(value: str) -> bool:
    """British national insurance has no check digit; prefixes that are never given out are the guard's. Nine alike digits are a sample."""
    return len(set(value[2:8])) > 1


def nuss(value: str) -> bool:
    """Spanish social security: the last two digits are the rest by 97 of province and number, where the number has no leading zero."""
    province, number, check = value[:2], value[2:-2], value[-2:]
    return int(province + (str(int(number)) if len(number) == 8 and number[0] == "0" else number)) % 97 == int(check)


def niss(value: str) -> bool:
    """Portuguese social security: weights are the first ten primes, falling."""
    return 9 - _weighted(value[:10], (29, 23, 19, 17, 13, 11, 7, 5, 3, 2)) % 10 == int(value[10])


def hu_tax(value: str) -> bool:
    """Hungarian tax number of a person (Art. annex): weights 1 to 9, modulus 11."""
    return value[0] == "8" and _weighted(value[:9], range(1, 10)) % 11 == int(value[9])


def hu_company(value: str) -> bool:
    """Hungarian tax number of a firm: weights 9, 7, 3, 1 over the first eight digits; then the kind of taxation and the county."""
    return _weighted(value[:8], (9, 7, 3, 1) * 2) % 10 == 0


def hu_taj(value: str) -> bool:
    """Hungarian social security: weights 3 and 7, modulus 10."""
    return _weighted(value[:8], (3, 7) * 4) % 10 == int(value[8]) and value != "000000000"


def hu_personal(value: str) -> bool:
    """Hungarian personal number: modulus 11, the weights rise until 1996 and fall from 1997 on."""
    rising, falling = _weighted(value[:10], range(1, 11)) % 11, _weighted(value[:10], range(10, 0, -1)) % 11
    return int(value[10]) == (falling if value[0] in "34" or value[1:3] >= "97" else rising)


def lu_matricule(value: str) -> bool:
    """Luxembourg: Luhn over eleven digits gives the twelfth, Verhoeff over the same eleven the thirteenth."""
    return _luhn(value[:12]) and _verhoeff(value[:11] + value[12])


def lv_person(value: str) -> bool:
    """Latvian personal code: check digit for those with a date, none for those that begin with 32 (since 2017)."""
    if value.startswith("32"):
        return True
    return (1101 - _weighted(value[:10], (1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11 == int(value[10])


def ehic(value: str) -> bool:
    """European health insurance card: ISO/IEC 7812 for health (80), Luhn."""
    return value.startswith("80") and _luhn(value)


def icao(value: str) -> bool:
    """Documents as ICAO 9303 part 3 checks them: letters from 10, weights 7, 3, 1; digits alone would pass too often."""
    return value[:9].isalnum() and not value[:9].isdigit() and _icao(value[:9]) == int(value[9])


def pl_id(value: str) -> bool:
    """Polish identity card: the fourth place is the check digit."""
    return _icao(value[:3] + value[4:]) == int(value[3])


def pl_passport(value: str) -> bool:
    """Polish passport: the third place is the check digit."""
    return _icao(value[:2] + value[3:]) == int(value[2])


def nric(value: str) -> bool:
    """Singapore: weights 2 7 6 5 4 3 2, an offset by series, and a letter for the rest."""
    rest = (_weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2)) + {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}[value[0]]) % 11
    table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK", "M": "XWUTRQPNJLK"}[value[0]]
    return table[10 - rest if value[0] == "M" else rest] == value[8]


def kr_rrn(value: str) -> bool:
    """Korea: check digit, which numbers given out since October 2020 do not have."""
    return (value[:2] >= "20" and value[6] in "3478") or (
        11 - _weighted(value[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11
    ) % 10 == int(value[12])


def au_medicare(value: str) -> bool:
    """Australian Medicare card: the ninth digit checks the first eight, the tenth is the issue."""
    return _weighted(value[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(value[8]) and value[9] != "0"


def npi(value: str) -> bool:
    """American health providers: Luhn with the prefix of the United States for health, 80840."""
    return _luhn("80840" + value)


def _weighted(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _digit_sum(number: int) -> int:
    return number // 10 + number % 10


def _icao(value: str) -> int:
    weights: Sequence[int] = (7, 3, 1) * 3
    return sum((int(sign) if sign.isdigit() else _LETTERS[sign]) * w for sign, w in zip(value, weights, strict=False)) % 10


def _luhn(digits: str) -> bool:
    return bool(importlib.import_module("stdnum.luhn").is_valid(digits))


def _verhoeff(digits: str) -> bool:
    return bool(importlib.import_module("stdnum.verhoeff").is_valid(digits))
