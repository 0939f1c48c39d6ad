# SPDX-License-Identifier: Apache-2.0
"""The yardstick: a reverse proxy of chat requests that guards nothing, made of what the gateway is made of.

    python benchmarks/plain_proxy.py --upstream http://127.0.0.1:8081 --port 0

Starlette routes, aiohttp towards the model, uvicorn with uvloop and httptools. What the gateway costs over this is what guarding
costs.
"""

import argparse
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

__all__ = ["plain_proxy"]


def plain_proxy(upstream: str) -> Starlette:
    """An app that carries `POST /v1/chat/completions` to the same path of `upstream`, a base URL without it."""
    url = f"{upstream.removesuffix('/')}/v1/chat/completions"

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
            app.state.session = session
            yield

    async def chat(request: Request) -> Response:
        session: aiohttp.ClientSession = request.app.state.session
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        answer = await session.post(url, data=await request.body(), headers=headers)
        kind = answer.headers.get("content-type", "application/json")
        if not kind.startswith("text/event-stream"):
            async with answer:
                return Response(await answer.read(), answer.status, media_type=kind)
        return StreamingResponse(_pieces(answer), answer.status, media_type=kind)

    return Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])], lifespan=lifespan)


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with answer:
        async for piece in answer.content.iter_any():
            yield piece


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upstream", required=True, help="base URL of the model, without `/v1`")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        plain_proxy(options.upstream), loop="uvloop", http="httptools", access_log=False, log_level="warning", server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
