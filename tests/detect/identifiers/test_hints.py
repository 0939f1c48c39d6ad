# SPDX-License-Identifier: Apache-2.0
"""What is ruled out in one pass over a text is in no part of it: words by hints, phones by all plans at once."""

import random

from hypothesis import given
from hypothesis import strategies as st

from detect.samples import REGIONS
from douane.detect.identifiers.dialling import Dialling
from douane.detect.identifiers.hints import DOCUMENTS, hints
from douane.detect.identifiers.words import Words, vocabulary

PHRASES = sorted(
    " ".join(part.rstrip("*") for part in phrase)
    for some in vocabulary().phrases.values()
    for phrase, topics in some
    if "PHONE_NUMBER" in topics or not topics.isdisjoint(DOCUMENTS)
)
words = st.sampled_from(PHRASES).flatmap(
    lambda phrase: st.sampled_from([phrase, phrase.upper(), phrase.title(), phrase.title().replace(" ", "")])
)
texts = st.lists(st.one_of(words, st.sampled_from([" ", "my", "number", "1", "_", "-", "Nr", "s", ".", "x"])), max_size=5).map("".join)


def topics(text: str) -> frozenset[str]:
    return frozenset().union(*(mention.topics for mention in Words(text).between(0, len(text))))


@given(texts)
def test_a_topic_that_is_not_hinted_at_is_not_mentioned(text: str) -> None:
    hinted, spoken = hints(text), topics(text)
    assert "phone" in hinted or "PHONE_NUMBER" not in spoken
    assert "document" in hinted or spoken.isdisjoint(DOCUMENTS)


def test_every_phrase_is_hinted_at() -> None:
    for phrase in PHRASES:
        for text in (phrase, f"the {phrase.upper()}: 1", f"my{phrase.title().replace(' ', '')}"):
            hinted, spoken = hints(text), topics(text)
            assert "phone" in hinted or "PHONE_NUMBER" not in spoken
            assert "document" in hinted or spoken.isdisjoint(DOCUMENTS)


def test_prose_without_such_words_gives_no_hint() -> None:
    assert hints("In 2019 the committee met three times, at noon.") == frozenset()


def test_all_plans_at_once_rule_out_no_number_of_any_plan() -> None:
    drawn, dialling = random.Random(3), Dialling(REGIONS)
    numbers = ["".join(drawn.choice("0123456789") for _ in range(drawn.randrange(6, 14))) for _ in range(20_000)]
    known = [number for number in numbers if dialling.is_national(number)]
    assert len(known) > 1000
    assert all(dialling.may_be_national(number) for number in known)
    assert all(dialling.is_national(number) for number in numbers if dialling.is_mobile(number))
