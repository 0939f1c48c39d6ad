# SPDX-License-Identifier: Apache-2.0
"""An event stream on its way back: each chunk is read, guarded, and let go as far as its text is final.

Decided before the first byte leaves, again whenever something is found, and recorded before the stream is said to be complete. A stream
that is refused ends natively, with `finish_reason: content_filter`; one that broke off ends with an error event, since SDKs take a stream
that just stops for a whole one.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from douane.client import LARGE, Client
from douane.enforce import Unfulfillable
from douane.errors import UpstreamBroken, UpstreamError
from douane.exchange import Segment
from douane.guard import Admission, Observed
from douane.leg import ChannelKey, StreamDenied, StreamLeg
from douane.refusal import Refusal, of_decision, of_error
from douane.stream import StreamHeldTooLong
from douane.wire import openai, openai_stream, sse
from douane.wire.body import Body, BodyLimits
from douane.wire.openai_events import DONE, EventReader, Item, Run
from douane.wire.openai_stream import Chunk

__all__ = ["StreamEnded", "StreamedAnswer"]

_SEEN_LIMIT = 256
_AT_ONCE = 2048  # bytes
_MOST_CHANNELS = 512
_LATE = 0.005  # seconds: an alarm never goes off too early
_GOES_ON = "a choice of the stream goes on after it had finished"


class StreamEnded(OSError):
    """The answer was ended by the guard; whoever sends the rest may stop, as with a client that went away."""


class StreamedAnswer:
    """One streamed answer: `take` what the app sends, then one of `finish`, `break_off` or `abandon`."""

    def __init__(
        self, client: Client, admission: Admission, observed: Observed, headers: list[tuple[bytes, bytes]], limits: BodyLimits
    ) -> None:
        self._client = client
        self._admission = admission
        self._observed = observed
        self._headers = headers
        self._limits = limits
        self._events = EventReader(limits)
        self._leg: StreamLeg | None = None
        self._templates: dict[ChannelKey, Body] = {}  # the last chunk of each channel, from which an extra one can be made
        self._last: Body | None = None
        self._choices: dict[int, bool] = {}  # the choices seen, and whether each has finished
        self._size = 0
        self._named: dict[ChannelKey, str] = {}  # what tool calls have said once
        self._seen: dict[tuple[str, str, str], str] = {}  # texts that repeat in every chunk (its id, the model), as they leave
        self._is_closed = False
        self._turn = asyncio.Lock()  # what the app sends and what has waited too long take turns
        self._alarm: asyncio.TimerHandle | None = None
        self._expiring: asyncio.Task[None] | None = None  # kept, since a loop holds its tasks weakly
        self._failure: Exception | None = None
        self.has_ended = False

    async def take(self, piece: bytes) -> None:
        """The next bytes of the stream. Raises `StreamEnded` once the guard has ended it, `UpstreamBroken` where it cannot be read."""
        async with self._turn:
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure
            if self.has_ended:
                return
            await self._take(piece)
            self._set_alarm()

    async def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limits.size:
            raise UpstreamBroken("the stream is larger than `limits.response_bytes` allows")
        items, broken = await self._read(piece)
        if items:
            leg = await self._open(items)
            outcome, done = _Outcome(b""), b""
            is_small = sum(item.size for item in items) <= LARGE
            while is_small and items and outcome.goes_on and self._is_calm(leg, items[0]):
                outcome = self._guarded(leg, [items.pop(0)])
                done += outcome.data
                if len(done) > _AT_ONCE and outcome.goes_on:  # many came in one read: the first need not wait for the last
                    await self._client.body(done, more=True)
                    outcome, done = _Outcome(b""), b""
            if items and outcome.goes_on:
                outcome = await self._client.blocking(lambda: self._guarded(leg, items))
                done += outcome.data
            await self._deliver(leg, replace(outcome, data=done))
            broken = outcome.broken or broken
        if broken is not None:
            raise broken

    async def _read(self, piece: bytes) -> tuple[list[Item | Run], UpstreamBroken | None]:
        """The items that these bytes complete, up to the end of the stream or to what is broken: what came before that is delivered."""
        events, broken = self._events.feed(piece)
        is_large = sum(len(event.data) for event in events if isinstance(event, sse.Event)) > LARGE
        items, unreadable = await self._client.blocking(lambda: self._events.read(events)) if is_large else self._events.read(events)
        return items, unreadable or broken

    async def finish(self) -> None:
        """The app has sent everything. Raises `UpstreamBroken` for a stream that stops before it has finished."""
        async with self._turn:
            self._cancel_alarm()
            if self._failure is not None and not isinstance(self._failure, StreamEnded):
                raise self._failure
            await self._finish()

    async def _finish(self) -> None:
        if not self.has_ended:
            leg = self._leg
            if leg is None or not self._events.is_clean or not self._choices or not all(self._choices.values()):
                raise UpstreamBroken("the stream broke off before it had finished")
            rest = await self._client.blocking(lambda: self._guarded(leg, [Item(is_done=True)]))
            await self._deliver(leg, replace(rest, ending=b""))
        if not self._is_closed:
            await self._close(b"")

    async def break_off(self, cause: UpstreamError) -> None:
        """The upstream failed in mid-stream: say so where the client reads, after all that had arrived and may pass."""
        async with self._turn:
            self._cancel_alarm()
            await self._break_off(cause)

    async def _break_off(self, cause: UpstreamError) -> None:
        if self.has_ended:
            if self._leg is not None and not self._is_closed:
                await self._close(b"")
            return
        self.has_ended = True
        client, admission, leg = self._client, self._admission, self._leg
        refusal = of_error(cause, admission.id)
        if leg is None:
            await client.blocking(lambda: client.border.guard.fail(admission, cause.code))
            await client.refuse(refusal, admission.id, admission.seq)
            return
        outcome = await client.blocking(lambda: self._guarded(leg, [Item(is_done=True)]))
        await client.blocking(lambda: leg.conclude("upstream_broken", cause.code))
        await self._close(outcome.data + sse.encode(_error_body(refusal)))

    async def abandon(self, why: str) -> None:
        """Nobody is left to answer to."""
        async with self._turn:
            self._cancel_alarm()
            await self._abandon(why)

    async def _abandon(self, why: str) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        client, admission, leg = self._client, self._admission, self._leg
        if leg is None:
            await client.blocking(lambda: client.border.guard.fail(admission, why))
        else:
            await client.blocking(lambda: leg.conclude(why, why))

    # What waits too long while nothing comes

    def _set_alarm(self) -> None:
        """Look again when something will have waited too long. One alarm at a time: it goes off early where that has left meanwhile."""
        due = None if self._leg is None or self.has_ended or self._alarm is not None else self._leg.due
        if due is not None:
            wait = max(0.0, due - time.monotonic())
            self._alarm = asyncio.get_running_loop().call_later(wait + _LATE, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self._expiring = asyncio.get_running_loop().create_task(self._expire())

    async def _expire(self) -> None:
        async with self._turn:
            leg = self._leg
            if leg is None or self.has_ended:
                return
            try:
                await self._deliver(leg, await self._client.blocking(lambda: self._overdue(leg)))
                self._set_alarm()
            except Exception as cause:  # whoever sends next is told
                self._failure = cause

    def _overdue(self, leg: StreamLeg) -> "_Outcome":
        pieces: list[bytes] = []
        try:
            for channel, text in leg.expire():
                pieces.append(sse.encode(openai_stream.extra_chunk(self._templates[channel], channel, text)))
        except (StreamDenied, StreamHeldTooLong, Unfulfillable) as cause:
            return _Outcome(b"".join(pieces), refusal=self._refusal(cause))
        return _Outcome(b"".join(pieces))

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    # One piece, step by step

    async def _open(self, items: Iterable[Item | Run]) -> StreamLeg:
        """Decide before the first byte, with what the first chunk says of the model."""
        if self._leg is not None:
            return self._leg
        matches = all(self._matches(item.chunk) for item in items if isinstance(item, Item) and item.chunk is not None)
        client, admission = self._client, self._admission
        leg = StreamLeg(client.border.guard, admission, replace(self._observed, model_matches=matches))
        try:
            await client.blocking(leg.open)
        except StreamDenied as denied:
            self.has_ended = True
            await client.blocking(lambda: leg.conclude("denied"))
            await client.refuse(of_decision(denied.decision, admission.id), admission.id, admission.seq)
            raise StreamEnded from denied
        self._leg = leg
        await client.start(self._observed.status, self._headers)
        return leg

    def _matches(self, chunk: Chunk) -> bool:
        """Whether the chunk says nothing of another model than the one that was decided about."""
        destination = self._admission.destination
        return destination is not None and chunk.model in ("", destination.model)

    def _is_calm(self, leg: StreamLeg, item: Item | Run) -> bool:
        """Whether an item can be guarded on the event loop: nothing will be found, and no other process asked."""
        if isinstance(item, Run):
            return item.pattern.is_passed and leg.is_calm(item.pattern.fragment.channel, "".join(item.texts))
        chunk = item.chunk
        if chunk is None:
            return not item.is_done
        if chunk.finished or leg.is_news(chunk.facts, model_matches=self._matches(chunk)):
            return False
        if not all(_said_at(segment) in self._seen or leg.is_calm_text(segment.text) for segment in chunk.segments):
            return False
        channels = [fragment.channel for fragment in chunk.fragments]
        return len(set(channels)) == len(channels) and all(leg.is_calm(fragment.channel, fragment.text) for fragment in chunk.fragments)

    def _guarded(self, leg: StreamLeg, items: Iterable[Item | Run]) -> "_Outcome":
        """What may leave of these items, and how it goes on; blocking where a text is not calm."""
        pieces: list[bytes] = []
        try:
            for item in items:
                if isinstance(item, Run):
                    self._pass_run(leg, item, pieces)
                elif item.is_done:
                    for channel in self._templates:
                        pieces.append(self._rest_of(leg, channel))
                    return _Outcome(b"".join(pieces), ending=sse.encode(DONE))
                else:
                    pieces.append(self._pass_counted(leg, item))
        except (StreamDenied, StreamHeldTooLong, Unfulfillable) as cause:
            return _Outcome(b"".join(pieces), refusal=self._refusal(cause))
        except UpstreamBroken as cause:
            return _Outcome(b"".join(pieces), broken=cause)
        return _Outcome(b"".join(pieces))

    def _refusal(self, cause: StreamDenied | StreamHeldTooLong | Unfulfillable) -> Refusal:
        if isinstance(cause, StreamDenied):
            return of_decision(cause.decision, self._admission.id)
        code = "held_too_long" if isinstance(cause, StreamHeldTooLong) else "unfulfillable"
        message = f"Blocked: {cause} (decision {self._admission.id})"
        return Refusal(400, "invalid_request_error", code, message, {"decision_id": self._admission.id})

    async def _deliver(self, leg: StreamLeg, outcome: "_Outcome") -> None:
        client = self._client
        if outcome.refusal is not None:
            self.has_ended = True
            error = outcome.refusal.code if outcome.refusal.code in ("held_too_long", "unfulfillable") else ""
            await client.blocking(lambda: leg.conclude("denied", error))
            await self._close(outcome.data + self._refused(outcome.refusal))
            raise StreamEnded
        if outcome.ending is not None:
            self.has_ended = True
            await client.blocking(lambda: leg.conclude("complete"))  # INVARIANT: recorded before the stream says that it is done
        data = outcome.data + (outcome.ending or b"")
        if data:
            await client.body(data, more=True)

    async def _close(self, last: bytes) -> None:
        self._is_closed = True
        await self._client.body(last)

    # One chunk

    def _pass_run(self, leg: StreamLeg, run: Run, pieces: list[bytes]) -> None:
        """Add the chunks of a run to `pieces`, those before what is refused too."""
        pattern = run.pattern
        if not pattern.is_passed:
            for item in self._events.whole(run):
                pieces.append(self._pass_counted(leg, item))
            return
        fragment = pattern.fragment
        if self._choices[fragment.choice] and any(run.texts):
            raise UpstreamBroken(_GOES_ON)
        self._templates[fragment.channel] = self._last = pattern.body
        texts: Sequence[str] = ()
        try:
            texts = leg.feed_each(fragment.channel, run.texts, in_json=fragment.in_json)
        except (StreamDenied, StreamHeldTooLong):
            texts = leg.spared(fragment.channel)
            raise
        finally:
            pieces += (
                sse.encode(data if text == said else pattern.written(text), pattern.event)
                for data, said, text in zip(run.datas, run.texts, texts, strict=False)
            )

    def _pass_counted(self, leg: StreamLeg, item: Item) -> bytes:
        sent = leg.sent
        try:
            return self._pass(leg, item)
        except Exception:
            leg.sent = sent  # nothing of the chunk leaves
            raise

    def _pass(self, leg: StreamLeg, item: Item) -> bytes:
        body, chunk = item.body, item.chunk
        if body is None or chunk is None:
            return item.verbatim
        leg.note(chunk.facts, model_matches=self._matches(chunk))
        for place, text in chunk.named:
            if self._named.setdefault(place, text) != text:
                raise UpstreamBroken("a tool call of the stream names itself in pieces, which clients would join unseen")
        values: dict[str, object] = {}
        for segment in chunk.segments:
            text = self._seen.get(_said_at(segment)) or leg.whole(segment)
            if len(self._seen) < _SEEN_LIMIT:
                self._seen[_said_at(segment)] = text
            if text != segment.text:
                if segment.kind == "key":
                    # Later chunks could not be told from the first where a member had changed its name.
                    raise Unfulfillable("the name of a member would have to be edited in a stream")
                values[segment.pointer] = text
        if values:
            # What a chunk of ours is made from must not hold what was edited in the endpoint's.
            body = Body.parse(body.rewrite(values=values), self._limits)
            values = {}
        elif item.pattern is not None:
            item.pattern.is_passed = True
        if len(self._templates) > _MOST_CHANNELS:
            raise UpstreamBroken(f"the stream has more than {_MOST_CHANNELS} texts at once")
        for fragment in chunk.fragments:
            if self._choices.setdefault(fragment.choice, False) and fragment.text:
                raise UpstreamBroken(_GOES_ON)
            text = leg.feed(fragment.channel, fragment.text, in_json=fragment.in_json)
            self._templates[fragment.channel] = body
            if fragment.choice in chunk.finished:
                text += leg.close(fragment.channel)
            if text != fragment.text:
                values[fragment.pointer] = text
        extra = b"".join(self._rest_of(leg, channel) for channel in self._templates if channel[1] in chunk.finished)
        self._choices |= dict.fromkeys(chunk.finished, True)
        for choice, pointer in chunk.logprobs:
            if not all(leg.is_verbatim(channel) for channel in self._templates if channel[1] == choice):
                values[pointer] = None  # they spell what was held back or edited
        values |= dict.fromkeys(chunk.odd_logprobs)
        self._last = body
        return extra + sse.encode(body.rewrite(values=values) if values else body.raw, item.event)

    def _rest_of(self, leg: StreamLeg, channel: ChannelKey) -> bytes:
        """What is still held back of a text, checked as it stands, in a chunk of its own."""
        rest = leg.close(channel)
        return sse.encode(openai_stream.extra_chunk(self._templates[channel], channel, rest)) if rest else b""

    def _refused(self, refusal: Refusal) -> bytes:
        """The native end of a stream whose content is refused; SDKs read the finish reason, people the detail beside it."""
        if self._last is None:
            return sse.encode(_error_body(refusal))
        pieces = []
        for choice in [choice for choice, finished in self._choices.items() if not finished] or [0]:
            chunk = json.loads(openai_stream.finish_chunk(self._last, choice, "content_filter"))
            chunk["douane"] = {"message": refusal.message, **refusal.detail}
            pieces.append(sse.encode(json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))))
        return b"".join((*pieces, sse.encode(DONE)))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What may leave after one piece: `data`, and where the stream is at its end, `ending`, the refusal in its place, or the fault."""

    data: bytes = field(repr=False)
    ending: bytes | None = None
    refusal: Refusal | None = None
    broken: UpstreamBroken | None = None

    @property
    def goes_on(self) -> bool:
        return self.refusal is None and self.broken is None


def _said_at(segment: Segment) -> tuple[str, str, str]:
    return segment.kind, segment.place, segment.text


def _error_body(refusal: Refusal) -> bytes:
    return openai.error_body(refusal.message, type=refusal.type, code=refusal.code, extra={"douane": refusal.detail})
