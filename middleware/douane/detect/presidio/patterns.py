# SPDX-License-Identifier: Apache-2.0
"""Presidio's pattern recognisers as a detector, in a supervised process of their own.

A pattern of Presidio's that runs out of time is skipped with a log line, and a text of 20 kB can cost it half a minute. So it looks at
short pieces, only where something could be found, against a deadline of ours; whoever misses it is killed, and the detector has failed.
"""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from douane.errors import ConfigRejected, DetectorFailed
from douane.finding import Span
from douane.worker import Worker, WorkerFailed

__all__ = ["DEFAULT", "RECOGNISERS", "PresidioPatterns"]

RECOGNISERS: dict[str, str] = {
    "EmailRecognizer": "EMAIL_ADDRESS",
    "IbanRecognizer": "IBAN_CODE",
    "IpRecognizer": "IP_ADDRESS",
    "MacAddressRecognizer": "MAC_ADDRESS",
    "CryptoRecognizer": "CRYPTO",
    "CreditCardRecognizer": "CREDIT_CARD",
    "UsSsnRecognizer": "US_SSN",
    "UsItinRecognizer": "TAX_ID",
    "UsPassportRecognizer": "PASSPORT",
    "UsLicenseRecognizer": "DRIVER_LICENSE",
    "UsBankRecognizer": "BANK_ACCOUNT",
    "UsMbiRecognizer": "HEALTH_ID",
    "UkNinoRecognizer": "SOCIAL_SECURITY",
    "UkPassportRecognizer": "PASSPORT",
    "UkDrivingLicenceRecognizer": "DRIVER_LICENSE",
    "NhsRecognizer": "HEALTH_ID",
    "DePassportRecognizer": "PASSPORT",
    "DeIdCardRecognizer": "NATIONAL_ID",
    "DeFuehrerscheinRecognizer": "DRIVER_LICENSE",
    "DeSocialSecurityRecognizer": "SOCIAL_SECURITY",
    "DeTaxIdRecognizer": "TAX_ID",
    "ItFiscalCodeRecognizer": "TAX_ID",
    "ItPassportRecognizer": "PASSPORT",
    "ItDriverLicenseRecognizer": "DRIVER_LICENSE",
    "EsNieRecognizer": "NATIONAL_ID",
    "EsNifRecognizer": "NATIONAL_ID",
    "EsPassportRecognizer": "PASSPORT",
    "FiPersonalIdentityCodeRecognizer": "NATIONAL_ID",
    "PlPeselRecognizer": "NATIONAL_ID",
    "SePersonnummerRecognizer": "NATIONAL_ID",
    "CaSinRecognizer": "SOCIAL_SECURITY",
    "InPanRecognizer": "TAX_ID",
    "InAadhaarRecognizer": "NATIONAL_ID",
    "SgFinRecognizer": "NATIONAL_ID",
    "KrRrnRecognizer": "NATIONAL_ID",
}
"""The recognisers of Presidio's that may be switched on, and the type of what they find."""

DEFAULT = tuple(
    name
    for name in RECOGNISERS
    # These believe a check digit, or less, wherever it stands: they take order numbers for personal data.
    if name not in ("CreditCardRecognizer", "NhsRecognizer", "PlPeselRecognizer", "SePersonnummerRecognizer", "KrRrnRecognizer")
)

# INVARIANT: nothing that a recogniser of the list finds is without one of these.
_EVIDENCE = re.compile(
    r"[\d@]|::|[0-9A-Fa-f][:-][0-9A-Fa-f]{1,4}[:-]|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.|"
    r"[a-z]{6}[lmnp-v]{2}[a-ehlmprst][lmnp-v]{2}[a-mz][lmnp-v]{3}[a-z]",  # an Italian fiscal code with letters for all its digits
    re.IGNORECASE,
)
# A British number in small letters, the one value with spaces that `run_start` takes for words.
_OPEN = re.compile(r"(?<![A-Za-z0-9_])[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z](?: ?\d\d){0,3} ?(?:\d|[a-d])?\Z", re.IGNORECASE)
_LONGEST_OPEN = 13
_PIECE = 2000
_SHARED = 256  # what two pieces have in common: longer than any value, of which an e-mail address is the longest (RFC 5321)
_BATCH = 16  # pieces that one deadline is for
_DEADLINES = 5  # how many deadlines one request may take
_START_DEADLINE = 60.0
_MEMORY = 2**30  # address space, of which Presidio with all that it loads takes a quarter


@dataclass(frozen=True, slots=True)
class _Piece:
    index: int
    start: int
    text: str
    is_last: bool


class PresidioPatterns:
    """Presidio's recognisers named in `recognisers`, without a model and without a network. Thread-safe; keeps no text.

    `deadline` (seconds) is for 32 kB of text in which something could be found; one request takes at most five of them.
    """

    name = "presidio"

    def __init__(self, *, deadline: float, recognisers: Sequence[str] = DEFAULT) -> None:
        """Nothing is started yet. Raises `ConfigRejected` for a recogniser that is not offered."""
        unknown = sorted(set(recognisers) - set(RECOGNISERS))
        if unknown:
            raise ConfigRejected(
                f"`detectors.presidio_recognizers`: `{unknown[0]}` is not offered; those that are: {', '.join(RECOGNISERS)}"
            )
        self.version = version("presidio-analyzer")
        self._deadline = deadline
        self._worker = Worker(
            ["-m", "douane.detect.presidio.worker"],
            name="presidio",
            greeting=json.dumps({name: RECOGNISERS[name] for name in recognisers}).encode(),
            deadline=deadline,
            start_deadline=_START_DEADLINE,
            memory_bytes=_MEMORY,
        )

    def start(self) -> None:
        """Start the process. Raises `DetectorFailed`."""
        try:
            self._worker.start()
        except WorkerFailed as failure:
            raise DetectorFailed(f"the presidio process does not start ({failure.cause_code})", detector=self.name) from failure

    def is_ready(self) -> bool:
        """Whether texts could be looked at now."""
        return self._worker.is_ready()

    @property
    def pid(self) -> int | None:
        """The process that looks, or None."""
        return self._worker.pid

    def close(self) -> None:
        """End the process."""
        self._worker.close()

    def is_calm(self, text: str) -> bool:
        """Whether nothing in the text could be found."""
        return not _EVIDENCE.search(text)

    def horizon(self, text: str) -> int:
        """The start of what the last run of a text, see `Scan`, may not hold whole."""
        match = _OPEN.search(text, max(0, len(text) - _LONGEST_OPEN))
        return match.start() if match else len(text)

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text; they may overlap. Raises `DetectorFailed`."""
        pieces = [piece for index, text in enumerate(texts) for piece in _cut(index, text)]
        spans: list[list[Span]] = [[] for _ in texts]
        until = time.monotonic() + _DEADLINES * self._deadline
        for first in range(0, len(pieces), _BATCH):
            batch = pieces[first : first + _BATCH]
            if time.monotonic() > until:
                late = WorkerFailed("the texts of one request take too long", "timeout")
                raise DetectorFailed(str(late), detector=self.name) from late
            for piece, found in zip(batch, self._ask(batch), strict=True):
                for type_, start, end, score in found:
                    _add(spans[piece.index], piece, Span(type_, piece.start + start, piece.start + end, score, self.name))
        return spans

    def _ask(self, batch: Sequence[_Piece]) -> list[list[tuple[str, int, int, float]]]:
        try:
            # A lone surrogate would end one of Presidio's libraries; U+FFFD stands for it, one for one, so that places stay the same.
            texts = [piece.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for piece in batch]
            answer: list[list[tuple[str, int, int, float]]] = json.loads(self._worker.ask(json.dumps(texts).encode()))
        except WorkerFailed as failure:
            raise DetectorFailed(f"presidio did not look at everything ({failure.cause_code})", detector=self.name) from failure
        return answer


def _cut(index: int, text: str) -> Iterator[_Piece]:
    """Overlapping pieces of a text in which something could be found."""
    for start in range(0, max(1, len(text) - _SHARED), _PIECE - _SHARED):
        piece = text[start : start + _PIECE]
        if _EVIDENCE.search(piece):
            yield _Piece(index, start, piece, start + _PIECE >= len(text))


def _add(spans: list[Span], piece: _Piece, span: Span) -> None:
    """Take a span in. What ends at a cut may be a part of something: the neighbour sees it whole, unless it is longer than they share."""
    is_cut_left = piece.start > 0 and span.start == piece.start
    is_cut_right = not piece.is_last and span.end == piece.start + len(piece.text)
    for place in range(len(spans) - 1, -1, -1):
        other = spans[place]
        if other.start < piece.start - _PIECE:
            break
        if other.type == span.type and other.start <= span.start and span.start < other.end:
            if other.start == span.start and other.end == span.end:
                spans[place] = replace(other, score=max(other.score, span.score))  # both pieces saw it
                return
            if is_cut_left and other.end < span.end:
                spans[place] = replace(other, end=span.end)
                return
    if span.end - span.start > _SHARED or not (is_cut_left or is_cut_right):
        spans.append(span)
