# SPDX-License-Identifier: Apache-2.0
"""A recogniser of Presidio's, described: one that comes with it or a user's own, and what type its entities are here."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from douane.detect.types import TYPES
from douane.errors import ConfigRejected

__all__ = ["BUILT_IN", "DEFAULT", "RECOGNISERS", "UNTYPED", "Recogniser", "chosen", "greeting"]

# What these find lies within one run of a text, see `douane.detect.run`, or begins as `patterns` knows.
_WITHIN_A_RUN: dict[str, str] = {
    "EmailRecognizer": "EMAIL_ADDRESS",
    "IbanRecognizer": "IBAN_CODE",
    "IpRecognizer": "IP_ADDRESS",
    "MacAddressRecognizer": "MAC_ADDRESS",
    "CryptoRecognizer": "CRYPTO",
    "CreditCardRecognizer": "CREDIT_CARD",
    "UsSsnRecognizer": "US_SSN",
    "UsItinRecognizer": "TAX_ID",
    "UsPassportRecognizer": "PASSPORT",
    "UsLicenseRecognizer": "DRIVER_LICENSE",
    "UsBankRecognizer": "BANK_ACCOUNT",
    "UsMbiRecognizer": "HEALTH_ID",
    "UkNinoRecognizer": "SOCIAL_SECURITY",
    "UkPassportRecognizer": "PASSPORT",
    "UkDrivingLicenceRecognizer": "DRIVER_LICENSE",
    "NhsRecognizer": "HEALTH_ID",
    "DePassportRecognizer": "PASSPORT",
    "DeIdCardRecognizer": "NATIONAL_ID",
    "DeFuehrerscheinRecognizer": "DRIVER_LICENSE",
    "DeSocialSecurityRecognizer": "SOCIAL_SECURITY",
    "DeTaxIdRecognizer": "TAX_ID",
    "ItFiscalCodeRecognizer": "TAX_ID",
    "ItPassportRecognizer": "PASSPORT",
    "ItDriverLicenseRecognizer": "DRIVER_LICENSE",
    "EsNieRecognizer": "NATIONAL_ID",
    "EsNifRecognizer": "NATIONAL_ID",
    "EsPassportRecognizer": "PASSPORT",
    "FiPersonalIdentityCodeRecognizer": "NATIONAL_ID",
    "PlPeselRecognizer": "NATIONAL_ID",
    "SePersonnummerRecognizer": "NATIONAL_ID",
    "CaSinRecognizer": "SOCIAL_SECURITY",
    "InPanRecognizer": "TAX_ID",
    "InAadhaarRecognizer": "NATIONAL_ID",
    "SgFinRecognizer": "NATIONAL_ID",
    "KrRrnRecognizer": "NATIONAL_ID",
}

# These write their values with spaces and small letters too, or read words before them, so `reach` says what a stream holds.
_WITH_REACH: dict[str, str] = {
    "AbaRoutingRecognizer": "BANK_ACCOUNT",
    "AuAbnRecognizer": "COMPANY_ID",
    "AuAcnRecognizer": "COMPANY_ID",
    "AuMedicareRecognizer": "HEALTH_ID",
    "AuTfnRecognizer": "TAX_ID",
    "CaPostalCodeRecognizer": "LOCATION",
    "DeBsnrRecognizer": "COMPANY_ID",
    "DeHandelsregisterRecognizer": "COMPANY_ID",
    "DeHealthInsuranceRecognizer": "HEALTH_ID",
    "DeKfzRecognizer": "LICENSE_PLATE",
    "DePlzRecognizer": "LOCATION",
    "DeTaxNumberRecognizer": "TAX_ID",
    "DeVatIdRecognizer": "VAT_NUMBER",
    "InGstinRecognizer": "VAT_NUMBER",
    "InPassportRecognizer": "PASSPORT",
    "InVehicleRegistrationRecognizer": "LICENSE_PLATE",
    "InVoterRecognizer": "NATIONAL_ID",
    "ItIdentityCardRecognizer": "NATIONAL_ID",
    "ItVatCodeRecognizer": "VAT_NUMBER",
    "KrBrnRecognizer": "COMPANY_ID",
    "KrDriverLicenseRecognizer": "DRIVER_LICENSE",
    "KrFrnRecognizer": "NATIONAL_ID",
    "KrPassportRecognizer": "PASSPORT",
    "NgNinRecognizer": "NATIONAL_ID",
    "NgVehicleRegistrationRecognizer": "LICENSE_PLATE",
    "PhPassportRecognizer": "PASSPORT",
    "PhTinRecognizer": "TAX_ID",
    "PhUmidRecognizer": "NATIONAL_ID",
    "PhoneRecognizer": "PHONE_NUMBER",
    "SeOrganisationsnummerRecognizer": "COMPANY_ID",
    "SgUenRecognizer": "COMPANY_ID",
    "ThTninRecognizer": "NATIONAL_ID",
    "TrLicensePlateRecognizer": "LICENSE_PLATE",
    "TrNationalIdRecognizer": "NATIONAL_ID",
    "UkPostcodeRecognizer": "LOCATION",
    "UkVehicleRegistrationRecognizer": "LICENSE_PLATE",
    "UsClaimNumberRecognizer": "HEALTH_ID",
    "UsHealthInsuranceMemberIdRecognizer": "HEALTH_ID",
    "UsPrescriptionNumberRecognizer": "HEALTH_ID",
    "UsPriorAuthorizationNumberRecognizer": "HEALTH_ID",
    "UsProviderTaxIdRecognizer": "TAX_ID",
    "UsReferralNumberRecognizer": "HEALTH_ID",
    "ZaCompanyRegistrationRecognizer": "COMPANY_ID",
    "ZaDriverLicenseRecognizer": "DRIVER_LICENSE",
    "ZaIdNumberRecognizer": "NATIONAL_ID",
    "ZaIncomeTaxNumberRecognizer": "TAX_ID",
    "ZaLicensePlateRecognizer": "LICENSE_PLATE",
    "ZaMobileNumberRecognizer": "PHONE_NUMBER",
    "ZaPassportRecognizer": "PASSPORT",
    "ZaTelephoneNumberRecognizer": "PHONE_NUMBER",
    "ZaTrafficRegisterNumberRecognizer": "NATIONAL_ID",
    "ZaVatNumberRecognizer": "VAT_NUMBER",
}

RECOGNISERS: dict[str, str] = _WITHIN_A_RUN | _WITH_REACH
"""The recognisers of Presidio's that may be switched on by their name alone, and the type of what they find."""

UNTYPED = ("DateRecognizer", "DeLanrRecognizer", "MedicalLicenseRecognizer", "UrlRecognizer", "UsNpiRecognizer", "UuidRecognizer")
"""Those of which no type of the list says what they find: a configuration does."""

BUILT_IN = (*RECOGNISERS, *UNTYPED)
"""Every recogniser of Presidio's without a model and without a service."""

DEFAULT = tuple(
    name
    for name in _WITHIN_A_RUN
    # These believe a check digit, or less, wherever it stands: they take order numbers for personal data.
    if name not in ("CreditCardRecognizer", "NhsRecognizer", "PlPeselRecognizer", "SePersonnummerRecognizer", "KrRrnRecognizer")
)

_IMPORT = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One recogniser and how it is used.

    `name` is a class of Presidio's, or `package.module:Class` for one that the worker imports. `types` maps its entities to types of the
    list; what is not mapped is not asked for. `language` is told to it as the language that it supports: it is asked about every text,
    since a number keeps its shape. `context` are words that speak for a finding, beside its own. What scores less than `threshold` is no
    finding. `reach`, in characters, is the longest of its values with what must stand behind it: so much of a stream is held back.
    """

    name: str
    types: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    context: tuple[str, ...] = ()
    threshold: float = 0.4
    arguments: Mapping[str, object] = field(default_factory=dict)
    reach: int = 64

    @property
    def is_within_a_run(self) -> bool:
        """Whether a stream need not hold back more than a run for it."""
        return self.name in _WITHIN_A_RUN

    @property
    def has_known_evidence(self) -> bool:
        """Whether every value of it holds what `patterns` looks for before it asks."""
        return self.name in RECOGNISERS


def chosen(entries: Sequence[str | Recogniser]) -> tuple[Recogniser, ...]:
    """The recognisers that a configuration names. Raises `ConfigRejected`."""
    return tuple(_checked(entry if isinstance(entry, Recogniser) else Recogniser(entry)) for entry in entries)


def greeting(recognisers: Sequence[Recogniser]) -> bytes:
    """What the worker is told: JSON, with the type of what a recogniser of Presidio's finds under the entity `*`."""
    return json.dumps([asdict(one) | {"types": dict(one.types) or {"*": RECOGNISERS[one.name]}} for one in recognisers]).encode()


def _checked(one: Recogniser) -> Recogniser:
    where = "`detectors.presidio_recognizers`"
    if ":" in one.name:
        if not _IMPORT.fullmatch(one.name):
            raise ConfigRejected(f"{where}: `{one.name}` is no import path; write `package.module:Class`")
    elif one.name not in BUILT_IN:
        raise ConfigRejected(f"{where}: `{one.name}` is not offered{_nearest(one.name, BUILT_IN)}; those that are: {', '.join(BUILT_IN)}")
    if not one.types and one.name not in RECOGNISERS:
        raise ConfigRejected(f"{where}: `{one.name}` has no types; map each of its entities to one of {', '.join(TYPES)}")
    for entity, type_ in one.types.items():
        if type_ not in TYPES:
            raise ConfigRejected(
                f"{where}: `{entity}` of `{one.name}` cannot be a `{type_}`{_nearest(type_, TYPES)}; use one of {', '.join(TYPES)}"
            )
    if one.language and not _LANGUAGE.fullmatch(one.language):
        raise ConfigRejected(f"{where}: `{one.language}` of `{one.name}` is no language; write its two letters of ISO 639-1")
    if not 0 <= one.threshold <= 1:
        raise ConfigRejected(f"{where}: the threshold of `{one.name}` is not between 0 and 1")
    if not 0 < one.reach <= 200:
        raise ConfigRejected(f"{where}: the reach of `{one.name}` is not between 1 and 200 characters")
    try:
        json.dumps(dict(one.arguments))
    except (TypeError, ValueError) as cause:
        raise ConfigRejected(f"{where}: the arguments of `{one.name}` are no plain data; use text, numbers, lists and mappings") from cause
    return one


def _nearest(word: str, words: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
