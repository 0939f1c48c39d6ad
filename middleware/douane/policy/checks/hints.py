# SPDX-License-Identifier: Apache-2.0
"""What a syntax error is about, where the parser only says what it expected: the forms of Rego that it does not know."""

import re
from dataclasses import replace

from douane.policy.rego.problem import Problem

__all__ = ["explained"]

_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|#.*')
_FORMS = (
    (re.compile(r'\$["`]'), "portable/interpolation", "texts with `{..}` in them are known to OPA only; use `sprintf`"),
    (
        re.compile(r"\bnot\s*\{"),
        "portable/operator",
        "`not {..}` is known to OPA only; put the body into a rule and write `not` before its name",
    ),
    (
        re.compile(r"\b(?:and|or)\b"),
        "portable/operator",
        "`and` and `or` are known to OPA only; write two lines, or two rules",
    ),
    (re.compile(r"(?<![\w.])\.\d"), "syntax", "a number begins with a digit; write `0.5`"),
    (re.compile(r"&&|\|\|"), "syntax", "Rego has no `&&` and `||`; write two lines for `and`, two rules for `or`"),
    (re.compile(r"!(?!=)"), "syntax", "Rego has no `!`; write `not`"),
)
_V0 = {
    "`if` keyword is required": "write `if` before the body",
    "rule must have a body or assignment": "give it a value with `:=`, or a body with `if`",
}


def explained(problem: Problem) -> Problem:
    """The problem, with what to do where its line shows what was meant."""
    bare = _TEXTS.sub(lambda found: found[0][:1] + '"' if found[0][0] in '"`' else "", problem.source)
    for form, rule, message in _FORMS:
        if form.search(bare):
            return replace(problem, rule=rule, message=message)
    for said, what in _V0.items():
        if said in problem.message:
            return replace(problem, message=problem.message.replace("mend the syntax", what))
    return problem
