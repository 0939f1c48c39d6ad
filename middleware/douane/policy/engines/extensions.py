# SPDX-License-Identifier: Apache-2.0
"""Builtins in Python: those that the embedded engine lacks or answers otherwise than OPA, and a refusal of those that no decision may use.

The engine passes arguments as Python objects, and a set of sets, arrays or objects not at all; an exception is an error of the evaluation.
`tests/policy/engines/differences.yaml` lists what remains, `policies/capabilities.json` what both engines have alike.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from douane.policy.engines import clock, net, rendering, semver
from douane.policy.engines.arguments import LARGEST, faithful, text, whole
from douane.policy.engines.patterns import Patterns

__all__ = ["REFUSED", "register"]

REFUSED: Mapping[str, int] = {
    "graph.reachable_paths": 2,
    "http.send": 1,
    "json.filter": 2,
    "json.marshal_with_options": 2,
    "json.match_schema": 2,
    "json.patch": 2,
    "json.remove": 2,
    "json.verify_schema": 1,
    "object.subset": 2,
    "opa.runtime": 0,
    "rand.intn": 2,
    "regex.is_valid": 1,
    "regex.template_match": 4,
    "time.now_ns": 0,
    "time.parse_ns": 2,
    "uuid.parse": 1,
    "uuid.rfc4122": 1,
    "yaml.is_valid": 1,
    "yaml.marshal": 1,
    "yaml.unmarshal": 1,
}
"""What the engine has and decisions may not use, with the number of arguments: it answers otherwise than OPA, or a replay would differ."""

# Letters that got another case in an edition of Unicode that not every engine has.
_NEW_CASES = re.compile("[\u019b\u0264\ua7cb-\ua7cf\ua7d2-\ua7d5\ua7da-\ua7dc\U00010d50-\U00010d85\U00016ea0-\U00016ed3]")
_AMOUNT = re.compile(r"([0-9]{1,16})(?:\.([0-9]{1,9}))?([A-Za-z]{0,3})")
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}


def register(engine: Any) -> None:
    """Give an engine these builtins. Its copies keep them."""
    for extensions in (_EXTENSIONS, clock.EXTENSIONS, net.EXTENSIONS, rendering.EXTENSIONS, semver.EXTENSIONS, Patterns().extensions):
        for name, (count, function) in extensions.items():
            engine.add_extension(name, count, function)
    for name, count in REFUSED.items():
        engine.add_extension(name, count, _refusal(name))


def _refusal(name: str) -> object:
    def refuse(*_: object) -> object:
        raise NotImplementedError(f"`{name}` is not for decisions; `policies/capabilities.json` lists what is")

    return refuse


def _digest(algorithm: str) -> object:
    return lambda value: hashlib.new(algorithm, text(value).encode(), usedforsecurity=False).hexdigest()


def _hmac(algorithm: str) -> object:
    return lambda value, key: hmac.new(text(key).encode(), text(value).encode(), algorithm).hexdigest()


def _hmac_equal(one: object, other: object) -> bool:
    return hmac.compare_digest(text(one).encode(), text(other).encode())


def _upper(value: object) -> str:
    return "".join(map(_upper_letter, _cased(value))) if not text(value).isascii() else text(value).upper()


def _lower(value: object) -> str:
    return "".join(letter.lower()[0] for letter in _cased(value)) if not text(value).isascii() else text(value).lower()


def _cased(value: object) -> str:
    if _NEW_CASES.search(text(value)):
        raise ValueError("a letter has a case in some editions of Unicode only")
    return text(value)


def _upper_letter(letter: str) -> str:
    """One letter for one letter, as Go has it, where Python writes two: a title case of one, or the letter itself."""
    return next(form for form in (letter.upper(), letter.title(), letter) if len(form) == 1)


def _needle(value: object) -> str:
    if not text(value):
        raise ValueError("what is searched for is empty")
    return text(value)


def _places(value: object, needle: object) -> list[int]:
    source, wanted = text(value), _needle(needle)
    return [at for at in range(len(source) - len(wanted) + 1) if source.startswith(wanted, at)]


def _replace(value: object, old: object, new: object) -> str:
    source, wanted = text(value), text(old)
    if not wanted and not source.isascii():
        raise ValueError("an empty string is replaced between bytes by one engine, between characters by the other")
    return source.replace(wanted, text(new))


def _replace_n(patterns: object, value: object) -> str:
    """At each place the first of the sorted keys that fits."""
    if not isinstance(patterns, dict):
        raise TypeError("an argument is no object")
    replacements = {_needle(old): text(new) for old, new in patterns.items()}
    if not replacements:
        return text(value)
    return re.sub("|".join(map(re.escape, sorted(replacements))), lambda match: replacements[match[0]], text(value))


def _split_n(value: object, delimiter: object, number: object) -> list[str]:
    """The first parts, or the last for a negative number."""
    source, wanted, count = text(value), text(delimiter), whole(number)
    parts = source.split(wanted) if wanted else list(source)
    return parts[:count] if count >= 0 else parts[count:]


def _flatten(array: object) -> list[object]:
    if not isinstance(array, list):
        raise TypeError("an argument is no array")
    faithful(array)
    return [part for item in array for part in (item if isinstance(item, list) else [item])]


def _range(first: object, last: object, step: object = 1) -> list[int]:
    begin, end, by = whole(first), whole(last), whole(step)
    if by <= 0:
        raise ValueError("a step is not positive")
    return list(range(begin, end + 1, by) if begin <= end else range(begin, end - 1, -by))


def _fraction(value: object) -> Fraction:
    """A number, whole or not: rounding is all that engines do alike with one that is not."""
    number = Fraction(value if isinstance(value, float) and abs(value) < LARGEST else whole(value))
    if -1 < number < 0:
        raise ValueError("a number between -1 and 0 is rounded by no two engines alike")
    return number


def _round(value: object) -> int:
    """Half of one is rounded away from zero."""
    number = _fraction(value)
    return math.floor(abs(number) + Fraction(1, 2)) * (1 if number >= 0 else -1)


def _amount(value: object) -> tuple[Fraction, str]:
    found = _AMOUNT.fullmatch(text(value))
    if found is None:
        raise ValueError("an argument is no amount with a unit that every engine reads")
    return Fraction(f"{found[1]}.{found[2] or 0}"), found[3]


def _parse_units(value: object) -> int:
    amount, unit = _amount(value)
    power = _POWERS.get(unit[:1].lower(), 0)
    if unit and (not power or unit == "m" or unit[1:].lower() not in ("", "i")):
        raise ValueError("an argument has a unit that is none")
    total = amount * (1024 if len(unit) == 2 else 1000) ** power
    if total.denominator != 1:
        raise ValueError("an amount is not whole")
    return whole(int(total))


def _parse_bytes(value: object) -> int:
    amount, written = _amount(value)
    unit = written.lower()
    power = _POWERS.get(unit[:1], 0)
    if unit and (not power or unit[1:] not in ("", "b", "i", "ib")):
        raise ValueError("an argument has a unit that is none")
    if amount.denominator & (amount.denominator - 1):
        raise ValueError("an amount has no exact binary fraction, which engines round differently")
    return whole(int(amount * (1024 if "i" in unit[1:] else 1000) ** power))


_EXTENSIONS: Mapping[str, tuple[int, object]] = {
    "abs": (1, lambda number: abs(whole(number, 2**63 - 1))),
    "array.flatten": (1, _flatten),
    "ceil": (1, lambda number: math.ceil(_fraction(number))),
    "crypto.hmac.equal": (2, _hmac_equal),
    "crypto.hmac.md5": (2, _hmac("md5")),
    "crypto.hmac.sha1": (2, _hmac("sha1")),
    "crypto.hmac.sha256": (2, _hmac("sha256")),
    "crypto.hmac.sha512": (2, _hmac("sha512")),
    "crypto.md5": (1, _digest("md5")),
    "crypto.sha1": (1, _digest("sha1")),
    "crypto.sha256": (1, _digest("sha256")),
    "floor": (1, lambda number: math.floor(_fraction(number))),
    "indexof": (2, lambda value, needle: text(value).find(_needle(needle))),
    "indexof_n": (2, _places),
    "lower": (1, _lower),
    "numbers.range": (2, lambda first, last: _range(first, last)),
    "numbers.range_step": (3, lambda first, last, step: _range(first, last, step)),
    "replace": (3, _replace),
    "round": (1, _round),
    "strings.count": (2, lambda value, needle: text(value).count(text(needle))),
    "strings.replace_n": (2, _replace_n),
    "strings.split_n": (3, _split_n),
    "units.parse": (1, _parse_units),
    "units.parse_bytes": (1, _parse_bytes),
    "upper": (1, _upper),
}
