# SPDX-License-Identifier: Apache-2.0
"""Shapes of identifiers as data: lengths, groupings, checksums, and the words that speak for or against them."""

import re
from dataclasses import dataclass

__all__ = ["AGAINST", "BY_LENGTH", "IBAN_LENGTHS", "LETTERED", "PHONE_WORDS", "PLAIN", "VAT_COUNTRIES", "Lettered", "Plain"]


@dataclass(frozen=True, slots=True)
class Plain:
    """An identifier of digits only.

    `check` names a module of python-stdnum with `is_valid`. A strong shape is believed anywhere; a weak one, which random digits pass
    too often, needs one of `words` near, or one of `groupings`: sizes of the groups, with the separators that may stand between.
    """

    type: str
    check: str
    lengths: tuple[int, ...]
    words: re.Pattern[str]
    strong: bool = False
    groupings: tuple[tuple[tuple[int, ...], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lettered:
    """An identifier whose letters make it strong. `check` as in `Plain`; `words` where even letters do not suffice."""

    type: str
    check: str
    pattern: re.Pattern[str]
    words: re.Pattern[str] | None = None
    guarded: bool = False  # one letter as a check: not where the words before say that it is an order number


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])(?:{alternatives})(?![^\W\d_])", re.IGNORECASE)


def _lettered(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w+/])(?:{pattern})(?![\w+/=]|[-.][A-Za-z0-9])")


_SIREN = _words(r"siren|r\.?c\.?s\.?|immatricul\w*|n° ?d['’]entreprise|numéro d['’]entreprise")
_SPACED = " \u00a0"

PLAIN: tuple[Plain, ...] = (
    # Strong: two check digits, or a check digit with a date or a fixed prefix.
    Plain(
        "SOCIAL_SECURITY",
        "fr.nir",
        (15,),
        _words(r"nir|s[ée]cu(?:rit[ée])?(?: sociale)?|insee|num[ée]ro de s[ée]cu\w*"),
        True,
        (((1, 2, 2, 2, 3, 3, 2), _SPACED), ((13, 2), " -")),
    ),
    Plain(
        "NATIONAL_ID",
        "be.nn",
        (11,),
        _words(r"rijksregister\w*|registre national|nationalregister\w*|niss|insz|nrn|rrn"),
        True,
        (((2, 2, 2, 3, 2), ".- "),),
    ),
    Plain("NATIONAL_ID", "pl.pesel", (11,), _words(r"pesel\w*"), True),
    Plain("NATIONAL_ID", "no.fodselsnummer", (11,), _words(r"f[øo]dselsnummer|personnummer|fnr|d-nummer"), True, (((6, 5), _SPACED),)),
    Plain("NATIONAL_ID", "ro.cnp", (13,), _words(r"cnp|cod numeric personal"), True),
    Plain(
        "TAX_ID",
        "de.idnr",
        (11,),
        _words(r"steuer\W?id\w*|idnr|tin|identifikationsnummer|id-nr\.?|steuer\w*|tax id\w*"),
        True,
        (((2, 3, 3, 3), _SPACED),),
    ),
    Plain("SOCIAL_SECURITY", "ch.ssn", (13,), _words(r"ahv\w*|avs|oasi|sozialversicherungsnummer"), True, (((3, 4, 4, 2), ". "),)),
    Plain("NATIONAL_ID", "se.personnummer", (12,), _words(r"personnummer|samordningsnummer|pnr"), True, (((8, 4), "-"),)),
    Plain("COMPANY_ID", "fr.siret", (14,), _words(r"siret|nic|[ée]tablissement"), True, (((3, 3, 3, 5), _SPACED),)),
    # Weak: one check digit, which one random number in ten or eleven passes.
    Plain("COMPANY_ID", "fr.siren", (9,), _SIREN),
    Plain(
        "TAX_ID",
        "fr.nif",
        (13,),
        _words(r"spi|num[ée]ro fiscal|n° ?fiscal|r[ée]f[ée]rence fiscale|nif|tin"),
        False,
        (((2, 2, 3, 3, 3), _SPACED),),
    ),
    Plain("NATIONAL_ID", "nl.bsn", (9, 8), _words(r"bsn\w*|burgerservicenummer|burger ?service ?nr\.?|sofi-?\w*|citizen service number")),
    Plain("TAX_ID", "pt.nif", (9,), _words(r"nif|nipc|contribuinte|n[úu]mero fiscal|vat")),
    Plain("TAX_ID", "it.iva", (11,), _words(r"p\.? ?iva|partita iva|vat|c\.? ?f\.?|codice fiscale")),
    Plain("TAX_ID", "pl.nip", (10,), _words(r"nip|numer identyfikacji podatkowej|vat"), False, (((3, 3, 2, 2), "-"), ((3, 2, 2, 3), "-"))),
    Plain("TAX_ID", "gb.utr", (10,), _words(r"utr|unique taxpayer\w*|tax ?payer reference|self.assessment|tax reference")),
    Plain("HEALTH_ID", "gb.nhs", (10,), _words(r"nhs|national health\w*"), False, (((3, 3, 4), _SPACED),)),
    Plain(
        "COMPANY_ID",
        "be.vat",
        (10,),
        _words(r"bce|kbo|ondernemingsnummer|num[ée]ro d['’]entreprise|btw\w*|tva|vat"),
        False,
        (((4, 3, 3), "."),),
    ),
    Plain(
        "SOCIAL_SECURITY",
        "at.vnr",
        (10,),
        _words(r"svnr\.?|sv-?nr\.?|sv-nummer|sozialversicherungs\w*|versicherungsnummer|vsnr\.?|e-?card"),
        False,
        (((4, 6), " /-"),),
    ),
    Plain("TAX_ID", "at.tin", (9,), _words(r"steuernummer|abgabenkonto\w*|st-?nr\.?|tin"), False, (((2, 3, 4), "-/"),)),
    Plain("NATIONAL_ID", "se.personnummer", (10,), _words(r"personnummer|personnr\.?|samordningsnummer|pnr"), False, (((6, 4), "-"),)),
    Plain("NATIONAL_ID", "dk.cpr", (10,), _words(r"cpr\w*|cpr-\w+|personnummer"), False, (((6, 4), "-"),)),
    Plain("NATIONAL_ID", "cz.rc", (9, 10), _words(r"rodn[ée] č[íi]slo|rodn[ée]ho č[íi]sla|r\. ?č\.|birth number"), False, (((6, 4), "/"),)),
    Plain("US_SSN", "us.ssn", (9,), _words(r"ssn|social security\w*|soc sec"), False, (((3, 2, 4), "-"),)),
)

BY_LENGTH: dict[int, tuple[Plain, ...]] = {n: tuple(s for s in PLAIN if n in s.lengths) for n in {n for s in PLAIN for n in s.lengths}}

# INVARIANT: a space inside a shape stands beside a digit, and beside no small letter: `Scan.horizon` knows runs by that. The one
# exception is a space between one of `VAT_COUNTRIES` and a capital letter.
_NINO = r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
_CODICE = (r"[A-Z]{6}", r"[0-9L-V]{2}[A-T][0-9L-V]{2}", r"[A-Z][0-9L-V]{3}[A-Z]")  # a letter may stand for any of the digits
_VAT = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI|GB"
VAT_COUNTRIES = frozenset(_VAT.split("|"))
LETTERED: tuple[Lettered, ...] = (
    Lettered("SOCIAL_SECURITY", "fr.nir", _lettered(r"[12] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d|[12]\d{4}2[ab]\d{8}")),
    Lettered("SOCIAL_SECURITY", "gb_nino", _lettered(rf"{_NINO}[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]|(?i:{_NINO}\d{{6}}[A-D])")),
    Lettered("SOCIAL_SECURITY", "de_rvnr", _lettered(r"\d\d ?\d{6} ?[A-Z] ?\d{3}|\d{8}[a-z]\d{3}")),
    Lettered("TAX_ID", "it.codicefiscale", _lettered(rf"{_CODICE[0]} (?=\d){_CODICE[1]}(?<=\d) {_CODICE[2]}|(?i:{''.join(_CODICE)})")),
    Lettered("NATIONAL_ID", "es.dni", _lettered(r"\d{8}[ -]?[A-Z]|\d{8}-?[a-z]|\d{2}\.\d{3}\.\d{3}(?:[ -]?[A-Z]|-?[a-z])"), guarded=True),
    Lettered("NATIONAL_ID", "es.nie", _lettered(r"[XYZ][ -]?\d{7}[ -]?[A-Z]|[xyz]-?\d{7}-?[a-z]|[XYZ]-?\d\.\d{3}\.\d{3}-?[A-Z]")),
    Lettered("COMPANY_ID", "es.cif", _lettered(r"[A-HJNP-SUVW]-?\d{7}[0-9A-J]"), _words(r"cif|nif|empresa|sociedad|vat"), guarded=True),
    Lettered("NATIONAL_ID", "fi.hetu", _lettered(r"\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z]"), guarded=True),
    Lettered("SOCIAL_SECURITY", "ie.pps", _lettered(r"\d{7} ?[A-W][A-IW]?|\d{7}[a-w][a-iw]?"), guarded=True),
    Lettered("VAT_NUMBER", "ch.uid", _lettered(r"CHE[ -]?\d{3}\.?\d{3}\.?\d{3}(?: ?(?:MWST|TVA|IVA))?")),
    Lettered(
        "VAT_NUMBER",
        "eu.vat",
        _lettered(rf"(?:{_VAT})[ -]?(?:[A-Z0-9]{{1,2}}[ .-]?)?\d(?:[ .-]?\d){{5,11}}(?:[ .-]?B[ .-]?\d\d|[ .-]?[A-Z]{{1,2}})?"),
    ),
)

PHONE_WORDS = _words(
    r"t[ée]l(?:[ée]ph\w*)?|phone\w*|mobile?|mobil\w*|fax|cell\w*|call|ring|text|sms|whatsapp|portable|appel\w*|num[ée]ro de t\w*|"
    r"telefon\w*|handy\w*|ruf\w*|anruf\w*|durchwahl|tel[ée]fono|m[óo]vil|ll[áa]m\w*|cellulare|chiama\w*|telem[óo]vel|telefone|lig\w{1,4}|"
    r"bel(?:len)?|telefoon\w*|mobiel\w*|zadzwo\w+|kom[óo]rk\w+|puhelin\w*|telefoni|telefonnummer|ring(?:a|e)?"
)

# A word straight before a number that says what else it is.
AGAINST = re.compile(
    r"(?<![^\W\d_])(?:order|invoice|tracking|version|ticket|reference|ref|article|item|sku|isbn|ean|gtin|serial|batch|build|commit|port|"
    r"part|case|product|model|parcel|shipment|booking|transaction|bestell\w*|rechnung\w*|auftrag\w*|sendung\w*|artikel\w*|vorgang\w*|"
    r"commande|facture|colis|suivi|dossier|pedido|factura|albar[áa]n|ordine|fattura|spedizione|bestelling|bestel\w*|factuur\w*|"
    r"zam[óo]wieni\w*|faktur\w*|encomenda|fatura|best[äa]llning|ordre)"
    r"s?[\s\W]{0,3}(?:(?:number|numbers|no|nr|num|num[ée]ro|numero|nummer|n[°ºo]|id|code|is|est|ist|es|é|è|the|de|der|di|do|da|nie)[\s\W]{1,3}){0,3}"
    r"[\s\W]{0,3}\Z",
    re.IGNORECASE,
)

IBAN_LENGTHS: dict[str, int] = {
    code: int(length)
    for code, length in re.findall(
        r"([A-Z]{2})(\d{2})",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18"
        "GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15"
        "OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30",
    )
}
"""How many characters the IBANs of a country have (SWIFT IBAN registry)."""
