# SPDX-License-Identifier: Apache-2.0
"""What stands for a value that nobody gets back, and tells a part of it: its last characters, a keyed hash, or its class.

Whatever the value is, what stands for it has letters, digits and `[]:*@. -/` only, so that it can stand in JSON, in tables and in code.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping

from douane.surrogates.shown import lettered

__all__ = ["generalised", "hashed", "masked"]

_HASH_LENGTH = 14  # letters, 60 bits
_SHOWN = 4
_LONGEST = 64
_SEPARATORS = frozenset(" -./")
# Of these a part is as good as the whole, or the part that is left is the secret one.
_HIDDEN = frozenset(
    {
        *("PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION"),
        *("API_KEY", "ACCESS_TOKEN", "PRIVATE_KEY", "JWT", "PASSWORD", "CONNECTION_STRING", "CONFIDENTIAL"),
        *("CARD_SECURITY_CODE", "CARD_TRACK", "CARD_PIN", "HEALTH_CONDITION", "RELIGION", "POLITICAL_OPINION", "TRADE_UNION"),
        *("SEX_LIFE", "ETHNIC_ORIGIN", "GENETIC_DATA", "BIOMETRIC_DATA", "CRIMINAL_OFFENCE"),
        *("INVISIBLE_TEXT", "BIDI_CONTROL", "MIXED_SCRIPT", "ENCODED_TEXT", "PROMPT_INJECTION", "SYSTEM_PROMPT_LEAK", "MARKDOWN_IMAGE"),
        *("MARKDOWN_LINK", "HTML_ELEMENT", "SCRIPT", "TOPIC", "TOXICITY"),
    }
)
_TOP_LEVEL = re.compile(r"\.([a-z]{2}|com|org|net|edu|gov|int|mil|info|biz)\Z")  # others may belong to one firm
_COUNTRY = re.compile(r"\A([A-Z]{2})\d{2}")
# VAT numbers (Directive 2006/112/EC, Art. 215), EORI numbers and the UID of Switzerland begin with a country.
_REGISTERED = re.compile(
    r"(AT|BE|BG|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IS|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|XI)"
    r"(?=[^\W_]*\d{5})[0-9A-Z]{8,15}"
)
_OTHER_CODES = {"EL": "GR", "CHE": "CH"}
_LABEL = re.compile(r"[^A-Z0-9_]")

# By the first digits of a card (ISO/IEC 7812), as the schemes publish their ranges.
_SCHEMES: tuple[tuple[str, int, int], ...] = (
    ("a Visa card", 4, 4),
    ("a Mastercard", 51, 55),
    ("a Mastercard", 2221, 2720),
    ("an American Express card", 34, 34),
    ("an American Express card", 37, 37),
    ("a Diners Club card", 36, 36),
    ("a Diners Club card", 38, 39),
    ("a Diners Club card", 300, 305),
    ("a JCB card", 3528, 3589),
    ("a Discover card", 6011, 6011),
    ("a Discover card", 644, 659),
    ("a UnionPay card", 62, 62),
    ("a Maestro card", 50, 50),
    ("a Maestro card", 56, 58),
)
_CLASSES: Mapping[str, str] = {
    "PERSON": "a person",
    "LOCATION": "a place",
    "STREET_ADDRESS": "an address",
    "ORGANIZATION": "an organisation",
    "EMAIL_ADDRESS": "an e-mail address",
    "PHONE_NUMBER": "a phone number",
    "IP_ADDRESS": "a network address",
    "MAC_ADDRESS": "a hardware address",
    "IBAN_CODE": "a bank account",
    "CREDIT_CARD": "a payment card",
    "BANK_ACCOUNT": "a bank account",
    "CRYPTO": "a crypto address",
    "NATIONAL_ID": "an identity number",
    "SOCIAL_SECURITY": "a social security number",
    "TAX_ID": "a tax number",
    "PASSPORT": "a passport number",
    "DRIVER_LICENSE": "a driving licence",
    "LICENSE_PLATE": "a licence plate",
    "US_SSN": "a social security number",
    "HEALTH_ID": "a health number",
    "VAT_NUMBER": "a VAT number",
    "COMPANY_ID": "a company number",
    "INTERNAL_ID": "an internal number",
    "HEALTH_CONDITION": "a health condition",
    "RELIGION": "a belief",
    "POLITICAL_OPINION": "a political opinion",
    "TRADE_UNION": "a trade union",
    "SEX_LIFE": "a matter of private life",
    "ETHNIC_ORIGIN": "an origin",
    "GENETIC_DATA": "genetic data",
    "BIOMETRIC_DATA": "biometric data",
    "CRIMINAL_OFFENCE": "an offence",
    "API_KEY": "an API key",
    "ACCESS_TOKEN": "an access token",
    "PRIVATE_KEY": "a private key",
    "JWT": "a token",
    "PASSWORD": "a password",
    "CONNECTION_STRING": "a connection string",
    "CARD_SECURITY_CODE": "a card security code",
    "CARD_TRACK": "the track of a card",
    "CARD_PIN": "a PIN",
    "CONFIDENTIAL": "a confidential word",
    "INVISIBLE_TEXT": "an invisible text",
    "BIDI_CONTROL": "a control of text direction",
    "MIXED_SCRIPT": "a word of mixed scripts",
    "ENCODED_TEXT": "an encoded text",
    "PROMPT_INJECTION": "a request",
    "SYSTEM_PROMPT_LEAK": "a confidential text",
    "MARKDOWN_IMAGE": "an image",
    "MARKDOWN_LINK": "a link",
    "HTML_ELEMENT": "an element of HTML",
    "SCRIPT": "a script",
    "TOPIC": "a topic",
    "TOXICITY": "an offensive expression",
}


def masked(type_: str, value: str) -> str:
    """All letters and digits but the last four are `*`, and never less than two thirds of them.

    Names, places, secrets and what says something by itself (GDPR Art. 9 and 10) show nothing, not even how long they are. An e-mail
    address shows the top-level domain of a country, or a common one: its local part is mostly a name, and a domain may be one person's.
    Other characters than a space and `-./` are `*` too.
    """
    if type_ in _HIDDEN:
        return "***"
    if type_ == "EMAIL_ADDRESS":
        top = _TOP_LEVEL.search(value.lower())
        return f"***@***.{top[1]}" if top else "***@***"
    places = [place for place, character in enumerate(value) if character.isascii() and character.isalnum()]
    count = min(_SHOWN, len(places) // 3)
    shown = frozenset(places[len(places) - count :])
    return "".join(c if place in shown or c in _SEPARATORS else "*" for place, c in enumerate(value))


def hashed(type_: str, value: str, key: bytes) -> str:
    """`[TYPE:letters]`, 14 letters of HMAC-SHA-256 (RFC 2104): equal for equal values, and no guess can be tested without the key.

    Letters, since digits by chance could look like a number that detectors know.
    """
    message = b"\0".join((type_.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass")))
    number = int.from_bytes(hmac.digest(key, message, hashlib.sha256), "big")
    return f"[{_label(type_)}:{lettered(number, _HASH_LENGTH)}]"


def generalised(type_: str, value: str) -> str:
    """The class of a value in words, for every type of the closed list: `[a person]`; `[<TYPE>]` for others.

    A phone number in international form, an IBAN, a VAT or a company number that begins with a country tell the country (ISO 3166-1), a
    card tells its scheme, an IP address its network: three bytes (/24), or three groups (/48).
    """
    described = _DESCRIBED.get(type_)
    words = described(value) if described is not None else None
    return f"[{words or _CLASSES.get(type_) or _label(type_)}]"


def _phone(value: str) -> str | None:
    import phonenumbers  # heavy, and needed for this style only

    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return None  # a national form says no country
    region = phonenumbers.region_code_for_number(number)
    return f"a phone number in {region}" if region and region.isalpha() and len(region) == 2 else None


def _account(value: str) -> str | None:
    country = _COUNTRY.match(value.upper())
    return f"a bank account in {country[1]}" if country else None


def _registered(words: str) -> Callable[[str], str | None]:
    def described(value: str) -> str | None:
        match = _REGISTERED.fullmatch("".join(filter(str.isalnum, value[:_LONGEST].upper())))
        return f"{words} in {_OTHER_CODES.get(match[1], match[1])}" if match else None

    return described


def _card(value: str) -> str | None:
    digits = "".join(character for character in value if character.isascii() and character.isdigit())
    return next((name for name, low, high in _SCHEMES if low <= int(digits[: len(str(low))] or 0) <= high), None)


def _network(value: str) -> str | None:
    """The network of 256 addresses, or the /48: not written as an address, so that nobody takes it for one."""
    try:
        address = ipaddress.ip_address(value.partition("%")[0])  # without its zone (RFC 4007)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return f"an address in {'.'.join(str(address).split('.')[:3])}.x"
    return f"an address in {':'.join(part.lstrip('0') or '0' for part in address.exploded.split(':')[:3])}:x"


_DESCRIBED: Mapping[str, Callable[[str], str | None]] = {
    "PHONE_NUMBER": _phone,
    "IBAN_CODE": _account,
    "CREDIT_CARD": _card,
    "IP_ADDRESS": _network,
    "VAT_NUMBER": _registered("a VAT number"),
    "COMPANY_ID": _registered("a company number"),
}


def _label(type_: str) -> str:
    return _LABEL.sub("_", type_)[:64] or "VALUE"
