# SPDX-License-Identifier: Apache-2.0
"""Keys that wrap keys: each for one purpose, found again by their ids, and never shown."""

import base64
import secrets
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import ConfigRejected, VaultUnavailable
from douane.surrogates.keys import EnvironmentKeys, KeyService, Wrapped, joined

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
ENVIRONMENT = {"OLD": OLD.hex(), "NEW": base64.b64encode(NEW).decode()}


def keys(*names: str) -> EnvironmentKeys:
    return EnvironmentKeys(ENVIRONMENT, names)


@given(st.binary(min_size=16, max_size=64), st.binary(max_size=80))
def test_what_was_wrapped_is_unwrapped_for_the_same_purpose_only(data_key: bytes, context: bytes) -> None:
    service: KeyService = keys("NEW")
    wrapped = service.wrap(data_key, context)
    assert service.unwrap(wrapped, context) == data_key
    with pytest.raises(VaultUnavailable, match="not where it was"):
        service.unwrap(wrapped, context + b"!")


def test_the_same_key_is_never_wrapped_alike() -> None:
    service = keys("NEW")
    assert len({service.wrap(bytes(32), b"").sealed for _ in range(100)}) == 100


def test_the_first_key_wraps_and_the_others_still_unwrap() -> None:
    old, both = keys("OLD"), keys("NEW", "OLD")
    wrapped = old.wrap(b"data key", b"purpose")
    assert both.unwrap(wrapped, b"purpose") == b"data key"
    assert both.current == keys("NEW").current == both.wrap(b"data key", b"purpose").key != wrapped.key


def test_a_key_that_is_not_there_unwraps_nothing() -> None:
    with pytest.raises(VaultUnavailable, match="douane vault status"):
        keys("NEW").unwrap(keys("OLD").wrap(b"data key", b""), b"")


def test_a_wrapped_key_of_another_is_refused_under_its_id() -> None:
    foreign = keys("OLD").wrap(b"data key", b"")
    with pytest.raises(VaultUnavailable, match="not what was wrapped"):
        keys("NEW").unwrap(Wrapped(keys("NEW").current, foreign.sealed), b"")


def test_every_flipped_bit_of_a_wrapped_key_fails() -> None:
    service = keys("NEW")
    wrapped = service.wrap(bytes(32), b"purpose")
    for bit in range(8 * len(wrapped.sealed)):
        flipped = bytearray(wrapped.sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultUnavailable):
            service.unwrap(Wrapped(wrapped.key, bytes(flipped)), b"purpose")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28)])
def test_a_wrapped_key_that_is_cut_off_fails(sealed: bytes) -> None:
    service = keys("NEW")
    with pytest.raises(VaultUnavailable):
        service.unwrap(Wrapped(service.current, sealed), b"")


@pytest.mark.parametrize(
    "written",
    [
        OLD.hex(),
        OLD.hex().upper(),
        base64.b64encode(OLD).decode(),
        base64.b64encode(OLD).decode().rstrip("="),
        base64.urlsafe_b64encode(OLD).decode(),
        f"  {OLD.hex()}\n",
    ],
)
def test_a_key_may_be_written_in_each_usual_way(written: str) -> None:
    assert EnvironmentKeys({"KEY": written}, ["KEY"]).current == keys("OLD").current


CANARY = "aB3canaryQx"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "not set"),
        ("   ", "not set"),
        (CANARY, "no 32 bytes"),
        (CANARY * 6, "no 32 bytes"),
        (f"{CANARY}é!", "no 32 bytes"),
        (f"{CANARY}{'z' * 53}", "no 32 bytes"),
        (OLD.hex()[:-2], "no 32 bytes"),
        (OLD.hex() + "00", "no 32 bytes"),
        ("00" * 32, "not random"),
        ("A" * 43 + "=", "not random"),
        ("0123456789abcdef" * 4, "not random"),
    ],
)
def test_a_wrong_key_is_refused_by_its_variable_and_never_shown(written: str, why: str) -> None:
    with pytest.raises(ConfigRejected, match=why) as caught:
        EnvironmentKeys({"NEW": ENVIRONMENT["NEW"], "WRONG": written}, ["NEW", "WRONG"])
    said = "".join(traceback.format_exception(caught.value))
    assert "`WRONG`" in str(caught.value)
    assert not written.strip() or written.strip() not in said
    assert "canary" not in said
    assert ENVIRONMENT["NEW"] not in said


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(ConfigRejected, match="`OTHER`, which is not set"):
        keys("NEW", "OTHER")


def test_a_key_named_twice_is_refused() -> None:
    with pytest.raises(ConfigRejected, match="`AGAIN` holds the same key"):
        EnvironmentKeys(ENVIRONMENT | {"AGAIN": OLD.hex()}, ["OLD", "AGAIN"])


def test_without_a_name_there_is_no_key() -> None:
    with pytest.raises(ConfigRejected, match="name the environment variable"):
        keys()


def test_neither_keys_nor_wrapped_keys_show_in_a_repr() -> None:
    service = keys("NEW", "OLD")
    wrapped = service.wrap(b"canary" * 6, b"")
    for shown in (repr(service), repr(wrapped)):
        assert NEW.hex() not in shown
        assert ENVIRONMENT["NEW"] not in shown
        assert repr(wrapped.sealed) not in shown
        assert service.current in shown


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_parts_are_joined_so_that_others_never_give_the_same(one: list[bytes], other: list[bytes]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)
