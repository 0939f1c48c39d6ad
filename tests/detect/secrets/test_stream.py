# SPDX-License-Identifier: Apache-2.0
"""Secrets in a stream: any split comes out as the whole text would, and prose is not held."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.samples import JWT, PEM
from detect.secrets.drawn import TOKENS, announced, drawn
from douane.detect.run import run_start
from douane.detect.scan import Scan
from douane.detect.secrets.rules import rules
from douane.detect.secrets.secrets import Secrets
from douane.exchange import Segment
from fakes.streams import in_steps, neighbours, splits, streamed, whole

SECRETS = Secrets()
SCAN = Scan([SECRETS])
NAMED = tuple(text for rule in rules().near for text, _ in announced(rule))
MARKED = tuple(rule.before + token for rule, token in TOKENS)
PUTTY = "\n".join(("Private-Lines: 2", drawn("<6x64>"), drawn("<6x52>"), "Private-MAC: 0a"))
OTHER = (
    "CVV 123", "cvc: 9876.", "code de sécurité : 123", "my card PIN is 1234", "Visa card, pin 804213", "cvv 123.45", "cvv 123 4",
    "B4111111111111111^DOE/JANE MARY        ^27051010000000000000?", "4111111111111111=27051010000000000", "Basic YW5uYTpodW50ZXIyeA==",
    "db.example.org:5432:shop:anna:s3cr3t-x", "login anna password hunter ", "postgres://u:pw1x@db.example.org/x", "password: hunter2x",
    'passphrase: "correct horse 9"', "парола: hunter2x", "my api key is a1B2c3D4e5F6g7H8i9", "pwd='a b {1}'", JWT, PEM, PUTTY,
)  # fmt: skip
NEARLY = (
    " ", "\n", ".", ",", ";", ":", "=", "-", "_", "/", "^", "$", "{", "}", "|", '"', "'", "`", "\\", "\\n", "\u200b", "é", "日", "1",
    "12", "a",
    "K", "sk-", "ghp_", "fm2_", "eyJ", "ops_eyJ", "://", "u:", "@db", "key ", "mistral ", "scw secret key ", "ovh ", "private key",
    "password",
    "password: ", "pass ", "is ", "token", "Bearer ", "pin ", "card ", "cvv ", "security code ", "-----BEGIN ", "Private-Lines: 3\n",
    "$argon2id$v=19$",
    "x" * 30, "9" * 30, "a1B2c3D4" * 4, "A1b2" * 40, " and so on ", "The meeting is at noon. ",
)  # fmt: skip

values = st.one_of(st.sampled_from(MARKED), st.sampled_from(NAMED), st.sampled_from(OTHER))
cut = st.builds(lambda value, a, b: value[a : len(value) - b], values, st.integers(0, 4), st.integers(0, 4))
broken = st.builds(
    lambda value, place, inside: value[: place % len(value)] + inside + value[place % len(value) :],
    values,
    st.integers(0, 400),
    st.sampled_from([" ", "-", ".", "\u200b", "\n", "_", "A", "1", "\\", ",", "="]),
)
fragments = st.one_of(values, st.sampled_from(NEARLY), cut, broken)
texts = neighbours(fragments)


@settings(max_examples=600, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)


@settings(max_examples=60, deadline=None)
@given(texts.map(lambda text: text[:1500]))
def test_one_character_at_a_time_comes_out_as_the_whole_text(text: str) -> None:
    assert streamed(SCAN, list(text)) == whole(SCAN, text)


@settings(max_examples=300, deadline=None)
@given(texts, texts)
def test_more_text_may_only_widen_what_is_final(text: str, more: str) -> None:
    final = [finding for finding in SCAN.scan((Segment("", text, ""),)).findings if finding.end <= SCAN.horizon(text)]
    after = SCAN.scan((Segment("", text + more, ""),)).findings
    assert all(any(wide.start <= finding.start and finding.end <= wide.end for wide in after) for finding in final)


@pytest.mark.parametrize("value", [*MARKED, *NAMED, *OTHER])
def test_every_value_after_a_long_text_comes_out_as_in_the_whole(value: str) -> None:
    text = f"{'word ' * 80}{value} and on"
    expected = whole(SCAN, text)
    assert streamed(SCAN, in_steps(text, 7)) == expected
    assert streamed(SCAN, [text[:500], text[500:]]) == expected


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello there, Ann", "Ann"),
        ("I forgot my password, and the key is lost. ", ""),
        ("password: hunt", "hunt"),
        ('password: "hunter 2" and so on ', ""),
        ('passphrase: "correct horse', "correct horse"),
        ("Mistral is a wind in the south ", ""),
        ("MISTRAL_API_KEY=a1B2", "MISTRAL_API_KEY=a1B2"),
        ("B4111111111111111^DOE/JANE ", "B4111111111111111^DOE/JANE "),
        ("see https://example.org/a ", ""),
        ("cvv 123 ", "123 "),
        ("Private-Lines: 2\nAAAA", "Private-Lines: 2\nAAAA"),
    ],
)
def test_only_what_may_still_change_is_held(text: str, held: str) -> None:
    assert text[min(SECRETS.horizon(text), run_start(text, len(text))) :] in (held, '"' + held)
