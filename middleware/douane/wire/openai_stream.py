# SPDX-License-Identifier: Apache-2.0
"""Chunks of a streamed chat: which strings go on in later chunks, which are whole, and the chunks that a guard adds of its own."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from douane.errors import ShapeRejected
from douane.exchange import Exchange, Opaque, Segment
from douane.wire.body import Body
from douane.wire.lens import Lens, Rule, escape, fields, ignore, opaque, text, word
from douane.wire.openai import FINISH_REASONS, PROTOCOL, ROLES, SERVICE_TIERS
from douane.wire.openai_logprobs import spelt

__all__ = ["Channel", "Chunk", "Fragment", "extra_chunk", "finish_chunk", "is_text", "read_chunk"]

Channel = tuple[str | int, ...]
"""`("delta", <the choice's index>, *path)`: a text that grows over chunks. A tool call is named by its own `index`."""

_TEXTS = frozenset({"content", "refusal", "reasoning_content", "reasoning"})
_WHOLE = frozenset({"type", "id", "format"})  # they say what a part is, and do not grow
_REPEATED = frozenset({"id", "object", "created", "model", "system_fingerprint", "service_tier", "provider"})
_MOST_CHOICES, _MOST_CALLS = 256, 1024
_ID, _NAME = text("identifier"), text("name")
_AUDIO: dict[str, Rule] = {"id": opaque("state"), "data": opaque("audio"), "expires_at": ignore}
_ROLE, _FINISH = word(*ROLES), word(*FINISH_REASONS)
_CALL_TYPE = word("function", "custom")
_USAGE = fields(
    {
        **dict.fromkeys(("completion_tokens", "prompt_tokens", "total_tokens", "prompt_audio_seconds", "num_cached_tokens"), ignore),
        **{
            name: fields(
                dict.fromkeys(
                    (
                        "accepted_prediction_tokens",
                        "audio_tokens",
                        "cached_tokens",
                        "reasoning_tokens",
                        "rejected_prediction_tokens",
                        "text_tokens",
                    ),
                    ignore,
                )
            )
            for name in ("completion_tokens_details", "prompt_tokens_details")
        },
    }
)
_TOP = {
    "id": _ID,
    "object": word("chat.completion.chunk", "chat.completion"),
    "created": ignore,
    "model": _ID,
    "system_fingerprint": _ID,
    "service_tier": word(*SERVICE_TIERS),
    "usage": _USAGE,
    # Random padding against traffic analysis; it tells nothing and may go.
    "obfuscation": _ID,
    "p": _ID,
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a text that may go on in later chunks. `place` is the path fit for a log; `in_json` marks arguments of a tool call."""

    channel: Channel = field(repr=False)
    choice: int
    pointer: str = field(repr=False)
    place: str
    text: str = field(repr=False)
    in_json: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk. `segments` are strings that come whole; `finished` are the choices that end here.

    `logprobs` (choice, pointer) spell what the fragments of their choice say, `odd_logprobs` something else. `named` holds strings that
    a tool call says once, by where they stand: clients join them. `facts` has what is no text (opaque parts, unknown places, tools
    called), where there is any; `model` is what the endpoint says it serves, or empty.
    """

    fragments: tuple[Fragment, ...]
    segments: tuple[Segment, ...]
    finished: tuple[int, ...]
    logprobs: tuple[tuple[int, str], ...]
    odd_logprobs: tuple[str, ...]
    named: tuple[tuple[Channel, str], ...] = field(repr=False)
    facts: Exchange | None
    model: str = field(repr=False)


class _Reader:
    """What was found in one chunk."""

    def __init__(self) -> None:
        self.lens = Lens("assistant", "model")
        self.fragments: list[Fragment] = []
        self.finished: list[int] = []
        self.logprobs: list[tuple[int, str]] = []
        self.odd_logprobs: list[str] = []
        self.named: list[tuple[Channel, str]] = []

    def choice(self, choice: dict[str, Any], position: int) -> None:
        pointer = f"/choices/{position}"
        index = choice.get("index", position)
        if type(index) is not int or not 0 <= index < _MOST_CHOICES:
            raise ShapeRejected("a chunk has a choice whose `index` is no small number", pointer=pointer)
        for name, value in choice.items():
            if name == "delta" and type(value) is dict:
                self.delta(value, index, f"{pointer}/delta")
            elif name == "finish_reason":
                # Some endpoints say an empty reason in every chunk: nothing ends there.
                if value is not None and value != "":
                    self.finished.append(index)
                    _FINISH(self.lens, value, f"{pointer}/finish_reason", f"{pointer}/finish_reason")
            elif name == "logprobs":
                if value is not None:
                    self.repeated(choice, index, f"{pointer}/logprobs")
            elif name == "delta":
                self.lens.report(value, f"{pointer}/delta", f"{pointer}/delta")
            elif name != "index":
                self.lens.member(name, value, pointer, pointer)  # beside the delta nothing grows

    def repeated(self, choice: dict[str, Any], index: int, pointer: str) -> None:
        delta = choice.get("delta")
        said = delta if type(delta) is dict else {}
        if spelt(choice["logprobs"]) == {name: said.get(name) or "" for name in ("content", "refusal")}:
            self.logprobs.append((index, pointer))
        else:
            self.odd_logprobs.append(pointer)

    def delta(self, delta: dict[str, Any], index: int, pointer: str) -> None:
        for name, value in delta.items():
            at = f"{pointer}/{name}"
            if name in _TEXTS and type(value) is str:
                self.fragments.append(Fragment(("delta", index, name), index, at, f"/choices/{index}/delta/{name}", value))
            elif name == "role":
                if value is not None:
                    _ROLE(self.lens, value, at, at)
            elif name == "tool_calls" and type(value) is list:
                for position, call in enumerate(value):
                    self.call(call, index, position, f"{at}/{position}")
            elif name == "function_call" and type(value) is dict:
                self.function(value, index, ("function_call",), at, at)
            elif name == "audio" and type(value) is dict:
                self.audio(value, index, at)
            elif name in _TEXTS or name in ("tool_calls", "function_call"):
                self.grow(value, index, (name,), pointer, at, name)
            else:
                self.member(name, value, index, (name,), pointer, pointer)

    def audio(self, audio: dict[str, Any], index: int, at: str) -> None:
        for name, value in audio.items():
            if name == "transcript":
                self.grow(value, index, ("audio", name), at, f"{at}/{name}", name)
            elif name in _AUDIO:
                _AUDIO[name](self.lens, value, f"{at}/{name}", f"{at}/{name}")
            else:
                self.member(name, value, index, ("audio", name), at, at)

    def call(self, call: object, index: int, position: int, at: str) -> None:
        number = call.get("index", position) if type(call) is dict else None
        if type(call) is not dict or type(number) is not int or not 0 <= number < _MOST_CALLS:
            raise ShapeRejected("a chunk has a tool call that is no object with an `index`", pointer=at)
        path: Channel = ("tool_calls", number)
        for name, value in call.items():
            inside = f"{at}/{name}"
            if name == "index":
                continue
            if name == "id":
                self.once((*path, name), index, value)
                _ID(self.lens, value, inside, inside)
            elif name == "type":
                if value is not None:
                    _CALL_TYPE(self.lens, value, inside, inside)
            elif name in ("function", "custom"):
                if type(value) is dict:
                    self.function(value, index, (*path, name), inside, inside)
                else:
                    self.grow(value, index, (*path, name), at, inside, name)
            else:
                self.member(name, value, index, (*path, name), at, at)

    def function(self, function: dict[str, Any], index: int, path: Channel, at: str, place: str) -> None:
        for name, value in function.items():
            inside = f"{at}/{name}"
            if name in ("arguments", "input") and type(value) is str:
                channel: Channel = ("delta", index, *path, name)
                self.fragments.append(Fragment(channel, index, inside, f"{place}/{name}", value, name == "arguments"))
            elif name == "name" and type(value) is str:
                self.lens.called.append(value)
                self.once((*path, name), index, value)
                _NAME(self.lens, value, inside, inside)
            elif name in ("arguments", "input", "name"):
                self.grow(value, index, (*path, name), at, f"{place}/{name}", name)
            else:
                self.member(name, value, index, (*path, name), at, place)

    def once(self, path: Channel, index: int, value: object) -> None:
        if type(value) is str and value:
            self.named.append((("once", index, *path), value))

    def member(self, name: str, value: object, index: int, path: Channel, pointer: str, place: str) -> None:
        """A member that no rule knows: its name may hold anything, so no place tells it."""
        self.lens.add(name, f"{pointer}/{escape(name)}", f"{place}/*", "key")
        self.lens.unknown.append(f"{place}/*")
        self.grow(value, index, path, pointer, f"{place}/*", escape(name))

    def grow(self, value: object, index: int, path: Channel, pointer: str, place: str, token: str) -> None:
        """Strings that no rule knows, of which any may go on: a channel each."""
        at = f"{pointer}/{token}"
        if type(value) is str:
            if value[:5].lower() == "data:":
                self.lens.opaque.append(Opaque(place, "unknown", len(value)))
            self.fragments.append(Fragment(("delta", index, *path), index, at, place, value))
        elif type(value) is dict:
            for name, part in value.items():
                if name in _WHOLE and type(part) is str:
                    _ID(self.lens, part, f"{at}/{name}", f"{place}/{name}")
                else:
                    self.member(name, part, index, (*path, name), at, place)
        elif type(value) is list:
            for position, part in enumerate(value):
                self.grow(part, index, (*path, position), at, f"{place}/{position}", str(position))
        else:
            self.lens.number(value, at, place, "unknown")

    def facts(self) -> Exchange | None:
        lens = self.lens
        if not (lens.opaque or lens.egress or lens.unknown or lens.called):
            return None
        none: tuple[str, ...] = ()
        return Exchange(
            PROTOCOL, "response", "", True, (), tuple(lens.opaque), tuple(lens.egress), tuple(lens.unknown), none, none, tuple(lens.called)
        )


def read_chunk(body: Body) -> Chunk:
    """What is in one chunk. Raises `ShapeRejected` for what is no chunk."""
    tree = body.tree
    if type(tree) is not dict:
        raise ShapeRejected("a chunk is no JSON object")
    reader = _Reader()
    lens = reader.lens
    for name, value in cast("dict[str, Any]", tree).items():
        if name == "choices":
            if type(value) is not list or any(type(choice) is not dict for choice in value):
                raise ShapeRejected("a chunk's `choices` is no array of objects", pointer="/choices")
            for position, choice in enumerate(value):
                reader.choice(choice, position)
        elif name in _TOP:
            if value is not None:
                _TOP[name](lens, value, f"/{name}", f"/{name}")
        else:
            lens.member(name, value, "", "")
    model = tree.get("model")
    segments = tuple(segment for segment in lens.segments if segment.kind != "key" or segment.text not in _COMMON_NAMES)
    return Chunk(
        tuple(reader.fragments),
        segments,
        tuple(reader.finished),
        tuple(reader.logprobs),
        tuple(reader.odd_logprobs),
        tuple(reader.named),
        reader.facts(),
        model if type(model) is str else "",
    )


# Names of an endpoint's own extensions, seen in the field; they hold nothing.
_COMMON_NAMES = frozenset({"error", "message", "type", "param", "code", "provider", "x_groq", "citations", "prompt_filter_results"})


def is_text(channel: Channel) -> bool:
    """Whether it is a usual text of a choice, or the arguments of a tool: what it says changes nothing of how its chunk is read."""
    path = channel[2:]
    return (len(path) == 1 and path[0] in _TEXTS) or path[-2:] == ("function", "arguments") or path == ("function_call", "arguments")


def extra_chunk(template: Body, channel: Channel, text: str) -> bytes:
    """A chunk that carries only `text` for one channel; `template` is the last chunk in which the channel had a fragment."""
    choice, path = channel[1], channel[2:]
    if path[0] in _TEXTS and len(path) == 1:
        delta: dict[str, object] = {str(path[0]): text}
    elif path[0] == "tool_calls" and path[3:] in (("arguments",), ("input",)):
        delta = {"tool_calls": [{"index": path[1], str(path[2]): {str(path[3]): text}}]}
    elif path == ("function_call", "arguments"):
        delta = {"function_call": {"arguments": text}}
    else:
        delta = _blanked(template, channel, text)
    return _chunk(template, choice, delta, None)


def finish_chunk(template: Body, choice: int, reason: str) -> bytes:
    """A chunk that ends a choice."""
    return _chunk(template, choice, {}, reason)


def _chunk(template: Body, choice: int | str, delta: object, reason: str | None) -> bytes:
    tree = cast("dict[str, object]", template.tree)
    head = {name: value for name, value in tree.items() if name in _REPEATED}
    chunk = {**head, "choices": [{"index": choice, "delta": delta, "logprobs": None, "finish_reason": reason}]}
    return json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()


def _blanked(template: Body, channel: Channel, text: str) -> dict[str, object]:
    """The template's own delta with every text emptied but one: its structure is the endpoint's, and nobody's guess."""
    for position, choice in _choices(template):
        if choice.get("index", position) == channel[1]:
            delta = copy.deepcopy(choice.get("delta"))
            if type(delta) is dict:
                _blank(delta, channel[2:], text)
                return delta
    return {}


def _choices(template: Body) -> Iterator[tuple[int, dict[str, Any]]]:
    yield from enumerate(cast("dict[str, Any]", template.tree)["choices"])


def _blank(value: Any, path: Channel, text: str) -> None:
    for key, part in list(value.items() if type(value) is dict else enumerate(value)):
        here = path[:1] == (key,)
        if type(part) is str:
            if key not in _WHOLE:
                value[key] = text if here and len(path) == 1 else ""
        elif type(part) in (dict, list):
            _blank(part, path[1:] if here else (), text)
