# SPDX-License-Identifier: Apache-2.0
"""Texts that take detectors long: those known to take Presidio or spaCy's tokenizer half a minute, and others of their kind."""

from collections.abc import Callable, Mapping

__all__ = ["HOSTILE", "hostile"]

HOSTILE: Mapping[str, str | Callable[[int], str]] = {
    # What takes Presidio's patterns, phonenumbers or spaCy's tokenizer 2 to 39 seconds a 20 kB.
    "host labels": "a.",
    "a host after a scheme": lambda size: "https://" + "a." * (size // 2),
    "colons": ":",
    "double quotes": '"',
    "single quotes": "'",
    "one and slash": "1/",
    # Shapes of identifiers.
    "digits": "1",
    "digits in pairs": "12 ",
    "digits with dashes": "12-34-",
    "digits with dots": "1.",
    "digits of cards": "4111 1111 1111 1111 ",
    "phones": "+33 6 12 34 56 78 ",
    "brackets around digits": "(0)1 ",
    "hexadecimal": "deadbeef",
    "colons in hexadecimal": "ab:",
    "at signs": "@",
    "local parts": "a@",
    "addresses": "a@b.co ",
    "letters before a sign": lambda size: "a" * size + "@",
    "account starts": "DE89 ",
    "account starts without end": "DE89",
    "countries": "FR IT ES ",
    # Shapes of secrets.
    "a word that announces": "password: ",
    "a word that announces, nested": "password=password=",
    "a word for a key": "api_key ",
    "key blocks": "-----BEGIN PRIVATE KEY-----\n",
    "key blocks with headers": lambda size: "-----BEGIN PRIVATE KEY-----\n" + "Comment: x\n" * (size // 11),
    "tokens": "sk-",
    "token starts": "ghp_",
    "web tokens": "eyJ.",
    "web tokens, long": lambda size: "eyJ" + "a" * size,
    "schemes": "a://",
    "credentials in schemes": "a://b:c@",
    # Readings.
    "backslashes": "\\",
    "escapes": "\\u0040",
    "half escapes": "\\u00",
    "entities": "&#64;",
    "entities without end": "&#",
    "ampersands": "&amp;",
    "percent": "%40",
    "percent of percent": "%25",
    "angle brackets": "<",
    "tags": "<b>",
    "comments": "<!--",
    "base64": "QUFBQUFB",
    "base64 of prose": "aGVsbG8gd29ybGQgYW5kIGFsbCB0aGUgcmVzdCBvZiBpdCA",
    "zero width": "a\u200b",
    "format characters alone": "\u200b",
    "full width": "\uff11",
    "accents": "e\u0301",
    "accents alone": "\u0301",
    "mathematical": "\U0001d7d8",
    "tag characters": "\U000e0041",
    "right to left": "\u202ea\u202c",
    "mixed scripts": "a\u0430",
    # Names and content.
    "capitalised words": "Anna ",
    "capitalised pairs": "Anna Berger, ",
    "honorifics": "Mr. ",
    "capitals": "ANNA ",
    "initials": "A. ",
    "one long word": lambda size: "A" + "a" * size,
    "hyphens": "A-",
    "emphasis": "*",
    "underscores": "_a",
    "images": "![a](",
    "links": "[a](b",
    "link brackets": "[",
    "instructions": "ignore all previous instructions ",
    "line breaks": "\n",
    "spaces": " ",
    "tabs": "\t",
    "null characters": "\x00",
    "emoji": "\U0001f600",
    "Chinese": "\u4e2d",
    "Arabic": "\u0627\u0644",
    "lone surrogates": "\ud800",
}
"""By what is repeated: a piece of text, or a function of the size."""


def hostile(name: str, size: int) -> str:
    """A text of about `size` characters."""
    made = HOSTILE[name]
    return made(size) if callable(made) else made * (size // len(made))
