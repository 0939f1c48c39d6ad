# SPDX-License-Identifier: Apache-2.0
"""Secrets put together here, in the texts that people paste them in, and what looks like one and is none.

Shapes are written from what providers document, not taken from the detector's rules: `{B36}` is 36 characters of base 62. No token stands
in this file: every prefix is in two parts.
"""

import base64
import json
import random
import re
import string
from uuid import UUID
from zlib import crc32

from quality_sample import Gold, Sample

__all__ = ["none", "samples"]

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ALPHABETS = {
    "B": _BASE62,
    "W": _BASE62 + "-_",
    "H": "0123456789abcdef",
    "D": string.digits,
    "U": string.ascii_uppercase + string.digits,
    "L": string.ascii_lowercase + string.digits,
    "P": _BASE62 + "+/",
    "T": string.ascii_uppercase + "234567",
}
_PART = re.compile(r"\{(?:uuid|([A-Z])(\d+))\}")

# By provider: type and shape, the space in the shape divides the prefix.
_TOKENS = {
    "OpenAI": ("API_KEY", "sk- proj-{W74}T3BlbkFJ{W74}"),
    "Anthropic": ("API_KEY", "sk- ant-api03-{W93}AA"),
    "Mistral, named": ("API_KEY", "MISTRAL_API_KEY=|{B32}"),
    "Google": ("API_KEY", "AI zaSy{W33}"),
    "Hugging Face": ("ACCESS_TOKEN", "h f_{B34}"),
    "AWS": ("API_KEY", "AK IA{T16}"),
    "AWS secret, named": ("API_KEY", "aws_secret_access_key = |{P40}"),
    "Scaleway": ("API_KEY", "SC W{U17}"),
    "OVH, named": ("API_KEY", "OVH_APPLICATION_SECRET=|{L32}"),
    "GitHub": ("ACCESS_TOKEN", "gh p_{crc30}"),
    "GitHub, fine-grained": ("ACCESS_TOKEN", "github _pat_{B22}_{B59}"),
    "GitLab": ("ACCESS_TOKEN", "gl pat-{W20}"),
    "npm": ("ACCESS_TOKEN", "np m_{crc30}"),
    "PyPI": ("ACCESS_TOKEN", "py pi-AgEIcHlwaS5vcmc{W150}"),
    "Slack": ("ACCESS_TOKEN", "xo xb-{D12}-{D13}-{B24}"),
    "Slack webhook": ("ACCESS_TOKEN", "https://hooks.slack .com/services/T{U10}/B{U10}/{B24}"),
    "Stripe": ("API_KEY", "sk _live_{B99}"),
    "SendGrid": ("API_KEY", "S G.{W22}.{W43}"),
    "Twilio, named": ("ACCESS_TOKEN", "TWILIO_AUTH_TOKEN=|{H32}"),
    "Mailgun": ("API_KEY", "ke y-{H32}"),
    "Mailchimp": ("API_KEY", "{H32} -us14"),
    "Brevo": ("API_KEY", "xke ysib-{H64}-{B16}"),
    "DigitalOcean": ("ACCESS_TOKEN", "do p_v1_{H64}"),
    "Shopify": ("ACCESS_TOKEN", "shp at_{H32}"),
    "Telegram": ("ACCESS_TOKEN", "{D10}: AA{W33}"),
    "Discord webhook": ("ACCESS_TOKEN", "https://discord .com/api/webhooks/{D19}/{W68}"),
    "Databricks": ("ACCESS_TOKEN", "da pi{H32}"),
    "HashiCorp Vault": ("ACCESS_TOKEN", "hv s.{W90}"),
    "Terraform": ("ACCESS_TOKEN", "{B14} .atlasv1.{W67}"),
    "Doppler": ("ACCESS_TOKEN", "dp .pt.{B43}"),
    "Pulumi": ("ACCESS_TOKEN", "pu l-{H40}"),
    "Grafana": ("ACCESS_TOKEN", "gl sa_{B32}_{H8}"),
    "Sentry": ("ACCESS_TOKEN", "sn tryu_{H64}"),
    "New Relic": ("API_KEY", "NR AK-{U27}"),
    "Datadog, named": ("API_KEY", "DD_API_KEY=|{H32}"),
    "Linear": ("API_KEY", "lin _api_{B40}"),
    "Notion": ("ACCESS_TOKEN", "nt n_{D11}{B35}"),
    "Airtable": ("ACCESS_TOKEN", "pa t{B14}.{H64}"),
    "Figma": ("ACCESS_TOKEN", "fi gd_{W40}"),
    "Postman": ("API_KEY", "PM AK-{H24}-{H34}"),
    "Groq": ("API_KEY", "gs k_{B52}"),
    "xAI": ("API_KEY", "xa i-{B80}"),
    "Perplexity": ("API_KEY", "pp lx-{B48}"),
    "Replicate": ("ACCESS_TOKEN", "r8 _{B37}"),
    "OpenRouter": ("API_KEY", "sk- or-v1-{H64}"),
    "Azure storage": ("API_KEY", "AccountKey=|{P86}=="),
    "Heroku, named": ("API_KEY", "HEROKU_API_KEY=|{uuid}"),
    "Cloudflare, named": ("ACCESS_TOKEN", "CLOUDFLARE_API_TOKEN=|{W40}"),
}
_OTHERS = ("JSON Web Token", "private key", "connection string", "password", "card security code")
_PASTED = (
    "{}",
    "here is the key: {} (rotate it later please)",
    "export KEY={}\n",
    '{{"token": "{}", "retries": 3}}',
    "config:\n  key: {}\n  region: eu\n",
    "curl -H 'Authorization: Bearer {}' https://api.example.org/v1/items",
    'client = Client("{}")',
    "It stopped working after I set `{}`.",
    "old: {}, new: none yet",
    "| staging | {} |",
)
_PASSWORDS = (
    "The password is {}.", "my login is otto, pw: {}", "Das Passwort lautet {}", "Kennwort: {}", "le mot de passe est {}", "mdp : {}",
    "la contraseña es {}", "la password è {}", "wachtwoord: {}", "hasło: {}", "a palavra-passe é {}", "lösenord: {}", "adgangskode: {}",
    "salasana: {}", "heslo: {}", "jelszó: {}", "parola este {}", "парола: {}", "κωδικός: {}", "lozinka: {}", "geslo: {}", "parool: {}",
    "parole: {}", "slaptažodis: {}", "DB_PASSWORD={}", "password = \"{}\"", "-p {} --password {}",
)  # fmt: skip
_CODES = (
    "CVV {}",
    "CVC: {}",
    "security code {}",
    "Prüfnummer {}",
    "cryptogramme {}",
    "código CVV {}",
    "codice di sicurezza {}",
    "kod CVV: {}",
)
_NONE = (
    "Set OPENAI_API_KEY to your own key before you start.",
    'api_key = os.environ["API_KEY"]',
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "password: <your-password>",
    "export KEY=xxxxxxxxxxxxxxxxxxxxxxxx",
    "password = getpass.getpass()",
    "I forgot my password, how do I reset it?",
    "Das Passwort muss mindestens zwölf Zeichen haben.",
    "Le mot de passe doit contenir une majuscule.",
    "La contraseña caduca cada noventa días.",
    "The token bucket refills at ten requests a second.",
    "A secret is stored in the vault and never printed.",
    "SELECT password_hash FROM users WHERE id = %s",
    "def check_password(self, password: str) -> bool:",
    "Authorization: Bearer <token>",
    "postgres://user:password@localhost/db",
    "aws configure set region eu-west-3",
    "key: value",
    "primary key (id, created_at)",
    "The session key is derived with HKDF from the shared secret.",
    "integrity sha512-{P86}==",
    '"resolved": "https://registry.example.org/p/-/p-1.2.3.tgz#{H40}"',
    "commit {H40}",
    "data:image/png;base64,iVBORw0KGgo{P120}",
    'etag: W/"{H32}"',
    "trace_id={H32} span_id={H16}",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{P43} otto@host",
    "session {uuid} expired",
    "image: registry.example.org/app@sha256:{H64}",
    'class="css-{L8} {L12}"',
)


def samples(each: int = 8) -> list[Sample]:
    """Secrets of every provider, the group is the provider."""
    made = []
    for provider in (*_TOKENS, *_OTHERS):
        drawn = random.Random(f"secret {provider}")
        pasted = drawn.sample(_PASTED, len(_PASTED))
        made += [_sample(provider, pasted[number % len(pasted)], drawn) for number in range(each)]
    return made


def none(each: int = 5) -> list[Sample]:
    """What is no secret: placeholders, code, prose about secrets, digests."""
    drawn = random.Random("no secrets")
    return [Sample("no secret", _drawn(text, drawn)) for text in _NONE for _ in range(each if _PART.search(text) else 1)]


def _sample(provider: str, pasted: str, drawn: random.Random) -> Sample:
    before, value, after = "", "", ""
    match provider:
        case "JSON Web Token":
            type_, value = "JWT", _web_token(drawn)
        case "private key":
            type_, value = "PRIVATE_KEY", _private_key(drawn)
        case "connection string":
            type_, password = "CONNECTION_STRING", _drawn("{B14}", drawn)
            scheme = drawn.choice(("postgresql", "mysql+pymysql", "mongodb+srv", "redis", "amqps"))
            value = f"{scheme}://app:{password}@db{drawn.randrange(9)}.example.org:5432/shop"
        case "password":
            type_, pasted = "PASSWORD", drawn.choice(_PASSWORDS)
            value = _drawn(drawn.choice(("{B10}", "Regen-{D4}-bogen", "{L6}!{D3}", "kaf{D2}Fee_{L3}")), drawn)
        case "card security code":
            type_, pasted, value = "CARD_SECURITY_CODE", f"my card, {drawn.choice(_CODES)}", _drawn("{D3}", drawn)
        case _:
            type_, shape = _TOKENS[provider]
            before, _, value = _drawn(shape.replace(" ", "") if "|" not in shape else shape, drawn).rpartition("|")
            pasted = drawn.choice(("{}", "{}\n", "export {}", "```\n{}\n```")) if before else pasted
    head, _, after = pasted.replace("{{", "{").replace("}}", "}").partition("{}")
    start = len(head) + len(before)
    golds = [Gold(type_, start, start + len(value), provider)]
    if "{}" in after:
        golds.append(Gold(type_, again := start + len(value) + after.index("{}"), again + len(value), provider))
    return Sample(provider, head + before + value + after.replace("{}", value), tuple(golds))


def _drawn(shape: str, drawn: random.Random) -> str:
    shape = shape.replace("{crc30}", _checked(drawn))

    def part(match: re.Match[str]) -> str:
        if match[1] is None:
            return str(UUID(int=drawn.getrandbits(128), version=4))
        return "".join(drawn.choices(_ALPHABETS[match[1]], k=int(match[2])))

    return _PART.sub(part, shape)


def _checked(drawn: random.Random) -> str:
    """30 characters and their checksum in six, as GitHub and npm have it."""
    body = "".join(drawn.choices(_BASE62, k=30))
    number, sum_ = crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        sum_ = _BASE62[digit] + sum_
    return body + sum_


def _web_token(drawn: random.Random) -> str:
    parts: tuple[dict[str, object], ...] = (
        {"alg": "RS256", "typ": "JWT"},
        {"sub": str(drawn.randrange(10**9)), "exp": 1_900_000_000, "scope": "read"},
    )
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _drawn("{W86}", drawn)])


def _private_key(drawn: random.Random) -> str:
    kind, dashes = drawn.choice(("RSA ", "EC ", "OPENSSH ", "")), "-" * 5
    lines = [_drawn("{P64}", drawn) for _ in range(drawn.randrange(4, 16))]
    return "\n".join(
        [f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}", "MII" + lines[0][3:], *lines[1:], f"{dashes}END {kind}PRIVATE KEY{dashes}"]
    )
