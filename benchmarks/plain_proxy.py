# SPDX-License-Identifier: Apache-2.0
"""The yardstick: a reverse proxy of chat requests that guards nothing, made of what the gateway is made of.

    python benchmarks/plain_proxy.py --upstream http://127.0.0.1:8081 --port 0
    python benchmarks/plain_proxy.py --upstream http://127.0.0.1:8081 --variant starlette-httpx

Starlette routes, aiohttp towards the model, uvicorn with uvloop and httptools. What the gateway costs over this is what guarding
costs. The other variants are the same proxy of other parts, which is how the parts were chosen.
"""

import argparse
import contextlib
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

__all__ = ["VARIANTS", "plain_proxy"]

VARIANTS = ("starlette-aiohttp", "fastapi-aiohttp", "starlette-httpx")
_PATH = "/v1/chat/completions"
_HEADERS = {"content-type": "application/json", "accept-encoding": "identity"}

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


def plain_proxy(upstream: str, variant: str = VARIANTS[0]) -> Starlette:
    """An app that carries `POST /v1/chat/completions` to the same path of `upstream`, a base URL without it."""
    server, _, client = variant.partition("-")
    url = upstream.removesuffix("/") + _PATH
    lifespan, chat = _with_httpx(url) if client == "httpx" else _with_aiohttp(url)
    if server == "fastapi":
        app = FastAPI(lifespan=lifespan)
        app.add_api_route(_PATH, chat, methods=["POST"], response_model=None)
        return app
    return Starlette(routes=[Route(_PATH, chat, methods=["POST"])], lifespan=lifespan)


def _with_aiohttp(url: str) -> tuple[Lifespan, Callable[[Request], Any]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            app.state.session = session
            yield

    async def chat(request: Request) -> Response:
        session: aiohttp.ClientSession = request.app.state.session
        answer = await session.post(url, data=await request.body(), headers=_HEADERS)
        kind = answer.headers.get("content-type", "application/json")
        if not kind.startswith("text/event-stream"):
            async with answer:
                return Response(await answer.read(), answer.status, media_type=kind)
        return StreamingResponse(pieces(answer), answer.status, media_type=kind)

    async def pieces(answer: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        async with answer:
            async for piece in answer.content.iter_any():
                yield piece

    return lifespan, chat


def _with_httpx(url: str) -> tuple[Lifespan, Callable[[Request], Any]]:
    import httpx  # not a part of the gateway, so perhaps not there

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None, max_keepalive_connections=None)) as client:
            app.state.client = client
            yield

    async def chat(request: Request) -> Response:
        client: httpx.AsyncClient = request.app.state.client
        answer = await client.send(client.build_request("POST", url, content=await request.body(), headers=_HEADERS), stream=True)
        kind = answer.headers.get("content-type", "application/json")
        if not kind.startswith("text/event-stream"):
            raw = await answer.aread()
            await answer.aclose()
            return Response(raw, answer.status_code, media_type=kind)
        return StreamingResponse(pieces(answer), answer.status_code, media_type=kind)

    async def pieces(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in answer.aiter_raw():
                yield piece
        finally:
            await answer.aclose()

    return lifespan, chat


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upstream", required=True, help="base URL of the model, without `/v1`")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--variant", choices=VARIANTS, default=VARIANTS[0], help="what routes requests, and what calls the model")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    app = plain_proxy(options.upstream, options.variant)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
