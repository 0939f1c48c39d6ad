# SPDX-License-Identifier: Apache-2.0
"""GuardMiddleware: the guard around any ASGI app that forwards to, or calls, a model. Pure ASGI; no framework is imported.

    app.add_middleware(GuardMiddleware, border=load("douane.yaml"))

Requests to the guarded paths are read whole, decided, and handed on as the policy left them; the app finds where they may go in
`scope["douane"]`. What the app answers is guarded on its way back, streamed or not. Every other path passes untouched.
"""

import asyncio
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from douane.answer import Answer
from douane.border import Border
from douane.client import LARGE, Client, Message, Receive, Scope, Send
from douane.enforce import Edits
from douane.errors import (
    BodyRejected,
    CallerError,
    CallerUnknown,
    DouaneError,
    LogUnavailable,
    ShapeRejected,
    UpstreamBroken,
    UpstreamError,
)
from douane.exchange import Destination, Exchange, Principal
from douane.guard import Admission, Ask
from douane.refusal import failure, of_decision, of_error
from douane.surrogates.store import Scope as Conversation
from douane.wire import openai
from douane.wire.body import Body, BodyLimits, decode_content

__all__ = ["App", "GuardMiddleware", "Passage"]

App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger("douane")
_CONVERSATION, _SUBJECT = b"x-douane-conversation", b"x-douane-subject"
_NAMED = re.compile(rb"[\x21-\x7e]{1,256}")
_NOT_IN_PATHS = re.compile(r"[\x00-\x20\x7f]")
_NOT_HANDED_ON = frozenset({b"content-length", b"content-encoding", b"accept-encoding", b"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Passage:
    """What the guarded app finds in `scope["douane"]`: where the request may go, and the id of the decision that says so."""

    destination: Destination
    decision_id: str


class _ClientGone(Exception):
    """The client closed the connection before its request was whole."""


class _StartFailed(Exception):
    """A part of the border did not start; the server has been told."""


class GuardMiddleware:
    """Guards `paths` of an app. The border is started and closed with the app's lifespan."""

    def __init__(self, app: App, *, border: Border, paths: Iterable[str] = ("/v1/chat/completions",)) -> None:
        self._app = app
        self._border = border
        self._paths = frozenset(paths)
        self._plain = frozenset(map(_plain_path, self._paths))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "http" and self._is_guarded(scope):
            await self._cross(scope, Client(self._border, receive, send))
        elif scope["type"] == "websocket" and self._is_guarded_path(scope):
            await send({"type": "websocket.close", "code": 1008})  # a policy violation (RFC 6455, 7.4.1): nothing here could inspect it
        else:
            await self._app(scope, receive, send)

    def _is_guarded(self, scope: Scope) -> bool:
        if not self._is_guarded_path(scope):
            return False
        # What has no body carries nothing; the method alone would not tell, since a route may read the body of a GET.
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in scope["headers"])
        return True

    def _is_guarded_path(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path in self._paths:
            return True
        # A router behind us may be more lenient than a string comparison (`//v1/Chat/completions/`, a line break at the end), and an
        # app may be mounted, in which case the path begins with `root_path`.
        plain = _plain_path(path)
        return plain in self._plain or _plain_path(path.removeprefix(scope.get("root_path", ""))) in self._plain

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        is_closed = False

        async def close() -> None:
            nonlocal is_closed
            if not is_closed:
                is_closed = True
                await loop.run_in_executor(None, self._border.close)

        async def said(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await close()  # before the server is told that all is over: it cancels whatever still runs then
            await send(message)

        async def started() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await loop.run_in_executor(None, self._border.start)
                except Exception as cause:
                    # Said in the protocol: servers take a lifespan that merely raises for one that is not supported, and go on.
                    why = str(cause) if isinstance(cause, DouaneError) else type(cause).__name__
                    await send({"type": "lifespan.startup.failed", "message": f"douane cannot start: {why}"})
                    raise _StartFailed from cause
            return message

        try:
            await self._app(scope, started, said)
        except _StartFailed:
            pass
        finally:
            await close()

    async def _cross(self, scope: Scope, client: Client) -> None:
        try:
            admission = await self._admit(scope, client)
        except _ClientGone:
            return
        except LogUnavailable as cause:
            _log.error("log_unavailable", cause=str(cause))
            await client.refuse(failure(cause))
            return
        if admission is None:
            return
        try:
            await self._forward(scope, client, admission)
        except LogUnavailable as cause:
            _log.error("log_unavailable", cause=str(cause), decision=admission.id)
            if client.started:
                raise  # its end cannot be recorded: the server breaks the answer off, so that nobody takes it for complete
            await client.refuse(failure(cause))

    async def _admit(self, scope: Scope, client: Client) -> Admission | None:
        """The request leg; None where the client has got its refusal."""
        border, headers = self._border, dict(scope["headers"])
        principal: Principal | None = None
        try:
            principal = border.callers.identify(_authorization(scope["headers"]))
            raw = await _read_body(headers, border.limits, client)

            def read() -> tuple[Body, Exchange]:
                body = Body.parse(raw, border.limits)
                return body, openai.read_request(body)

            body, exchange = await client.blocking(read) if len(raw) > LARGE else read()
            ask = Ask(exchange, principal, border.routes.candidates(exchange.model), self._conversation(scope["headers"], principal))
        except CallerError as cause:
            code, status, who = cause.code, cause.status, principal
            id_, seq = await client.blocking(lambda: border.guard.reject(code, who, status))
            await client.refuse(of_error(cause, id_), id_, seq)
            return None

        def carry_out(edits: Edits) -> bytes:
            return raw if edits.is_empty else body.rewrite(values=edits.values, keys=edits.keys, removed=edits.removed)

        admission = await client.blocking(lambda: border.guard.admit(ask, carry_out))
        if admission.decision.failed:
            _log.error("decision_failed", cause=admission.decision.failed, detail=admission.decision.detail, decision=admission.id)
        if admission.destination is None:
            await client.refuse(of_decision(admission.decision, admission.id), admission.id, admission.seq)
            return None
        return admission

    def _conversation(self, headers: list[tuple[bytes, bytes]], principal: Principal) -> Conversation | None:
        """The conversation that surrogates are kept for, as the app names it. Raises `ShapeRejected`."""
        named = [value for name, value in headers if name == _CONVERSATION]
        subject = [value for name, value in headers if name == _SUBJECT]
        if not self._border.keeps_conversations or not named:
            return None
        if principal is self._border.callers.anonymous:
            raise ShapeRejected("conversations are kept for callers with an API key only; leave out `x-douane-conversation`")
        if len(named) > 1 or len(subject) > 1 or not all(map(_NAMED.fullmatch, (*named, *subject))):
            raise ShapeRejected("`x-douane-conversation` and `x-douane-subject` take one value each, of at most 256 visible characters")
        # An app's conversations are its own: the last space parts its name from the conversation's, which has none.
        conversation = f"{principal.app} {named[0].decode('ascii')}"
        return Conversation(principal.tenant, subject[0].decode("ascii") if subject else "", conversation)

    async def _forward(self, scope: Scope, client: Client, admission: Admission) -> None:
        """Hand the request on and the answer back; the outcome is recorded however it ends."""
        assert admission.destination is not None
        assert admission.body is not None
        body = admission.body
        headers = [(name, value) for name, value in scope["headers"] if name not in _NOT_HANDED_ON]
        headers.append((b"content-length", str(len(body)).encode()))
        inner = {**scope, "headers": headers, "douane": Passage(admission.destination, admission.id)}
        is_delivered = False

        async def receive() -> Message:
            nonlocal is_delivered
            if is_delivered:
                return await client.receive()
            is_delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        answer = Answer(client, admission)
        try:
            await self._app(inner, receive, answer.send)
            await answer.finish()
        except UpstreamError as cause:
            _log.warning("upstream_failed", cause=str(cause), code=cause.code, decision=admission.id)
            await answer.fail(cause)
        except LogUnavailable:
            raise
        except DouaneError as cause:
            await answer.fail(UpstreamBroken(str(cause)))
        except OSError:
            await answer.abandon("client_gone")
        except BaseException as cause:  # cancelled, or the app raised: its own affair, but the record is ours
            if answer.has_ended and isinstance(cause, Exception):
                return  # the app only noticed, in words of its own, that the guard had ended the answer
            await asyncio.shield(answer.abandon("app_failed"))
            raise


def _plain_path(path: str) -> str:
    """A path as the most lenient router might read it."""
    return posixpath.normpath("/" + _NOT_IN_PATHS.sub("", path).lower().strip("/"))


def _authorization(headers: list[tuple[bytes, bytes]]) -> str:
    """The `Authorization` header, or nothing. Raises `CallerUnknown` for two: another reader might take the other one."""
    values = [value for name, value in headers if name == b"authorization"]
    if len(values) > 1:
        raise CallerUnknown("the request has two `Authorization` headers; send one")
    return values[0].decode("latin-1") if values else ""


async def _read_body(headers: dict[bytes, bytes], limits: BodyLimits, client: Client) -> bytes:
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise BodyRejected("the content type must be `application/json`", status=415, code="unsupported_content_type")
    too_large = f"the body is larger than the {limits.size} bytes that this gateway takes"
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limits.size:
        raise BodyRejected(too_large, status=413, code="body_too_large")
    pieces: list[bytes] = []
    size = 0
    is_more = True
    while is_more:
        message = await client.receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limits.size:
            raise BodyRejected(too_large, status=413, code="body_too_large")
        is_more = message.get("more_body", False)
    raw = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    encoding = headers.get(b"content-encoding", b"").decode("latin-1")
    return decode_content(raw, encoding, limits) if encoding else raw
