# SPDX-License-Identifier: Apache-2.0
"""What is remembered: under a key of its own, the newest, within bounds."""

from douane.detect.memory import Memory
from douane.finding import Span

SPANS = (Span("PERSON", 0, 1, 0.5, "d"),)


def test_what_was_remembered_is_recalled() -> None:
    memory = Memory()
    memory.remember({memory.key("a"): SPANS})
    assert memory.recall([memory.key("a"), memory.key("b")]) == {memory.key("a"): SPANS}


def test_a_key_tells_nothing_without_the_secret() -> None:
    assert Memory().key("a") != Memory().key("a")


def test_lone_surrogates_have_a_key() -> None:
    memory = Memory()
    assert memory.key("\ud800") != memory.key("\ud801")


def test_the_oldest_are_forgotten_and_the_bound_holds() -> None:
    memory = Memory(10_000)
    for number in range(1000):
        memory.remember({memory.key(str(number)): SPANS})
        memory.recall([memory.key("0")])
        assert memory.held <= 10_000
    assert memory.recall([memory.key("0")]) != {}
    assert memory.recall([memory.key("1")]) == {}
    assert memory.recall([memory.key("999")]) != {}


def test_one_that_is_larger_than_all_is_not_kept() -> None:
    memory = Memory(10_000)
    memory.remember({memory.key("a"): SPANS * 1000})
    assert (memory.held, memory.recall([memory.key("a")])) == (0, {})


def test_remembering_again_counts_once() -> None:
    memory = Memory()
    for _ in range(3):
        memory.remember({memory.key("a"): SPANS})
    held = memory.held
    memory.remember({memory.key("b"): SPANS})
    assert memory.held == 2 * held
