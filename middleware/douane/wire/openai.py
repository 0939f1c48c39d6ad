# SPDX-License-Identifier: Apache-2.0
"""OpenAI's chat completions: the map of every text in a request and in a whole answer, and the shape of an error.

After the API reference of 2026-08, read together with the types of the `openai` package, version 3.57.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from douane.errors import ShapeRejected
from douane.exchange import Exchange, Role, Trust
from douane.wire.body import Body
from douane.wire.json_schema import constraints
from douane.wire.lens import (
    Lens,
    Rule,
    attached,
    called,
    declared,
    egress,
    either,
    fields,
    free_map,
    ignore,
    items,
    opaque,
    schema,
    tagged,
    text,
    url_or_data,
    word,
)
from douane.wire.openai_logprobs import spelt

__all__ = ["FINISH_REASONS", "PROTOCOL", "ROLES", "SERVICE_TIERS", "derived", "error_body", "read_request", "read_response"]

PROTOCOL = "openai.chat"

_ROLES: Mapping[str, tuple[Role, Trust]] = {
    "system": ("system", "system"),
    "developer": ("system", "system"),
    "user": ("user", "user"),
    "assistant": ("assistant", "model"),
    "tool": ("tool", "tool"),
    "function": ("tool", "tool"),
}
ROLES = tuple(_ROLES)
FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call", "error", "model_length")
SERVICE_TIERS = ("auto", "default", "flex", "scale", "priority")
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_VERBOSITY = ("low", "medium", "high")
_BEYOND = 2**53  # where numbers stop being the same to every reader; no limit is meant to be that high
_SIZES = ("auto", "low", "high", "original")
_AUDIO = ("wav", "mp3", "flac", "opus", "pcm16", "aac")
_VOICES = ("alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse")

_TEXT, _NAME, _ID = text("text"), text("name"), text("identifier")
_META, _DEFINITION = text("metadata"), text("definition")

_FUNCTION_CALLED = fields({"name": called, "arguments": text("arguments")})
_TOOL_CALL = tagged(
    {
        "function": {"id": _ID, "index": ignore, "function": _FUNCTION_CALLED},
        "custom": {"id": _ID, "index": ignore, "custom": fields({"name": called, "input": _TEXT})},
    },
    # Some endpoints leave `type` out.
    default={"id": _ID, "index": ignore, "function": _FUNCTION_CALLED, "type": word("function")},
)
_PARTS = tagged(
    {
        "text": {"text": _TEXT, "cache_control": fields({"type": word("ephemeral")})},
        "refusal": {"refusal": _TEXT},
        "image_url": {
            "image_url": either(url_or_data("image"), fields({"url": url_or_data("image"), "detail": word(*_SIZES)})),
        },
        "input_audio": {"input_audio": fields({"data": opaque("audio"), "format": word(*_AUDIO)})},
        "file": {"file": fields({"filename": _NAME, "file_data": opaque("file"), "file_id": opaque("state")})},
        # Reasoning in Mistral's answers: parts inside a part.
        "thinking": {"thinking": either(_TEXT, items(tagged({"text": {"text": _TEXT}}))), "closed": ignore},
    }
)
_CONTENT = either(_TEXT, items(_PARTS))
_CITATION = fields({"url": _META, "title": _TEXT, "start_index": ignore, "end_index": ignore})

_MESSAGE = fields(
    {
        "role": word(*ROLES),
        "content": _CONTENT,
        "name": _NAME,
        "refusal": _TEXT,
        "reasoning_content": _TEXT,
        "reasoning": _TEXT,
        "tool_calls": items(_TOOL_CALL),
        "function_call": _FUNCTION_CALLED,
        "tool_call_id": _ID,
        "audio": fields({"id": opaque("state"), "data": opaque("audio"), "transcript": _TEXT, "expires_at": ignore}),
        "annotations": items(tagged({"url_citation": {"url_citation": _CITATION}})),
        "prefix": ignore,
    }
)

_FUNCTION = fields({"name": declared, "description": _DEFINITION, "parameters": schema, "strict": ignore})
_GRAMMAR = fields({"syntax": word("lark", "regex"), "definition": _DEFINITION})
_FORMAT = tagged({"text": {}, "grammar": {"grammar": _GRAMMAR}})
_TOOL = tagged(
    {
        "function": {"function": _FUNCTION},
        "custom": {"custom": fields({"name": declared, "description": _DEFINITION, "format": _FORMAT})},
    }
)
_CHOSEN = {
    "function": {"function": fields({"name": _NAME})},
    "custom": {"custom": fields({"name": _NAME})},
}
_ALLOWED = fields({"mode": word("auto", "required"), "tools": items(tagged(_CHOSEN))})
_APPROXIMATE = fields(dict.fromkeys(("country", "region", "city", "timezone"), _META))

_REQUEST: Mapping[str, Rule] = {
    "tools": items(_TOOL),
    "functions": items(_FUNCTION),
    "tool_choice": either(word("none", "auto", "required", "any"), tagged({**_CHOSEN, "allowed_tools": {"allowed_tools": _ALLOWED}})),
    "function_call": either(word("none", "auto"), fields({"name": _NAME})),
    "response_format": tagged(
        {
            "text": {},
            "json_object": {},
            "json_schema": {"json_schema": fields({"name": _NAME, "description": _DEFINITION, "schema": schema, "strict": ignore})},
        }
    ),
    "prediction": attached(tagged({"content": {"content": _CONTENT}})),
    "metadata": free_map("metadata"),
    "user": _META,
    "safety_identifier": _META,
    "prompt_cache_key": _META,
    "prompt_cache_retention": word("in_memory", "in-memory", "24h"),
    "stop": either(_META, items(_META)),
    "web_search_options": egress(
        "web_search",
        fields(
            {
                "search_context_size": word("low", "medium", "high"),
                "user_location": tagged({"approximate": {"approximate": _APPROXIMATE}}),
            }
        ),
    ),
    "modalities": items(word("text", "audio")),
    "audio": fields({"format": word(*_AUDIO), "voice": either(word(*_VOICES), fields({"id": opaque("state")}))}),
    "reasoning_effort": word(*_EFFORTS),
    "verbosity": word(*_VERBOSITY),
    "service_tier": word(*SERVICE_TIERS),
    "stream_options": fields({"include_usage": ignore, "include_obfuscation": ignore}),
    **dict.fromkeys(
        [
            "frequency_penalty",
            "logprobs",
            "max_completion_tokens",
            "max_tokens",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "random_seed",
            "safe_prompt",
            "seed",
            "store",
            "stream",
            "temperature",
            "top_k",
            "top_logprobs",
            "top_p",
        ],
        ignore,
    ),
}

_USAGE = ("completion_tokens", "prompt_tokens", "total_tokens", "prompt_audio_seconds", "num_cached_tokens")
_DETAILS = ("accepted_prediction_tokens", "audio_tokens", "cached_tokens", "reasoning_tokens", "rejected_prediction_tokens", "text_tokens")
_COUNTS = fields(dict.fromkeys(_DETAILS, ignore))
_RESPONSE: Mapping[str, Rule] = {
    "id": _ID,
    "object": word("chat.completion", "chat.completion.chunk"),
    "created": ignore,
    "model": _ID,
    "system_fingerprint": _ID,
    "service_tier": word(*SERVICE_TIERS),
    "usage": fields({**dict.fromkeys(_USAGE, ignore), "completion_tokens_details": _COUNTS, "prompt_tokens_details": _COUNTS}),
    "metadata": free_map("metadata"),
    "error": either(_TEXT, fields({"message": _TEXT, "type": _ID, "code": _ID, "param": _ID})),
    "message": _TEXT,
}


def _messages(lens: Lens, value: object, pointer: str, place: str) -> None:
    if type(value) is not list or not value:
        raise ShapeRejected("`messages` must be an array of at least one message", pointer="/messages")
    for index, message in enumerate(value):
        role = message.get("role") if type(message) is dict else None
        if type(role) is not str:
            raise ShapeRejected(f"`messages[{index}]` must be an object with a `role`", pointer=f"/messages/{index}")
        lens.role, lens.trust = _ROLES.get(role, ("none", "user"))
        _MESSAGE(lens, message, f"{pointer}/{index}", f"{place}/{index}")
    lens.role, lens.trust = "none", "user"


def _logit_bias(lens: Lens, value: object, pointer: str, place: str) -> None:
    """Token numbers and biases; a name that is no number is the caller's text."""
    if type(value) is dict and all(name.isascii() and name.isdigit() and len(name) <= 7 for name in value):
        for name, part in value.items():
            ignore(lens, part, f"{pointer}/{name}", f"{place}/*")
    else:
        lens.report(value, pointer, place)


def read_request(body: Body) -> Exchange:
    """The request leg of a chat. Raises `ShapeRejected` where the guard could not tell what is asked for, and of whom."""
    tree = body.tree
    if type(tree) is not dict:
        raise ShapeRejected("the body must be a JSON object")
    request = cast("dict[str, object]", tree)
    model, stream = request.get("model"), request.get("stream")
    if type(model) is not str or not model:
        raise ShapeRejected("`model` must be a string", pointer="/model")
    if stream is not None and type(stream) is not bool:
        raise ShapeRejected("`stream` must be true or false", pointer="/stream")
    choices, output_tokens = _whole(request, "n"), _output_tokens(request)
    lens = Lens()
    if "messages" not in request:
        raise ShapeRejected("`messages` is missing", pointer="/messages")
    for name, value in request.items():
        if name == "messages":
            _messages(lens, value, "/messages", "/messages")
        elif name == "logit_bias":
            _logit_bias(lens, value, "/logit_bias", "/logit_bias")
        elif name in _REQUEST:
            if value is not None:
                _REQUEST[name](lens, value, f"/{name}", f"/{name}")
        elif name != "model":
            lens.member(name, value, "", "")
    exchange = _exchange(lens, "request", model, bool(stream))
    return replace(
        exchange, choices=choices, output_tokens=output_tokens, json_answer=_is_json_asked(request), constraints=constraints(request)
    )


def _is_json_asked(request: Mapping[str, object]) -> bool:
    form = request.get("response_format")
    return type(form) is dict and form.get("type") in ("json_object", "json_schema")


def _whole(request: Mapping[str, object], name: str) -> int | None:
    """A whole number, or None where there is none. Some endpoints read `"9"` as nine and others refuse it, so that it is refused here."""
    value = request.get(name)
    if type(value) is float and value == value // 1:
        value = int(value)
    if value is not None and type(value) is not int:
        raise ShapeRejected(f"`{name}` must be a whole number", pointer=f"/{name}")
    return None if value is None else max(-_BEYOND, min(value, _BEYOND))


def _output_tokens(request: Mapping[str, object]) -> int | None:
    """The larger of two members, since endpoints differ in which one they read; before either one below 1, which may mean no limit."""
    told = [value for value in (_whole(request, "max_completion_tokens"), _whole(request, "max_tokens")) if value is not None]
    return min(told) if told and min(told) < 1 else max(told, default=None)


def _logprobs(lens: Lens, value: object, pointer: str, place: str) -> None:
    """Log probabilities spell the text again, token by token: `derived` names them, and whoever edits the text nulls them."""


_CHOICE = fields({"index": ignore, "finish_reason": word(*FINISH_REASONS), "message": _MESSAGE, "logprobs": _logprobs})


def read_response(body: Body) -> Exchange:
    """The response leg of a chat that came whole; an error of the endpoint, or anything else, is read in the same way."""
    tree = body.tree
    lens = Lens("assistant", "model")
    if type(tree) is dict:
        response = cast("dict[str, object]", tree)
        for name, value in response.items():
            if name == "choices":
                items(_CHOICE)(lens, value, "/choices", "/choices")
            elif name in _RESPONSE:
                if value is not None:
                    _RESPONSE[name](lens, value, f"/{name}", f"/{name}")
            else:
                lens.member(name, value, "", "")
    else:
        lens.report(tree, "", "/")
    return _exchange(lens, "response", "", False)


def _exchange(lens: Lens, leg: str, model: str, stream: bool) -> Exchange:
    return Exchange(
        PROTOCOL,
        "request" if leg == "request" else "response",
        model,
        stream,
        tuple(lens.segments),
        tuple(lens.opaque),
        tuple(lens.egress),
        tuple(lens.unknown),
        tuple(lens.declared),
        tuple(lens.declared_at),
        tuple(lens.called),
    )


def derived(body: Body, *, was_edited: bool) -> tuple[str, ...]:
    """Pointers of log probabilities that must go: they spell a text that was edited, or something else than the text."""
    choices = body.tree.get("choices") if type(body.tree) is dict else None
    return tuple(
        f"/choices/{index}/logprobs"
        for index, choice in enumerate(choices if type(choices) is list else ())
        if type(choice) is dict and choice.get("logprobs") is not None and (was_edited or not _are_spelt(choice))
    )


def _are_spelt(choice: Mapping[str, object]) -> bool:
    """Whether the log probabilities of a choice spell its message and nothing else."""
    message = choice.get("message")
    said = message if type(message) is dict else {}
    return spelt(choice["logprobs"]) == {name: said.get(name) or "" for name in ("content", "refusal")}


def error_body(message: str, *, type: str, code: str, param: str | None = None, extra: Mapping[str, object] | None = None) -> bytes:
    """An error as OpenAI's API says it; `extra` members stand beside `message`, where SDKs leave them for whoever looks."""
    error = {"message": message, "type": type, "param": param, "code": code, **(extra or {})}
    return json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")).encode()
