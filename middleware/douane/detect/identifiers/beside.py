# SPDX-License-Identifier: Apache-2.0
"""What stands straight beside a value: a part of the same word, or only what is written without a space before it."""

import re

__all__ = ["CENTS", "emphasis", "is_word"]

CENTS = re.compile(r",\d\d?(?!\d)")
"""What makes the number before it an amount."""

# Thai, Lao, Burmese and Khmer; Chinese and Japanese; Korean, whose endings are glued to numbers.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_MOST = 3  # underscores of emphasis


def is_word(sign: str) -> bool:
    """Whether a character makes one word with what is beside it: a digit, or a letter of a script that sets words apart by spaces."""
    return sign.isalnum() and (sign < "\u0e00" or not sign.isalpha() or _SPACELESS.match(sign) is None)


def emphasis(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a value with the underscores around it by which Markdown emphasises it, as many before as behind."""
    wide = 0
    while wide < _MOST and start - wide and text[start - wide - 1] == "_" == text[end + wide : end + wide + 1]:
        wide += 1
    low, high = start - wide, end + wide
    if wide and not ((low and _is_part(text[low - 1])) or _is_part(text[high : high + 1])):
        return low, high
    return start, end


def _is_part(sign: str) -> bool:
    return sign == "_" or is_word(sign)
