# SPDX-License-Identifier: Apache-2.0
"""The closed list of what detectors may find; `policies/types/data.yaml` says what each type is, and a test holds the two equal."""

__all__ = ["CONTENT", "PERSONAL", "SECRET", "TYPES"]

PERSONAL = (
    "PERSON",
    "LOCATION",
    "STREET_ADDRESS",
    "ORGANIZATION",
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
    "INTERNAL_ID",
    # GDPR Art. 9 and Art. 10: what a detector of an operator's own, or a deny list, may find.
    "HEALTH_CONDITION",
    "RELIGION",
    "POLITICAL_OPINION",
    "TRADE_UNION",
    "SEX_LIFE",
    "ETHNIC_ORIGIN",
    "GENETIC_DATA",
    "BIOMETRIC_DATA",
    "CRIMINAL_OFFENCE",
)
SECRET = (
    "API_KEY",
    "ACCESS_TOKEN",
    "PRIVATE_KEY",
    "JWT",
    "PASSWORD",
    "CONNECTION_STRING",
    # What proves that a card is at hand (PCI DSS 3.3.1).
    "CARD_SECURITY_CODE",
    "CARD_TRACK",
    "CARD_PIN",
    # What an organisation keeps to itself, by its own lists.
    "CONFIDENTIAL",
)
CONTENT = (
    "INVISIBLE_TEXT",
    "BIDI_CONTROL",
    "MIXED_SCRIPT",
    "ENCODED_TEXT",
    "PROMPT_INJECTION",
    "SYSTEM_PROMPT_LEAK",
    "MARKDOWN_IMAGE",
    "MARKDOWN_LINK",
    "HTML_ELEMENT",
    "SCRIPT",
    "TOPIC",
    "TOXICITY",
)
TYPES = (*PERSONAL, *SECRET, *CONTENT)
