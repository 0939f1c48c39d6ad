# SPDX-License-Identifier: Apache-2.0
"""The words of a text that may be names: capitalised, each with its place, and what stands between two of them."""

import re

__all__ = ["ANY_WORD", "CAPITAL", "GAP", "INITIALS", "LETTER", "LINE_GAP", "PARTICLES", "SIGN", "UPPER", "lowered"]


def _capitals() -> str:
    """Capital letters of the Latin, Greek and Cyrillic scripts, as ranges of a character class."""
    ranges: list[list[int]] = []
    for first, last in ((0x41, 0x24F), (0x370, 0x52F), (0x1E00, 0x1FFF)):
        for code in range(first, last + 1):
            if chr(code).isupper():
                if ranges and ranges[-1][1] == code - 1:
                    ranges[-1][1] = code
                else:
                    ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


UPPER = f"[{_capitals()}]"
LETTER = r"[^\W\d_]"
# Not in an identifier, a path, an address, a call or a key: names in source code and logs are nobody's.
_BEFORE = r"(?<![\w@#/\\$&=~%+\-].)"  # of the capital letter, which is passed first: that is faster
_AFTER = r"(?![\w@=/\\(\[{]|[.:]\w|::|\.\.)"
CAPITAL = re.compile(rf"{UPPER}{_BEFORE}(?:{LETTER}{{1,30}}+|(?=['’]{LETTER}))(?:['’\-]{LETTER}{{1,30}}+){{0,3}}+{_AFTER}")
ANY_WORD = re.compile(rf"{LETTER}++")
SIGN = re.compile(rf"[\d@]|{UPPER}")
"""What a name has that is not one of words in small letters."""
_INITIAL = rf"{UPPER}{LETTER}?\."
INITIALS = re.compile(rf"(?<![\w.@#/\\$&=~%+\-])(?:(?:{UPPER}|[CT]h)\.[ \u00a0]?){{1,3}}\Z")
GAP = re.compile(rf"[ \u00a0]{{1,2}}(?:(?:{_INITIAL}|{UPPER})[ \u00a0]?){{0,3}}")
PARTICLES = re.compile(rf"(?:{LETTER}{{1,6}}(?:['’]|[ \u00a0]{{1,2}})){{1,3}}")
LINE_GAP = re.compile(r" ?\r?\n ?")


def lowered(text: str) -> str:
    """The text in lower case, character by character: as long as it was, and a sigma is a sigma wherever it stands."""
    return text.replace("\u0130", "I").lower().replace("ς", "σ").replace("’", "'")
