# SPDX-License-Identifier: Apache-2.0
"""A demo model: a small server that speaks OpenAI's chat protocol and answers without any weights, the same each time.

    python examples/demo_model.py --port 8081 --name demo-paris

It repeats what it was told, so that everybody can see what crossed; `GET /received` shows the last bodies as they came, `DELETE`
forgets them. `invent` makes it write personal data that nobody sent; `book` or `weather` makes it call the first tool offered.
"""

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
from collections import deque
from typing import Any

from aiohttp import web

__all__ = ["DemoModel", "pieces", "reply_to", "serve", "tool_call_for"]

SURROGATE = re.compile(r"<[A-Z_]+_[a-z]{5}>")
INVENTED = "Of course: Marie Exemple, marie.exemple@example.net, IBAN FR1420041010050500013M02606."
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MOST_CHOICES = 16
Json = dict[str, Any]


class BadRequest(ValueError):
    """A body that is no chat request: what is wrong, and in which member (None: in the whole)."""


def read_request(raw: bytes) -> Json:
    """The body of a chat request; raises `BadRequest` where it is none."""
    try:
        body: Json = json.loads(raw)
    except (ValueError, RecursionError) as cause:
        raise BadRequest("the body is not JSON", None) from cause
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages:
        raise BadRequest("`messages` is a list of at least one message", "messages")
    if not all(isinstance(message, dict) and message.get("role") in ROLES for message in messages):
        raise BadRequest("every message is an object with a known `role`", "messages")
    choices = body.get("n")
    if choices is not None and (type(choices) is not int or not 1 <= choices <= MOST_CHOICES):
        raise BadRequest(f"`n` is a number from 1 to {MOST_CHOICES}", "n")
    kinds: dict[str, type] = {"model": str, "stream": bool, "stream_options": dict, "tools": list, "logprobs": bool}
    for name, kind in kinds.items():
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise BadRequest(f"`{name}` has the wrong type", name)
    if not all(is_tool(tool) for tool in body.get("tools") or ()):
        raise BadRequest("every tool is an object with a `type`, a function also with a name", "tools")
    return body


def is_tool(tool: Any) -> bool:
    """Whether this is a tool as the protocol has them; one that is no function is accepted, and never called."""
    if isinstance(tool, dict) and tool.get("type") == "function":
        return isinstance(tool.get("function"), dict) and isinstance(tool["function"].get("name"), str)
    return isinstance(tool, dict) and isinstance(tool.get("type"), str)


def text_of(message: Json) -> str:
    """The text of a message, whether one string or parts."""
    content = message.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def told_in(messages: list[Json]) -> str:
    """The text of the last message of the user."""
    return next((text_of(message) for message in reversed(messages) if message["role"] == "user"), "")


def reply_to(messages: list[Json]) -> str:
    """What the model says: every surrogate of the last message, then the whole of it in quotes."""
    if messages[-1]["role"] == "tool":
        return f"The tool says: {text_of(messages[-1])}"
    told = told_in(messages)
    if "invent" in told.lower():
        return INVENTED
    found = list(dict.fromkeys(SURROGATE.findall(told)))
    reader = next((token for token in found if token.startswith("<PERSON_")), "reader")
    noted = " and ".join(token for token in found if token != reader)
    return f"Dear {reader}, I have noted {noted or 'your letter'}. You wrote: \u201c{told}\u201d"


def tool_call_for(body: Json) -> Json | None:
    """The call of the first function, where the user asks for one and no result of it has come yet."""
    told = told_in(body["messages"])
    functions = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    is_asked = any(word in told.lower() for word in ("book", "weather"))
    if not functions or not is_asked or body["messages"][-1]["role"] == "tool" or body.get("tool_choice") == "none":
        return None
    arguments = json.dumps(arguments_for(functions[0].get("parameters"), SURROGATE.findall(told) or [told]))
    return {"id": "call_1", "type": "function", "function": {"name": functions[0]["name"], "arguments": arguments}}


def arguments_for(schema: Any, words: list[str]) -> Json:
    """A value for every property that takes a string; the last takes the words that are left over."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    known = properties if isinstance(properties, dict) else {}
    names = [name for name, of in known.items() if isinstance(of, dict) and of.get("type", "string") == "string"] or ["text"]
    arguments = {name: words[index % len(words)] for index, name in enumerate(names)}
    if len(words) > len(names):
        arguments[names[-1]] = " ".join(words[len(names) - 1 :])
    return arguments


def pieces(text: str) -> list[str]:
    """A text in pieces of two to six characters, so that a surrogate never comes in one."""
    cut: list[str] = []
    sizes = (3, 5, 2, 6, 4)
    at = 0
    while at < len(text):
        size = sizes[len(cut) % len(sizes)]
        cut.append(text[at : at + size])
        at += size
    return cut


def likelihoods(body: Json, tokens: list[str]) -> Json | None:
    """`logprobs` of a choice, where they were asked for; the model is always equally sure."""
    if not body.get("logprobs"):
        return None
    every = [{"token": token, "logprob": -0.125, "bytes": list(token.encode("utf-8", "replace"))} for token in tokens]
    return {"content": [{**one, "top_logprobs": [one] if body.get("top_logprobs") else []} for one in every], "refusal": None}


class DemoModel:
    """The server. `received` holds the last bodies, newest last; `delay` is the pause between pieces of a stream, in seconds."""

    def __init__(self, name: str, delay: float) -> None:
        self.name = name
        self.delay = delay
        self.received: deque[Json] = deque(maxlen=50)
        self.count = 0

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes([web.post("/v1/chat/completions", self.chat), web.get("/v1/models", self.models)])
        app.add_routes([web.get("/received", self.show), web.delete("/received", self.clear)])
        return app

    async def models(self, _: web.Request) -> web.Response:
        """`GET /v1/models`."""
        model = {"id": self.name, "object": "model", "created": 0, "owned_by": "demo"}
        return web.json_response({"object": "list", "data": [model]})

    async def show(self, _: web.Request) -> web.Response:
        """`GET /received`: what arrived."""
        return web.json_response(list(self.received))

    async def clear(self, _: web.Request) -> web.Response:
        """`DELETE /received`: forget what arrived."""
        self.received.clear()
        return web.Response(status=204)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/chat/completions`."""
        try:
            body = read_request(await request.read())
        except BadRequest as bad:
            message, param = bad.args
            error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
            return web.json_response({"error": error}, status=400)
        self.received.append(body)
        self.count += 1
        head = {"id": f"chatcmpl-{self.name}-{self.count}", "created": 1_700_000_000, "model": body.get("model") or self.name}
        call = tool_call_for(body)
        text = call["function"]["arguments"] if call else reply_to(body["messages"])
        choices = body.get("n") or 1
        asked, said = sum(len(text_of(message).split()) for message in body["messages"]), choices * len(text.split())
        usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
        if body.get("stream"):
            response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
            with contextlib.suppress(ConnectionResetError):  # whoever asked has left
                await self.stream(response, request, body, head, call, text, usage)
            return response
        calls = {"tool_calls": [call]} if call else {}
        choice = {
            "message": {"role": "assistant", "content": None if call else text, "refusal": None, **calls},
            "logprobs": None if call else likelihoods(body, pieces(text)),
            "finish_reason": "tool_calls" if call else "stop",
        }
        answer = {
            "object": "chat.completion",
            "choices": [{"index": index, **choice} for index in range(choices)],
            "usage": usage,
        }
        return web.json_response({**head, **answer})

    async def stream(
        self, response: web.StreamResponse, request: web.Request, body: Json, head: Json, call: Json | None, text: str, usage: Json
    ) -> None:
        """The same answer as server-sent events; with `n`, the choices come by turns."""
        await response.prepare(request)
        asks_usage = bool((body.get("stream_options") or {}).get("include_usage"))

        async def send(choices: list[Json], total: Json | None = None) -> None:
            chunk = {**head, "object": "chat.completion.chunk", "choices": choices, **({"usage": total} if asks_usage else {})}
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

        async def send_each(delta: Json, finish: str | None = None, logprobs: Json | None = None) -> None:
            for index in range(body.get("n") or 1):
                await send([{"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}])

        await send_each({"role": "assistant", "content": None if call else ""})
        if call:
            await send_each({"tool_calls": [{"index": 0, **call, "function": {**call["function"], "arguments": ""}}]})
        for piece in pieces(text):
            delta: Json = {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if call else {"content": piece}
            await send_each(delta, logprobs=None if call else likelihoods(body, [piece]))
            await asyncio.sleep(self.delay)
        await send_each({}, "tool_calls" if call else "stop")
        if asks_usage:
            await send([], usage)
        await response.write(b"data: [DONE]\n\n")


async def serve(name: str, port: int, delay: float) -> None:
    """Serve on loopback until Ctrl-C or SIGTERM; the first line says where."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Streams under way do not keep a model alive that was told to end.
    runner = web.AppRunner(DemoModel(name, delay).app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"{name}: http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="demo-model", help="how the model calls itself")
    parser.add_argument("--port", type=int, default=8081, help="0 takes a free one, and the first line says which")
    parser.add_argument("--delay-ms", type=int, default=15, help="the pause between two pieces of a streamed answer")
    options = parser.parse_args()
    asyncio.run(serve(options.name, options.port, options.delay_ms / 1000))
    return 0


if __name__ == "__main__":
    sys.exit(main())
