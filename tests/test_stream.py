# SPDX-License-Identifier: Apache-2.0
"""StreamGuard: any split of a text comes out as the whole text would."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.decision import Hold, HoldChoice, Redact, Restore
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

    def __init__(self, hold: Hold | None = None) -> None:
        self.hold = hold
        self.vault = Vault(b"k" * 32, "acme", lambda _: False)
        self.surrogate = self.vault.surrogate("EMAIL_ADDRESS", 'a"b@example.org')

    def horizon(self, text: str, floor: int) -> int:
        return min(SCANNER.horizon(text), self.vault.horizon(text))

    def is_calm(self, text: str, since: int) -> bool:
        return SCANNER.is_calm(text, since)

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


def held_for(milliseconds: int, then: HoldChoice, pieces: Sequence[tuple[str, float]], *, in_json: bool = False, limit: int = 8192) -> str:
    guard = StreamGuard(Stand(Hold(milliseconds, then, "r")), in_json=in_json, limit=limit)
    return "".join([*(guard.feed(text, now) for text, now in pieces), guard.close()])


SLOW = (("Hello ann", 0.0), ("abel", 0.5), ("le", 1.2), (" and ann", 1.3), ("a and so on", 1.5))


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("redact", "Hello [REDACTED:UNCHECKED] and [REDACTED:PERSON] and so on"),
        ("pass", "Hello annabelle and [REDACTED:PERSON] and so on"),
    ],
)
def test_what_waits_too_long_is_redacted_or_passes_as_far_as_it_was_checked(then: HoldChoice, expected: str) -> None:
    assert held_for(1000, then, SLOW) == expected


def test_what_waits_too_long_is_refused_where_the_policy_says_so() -> None:
    with pytest.raises(StreamHeldTooLong, match="1000 ms"):
        held_for(1000, "deny", SLOW)


@pytest.mark.parametrize("then", ["deny", "redact", "pass"])
def test_time_counts_from_the_oldest_character_that_waits(then: HoldChoice) -> None:
    steady = [("Anna", 0.0), (" and ", 0.9), ("ann", 1.0), ("a ", 1.8), ("ann", 2.5), ("a.", 3.4)]
    assert held_for(1000, then, steady) == "[REDACTED:PERSON] and [REDACTED:PERSON] [REDACTED:PERSON]."


def test_a_finding_that_passes_in_part_is_redacted_from_there_on() -> None:
    assert held_for(1000, "pass", [("ann", 0.0), ("", 2.0), ("a is here", 2.1)]) == "ann[REDACTED:PERSON] is here"


@pytest.mark.parametrize("then", ["deny", "redact", "pass"])
def test_what_is_longer_than_the_limit_never_passes(then: HoldChoice) -> None:
    with pytest.raises(StreamHeldTooLong):
        held_for(1000, then, [("a" * 101, 0.0)], limit=100)


@pytest.mark.parametrize("then", ["redact", "pass"])
def test_what_goes_on_after_it_waited_too_long_is_no_other_text(then: HoldChoice) -> None:
    with pytest.raises(StreamHeldTooLong):
        held_for(1000, then, [(" " + "a" * 60, 0.0), ("a", 1.1), *(("a" * 10, 1.2) for _ in range(4))], limit=100)


@pytest.mark.parametrize("then", ["deny", "redact"])
def test_arguments_that_would_be_cut_are_refused(then: HoldChoice) -> None:
    with pytest.raises(StreamHeldTooLong):
        held_for(1000, then, [('{"a": "ann', 0.0), ("x", 2.0)], in_json=True)


@given(splits(TEXTS), st.lists(st.integers(1, 9), max_size=30))
def test_pieces_that_come_at_once_come_out_as_one_by_one(case: tuple[str, list[str]], sizes: list[int]) -> None:
    text, pieces = case
    guard = StreamGuard(Stand())
    out = list[str]()
    rest = pieces
    for size in [*sizes, len(pieces)]:
        some, rest = rest[:size], rest[size:]
        if some:
            shares = guard.feed_each(some)
            assert len(shares) == len(some)
            out += shares
    assert "".join([*out, guard.close()]) == streamed([text])


def test_pieces_that_come_at_once_leave_each_with_its_own_text() -> None:
    guard = StreamGuard(Stand())
    assert guard.feed_each(["go", "od mor", "ning ", "to ", "An"]) == ["go", "od mor", "ning ", "to ", ""]
    assert guard.feed_each(["na and", " to all", " the "]) == ["[REDACTED:PERSON] and", " to all", " the "]
    assert guard.feed_each(["oth", "ers: An", "na", ", Bert; ", "yes"]) == [
        "oth",
        "ers: [REDACTED:PERSON], [REDACTED:PERSON]",
        "",
        "; ",
        "",
    ]
    assert guard.close() == "yes"


def test_what_stands_before_what_is_refused_may_leave() -> None:
    class Refusing(Stand):
        def decide(self, findings: Sequence[Finding], offset: int) -> Replacer:
            if findings:
                raise PermissionError
            return super().decide(findings, offset)

    guard = StreamGuard(Refusing())
    assert guard.feed_each(["good ", "morning "]) == ["good ", "morning "]
    with pytest.raises(PermissionError):
        guard.feed_each(["to ", "you, An", "na, and ", "to all "])
    assert list(guard.spared) == ["to ", "you, ", "", ""]
    held = StreamGuard(Stand(), limit=8)
    with pytest.raises(StreamHeldTooLong):
        held.feed_each(["so ", "x" * 12])
    assert list(held.spared) == ["so ", ""]


def test_what_waits_too_long_leaves_without_a_next_piece() -> None:
    guard = StreamGuard(Stand(Hold(100, "pass", "r")))
    assert guard.due is None
    assert guard.feed("we met An", 1.0) == "we met "
    assert guard.due == pytest.approx(1.1)
    assert guard.expire(1.05) == ""
    assert guard.expire(1.2) == "An"
    assert guard.due is None
    assert guard.expire(9.0) == ""
    assert StreamGuard(Stand()).due is None
    foreseen = StreamGuard(Stand(Hold(100, "pass", "r")))
    foreseen.feed("An", 1.0)
    foreseen.foresee("na ")  # of a text that changes before the piece comes
    assert foreseen.expire(1.2) == "An"
    assert foreseen.feed("na ", 1.3) == "[REDACTED:PERSON] "
    with pytest.raises(StreamHeldTooLong):
        refusing = StreamGuard(Stand(Hold(100, "deny", "r")))
        refusing.feed("An", 1.0)
        refusing.expire(1.2)
