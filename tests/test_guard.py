# SPDX-License-Identifier: Apache-2.0
"""The guard: the one order of events, and a deny for whatever fails on the way."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from douane.enforce import Edits
from douane.errors import LogUnavailable, VaultUnavailable
from douane.exchange import Exchange, Segment
from douane.finding import Finding, Scanner
from douane.guard import Admission, Guard, Observed, Release
from douane.policy.lease import Fixed
from douane.surrogates.store import Entry, Scope
from douane.vault import Vault
from fakes.parts import PARIS, MemoryLog, Scripted, WordScanner, allow, ask, deny, failing

WORDS = {"anna": "PERSON", "zoe": "PERSON"}
PSEUDONYMISE = {"kind": "pseudonymise", "types": ["PERSON"], "rule": "douane.test.names"}
RESTORE = {"kind": "restore", "types": ["PERSON"], "rule": "douane.test.names"}
REDACT = {"kind": "redact", "types": ["PERSON"], "rule": "douane.test.names", "unknown_only": True}
OBSERVED = Observed("paris", 200, True)

Answer = Callable[[Mapping[str, object]], str]


def by_leg(request: str, response: str = "") -> Answer:
    return lambda document: request if document["leg"] == "request" else response


class Post:
    """A guard with its fakes, and a body that is nothing but its edits."""

    def __init__(self, answer: Answer, scanner: Scanner | None = None) -> None:
        self.engine = Scripted(answer)
        self.log = MemoryLog()
        self.guard = Guard(
            scanner=scanner or WordScanner(WORDS), policies=Fixed(self.engine), log=self.log, key=b"k" * 32, vocabulary=frozenset({"small"})
        )

    def admit(self, *texts: str) -> Admission:
        return self.guard.admit(ask(*texts), carry_out)

    def release(self, admission: Admission, text: str) -> Release:
        segments = (Segment("/choices/0/message/content", text, "/choices/0/message/content", "assistant", trust="model"),)
        exchange = Exchange("openai.chat", "response", "small", False, segments)
        return self.guard.release(admission, exchange, OBSERVED, carry_out)


def carry_out(edits: Edits) -> bytes:
    return json.dumps(dict(edits.values)).encode()


def test_a_surrogate_that_was_not_restored_stays_that_of_its_value_in_the_next_turn() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE)))
    first = post.admit("write to Anna").vault.surrogate("PERSON", "Anna")
    for role, is_same in (("assistant", True), ("user", False)):
        said = Segment("/messages/1/content", f"I wrote to {first}.", "/messages/1/content", role, trust="model" if is_same else "user")
        asked = ask("write to Anna")
        segments = (*asked.exchange.segments, said)
        admission = post.guard.admit(replace(asked, exchange=replace(asked.exchange, segments=segments)), carry_out)
        assert (admission.vault.surrogate("PERSON", "Anna") == first) == is_same


def test_an_allowed_request_carries_surrogates_not_names() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE)))
    admission = post.admit("write to Anna")
    assert admission.destination == PARIS
    assert b"Anna" not in (admission.body or b"")
    assert b"PERSON_" in (admission.body or b"")


def test_the_intent_is_durable_before_anything_may_be_sent() -> None:
    post = Post(by_leg(allow()))
    admission = post.admit("hello")
    assert [(record.kind, record.decision_id) for record in post.log.records] == [("intent", admission.id)]


def test_the_model_is_named_as_the_destination_names_it() -> None:
    admission = Post(by_leg(allow())).admit("hello")
    assert json.loads(admission.body or b"") == {"/model": "small-paris"}


def test_the_first_permitted_candidate_is_taken() -> None:
    admission = Post(by_leg(allow(permitted=["virginia"]))).admit("hello")
    assert admission.destination is not None
    assert admission.destination.id == "virginia"


def test_a_deny_sends_nothing_and_is_recorded() -> None:
    post = Post(by_leg(deny()))
    admission = post.admit("hello")
    assert (admission.destination, admission.body, admission.is_allowed) == (None, None, False)
    assert [record.kind for record in post.log.records] == ["denied"]


def test_an_allow_without_a_permitted_destination_sends_nothing() -> None:
    assert not Post(by_leg(allow(permitted=[]))).admit("hello").is_allowed


@pytest.mark.parametrize("cause", ["undefined", "error", "timeout", "crash", "unreachable"])
def test_an_engine_that_fails_denies(cause: str) -> None:
    post = Post(failing(cause))
    admission = post.admit("hello")
    assert not admission.is_allowed
    assert admission.decision.failed == cause
    assert post.log.records[0].error == cause


def test_an_engine_that_breaks_its_protocol_denies() -> None:
    def broken(_: Mapping[str, object]) -> str:
        raise ZeroDivisionError

    assert Post(broken).admit("hello").decision.failed == "error"


@pytest.mark.parametrize(
    "result",
    [
        "",
        "true",
        "{}",
        json.dumps({"verdict": "allow"}),
        json.dumps({"verdict": "maybe", "obligations": [], "reasons": [], "permitted": ["paris"], "rejections": []}),
        allow({"kind": "telepathy", "rule": "x"}),
        allow({"kind": "redact", "types": ["PERSON"], "rule": "x"}),
        allow({"kind": "pseudonymise", "types": "PERSON", "rule": "x"}),
        allow({"kind": "set", "pointer": "store", "value": False, "rule": "x"}),
        allow({"kind": "set", "pointer": "/store", "value": {}, "rule": "x"}),
        allow(permitted=["atlantis"]),
    ],
)
def test_a_result_outside_the_contract_denies(result: str) -> None:
    admission = Post(by_leg(result)).admit("hello")
    assert not admission.is_allowed
    assert admission.decision.failed == "contract"


def test_edits_that_cannot_be_made_deny() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE)))

    def refuses(_: Edits) -> bytes:
        raise LookupError("no such place")

    admission = post.guard.admit(ask("to Anna"), refuses)
    assert not admission.is_allowed
    assert post.log.records[0].kind == "denied"
    assert json.loads(post.log.records[0].result)["verdict"] == "deny"


def test_without_a_record_nothing_passes() -> None:
    post = Post(by_leg(allow()))
    post.log.is_broken = True
    with pytest.raises(LogUnavailable):
        post.admit("hello")


def test_an_answer_whose_record_fails_is_not_released() -> None:
    post = Post(by_leg(allow(), allow()))
    admission = post.admit("hello")
    post.log.is_broken = True
    with pytest.raises(LogUnavailable):
        post.release(admission, "hello")


def test_the_caller_gets_its_own_names_back() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE), allow(RESTORE, REDACT)))
    admission = post.admit("write to Anna")
    surrogate = admission.vault.surrogate("PERSON", "Anna")
    release = post.release(admission, f"Dear {surrogate},")
    assert json.loads(release.body or b"") == {"/choices/0/message/content": "Dear Anna,"}


def test_a_name_that_the_caller_did_not_send_is_redacted() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE), allow(RESTORE, REDACT)))
    release = post.release(post.admit("write to Anna"), "Zoe and Anna")
    assert json.loads(release.body or b"") == {"/choices/0/message/content": "[REDACTED:PERSON] and Anna"}


def test_a_denied_answer_is_not_released_and_the_outcome_says_so() -> None:
    post = Post(by_leg(allow(), deny()))
    release = post.release(post.admit("hello"), "a secret")
    assert release.body is None
    assert [(record.kind, record.custom.get("ended")) for record in post.log.records][1] == ("outcome", "denied")


def test_an_outcome_names_its_intent() -> None:
    post = Post(by_leg(allow(), allow()))
    admission = post.admit("hello")
    post.release(admission, "hello")
    assert [record.exchange for record in post.log.records] == [admission.id, admission.id]


def test_an_exchange_that_fails_upstream_has_an_outcome_too() -> None:
    post = Post(by_leg(allow()))
    post.guard.fail(post.admit("hello"), "upstream_unreachable")
    assert (post.log.records[1].kind, post.log.records[1].error) == ("outcome", "upstream_unreachable")


def test_a_failed_detector_is_told_to_the_policy() -> None:
    post = Post(by_leg(allow()), WordScanner(WORDS, failing="timeout"))
    post.admit("hello")
    assert json.loads(post.engine.documents[0])["detectors"] == [{"name": "words", "version": "1", "ok": False, "cause": "timeout"}]


def test_the_policy_sees_facts_never_text() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE), allow(RESTORE, REDACT)))
    post.release(post.admit("write to Anna about the xylophone"), "Zoe plays the xylophone")
    everything = "".join(post.engine.documents)
    assert not [word for word in ("Anna", "Zoe", "xylophone") if word in everything]


def test_a_model_that_is_not_configured_is_not_named() -> None:
    post = Post(by_leg(allow()))
    one = ask("hello")
    post.guard.admit(replace(one, exchange=replace(one.exchange, model="anna@example.org")), carry_out)
    assert json.loads(post.engine.documents[0])["exchange"]["model"] == "*"


def test_nothing_shows_a_value_in_its_repr() -> None:
    post = Post(by_leg(allow(PSEUDONYMISE), allow(RESTORE)))
    admission = post.admit("write to Anna")
    release = post.release(admission, "Dear Anna,")
    assert "Anna" not in repr(admission) + repr(release) + repr(post.log.records)


def test_asking_what_is_permitted_leaves_no_record() -> None:
    post = Post(by_leg(allow()))
    assert post.guard.permitted(ask()).permitted == ("paris",)
    assert post.log.records == []


def person(text: str, value: str) -> Finding:
    return Finding("PERSON", 0, text.index(value), text.index(value) + len(value), 0.9, "names")


def test_a_part_of_a_name_that_the_caller_sent_is_known_and_another_name_is_not() -> None:
    vault = Vault(b"k" * 32, "acme", lambda _: False)
    vault.note([("PERSON", "Anna Berger")])
    text = "Berger and Zoe met anna  berger."
    judged = Guard.judge_origin(vault, (text,), [person(text, value) for value in ("Berger", "Zoe", "anna  berger")])
    assert [finding.known for finding in judged] == [True, False, True]


def test_where_findings_come_from_is_told_in_linear_time() -> None:
    vault = Vault(b"k" * 32, "acme", lambda _: False)
    vault.note([("PERSON", "Anna Berger")])
    text = "Berger " * 20_000
    findings = [Finding("PERSON", 0, place, place + 6, 0.9, "names") for place in range(0, len(text), 7)]
    assert all(finding.known for finding in Guard.judge_origin(vault, (text,), findings))


class BrokenStore:
    """A store that fails where a test says, in a way that its Protocol knows or not."""

    def __init__(self, where: str, failure: Exception) -> None:
        self._where = where
        self._failure = failure

    def load(self, scope: Scope) -> tuple[Entry, ...]:
        if self._where == "load":
            raise self._failure
        return ()

    def save(self, scope: Scope, entries: Iterable[Entry]) -> None:
        raise self._failure

    def shred(self, tenant: str, subject: str | None) -> int:
        return 0

    def expire(self, before: date) -> int:
        return 0


@pytest.mark.parametrize("failure", [VaultUnavailable("the store is locked"), ZeroDivisionError("Anna")])
@pytest.mark.parametrize("where", ["load", "save"])
def test_a_store_that_fails_lets_nothing_pass_and_is_recorded(where: str, failure: Exception) -> None:
    log = MemoryLog()
    engine = Scripted(by_leg(allow(PSEUDONYMISE)))
    guard = Guard(scanner=WordScanner(WORDS), policies=Fixed(engine), log=log, key=b"k" * 32, store=BrokenStore(where, failure))
    admission = guard.admit(replace(ask("write to Anna"), conversation=Scope("acme", "", "c-1")), carry_out)
    assert (admission.destination, admission.body) == (None, None)
    assert admission.decision.failed == "unfulfillable"
    assert [record.kind for record in log.records] == ["denied"]
    assert "Anna" not in admission.decision.detail + str(log.records)
