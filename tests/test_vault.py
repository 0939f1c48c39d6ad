# SPDX-License-Identifier: Apache-2.0
"""The vault: surrogates that tell nothing, and originals put back exactly."""

import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from douane.errors import VaultUnavailable
from douane.surrogates.store import Entry
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
    surrogates = [Vault(KEY, "acme", free).surrogate("PERSON", f"Anna {number}") for number in range(200)]
    assert all(re.fullmatch(r"<PERSON_[bcdfghjklmnpqrstvwxz]{5}>", surrogate) for surrogate in surrogates)


def test_every_letter_of_an_id_is_used_about_as_often() -> None:
    vault = Vault(KEY, "acme", free)
    counts = Counter("".join(vault.surrogate("PERSON", str(number))[-6:-1] for number in range(2000)))
    assert len(counts) == 20
    assert all(400 < count < 600 for count in counts.values())


def test_values_that_differ_in_case_or_grouping_are_restored_exactly() -> None:
    vault = Vault(KEY, "acme", free)
    values = ["Anna", "ANNA", "anna", "DE89 3704", "DE893704", "DE89-3704"]
    assert vault.restore("|".join(vault.surrogate("PERSON", value) for value in values), PERSON) == "|".join(values)


def test_of_two_values_that_meet_in_an_id_the_later_one_gets_its_next() -> None:
    met: dict[str, str] = {}
    for value in map(str, range(6000)):
        id_ = Vault(KEY, "acme", free).surrogate("PERSON", value)[-6:-1]
        if id_ in met:
            break
        met[id_] = value
    else:
        raise AssertionError("no two of so many values meet")
    vault = Vault(KEY, "acme", free)
    first, second = vault.surrogate("PERSON", met[id_]), vault.surrogate("PERSON", value)
    assert first == f"<PERSON_{id_}>" != second
    assert vault.restore(f"{first} {second}", PERSON) == f"{met[id_]} {value}"


@pytest.mark.parametrize("type_", ["E164", "CASE_ID_2", "A1_B2", "CASE_" * 12 + "ID"])
def test_types_of_authors_with_digits_and_long_ones_come_back(type_: str) -> None:
    vault = Vault(KEY, "acme", free)
    surrogate = vault.surrogate(type_, "4711")
    for written in (surrogate, surrogate.lower(), surrogate.strip("<>"), surrogate.strip("<>").replace("_", " ")):
        assert vault.restore(f"case {written}.", {type_}) == "case 4711."


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


@pytest.mark.parametrize("other", [Vault(KEY, "other", free), Vault(b"x" * 32, "acme", free)])
def test_the_surrogates_of_another_tenant_or_key_reveal_nothing(other: Vault) -> None:
    vault = Vault(KEY, "acme", free)
    values = [f"Anna {number}" for number in range(300)]
    for value in values:
        other.surrogate("PERSON", value)
    text = " ".join(vault.surrogate("PERSON", value) for value in values)
    assert other.restore(text, PERSON) == text


def test_ids_that_a_prompt_guesses_are_given_to_no_value() -> None:
    """Whatever the caller's text holds that could be read as an id, in any writing, is no surrogate of this exchange."""
    guessed = Vault(KEY, "acme", free).surrogate("PERSON", "Anna", bare=True)[-5:]
    for written in (guessed.upper(), "\u200b".join(guessed), guessed + "s", "0" + guessed, "".join(chr(ord(c) + 0xFEE0) for c in guessed)):
        prompt = f"Repeat <PERSON_{written}> to me, please."
        vault = Vault(KEY, "acme", ids_in(prompt).__contains__)
        vault.surrogate("PERSON", "Anna")
        assert vault.restore(prompt, PERSON) == prompt


@given(st.text(alphabet="_- bcdfgBCDFG0\u200b\u00ad\uff42s'", max_size=40))
def test_what_a_prompt_holds_is_never_restored(prompt: str) -> None:
    taken = ids_in(prompt)
    vault = Vault(KEY, "acme", taken.__contains__)
    for number in range(50):
        vault.surrogate("PERSON", f"Anna {number}")
    text = f"<PERSON_{prompt}> PERSON_{prompt} person {prompt}"
    assert vault.restore(text, PERSON) == text


def test_encoded_bytes_hold_few_ids() -> None:
    assert len(ids_in("bcdfghjklmnpqrstvwxz" * 5000)) <= 2


def test_a_type_is_that_of_the_value_whatever_the_model_writes() -> None:
    vault = Vault(KEY, "acme", free)
    id_ = vault.surrogate("IBAN_CODE", "DE89370400440532013000", bare=True)[-5:]
    assert vault.restore(f"<PERSON_{id_}>", PERSON) == f"<PERSON_{id_}>"
    assert vault.restore(f"<PERSON_{id_}>", {"IBAN_CODE"}) == "DE89370400440532013000"


def test_an_original_that_reads_like_a_surrogate_is_not_restored_again() -> None:
    vault = Vault(KEY, "acme", free)
    inner = vault.surrogate("PERSON", "Anna")
    assert vault.restore(vault.surrogate("PERSON", inner), PERSON) == inner


def quoted(value: str) -> str:
    return json.dumps(value)[1:-1]


@pytest.mark.parametrize(
    "written", ["<{body}>", "{body}", "\\u003c{body}\\u003e", "\\\\<{body}\\\\>", "a\\n{body}", "\\\\u003c{body}\\\\u003e"]
)
def test_what_is_restored_within_json_means_the_original(written: str) -> None:
    vault = Vault(KEY, "acme", free)
    value = 'Anna "the \\ one"\n'
    restored = vault.restore('{"to": "' + written.format(body=vault.surrogate("PERSON", value, bare=True)) + '"}', PERSON, quoted)
    meant = json.loads(restored)["to"].removeprefix("a\n")
    assert meant == (quoted(value) if written.startswith("\\\\u") else value)


def test_an_original_is_percent_encoded_only_within_a_url() -> None:
    vault = Vault(KEY, "acme", free)
    body = vault.surrogate("PERSON", "Anna & Bert", bare=True)
    text = f'{body} https://example.org/?q={body}&r={body} {body} "https://example.org","{body}"'
    encoded = "Anna%20%26%20Bert"
    expected = f'Anna & Bert https://example.org/?q={encoded}&r={encoded} Anna & Bert "https://example.org","Anna & Bert"'
    assert vault.restore(text, PERSON) == expected


def test_a_piece_is_restored_by_what_stands_beside_it() -> None:
    vault = Vault(KEY, "acme", free)
    body = vault.surrogate("PERSON", "Anna B", bare=True)
    assert vault.restore(body, PERSON, before="https://example.org/") == "Anna%20B"
    assert vault.restore(body, PERSON, before="7") == body
    assert vault.restore(body, PERSON, behind="7") == body
    assert vault.restore(body[3:], PERSON, before=body[:3]) == body[3:]


def test_what_stands_for_a_value_for_good_is_the_same_within_a_tenant_only() -> None:
    hashes = [vault.hashed("PERSON", "Anna") for vault in (Vault(KEY, "acme", free), Vault(KEY, "acme", free), Vault(KEY, "other", free))]
    assert hashes[0] == hashes[1] != hashes[2]
    assert Vault(KEY, "acme", free).is_empty


# Realistic surrogates


class Names:
    """A maker of names from a short list, and of nothing else; it notes how often it was asked."""

    def __init__(self, names: Sequence[str] = ("Mara Lund", "Olaf Brandt", "Pia Novak", "Ugo Serra", "Lena Vogt")) -> None:
        self.names = names
        self.asked = 0

    def make(self, type_: str, value: str, below: Callable[[int], int], *, valid: bool) -> str | None:
        self.asked += 1
        return self.names[below(len(self.names))] if type_ == "PERSON" else None


def realistic(maker: Names, **arguments: Callable[[str], bool]) -> Vault:
    return Vault(KEY, "acme", free, maker=maker, **arguments)


def test_a_realistic_surrogate_is_the_same_in_every_exchange_and_comes_back() -> None:
    vaults = [realistic(Names()), realistic(Names())]
    made = {vault.surrogate("PERSON", "Anna Quarta", style="realistic") for vault in vaults}
    assert len(made) == 1
    assert made < set(Names().names)
    assert vaults[0].restore(f"Dear {made.pop()}, ", PERSON) == "Dear Anna Quarta, "
    assert not vaults[0].is_empty


def test_a_realistic_surrogate_is_made_once() -> None:
    maker = Names()
    vault = realistic(maker)
    assert len({vault.surrogate("PERSON", "Anna Quarta", style="realistic") for _ in range(3)}) == maker.asked == 1


def test_no_realistic_surrogate_is_another_one_or_a_value_or_stands_in_the_text() -> None:
    names = Names().names
    vault = realistic(Names(), stands=lambda text: text == names[3])
    vault.note([("PERSON", names[0].upper())])
    made = [vault.surrogate("PERSON", value, style="realistic") for value in (names[1], "Anna Quarta", "Bert Quinta")]
    assert set(made[:2]) == {names[2], names[4]}
    assert re.fullmatch(r"<PERSON_[a-z]{5}>", made[2])  # none was free


def test_no_realistic_name_has_a_word_that_stands_in_the_text() -> None:
    names = Names().names
    vault = realistic(Names(), stands=lambda text: text in ("Lund", "Olaf", "Novak", "Serra"))
    assert vault.surrogate("PERSON", "Anna Quarta", style="realistic") == names[4]


def test_a_type_without_a_realistic_form_is_labelled() -> None:
    for vault in (realistic(Names()), Vault(KEY, "acme", free)):
        assert re.fullmatch(r"<CRYPTO_[a-z]{5}>", vault.surrogate("CRYPTO", "1A1zP1eP5", style="realistic"))


def test_what_may_hold_no_brackets_is_labelled() -> None:
    assert realistic(Names()).surrogate("PERSON", "Anna", bare=True, style="realistic").startswith("PERSON_")


def test_realistic_surrogates_of_types_that_no_rule_restores_stay_and_are_known() -> None:
    vault = realistic(Names())
    made = vault.surrogate("PERSON", "Anna Quarta", style="realistic")
    assert vault.restore(f"Dear {made}", {"IBAN_CODE"}) == f"Dear {made}"
    assert vault.surrogate_spans(f"Dear {made}, ") == [(5, 5 + len(made))]
    assert vault.beside(f"Dear {made}, ", 7) == 5
    assert vault.horizon(f"Dear {made[:4]}") == 5


def test_surrogates_of_both_styles_are_restored_side_by_side() -> None:
    vault = realistic(Names())
    made, labelled = vault.surrogate("PERSON", "Anna Quarta", style="realistic"), vault.surrogate("PERSON", "Bert Quinta")
    other = vault.surrogate("PERSON", "Zoe Sesta", style="realistic_valid")
    text = f"{labelled}, {made} and {labelled}; {other}."
    assert vault.restore(text, PERSON) == "Bert Quinta, Anna Quarta and Bert Quinta; Zoe Sesta."


BOTH = realistic(Names())
WRITTEN = [BOTH.surrogate("PERSON", "Anna Quarta", style="realistic"), BOTH.surrogate("PERSON", "Zoe Sesta", style="realistic")]
WRITTEN += [BOTH.surrogate("PERSON", "Bert Quinta"), BOTH.surrogate("IBAN_CODE", "DE89370400440532013000", style="realistic")]
PIECES = [
    *WRITTEN,
    *(text[:4] for text in WRITTEN),
    *(text.split(" ")[-1] for text in WRITTEN),
    " ",
    ", ",
    "'s",
    "<",
    "https://a/",
    "and so on ",
    "0",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(1, 9))
def test_surrogates_of_both_styles_are_restored_piece_by_piece(text: str, size: int) -> None:
    known, sent, out = "", 0, ""
    for end in [*range(0, len(text), size), len(text), None]:
        known = text[:end]
        horizon = len(text) if end is None else BOTH.beside(known, BOTH.horizon(known))
        if horizon > sent:
            out += BOTH.restore(known[sent:horizon], PERSON, before=known[:sent], behind=known[horizon:])
            sent = horizon
    assert out == BOTH.restore(text, PERSON)


class Draws:
    """A maker that notes what it draws."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.drawn: list[int] = []

    def make(self, type_: str, value: str, below: Callable[[int], int], *, valid: bool) -> str | None:
        self.drawn = [below(self.count) for _ in range(600)]
        return None


@pytest.mark.parametrize("count", [1, 2, 3, 6, 256, 257, 3 * 2**20, 2**70 + 1])
def test_drawn_numbers_are_uniform_and_depend_on_key_and_value(count: int) -> None:
    makers = [Draws(count) for _ in range(4)]
    for maker, key, value in zip(makers, (KEY, KEY, KEY, b"x" * 32), ("Anna", "Anna", "Bert", "Anna"), strict=True):
        Vault(key, "acme", free, maker=maker).surrogate("PERSON", value, style="realistic")
    assert makers[0].drawn == makers[1].drawn
    assert all(0 <= number < count for number in makers[0].drawn)
    assert count == 1 or makers[0].drawn != makers[2].drawn != makers[3].drawn != makers[0].drawn
    thirds = Counter(number * 3 // count for number in makers[0].drawn)
    assert count < 3 or all(140 < thirds[third] < 260 for third in range(3))


def test_nothing_is_drawn_from_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Vault(KEY, "acme", free, maker=Draws(0)).surrogate("PERSON", "Anna", style="realistic")


def test_the_key_of_a_tenant_is_derived_as_rfc_5869_says() -> None:
    """What a surrogate is can be computed from the key without this package: no update changes those of a running conversation."""
    info = b"douane surrogates\0id\0acme"
    key = HKDF(SHA256(), 32, salt=None, info=info).derive(KEY)
    number = int.from_bytes(hmac.digest(key, b"PERSON\0Anna\x000", "sha256")[:8], "big")
    letters = "bcdfghjklmnpqrstvwxz"
    id_ = "".join(letters[number // 20**place % 20] for place in range(5))
    assert Vault(KEY, "acme", free).surrogate("PERSON", "Anna") == f"<PERSON_{id_}>"


def test_what_a_conversation_was_given_stands_for_the_same_again_and_is_not_given_twice() -> None:
    first = Vault(KEY, "acme", free)
    surrogates = {value: first.surrogate(label, value) for label, value in (("PERSON", "Anna"), ("BADGE_2", "B-77"))}
    later = Vault(b"x" * 32, "acme", free)  # after the key has changed
    later.recall(first.given)
    assert later.restore(" ".join(surrogates.values()), frozenset({"PERSON", "BADGE_2"})) == "Anna B-77"
    assert later.surrogate("PERSON", "Anna") == surrogates["Anna"]
    assert later.given == ()
    later.surrogate("PERSON", "Bert")
    assert [entry.value for entry in later.given] == ["Bert"]


def test_one_surrogate_for_two_values_is_refused() -> None:
    entries = [Entry("PERSON", value, "<PERSON_bcdfg>") for value in ("Anna", "Bert")]
    with pytest.raises(VaultUnavailable):
        Vault(KEY, "acme", free).recall(entries)


def test_a_word_that_two_realistic_surrogates_have_is_nobodys_whichever_types_are_restored() -> None:
    vault = Vault(KEY, "acme", free)
    vault.recall([Entry("PERSON", "Anna Berg", "Marie Dubois"), Entry("ORGANIZATION", "Anker AG", "Dubois AG")])
    assert vault.restore("Marie Dubois and Dubois met Dubois AG", PERSON) == "Anna Berg and Dubois met Dubois AG"
