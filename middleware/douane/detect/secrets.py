# SPDX-License-Identifier: Apache-2.0
"""Credentials by their prefix and structure, and by the words in front of them. No rule by entropy alone: it flags nearly every prompt."""

import base64
import binascii
import json
import re
from collections.abc import Sequence

from douane.finding import Span

__all__ = ["Secrets", "may_hold"]

_EDGE = r"(?<![A-Za-z0-9_-])"
_END = r"(?![A-Za-z0-9_])"

# (type, literal that must occur, pattern). After the providers' own documentation of their token formats.
_RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (type_, literal, re.compile(pattern))
    for type_, literal, pattern in (
        ("API_KEY", "sk-ant-", rf"{_EDGE}sk-ant-[A-Za-z0-9_-]{{20,200}}{_END}"),
        ("API_KEY", "sk-", rf"{_EDGE}sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{{20,200}}{_END}"),
        ("API_KEY", "AIza", rf"{_EDGE}AIza[A-Za-z0-9_-]{{35}}{_END}"),
        ("ACCESS_TOKEN", "hf_", rf"{_EDGE}hf_[A-Za-z0-9]{{30,60}}{_END}"),
        ("ACCESS_TOKEN", "gh", rf"{_EDGE}gh[pousr]_[A-Za-z0-9]{{36,255}}{_END}"),
        ("ACCESS_TOKEN", "github_pat_", rf"{_EDGE}github_pat_[A-Za-z0-9_]{{22,255}}{_END}"),
        ("ACCESS_TOKEN", "glpat-", rf"{_EDGE}gl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{{20,64}}{_END}"),
        ("ACCESS_TOKEN", "xox", rf"{_EDGE}xox[abeoprs]-[A-Za-z0-9-]{{10,250}}{_END}"),
        ("ACCESS_TOKEN", "npm_", rf"{_EDGE}npm_[A-Za-z0-9]{{36}}{_END}"),
        ("ACCESS_TOKEN", "pypi-", rf"{_EDGE}pypi-AgE[A-Za-z0-9_-]{{50,250}}{_END}"),
        ("ACCESS_TOKEN", "dop_v1_", rf"{_EDGE}do[opr]_v1_[a-f0-9]{{64}}{_END}"),
        ("API_KEY", "_live_", rf"{_EDGE}[rs]k_live_[A-Za-z0-9]{{16,250}}{_END}"),
        ("API_KEY", "_test_", rf"{_EDGE}[rs]k_test_[A-Za-z0-9]{{16,250}}{_END}"),
        ("API_KEY", "SG.", rf"{_EDGE}SG\.[A-Za-z0-9_-]{{16,32}}\.[A-Za-z0-9_-]{{32,64}}{_END}"),
        ("API_KEY", "SCW", rf"{_EDGE}SCW[A-Z0-9]{{17}}{_END}"),
        ("API_KEY", "gsk_", rf"{_EDGE}gsk_[A-Za-z0-9]{{40,60}}{_END}"),
        ("API_KEY", "AKIA", rf"{_EDGE}AKIA[A-Z2-7]{{16}}{_END}"),
        ("API_KEY", "ASIA", rf"{_EDGE}ASIA[A-Z2-7]{{16}}{_END}"),
    )
)
_LITERALS = tuple(literal for _, literal, _ in _RULES)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*+(?:-----END [A-Z0-9 ]{0,40}-----)?")
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{0,1000}(?![A-Za-z0-9_-])")
_CONNECTION = re.compile(r"(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{2,30}://[^\s:/@\"'<>]{0,100}:([^\s/@\"'<>]{1,200})@[A-Za-z0-9._\[\]:-]{1,255}[^\s\"'<>]{0,300}")
_WORDS = (
    "password|passwd|passphrase|passwort|kennwort|mot de passe|contrase\u00f1a|contrasena|wachtwoord|has\u0142o|senha|palavra-passe|"
    "l\u00f6senord|salasana|adgangskode|pwd|secret[_-]?access[_-]?key|client[_-]?secret|api[_ -]?key|apikey|access[_-]?token|auth[_-]?token|"
    "secret[_-]?key|private[_-]?token|bearer|mistral_api_key|secret"
)
# The word, at most a quote and an `is`, a sign, at most a quote, and the value in the first group.
_KEYWORD = re.compile(
    rf"(?<![A-Za-z])(?P<word>{_WORDS})[\"'`]?\s{{0,3}}(?:(?:is|ist|est|es|lautet)\s{{0,3}}:?|:|=|=>)\s{{0,3}}[\"'`]?(?P<value>[^\s\"'`,;<>]{{6,200}})", re.IGNORECASE
)
_BEARER = re.compile(r"(?<![A-Za-z])(?P<word>bearer) (?P<value>[A-Za-z0-9._~+/-]{20,2000}=*)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"[x*.\u2022#-]{4,}|.*(?:your|my|example|change|placeholder|redacted|xxxx|todo|dummy|sample|insert|<|\$\{|\{\{|%\(|\(\)|getenv|environ|process\.env|"
    r"os\.|config\.|self\.|null|none|undefined|true|false).*",
    re.IGNORECASE,
)
_PASSWORDS = frozenset({"password", "passwd", "passphrase", "passwort", "kennwort", "mot de passe", "wachtwoord", "senha", "pwd"})


class Secrets:
    """Finds credentials. Model-free, in process, linear in the text."""

    name = "secrets"
    version = "1"

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]:
        """See `Detector`."""
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        found = [
            Span(type_, match.start(), match.end(), 1.0, self.name)
            for type_, literal, pattern in _RULES
            if literal in text
            for match in pattern.finditer(text)
            if not _is_placeholder(match[0])
        ]
        if "-----BEGIN" in text:
            found += [Span("PRIVATE_KEY", *match.span(), 1.0, self.name) for match in _PRIVATE_KEY.finditer(text)]
        if "eyJ" in text:
            found += [Span("JWT", *match.span(), 1.0, self.name) for match in _JWT.finditer(text) if _is_jwt(match[0])]
        if "://" in text:
            found += [
                Span("CONNECTION_STRING", *match.span(), 1.0, self.name)
                for match in _CONNECTION.finditer(text)
                if not _PLACEHOLDER.fullmatch(match[1])
            ]
        for pattern in (_KEYWORD, _BEARER):
            for match in pattern.finditer(text):
                value = match["value"].rstrip(".!?)]}")
                if _is_value(match["word"].lower(), value):
                    type_ = "PASSWORD" if match["word"].lower() in _PASSWORDS else "API_KEY"
                    start = match.start("value")
                    found.append(Span(type_, start, start + len(value), 0.8, self.name))
        return found


def _is_placeholder(value: str) -> bool:
    tail = value[-12:]
    return len(set(tail)) < 4 or "xxxx" in value.lower() or "your" in value.lower() or "..." in value


def _is_value(word: str, value: str) -> bool:
    """Whether what follows a word for a secret looks like one: passwords are mixed, tokens are long and mixed; code and prose are neither."""
    if len(value) < 6 or _PLACEHOLDER.fullmatch(value):
        return False
    kinds = sum((any(c.islower() for c in value), any(c.isupper() for c in value), any(c.isdigit() for c in value), not value.isalnum()))
    if word in _PASSWORDS:
        return kinds >= 2 and not re.fullmatch(r"[A-Za-z]+(?:[._()\[\]-][A-Za-z]*)*", value)
    return len(value) >= 12 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _is_jwt(token: str) -> bool:
    head = token.split(".", 1)[0]
    try:
        return isinstance(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))), dict)
    except (ValueError, binascii.Error):
        return False


def may_hold(text: str) -> bool:
    """Whether any rule could match at all; cheap."""
    return any(literal in text for literal in _LITERALS) or "-----BEGIN" in text or "eyJ" in text or "://" in text or bool(_WORD.search(text))


_WORD = re.compile(_WORDS, re.IGNORECASE)
