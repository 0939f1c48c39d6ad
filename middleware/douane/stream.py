# SPDX-License-Identifier: Apache-2.0
"""StreamGuard: guards one text that arrives in pieces. Sans-IO; it holds back only what could still become part of a finding.

The text before the horizon (see `Scanner.horizon`) is final: more text can change no finding there. It is scanned together with the
context to its left, edited, restored and let go. For findings and context within the scanner's bounds the pieces that leave, joined,
equal what enforcing the whole text at once would give. What is longer is refused or redacted, never passed.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from douane.decision import Hold
from douane.enforce import Replacer, redaction
from douane.finding import Finding
from douane.json_text import inside_json_string, json_unescaped, number_around
from douane.surrogates.written import is_in_url

__all__ = ["Inspector", "StreamGuard", "StreamHeldTooLong"]

_CONTEXT = 256
"""Characters already sent that are kept for the detectors to see: the longest context and the longest finding to its left."""


class StreamHeldTooLong(Exception):
    """Text that may still become part of a finding is held back for longer, or is more, than is allowed: it is never let go unchecked."""


class Inspector(Protocol):
    """What a StreamGuard asks of the guard."""

    @property
    def hold(self) -> Hold | None:
        """How long text may be held back, and what becomes of it then."""
        ...

    def horizon(self, text: str, floor: int) -> int:
        """See `Scanner.horizon`; takes surrogates that may still be completed into account."""
        ...

    def is_calm(self, text: str, since: int) -> bool:
        """See `Scanner.is_calm`."""
        ...

    def findings(self, text: str) -> Sequence[Finding]:
        """Findings in `text`, in order, without overlaps, `segment` 0. Raises what the guard raises for a failed detector."""
        ...

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        """What to do about these new findings; `offset` is the place in the whole text of the text that they were found in."""
        ...


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """What is known of the text with a piece more, before it is taken: where it is open, and that nothing is found in what may go."""

    piece: str = field(repr=False)
    opens: int
    is_calm: bool


class StreamGuard:
    """One channel of a streamed answer: `feed` text, send what it returns, `close` at its end.

    `in_json` marks the arguments of a tool call: originals are escaped, and a replacement outside a JSON string is quoted.
    `limit` bounds, in characters, the text from the first place on that could still become part of a finding, so one channel keeps `limit`
    and 256 characters at most, beside the piece that comes. The policy bounds how long it waits, see `Hold`: time is told by the caller, in
    seconds from any beginning; what waits too long is noticed with the next piece, or by `expire`. Arguments that would be cut are refused.
    """

    __slots__ = (
        "_arrivals",
        "_final",
        "_foreseen",
        "_in_json",
        "_in_string",
        "_inspector",
        "_length",
        "_let_go",
        "_limit",
        "_sent",
        "_text",
        "edited",
        "spared",
    )

    def __init__(self, inspector: Inspector, *, in_json: bool = False, limit: int = 8192) -> None:
        self._inspector = inspector
        self._in_json = in_json
        self._in_string = False  # whether the text before `_text` ends inside a JSON string
        self._limit = limit
        self._text = ""  # context already sent, then what is held back
        self._sent = 0  # how much of `_text` is context
        self._final = 0  # how much of `_text` no further text can change: all of the context, but for what went unchecked
        self._foreseen: _Foreseen | None = None
        self._length = 0  # how much of the whole text stood before `_text`
        self._arrivals: deque[tuple[int, float]] = deque()  # when the whole text had reached a length
        self._let_go = ""  # what `feed` had let go when it raised
        self.edited = False
        self.spared: Sequence[str] = ()
        """What may leave with the pieces of a `feed_each` that raised, since it stood before what was refused."""

    @property
    def held(self) -> int:
        """Characters held back."""
        return len(self._text) - self._sent

    def foresee(self, text: str) -> bool:
        """Whether nothing would be found if this were the next piece, so that `feed` would ask nobody else."""
        whole = self._text + text
        opens = max(self._inspector.horizon(whole, self._final), self._final)
        is_calm = opens <= self._sent or self._inspector.is_calm(whole, self._final)
        self._foreseen = _Foreseen(text, opens, is_calm)
        return is_calm

    def feed(self, text: str, now: float = 0.0) -> str:
        """Takes the next piece and returns what may leave now, which may be empty. Raises `StreamHeldTooLong`, and what `decide` raises."""
        self._let_go = ""
        if self._foreseen is None or self._foreseen.piece != text:
            self.foresee(text)
        foreseen, self._foreseen = self._foreseen, None
        assert foreseen is not None
        opens = foreseen.opens
        self._text += text
        self._arrivals.append((self._length + len(self._text), now))
        is_too_long = len(self._text) - opens > self._limit
        out = self._let_go = self._release(max(opens, self._sent), opens, is_calm=foreseen.is_calm)
        if is_too_long:
            raise StreamHeldTooLong(f"more than {self._limit} characters would have to be held back before they could be checked")
        reached = self._length + self._sent
        while self._arrivals and self._arrivals[0][0] <= reached:
            self._arrivals.popleft()
        return out + self.expire(now)

    def feed_each(self, pieces: Sequence[str], now: float = 0.0) -> list[str]:
        """`feed` for pieces that came at once, looked at once: what may leave with each of them."""
        waiting = [self._text[self._sent :] + pieces[0], *pieces[1:]]
        try:
            out = self.feed("".join(pieces), now)
        except Exception:
            self.spared = _shared(self._let_go, waiting, self.held)
            raise
        return [out] if len(pieces) == 1 else _shared(out, waiting, self.held)

    def close(self) -> str:
        """The rest, checked as it stands. Nothing is held back afterwards."""
        self._foreseen = None
        return self._release(len(self._text), len(self._text))

    @property
    def due(self) -> float | None:
        """When what waits will have waited too long; None where nothing does, or nobody says how long it may."""
        hold = self._inspector.hold
        return None if hold is None or not self._arrivals else self._arrivals[0][1] + hold.milliseconds / 1000

    def expire(self, now: float) -> str:
        """What leaves in the place of what has waited too long, if it has. Raises `StreamHeldTooLong`, and what `decide` raises.

        It stays in the window, so that the rest of a finding is one.
        """
        hold, due = self._inspector.hold, self.due
        if hold is None or due is None or now <= due:
            return ""
        self._arrivals.clear()
        self._foreseen = None
        if hold.then == "pass":
            return self._release(len(self._text), self._sent)
        if hold.then == "deny" or self._in_json:
            raise StreamHeldTooLong(f"text was held back for more than {hold.milliseconds} ms before it could be checked")
        self.edited = True
        self._keep(len(self._text), self._sent)
        return redaction("UNCHECKED")

    def _release(self, horizon: int, opens: int, *, is_calm: bool = False) -> str:
        """Lets the text go up to `horizon`, edited; from `opens` on more text could still change what is found."""
        if horizon == self._sent:
            return ""
        text = self._text
        found = [] if is_calm else [finding for finding in self._inspector.findings(text) if finding.end > self._sent]
        for finding in found:
            if finding.start < horizon < finding.end:
                horizon = max(finding.start, self._sent)  # it is still open: everything from its start waits
                break
        new = [finding for finding in found if finding.start < horizon]
        try:
            replacer = self._inspector.decide(new, self._length)
        except Exception:
            first = new[0].start if new else self._sent
            if first > self._sent:
                self._let_go += self._release(first, first, is_calm=True)
            raise
        pieces: list[str] = []
        done = self._sent
        for finding in new:
            if finding.end <= done:
                continue  # a part of a number that is replaced as a whole
            start = max(finding.start, done)  # INVARIANT: what was sent stays sent; the rest of a late finding does not follow it
            value = text[finding.start : finding.end]
            in_url = is_in_url(text, finding.start)
            replacement = replacer.replacement(finding, json_unescaped(value) if self._in_json else value, bare=in_url)
            if replacement is None:
                continue
            end = finding.end
            if self._in_json:
                quoted = json.dumps(replacement, ensure_ascii=False)
                if self._is_inside(text[:start]):
                    replacement = quoted[1:-1]
                else:
                    first, end = number_around(text[:horizon], start, end)
                    start, replacement = max(first, done), quoted
            pieces += (text[done:start], replacement)
            done = end
        pieces.append(text[done:horizon])
        original = text[self._sent : horizon]
        out = replacer.restore("".join(pieces), in_json=self._in_json, before=text[: self._sent], behind=text[horizon:])
        self.edited = self.edited or out != original
        self._keep(horizon, opens)
        return out

    def _keep(self, horizon: int, opens: int) -> None:
        cut = max(0, min(horizon, opens) - _CONTEXT)
        while cut and self._text[cut - 1] == "\\":  # never between a backslash and what it escapes
            cut -= 1
        if self._in_json and cut:
            self._in_string = self._is_inside(self._text[:cut])
        self._text = self._text[cut:]
        self._length += cut
        self._sent = horizon - cut
        self._final = min(horizon, opens) - cut

    def _is_inside(self, prefix: str) -> bool:
        return inside_json_string(prefix, is_inside=self._in_string)


def _shared(out: str, pieces: Sequence[str], held: int) -> list[str]:
    """What leaves with each of the pieces, of whose end `held` characters wait: what was edited leaves with the first that it changed."""
    original = "".join(pieces)
    original = original[: len(original) - held]
    same = _alike(out, original)
    behind = _alike(out[same:][::-1], original[same:][::-1])
    edited = out[same : len(out) - behind]
    shares: list[str] = []
    place = 0
    for piece in pieces:
        end = min(place + len(piece), len(original))
        share = original[place : min(end, same)]
        if edited and end > same:
            share, edited = share + edited, ""
        shares.append(share + original[max(place, len(original) - behind) : end])
        place = end
    return [*shares[:-1], shares[-1] + edited]


def _alike(one: str, other: str) -> int:
    """How many first characters two texts share."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
