package douane.main_test

import data.douane.main

european := {
	"id": "eu",
	"model": "mistral-small-2603",
	"operator": "Demo",
	"seat": "FR",
	"controller": "FR",
	"inference": ["FR"],
	"storage": ["FR"],
	"retention_days": 0,
	"training": "never",
	"verified_at": "2026-11-01",
	"transfer_basis": "none",
}

american := object.union(european, {"id": "us", "seat": "US", "controller": "US", "inference": ["US"], "storage": ["US"]})

request := {
	"leg": "request",
	"exchange": {"model": "small", "opaque": [], "egress": [], "unknown": [], "segments": 0},
	"principal": {"tenant": "acme", "app": "letters", "purpose": "", "groups": [], "claims": {}},
	"labels": [],
	"counts": {},
	"tools": {"declared": [], "called": []},
	"detectors": [{"name": "identifiers", "version": "1", "ok": true, "cause": ""}],
	"findings": [],
	"segments": [],
	"candidates": [american, european],
	"upstream": null,
	"time": "2026-11-24",
}

ids(reasons) := [reason.id | some reason in reasons]

test_what_nothing_forbids_is_allowed_where_it_is_permitted if {
	decision := main.decision with input as request
	decision.verdict == "allow"
	decision.permitted == ["eu"]
	decision.reasons == []
	not decision.observed
}

test_without_a_permitted_destination_the_request_is_denied if {
	decision := main.decision with input as object.union(request, {"candidates": [american]})
	decision.verdict == "deny"
	ids(decision.reasons) == ["douane.main.no_destination"]
}

test_an_answer_needs_no_destination if {
	decision := main.decision with input as object.union(request, {"leg": "response", "candidates": []})
	decision.verdict == "allow"
}

test_facts_outside_the_contract_are_denied if {
	every facts in [
		{},
		object.union(request, {"leg": "sideways"}),
		object.remove(request, ["counts"]),
		object.remove(request, ["detectors"]),
		object.remove(request, ["labels"]),
		object.remove(request, ["tools"]),
	] {
		decision := main.decision with input as facts
		decision.verdict == "deny"
		decision.reasons[0].id == "douane.main.undefined"
	}
}

test_one_violation_denies_whatever_else_holds if {
	facts := object.union(request, {"counts": {"EMAIL_ADDRESS": 1, "API_KEY": 1}})
	decision := main.decision with input as facts
	decision.verdict == "deny"
	[obligation.kind | some obligation in decision.obligations] == ["pseudonymise", "redact"]
}

test_a_reason_of_severity_info_denies_nothing if {
	facts := object.union(request, {"leg": "response", "upstream": {"destination": "eu", "status": 200, "model_matches": false}})
	decision := main.decision with input as facts
	decision.verdict == "allow"
	ids(decision.reasons) == ["douane.lifecycle.differs"]
}

# What every pack of these says: secrets refuse and redact, personal data is pseudonymised, residency rejects.
busy := object.union(request, {"counts": {"API_KEY": 1, "EMAIL_ADDRESS": 1}})

test_what_an_observed_pack_says_does_not_act if {
	decision := main.decision with input as busy with data.enforcement.packs as {"secrets": "observe", "residency": "observe"}
	decision.verdict == "allow"
	decision.permitted == ["eu"]
	[obligation.rule | some obligation in decision.obligations] == ["douane.personal_data.pseudonymise"]
	ids(decision.observed.reasons) == ["douane.secrets.in_request"]
	[obligation.rule | some obligation in decision.observed.obligations] == ["douane.secrets.redact"]
	ids(decision.observed.rejections) == ["douane.residency.controller", "douane.residency.country", "douane.residency.country"]
	ids(decision.rejections) == ["douane.personal_data.transfer_basis"]
}

test_the_word_of_the_app_beats_that_of_the_pack_and_that_beats_the_default if {
	observes({"default": "observe", "packs": {}, "apps": {}})
	not observes({"default": "observe", "packs": {"secrets": "enforce"}, "apps": {}})
	observes({"default": "enforce", "packs": {"secrets": "observe"}, "apps": {}})
	not observes({"default": "observe", "packs": {"secrets": "observe"}, "apps": {"letters": {"secrets": "enforce"}}})
	observes({"default": "enforce", "packs": {"secrets": "enforce"}, "apps": {"letters": {"secrets": "observe"}}})
	not observes({"default": "enforce", "packs": {}, "apps": {"others": {"secrets": "observe"}}})
}

test_whatever_is_not_exactly_observe_enforces if {
	every mode in ["observed", "OBSERVE", "", "shadow", null, true, ["observe"]] {
		not observes({"default": mode, "packs": {}, "apps": {}})
		not observes({"default": "observe", "packs": {"secrets": mode}, "apps": {}})
		not observes({"default": "observe", "packs": {}, "apps": {"letters": {"secrets": mode}}})
	}
	not observes({})
	not observes({"packs": "observe", "apps": ["observe"]})
}

observes(settings) if {
	decision := main.decision with input as busy with data.enforcement as settings
	"douane.secrets.in_request" in ids(decision.observed.reasons)
	not "douane.secrets.in_request" in ids(decision.reasons)
}

test_operations_are_never_only_observed if {
	settings := {"default": "observe", "packs": {"ops": "observe", "main": "observe"}, "apps": {"letters": {"ops": "observe", "main": "observe"}}}
	decision := main.decision with input as object.union(request, {"candidates": []}) with data.enforcement as settings with data.ops.panic as true
	ids(decision.reasons) == ["douane.main.no_destination", "douane.ops.panic"]
	decision.verdict == "deny"
}
