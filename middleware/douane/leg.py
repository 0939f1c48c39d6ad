# SPDX-License-Identifier: Apache-2.0
"""The response leg of a stream: a StreamGuard a channel, decisions as findings appear, one outcome record at the end."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from douane.decision import Decision, DropTool, Hold, SetField, Strip
from douane.enforce import Replacer, Unfulfillable, strictest
from douane.exchange import Egress, Exchange, Opaque, Segment, SegmentKind
from douane.finding import Finding, ScanResult
from douane.guard import Admission, Guard, Observed, final_result, unfulfilled
from douane.stream import StreamGuard

__all__ = ["ChannelKey", "StreamDenied", "StreamLeg"]

ChannelKey = tuple[str | int, ...]
"""What tells the texts of a stream apart: their kind, the choice, the index of the tool call."""

_FINDINGS_TOLD = 256
_MOST_FACTS = 256


class StreamDenied(Exception):
    """The policy denied in mid-stream; `decision` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("denied in mid-stream")
        self.decision = decision


class _Channel:
    """One text of the stream, as its StreamGuard asks about it."""

    def __init__(self, leg: "StreamLeg", index: int, kind: SegmentKind, in_json: bool) -> None:
        self._leg = leg
        self._index = index
        self._kind: SegmentKind = kind
        self._length = 0
        self._counts: Counter[str] = Counter()
        self._latest: Replacer | None = None  # whose counts are not in `_counts` yet
        self.guard = StreamGuard(self, in_json=in_json)

    def feed(self, pieces: Sequence[str]) -> list[str]:
        self._length += sum(map(len, pieces))
        return self.guard.feed_each(pieces, time.monotonic())

    @property
    def hold(self) -> Hold | None:
        return self._leg.hold

    @property
    def segment(self) -> Segment:
        """As long as the text so far: policy is told lengths, so that a stream need not keep what has left."""
        return Segment("", " " * self._length, f"/channel/{self._index}", "assistant", self._kind, "model")

    @property
    def counts(self) -> Counter[str]:
        """How many findings each action met."""
        return self._counts + Counter({} if self._latest is None else self._latest.counts)

    def horizon(self, text: str, floor: int) -> int:
        admission = self._leg.admission
        vault = admission.vault
        horizon = admission.scanner.answers.horizon(text, floor)
        if horizon <= floor:
            return floor
        return vault.beside(text, min(horizon, vault.horizon(text), vault.names.horizon(text)))

    def is_calm(self, text: str, since: int) -> bool:
        admission = self._leg.admission
        return admission.scanner.answers.is_calm(text, since) and admission.vault.names.is_calm(text[since:])

    def findings(self, text: str) -> Sequence[Finding]:
        admission = self._leg.admission
        result = admission.scanner.answers.scan((Segment("", text, ""),), admission.vault.names)
        self._leg.note_reports(result)
        return self._leg.guard.judge_origin(admission.vault, (text,), result.findings)

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        if not findings:
            return self._leg.replacer
        decision = self._leg.decide_about(findings, self._index, offset)
        self._counts = self.counts
        self._latest = Replacer(decision.obligations, self._leg.admission.vault)
        return self._latest


@dataclass(frozen=True, slots=True)
class _Whole:
    """A text that came in one piece and had findings, with what was done about them."""

    segment: Segment
    counts: Counter[str]


class StreamLeg:
    """The response leg of one stream.

    Policy decides in `open`, with what is known of the upstream, and again whenever something is found or a new fact is noted. Not
    thread-safe: one call at a time. Call `open` first, and `conclude` exactly once, however the stream ends.
    """

    def __init__(self, guard: Guard, admission: Admission, observed: Observed) -> None:
        self.guard = guard
        self.admission = admission
        self._observed = observed
        self._channels: dict[ChannelKey, _Channel] = {}
        self._texts: list[_Channel | _Whole] = []
        self._reports = {report.name: report for report in admission.scanner.answers.scan(()).reports}
        self._findings: deque[Finding] = deque(maxlen=_FINDINGS_TOLD)
        self._facts: dict[_Fact, None] = {}
        self.sent = 0
        """Characters let go; whoever drops some of them takes them back."""
        self._decision = Decision("deny")
        self._replacer = Replacer((), admission.vault)
        self._hold: Hold | None = None
        self._document = self._result = ""

    def open(self) -> None:
        """Decide before the first text. Raises `StreamDenied`."""
        self._ask()

    def is_news(self, facts: Exchange | None, *, model_matches: bool) -> bool:
        """Whether `note` would have to ask the policy anew."""
        if not model_matches and self._observed.model_matches:
            return True
        return facts is not None and any(fact not in self._facts for fact in _facts_of(facts))

    def note(self, facts: Exchange | None, *, model_matches: bool) -> None:
        """Take in what a chunk has beside texts, before any of it leaves. Raises `StreamDenied`, and `Unfulfillable` for too many."""
        if self.is_news(facts, model_matches=model_matches):
            if facts is not None:
                self._facts |= dict.fromkeys(_facts_of(facts))
            if len(self._facts) > _MOST_FACTS:
                # INVARIANT: policy is told of every fact, or the stream ends; those left out could be the ones that it refuses.
                raise Unfulfillable(f"more than {_MOST_FACTS} facts about a stream cannot be told to the policy")
            self._observed = replace(self._observed, model_matches=self._observed.model_matches and model_matches)
            self._ask()

    def feed(self, key: ChannelKey, text: str, *, in_json: bool = False) -> str:
        """The next piece of a channel; returns what may leave. Raises `StreamDenied` or `StreamHeldTooLong`."""
        return self.feed_each(key, (text,), in_json=in_json)[0]

    def feed_each(self, key: ChannelKey, pieces: Sequence[str], *, in_json: bool = False) -> list[str]:
        """The same for pieces that came at once: what may leave with each. Where it raises, `spared` says what may leave all the same."""
        channel = self._channels.get(key)
        if channel is None:
            is_answer = key[2:] == ("content",) and self.admission.ask.exchange.json_answer
            channel = self._channels[key] = _Channel(self, len(self._texts), "arguments" if in_json else "text", in_json or is_answer)
            self._texts.append(channel)
        out = channel.feed(pieces)
        self.sent += sum(map(len, out))
        return out

    def spared(self, key: ChannelKey) -> Sequence[str]:
        """See `StreamGuard.spared`; it is taken to leave."""
        out = self._channels[key].guard.spared
        self.sent += sum(map(len, out))
        return out

    @property
    def due(self) -> float | None:
        """When some text will have waited too long, by the monotonic clock; None where none waits."""
        return min((due for channel in self._channels.values() if (due := channel.guard.due) is not None), default=None)

    def expire(self) -> Iterator[tuple[ChannelKey, str]]:
        """What leaves in the place of what has waited too long, by channel. Raises `StreamDenied` or `StreamHeldTooLong`."""
        for key, channel in self._channels.items():
            out = channel.guard.expire(time.monotonic())
            self.sent += len(out)
            if out:
                yield key, out

    def close(self, key: ChannelKey) -> str:
        """The rest of a channel. Raises `StreamDenied`."""
        channel = self._channels.get(key)
        out = "" if channel is None else channel.guard.close()
        self.sent += len(out)
        return out

    def whole(self, segment: Segment) -> str:
        """A text that comes in one piece (an id, the name of a tool); returns what may stand in its place. Raises `StreamDenied`."""
        vault = self.admission.vault
        result = self.admission.scanner.answers.scan((segment,), vault.names)
        self.note_reports(result)
        findings = self.guard.judge_origin(vault, (segment.text,), result.findings)
        decision = self._decision
        counts: Counter[str] = Counter()
        if findings:
            self._texts.append(_Whole(segment, counts))
            decision = self.decide_about(findings, len(self._texts) - 1, 0)
        replacer = Replacer(decision.obligations, vault)
        text = replacer.restored_in(segment, replacer.rewrite(segment, findings))
        counts.update(replacer.counts)
        return text

    def is_calm(self, key: ChannelKey, text: str) -> bool:
        """Whether `feed` would return without asking another process, so that it may be called on an event loop."""
        channel = self._channels.get(key)
        return self.is_calm_text(text) if channel is None else channel.guard.foresee(text)

    def is_calm_text(self, text: str) -> bool:
        """The same for a text that comes in one piece."""
        return self.admission.scanner.answers.is_calm(text) and self.admission.vault.names.is_calm(text)

    def is_verbatim(self, key: ChannelKey) -> bool:
        """Whether all of the channel left just as it came, so that what repeats its text tells nothing more."""
        channel = self._channels.get(key)
        return channel is None or not (channel.guard.edited or channel.guard.held)

    @property
    def channels(self) -> tuple[ChannelKey, ...]:
        """Channels seen so far, in order."""
        return tuple(self._channels)

    @property
    def decision(self) -> Decision:
        """The latest decision."""
        return self._decision

    @property
    def replacer(self) -> Replacer:
        """What the latest decision makes of a text in which nothing was found."""
        return self._replacer

    @property
    def hold(self) -> Hold | None:
        """How long the latest decision lets text be held back."""
        return self._hold

    def decide_about(self, findings: Sequence[Finding], segment: int, offset: int) -> Decision:
        """Decide with these new findings of a channel; `offset` is the place of the text that they were found in."""
        moved = (replace(f, segment=segment, start=f.start + offset, end=f.end + offset) for f in findings)
        self._findings.extend(moved)
        self._ask()
        return self._decision

    def note_reports(self, result: ScanResult) -> None:
        """A detector that failed once in a stream has failed: policy decides what that means."""
        failed = {r.name: r for r in result.reports if not r.ok and (r.name not in self._reports or self._reports[r.name].ok)}
        if failed:
            self._reports |= failed
            self._ask()

    def conclude(self, ended: str, error: str = "") -> int:
        """Record the outcome: `ended` is `complete`, `denied`, `client_gone`, `upstream_broken` or `failed`. Raises `LogUnavailable`."""
        counts = sum((text.counts for text in self._texts), Counter[str]())
        custom: dict[str, object] = {
            "edits": dict(counts),
            "status": self._observed.status,
            "ended": ended,
            "characters_sent": self.sent,
        }
        metrics = {"timer_total_ns": time.monotonic_ns() - self.admission.started}
        result = final_result(self._decision, self._result)
        return self.guard.conclude(self.admission, self._document, result, metrics, custom, error or self._decision.failed)

    def _ask(self) -> None:
        ask = self.admission.ask
        destination = self.admission.destination
        chosen = () if destination is None else (destination,)
        segments = tuple(text.segment for text in self._texts)
        exchange = Exchange(
            ask.exchange.protocol,
            "response",
            ask.exchange.model,
            True,
            segments,
            tuple(fact for fact in self._facts if isinstance(fact, Opaque)),
            tuple(fact for fact in self._facts if isinstance(fact, Egress)),
            tuple(fact.place for fact in self._facts if isinstance(fact, _Unknown)),
            tools_called=tuple(fact.name for fact in self._facts if isinstance(fact, _Called)),
            constraints=ask.exchange.constraints,
        )
        # The newest findings where there are too many to tell: a policy that counts sees at least this many.
        scan = ScanResult(tuple(self._findings), tuple(self._reports.values()))
        self._document = self.guard.document(exchange, scan, ask.principal, chosen, self._observed)
        self._decision, self._result = self.guard.decide(self.admission.lease, self._document, chosen)
        if any(isinstance(obligation, SetField | Strip | DropTool) for obligation in self._decision.obligations):
            self._decision = unfulfilled(self._decision, "a stream leaves piece by piece, so that no member of it can be set or removed")
        if self._decision.verdict != "allow":
            raise StreamDenied(self._decision)
        holds = [obligation for obligation in self._decision.obligations if isinstance(obligation, Hold)]
        self._hold = strictest(holds) if holds else None
        self._replacer = Replacer(self._decision.obligations, self.admission.vault)


@dataclass(frozen=True, slots=True)
class _Unknown:
    place: str


@dataclass(frozen=True, slots=True)
class _Called:
    name: str = field(repr=False)


_Fact = Opaque | Egress | _Unknown | _Called


def _facts_of(exchange: Exchange) -> Iterator[_Fact]:
    """What an exchange has beside its texts; a part that goes on in later chunks is one fact, whatever the length of its pieces."""
    yield from (replace(part, length=0) for part in exchange.opaque)
    yield from exchange.egress
    yield from map(_Unknown, exchange.unknown)
    yield from map(_Called, exchange.tools_called)
