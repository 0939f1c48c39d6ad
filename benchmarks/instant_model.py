# SPDX-License-Identifier: Apache-2.0
"""A model that answers at once with a chat of 48 words, so that what a benchmark measures is whatever stands before it.

    python benchmarks/instant_model.py --port 0 --pace-ms 2

One protocol class over httptools, no framework: what it costs must not hide what is measured. A body with `"stream": true` is
answered with server-sent events, all at once or one every `--pace-ms`. Each answer has an id and one word of its own, as answers of
real models have, so that nothing that remembers answers is measured by mistake.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import sys
from string import ascii_lowercase
from typing import cast

import httptools
import uvloop

__all__ = ["ANSWER", "EVENTS", "InstantModel", "serve"]

_ID, _WORD = "i" * 32, "w" * 12  # where the id and the word of an answer will stand
WORDS = f"The parcel left the warehouse {_WORD} this morning and should arrive within two working days at the place that was named ."
TEXT = " ".join((WORDS.split() * 3)[:48])
_HEAD: dict[str, object] = {"id": f"chatcmpl-{_ID}", "created": 1_700_000_000, "model": "instant"}
_STREAMS = re.compile(rb'"stream"\s*:\s*true')


def _answer() -> bytes:
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 50, "completion_tokens": 48, "total_tokens": 98}
    return json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def _events() -> tuple[bytes, ...]:
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word if index == 0 else f" {word}"} for index, word in enumerate(TEXT.split(" "))]
    finishes = [*(None for _ in deltas), "stop"]
    choices = [{"index": 0, "delta": d, "logprobs": None, "finish_reason": f} for d, f in zip([*deltas, {}], finishes, strict=True)]
    chunks = [json.dumps({**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}) for choice in choices]
    return tuple(f"data: {data}\n\n".encode() for data in (*chunks, "[DONE]"))


ANSWER = _answer()
EVENTS = _events()
"""The role, 48 words, the end of the choice and `[DONE]`: 51 events."""


def _own(raw: bytes, seed: random.Random) -> bytes:
    """An answer, or a part of one, with the id and the word that the next numbers of `seed` give."""
    word = "".join(seed.choices(ascii_lowercase, k=len(_WORD)))
    return raw.replace(_ID.encode(), b"%032x" % seed.getrandbits(128)).replace(_WORD.encode(), word.encode())


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


_PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_STREAM_PIECES = tuple(_chunk(event) for event in EVENTS)
_SEED = random.Random(0)
_STREAM_END = b"0\r\n\r\n"
_STREAM = _STREAM_HEAD + b"".join(_STREAM_PIECES) + _STREAM_END


class InstantModel(asyncio.Protocol):
    """One connection. `pace` is the pause between two events of a stream, in seconds; 0 sends them in one write."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            if self._transport is not None:
                self._transport.close()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        streams = _STREAMS.search(self._body) is not None
        self._body.clear()
        if not streams:
            self._send(_own(_PLAIN, _SEED))
        elif not self._pace:
            self._send(_own(_STREAM, _SEED))
        else:
            self._send(_STREAM_HEAD)
            self._send_paced(0, _SEED.getrandbits(32))

    def _send_paced(self, at: int, number: int) -> None:
        if self._transport is None:
            return
        if at == len(_STREAM_PIECES):
            self._send(_STREAM_END)
            return
        self._send(_own(_STREAM_PIECES[at], random.Random(number)))
        asyncio.get_running_loop().call_later(self._pace, self._send_paced, at + 1, number)

    def _send(self, raw: bytes) -> None:
        if self._transport is not None:
            self._transport.write(raw)


async def serve(port: int, pace: float) -> None:
    """Serve on loopback until SIGINT or SIGTERM; the first line says where."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: InstantModel(pace), "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pace-ms", type=float, default=0, help="the pause between two events of a stream")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.pace_ms / 1000))
    return 0


if __name__ == "__main__":
    sys.exit(main())
