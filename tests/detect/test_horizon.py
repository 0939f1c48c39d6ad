# SPDX-License-Identifier: Apache-2.0
"""The promise that a stream rests on: what stands before the horizon is final, so any split comes out as the whole text would."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.samples import CARDS, IBANS, JWT, PEM, REGIONS, TOKENS, written
from detect.samples import KINDS as NUMBERS
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from fakes.streams import in_steps, neighbours, splits, streamed, whole

SCAN = Scan([Identifiers(REGIONS), Secrets()])
KINDS: tuple[tuple[str, ...], ...] = (
    ("anna.first@example.org", "a@b.co"),
    ("192.0.2.44", "2001:db8::8a2e:370:7334", "00:1B:44:11:3A:B7"),
    ("06 12 34 56 78", "+33 6 12 34 56 78", "(212) 555-0123", "0612345678", "+44 (0)20 7946 0958"),
    IBANS,
    CARDS,
    tuple(value for kind, number in NUMBERS for layout in kind.bare if (value := written(number, layout))),
    tuple(value for kind, number in NUMBERS for layout in kind.near if (value := written(number, layout))),
    ("AB-123-CD", "B-MW 1234", "C01X00T47", "\u0391\u0392 123456", "DEUTDEFF", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("siren 732829361", "732829361 SIREN", "J99216582 empresa", "CIF: J99216582", "order 06 12 34 56 78", "612345678 (mobile)"),
    tuple(token for tokens in TOKENS for token in tokens),
    ("postgres://u:pw1x@db.example.org/x", "mysql://root:s3cr{t@10.0.0.1", "redis://:a,b1@h"),
    (
        'password: "my secret 1"',
        "password: hunter2x",
        "pin_code=12ab34",
        "pwd = 'a {1} b'",
        "DB_PASSWORD=a1!{b|c,",
        "mot de passe est hunter22",
    ),
    ("my api key is a1B2c3D4e5F6g7H8i9", "Authorization: Bearer a1B2c3D4e5F6g7H8i9", 'secret_key="a1B2|c3D4|e5F6|g7H8"'),
    (PEM, JWT, PEM[:200], PEM.replace("\n", "\\n")),
)
WORDS = (
    "Anna wrote to ", "Hello there. ", "call ", "phone: ", " (mobile)", "order ", "order number ", "invoice no. ", "siren ", " BSN",
    "SSN ", "NHS", " empresa ", "CIF ", "card ", "version ", "password: ", "mot de passe : ", "pwd=", "pin: ", "API_KEY=", "api key is ",
    "token ", "secret", "Authorization: Bearer ", "your-api-key-here", "get_token()", "2024-05-01T12:00:00Z",
    "550e8400-e29b-41d4-a716-446655440000", "12.50 €",
)  # fmt: skip
NEARLY = (
    "@", "a.", "x@", "::", "1", "12", " 123", "1234567", "12345678", "123456789", "+", "00", "(", ")", "-", ".", "/", "_", ",", ";", ":",
    "=", " ", "  ", "\n", "\t", "\u00a0", "\u2013", "\u200b", "\uff11", "\u0663", "é", "日", "😀", '"', "'", "`", "[", "{", "<", ">", "|",
    "\\", "\\n", "\\u00", "#", "&", "!", "A", "AB", " AB ", " T", " K", "B01", "DE", "DE89 ", "FR ", "AT U", "GB29 NWBK ", "IT IS ",
    "sk-", "AKIA", "ghp_", "eyJ", "://", "u:", "pw1x", "@db.example", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----", "-----", "MIIEvQIBADANBgkqhkiG9w0B", "Comment: x\n", "x" * 30, "9" * 30,
)  # fmt: skip

values = st.sampled_from(KINDS).flatmap(st.sampled_from)
cut_values = st.builds(lambda value, a, b: value[a : len(value) - b], values, st.integers(0, 4), st.integers(0, 4))
broken_values = st.builds(
    lambda value, place, inside: value[: place % len(value)] + inside + value[place % len(value) :],
    values,
    st.integers(0, 400),
    st.sampled_from([" ", "-", ".", "\u200b", "\u00a0", "\n", "(", "_", "A", "1", "\\", "@"]),
)
fragments = st.one_of(values, st.sampled_from(WORDS), st.sampled_from(NEARLY), cut_values, broken_values)
texts = neighbours(fragments)


@settings(max_examples=1000, deadline=None)
@given(splits(texts))
def test_any_split_comes_out_as_the_whole_text(case: tuple[str, list[str]]) -> None:
    """For every text in which the way from a word to its value is shorter than the 256 characters that a stream keeps.

    Only characters that nobody sees make it longer, see the last tests below. Values may be longer: they are held until they end.
    """
    text, pieces = case
    assert streamed(SCAN, pieces) == whole(SCAN, text)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_one_character_at_a_time_comes_out_as_the_whole_text(text: str) -> None:
    assert streamed(SCAN, list(text)) == whole(SCAN, text)


# Cases that were wrong once.
@pytest.mark.parametrize(
    "text",
    [
        "AT U13585627@b.xa2",
        "FR AB 123456789 and more",
        "J99216582, empresa",
        "J99216582 NIF",
        "\u0663:: and",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S@" + "b" * 40 + ".co1 ",
        "es://u:pw1x@db{eyJhbGc[.postgres://[.",
        "es://:x@-----BEGIN PRIVATE KEY-----dsdssdsdpostgres://u:pw1x@dbdpostgre",
        "passwd:|-----BEGIN PRIVATE KEY-----x|",
        "token far away " + "and on " * 60 + "pin_code=12ab34 ",
        "DE 136695976 " * 30,
        "a@" + ("b" * 60 + ".") * 9 + "example ",
        "RSSMRA LRTMR ALSTX ",
    ],
)
def test_where_it_was_wrong_once_it_is_right(text: str) -> None:
    expected = whole(SCAN, text)
    assert streamed(SCAN, list(text)) == expected
    assert all(streamed(SCAN, [text[:cut], text[cut:]]) == expected for cut in range(1, len(text)))


@pytest.mark.parametrize(
    "value",
    [
        PEM * 3,
        PEM.replace("w0BA", "w0BA" * 300),
        JWT.replace(".c2ln", "A1b2" * 300 + ".c2ln"),
        "A1b2" * 600,
        "1 " * 600,
        "06 12 34 56 78 " * 60,
        "a.b-" * 400,
    ],
)
def test_a_text_longer_than_any_context_comes_out_as_the_whole(value: str) -> None:
    text = f"x {value} anna@example.org and on"
    assert streamed(SCAN, in_steps(text, 7)) == whole(SCAN, text)


@pytest.mark.parametrize("value", ["anna@example.org", "mysql://root:s3cr{t@10.0.0.1", "06 12 34 56 78", "AK" + "IA" + "QWE4RTY5" * 2])
def test_what_is_glued_to_the_end_of_a_long_key_is_judged_as_in_the_whole(value: str) -> None:
    for end in ("", " and on", "{", "\n"):
        text = PEM + value + end
        assert streamed(SCAN, list(text)) == whole(SCAN, text)


def test_a_word_is_forgotten_behind_more_dropped_characters_than_a_stream_keeps() -> None:
    """The known exception: characters that nobody sees count as context."""
    near, far = ("siren " + "\u200b" * count + "732829361 ." for count in (200, 300))
    assert streamed(SCAN, list(near)) == whole(SCAN, near)
    assert whole(SCAN, near).text != near
    assert whole(SCAN, far).text != far
    assert streamed(SCAN, list(far)).text == far


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello there, Ann", "Ann"),
        ("Hello there. ", ""),
        ("call 06 12 34", "06 12 34"),
        ("IT IS GOOD so", "so"),
        ("DE89 3704 0044 ", "DE89 3704 0044 "),
        ("password: hunt", "hunt"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----\nMIIE"),
        ("see https://example.org/a", "https://example.org/a"),
        ("J99216582 is", "J99216582 is"),
        ("12345678 is what we counted in all of these ", ""),
    ],
)
def test_only_what_may_still_change_is_held(text: str, held: str) -> None:
    assert text[SCAN.horizon(text) :] == held


@given(texts)
def test_a_horizon_is_in_its_text(text: str) -> None:
    assert 0 <= SCAN.horizon(text) <= len(text)
