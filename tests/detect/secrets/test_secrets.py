# SPDX-License-Identifier: Apache-2.0
"""Secrets by their structure or the word before them; code, prose and placeholders are none, and every text is read in linear time."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.samples import JWT, PEM
from detect.secrets.drawn import TOKENS
from douane.detect.secrets.encoded import encoded
from douane.detect.secrets.prefilter import WAYS
from douane.detect.secrets.secrets import Secrets
from douane.detect.types import SECRET

SECRETS = Secrets()
DASHES = "-" * 5


def found(text: str) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in SECRETS.detect([text])[0]}


def values(text: str) -> set[str]:
    return {value for _, value in found(text)}


# By structure


@pytest.mark.parametrize("sentence", ["{}", "Authorization: Bearer {}", "token={};", '"{}"', "It is {}, she said."])
def test_a_json_web_token_is_found_by_its_header(sentence: str) -> None:
    assert ("JWT", JWT) in found(sentence.format(JWT))


@pytest.mark.parametrize("header", [b'{"typ": "JWT"}', b'["alg"]', b'{"alg', b"\xff\xfe"])
def test_what_has_no_jose_header_is_no_json_web_token(header: bytes) -> None:
    part = base64.urlsafe_b64encode(header + b" " * 12).decode().rstrip("=")
    text = ".".join(("eyJ" + part[3:], "eyJzdWIiOiIxIn0", "c2ln"))
    assert "JWT" not in {type_ for type_, _ in found(text)}


@pytest.mark.parametrize("label", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "DSA "])
def test_a_private_key_is_found_whole(label: str) -> None:
    key = PEM.replace("PRIVATE KEY", f"{label}PRIVATE KEY")
    for text in (
        key,
        f"Here it is:\n{key}\nKeep it.",
        json.dumps(key),
        f"key = {key!r}",
        key.replace("\n", "\r\n"),
        key.replace("\n", " "),
    ):
        (value,) = values(text)
        assert value.startswith(f"{DASHES}BEGIN")
        assert value.endswith(f"KEY{DASHES}")


def test_an_old_or_armoured_private_key_is_found_with_its_headers() -> None:
    headers = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n"
    key = PEM.replace("KEY-----\nMII", f"KEY-----{headers}\nMII")
    assert found(key) == {("PRIVATE_KEY", key)}
    block = PEM.replace("PRIVATE KEY", "PGP PRIVATE KEY BLOCK").replace("BLOCK-----\nMII", "BLOCK-----\nVersion: 1\n\nMII")
    assert found(block) == {("PRIVATE_KEY", block)}


@pytest.mark.parametrize("cut", [60, 120, 170, 250, 330])
def test_a_private_key_that_was_cut_off_is_found_to_its_end(cut: int) -> None:
    assert found(PEM[:cut]) == {("PRIVATE_KEY", PEM[:cut])}


@pytest.mark.parametrize(
    "text",
    [
        f"{DASHES}BEGIN PRIVATE KEY{DASHES}",
        f"{DASHES}BEGIN PRIVATE KEY{DASHES}\nand so on",
        PEM.replace("PRIVATE", "PUBLIC"),
        "PRIVATE KEY",
    ],
)
def test_the_frame_of_a_key_alone_is_no_key(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    "value",
    [
        "postgres://anna:pw1x@db.example.org:5432/shop?sslmode=require",
        "mysql://root:s3cr3t@10.0.0.1/db",
        "mongodb+srv://u:p4ss-w0rd@cluster0.example.net",
        "redis://:s3cr3t@localhost:6379/0",
        "amqps://guest:gu3st!@mq.example.org/%2f",
        "https://user:t0ken@git.example.org/a.git",
    ],
)
def test_a_connection_string_with_a_password_is_found_whole(value: str) -> None:
    for text in (value, f"DATABASE_URL={value}\n", f'"{value}"', f"Connect to {value}, then go on", json.dumps({"a": f"{value}\nb"})):
        assert ("CONNECTION_STRING", value) in found(text), text


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=1", "postgres://localhost:5432/db", "postgres://user@host/db", "http://localhost:8080/@scope/pkg",
        "postgres://user:password@localhost/db", "postgres://user:${DB_PASSWORD}@host/db", "https://example.org:443/a@b",
        "mailto:anna@example.org", "postgres://user:<password>@host/db", "git@github.com:a/b.git",
    ],
)  # fmt: skip
def test_an_address_without_a_password_is_no_connection_string(text: str) -> None:
    assert found(text) == set()


# By the word before


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("PASSWORD", "password: {}", "hunter2x"),
        ("PASSWORD", "mot de passe : {}", "Tr0ub4dor&3"),
        ("PASSWORD", "Passwort: {}", "geheim42"),
        ("PASSWORD", "contraseña: {}", "sol3dad"),
        ("PASSWORD", "senha: {}", "br4sil#22"),
        ("PASSWORD", "wachtwoord: {}", "f1ets#pad"),
        ("PASSWORD", "hasło: {}", "kr4kow!9"),
        ("PASSWORD", "lösenord: {}", "sk0g&sjo"),
        ("PASSWORD", "adgangskode: {}", "fj0rd-1"),
        ("PASSWORD", "salasana: {}", "kes4-yo"),
        ("PASSWORD", "parola: {}", "r0ma-2024"),
        ("PASSWORD", "mdp={}", "azerty42"),
        ("PASSWORD", "Kennwort={}", "g3heim"),
        ("PASSWORD", "my password is {}", "hunter22"),
        ("PASSWORD", "le mot de passe est {}", "azerty42"),
        ("PASSWORD", 'passphrase: "{}"', "correct horse battery 9"),
        ("PASSWORD", "**Password:** {}", "hunter2x"),
        ("PASSWORD", "DB_PASSWORD={}", "s3cr3t-x"),
        ("PASSWORD", "--password {}", "hunter2x"),
        ("PASSWORD", '{{"password":"{}"}}', "hunter2 x"),
        ("PASSWORD", 'password: \\"{}\\"', "hunter2x"),
        ("PASSWORD", "pin_code: {}", "12ab34"),
        ("API_KEY", "clé API : {}", "a1b2c3d4e5f6a7b8c9"),
        ("API_KEY", "API-Schlüssel: {}", "a1b2c3d4e5f6a7b8c9"),
        ("API_KEY", "clave api: {}", "a1b2c3d4e5f6a7b8c9"),
        ("API_KEY", "my api key is {}", "a1b2c3d4e5f6a7b8c9"),
        ("API_KEY", 'client_secret="{}"', "a1B2-c3D4-e5F6-g7H8"),
        ("API_KEY", "export MISTRAL_API_KEY={}", "a1B2c3D4e5F6g7H8i9J0"),
        ("API_KEY", "SCW_SECRET_KEY={}", "0a1b2c3d-4e5f-4a6b-8c7d-0a1b2c3d4e5f"),
        ("ACCESS_TOKEN", "Authorization: Bearer {}", "a1B2c3D4e5F6g7H8i9"),
        ("ACCESS_TOKEN", "jeton : {}", "a1B2c3D4e5F6g7H8i9"),
        ("ACCESS_TOKEN", "X-Auth-Token: {}", "a1B2c3D4e5F6g7H8i9"),
        ("ACCESS_TOKEN", "refresh_token={}", "a1B2c3D4e5F6g7H8i9"),
    ],
)  # fmt: skip
def test_a_value_that_a_word_announces_is_found(type_: str, text: str, value: str) -> None:
    for written in (text.format(value), f"Hello,\n{text.format(value)}\nBye", f"{text.format(value)} and so on"):
        assert (type_, value) in found(written), written


@pytest.mark.parametrize(
    "text",
    [
        "password: str", "password = None", "password: string;", "def login(user, password):", "self.password = password",
        "password: Optional[str] = None", 'os.environ["API_KEY"]', 'API_KEY = os.environ["MISTRAL_API_KEY"]',
        "const apiKey = process.env.OPENAI_API_KEY", "token = get_token()", "token = tokens[i1]",
        "password_hash = hash_password(password1)", "password1 = password2", "if password != password2:", 'api_key="your-api-key-here"',
        'api_key = "<your key>"', "api_key: ${API_KEY}", "password: {{ vault_password }}", "PASSWORD=********", "password=changeme",
        "Authorization: Bearer $TOKEN", "Authorization: Bearer <token>", "Authorization: Bearer YOUR_TOKEN_HERE",
        "secret_key = settings.SECRET_KEY", "secret: !vault |", "client_secret=client_secret", "KEY_LENGTH = 1234567890123456",
        "max_tokens=16384", "the token count is 4096", "token_type: bearer", 'session_token = "session_token_1234"',
        "Please reset your password before Monday.", "Mot de passe oublié ?", "Passwort vergessen?", "password is required",
        "Your password must be at least 12 characters long.", "The secret of good bread is patience.", "passwords: 12 of 14 were weak",
        "keyboard: qwerty123", "passenger: 12ab", "compass = north1", "pin: 1234", "the key is under the doormat2",
        "secretName: my-tls-secret-v1", "tokenizer: gpt2-tokenizer-v1-largest", "git commit " + "0a1b2c3d4e" * 4, "sha256:" + "0a1b" * 16,
    ],
)  # fmt: skip
def test_code_prose_and_placeholders_are_no_secrets(text: str) -> None:
    assert found(text) == set()


# Whatever the text

FRAGMENTS = (
    "password", "pin_code", "API_KEY", "token ", "secret", ": ", "=", " is ", '"', "'", "\\", "\n", " ", "_", "-", "a1B2c3D4e5F6g7H8i9",
    "hunter2x", "CVV ", "card pin ", "1234", "4111111111111111=27051010000000000", "Basic YW5uYTpodW50ZXIyeA==", "mistral ",
    "ovh secret ", "eyJ", JWT, PEM[:80], DASHES, "://", "postgres://u:pw1x@db", "x" * 60, "9" * 60,
    *(token for _, token in TOKENS),
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=10).map("".join)


@given(texts)
def test_the_first_pass_rules_out_nothing_that_is_there(text: str) -> None:
    """Every way is asked here, also those that the first pass would not ask."""
    spans = {span for find in WAYS for span in find(encoded(text))}
    assert set(SECRETS.detect([text])[0]) == spans
    assert not (spans and SECRETS.is_calm(text))


@given(texts)
def test_every_span_is_inside_its_text_and_a_secret(text: str) -> None:
    for span in SECRETS.detect([text])[0]:
        assert 0 <= span.start < span.end <= len(text)
        assert span.type in SECRET


@pytest.mark.parametrize("text", ["Tell me about the history of bread.", "I lost my keys and my password.", "A token of my love"])
def test_prose_is_calm(text: str) -> None:
    assert SECRETS.is_calm(text)


BEGIN = f"{DASHES}BEGIN PRIVATE KEY{DASHES}"
HOSTILE = (
    "a_", "a_a_a_password", "password ", "password:", "password: a", 'password="', "eyJ", "eyJ.", "eyJaaaaaaaa.eyJaa.:", "sk-", "sk-a",
    "AKIA", DASHES, f"{DASHES}BEGIN ", BEGIN, BEGIN + "A" * 20, "://", "a://", "a://b:", "a://b:c@", "xoxb-", "key-", "key ", "token=x",
    "'", "a.", ":", "https://a.a.", "fm2_", "ops_eyJ", "IQoJb3JpZ2lu ", "xoxb1-", "Q~", "a1b2c3d4Q~", "123456789:AAAA", ".atlasv1.",
    "$6$a$",
    "$argon2id$v=1$", "mistral ", "mistral a1B2c3D4e5F6g7H8 ", "private key ", "scw secret key a1b2c3d4-", "cvv ", "cvv 123 ",
    "security code ",
    "pin ", "card pin 1234 ", "basic aaaaaaaa ", "login a password ", "a:5432:b:c:", "Private-Lines: 1\n", "AAAA\n", "B411111111111111^",
    "4111111111111111=", "парола: ", "password is ", "é", "\ud800",
)  # fmt: skip


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", HOSTILE)
def test_the_longest_hostile_text_is_read_in_linear_time(piece: str) -> None:
    """A text of 200 kB that costs quadratic time would take minutes, and the limit of the test ends it."""
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    SECRETS.detect([text])
    assert 0 <= SECRETS.horizon(text) <= len(text)
    SECRETS.is_calm(text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("header", ["Comment:", "Comment: \\n", "Proc-Type:\n", "\n+ "])
def test_headers_in_a_key_can_be_read_in_one_way_only(header: str) -> None:
    """Were there two ways, forty headers would take longer than the world has."""
    text = BEGIN + header * 40 + "\n!!!"
    assert found(text) == set()
    assert SECRETS.horizon(text) == len(text)


def test_a_lone_surrogate_hides_nothing_and_moves_nothing() -> None:
    text = "\ud800 café: password: hunter2x"
    assert found(text) == {("PASSWORD", "hunter2x")}
