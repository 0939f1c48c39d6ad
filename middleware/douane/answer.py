# SPDX-License-Identifier: Apache-2.0
"""The response leg of GuardMiddleware: takes what the guarded app sends and lets go what the guard releases.

A JSON answer is held until it is there as a whole; an event stream goes through a `StreamedAnswer` and leaves as it becomes final.
"""

from dataclasses import replace

from douane.client import LARGE, Client, Message
from douane.enforce import Edits
from douane.errors import BodyRejected, UpstreamBroken, UpstreamError
from douane.exchange import Exchange, Segment
from douane.guard import Admission, Observed
from douane.refusal import of_decision, of_error
from douane.streamed_answer import StreamedAnswer
from douane.wire import openai
from douane.wire.body import Body

__all__ = ["Answer"]

_PLAIN_KINDS = frozenset({b"text/plain", b"text/html", b""})
_PLAIN_CHARSETS = frozenset({b"", b"utf-8", b"us-ascii"})
_NOT_HANDED_BACK = frozenset({b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"date", b"server"})


class Answer:
    """The app's answer to one admitted request. `send` is given to the app; then one of `finish`, `fail`, `abandon` takes effect."""

    def __init__(self, client: Client, admission: Admission) -> None:
        """For an admission that is allowed."""
        assert admission.destination is not None
        self._client = client
        self._admission = admission
        self._destination = admission.destination
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._kind = self._charset = b""
        self._pieces: list[bytes] = []
        self._size = 0
        self._stream: StreamedAnswer | None = None
        self._is_complete = False
        self._is_concluded = False

    async def send(self, message: Message) -> None:
        """What the app sends."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            piece = message.get("body", b"")
            if self._stream is not None:
                await self._stream.take(piece)
            else:
                self._hold(piece)
            self._is_complete = not message.get("more_body", False)

    @property
    def has_ended(self) -> bool:
        """Whether the guard itself ended the answer, so that what the app still does no longer matters."""
        return self._is_concluded or (self._stream is not None and self._stream.has_ended)

    async def _start(self, message: Message) -> None:
        self._status = message["status"]
        if not 200 <= self._status <= 599:
            raise UpstreamBroken("the answer has a status that is none of HTTP")
        fields = [(name.lower(), value) for name, value in message.get("headers", [])]
        known = dict(fields)
        self._kind, _, parameters = known.get(b"content-type", b"").lower().replace(b" ", b"").partition(b";")
        self._charset = parameters.partition(b"charset=")[2].partition(b";")[0].strip(b'"')
        if known.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UpstreamBroken("the answer is compressed although that was not asked for, so it cannot be inspected")
        receipt = self._client.receipt(self._admission.id, self._admission.seq)
        self._headers = [(name, value) for name, value in fields if name not in _NOT_HANDED_BACK] + receipt
        if self._kind == b"text/event-stream" and self._status < 400:
            limits = self._client.border.answer_limits
            self._stream = StreamedAnswer(self._client, self._admission, self._observed(True), self._headers, limits)

    def _hold(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._client.border.answer_limits.size:
            raise UpstreamBroken("the answer is larger than `limits.response_bytes` allows")
        self._pieces.append(piece)

    def _observed(self, model_matches: bool) -> Observed:
        return Observed(self._destination.id, self._status, model_matches)

    async def finish(self) -> None:
        """The app returned. An answer that it did not complete is an upstream that broke off, or a client that left.

        Raises `UpstreamBroken` for what `fail` then says to the client.
        """
        if not self._is_complete and not (self._stream is not None and self._stream.has_ended):
            if self._client.gone:
                await self.abandon("client_gone")
                return
            raise UpstreamBroken("the answer ended before it was complete")
        if self._stream is not None:
            await self._stream.finish()
            self._is_concluded = True
        else:
            await self._release()

    async def _release(self) -> None:
        raw = b"".join(self._pieces)
        exchange, body = await self._client.blocking(lambda: self._read(raw)) if len(raw) > LARGE else self._read(raw)
        matches = True
        if body is not None and isinstance(body.tree, dict) and self._status < 400:
            matches = body.tree.get("model") == self._destination.model

        def carry_out(edits: Edits) -> bytes:
            if body is None:
                return raw if edits.is_empty else str(edits.values[""]).encode()
            repeated = dict.fromkeys(openai.derived(body, was_edited=not edits.is_empty))
            if edits.is_empty and not repeated:
                return raw
            return body.rewrite(values={**edits.values, **repeated}, keys=edits.keys, removed=edits.removed)

        client, admission, guard = self._client, self._admission, self._client.border.guard
        release = await client.blocking(lambda: guard.release(admission, exchange, self._observed(matches), carry_out))
        self._is_concluded = True
        if release.body is None:
            await client.refuse(of_decision(release.decision, admission.id), admission.id, admission.seq)
            return
        await client.start(self._status, [*self._headers, (b"content-length", str(len(release.body)).encode())])
        await client.body(release.body)

    def _read(self, raw: bytes) -> tuple[Exchange, Body | None]:
        if self._kind == b"application/json" or self._kind.endswith(b"+json"):
            try:
                body = Body.parse(raw, self._client.border.answer_limits)
                return replace(openai.read_response(body), model=self._admission.ask.exchange.model), body
            except BodyRejected as cause:
                if self._status < 400:
                    raise UpstreamBroken(f"the answer cannot be read: {cause}") from cause
        elif self._status < 400:
            raise UpstreamBroken("the answer is neither JSON nor an event stream")
        # An error that is no JSON passes as one text: upstream errors come back as they were, but never undecided. Whoever reads it must
        # read what the detectors do: nothing that is put together of parts, or is of another encoding.
        if self._kind not in _PLAIN_KINDS or self._charset not in _PLAIN_CHARSETS or b"\0" in raw:
            raise UpstreamBroken(f"the model's endpoint sent an error (status {self._status}) in a form that cannot be inspected")
        try:
            text = raw.decode()
        except UnicodeDecodeError as cause:
            raise UpstreamBroken("the error that the model's endpoint sent is not text") from cause
        ask = self._admission.ask.exchange
        segment = Segment("", text, "/", "none", "unknown", "model")
        return Exchange(ask.protocol, "response", ask.model, False, (segment,), unknown=("/",)), None

    async def fail(self, cause: UpstreamError) -> None:
        """The upstream failed: say so to the client in its protocol, and record it."""
        if self._is_concluded:
            return
        self._is_concluded = True
        if self._stream is not None:
            await self._stream.break_off(cause)
            return
        guard, admission = self._client.border.guard, self._admission
        await self._client.blocking(lambda: guard.fail(admission, cause.code))
        await self._client.refuse(of_error(cause, admission.id), admission.id, admission.seq)

    async def abandon(self, why: str) -> None:
        """Nobody is left to answer to; record how it ended."""
        if self._is_concluded:
            return
        self._is_concluded = True
        if self._stream is not None:
            await self._stream.abandon(why)
            return
        guard, admission = self._client.border.guard, self._admission
        await self._client.blocking(lambda: guard.fail(admission, why))
