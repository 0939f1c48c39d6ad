# SPDX-License-Identifier: Apache-2.0
"""One pass over a text that tells which ways of finding secrets can find one in it.

RE2's set of patterns over bytes: measured beside one alternation of `re`, an Aho-Corasick automaton and Hyperscan it is the fastest of
those that need no further wheel, and linear for every text.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from douane.detect.linear import together
from douane.detect.secrets import announced, cards, connections, keys, near, tokens, web_tokens
from douane.detect.secrets.encoded import Encoded
from douane.finding import Span

__all__ = ["WAYS", "Find", "finds"]

Find = Callable[[Encoded], Iterator[Span]]


def finds(source: Encoded) -> tuple[Find, ...]:
    """The ways that can find something; none where the text is calm."""
    set_, owners = _set()
    met = set_.Match(source.data)
    if not met:
        return ()
    seen = [owners[index] for index in met]
    return tuple(find for find, needed in WAYS.items() if seen.count(find) >= needed)


WAYS: dict[Find, int] = {
    keys.find: 1,
    web_tokens.find: 1,
    tokens.find: 1,
    near.find: 2,  # a name and a value
    connections.find: 1,
    announced.find: 1,
    cards.find: 1,
}
"""Every way, and how many of its gates must have matched."""


@cache
def _set() -> tuple[Any, tuple[Find, ...]]:
    gates = {
        keys.find: (keys.GATE,),
        web_tokens.find: (web_tokens.GATE,),
        tokens.find: tokens.gates(),
        near.find: near.gates(),
        connections.find: (connections.GATE,),
        announced.find: (announced.gate(),),
        cards.find: cards.gates(),
    }
    owners = tuple(find for find, patterns in gates.items() for _ in patterns)
    return together(pattern for patterns in gates.values() for pattern in patterns), owners
