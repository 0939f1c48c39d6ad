# SPDX-License-Identifier: Apache-2.0
"""Enforcement: obligations become edits, and one that cannot be fulfilled is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.decision import Decision, Hold, Obligation, Pseudonymise, Redact, RedactionStyle, Restore, SetField, Strip
from douane.enforce import Edits, Unfulfillable, enforce, strictest
from douane.exchange import Exchange, Leg, Segment
from douane.finding import Finding
from douane.json_text import inside_json_string
from douane.vault import Vault
from fakes.parts import segment


def vault() -> Vault:
    return Vault(b"k" * 32, "acme", lambda _: False)


def found(type_: str, start: int, end: int, *, known: bool = False) -> Finding:
    return Finding(type_, 0, start, end, 1.0, "words", known)


def edits(one: Segment, findings: list[Finding], *obligations: Obligation, leg: Leg = "request", by: Vault | None = None) -> Edits:
    exchange = Exchange("openai.chat", leg, "small", False, (one,))
    return enforce(exchange, findings, Decision("allow", obligations), by or vault())


def test_a_finding_is_replaced_and_the_rest_stays() -> None:
    by = vault()
    done = edits(segment("ask Anna now"), [found("PERSON", 4, 8)], Pseudonymise(("PERSON",), "r"), by=by)
    assert done.values == {"/messages/0/content": f"ask {by.surrogate('PERSON', 'Anna')} now"}
    assert done.counts == {"pseudonymised": 1}


def test_without_obligations_nothing_is_edited() -> None:
    assert edits(segment("ask Anna now"), [found("PERSON", 4, 8)]).is_empty


def test_redaction_wins_over_a_surrogate() -> None:
    done = edits(segment("Anna"), [found("PERSON", 0, 4)], Pseudonymise(("PERSON",), "r"), Redact(("PERSON",), "s"))
    assert done.values == {"/messages/0/content": "[REDACTED:PERSON]"}


def test_unknown_only_leaves_what_the_caller_had_sent() -> None:
    rule = Redact(("PERSON",), "r", unknown_only=True)
    one = segment("Anna")
    assert edits(one, [found("PERSON", 0, 4, known=True)], rule, leg="response").is_empty
    assert not edits(one, [found("PERSON", 0, 4)], rule, leg="response").is_empty


def test_surrogates_are_restored_on_the_way_back_only() -> None:
    by = vault()
    surrogate = by.surrogate("PERSON", "Anna")
    rule = Restore(("PERSON",), "r")
    assert edits(segment(surrogate), [], rule, leg="response", by=by).values == {"/messages/0/content": "Anna"}
    assert edits(segment(surrogate), [], rule, leg="request", by=by).is_empty


def test_a_name_gets_a_surrogate_without_brackets() -> None:
    done = edits(segment("anna", kind="name"), [found("PERSON", 0, 4)], Pseudonymise(("PERSON",), "r"))
    assert "<" not in str(done.values["/messages/0/content"])


def test_a_key_is_renamed_not_overwritten() -> None:
    done = edits(segment("anna", kind="key"), [found("PERSON", 0, 4)], Pseudonymise(("PERSON",), "r"))
    assert list(done.keys) == ["/messages/0/content"]
    assert not done.values


def test_arguments_stay_json_when_a_number_is_replaced() -> None:
    text = '{"phone": 33612345678, "name": "Anna"}'
    findings = [found("PHONE_NUMBER", 10, 21), found("PERSON", 32, 36)]
    done = edits(segment(text, kind="arguments"), findings, Redact(("PHONE_NUMBER", "PERSON"), "r"))
    value = json.loads(str(done.values["/messages/0/content"]))
    assert value == {"phone": "[REDACTED:PHONE_NUMBER]", "name": "[REDACTED:PERSON]"}


def test_arguments_that_would_no_longer_be_json_are_refused() -> None:
    with pytest.raises(Unfulfillable):
        edits(segment("[12345, 6]", kind="arguments"), [found("PHONE_NUMBER", 3, 8)], Redact(("PHONE_NUMBER",), "r"))


def test_an_original_is_escaped_inside_arguments() -> None:
    by = vault()
    surrogate = by.surrogate("PERSON", 'Anna "A"\n')
    done = edits(segment(json.dumps({"to": surrogate}), kind="arguments"), [], Restore(("PERSON",), "r"), leg="response", by=by)
    assert json.loads(str(done.values["/messages/0/content"])) == {"to": 'Anna "A"\n'}


def test_fields_are_set_and_stripped() -> None:
    done = edits(segment("x"), [], SetField("/store", False, "r"), Strip("/metadata", "r"))
    assert (done.values, done.removed) == ({"/store": False}, ("/metadata",))


def test_edits_show_no_text() -> None:
    assert "Anna" not in repr(edits(segment("to Anna"), [found("PERSON", 3, 7)], Redact(("X",), "r"), SetField("/x", "Anna", "r")))


@given(st.text(), st.text(alphabet="abcdefgh", min_size=1), st.text())
def test_restore_after_pseudonymise_is_identity(before: str, value: str, after: str) -> None:
    by = vault()
    one = segment(before + " " + value + " " + after)
    start = len(before) + 1
    done = edits(one, [found("PERSON", start, start + len(value))], Pseudonymise(("PERSON",), "r"), by=by)
    (text,) = done.values.values()
    assert by.restore(str(text), frozenset({"PERSON"})) == one.text


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_the_inside_of_json_strings_is_told_from_the_outside(value: object) -> None:
    text = json.dumps(value)
    inside, escaped = False, False
    for index, character in enumerate(text):
        assert inside_json_string(text[:index]) == inside or escaped
        if escaped:
            escaped = False
        elif inside and character == "\\":
            escaped = True
        elif character == '"':
            inside = not inside


def located(text: str, value: str, type_: str = "PERSON") -> Finding:
    return found(type_, text.index(value), text.index(value) + len(value))


JSON = '{"who": "Anna \\"A\\" Berg", "tel": 330123456}'


@pytest.mark.parametrize("text", [JSON, f"Look:\n```json\n{JSON}\n```\nok"])
def test_json_in_a_text_is_json_after_it_was_edited_and_after_it_was_restored(text: str) -> None:
    by = vault()
    findings = [located(text, 'Anna \\"A\\" Berg'), located(text, "330123456", "PHONE_NUMBER")]
    sent = str(edits(segment(text), findings, Pseudonymise(("PERSON", "PHONE_NUMBER"), "r"), by=by).values["/messages/0/content"])
    held = json.loads(sent[sent.index("{") : sent.rindex("}") + 1])
    assert held == {"who": by.surrogate("PERSON", 'Anna "A" Berg'), "tel": by.surrogate("PHONE_NUMBER", "330123456")}
    back = str(edits(segment(sent), [], Restore(("PERSON", "PHONE_NUMBER"), "r"), leg="response", by=by).values["/messages/0/content"])
    assert json.loads(back[back.index("{") : back.rindex("}") + 1]) == {"who": 'Anna "A" Berg', "tel": "330123456"}


@pytest.mark.parametrize("style", ["label", "mask", "hash", "generalise"])
def test_a_url_a_table_and_code_stay_what_they_are(style: RedactionStyle) -> None:
    text = "see https://example.org/?q=Anna&x=1 or\n\n| who |\n|---|\n| Anna |\n\n```\nname = 'Anna'\n```\n"
    places = [at for at in range(len(text)) if text.startswith("Anna", at)]
    done = edits(segment(text), [found("PERSON", at, at + 4) for at in places], Redact(("PERSON",), "r", style=style))
    after = str(done.values["/messages/0/content"])
    url, table, code = after.split()[1], after.split("\n")[4], after.split("\n")[7]
    assert url.startswith("https://example.org/?q=")
    assert url.endswith("&x=1")
    assert not set(url) & set('<>[]"| ')
    assert table.count("|") == 2
    assert code.startswith("name = '")
    assert code.count("'") == 2
    assert "Anna" not in after


def test_a_surrogate_in_a_url_has_no_brackets() -> None:
    by = vault()
    text = "https://example.org/?q=Anna&x=1"
    done = edits(segment(text), [located(text, "Anna")], Pseudonymise(("PERSON",), "r"), by=by)
    assert done.values == {"/messages/0/content": f"https://example.org/?q={by.surrogate('PERSON', 'Anna', bare=True)}&x=1"}


def test_of_two_styles_the_one_that_tells_less_is_chosen() -> None:
    card = segment("4111 1111 1111 1111")
    finding = [found("CREDIT_CARD", 0, 19)]
    masked = Redact(("CREDIT_CARD",), "a", style="mask")
    plain = edits(card, finding, masked, Redact(("CREDIT_CARD",), "b"))
    assert plain.values == {"/messages/0/content": "[REDACTED:CREDIT_CARD]"}
    assert "1111" in str(edits(card, finding, masked).values["/messages/0/content"])
    assert "1111 1111" not in str(edits(card, finding, masked).values["/messages/0/content"])


def test_what_several_rules_hold_is_held_shortest_and_strictest() -> None:
    assert strictest([Hold(500, "pass", "a"), Hold(900, "deny", "b"), Hold(700, "redact", "c")]) == Hold(500, "deny", "a")
