# SPDX-License-Identifier: Apache-2.0
"""Finds secrets by what their issuers put in front of them, by their structure, or by the word that announces them; never by entropy."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from douane.detect.run import run_start
from douane.finding import Span

__all__ = ["Secrets"]

_TOKEN_RULES: tuple[tuple[str, str], ...] = (
    ("API_KEY", r"sk-(?:proj|svcacct|admin|None|live|test)-[\w-]{20,250}"),  # OpenAI
    ("API_KEY", r"sk-ant-[a-z0-9]{2,12}-[\w-]{20,250}"),  # Anthropic
    ("API_KEY", r"sk-(?:or-v1-)?[A-Za-z0-9]{20,100}"),  # OpenAI of old, OpenRouter, DeepSeek
    ("API_KEY", r"AIza[\w-]{35}"),  # Google
    ("ACCESS_TOKEN", r"ya29\.[\w-]{20,250}"),
    ("ACCESS_TOKEN", r"hf_[A-Za-z0-9]{30,50}"),  # Hugging Face
    ("ACCESS_TOKEN", r"gh[pousr]_[A-Za-z0-9]{36,250}"),  # GitHub
    ("ACCESS_TOKEN", r"github_pat_\w{50,100}"),
    ("ACCESS_TOKEN", r"gl(?:pat|dt|rt|ptt|cbt|oas|soat)-[\w.-]{20,100}"),  # GitLab
    ("API_KEY", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),  # AWS
    ("ACCESS_TOKEN", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,200}"),  # Slack
    ("ACCESS_TOKEN", r"xapp-\d-[A-Za-z0-9-]{20,200}"),
    ("API_KEY", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9+/=]{24,100}"),  # Stripe
    ("ACCESS_TOKEN", r"npm_[A-Za-z0-9]{36}"),
    ("ACCESS_TOKEN", r"pypi-AgE[\w-]{50,250}"),
    ("API_KEY", r"SG\.[\w-]{20,24}\.[\w-]{39,50}"),  # SendGrid
    ("API_KEY", r"(?:SK|AC)[0-9a-f]{32}"),  # Twilio
    ("API_KEY", r"SCW[A-Z0-9]{17}"),  # Scaleway
    ("API_KEY", r"key-[0-9a-f]{32}"),  # Mailgun
    ("ACCESS_TOKEN", r"do[opr]_v1_[0-9a-f]{64}"),  # DigitalOcean
    ("ACCESS_TOKEN", r"dapi[0-9a-f]{32}(?:-\d)?"),  # Databricks
    ("ACCESS_TOKEN", r"hv[sbr]\.[\w-]{24,200}"),  # Vault
    (
        "API_KEY",
        r"gsk_[A-Za-z0-9]{40,60}|xai-[A-Za-z0-9]{60,100}|pplx-[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37}",
    ),  # Groq, xAI, Perplexity, Replicate
)
_TYPES = {f"t{number}": type_ for number, (type_, _) in enumerate(_TOKEN_RULES)}
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"(?P<t{number}>{pattern})" for number, (_, pattern) in enumerate(_TOKEN_RULES))
    + r")(?![A-Za-z0-9_])",
    re.ASCII,  # a token lies within one run of the text, see `Scan`, and a letter of another script may end that
)
_TOKEN_HINT = re.compile(
    r"sk-|AIza|ya29\.|hf_|gh[pousr]_|github_pat_|gl[a-z]{2,4}-|A[KSBC][ICA]A|xox|xapp-|[rs]k_|whsec_|npm_|pypi-|SG\.|SK|AC|SCW|key-|_v1_|"
    r"dapi|hv[sbr]\.|xai-|pplx-|r8_"
)
_STRUCTURE_HINT = re.compile(rf"PRIVATE KEY|eyJ|://|(?:{_TOKEN_HINT.pattern})[\w.+/=-]{{10}}")
_JWT = re.compile(r"(?<![\w.-])(eyJ[\w-]{8,4000})\.eyJ[\w-]{2,6000}\.[\w-]{0,2000}(?![\w-])", re.ASCII)
_JWT_OPEN = re.compile(r"(?<![\w.-])eyJ[\w.-]*\Z", re.ASCII)
_CONNECTION = re.compile(
    r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.]{1,30}://[^\s/:@\"'<>`]{0,80}:(?P<password>[^\s@/\"'<>`]{1,120})@[^\s\"'<>`,;)\]}\\]{1,200}"
    r"(?![^\s\"'<>`,;)\]}\\])"
)
_CONNECTION_OPEN = re.compile(r"(?<![A-Za-z0-9+.])[A-Za-z][A-Za-z0-9+.]{1,30}://[^\s\"'<>`]{0,440}\Z")

_KEY_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_GAP = r"(?:\\[nrt]|[\s\"'+,|>\\])"
# Possessive: a line of headers could be cut into headers in very many ways.
_HEADER_LINES = rf"(?:{_GAP}*+(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset):[^\n\\]{{0,120}}+)*+"
_KEY_BODY = re.compile(
    rf"{_HEADER_LINES}(?P<body>(?:{_GAP}*+[A-Za-z0-9/+=]{{16,}}+)*+)"
    rf"(?:(?P<end>{_GAP}*+(?:[A-Za-z0-9/+=]{{1,15}}+{_GAP}*+)?-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----)|"
    rf"{_GAP}*+[A-Za-z0-9/+=]{{1,15}}+\Z)?"  # cut off in mid-line
)
_KEY_OPEN = re.compile(
    rf"{_HEADER_LINES}(?:{_GAP}*+[A-Za-z0-9/+=]{{16,}}+)*+{_GAP}*"
    rf"(?:[A-Za-z0-9/+=]{{0,15}}{_GAP}*(?:-{{0,5}}(?:(?<=-----)[A-Z0-9 -]{{0,60}})?)|"
    r"(?:[A-Z][A-Za-z-]{0,10}(?::[^\n\\]{0,120})?))\Z"
)

_PASSWORD_WORDS = (
    r"passwords?|passwd|passwort|passwörter|passphrase|pass ?code|pwd|pass|mots? de passe|mdp|kennwort|zugangscode|contrase(?:ñ|n)a|"
    r"clave(?! api)|senha|palavra-passe|wachtwoord|parola|hasło|haslo|lösenord|adgangskode|passord|salasana|pin"
)
_KEY_WORDS = (
    r"api[ _-]?keys?|apikeys?|secret[ _-]?(?:access[ _-]?)?keys?|access[ _-]?keys?|client[ _-]?secrets?|secrets?|private[ _-]?key|"
    r"cl[ée]s? (?:d['’])?api|api[ -]schlüssel|clave api|encryption[ _-]?key|signing[ _-]?key|account[ _-]?key|mistral\w{0,12}|"
    r"scaleway\w{0,12}|scw\w{0,16}key"
)
_ACCESS_WORDS = (
    r"(?:access|auth|bearer|refresh|session|id|api|oauth|deploy|personal|github|gitlab|slack|bot)?[ _-]?token|jeton|authorization|bearer"
)
_WORD = re.compile(
    rf"(?<![^\W_])(?:[A-Za-z0-9]{{1,24}}_){{0,4}}(?:(?P<password>{_PASSWORD_WORDS})|(?P<key>{_KEY_WORDS})|(?P<token>{_ACCESS_WORDS}))"
    r"(?:_[A-Za-z0-9]{1,12})?(?![^\W_])",
    re.IGNORECASE,
)
_WORD_HINT = re.compile(
    r"pass|pwd|mdp|kennwort|zugangs|contrase|clave|senha|wachtwoord|parola|has[łl]o|lösen|adgang|salasana|pin(?![^\W_])|"
    r"key|secret|schlüssel|clé|cle|mistral|scaleway|scw|token|jeton|authorization|bearer",
    re.IGNORECASE,
)
# What each alternative above holds where it is ASCII: looking for these first costs a tenth, and most texts have none.
_WORD_LITERALS = (
    *("pass", "pwd", "mdp", "kennwort", "zugangs", "contrase", "clave", "senha", "wachtwoord", "parola", "haslo", "adgang", "salasana"),
    *("pin", "key", "secret", "cle", "mistral", "scaleway", "scw", "token", "jeton", "authorization", "bearer"),
)
_ASSIGNS = re.compile(r"[\"'`*]{0,3}[ \t]{0,3}(?::=|=>|[:=])[ \t]{0,3}(?:\*\*[ \t]?)?(?:(?:Bearer|Basic|Token)[ \t]{1,2})?")
_SAYS = re.compile(r"[\"'`]?[ \t]{1,3}(?:(?:is|est|ist|es|è|é|lautet|jest|är|er|on|is:|ist:|est ?:)[ \t]{1,3})?")
_QUOTED = re.compile(r"(?:\\?(?P<quote>[\"'`]))(?P<value>(?:(?!(?P=quote))[^\n\\]){1,200})\\?(?P=quote)")
_BARE = re.compile(r"(?P<value>[^\s\"'`<>,;]{4,200})(?![^\s\"'`<>,;])")
_VALUE_OPEN = re.compile(r"(?:\\?[\"'`][^\n]{0,202}|[^\s\"'`<>,;]{1,201})\Z")
_PLACEHOLDER = re.compile(
    r"[$<{%\[(]|.*(?:\.{3}|…|\*{3}|x{4}|X{4}|_here\b|-here\b|\$\{|\{\{|\(|\[|<|>)|"
    r"(?:your|my|the|our|some|mon|votre|mein|ihr|dein|mi|tu|il|an?|any|new|old|this|that)[-_ ]|"
    r"(?:none|null|nil|true|false|undefined|string|str|text|object|bytes|required|optional|placeholder|password|passwort|passwd|secret|token|"
    r"api[-_]?key|change[-_]?me|example|dummy|redacted|hidden|masked|empty|todo|tbd|unset|default|n/?a|test|foo|bar|abc|key|value|secretstr)\w{0,3}\Z|"
    r"(?:os|self|config|cfg|env|process|settings|args|options|request|req|params|props|data|user|this|vault|secrets|var|local|module|st)\.|"
    r"https?://|arn:|sha\d+:|[/~.]|REDACTED(?:[:_]\w*)?\W{0,3}\Z|[A-Z]+(?:_[A-Z0-9]+)*_[A-Z]+\W{0,3}\Z|[-=_.*#~+]+\Z",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_SYMBOL = re.compile(r"[!@#$%^&*?~|]")
_IDENTIFIER = re.compile(r"[a-z]+(?:_[a-z0-9]+)+\Z|[a-z]+(?:[A-Z][a-z]+\d?)+\Z|[A-Z]+(?:_[A-Z0-9]+)+\Z|[A-Za-z]\w*(?:\.[A-Za-z]\w*)+\Z")
_LONGEST_WORD = 200
_QUIET = re.compile(r"[^\W\d_]*")


class Secrets:
    """Keys, tokens, passwords, private keys and connection strings. Thread-safe; keeps no text."""

    name = "secrets"

    def __init__(self) -> None:
        self.version = version("douane")

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        return [tuple(self._detect(text)) for text in texts]

    def is_calm(self, text: str) -> bool:
        """Whether nothing in the text announces a secret."""
        if _STRUCTURE_HINT.search(text):
            return False
        return not (_has_word(text) and any(_may_announce(text, word.end()) for word in _WORD.finditer(text)))

    def horizon(self, text: str) -> int:
        """The start of a value, a block or a token at the end of the text that more text could still change."""
        size = horizon = len(text)
        begin = text.rfind("-----BEGIN ")
        run = run_start(text, size) if begin >= 0 else size
        while begin >= 0:
            match = _KEY_BEGIN.match(text, begin)
            if match is None:
                is_open = size - begin < 80
            else:
                # A key that reaches into the last run: what comes may still be part of something longer that overlaps it.
                body = _KEY_BODY.match(text, match.end())
                is_open = bool(_KEY_OPEN.match(text, match.end()) or (body and body.end() > run))
            if is_open:
                horizon = min(horizon, begin)
            begin = text.rfind("-----BEGIN ", 0, begin)
        if "eyJ" in text and (match := _JWT_OPEN.search(text, max(0, text.rfind("\n"), text.rfind(" ")))):
            horizon = min(horizon, match.start())
        place = text.find("://", max(0, size - 500))
        if place >= 0 and (match := _CONNECTION_OPEN.search(text, max(0, place - 31))):
            horizon = min(horizon, match.start())
        tail = max(0, size - 2 * _LONGEST_WORD - 100)
        if _has_word(text, tail):
            for match in _WORD.finditer(text, tail):
                for connector in (_ASSIGNS, _SAYS):
                    joined = connector.match(text, match.end())
                    if joined and (value := _VALUE_OPEN.match(text, joined.end())):
                        horizon = min(horizon, value.start())
        return horizon

    def _detect(self, text: str) -> Iterator[Span]:
        if "PRIVATE KEY" in text:
            yield from self._private_keys(text)
        if "eyJ" in text:
            for match in _JWT.finditer(text):
                if _is_jose_header(match[1]):
                    yield self._span("JWT", match.start(), match.end(), 1.0)
        if _TOKEN_HINT.search(text):
            for match in _TOKEN.finditer(text):
                if _DIGIT.search(match[0]) and not _is_filler(match[0]):
                    yield self._span(_TYPES[match.lastgroup or ""], match.start(), match.end(), 0.98)
        if "://" in text:
            for match in _CONNECTION.finditer(text):
                if not _PLACEHOLDER.match(match["password"]):
                    yield self._span("CONNECTION_STRING", match.start(), match.end(), 0.95)
        if _has_word(text):
            for match in _WORD.finditer(text):
                yield from self._announced(text, match)

    def _span(self, type_: str, start: int, end: int, score: float) -> Span:
        return Span(type_, start, end, score, self.name)

    def _private_keys(self, text: str) -> Iterator[Span]:
        for begin in _KEY_BEGIN.finditer(text):
            match = _KEY_BODY.match(text, begin.end())
            if match and (match["body"] or match["end"]):
                yield self._span("PRIVATE_KEY", begin.start(), match.end(), 1.0)

    def _announced(self, text: str, word: re.Match[str]) -> Iterator[Span]:
        """The value that a word such as `password` announces: after `:` or `=`, or in prose where it looks like nothing else."""
        joined, assigned = _ASSIGNS.match(text, word.end()), True
        if joined is None:
            joined, assigned = _SAYS.match(text, word.end()), False
        if joined is None:
            return
        match = _QUOTED.match(text, joined.end())
        is_quoted = match is not None
        match = match or _BARE.match(text, joined.end())
        if match is None:
            return
        start, end = match.span("value")
        if not is_quoted:
            end = start + len(text[start:end].rstrip(".!?:)]}\\") or text[start:end])
        kind = word.lastgroup
        if _is_secret_value(text[start:end], kind == "password", is_quoted, assigned):
            type_ = {"password": "PASSWORD", "key": "API_KEY"}.get(kind or "", "ACCESS_TOKEN")
            yield self._span(type_, start, end, 0.85 if assigned else 0.6)


def _has_word(text: str, start: int = 0) -> bool:
    """Whether a word stands in the text, from `start` on, that may announce a secret."""
    if text.isascii():
        lower = text[start:].lower()
        if not any(literal in lower for literal in _WORD_LITERALS):
            return False
    return _WORD_HINT.search(text, start) is not None


def _may_announce(text: str, place: int) -> bool:
    """Whether a value may follow the word that ends at `place`: a sign that assigns it, or a digit, which it must have without one."""
    return bool(_ASSIGNS.match(text, place) or _DIGIT.search(text, place, place + _LONGEST_WORD + 30))


def _is_secret_value(value: str, is_password: bool, is_quoted: bool, assigned: bool) -> bool:
    """Whether a value that was announced looks like a secret and not like prose, code or a placeholder."""
    if _PLACEHOLDER.match(value) or _is_filler(value):
        return False
    has_letter, has_digit, has_symbol = bool(_LETTER.search(value)), bool(_DIGIT.search(value)), bool(_SYMBOL.search(value))
    if not is_password:
        return len(value) >= 16 and has_letter and has_digit and " " not in value and not _IDENTIFIER.match(value)
    if not assigned:
        return len(value) >= 6 and has_letter and has_digit
    if is_quoted:
        return len(value) >= 4 and not _IDENTIFIER.match(value) and (" " not in value or has_digit or has_symbol)
    return len(value) >= 4 and ((has_digit and (has_letter or has_symbol)) or (has_letter and has_symbol)) and not _IDENTIFIER.match(value)


def _is_filler(value: str) -> bool:
    """A value of one or two characters repeated, or one that says that it stands for another."""
    return len(set(value[-12:])) <= 2 or "xxxx" in value.lower() or "your" in value.lower() or "example" in value.lower()


def _is_jose_header(part: str) -> bool:
    """Whether this is the header of a JSON Web Token (RFC 7515 § 4): base64url of a JSON object with `alg`."""
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header
