# SPDX-License-Identifier: Apache-2.0
"""Values written straight beside letters, underscores and codes: found where people write so, left alone where machines do."""

import base64
import random
from functools import partial
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.samples import REGIONS
from douane.detect.identifiers.beside import emphasis, is_word
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.scan import Scan
from fakes.cost import seconds
from fakes.streams import in_steps, streamed, whole

IDENTIFIERS = Identifiers(REGIONS)
SCAN = Scan([IDENTIFIERS])
CARD, SPACED, IBAN = "4111111111111111", "4111 1111 1111 1111", "DE89370400440532013000"


def found(text: str) -> set[tuple[str, str]]:
    return {(span.type, text[span.start : span.end]) for span in IDENTIFIERS.detect([text])[0]}


BESIDE = [
    ("EMAIL_ADDRESS", "anna@firma.example", ("_{}_", "__{}__", "___{}___", "_write to {}_", "邮箱是{}谢谢")),
    ("CREDIT_CARD", CARD, (
        "_{}_", "__{}__", "我的卡号是{}谢谢", "카드번호는 {}입니다", "Карта{}", "κάρτα{}", "card_{}", "card_no_{}", "No.{}", "#{}", "{}EUR",
        "card{}", "{}-123", "{}/123", "{} and card_{}", "{}_card", "{}-12/26",
    )),
    ("CREDIT_CARD", SPACED, ("_{}_", "{}/123", "{}EUR", "card{}", "カード番号は{}です", "#{}")),
    ("CREDIT_CARD", "4111-1111-1111-1111", ("カード番号は{}です", "_{}_", "card_{}")),
    ("IBAN_CODE", IBAN, ("_{}_", "账号{}。", "IBAN{}", "IBAN {}EUR", "account_{}", "Konto{}", "счёт{}", "{}です")),
    ("IBAN_CODE", IBAN.lower(), ("iban{}", "_{}_", "账号{}。")),
    ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", ("_{}_", "IBAN{}", "账号{}。", "{}EUR")),
    ("PHONE_NUMBER", "+33 6 12 34 56 78", ("_{}_", "__{}__", "电话{}谢谢", "전화는 {}입니다")),
    ("PHONE_NUMBER", "+33612345678", ("_{}_", "我的手机是{}谢谢", "โทร{}ครับ")),
    ("PHONE_NUMBER", "06 12 34 56 78", ("_{}_", "电话{}。", "**{}**")),
    ("NATIONAL_ID", "123456782", ("BSN: _{}_", "BSN {}です")),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "text"), [(type_, value, text) for type_, value, texts in BESIDE for text in texts])
def test_a_value_is_found_beside_what_people_write_beside_it(type_: str, value: str, text: str) -> None:
    text = text.format(value, value)
    assert (type_, value) in found(text)
    assert streamed(SCAN, list(text)) == whole(SCAN, text)
    assert streamed(SCAN, list(f"so {text} , and on")) == whole(SCAN, f"so {text} , and on")


@pytest.mark.parametrize(
    "text",
    [
        f"0.{CARD}", f"3.{CARD}EUR", f"x_{CARD}_000", f"0x{CARD}", f"a{CARD}b5", f"A{CARD}", f"{CARD}n", f"{CARD}UL", f"{CARD}ms",
        f"order_{CARD}",
        f"order #{CARD}", f"invoice No.{CARD}", f"/{CARD}/", f"#{CARD} bytes", f"{CARD}-1234567", f"{CARD}/path", f"item-{CARD}",
        f"9{CARD}EUR", f"#{CARD[:-1]}2", f"card_{CARD[:-1]}2", f"+{CARD}EUR", f"=x/{CARD}EUR", f"1,{CARD}EUR", f"{CARD}_1",
        f"1{IBAN}", f"x+{IBAN}", f"{IBAN}0", f"a1b{IBAN}", f"{IBAN}EUR1", f"abc{IBAN.lower()}",
    ],
)  # fmt: skip
def test_what_machines_write_beside_digits_makes_them_something_else(text: str) -> None:
    assert not found(text) & {("CREDIT_CARD", CARD), ("IBAN_CODE", IBAN), ("IBAN_CODE", IBAN.lower())}


@pytest.mark.parametrize("text", ["Номер44051401359", "é44051401359", "44051401359é", "x_44051401359_", "__44051401359_x", "44051401359円"])
def test_a_weak_number_is_no_part_of_a_word_or_an_amount(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize("text", ["+35236450.6", "'+35236450.6'", "+1234567.25", "+33612345678.5"])
def test_a_decimal_with_a_plus_is_no_phone(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+44 7700 900123.5", "+44 7700 900123"),
        ("+1.8005550199", "+1.8005550199"),
        ("+33 6.12.34.56.78", "+33 6.12.34.56.78"),
        ("+44 7700 900123.", "+44 7700 900123"),
    ],
)
def test_a_phone_with_points_ends_before_a_fraction(text: str, value: str) -> None:
    assert found(text) == {("PHONE_NUMBER", value)}


@pytest.mark.parametrize("text", ["expected 50331648 bytes", "Defaults to 33554432 bytes", "Defaults to 33554432 bytes (32 MiB)."])
def test_a_size_is_nobodys_number(text: str) -> None:
    assert found(text) == set()


def test_hashes_keys_and_names_with_digits_give_at_most_one_false_finding_in_100_kb() -> None:
    drawn = random.Random(6)
    words = ["value", "order", "buffer", "id", "Model", "tmp", "ISO", "DE", "GB", "x"]
    lines = []
    for _ in range(12_000):
        raw = drawn.randbytes(32)
        number = "".join(drawn.choice("0123456789") for _ in range(drawn.randrange(8, 20)))
        word, other = drawn.choice(words), drawn.choice(words)
        lines.append(
            drawn.choice(
                [
                    sha256(raw).hexdigest(),
                    sha256(raw).hexdigest().upper(),
                    base64.b64encode(raw).decode(),
                    base64.urlsafe_b64encode(raw).decode(),
                    base64.b32encode(raw).decode(),
                    f"{word}_{drawn.randrange(10**6)}_{other}{drawn.randrange(10**4)} = 0x{raw[:8].hex()}",
                    f"{word}{number[:6]}.{other}-{number[6:11]}",
                ]
            )
        )
    text = "\n".join(lines)
    false = [span for span in IDENTIFIERS.detect([text])[0] if span.type in ("CREDIT_CARD", "IBAN_CODE", "PHONE_NUMBER")]
    assert len(false) / len(text) <= 1 / 100_000


pieces = st.lists(
    st.sampled_from(
        [CARD, SPACED, IBAN, "4111-1111-1111-1111", "+33612345678", "06 12 34 56 78", "anna@firma.example", "_", "__", "#", "No.", "card",
         "IBAN",
         "EUR", "-123", "/123", "/", "-", ".", ".5", ",", " ", " bytes", "order ", "я", "号", "です", "é", "1", "x", "\n", "BSN 123456782",
         "44051401359"]
    ),
    min_size=2,
    max_size=9,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces, st.integers(1, 9))
def test_any_split_of_what_is_glued_comes_out_as_the_whole_text(text: str, step: int) -> None:
    assert streamed(SCAN, in_steps(text, step)) == whole(SCAN, text)


def test_emphasis_is_taken_off_in_pairs_and_only_at_the_border_of_a_word() -> None:
    assert emphasis("_1_", 1, 2) == (0, 3)
    assert emphasis("a __1__.", 4, 5) == (2, 7)
    for text in ("a_1_", "_1_a", "_1", "1_", "____1____"):
        start = text.index("1")
        assert emphasis(text, start, start + 1) == (start, start + 1)


def test_a_word_is_of_digits_and_of_scripts_with_spaces() -> None:
    assert all(is_word(sign) for sign in "aZ9éяΩ٣\uff11ไ"[:-1])
    assert not any(is_word(sign) for sign in "_ -是で카ไ々。")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    [
        '\u0301)NO 916 074 824 MVA"\\"FR40 303 265 821 cvv %41<b>',
        "41 ",
        "001 ",
        f"{SPACED} ",
        f"card_{CARD}EUR",
        f"IBAN{IBAN}EUR",
        "_1_",
        "号1",
    ],
)
def test_what_repeats_costs_at_most_thirty_times_as_much_as_prose_and_twice_as_much_for_twice_the_length(piece: str) -> None:
    prose = ("She wrote on 2024-05-01 that the 12 chairs, ordered in May for 1250 EUR, had come at 10:30. " * 300)[:20_000]
    texts = (prose, (piece * 20_000)[:20_000], (piece * 200_000)[:200_000])
    usual, short, long = (seconds(partial(IDENTIFIERS.detect, [text])) for text in texts)
    assert short < 30 * max(usual, 0.003)
    assert long < 25 * max(short, 0.002)
