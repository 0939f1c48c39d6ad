# SPDX-License-Identifier: Apache-2.0
"""Synthetic values of every kind, made so that they pass their checksums. No token stands here in one piece: scanners of sources look."""

import base64
import importlib
import json
import random
import re
from collections.abc import Callable
from string import ascii_uppercase, digits

from douane.detect.identifiers import identifiers
from douane.detect.identifiers.shapes import LETTERED, PLAIN, Plain

__all__ = [
    "CARDS",
    "IBANS",
    "JWT",
    "LETTERED_VALUES",
    "PEM",
    "PLAIN_VALUES",
    "REGIONS",
    "TOKENS",
    "grouped",
    "is_valid",
    "made",
    "spoiled",
    "word_for",
]

REGIONS = ("FR", "DE", "GB", "ES", "IT", "NL", "BE", "PL", "PT", "AT", "CH", "IE", "LU", "SE", "US")

# Numbers: `#` is any digit, `@` any capital letter; what is drawn is tried until the checksum is right.

_OWN: dict[str, Callable[[str], bool]] = {"gb_nino": identifiers._is_nino, "de_rvnr": identifiers._is_rvnr}


def is_valid(check: str, value: str) -> bool:
    """Whether the shape's own checksum passes."""
    return bool((_OWN.get(check) or importlib.import_module(f"stdnum.{check}").is_valid)(value.replace(".", "")))


def made(check: str, template: str, seed: int = 0) -> str:
    """A value of this template that is valid."""
    drawn = random.Random(f"{template}{seed}")
    for _ in range(100_000):
        value = re.sub("[#@]", lambda match: drawn.choice(digits if match[0] == "#" else ascii_uppercase), template)
        if is_valid(check, value):
            return value
    raise AssertionError(f"nothing valid like {template}")


def spoiled(check: str, value: str) -> str:
    """The value with one other digit, the last one that tells, so that it is not valid."""
    for place in range(len(value) - 1, -1, -1):
        for digit in digits if value[place].isdigit() else "":
            other = value[:place] + digit + value[place + 1 :]
            if not is_valid(check, other):
                return other
    raise AssertionError(f"nothing invalid like {check}")


_PLAIN_TEMPLATES = {
    ("fr.nir", 15): "18505780060####",
    ("be.nn", 11): "850730033##",
    ("pl.pesel", 11): "44051401###",
    ("no.fodselsnummer", 11): "151086#####",
    ("ro.cnp", 13): "1850730######",
    ("de.idnr", 11): "36574261###",
    ("ch.ssn", 13): "756##########",
    ("se.personnummer", 12): "198803200###",
    ("fr.siret", 14): "732829320####4",
    ("fr.siren", 9): "7328293##",
    ("fr.nif", 13): "0701987765###",
    ("nl.bsn", 9): "1112223##",
    ("nl.bsn", 8): "111222##",
    ("pt.nif", 9): "5019648##",
    ("it.iva", 11): "007431101##",
    ("pl.nip", 10): "85673462##",
    ("gb.utr", 10): "#195839661",
    ("gb.nhs", 10): "94347659##",
    ("be.vat", 10): "04287594##",
    ("at.vnr", 10): "####010180",
    ("at.tin", 9): "5911990##",
    ("se.personnummer", 10): "8803200###",
    ("dk.cpr", 10): "2110625###",
    ("cz.rc", 9): "53112645#",
    ("cz.rc", 10): "710319274#",
    ("us.ssn", 9): "53690####",
}
PLAIN_VALUES: tuple[tuple[Plain, str], ...] = tuple(
    (shape, made(shape.check, _PLAIN_TEMPLATES[shape.check, length])) for shape in PLAIN for length in shape.lengths
)

_WORDS = {
    "fr.nir": "NIR",
    "be.nn": "rijksregisternummer",
    "pl.pesel": "PESEL",
    "no.fodselsnummer": "fødselsnummer",
    "ro.cnp": "CNP",
    "de.idnr": "Steuer-ID",
    "ch.ssn": "AHV",
    "se.personnummer": "personnummer",
    "fr.siret": "SIRET",
    "fr.siren": "SIREN",
    "fr.nif": "numéro fiscal",
    "nl.bsn": "BSN",
    "pt.nif": "contribuinte",
    "it.iva": "partita IVA",
    "pl.nip": "NIP",
    "gb.utr": "UTR",
    "gb.nhs": "NHS",
    "be.vat": "KBO",
    "at.vnr": "SVNR",
    "at.tin": "Steuernummer",
    "dk.cpr": "CPR",
    "cz.rc": "rodné číslo",
    "us.ssn": "SSN",
}


def word_for(shape: Plain) -> str:
    """A word that speaks for the shape."""
    return _WORDS[shape.check]


def grouped(shape: Plain, value: str) -> list[str]:
    """The value in each of the shape's own groupings."""
    out = []
    for sizes, separators in shape.groupings:
        pieces, place = [], 0
        for size in sizes:
            pieces.append(value[place : place + size])
            place += size
        if place == len(value):
            out.append(separators[0].join(pieces))
    return out


_LETTERED_TEMPLATES = {
    "fr.nir": ("285052A006#####", "2 85 05 2A 006 ### ##", "285052b006#####"),
    "gb_nino": ("AB123456C", "AB 12 34 56 C", "AB-12-34-56-C", "ab123456c"),
    "de_rvnr": ("65180539W00#", "65 180539 W 00#"),
    "it.codicefiscale": ("RSSMRA85T10A562@", "RSSMRA 85T10 A562@"),
    "es.dni": ("54362315@", "54362315-@", "54362315 @", "54.362.315-@"),
    "es.nie": ("X2482300@", "X-2482300-@", "Y 2482300 @"),
    "es.cif": ("J9921658#",),
    "fi.hetu": ("131052-308@", "131052A308@"),
    "ie.pps": ("6433435@", "6433435@A", "6433435 @"),
    "ch.uid": ("CHE10015580#", "CHE-100.155.80#"),
    "eu.vat": (
        "DE13669597#",
        "DE 13669597#",
        "ATU1358562#",
        "AT U1358562#",
        "FR4030326504#",
        "FR 40 303 265 04#",
        "NL00449544#B01",
        "ES B5837525#",
    ),
}
LETTERED_VALUES: tuple[tuple[str, str, str], ...] = tuple(
    (shape.type, shape.check, made(shape.check, template)) for shape in LETTERED for template in _LETTERED_TEMPLATES[shape.check]
)

# The examples of the SWIFT registry, and cards that their issuers give for tests.
IBANS = (
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "GB29 NWBK 6016 1331 9268 19",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NL91ABNA0417164300",
    "NO93 8601 1117 947",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
    "LC55 HEMM 0001 0001 0012 0012 0002 3015",
    "BE68-5390-0754-7034",
    "de89370400440532013000",
)
CARDS = ("4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "3782 822463 10005", "6011 1111 1111 1117")

# Secrets


def _base64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


_HEX = "0a1b2c3d"
_MIXED = "aB3dE5fG"
TOKENS: tuple[tuple[str, ...], ...] = (
    ("sk-" + "proj-" + _MIXED * 5, "sk-" + "admin-" + "a_B-3" * 8),
    ("sk-" + "ant-api03-" + "a_B-3" * 8 + "AA",),
    ("sk-" + _MIXED * 6, "sk-" + "or-v1-" + _HEX * 8),
    ("AI" + "za" + "a_B-3" * 7,),
    ("ya" + "29." + "a0_B-" * 6,),
    ("hf" + "_" + _MIXED * 4 + "xY",),
    ("gh" + "p_" + _MIXED * 4 + "aB3d", "gh" + "s_" + _MIXED * 5),
    ("github" + "_pat_" + "11ABC" * 4 + "_" + _MIXED * 6,),
    ("gl" + "pat-" + "a_B-3" * 4, "gl" + "cbt-" + "64_" + "a_B-3" * 4),
    ("AK" + "IA" + "QWE4RTY5" * 2, "AS" + "IA" + "QWE4RTY5" * 2),
    ("xo" + "xb-" + "12345678901-" + _MIXED * 3, "xo" + "xe.xo" + "xp-1-" + _MIXED * 4),
    ("xa" + "pp-1-" + "A0B1C2-" * 4 + "x9y",),
    ("sk" + "_live_" + _MIXED * 3, "rk" + "_test_" + _MIXED * 3, "wh" + "sec_" + "a+B/3" * 6),
    ("np" + "m_" + _MIXED * 4 + "aB3d",),
    ("py" + "pi-" + "AgE" + "a_B-3" * 12,),
    ("S" + "G." + "a_B-3" * 4 + "xy." + "c_D-4" * 8 + "xyz",),
    ("S" + "K" + _HEX * 4, "A" + "C" + _HEX * 4),
    ("SC" + "W" + "QWE4RTY5" * 2 + "Z",),
    ("ke" + "y-" + _HEX * 4,),
    ("do" + "p_v1_" + _HEX * 8,),
    ("da" + "pi" + _HEX * 4, "da" + "pi" + _HEX * 4 + "-2"),
    ("hv" + "s." + "a_B-3" * 6,),
    ("gs" + "k_" + _MIXED * 6, "xa" + "i-" + _MIXED * 9, "pp" + "lx-" + _MIXED * 6, "r8" + "_" + _MIXED * 4 + "aB3dE"),
)
"""Tokens for every rule of `secrets`, in its order."""

JWT = ".".join((_base64url({"alg": "HS256", "typ": "JWT"}), _base64url({"sub": "1234567890"}), "c2lnbmF0dXJlLW9mLW5vdGhpbmc"))

_DASHES = "-" * 5
PEM = "\n".join(
    (
        f"{_DASHES}BEGIN PRIVATE KEY{_DASHES}",
        *("MIIEvQIBADAN" + "aB3dE5fG" * 6 + "w0BA" for _ in range(4)),
        "aB3dE5==",
        f"{_DASHES}END PRIVATE KEY{_DASHES}",
    )
)
