package douane.main_test

import data.douane.main

european := {
	"id": "eu",
	"model": "small",
	"operator": "Demo",
	"seat": "FR",
	"controller": "FR",
	"inference": ["FR"],
	"storage": ["FR"],
	"retention_days": 0,
	"training": "never",
	"verified_at": "2026-11-01",
}

american := object.union(european, {"id": "us", "seat": "US", "controller": "US", "inference": ["US"], "storage": ["US"]})

request := {
	"leg": "request",
	"exchange": {"model": "small", "opaque": [], "egress": [], "unknown": []},
	"principal": {"tenant": "acme", "app": "letters", "purpose": "", "groups": [], "claims": {}},
	"counts": {},
	"detectors": [{"name": "identifiers", "version": "1", "ok": true, "cause": ""}],
	"candidates": [american, european],
	"upstream": null,
}

test_what_nothing_forbids_is_allowed_where_it_is_permitted if {
	decision := main.decision with input as request
	decision.verdict == "allow"
	decision.permitted == ["eu"]
	decision.reasons == []
}

test_without_a_permitted_destination_the_request_is_denied if {
	decision := main.decision with input as object.union(request, {"candidates": [american]})
	decision.verdict == "deny"
	[reason.id | some reason in decision.reasons] == ["douane.main.no_destination"]
}

test_an_answer_needs_no_destination if {
	decision := main.decision with input as object.union(request, {"leg": "response", "candidates": []})
	decision.verdict == "allow"
}

test_facts_outside_the_contract_are_denied if {
	every facts in [{}, object.remove(request, ["counts"]), object.union(request, {"leg": "sideways"}), object.remove(request, ["detectors"])] {
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
	[reason.id | some reason in decision.reasons] == ["douane.models.differs"]
}
