# SPDX-License-Identifier: Apache-2.0
"""A demo model: a small server that speaks OpenAI's chat protocol and answers without any weights, the same each time.

    python examples/demo_model.py --port 8081 --name demo-paris

It repeats what it was told, so that everybody can see what crossed; `GET /received` shows the last bodies as they came. `invent` in a message
makes it write personal data that nobody sent; `book` makes it call the first tool it was offered.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import deque
from typing import Any

from aiohttp import web

SURROGATE = re.compile(r"<[A-Z_]+_[a-z]{5}>")
INVENTED = "Of course: Marie Exemple, marie.exemple@example.net, IBAN FR1420041010050500013M02606."
Json = dict[str, Any]


def reply_to(messages: list[Json]) -> str:
    """What the model says."""
    last = messages[-1]
    told = text_of(last.get("content"))
    if last.get("role") == "tool":
        return f"The tool says: {told}"
    if "invent" in told.lower():
        return INVENTED
    names = " and ".join(dict.fromkeys(SURROGATE.findall(told)))
    return f"I have noted {names or 'your message'}. You wrote: \u201c{told}\u201d"


def text_of(content: Any) -> str:
    """The text of a message, whatever its shape."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def tool_call_for(body: Json) -> Json | None:
    """The call of the first tool, where the last message asks for one."""
    told = text_of(body["messages"][-1].get("content"))
    tools = [tool for tool in body.get("tools") or () if tool.get("type") == "function"]
    if not tools or body["messages"][-1].get("role") == "tool" or "book" not in told.lower():
        return None
    parameters = tools[0]["function"].get("parameters", {}).get("properties", {})
    found = SURROGATE.findall(told) or [told]
    arguments = {name: found[index % len(found)] for index, name in enumerate(parameters)}
    return {"id": "call_1", "type": "function", "function": {"name": tools[0]["function"]["name"], "arguments": json.dumps(arguments)}}


class DemoModel:
    """The server. `received` holds the last bodies, newest last."""

    def __init__(self, name: str, delay: float) -> None:
        self.name = name
        self.delay = delay
        self.received: deque[Json] = deque(maxlen=50)
        self.count = 0

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/received", self.show)
        app.router.add_delete("/received", self.clear)
        return app

    async def models(self, _: web.Request) -> web.Response:
        """`GET /v1/models`."""
        return web.json_response({"object": "list", "data": [{"id": self.name, "object": "model", "created": 0, "owned_by": "demo"}]})

    async def show(self, _: web.Request) -> web.Response:
        """What arrived."""
        return web.json_response(list(self.received))

    async def clear(self, _: web.Request) -> web.Response:
        """Forget what arrived."""
        self.received.clear()
        return web.Response(status=204)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/chat/completions`."""
        try:
            body = await request.json()
            if not isinstance(body["messages"][-1], dict):
                raise TypeError
        except (ValueError, KeyError, IndexError, TypeError):
            error = {"message": "`messages` is missing", "type": "invalid_request_error", "param": "messages", "code": None}
            return web.json_response({"error": error}, status=400)
        self.received.append(body)
        self.count += 1
        head = {"id": f"chatcmpl-{self.name}-{self.count}", "created": 1_700_000_000, "model": body.get("model", self.name)}
        call, text = tool_call_for(body), reply_to(body["messages"])
        words = sum(len(text_of(message.get("content")).split()) for message in body["messages"])
        usage = {"prompt_tokens": words, "completion_tokens": len(text.split()), "total_tokens": words + len(text.split())}
        if body.get("stream"):
            return await self.stream(request, body, head, call, text, usage)
        message: Json = {"role": "assistant", "content": None if call else text, "refusal": None}
        if call:
            message["tool_calls"] = [call]
        finish = "tool_calls" if call else "stop"
        choices = [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish} for index in range(body.get("n") or 1)
        ]
        return web.json_response({**head, "object": "chat.completion", "choices": choices, "usage": usage})

    async def stream(
        self, request: web.Request, body: Json, head: Json, call: Json | None, text: str, usage: Json
    ) -> web.StreamResponse:
        """The same answer in pieces of two to six characters."""
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)

        async def send(choices: list[Json], **more: Any) -> None:
            chunk = {**head, "object": "chat.completion.chunk", "choices": choices, **more}
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

        def choice(index: int, delta: Json, finish: str | None = None) -> list[Json]:
            return [{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}]

        for index in range(body.get("n") or 1):
            await send(choice(index, {"role": "assistant", "content": None if call else ""}))
            if call:
                first = {"index": 0, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
                await send(choice(index, {"tool_calls": [first]}))
            for piece in pieces(call["function"]["arguments"] if call else text):
                delta: Json = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if call else {"content": piece}
                await send(choice(index, delta))
                await asyncio.sleep(self.delay)
            await send(choice(index, {}, "tool_calls" if call else "stop"))
        if (body.get("stream_options") or {}).get("include_usage"):
            await send([], usage=usage)
        await response.write(b"data: [DONE]\n\n")
        return response


def pieces(text: str) -> list[str]:
    """A text cut where no word ends."""
    cut, sizes = [], (3, 5, 2, 6, 4)
    while text:
        size = sizes[len(cut) % len(sizes)]
        cut.append(text[:size])
        text = text[size:]
    return cut


async def serve(name: str, port: int, delay: float) -> None:
    """Serve on loopback until told to stop."""
    runner = web.AppRunner(DemoModel(name, delay).app(), handle_signals=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(f"{name}: {site.name if port else 'http://127.0.0.1:%d' % runner.addresses[0][1]}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="demo-model", help="how the model calls itself")
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free one, and the first line says which")
    parser.add_argument("--delay-ms", type=int, default=15, help="the pause between two pieces of a streamed answer")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.name, options.port, options.delay_ms / 1000))
    except (KeyboardInterrupt, web.GracefulExit):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
