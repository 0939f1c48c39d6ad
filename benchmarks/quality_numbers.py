# SPDX-License-Identifier: Apache-2.0
"""Numbers of persons and firms in sentences of their countries, drawn until a check passes, and numbers that are nobody's."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import md5, sha1, sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from quality_sample import Gold, Sample

__all__ = ["bare", "in_context", "nobodys"]

_LENGTHS = (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
_SIGNS = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ", "?": "0123456789ABCDEFHJKLMNPRSTUVWXY"}
_DATES = {"{d}": (1, 28), "{m}": (1, 12), "{y}": (45, 98)}


def in_context(each: int = 8) -> list[Sample]:
    """Every kind in each of its languages, with what people call it there; the group is the language."""
    data, made = _data(), []
    for id_, kind in data["kinds"].items():
        for language, name in kind["names"].items():
            drawn = random.Random(f"context {id_} {language}")
            made += [_sample(id_, language, data["sentences"][language], name, drawn) for _ in range(each)]
    return made


def bare(each: int = 8) -> list[Sample]:
    """The same kinds without a word that says what they are, but those that only a word tells; the group is `strong` or `weak`."""
    data, made = _data(), []
    for id_, kind in data["kinds"].items():
        drawn = random.Random(f"bare {id_}")
        group = "strong" if kind.get("strong") else "weak"
        made += [_sample(id_, group, data["bare"], "", drawn) for _ in range(0 if kind.get("by word") else each)]
    return made


def nobodys(each: int = 60) -> list[Sample]:
    """Numbers that are nobody's; the group is what they are."""
    drawn = random.Random("nobody's")
    frames = _data()["nobodys"]
    return [Sample(group, drawn.choice(frames[group]).format(v=make(drawn))) for group, make in _NOBODYS.items() for _ in range(each)]


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("quality_numbers.yaml").read_text(encoding="utf-8"))
    return data


def _sample(id_: str, group: str, sentences: Sequence[str], name: str, drawn: random.Random) -> Sample:
    kind, sentence = _data()["kinds"][id_], drawn.choice(sentences)
    value = _valid(kind, drawn)
    start = len(sentence.partition("{v}")[0].format(n=name))
    return Sample(group, sentence.format(n=name, v=value), (Gold(kind["type"], start, start + len(value), id_),))


def _valid(kind: Mapping[str, Any], drawn: random.Random) -> str:
    while True:
        value = drawn.choice(kind["shapes"])
        for part, (first, last) in _DATES.items():
            value = value.replace(part, f"{drawn.randint(first, last):02}")
        value = re.sub("[#@?](?!example|mail|sub)", lambda match: drawn.choice(_SIGNS[match[0]]), value)
        if "check" not in kind or _is_valid(kind["check"], value):
            return str(value)


def _is_valid(check: str, value: str) -> bool:
    return bool(_module(check).is_valid(re.sub(r"\s", "", value)))


@cache
def _module(check: str) -> Any:
    return import_module(f"stdnum.{check}")


def _digits(drawn: random.Random, *lengths: int) -> str:
    return drawn.choice("123456789") + "".join(drawn.choices("0123456789", k=drawn.choice(lengths) - 1))


def _order(drawn: random.Random) -> str:
    grouped = f"{_digits(drawn, 3)}-{_digits(drawn, 7)}-{_digits(drawn, 7)}"
    return drawn.choice([_digits(drawn, *_LENGTHS), f"{drawn.choice('ABKQ')}{_digits(drawn, 7, 8, 9)}", grouped])


def _stamp(drawn: random.Random) -> str:
    date = f"20{drawn.randint(15, 29)}-{drawn.randint(1, 12):02}-{drawn.randint(1, 28):02}"
    time = f"{drawn.randint(0, 23):02}:{drawn.randint(0, 59):02}:{drawn.randint(0, 59):02}"
    seconds, more = str(drawn.randrange(1_500_000_000, 1_900_000_000)), _digits(drawn, 3)
    compact = f"{date}_{time}".replace(":", "").replace("-", "")
    return drawn.choice([seconds, f"{seconds}{more}", f"{date}T{time}Z", f"{date} {time},{more}", compact, f"{seconds}.{more}000"])


def _book(drawn: random.Random) -> str:
    body = [9, 7, 8, *(drawn.randrange(10) for _ in range(9))]
    body.append(-sum(digit * (1, 3)[place % 2] for place, digit in enumerate(body)) % 10)
    plain = "".join(map(str, body))
    return drawn.choice([plain, f"{plain[:3]}-{plain[3]}-{plain[4:7]}-{plain[7:12]}-{plain[12]}"])


def _price(drawn: random.Random) -> str:
    whole, cents = f"{drawn.randrange(1, 10 ** drawn.randint(2, 7)):,}", f"{drawn.randrange(100):02}"
    return drawn.choice([f"{whole}.{cents}", f"{whole.replace(',', '.')},{cents}", whole.replace(",", " ")])


def _measure(drawn: random.Random) -> str:
    return drawn.choice([str(drawn.randrange(10**7)), str(drawn.randrange(10**9) / 10 ** drawn.randint(1, 6))])


def _digest(drawn: random.Random) -> str:
    digest = drawn.choice([sha1, sha256, md5])(str(drawn.random()).encode()).hexdigest()
    return digest[: drawn.choice([8, 10, 16, 32, 40, 64])]


_NOBODYS: Mapping[str, Callable[[random.Random], str]] = {
    "order numbers, named": lambda drawn: _digits(drawn, *_LENGTHS),
    "order numbers, bare": _order,
    "hashes": _digest,
    "UUIDs": lambda drawn: str(UUID(int=drawn.getrandbits(128), version=4)),
    "versions": lambda drawn: ".".join(str(drawn.randrange(60)) for _ in range(drawn.choice([2, 3, 4]))),
    "timestamps": _stamp,
    "prices": _price,
    "ISBN": _book,
    "measures": _measure,
}
