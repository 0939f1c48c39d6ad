# SPDX-License-Identifier: Apache-2.0
"""The closed list of what detectors may find; `policies/types/data.yaml` says what each type is, and a test holds the two equal."""

__all__ = ["PERSONAL", "SECRET", "TYPES"]

PERSONAL = (
    "PERSON",
    "LOCATION",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "IBAN_CODE",
    "CREDIT_CARD",
    "BANK_ACCOUNT",
    "CRYPTO",
    "NATIONAL_ID",
    "SOCIAL_SECURITY",
    "TAX_ID",
    "PASSPORT",
    "DRIVER_LICENSE",
    "LICENSE_PLATE",
    "US_SSN",
    "HEALTH_ID",
    "VAT_NUMBER",
    "COMPANY_ID",
)
SECRET = ("API_KEY", "ACCESS_TOKEN", "PRIVATE_KEY", "JWT", "PASSWORD", "CONNECTION_STRING")
TYPES = (*PERSONAL, *SECRET)
