# SPDX-License-Identifier: Apache-2.0
"""How deep a Rego text is nested, told before it is parsed: the parser doubles its work with every level and overflows its stack."""

import re

__all__ = ["excess"]

_LEVELS = 150
"""Brackets and links of a chain (`a.b[c]`, `1 + 2 + 3`) inside each other. The process ends at some thousands of them."""
_WORK = 2_000_000
"""Tokens, each counted as often as the parser comes back to it. Measured: 0.4 to 1.1 microseconds each."""
_SIZE = 2**20
"""Characters in one module."""
_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|#[^\n]*+|(?P<open>[\[{(])|(?P<close>[\]})])|(?P<link>[-+*/%&|<>=!:.]++)|(?P<end>[,;])|(?P<line>\n)|\w++|\S'
)


def excess(text: str) -> tuple[int, str] | None:
    """Where a text becomes too much to parse (an offset) and what to do about it, or None."""
    if len(text) > _SIZE:
        return 0, f"the module has more than {_SIZE} characters; split it"
    work = doubled = links = 0
    stack: list[tuple[str, int]] = []
    chain = 0
    was_operand = new_line = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "line":
            new_line = True
            continue
        if kind is None and token[0][0] == "#":
            continue
        work += 1 << doubled
        if kind == "link":
            chain += 1
            was_operand = False
        elif kind == "end":
            chain, was_operand = 0, False
        elif kind == "close":
            if stack:
                opened, chain = stack.pop()
                links -= chain
                doubled -= opened != "("
            was_operand = True
        else:
            if was_operand and new_line:
                chain = 0  # the next statement
            if kind == "open":
                chain += was_operand and not new_line  # `a[b]`, `f(x)`
                stack.append((token[0], chain))
                links += chain
                doubled += token[0] != "("
                chain, was_operand = 0, False
            else:
                was_operand = True
        new_line = False
        if len(stack) + links + chain > _LEVELS or work > _WORK:
            return token.start(), "this is nested too deep for the engine; give the inner parts names of their own"
    return None
