# SPDX-License-Identifier: Apache-2.0
"""What proves that a card is at hand: codes after their words in every language of the Union, PINs of cards, tracks by their structure."""

import pytest

from douane.detect.secrets.secrets import Secrets

SECRETS = Secrets()
TRACK_1 = "B4111111111111111^DOE/JANE MARY        ^27051010000000000000"
TRACK_2 = "4111111111111111=27051010000000000"


def found(text: str) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in SECRETS.detect([text])[0]}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bg", "код за сигурност: {}"), ("cs", "bezpečnostní kód: {}"), ("da", "sikkerhedskode: {}"), ("de", "Prüfziffer: {}"),
        ("de", "Kartenprüfnummer {}"), ("el", "κωδικός ασφαλείας: {}"), ("en", "security code: {}"), ("en", "CVV {}"), ("en", "cvc2={}"),
        ("en", "the CVC on the back is {}"), ("en", '"securityCode": "{}"'), ("en", "security_code = {}"), ("es",
        "código de seguridad: {}"),
        ("et", "turvakood: {}"), ("fi", "turvaluku: {}"), ("fr", "cryptogramme visuel : {}"), ("fr", "le code de sécurité est {}"),
        ("ga", "cód slándála: {}"), ("hr", "sigurnosni kod: {}"), ("hu", "biztonsági kód: {}"), ("it", "codice di sicurezza: {}"),
        ("lt", "saugos kodas: {}"), ("lv", "drošības kods: {}"), ("mt", "kodiċi tas-sigurtà: {}"), ("nl", "beveiligingscode: {}"),
        ("pl", "kod zabezpieczający: {}"), ("pt", "código de segurança: {}"), ("ro", "codul de securitate: {}"), ("sk",
        "bezpečnostný kód: {}"),
        ("sl", "varnostna koda: {}"), ("sv", "säkerhetskod: {}"),
    ],
)  # fmt: skip
def test_a_security_code_is_found_in_every_language_of_the_union(language: str, text: str) -> None:
    for code in ("123", "9876"):
        for written in (text, text.upper(), f"Card 4111 1111 1111 1111, 05/27, {text}, thanks", f"{text}."):
            assert ("CARD_SECURITY_CODE", code) in found(written.format(code)), written


@pytest.mark.parametrize(
    "text",
    [
        "my card PIN is {}", "PIN of my Visa card: {}", "Meine Karten-PIN: {}", "die Geheimzahl meiner Karte lautet {}",
        "le code secret de ma carte est {}", "code PIN de la carte : {}", "el PIN de mi tarjeta es {}", "pincode van mijn pinpas: {}",
        "PIN do mojej karty to {}", "Il PIN della mia carta è {}", "ATM pin: {}", "kortets pinkod: {}", "Card 4111 1111 1111 1111 pin {}",
    ],
)  # fmt: skip
def test_the_pin_of_a_card_is_found(text: str) -> None:
    for pin in ("1234", "804213"):
        assert ("CARD_PIN", pin) in found(text.format(pin)), text


@pytest.mark.parametrize("text", ["{}", "%{}?", "swiped: {} ok", ";{}?"])
def test_a_track_is_found_by_its_structure(text: str) -> None:
    for track in (TRACK_1, TRACK_2, TRACK_2.replace("=", "D") + "F"):
        assert any(type_ == "CARD_TRACK" and value.startswith(track) for type_, value in found(text.format(track))), text


@pytest.mark.parametrize(
    "text",
    [
        "pin: 1234", "PIN 482913 for the phone", "the security code review found 123 issues", "error verification code 404 of 500",
        "CVE-2024-1234", "CVV 12", "CVV 12345", "cvv 123.45", "cvv 123 456", "cvv 1,234", "CVV and then. 123", "opinion 1234 of the card",
        "my card has 1234 points", TRACK_1.replace("4111111111111111", "4111111111111112"), TRACK_2.replace("4111111111111111",
        "4111111111111112"),
        "4111111111111111=2799101", "x=12345678901234567890", "a security code of honour, 1800", "the pinewood card 1234",
    ],
)  # fmt: skip
def test_other_numbers_prove_no_card(text: str) -> None:
    assert not [type_ for type_, _ in found(text) if type_.startswith("CARD_")]
