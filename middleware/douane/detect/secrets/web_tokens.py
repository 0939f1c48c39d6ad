# SPDX-License-Identifier: Apache-2.0
"""JSON Web Tokens, signed or encrypted, by their header (RFC 7515, RFC 7516)."""

import base64
import json
import re
from collections.abc import Iterator

from douane.detect.secrets.encoded import Encoded
from douane.finding import Span

__all__ = ["GATE", "find", "opens"]

GATE = "eyJ[A-Za-z0-9_-]{8}"
_TOKEN = re.compile(r"(?<![\w.-])(eyJ[\w-]{8,4000})\.([\w-]{2,6000})\.[\w-]{0,2000}(?:\.[\w-]{0,6000}\.[\w-]{0,60})?(?![\w-])", re.ASCII)
_OPEN = re.compile(r"(?<![\w.-])eyJ[\w.-]*\Z", re.ASCII)


def find(source: Encoded) -> Iterator[Span]:
    """Tokens with a header that names an algorithm."""
    text = source.text
    if "eyJ" in text:
        for match in _TOKEN.finditer(text):
            if "alg" in _object(match[1]):
                is_service_account = "kubernetes" in str(_object(match[2]).get("iss", ""))
                rule = "kubernetes.service_account" if is_service_account else "jwt.header"
                yield Span("JWT", match.start(), match.end(), 1.0, "secrets", rule)


def opens(text: str) -> int:
    """The start of a token that may go on at the end of the text; its length where none does."""
    if "eyJ" in text and (match := _OPEN.search(text, max(0, text.rfind("\n"), text.rfind(" ")))):
        return match.start()
    return len(text)


def _object(part: str) -> dict[str, object]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
