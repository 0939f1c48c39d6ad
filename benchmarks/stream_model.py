# SPDX-License-Identifier: Apache-2.0
"""A model that streams letters, delta by delta, and says afterwards what it sent when: half of `stream.py`.

    python benchmarks/stream_model.py --port 0

`PUT /plan` with a `Plan` as JSON says how the next answers are written, `GET /sent/N` (once) what was sent to the request whose `seed` was
N. Letters tell of the three values that stood in the request as it arrived here, which are surrogates where a guard stands between, or
of three of the model's own. Each letter has words and values of its own, so that nothing that remembers answers is measured by mistake.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import sys
import time
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Literal, cast

import httptools
import uvloop

import chats

__all__ = ["Cut", "Kind", "Plan", "Sent", "own_values", "values_in"]

Kind = Literal["prose", "sent", "unsent"]
"""What a letter tells of: nothing, the values of the request, or values that the caller did not send."""

Cut = Literal["4 characters", "words"]

_VALUES = re.compile(r"Please write to (.+?) or call (.+?), and say that the money goes to (.+?) this week\.")
_WORDS = re.compile(r"\s?[^\W\d_]+|\s?\d{1,3}|\s?(?:[^\w\s]|_)|\s")  # about what tokenizers of models take for a token
_OWN = 10**12  # numbers of chats that no caller asks with
_PHRASES = ("As agreed we write to ", "The letter in the file was sent to ", "The colleague in the office has noted ", "They gave us ")
_ROOM = 24  # deltas of a phrase with its value, at most
_SECRETS = random.Random(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """How answers are written: whole sentences of at least so many `deltas`, one every `pace` seconds (0: as fast as it goes), and whether
    they end.
    """

    kind: Kind
    cut: Cut
    deltas: int
    pace: float
    ends: bool = True


@dataclass(slots=True)
class Sent:
    """One answer: prose and values in turn, beginning and ending with prose; for each delta where it ends in the text, and when it left.

    Times are nanoseconds of the monotonic clock, which all processes of a machine share.
    """

    prose: list[str]
    values: list[str]
    ends: list[int]
    times: list[int]


def values_in(body: bytes) -> list[str]:
    """The three values in a request, as they are written there; none where it has no place for them."""
    found = _VALUES.search(json.loads(body)["messages"][0]["content"])
    return [] if found is None else list(found.groups())


def own_values(number: int) -> list[str]:
    """The values of the model's own that it tells of in the answer to a request."""
    return values_in(chats.short_with_data(_OWN + number))


def letter(number: int, values: list[str], plan: Plan) -> tuple[Sent, list[str]]:
    """An answer that is not sent yet, and its deltas."""
    seed = random.Random(number)
    prose, told = [""], list[str]()
    while len(deltas := _cut(prose, told, plan.cut)) < plan.deltas:
        if values and len(deltas) + _ROOM < plan.deltas:
            prose[-1] += seed.choice(_PHRASES)
            told.append(values[len(told) % len(values)])
            prose.append(" as before. ")
        word = "".join(seed.choices("bcdfghjklmnpqrstvwxz", k=8))
        prose[-1] += f"{seed.choice(chats.SENTENCES)[:-1]} ({word}). "
    return Sent(prose, told, list(accumulate(map(len, deltas))), []), deltas


def _cut(prose: list[str], values: list[str], cut: Cut) -> list[str]:
    text = "".join(part for pair in zip(prose, (*values, ""), strict=True) for part in pair)
    return _WORDS.findall(text) if cut == "words" else [text[at : at + 4] for at in range(0, len(text), 4)]


def _event(id_: str, delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {"id": id_, "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "instant", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class _Desk:
    """What all connections share."""

    def __init__(self) -> None:
        self.plan = Plan("prose", "words", 1, 0.0)
        self.sent: dict[int, Sent] = {}


class StreamModel(asyncio.Protocol):
    """One connection."""

    def __init__(self, desk: _Desk) -> None:
        self._desk = desk
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._body = bytearray()
        self._path = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, ValueError, KeyError, TypeError):
            self._send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            if self._transport is not None:
                self._transport.close()

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._path = url.decode()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        body = bytes(self._body)
        self._body.clear()
        if self._path == "/plan":
            self._desk.plan = Plan(**json.loads(body))
            self._answer({})
        elif self._path.startswith("/sent/"):
            self._answer(asdict(self._desk.sent.pop(int(self._path.removeprefix("/sent/")))))
        else:
            self._write(body)

    def _answer(self, value: object) -> None:
        raw = json.dumps(value).encode()
        self._send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(raw), raw))

    def _write(self, body: bytes) -> None:
        plan, number = self._desk.plan, int(json.loads(body)["seed"])
        values = own_values(number) if plan.kind == "unsent" else values_in(body) if plan.kind == "sent" else []
        if not values and plan.kind == "sent":
            raise ValueError("no values in the request")
        sent, deltas = letter(number, values, plan)
        self._desk.sent[number] = sent
        id_ = f"chatcmpl-{_SECRETS.getrandbits(128):032x}"
        self._send(_HEAD + _chunk(_event(id_, {"role": "assistant", "content": ""})))
        last = _chunk(_event(id_, {}, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n"
        self._send_paced(sent, [_chunk(_event(id_, {"content": delta})) for delta in deltas], last, plan)

    def _send_paced(self, sent: Sent, chunks: list[bytes], last: bytes, plan: Plan) -> None:
        if len(sent.times) == len(chunks):
            if plan.ends:
                self._send(last)
            return
        sent.times.append(time.perf_counter_ns())
        self._send(chunks[len(sent.times) - 1])
        loop = asyncio.get_running_loop()
        if plan.pace:
            loop.call_later(plan.pace, self._send_paced, sent, chunks, last, plan)
        else:
            loop.call_soon(self._send_paced, sent, chunks, last, plan)  # each by itself: a fast model is still no file

    def _send(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.write(raw)


async def serve(port: int) -> None:
    """Serve on loopback until SIGINT or SIGTERM; the first line says where."""
    loop, stop, desk = asyncio.get_running_loop(), asyncio.Event(), _Desk()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: StreamModel(desk), "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    uvloop.run(serve(parser.parse_args().port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
