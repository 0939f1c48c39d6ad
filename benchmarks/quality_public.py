# SPDX-License-Identifier: Apache-2.0
"""Public sets that installed packages carry under a fit licence. Nothing is downloaded, and nothing of them stands in this project.

pip install --no-deps presidio-evaluator==0.3.2 bastioncorpus==0.6.0

The first (MIT) has templates of sentences that are filled here with our names and numbers; the second (MIT) attacks on models and harmless
texts beside them.
"""

import json
import random
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

from quality_names import person, place
from quality_sample import Gold, Sample

__all__ = ["attacks", "templates", "versions"]

_PACKAGES = ("presidio-evaluator", "bastioncorpus")
_TYPES = {
    "PERSON": ("person", "name", "name_male", "name_female", "first_name", "first_name_male", "first_name_female", "last_name"),
    "ORGANIZATION": ("organization",),
    "LOCATION": ("city", "country"),
    "STREET_ADDRESS": ("address", "street_name"),
    "CREDIT_CARD": ("credit_card_number",),
    "PHONE_NUMBER": ("phone_number",),
    "IBAN_CODE": ("iban",),
    "EMAIL_ADDRESS": ("email",),
    "IP_ADDRESS": ("ip_address",),
    "US_SSN": ("ssn",),
}
_FIELD = re.compile(r"\{\{([a-z_]+)\}\}")
_VALUES = {
    "ORGANIZATION": ("Hollin & Sons Joinery Ltd", "Quayside Optics plc", "Brackenridge Solar LLC", "Tarn Valley Foods"),
    "STREET_ADDRESS": ("14 Hollin Lane", "221 Cathedral Road", "1207 Sycamore Avenue", "3 Saltings Close"),
    "CREDIT_CARD": ("4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"),
    "PHONE_NUMBER": ("+44 20 7946 0123", "(212) 555-0123", "020 7946 0958"),
    "IBAN_CODE": ("GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000"),
    "EMAIL_ADDRESS": ("w.hoskin@example.org", "sales27@example.co.uk"),
    "IP_ADDRESS": ("203.0.113.44", "2001:db8::8a2e:370:7334"),
    "US_SSN": ("536-90-4399", "219-09-9999"),
}


def versions() -> dict[str, str]:
    """Of the packages that are installed."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            print(f"{package} is not installed, its set is left out; see quality_public.py", file=sys.stderr)
    return found


def templates() -> list[Sample] | None:
    """Every template whose fields can all be filled, with names that no list holds."""
    text = _data("presidio-evaluator", "templates.txt")
    if text is None:
        return None
    drawn = random.Random("templates")
    types = {field: type_ for type_, fields in _TYPES.items() for field in fields}
    made = []
    for template in text.splitlines():
        if template.strip() and all(field in types for field in _FIELD.findall(template)):
            made.append(_filled(template.replace("\\n", "\n"), types, drawn))
    return made


def _filled(template: str, types: dict[str, str], drawn: random.Random) -> Sample:
    text, last, golds = "", 0, []
    for match in _FIELD.finditer(template):
        text += template[last : match.start()]
        last = match.end()
        type_ = types[match[1]]
        value = _value(match[1], type_, drawn)
        golds.append(Gold(type_, len(text), len(text) + len(value)))
        text += value
    return Sample("en", text + template[last:], tuple(golds))


def _value(field: str, type_: str, drawn: random.Random) -> str:
    if type_ == "PERSON":
        given, family = person("en", "given listed", drawn)
        return given if field.startswith("first") else family if field.startswith("last") else f"{given} {family}"
    if type_ == "LOCATION":
        return place("en", "given listed", drawn) if field == "city" else drawn.choice(("Portugal", "Norway", "Slovenia", "Ireland"))
    return drawn.choice(_VALUES[type_])


def attacks() -> Sequence[tuple[str, str, str]] | None:
    """`attack` or `harmless`, the language and the text."""
    text = _data("bastioncorpus", "injections.jsonl")
    if text is None:
        return None
    rows = map(json.loads, text.splitlines())
    return [("attack" if row["label"] == "malicious" else "harmless", row["lang"], row["text"]) for row in rows]


def _data(package: str, name: str) -> str | None:
    try:
        found = next(path for path in files(package) or () if path.name == name)
    except (PackageNotFoundError, StopIteration):
        return None
    return Path(str(found.locate())).read_text(encoding="utf-8", errors="replace")
