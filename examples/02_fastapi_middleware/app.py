# SPDX-License-Identifier: Apache-2.0
"""An app of one's own with the guard around it: it forwards chats to whichever endpoint policy permits.

.venv/bin/uvicorn --app-dir examples/02_fastapi_middleware app:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from starlette.background import BackgroundTask

from douane import GuardMiddleware, Passage, load

border = load(os.environ.get("DOUANE_CONFIG", Path(__file__).with_name("douane.yaml")))
client = httpx.AsyncClient(timeout=60, trust_env=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with client:
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(GuardMiddleware, border=border)


@app.post("/v1/chat/completions")
async def chat(request: Request) -> Response:
    """Behind the guard: the body holds no personal data here, and the passage says where it may go."""
    passage: Passage = request.scope["douane"]
    endpoint = border.routes.endpoints[passage.destination.id]
    headers = {**endpoint.authorization, "content-type": "application/json", "accept-encoding": "identity"}
    call = client.build_request("POST", f"{endpoint.url}/chat/completions", content=await request.body(), headers=headers)
    answer = await client.send(call, stream=True)
    kind = answer.headers.get("content-type")
    return StreamingResponse(answer.aiter_raw(), answer.status_code, media_type=kind, background=BackgroundTask(answer.aclose))


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Other paths pass untouched."""
    return {"hello": "world"}
