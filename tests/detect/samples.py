# SPDX-License-Identifier: Apache-2.0
"""Synthetic values of every kind, made so that they pass their checksums. No token stands here in one piece: scanners of sources look."""

import base64
import json
import random
import re
from functools import cache
from string import ascii_uppercase, digits

from douane.detect.identifiers.checks import is_valid
from douane.detect.identifiers.kind import Kind, kinds

__all__ = [
    "CARDS",
    "IBANS",
    "JWT",
    "KINDS",
    "PEM",
    "REGIONS",
    "TEMPLATES",
    "TOKENS",
    "VALUES",
    "drawn",
    "made",
    "passes",
    "spoiled",
    "word_for",
    "written",
]

REGIONS = ("FR", "DE", "GB", "ES", "IT", "NL", "BE", "PL", "PT", "AT", "CH", "IE", "LU", "SE", "US")

# Numbers: `#` any digit, `@` any capital letter, `yyyy yy mm dd` parts of a birthday, anything else itself.

TEMPLATES = {
    "at.vnr": "3###ddmmyy", "at.tin": "59#######", "be.nn": "yymmdd#####", "be.enterprise": "04########", "bg.egn": "yymmdd####",
    "bg.lnch": "##########", "bg.eik": "1########", "ch.ahv": "756##########", "ch.uid": "CHE1########", "li.peid": "12#####",
    "cy.tic": "00######@", "cy.id": "######", "cz.rc": "yymmdd####", "cz.ico": "2#######", "cz.account": "000019##########0800",
    "sk.dic": "20########", "de.idnr": "36574261###", "de.stnr": "18181508155", "de.rvnr": "65ddmmyy@###", "de.kvnr": "@#########",
    "de.document": "L01X00T4##", "dk.cpr": "ddmmyy####", "dk.cvr": "1#######", "ee.ik": "3yymmdd####", "ee.registry": "1#######",
    "lt.asmens": "3yymmdd####", "lt.company": "1######1#", "lv.person": "ddmmyy1####", "lv.company": "40#########", "es.dni": "########@",
    "es.nie": "X#######@", "es.cif": "B########", "es.nuss": "28##########", "es.ccc": "2100################", "fi.hetu": "ddmmyy-###@",
    "fi.ytunnus": "2#######", "no.fnr": "ddmmyy#####", "no.orgnr": "9########", "no.konto": "86#########", "is.kennitala": "ddmmyy###9",
    "is.vsk": "#####", "se.personnummer": "yymmdd####", "se.orgnr": "556#######", "fr.nir": "1yymm7511######",
    "fr.nir13": "2yymm7511####", "fr.spi": "07###########", "fr.siren": "7########", "fr.siret": "732829320#####", "gb.nhs": "9#########",
    "gb.chi": "ddmmyy####", "gb.nino": "AB######C", "gb.utr": "##########", "gb.driving": "MORGA657054SM9IJ", "gr.afm": "0########",
    "gr.amka": "ddmmyy#####", "hr.oib": "###########", "si.emso": "ddmm9yy500###", "si.tax": "########", "si.maticna": "5######",
    "hu.tax": "83########", "hu.company": "1#######242", "hu.taj": "#########", "hu.personal": "1yymmdd####", "ie.pps": "#######@",
    "it.codicefiscale": "RSSMRA85T10A562@", "it.iva": "0########15", "it.cie": "CA#####AA", "lu.matricule": "19yymmdd#####",
    "mt.id": "#####55M", "nl.bsn": "1########", "nl.document": "SPECI201#", "pl.pesel": "yymmdd#####", "pl.nip": "856#######",
    "pl.regon": "1########", "pl.id": "ABA######", "pl.passport": "AB#######", "pt.nif": "2########", "pt.cc": "#########ZZ#",
    "pt.niss": "1##########", "ro.cnp": "1yymmdd4#####", "ro.cui": "18######", "ro.id": "RT######", "eu.ehic": "80276###############",
    "us.ssn": "536#0####", "us.itin": "912######", "us.ein": "911######", "us.mbi": "1EG4TE5MK73", "us.npi": "1#########",
    "us.aba": "#########", "ca.sin": "1########", "ca.phn": "9#########", "in.pan": "ACUPA####R", "in.aadhaar": "2###########",
    "sg.nric": "S#######@", "kr.rrn": "yymmdd1######", "au.tfn": "#########", "au.abn": "51#########", "au.acn": "00#######",
    "au.medicare": "2########1", "br.cpf": "###########", "br.cnpj": "########0001##", "tr.tckimlik": "1##########",
    "ua.rnokpp": "##########", "za.id": "yymmdd####08#", "jp.mynumber": "############", "cn.ric": "11010519491231002X",
    "mx.curp": "BOXW310820HNERXN09", "il.id": "0########", "card": "411111##########", "card.digits": "555555##########",
    "at.vat": "ATU########", "be.vat": "BE04########", "bg.vat": "BG1########", "cy.vat": "CY00######@", "cz.vat": "CZ2#######",
    "de.vat": "DE1########", "dk.vat": "DK########", "ee.vat": "EE1########", "gr.vat": "EL0########", "es.vat": "ESB########",
    "fi.vat": "FI########", "fr.vat": "FR40303265###", "hr.vat": "HR###########", "hu.vat": "HU########", "ie.vat": "IE#######@",
    "it.vat": "IT0########15", "lt.vat": "LT1######1#", "lu.vat": "LU########", "lv.vat": "LV4##########", "mt.vat": "MT########",
    "nl.vat": "NL00449544#B01", "pl.vat": "PL856#######", "pt.vat": "PT5########", "ro.vat": "RO18######", "se.vat": "SE556#######01",
    "si.vat": "SI########", "sk.vat": "SK20########", "gb.vat": "GB#########", "xi.vat": "XI#########", "eu.vat": "EU372######",
    "no.vat": "NO9########MVA",
}  # fmt: skip


def drawn(template: str, random_: random.Random) -> str:
    """A template with its parts drawn, whatever the checksum says."""
    year, month, day = random_.randrange(1945, 2000), random_.randrange(1, 13), random_.randrange(1, 29)
    for part, number in (("yyyy", f"{year}"), ("yy", f"{year % 100:02}"), ("mm", f"{month:02}"), ("dd", f"{day:02}")):
        template = template.replace(part, number)
    return re.sub("[#@]", lambda match: random_.choice(digits if match[0] == "#" else ascii_uppercase), template)


def passes(kind: Kind, value: str) -> bool:
    """Whether a number without separators looks like one of the kind, and its checksum is right."""
    if kind.guard and not kind.guard.fullmatch(re.sub("[^0-9A-Z]", "", value)):
        return False
    if kind.id == "cz.account":
        value = f"{value[:6]}-{value[6:16]}/{value[16:]}"
    return is_valid(kind.check, value)


def made(kind: Kind, random_: random.Random) -> str:
    """A valid number of a kind, without separators."""
    for _ in range(100_000):
        value = drawn(TEMPLATES[kind.id], random_)
        if passes(kind, value):
            return value
    raise AssertionError(f"nothing valid of {kind.id}")


def spoiled(kind: Kind, value: str) -> str:
    """The value with one other digit, so that it is not valid."""
    for place in range(len(value) - 1, -1, -1):
        for digit in digits if value[place].isdigit() else "":
            other = value[:place] + digit + value[place + 1 :]
            if not passes(kind, other):
                return other
    raise AssertionError(f"nothing invalid of {kind.id}")


def written(value: str, layout: str) -> str:
    """The value in a layout of its kind, or nothing where it does not fit."""
    compact = re.sub("[^0-9A-Z]", "", value)
    signs = [sign for sign in layout if sign.isalnum() or sign in "#@?"]
    if len(signs) != len(compact) or not all(
        sign == "?" or (here.isdigit() if sign == "#" else here.isalpha() if sign == "@" else here == sign)
        for sign, here in zip(signs, compact, strict=True)
    ):
        return ""
    left = iter(compact)
    return "".join(next(left) if sign.isalnum() or sign in "#@?" else sign for sign in layout)


@cache
def _kinds() -> tuple[tuple[Kind, str], ...]:
    return tuple((kind, made(kind, random.Random(kind.id))) for kind in kinds())


KINDS: tuple[tuple[Kind, str], ...] = _kinds()
"""Every kind with a valid number of it, without separators."""

VALUES: tuple[str, ...] = tuple(
    value for kind, number in KINDS for layout in (*kind.bare, *kind.near) if (value := written(number, layout))
)
"""Those numbers in every layout that they fit."""

_WORDS = {
    "NATIONAL_ID": "identity number", "SOCIAL_SECURITY": "social security number", "TAX_ID": "tax ID", "VAT_NUMBER": "VAT no.",
    "COMPANY_ID": "company number", "HEALTH_ID": "health card", "PASSPORT": "passport", "DRIVER_LICENSE": "driving licence",
    "BANK_ACCOUNT": "account number", "CREDIT_CARD": "card", "US_SSN": "SSN",
}  # fmt: skip


_OWN_WORDS = {
    "fr.nir13": "NIR",
    "li.peid": "PEID",
    "is.vsk": "VSK-númer",
    "nl.document": "passport",
    **dict.fromkeys(("cy.id", "it.cie", "mt.id", "ro.id"), "identity card"),
}


def word_for(kind: Kind) -> str:
    """A word that speaks for the kind."""
    return _OWN_WORDS.get(kind.id) or _WORDS[kind.type]


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
