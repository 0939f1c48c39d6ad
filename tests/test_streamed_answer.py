# SPDX-License-Identifier: Apache-2.0
"""A streamed answer says the same however its chunks are spread over reads."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from douane.client import Client
from douane.errors import UpstreamBroken
from douane.streamed_answer import StreamedAnswer, StreamEnded
from douane.wire.body import BodyLimits
from fakes.parts import allow
from fakes.upstream import chunk
from test_guard import OBSERVED, REDACT, RESTORE
from test_leg import Stream, denies_findings

LIMITS = BodyLimits(1_000_000, 64, 10_000)
DONE = b"data: [DONE]\n\n"
SURROGATE = Stream().admission.vault.surrogate("PERSON", "Anna")


class Desk:
    """The client's side, without a network: what it was sent, and nothing else."""

    def __init__(self, stream: Stream) -> None:
        self.border = SimpleNamespace(guard=stream.guard)
        self.received = b""

    async def blocking(self, function: Callable[[], Any]) -> Any:
        return function()

    async def start(self, *_: object) -> None: ...

    async def refuse(self, *_: object) -> None: ...

    async def body(self, piece: bytes, *, more: bool = False) -> None:
        self.received += piece


@dataclass
class Heard:
    """The texts of a stream, what else its chunks say and how often, how it ended, and how many characters its record tells."""

    texts: dict[tuple[int, str], str]
    rest: Counter[str]
    end: str
    characters: int


def heard(reads: Sequence[bytes], rules: object) -> Heard:
    stream = Stream(rules)
    desk = Desk(stream)
    end = "complete"

    async def run() -> None:
        nonlocal end
        answer = StreamedAnswer(cast("Client", desk), stream.admission, OBSERVED, [], LIMITS)
        try:
            for read in reads:
                await answer.take(read)
            await answer.finish()
        except StreamEnded:
            end = "refused"
        except UpstreamBroken as cause:
            end = str(cause)
            await answer.break_off(cause)

    asyncio.run(run())
    texts: dict[tuple[int, str], str] = {}
    rest = Counter[str]()
    for line in desk.received.decode().splitlines():
        tree = json.loads(line[6:]) if line.startswith("data: {") else line
        for choice in tree.get("choices", ()) if isinstance(tree, dict) else ():
            for part in (choice["delta"], *(call["function"] for call in choice["delta"].get("tool_calls", ()))):
                for name in {"content", "refusal", "arguments"} & part.keys():
                    place = (choice["index"], name)
                    texts[place] = texts.get(place, "") + part[name]
                    part[name] = ""
        rest[json.dumps(tree, sort_keys=True)] += 1
    told = stream.log.records[-1].custom.get("characters_sent", 0)
    return Heard({place: text for place, text in texts.items() if text}, rest, end, cast("int", told))


WORDS = st.sampled_from(
    (
        *("Anna", "Zoe", "zo", "e ", " and ", ", ", "\n", '"', "\\", "é", "{", "", "long " * 40, '"content":"x"', "[DONE]"),
        *(SURROGATE, SURROGATE[:6], SURROGATE[6:], "<"),
    )
)
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map("".join)
CONTENT = st.builds(lambda text, index: chunk({"content": text}, index=index), TEXTS, st.sampled_from((0, 0, 0, 1)))
CALLS = TEXTS.map(lambda text: chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}))
LOGPROBS = TEXTS.map(lambda text: chunk({"content": text}, logprobs={"content": [{"token": text, "logprob": -1, "bytes": None}]}))
OTHERS = st.sampled_from(
    (
        chunk({"content": "so "}, "stop"),
        chunk({}, "stop", index=1),
        chunk({"content": "x"}, model="other"),
        chunk({"role": "assistant", "content": ""}),
        chunk({"refusal": "no Zoe"}),
        b": hello\n\n",
        b"data: {broken\n\n",
    )
)
EVENTS = st.lists(st.one_of(CONTENT, CONTENT, CONTENT, CONTENT, CALLS, LOGPROBS, OTHERS), min_size=1, max_size=40)
ENDS = [chunk({}, "stop", index=index) for index in (0, 1)]


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.lists(st.integers(1, 30), max_size=6), st.sampled_from((None, denies_findings)))
def test_chunks_that_come_at_once_say_what_they_say_one_by_one(events: list[bytes], sizes: list[int], rules: object) -> None:
    reads = [*events, *ENDS, DONE]
    slow = heard(reads, rules)
    grouped, place = list[bytes](), 0
    for size in (*sizes, len(reads)):
        grouped.append(b"".join(reads[place : place + size]))
        place += size
    for fast in (heard(grouped, rules), heard([b"".join(reads)], rules)):
        assert fast.end == slow.end
        assert fast.texts == slow.texts
        assert fast.characters == slow.characters
        if slow.end == "complete":
            assert fast.rest == slow.rest


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.sampled_from((None, denies_findings)))
def test_the_record_tells_how_many_characters_had_left(events: list[bytes], rules: object) -> None:
    for reads in ([*events, *ENDS, DONE], [b"".join((*events, *ENDS, DONE))]):
        one = heard(reads, rules)
        assert one.characters == sum(map(len, one.texts.values()))


def test_what_came_before_what_is_broken_leaves() -> None:
    events = [chunk({"content": "Good "}), chunk({"content": "morning. "}), chunk({}, "stop"), chunk({"content": "more"})]
    one = heard([b"".join(events)], None)
    assert one.texts == {(0, "content"): "Good morning. "}
    assert one.end == "a choice of the stream goes on after it had finished"


def test_nothing_may_follow_the_end_of_a_choice_but_empty_texts() -> None:
    events = [chunk({"content": text}) for text in ("Hi ", "you ")]
    for reads in ([*events, ENDS[0], chunk({"content": ""}), DONE], [b"".join([*events, ENDS[0], chunk({"content": ""}), DONE])]):
        assert heard(reads, None).end == "complete"


def test_an_id_with_a_finding_is_put_to_the_policy_once() -> None:
    asked = list[object]()

    def rules(document: object) -> str:
        asked.append(document)
        return allow(RESTORE, REDACT)

    events = [chunk({"content": "so "}).replace(b"chatcmpl-1", b"id Zoe") for _ in range(50)]
    one = heard([*events, ENDS[0], DONE], rules)
    assert one.texts == {(0, "content"): "so " * 50}
    assert all("Zoe" not in text for text in one.rest)
    assert len(asked) == 2
