# SPDX-License-Identifier: Apache-2.0
"""Text that a reader does not see as it is written: spelt in tag characters or variation selectors, or turned round."""

import re
from collections.abc import Iterator

from douane.detect.readings.view import View, replaced

__all__ = ["SHOWN", "open_shown", "shown"]

_LONGEST_TURNED = 400
_TURNED = rf"\u202e(?P<turned>[^\u202c-\u202e\n]{{1,{_LONGEST_TURNED}}}+)\u202c?"
_HIDDEN = re.compile(
    r"(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]++"  # behind a black flag tags name a region
    rf"|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{{4,}}+|{_TURNED}"
)
SHOWN = r"[\x{e0020}-\x{e007e}]|[\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}]{4}|\x{202e}"
"""Without which every text is shown as it is written."""

_OPEN = re.compile(
    rf"\u202e[^\u202c-\u202e\n]{{0,{_LONGEST_TURNED}}}+\Z|(?<![\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]{{1,3}}+\Z"
)


def shown(text: str) -> View | None:
    """The text with what is hidden in it written out, None where nothing is.

    Tag characters (U+E0020 to U+E007E) spell ASCII, four variation selectors or more in a row spell bytes, and what stands behind a
    right-to-left override is read from its end; its parts cannot be told apart afterwards.
    """
    return None if text.isascii() else replaced(text, _parts(text))


def open_shown(text: str) -> int:
    """Where something begins that more text could make hidden text; `len(text)` where nothing does."""
    if text.isascii():
        return len(text)
    match = _OPEN.search(text, max(0, len(text) - _LONGEST_TURNED - 1))
    return match.start() if match else len(text)


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _HIDDEN.finditer(text):
        if match["turned"] is not None:
            yield match.start(), match.end(), match["turned"][::-1]
            continue
        for place, character in enumerate(match[0], match.start()):
            code = ord(character)
            byte = code - 0xE0000 if code < 0xE0080 and code >= 0xE0000 else code - 0xFE00 if code < 0xFE10 else code - 0xE0100 + 16
            yield place, place + 1, chr(byte) if 32 <= byte < 127 else "\ufffd"
