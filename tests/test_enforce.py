# SPDX-License-Identifier: Apache-2.0
"""Enforcement: obligations become edits, and one that cannot be fulfilled is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from douane.decision import Decision, Obligation, Pseudonymise, Redact, Restore, SetField, Strip
from douane.enforce import Edits, Unfulfillable, enforce, inside_json_string
from douane.exchange import Exchange, Leg, Segment
from douane.finding import Finding
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
