# SPDX-License-Identifier: Apache-2.0
"""StreamGuard: any split of a text comes out as the whole text would."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.decision import Redact, Restore
from douane.enforce import Replacer
from douane.exchange import Segment
from douane.finding import Finding
from douane.stream import StreamGuard, StreamHeldTooLong
from douane.vault import Vault
from fakes.parts import WordScanner
from fakes.streams import in_steps, splits

SCANNER = WordScanner({"anna": "PERSON", "bert": "PERSON", "berlin": "LOCATION"})


class Stand:
    """An inspector with one fixed rule: redact names, restore surrogates."""

    def __init__(self) -> None:
        self.vault = Vault(b"k" * 32, "acme", lambda _: False)
        self.surrogate = self.vault.surrogate("EMAIL_ADDRESS", 'a"b@example.org')

    def horizon(self, text: str) -> int:
        return min(SCANNER.horizon(text), self.vault.horizon(text))

    def findings(self, text: str) -> Sequence[Finding]:
        return SCANNER.scan((Segment("", text, ""),)).findings

    def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
        return Replacer((Redact(("PERSON",), "r"), Restore(("EMAIL_ADDRESS",), "r")), self.vault)


def streamed(pieces: Sequence[str], *, in_json: bool = False) -> str:
    guard = StreamGuard(Stand(), in_json=in_json)
    return "".join([*(guard.feed(piece) for piece in pieces), guard.close()])


WORDS = st.lists(
    st.sampled_from(["Anna", "Bert", "berlin", "and", ", ", " ", "\n", "ann", "a", ".", "S", "S<", "<EMAIL_", ">"]), max_size=60
)


TEXTS = WORDS.map(lambda words: "".join(words).replace("S", Stand().surrogate))


@given(splits(TEXTS))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(pieces) == streamed([text])


@given(splits(TEXTS))
def test_one_character_at_a_time_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    assert streamed(list(case[0])) == streamed([case[0]])


@given(splits(TEXTS))
def test_no_name_ever_leaves(case: tuple[str, list[str]]) -> None:
    words = streamed(case[1]).replace(".", " ").replace(",", " ").replace(">", " ").replace("<", " ").split()
    assert not {"anna", "bert"} & {word.lower() for word in words}


@given(st.lists(st.sampled_from(["Anna", "it's", 'a "quoted" one', "§", "\\", "é\n"]), min_size=1, max_size=5), st.integers(1, 7))
def test_arguments_stay_json_however_they_are_split(values: list[str], size: int) -> None:
    stand = Stand()
    text = json.dumps({str(index): value.replace("§", stand.surrogate) for index, value in enumerate(values)})
    out = streamed(in_steps(text, size), in_json=True)
    expected = [value.replace("Anna", "[REDACTED:PERSON]").replace("§", 'a"b@example.org') for value in values]
    assert list(json.loads(out).values()) == expected


def test_only_what_may_still_become_a_finding_waits() -> None:
    guard = StreamGuard(Stand())
    assert guard.feed("Hello there, Ann") == "Hello there, "
    assert guard.held == 3
    assert guard.feed("e is here ") == "Anne is here "


def test_text_that_must_be_held_beyond_the_limit_is_refused() -> None:
    guard = StreamGuard(Stand(), limit=100)
    with pytest.raises(StreamHeldTooLong):
        guard.feed("a" * 101)


def test_what_it_holds_is_in_no_message() -> None:
    guard = StreamGuard(Stand(), limit=5)
    with pytest.raises(StreamHeldTooLong) as caught:
        guard.feed("annabell")
    assert "anna" not in str(caught.value)
