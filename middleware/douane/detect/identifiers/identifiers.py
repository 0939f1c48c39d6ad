# SPDX-License-Identifier: Apache-2.0
"""The detector of identifiers: without a model, in linear time, a shape first, then a checksum and the words around it."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.metadata import version

from douane.detect.identifiers.cards import glued_cards, open_card
from douane.detect.identifiers.codes import codes
from douane.detect.identifiers.email import emails
from douane.detect.identifiers.gate import signs
from douane.detect.identifiers.iban import ibans, open_iban
from douane.detect.identifiers.kind import kinds
from douane.detect.identifiers.layout import LONGEST
from douane.detect.identifiers.network import addresses
from douane.detect.identifiers.numbers import numbers, open_number
from douane.detect.identifiers.phone import Phones, open_phone
from douane.detect.identifiers.spoken import LONGEST_VALUE, bank_codes, open_spoken, spoken
from douane.detect.identifiers.words import Words
from douane.detect.identifiers.zone import REACH, RIGHT_CONTEXT, Learnt, Zone, zones
from douane.detect.run import run_start
from douane.finding import Span

__all__ = ["Identifiers", "Offer", "offers"]

_AHEAD = RIGHT_CONTEXT + 2  # characters behind a number that may decide about it
_LONGEST = max(LONGEST, LONGEST_VALUE, REACH)
_SAMPLE = "IBAN FR76 3000 6000 0112 3456 7890 18"
# All that `str.isdigit` takes for a digit.
_ANY_DIGIT = re.compile(
    r"[\d\u00b2\u00b3\u00b9\u1369-\u1371\u19da\u2070-\u2089\u2460-\u24ff\u2776-\u2792\U00010a40-\U00010a43\U00010e60-\U00010e68"
    r"\U00011052-\U0001105a\U0001f100-\U0001f10a]"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of identifier: the `rule` and `type` of its findings, and the countries (ISO 3166-1 alpha-2) that give it; none for all."""

    rule: str
    type: str
    countries: tuple[str, ...] = ()


_EVERYWHERE = (
    Offer("email", "EMAIL_ADDRESS"),
    Offer("phone.international", "PHONE_NUMBER"),
    Offer("phone.national", "PHONE_NUMBER"),
    Offer("ipv4", "IP_ADDRESS"),
    Offer("ipv6", "IP_ADDRESS"),
    Offer("mac", "MAC_ADDRESS"),
    Offer("iban", "IBAN_CODE"),
    Offer("bic", "BANK_ACCOUNT"),
    Offer("bank_account", "BANK_ACCOUNT"),
    *(Offer(currency, "CRYPTO") for currency in ("btc", "ltc", "doge", "dash", "trx", "eth", "xmr")),
    Offer("passport", "PASSPORT"),
    Offer("identity_card", "NATIONAL_ID"),
    Offer("driving_licence", "DRIVER_LICENSE"),
    Offer("plate", "LICENSE_PLATE"),
    Offer("patient", "HEALTH_ID"),
    Offer("lei", "COMPANY_ID"),
    Offer("eori", "COMPANY_ID"),
)
_SURE = 0.65
_WRITTEN = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS"})  # these are what their separators make them


def offers() -> tuple[Offer, ...]:
    """Everything that `Identifiers` can find."""
    return (*_EVERYWHERE, *(Offer(kind.id, kind.type, kind.countries) for kind in kinds()))


class Identifiers:
    """E-mail, network addresses, accounts, cards, phones and the numbers that states give to people and firms.

    `regions` are the countries (ISO 3166-1 alpha-2) whose national phone formats are understood. Thread-safe; keeps no text.
    """

    name = "identifiers"

    def __init__(self, regions: Sequence[str] = ("FR",)) -> None:
        self.version = version("douane")
        self._phones = Phones(regions)
        self.horizon(_SAMPLE)  # reads the data that a stream needs, which must not be read on an event loop

    def detect(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Spans of each text; they may overlap."""
        learnt = Learnt()
        return [tuple(self._detect(text, learnt)) for text in texts]

    def detect_compact(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """The same for texts without separators, in which anything may stand side by side: only what is believed surely."""
        return [tuple(span for span in spans if span.score >= _SURE and span.type not in _WRITTEN) for spans in self.detect(texts)]

    def is_calm(self, text: str) -> bool:
        """Every identifier holds an `@` or shows a sign, but for the code of a bank."""
        return "@" not in text and "BIC" not in text and "SWIFT" not in text and not signs(text)

    def is_calm_since(self, text: str, since: int) -> bool:
        """The same for what ends after `since`: what begins before it is final."""
        return self.is_calm(text[since:])

    def is_shut(self, words: AbstractSet[str], before: str) -> bool:
        """Whether nothing begins, goes on or ends in words of small letters, if nothing before them is open: there are none."""
        return True

    def horizon(self, text: str) -> int:
        """The start of what the next characters could still complete or explain, beyond the last run."""
        end = len(text)
        low = max(0, end - _AHEAD - 2 * _LONGEST)
        while low and text[low - 1].isalnum() and end - low < 4 * _LONGEST:
            low -= 1
        run = run_start(text, end)
        if _is_quiet(text, low, run):
            return end
        zone = Zone(text, Words(text), low, end)
        return min(
            open_iban(text, max(0, min(low, run - 2 * REACH)), run),
            open_number(zone, end - _AHEAD),
            open_card(zone, end - _AHEAD),
            open_phone(zone, end - _AHEAD),
            open_spoken(text, low),
        )

    def _detect(self, text: str, learnt: Learnt) -> Iterator[Span]:
        if "@" in text:
            yield from emails(text, self.name)
        if "BIC" in text or "SWIFT" in text:
            yield from bank_codes(text, self.name)
        seen = signs(text)
        if not seen:
            return
        words = Words(text)
        if "value" in seen:
            yield from spoken(text, words, self.name)
        if "code" in seen:
            yield from codes(text, self.name)
        yield from addresses(text, seen, self.name)
        for zone in zones(text, words, learnt) if "number" in seen or "pan" in seen else ():
            accounts = tuple(ibans(zone, self.name))
            yield from accounts
            zone.leave_out(accounts)
            yield from numbers(zone, self.name)
            yield from glued_cards(zone, self.name)
            yield from self._phones.find(zone, self.name)


def _is_quiet(text: str, low: int, run: int) -> bool:
    """Whether there is no digit from `low` on, and the last word before the last run ends in a small letter: nothing is open then."""
    if _ANY_DIGIT.search(text, low):
        return False
    place = run - 1
    while place >= low and not text[place].isalnum():
        place -= 1
    return place < low or text[place].islower()
