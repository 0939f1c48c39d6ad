# SPDX-License-Identifier: Apache-2.0
"""The vault: surrogates that tell nothing, and originals put back exactly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.vault import Vault, ids_in

KEY = b"k" * 32
PERSON = frozenset({"PERSON"})


def free(_: str) -> bool:
    return False


def test_a_value_has_the_same_surrogate_in_every_exchange_of_a_tenant() -> None:
    assert Vault(KEY, "acme", free).surrogate("PERSON", "Anna") == Vault(KEY, "acme", free).surrogate("PERSON", "Anna")


def test_tenants_do_not_share_surrogates() -> None:
    assert Vault(KEY, "acme", free).surrogate("PERSON", "Anna") != Vault(KEY, "other", free).surrogate("PERSON", "Anna")


def test_another_key_gives_another_surrogate() -> None:
    assert Vault(KEY, "acme", free).surrogate("PERSON", "Anna") != Vault(b"x" * 32, "acme", free).surrogate("PERSON", "Anna")


def test_a_surrogate_is_a_label_and_five_letters() -> None:
    assert re.fullmatch(r"<PERSON_[a-z]{5}>", Vault(KEY, "acme", free).surrogate("PERSON", "Anna"))


def test_a_bare_surrogate_fits_where_names_of_tools_stand() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", Vault(KEY, "acme", free).surrogate("EMAIL_ADDRESS", "a@example.org", bare=True))


@given(st.lists(st.text(min_size=1), min_size=2, max_size=40, unique=True))
def test_two_values_never_share_a_surrogate(values: list[str]) -> None:
    vault = Vault(KEY, "acme", free)
    assert len({vault.surrogate("PERSON", value) for value in values}) == len(values)


@given(
    st.lists(st.text(min_size=1).filter(lambda value: "_" not in value), min_size=1, max_size=10, unique=True), st.text(alphabet=".,! \n")
)
def test_restoring_what_was_pseudonymised_gives_the_original(values: list[str], between: str) -> None:
    vault = Vault(KEY, "acme", free)
    text = between.join(vault.surrogate("PERSON", value) for value in values)
    assert vault.restore(text, PERSON) == between.join(values)


def test_an_id_that_the_callers_text_holds_is_never_given_out() -> None:
    first = Vault(KEY, "acme", free).surrogate("PERSON", "Anna")[-6:-1]
    vault = Vault(KEY, "acme", lambda candidate: candidate == first)
    assert vault.surrogate("PERSON", "Anna")[-6:-1] != first


def test_a_made_up_surrogate_restores_nothing() -> None:
    vault = Vault(KEY, "acme", free)
    vault.surrogate("PERSON", "Anna")
    assert vault.restore("<PERSON_zzzzz> <PERSON_1>", PERSON) == "<PERSON_zzzzz> <PERSON_1>"


def test_models_may_change_case_brackets_and_escapes_of_a_surrogate() -> None:
    vault = Vault(KEY, "acme", free)
    body = vault.surrogate("PERSON", "Anna", bare=True)
    for shape in (f"<{body}>", f"<{body.upper()}>", f"**{body}**", f"&lt;{body}&gt;", f"\\u003c{body}\\u003e", f"`{body}`", f"{body}'s"):
        assert "Anna" in vault.restore(shape, PERSON), shape
        assert body[-5:] not in vault.restore(shape, PERSON)


def test_a_cut_off_surrogate_is_not_completed() -> None:
    vault = Vault(KEY, "acme", free)
    surrogate = vault.surrogate("PERSON", "Anna")
    assert vault.restore(surrogate[:-2], PERSON) == surrogate[:-2]


def test_types_that_no_rule_restores_stay() -> None:
    vault = Vault(KEY, "acme", free)
    surrogate = vault.surrogate("IBAN_CODE", "DE89370400440532013000")
    assert vault.restore(surrogate, PERSON) == surrogate


def test_a_vault_shows_no_value() -> None:
    vault = Vault(KEY, "acme", free)
    vault.surrogate("PERSON", "Anna Quarta")
    vault.note([("PERSON", "Anna Quarta")])
    assert "Anna" not in repr(vault)


def test_what_the_caller_sent_is_known_whatever_its_spacing() -> None:
    vault = Vault(KEY, "acme", free)
    vault.note([("IBAN_CODE", "DE89 3704 0044 0532 0130 00")])
    assert vault.is_known("IBAN_CODE", "de89370400440532013000")
    assert not vault.is_known("IBAN_CODE", "DE02120300000000202051")


def test_an_address_with_a_point_or_a_dash_more_is_another_address() -> None:
    vault = Vault(KEY, "acme", free)
    vault.note([("EMAIL_ADDRESS", "annab@example.org"), ("IP_ADDRESS", "1.12.3.4")])
    assert vault.is_known("EMAIL_ADDRESS", "AnnaB@example.org")
    assert not vault.is_known("EMAIL_ADDRESS", "an.na-b@example.org")
    assert not vault.is_known("IP_ADDRESS", "11.2.3.4")


@pytest.mark.parametrize("text", ["<X_kqwzj>", "KQWZJ", "a kq\u200bwzj b", "x_kqwzj_y"])
def test_an_id_that_a_text_holds_is_seen(text: str) -> None:
    assert "kqwzj" in ids_in(text)


@given(st.integers(0, 60), st.text(alphabet="ab <>_&", max_size=20))
def test_a_surrogate_that_may_still_come_is_held_back(cut: int, before: str) -> None:
    vault = Vault(KEY, "acme", free)
    surrogate = vault.surrogate("PERSON", "Anna")
    part = surrogate[: min(cut, len(surrogate) - 1)]
    assert vault.horizon(before + part) <= len(before)


def test_nothing_is_held_back_while_no_surrogate_was_given_out() -> None:
    assert Vault(KEY, "acme", free).horizon("<PERSON_ab") == 10


def test_a_place_within_a_surrogate_is_moved_to_its_start() -> None:
    vault = Vault(b"k" * 32, "acme", lambda _: False)
    text = f"to {vault.surrogate('EMAIL_ADDRESS', 'anna@example.org')}, please"
    end = text.index(",")
    assert [vault.beside(text, place) for place in (2, 3, 4, end - 1, end, end + 1)] == [2, 3, 3, 3, end, end + 1]
