# SPDX-License-Identifier: Apache-2.0
"""StreamGuard: guards one text that arrives in pieces. Sans-IO; it holds back only what could still become part of a finding.

The text before the horizon (see `Scanner.horizon`) is final: more text can change no finding there. It is scanned together with the
context to its left, edited, restored and let go. For findings and context within the scanner's bounds the pieces that leave, joined,
equal what enforcing the whole text at once would give.
"""

from collections.abc import Sequence
from typing import Protocol

from douane.enforce import Replacer, inside_json_string, json_unescaped
from douane.finding import Finding

__all__ = ["Inspector", "StreamGuard", "StreamHeldTooLong"]

_CONTEXT = 256
"""Characters already sent that are kept for the detectors to see: the longest context and the longest finding to its left."""


class StreamHeldTooLong(Exception):
    """More text is held back than the limit allows, and it may still become part of a finding: it is never let go unchecked."""


class Inspector(Protocol):
    """What a StreamGuard asks of the guard."""

    def horizon(self, text: str) -> int:
        """See `Scanner.horizon`; takes surrogates that may still be completed into account."""
        ...

    def findings(self, text: str) -> Sequence[Finding]:
        """Findings in `text`, in order, without overlaps, `segment` 0. Raises what the guard raises for a failed detector."""
        ...

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        """What to do about these new findings; `offset` is the place in the whole text of the text that they were found in."""
        ...


class StreamGuard:
    """One channel of a streamed answer: `feed` text, send what it returns, `close` at its end.

    `in_json` marks the arguments of a tool call: originals are escaped, and a replacement outside a JSON string is quoted.
    `limit` bounds what is held back, in characters.
    """

    __slots__ = ("_in_json", "_in_string", "_inspector", "_length", "_limit", "_sent", "_text", "edited")

    def __init__(self, inspector: Inspector, *, in_json: bool = False, limit: int = 8192) -> None:
        self._inspector = inspector
        self._in_json = in_json
        self._in_string = False  # whether the text before `_text` ends inside a JSON string
        self._limit = limit
        self._text = ""  # context already sent, then what is held back
        self._sent = 0  # how much of `_text` is context
        self._length = 0  # how much of the whole text stood before `_text`
        self.edited = False

    @property
    def held(self) -> int:
        """Characters held back."""
        return len(self._text) - self._sent

    @property
    def window(self) -> str:
        """The text that the next scan would begin with."""
        return self._text

    def feed(self, text: str) -> str:
        """Takes the next piece and returns what may leave now, which may be empty. Raises `StreamHeldTooLong`."""
        self._text += text
        horizon = max(self._inspector.horizon(self._text), self._sent)
        if len(self._text) - horizon > self._limit:
            raise StreamHeldTooLong(f"more than {self._limit} characters would have to be held back before they could be checked")
        return self._release(horizon)

    def close(self) -> str:
        """The rest. The guard is empty afterwards."""
        return self._release(len(self._text))

    def _release(self, horizon: int) -> str:
        if horizon == self._sent:
            return ""
        text = self._text
        found = [finding for finding in self._inspector.findings(text) if finding.end > self._sent]
        for finding in found:
            if finding.start < horizon < finding.end:
                horizon = max(finding.start, self._sent)  # it is still open: everything from its start waits
                break
        new = [finding for finding in found if finding.start < horizon]
        replacer = self._inspector.decide(new, self._length)
        pieces: list[str] = []
        done = self._sent
        for finding in new:
            start = max(finding.start, self._sent)  # INVARIANT: what was sent stays sent; the rest of a late finding does not follow it
            value = text[finding.start : finding.end]
            replacement = replacer.replacement(finding, json_unescaped(value) if self._in_json else value)
            if replacement is None:
                continue
            if self._in_json and not self._is_inside(text[:start]):
                replacement = f'"{replacement}"'
            pieces += (text[done:start], replacement)
            done = finding.end
        pieces.append(text[done:horizon])
        original = text[self._sent : horizon]
        out = replacer.restore("".join(pieces), in_json=self._in_json)
        self.edited = self.edited or out != original
        self._keep(horizon)
        return out

    def _keep(self, horizon: int) -> None:
        cut = max(0, horizon - _CONTEXT)
        while cut and self._text[cut - 1] == "\\":  # never between a backslash and what it escapes
            cut -= 1
        if self._in_json and cut:
            self._in_string = self._is_inside(self._text[:cut])
        self._text = self._text[cut:]
        self._length += cut
        self._sent = horizon - cut

    def _is_inside(self, prefix: str) -> bool:
        return inside_json_string(prefix, is_inside=self._in_string)
