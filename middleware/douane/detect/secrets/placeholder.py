# SPDX-License-Identifier: Apache-2.0
"""What stands where a secret would stand and is none: fillers, names of variables, references to where the secret is kept."""

import re

__all__ = ["is_drawn", "is_filler", "is_name", "is_placeholder"]

_PLACEHOLDER = re.compile(
    r"[$<{%\[(]|.*(?:\.{3}|…|\*{3}|x{4}|X{4}|_here\b|-here\b|\$\{|\{\{|\(|\[|<|>)|"
    r"(?:your|my|the|our|some|mon|votre|mein|ihr|dein|mi|tu|il|an?|any|new|old|this|that)[-_ ]|"
    r"(?:none|null|nil|true|false|undefined|string|str|text|object|bytes|required|optional|placeholder|pass|password|passwort|passwd|pwd|secret|token|"
    r"api[-_]?key|change[-_]?me|example|dummy|redacted|hidden|masked|empty|todo|tbd|unset|default|n/?a|test|foo|bar|abc|key|value|secretstr)\w{0,3}\Z|"
    r"(?:os|self|config|cfg|env|process|settings|args|options|request|req|params|props|data|user|this|vault|secrets|var|local|module|st)\.|"
    r"https?://|arn:|sha\d+:|[/~.]|REDACTED(?:[:_]\w*)?\W{0,3}\Z|[A-Z]+(?:_[A-Z0-9]+)*_[A-Z]+\W{0,3}\Z|[-=_.*#~+]+\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+\Z|[a-z]+(?:[A-Z][a-z]+\d?)+\Z|[A-Z]+(?:_[A-Z0-9]+)+\Z|[A-Za-z]\w*(?:\.[A-Za-z]\w*)+\Z")
_FILLERS = ("xxxx", "your-", "your_", "example", "placeholder")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"[A-Za-z]")
_CASE_CHANGES = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Z])[a-z]")


def is_placeholder(value: str) -> bool:
    """Whether a value stands for another, by its form or the words in it."""
    return _PLACEHOLDER.match(value) is not None or is_filler(value)


def is_filler(value: str) -> bool:
    """One or two characters repeated, or a word that says that something else belongs here."""
    lower = value.lower()
    return len(set(value[-12:])) <= 2 or any(filler in lower for filler in _FILLERS)


def is_name(value: str) -> bool:
    """Whether this is how programs name things: words joined by `_`, by `.` or by capital letters."""
    return _NAME.match(value) is not None


def is_drawn(value: str) -> bool:
    """Whether characters look drawn and not written: digits and letters, capitals only, or a change of case in every eighth place or so.

    This only keeps names out, where the form has spoken already; it is no measure of entropy.
    """
    if _DIGIT.search(value):
        return len(value) > 40 or _LETTER.search(value) is not None
    return value.isupper() or 8 * len(_CASE_CHANGES.findall(value)) >= len(value)
