package douane.ops_test

import data.douane.ops

facts(changes) := object.union(
	{
		"counts": {},
		"detectors": [{"name": "a", "ok": true, "cause": ""}],
		"exchange": {"model": "small", "opaque": [], "egress": [], "unknown": [], "segments": 1},
		"principal": {"app": "letters"},
		"candidates": [
			{"id": "paris", "model": "small-paris", "operator": "Demo Europe"},
			{"id": "virginia", "model": "large-virginia", "operator": "Demo America"},
		],
	},
	changes,
)

ids(violations) := {violation.id | some violation in violations}

test_an_ordinary_exchange_passes if {
	ops.violations == set() with input as facts({"counts": {"EMAIL_ADDRESS": 1, "API_KEY": 1, "SCRIPT": 1}})
	ops.rejections == set() with input as facts({})
}

test_the_panic_switch_stops_everything if {
	every settings in [true, "yes", null] {
		ids(ops.violations) == {"douane.ops.panic"} with input as facts({}) with data.ops.panic as settings
	}
	"douane.ops.panic" in ids(ops.violations) with input as facts({}) with data.ops as {}
}

stopped(switch) := {rejection.destination |
	rejections := ops.rejections with input as facts({}) with data.ops.panic_for as switch
	some rejection in rejections
	rejection.id == "douane.ops.panic_for"
}

test_one_provider_model_or_endpoint_can_be_stopped if {
	stopped({"operators": ["Demo America"]}) == {"virginia"}
	stopped({"models": ["large-virginia"]}) == {"virginia"}
	stopped({"models": ["small"]}) == {"paris", "virginia"} # the name that callers use
	stopped({"destinations": ["paris"]}) == {"paris"}
	stopped({"operators": ["Somebody else"], "models": [], "destinations": ["paris", "virginia"]}) == {"paris", "virginia"}
	stopped({"operators": [], "models": [], "destinations": []}) == set()
}

test_a_switch_does_not_mind_how_a_name_is_written if {
	stopped({"operators": [" demo AMERICA "]}) == {"virginia"}
	stopped({"models": ["Large-Virginia"]}) == {"virginia"}
	stopped({"models": ["SMALL"]}) == {"paris", "virginia"}
	stopped({"destinations": ["Paris\n"]}) == {"paris"}
	stopped({"operators": ["Demo"], "models": ["large"], "destinations": ["pari"]}) == set()
	written := object.union(facts({}), {"candidates": [{"id": "Lyon", "model": "Small-Lyon", "operator": " DEMO "}]})
	every switch in [{"operators": ["demo"]}, {"models": ["small-lyon"]}, {"destinations": ["lyon"]}] {
		count(ops.rejections) == 1 with input as written with data.ops.panic_for as switch
	}
}

timed_out := {"detectors": [{"name": "a", "ok": true, "cause": ""}, {"name": "b", "ok": false, "cause": "timeout"}]}

test_a_detector_that_failed_denies if {
	ids(ops.violations) == {"douane.ops.detector_failed"} with input as facts(timed_out)
	ids(ops.violations) == {"douane.ops.detector_failed"} with input as facts(timed_out) with data.ops.tolerated_detectors as ["a"]
}

test_a_detector_may_be_tolerated_by_name if {
	ids(ops.violations) == {"douane.ops.detector_failed_noted"} with input as facts(timed_out) with data.ops.tolerated_detectors as ["b"]
}

test_a_detector_that_is_asked_for_must_have_looked if {
	ops.violations == set() with input as facts({}) with data.ops.required_detectors as ["a"]
	ids(ops.violations) == {"douane.ops.detector_missing"} with input as facts({}) with data.ops.required_detectors as ["a", "b"]
}

test_where_there_is_no_text_no_detector_is_missed if {
	empty := facts({"detectors": [], "exchange": {"segments": 0}})
	ops.violations == set() with input as empty with data.ops.required_detectors as ["a"]
}

image := facts({"exchange": {"opaque": [{"kind": "image"}]}})

test_what_nobody_can_read_is_refused_unless_its_kind_is_accepted if {
	ids(ops.violations) == {"douane.ops.opaque"} with input as image
	ops.violations == set() with input as image with data.ops.accept_opaque as ["image"]
	ids(ops.violations) == {"douane.ops.opaque"} with input as image with data.ops.accept_opaque as ["audio", "state"]
}

test_state_of_the_provider_is_a_reason_of_its_own if {
	state := facts({"exchange": {"opaque": [{"kind": "state"}]}})
	ids(ops.violations) == {"douane.ops.state"} with input as state
	ops.violations == set() with input as state with data.ops.accept_opaque as ["state"]
	both := facts({"exchange": {"opaque": [{"kind": "state"}, {"kind": "file"}]}})
	ids(ops.violations) == {"douane.ops.opaque", "douane.ops.state"} with input as both
}

test_calling_out_is_refused_unless_its_kind_is_accepted if {
	search := facts({"exchange": {"egress": [{"kind": "web_search"}]}})
	ids(ops.violations) == {"douane.ops.egress"} with input as search
	ops.violations == set() with input as search with data.ops.accept_egress as ["web_search"]
}

test_unknown_places_pass_unless_the_settings_refuse_them if {
	unknown := facts({"exchange": {"unknown": ["/*"]}})
	ops.violations == set() with input as unknown
	ids(ops.violations) == {"douane.ops.unknown_place"} with input as unknown with data.ops.deny_unknown as true
	"douane.ops.unknown_place" in ids(ops.violations) with input as unknown with data.ops as {}
}

test_an_app_has_its_own_word if {
	ops.violations == set() with input as image with data.ops.apps as {"letters": {"accept_opaque": ["image"]}}
	ids(ops.violations) == {"douane.ops.opaque"} with input as image
		with data.ops.accept_opaque as ["image"]
		with data.ops.apps as {"letters": {"accept_opaque": []}}
	ids(ops.violations) == {"douane.ops.unknown_place"} with input as facts({"exchange": {"unknown": ["/*"]}})
		with data.ops.apps as {"letters": {"deny_unknown": true}}
}

test_a_type_that_no_pack_answers_for_denies if {
	ids(ops.violations) == {"douane.ops.unknown_type"} with input as facts({"counts": {"SHOE_SIZE": 1, "EMAIL_ADDRESS": 1}})
}

test_what_a_stream_holds_back_is_bounded if {
	streamed := {"leg": "response", "exchange": {"stream": true}}
	ops.obligations == {{"kind": "hold", "milliseconds": 30000, "then": "redact", "rule": "douane.ops.hold"}} with input as streamed
	ops.obligations == set() with input as {"leg": "response", "exchange": {"stream": false}}
	ops.obligations == set() with input as {"leg": "request", "exchange": {"stream": true}}
}
