# SPDX-License-Identifier: Apache-2.0
"""Every way in which a text may be read."""

from dataclasses import dataclass, field

from douane.detect.readings.escape import composed, meanings, open_escape
from douane.detect.readings.view import View, view
from douane.finding import ReadingKind

__all__ = ["Reading", "open_from", "readings"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in one way that it may be read; `back` maps it to the original, None where it is the original."""

    kind: ReadingKind
    text: str = field(repr=False)
    back: View | None = field(default=None, repr=False)


def readings(text: str) -> list[Reading]:
    """The text as it stands, plainer, and with its JSON escapes undone, both."""
    found = [Reading("plain", text)]
    plainer = view(text)
    if plainer is not None:
        found.append(Reading("folded", plainer.text, plainer))
    for meant in meanings(text):
        found.append(Reading("unescaped", meant.text, meant))
        plainer = view(meant.text)
        if plainer is not None:
            found.append(Reading("unescaped", plainer.text, composed(meant, plainer)))
    return found


def open_from(reading: Reading) -> int:
    """Where in a reading something begins that more text could make mean something else; its length where nothing does."""
    return open_escape(reading.text)
