# SPDX-License-Identifier: Apache-2.0
"""Patterns: only what both engines read alike, and what the embedded one can hold.

OPA has RE2, where `\\d`, `\\w`, `\\s` and `\\b` know ASCII and a repeat goes up to 1000. The embedded engine has Rust's regex, where
they know Unicode, classes nest and intersect, and the compiled expression may not exceed 100 kB.
"""

import json
import re
from collections.abc import Iterator

from douane.policy.checks.program import Program
from douane.policy.engines.patterns import is_portable_glob, is_portable_regex
from douane.policy.rego.problem import Problem

__all__ = ["unportable_pattern", "unportable_regexes"]

_PATTERNS = {
    "glob.match": 0,
    "regex.find_all_string_submatch_n": 0,
    "regex.find_n": 0,
    "regex.match": 0,
    "regex.replace": 1,
    "regex.split": 0,
}
"""Which argument of a builtin is its pattern."""
_NAMED = {"d": "[0-9]", "w": "[0-9A-Za-z_]", "s": "[\\t\\n\\f\\r ]", "D": "[^0-9]", "W": "[^0-9A-Za-z_]", "S": "[^\\t\\n\\f\\r ]"}
_ESCAPES = frozenset("tnrfvapPAzx")
_REPEAT = re.compile(r"\{(\d+)?(,)?(\d+)?\}")
_FLAGS = re.compile(r"\(\?([A-Za-z-]+)[:)]")


def unportable_regexes(program: Program) -> Iterator[Problem]:
    """`regex/*` and `glob/*`."""
    engine = None
    verdicts: dict[str, str] = {}
    for scope in program.scopes:
        for node in scope.nodes:
            use = scope.calls.get(node.children[0].start) if node.kind == "Call" else None
            name = "" if use is None or use.is_global else ".".join(str(part) for part in use.path)
            at = _PATTERNS.get(name, len(node.children)) + 1
            if at >= len(node.children):
                continue
            pattern = node.children[at]
            if pattern.kind not in ("String", "RawString"):
                if not scope.module.is_test:
                    what = "this pattern is known only when it is evaluated, and a wrong one stops the decision; write it here as a text"
                    yield scope.module.problem(pattern, "regex/computed", what, "warning")
                continue
            text = str(pattern.value)
            if name == "glob.match":
                if not is_portable_glob(text):
                    what = "this glob is not read alike by both engines; use text, `*`, `**` and `?`"
                    yield scope.module.problem(pattern, "glob/unportable", what)
                continue
            found = [*unportable_pattern(text)]
            if not found and not is_portable_regex(text):
                found = [("regex/unportable", "the engines may read this pattern otherwise; use classes, groups and few repeats only")]
            for rule, what in found:
                yield scope.module.problem(pattern, rule, what)
            if text not in verdicts:
                engine = engine or _engine()
                verdicts[text] = _refused(engine, text)
            if verdicts[text]:
                yield scope.module.problem(pattern, "regex/refused", f"the embedded engine refuses this pattern: {verdicts[text]}")


def _engine() -> object:
    import regorus

    return regorus.Engine()


def _refused(engine: object, pattern: str) -> str:
    """What the embedded engine says against a pattern, or nothing."""
    try:
        engine.set_input_json(json.dumps(pattern))  # type: ignore[attr-defined]
        engine.eval_query_as_json('regex.match(input, "")')  # type: ignore[attr-defined]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as cause:  # a panic in Rust is no Exception
        said = str(cause).partition("Stack backtrace")[0]
        if "size limit" in said:
            return "compiled it would exceed 100 kB; repeat less often, or leave the matching to a detector"
        return f"{' '.join(said.rpartition('error:')[2].split())}; mend it"
    return ""


def unportable_pattern(pattern: str) -> Iterator[tuple[str, str]]:
    """What the engines would read differently in a pattern: (rule, what to do)."""
    in_class = 0
    at = 0
    while at < len(pattern):
        character, following = pattern[at], pattern[at + 1 : at + 2]
        if character == "\\":
            yield from _escape(following)
            at += 2
            continue
        if in_class:
            if character == "[" and following != ":":
                yield "regex/class", "`[` inside a class begins another one in one engine only; write `\\[`"
            elif character == "[":
                at = max(pattern.find(":]", at), at) + 1
            elif character == following and character in "&-~":
                yield (
                    "regex/class",
                    f"`{character}{character}` inside a class combines classes in one engine only; write `\\{character}` once",
                )
                at += 1
            elif character == "]":
                in_class = 0
        elif character == "[":
            in_class = 1
            at += following == "^"
            at += pattern[at + 1 : at + 2] == "]"  # the first one stands for itself
        elif character == "{":
            repeat = _REPEAT.match(pattern, at)
            if repeat and max(int(repeat[1] or 0), int(repeat[3] or 0)) > 1000:
                yield "regex/repeat", "OPA repeats at most 1000 times; repeat less often"
            if repeat and repeat[1] is None:
                yield "regex/repeat", f"`{repeat[0]}` is a repeat in one engine and text in the other; begin it with a number"
        elif character == "(" and following == "?":
            flags = _FLAGS.match(pattern, at)
            if flags and set(flags[1]) - set("imsU-"):
                yield "regex/flags", f"the flags `{flags[1]}` are not known to both engines; use `i`, `m` and `s`"
        at += 1


def _escape(following: str) -> Iterator[tuple[str, str]]:
    if following in _NAMED:
        yield "regex/class", f"`\\{following}` means ASCII in one engine and Unicode in the other; write `{_NAMED[following]}`"
    elif following in ("b", "B"):
        yield "regex/class", f"`\\{following}` sees ASCII words in one engine and Unicode words in the other; write out what stands around"
    elif following in ("<", ">") or (following.isalnum() and following not in _ESCAPES):
        yield "regex/escape", f"`\\{following}` is not read alike by both engines; write it without"
