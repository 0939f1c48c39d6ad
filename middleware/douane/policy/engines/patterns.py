# SPDX-License-Identifier: Apache-2.0
"""Rego's `regex.*` and `glob.*`, for patterns that mean the same to every engine; any other raises.

Regular expressions are matched by the engine's own functions, in linear time, in an engine that does nothing else. `\\w`, `\\d` and `\\b`
are not portable: they are of ASCII in OPA, of Unicode here. Write `[a-z0-9_]`.
"""

import functools
import json
import re
from collections.abc import Mapping
from math import prod
from typing import Any

from douane.policy.engines.arguments import text, whole

__all__ = ["Patterns", "is_portable_glob", "is_portable_regex"]

_COUNTED = re.compile(r"(?:\\.|\[(?:\\.|\[:[a-z]+:\]|[^\]\\])*\]|[^\\\[{])+|\{(?:[0-9]+,)?([0-9]+),?\}", re.DOTALL)
_MOST = 1000
_ESCAPE = r"\\[!-/:;=?@\[-^`{-~ntr]"
_MEMBER = rf"(?:{_ESCAPE}|[^\\\]\[^&~-])"
_CLASS = rf"\[\^?-?(?:\[:(?:alnum|alpha|digit|lower|punct|space|upper|xdigit):\]|{_MEMBER}(?:-{_MEMBER})?)++-?\]"
_ATOM = rf"(?:[^\\.+*?()|\[\]{{}}^$]|{_ESCAPE}|\.|{_CLASS}|\))"
_QUANTIFIER = r"(?:[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})\??"
_REGEX = re.compile(rf"(?:\((?:\?:|\?P<[A-Za-z_][A-Za-z0-9_]*>|\?[ims]{{1,3}}[:)])?|[\^$|]|{_ATOM}(?:{_QUANTIFIER})?+)*+", re.DOTALL)
_TEMPLATE = re.compile(r"(?:[^$]|\$\$|\$\{[0-9A-Za-z_]+\})*+", re.DOTALL)
_GLOB = re.compile(r"(?:[^\\*?\[\]{}!]|\*{1,2}(?!\*)|\?)*+", re.DOTALL)
_GLOB_PART = re.compile(r"\*\*|[*?]|[^*?]+")
_META = re.compile(r"([*?\\\[\]{}])")
_NATIVE = """package native

regex_find_all_string_submatch_n := regex.find_all_string_submatch_n(input[0], input[1], input[2])

regex_find_n := regex.find_n(input[0], input[1], input[2])

regex_match := regex.match(input[0], input[1])

regex_replace := regex.replace(input[0], input[1], input[2])

regex_split := regex.split(input[0], input[1])
"""


@functools.lru_cache(1024)
def is_portable_regex(pattern: str) -> bool:
    """Whether a regular expression means the same in Go and in Rust. One that is wrong in both may be portable."""
    counts = [int(found[1]) for found in _COUNTED.finditer(pattern) if found[1]]
    return _REGEX.fullmatch(pattern) is not None and prod(max(1, count) for count in counts) <= _MOST


@functools.lru_cache(1024)
def is_portable_glob(pattern: str) -> bool:
    """Whether a glob means the same to both engines: text, `*`, `**` and `?`."""
    return _GLOB.fullmatch(pattern) is not None


class Patterns:
    """The functions on patterns for one engine, in its thread."""

    def __init__(self) -> None:
        self._native: Any = None

    @property
    def extensions(self) -> Mapping[str, tuple[int, object]]:
        return {
            "glob.match": (3, self._glob),
            "glob.quote_meta": (1, lambda pattern: _META.sub(r"\\\1", text(pattern))),
            "regex.find_all_string_submatch_n": (3, self._find_groups),
            "regex.find_n": (3, self._find),
            "regex.match": (2, self._match),
            "regex.replace": (3, self._replace),
            "regex.split": (2, self._split),
        }

    def _ask(self, function: str, *arguments: object) -> Any:
        if self._native is None:
            import regorus

            self._native = regorus.Engine()
            self._native.add_policy("native.rego", _NATIVE)
        self._native.set_input_json(json.dumps(arguments))
        results = json.loads(self._native.eval_query_as_json(f"data.native.{function}")).get("result")
        if not results:
            raise ValueError("a pattern is none")
        return results[0]["expressions"][0]["value"]

    def _match(self, pattern: object, value: object) -> object:
        return self._ask("regex_match", _regex(pattern), text(value))

    def _find(self, pattern: object, value: object, number: object) -> object:
        return self._ask("regex_find_n", _regex(pattern), text(value), whole(number))

    def _find_groups(self, pattern: object, value: object, number: object) -> object:
        return self._ask("regex_find_all_string_submatch_n", _regex(pattern), text(value), whole(number))

    def _replace(self, value: object, pattern: object, template: object) -> object:
        if not _TEMPLATE.fullmatch(text(template)):
            raise ValueError("a replacement is not portable; write `${1}` for a group, `$$` for a dollar sign")
        return self._ask("regex_replace", text(value), _regex(pattern), template)

    def _split(self, pattern: object, value: object) -> object:
        source = _regex(pattern)
        if self._ask("regex_match", f"^(?:{source})$", ""):
            raise ValueError("a pattern to split at matches the empty string, which engines treat differently")
        return self._ask("regex_split", source, text(value))

    @staticmethod
    def _glob(pattern: object, delimiters: object, value: object) -> object:
        source = text(pattern)
        if not is_portable_glob(source):
            raise ValueError("a glob is not portable; use text, `*`, `**` and `?`")
        if delimiters is not None and not isinstance(delimiters, list):
            raise TypeError("delimiters are neither null nor an array")
        if any(len(text(one)) != 1 for one in delimiters or ()):
            raise ValueError("a delimiter is no single character")
        return _matches(source, frozenset(["."] if delimiters == [] else delimiters or ()), text(value))


def _regex(pattern: object) -> str:
    source = text(pattern)
    if not is_portable_regex(source):
        raise ValueError("a regular expression is not portable; write classes out, such as `[0-9]` for digits")
    return source


def _matches(pattern: str, delimiters: frozenset[str], value: str) -> bool:
    """Follow all places in the value at which the pattern so far may end: no pattern takes longer than its length times the value's."""
    ends = {0}
    for part in _GLOB_PART.findall(pattern):
        if part == "?":
            ends = {at + 1 for at in ends if at < len(value) and value[at] not in delimiters}
        elif part[0] != "*":
            ends = {at + len(part) for at in ends if value.startswith(part, at)}
        else:
            reached: set[int] = set()
            for at in sorted(ends):
                while at not in reached:
                    reached.add(at)
                    if at == len(value) or (part == "*" and value[at] in delimiters):
                        break
                    at += 1
            ends = reached
    return len(value) in ends
