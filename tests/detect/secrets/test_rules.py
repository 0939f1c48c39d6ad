# SPDX-License-Identifier: Apache-2.0
"""The rules as data: every provider's secrets are found wherever they stand, by their own rule, and nothing else is."""

import base64
import json
import re
from importlib.resources import files

import pytest

from detect.secrets.drawn import TOKENS, announced, checked, drawn, tokens
from douane.detect.secrets.rules import Near, Token, rules
from douane.detect.secrets.secrets import Secrets
from douane.detect.types import SECRET
from douane.finding import Span

SECRETS = Secrets()
RULES = (*rules().tokens, *rules().near)
CONTEXTS = (
    "{}",
    "Use {} for now.\nThanks",
    'const key = "{}";',
    "KEY={}\n",
    '{{"key": "{}"}}',
    "https://api.example.org/?key={}&x=1",
    "The token is {}.",
    "`{}`",
    "**{}**",
    "Bearer {}",
    "({})",
    "{{'k': '{}'}}",
    "- {}, and",
    "é{}é",
)


def found(text: str) -> list[Span]:
    return list(SECRETS.detect([text])[0])


def told(text: str, value: str) -> set[tuple[str, str]]:
    return {(span.type, span.rule) for span in found(text) if text[span.start : span.end] == value}


def test_there_are_rules_for_more_than_sixty_providers() -> None:
    assert len({rule.id.partition(".")[0] for rule in RULES}) >= 60


def test_every_rule_has_its_own_id_a_type_of_secrets_and_samples() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.type for rule in RULES} <= set(SECRET)
    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9_]+", rule.id) and rule.like for rule in RULES)


def test_the_data_say_their_source_licence_and_date() -> None:
    for name in ("rules.json", "words.json"):
        about = json.loads((files("douane.detect.secrets") / name).read_text(encoding="utf-8"))["about"]
        assert about["licence"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", about["date"])
        assert about.get("source") or about["sources"]


@pytest.mark.parametrize("rule", rules().tokens, ids=lambda rule: rule.id)
def test_a_token_is_found_wherever_it_stands(rule: Token) -> None:
    for token in tokens(rule, seeds=3):
        for context in CONTEXTS:
            text = context.format(rule.before + token)
            assert (rule.type, rule.id) in told(text, token), text
            assert not SECRETS.is_calm(text)


@pytest.mark.parametrize("rule", rules().near, ids=lambda rule: rule.id)
def test_what_a_name_tells_is_found(rule: Near) -> None:
    for text, value in announced(rule, seeds=3):
        for context in ("{}", "export {}\n", "`{}`", "{}.", "I set {} yesterday", "({})", "{}, and"):
            written = context.format(text)
            assert (rule.type, rule.id) in told(written, value), written
            assert not SECRETS.is_calm(written)


@pytest.mark.parametrize(("rule", "token"), TOKENS, ids=lambda value: getattr(value, "id", ""))
def test_a_token_that_is_cut_or_glued_is_none(rule: Token, token: str) -> None:
    start = rule.before + token[:10]
    assert not [span for span in found(start) if span.rule == rule.id]
    if not rule.before and token[0].isalnum() and not rule.id.endswith("webhook"):
        assert (rule.type, rule.id) not in told(f"x{token}", token)


@pytest.mark.parametrize("rule", [rule for rule in rules().tokens if rule.check], ids=lambda rule: rule.id)
def test_a_checksum_that_fails_makes_a_token_less_sure_and_no_less_found(rule: Token) -> None:
    for token in tokens(rule, seeds=5):
        spoiled = token[:-1] + ("3" if token[-1] != "3" else "4")
        (right,), (wrong,) = found(token), found(spoiled)
        assert right.rule == wrong.rule == rule.id
        assert right.score == 0.98 > wrong.score == 0.6


def test_the_checksum_is_the_one_that_a_known_token_has() -> None:
    """A token that was published, revoked, by those who first described the format; and the example of BIP 173."""
    body = "zQWBuTSOoRi4" + "A9spHcVY5ncnsDkxkJ"
    assert checked(f"ghp_{body}~", "base62_crc32").removeprefix(f"ghp_{body}") == "0mLq17"
    assert checked("A1~", "bech32") == "A1" + "2UEL5L"


@pytest.mark.parametrize(
    "text",
    [
        "sk-" + "x" * 40, "sk-" + "your-api-key-goes-here-1", "AK" + "IA" + "IOSFODNN7" + "EXAMPLE", "ghp_" + "0" * 36,
        "sk-proj-" + "your-project-key-goes-here", "sk-learn and sk-image", "hf_" + "hub_download_from_the_repository_x", "hf_" + "a" * 34,
        "SG.sendgrid.com", "AC" + "0" * 32, "live_" + "performance_of_the_whole_band1", "EAAAA", "pat" + "terns.of.use", "MTIzNDU2Nzg5.abc",
        "MISTRAL_API_KEY=" + "x" * 32, "Mistral released a model with 123 billion parameters, mistral-large-2411-instruct-q4-k-m.gguf",
        "mistral-7b md5 " + "0a1b2c3d" * 4, "SCW_DEFAULT_PROJECT_ID=0a1b2c3d-4e5f-4a6b-8c7d-0a1b2c3d4e5f",
        "the heroku app 0a1b2c3d-4e5f-4a6b-8c7d-0a1b2c3d4e5f", "datadog trace " + "0a1b2c3d" * 4, "AccountKey=<your-account-key>",
        "aws s3 cp s3://bucket/2024/01/02/part-00000-of-00010.parquet", "token=sha256~short", "wandb run " + "0a1b2c3d4e" * 4,
    ],
)  # fmt: skip
def test_what_looks_like_a_token_from_far_is_none(text: str) -> None:
    assert found(text) == []


def test_a_service_account_of_kubernetes_is_known_by_its_issuer() -> None:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    token = ".".join((part({"alg": "RS256", "kid": "k"}), part({"iss": "kubernetes/serviceaccount", "sub": "x"}), drawn("<w86>")))
    assert told(token, token) == {("JWT", "kubernetes.service_account")}


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("Authorization: Basic {}", "YW5uYTpodW50ZXIyeA==", "http.basic"),
        ("curl -H 'authorization: basic {}'", "YW5uYTpodW50ZXIyeA==", "http.basic"),
        ("db.example.org:5432:shop:anna:{}\n", "s3cr3t-x", "pgpass.line"),
        ("*:*:*:postgres:{}", "s3cr3t-x", "pgpass.line"),
        ("machine ftp.example.org login anna password {}\n", "hunter", "netrc.entry"),
        ("machine ftp.example.org\n  login anna\n  password {}", "hunter", "netrc.entry"),
    ],
)  # fmt: skip
def test_a_password_is_found_where_a_format_puts_it(text: str, value: str, rule: str) -> None:
    assert ("PASSWORD", rule) in told(text.format(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "basic knowledge of physics", "Basic research1 is dear", "main.py:12:34:error:message", "at 10:5432 login and password",
        "the login form has a password field", "a:5432:b", "12:30:45:500:000 of the log",
    ],
)  # fmt: skip
def test_what_only_looks_like_such_a_format_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bg", "парола: {}"), ("cs", "heslo: {}"), ("da", "adgangskode: {}"), ("de", "Passwort: {}"), ("el", "κωδικός πρόσβασης: {}"),
        ("en", "password: {}"), ("es", "contraseña: {}"), ("et", "parool: {}"), ("fi", "salasana: {}"), ("fr", "mot de passe : {}"),
        ("ga", "pasfhocal: {}"), ("hr", "lozinka: {}"), ("hu", "jelszó: {}"), ("it", "parola d'ordine: {}"), ("lt", "slaptažodis: {}"),
        ("lv", "parole: {}"), ("mt", "kelma sigrieta: {}"), ("nl", "wachtwoord: {}"), ("pl", "hasło: {}"), ("pt", "palavra-passe: {}"),
        ("ro", "parolă: {}"), ("sk", "heslo: {}"), ("sl", "geslo: {}"), ("sv", "lösenord: {}"),
    ],
)  # fmt: skip
def test_a_password_is_announced_in_every_language_of_the_union(language: str, text: str) -> None:
    for written in (text, text.upper(), text.capitalize(), f"Hej, {text}", f"**{text.partition(':')[0].strip()}**: {{}}"):
        assert ("PASSWORD", "password.assigned") in told(written.format("hunter2x"), "hunter2x"), written


def test_a_key_of_putty_is_found() -> None:
    key = "\n".join(("Private-Lines: 2", drawn("<6x64>"), drawn("<6x52>")))
    text = f"PuTTY-User-Key-File-3: ssh-ed25519\nComment: x\n{key}\nPrivate-MAC: {drawn('<h64>')}\n"
    assert told(text, key) == {("PRIVATE_KEY", "private_key.putty")}
