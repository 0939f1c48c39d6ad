# SPDX-License-Identifier: Apache-2.0
"""The gateway: a forwarder behind GuardMiddleware for the traffic to models, and a FastAPI app for everything else.

There is one enforcement path: what the gateway does, any app with the middleware does. Model traffic does not pass through FastAPI's
routing, which would cost more than the guard itself (`benchmarks/README.md`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from douane import __version__
from douane.asgi import App, GuardMiddleware
from douane.border import Border
from douane.client import Receive, Scope, Send
from douane.errors import CallerError, CallerUnknown, ModelUnknown
from douane.exchange import Exchange, Principal
from douane.forward import Forwarder
from douane.guard import Ask
from douane.metrics import CONTENT_TYPE, Metrics
from douane.wire import openai

__all__ = ["gateway"]


def gateway(border: Border, *, connect: float = 5.0, idle: float = 120.0) -> App:
    """The ASGI app of the gateway. The border is started and closed with its lifespan. `connect`, `idle`: seconds, see `Forwarder`."""
    forwarder = Forwarder(border.routes.endpoints, connect=connect, idle=idle)
    rest = _rest(border, forwarder)

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await (forwarder if "douane" in scope else rest)(scope, receive, send)

    return GuardMiddleware(behind, border=border)


def _rest(border: Border, forwarder: Forwarder) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await forwarder.close()

    measured = Metrics(border.standing)
    # No interactive documentation: its pages load scripts from another party's servers.
    app = FastAPI(title="douane", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Every part can do its work; 503 and their names where one cannot."""
        parts = {part.name: part.is_ready() for part in border.parts}
        is_ready = all(parts.values())
        return JSONResponse({"status": "ok" if is_ready else "not ready", "parts": parts}, 200 if is_ready else 503)

    @app.get("/statusz")
    def statusz(request: Request) -> dict[str, object]:
        """Which policies decide, since when, and what was refused; for operators."""
        _as_operator(border, request)
        return {"version": __version__, "origin": border.origin, **border.standing().as_json()}

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        """The same as numbers, for Prometheus; for operators."""
        _as_operator(border, request)
        return Response(measured.exposition(), media_type=CONTENT_TYPE)

    @app.get("/v1/models")
    def models(request: Request) -> dict[str, object]:
        """The models that policy permits to this caller, for an exchange without findings."""
        principal = _caller(border, request)
        return {"object": "list", "data": [_model(name) for name in border.routes.models if _is_permitted(border, principal, name)]}

    @app.get("/v1/models/{name:path}")
    def model(name: str, request: Request) -> dict[str, object]:
        """One model, where policy permits it to this caller."""
        principal = _caller(border, request)
        if name not in border.routes.models or not _is_permitted(border, principal, name):
            raise ModelUnknown("no such model is offered to this caller; `GET /v1/models` lists those that are")
        return _model(name)

    @app.exception_handler(CallerError)
    def refuse(_: Request, error: CallerError) -> Response:
        return _error(error.status, error.code, str(error))

    @app.exception_handler(HTTPException)
    def no_route(_: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            message = "nothing is offered at this path; this gateway guards `POST /v1/chat/completions`"
        else:
            message = "this method is not offered at this path"
        return _error(error.status_code, "not_found" if error.status_code == 404 else "method_not_allowed", message)

    return app


def _as_operator(border: Border, request: Request) -> None:
    """Raises `CallerUnknown` for whoever is none."""
    if not border.operators.may(request.headers.get("authorization", "")):
        raise CallerUnknown("this is for operators: send the key of `operator_key_env`, or set one")


def _caller(border: Border, request: Request) -> Principal:
    return border.callers.identify(request.headers.get("authorization", ""))


def _is_permitted(border: Border, principal: Principal, model: str) -> bool:
    exchange = Exchange(openai.PROTOCOL, "request", model, False, ())
    decision = border.guard.permitted(Ask(exchange, principal, border.routes.models[model]))
    return decision.verdict == "allow" and bool(decision.permitted)


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "douane"}


def _error(status: int, code: str, message: str) -> Response:
    body = openai.error_body(message, type="invalid_request_error", code=code)
    return Response(body, status, media_type="application/json")
