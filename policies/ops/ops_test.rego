package douane.ops_test

import data.douane.ops

facts(changes) := object.union({"counts": {}, "detectors": [], "exchange": {"opaque": [], "egress": [], "unknown": []}}, changes)

ids(violations) := {violation.id | some violation in violations}

test_an_ordinary_exchange_passes if {
	ops.violations == set() with input as facts({"counts": {"EMAIL_ADDRESS": 1}, "detectors": [{"name": "a", "ok": true, "cause": ""}]})
}

test_the_panic_switch_stops_everything if {
	every settings in [true, "yes", null] {
		ids(ops.violations) == {"douane.ops.panic"} with input as facts({}) with data.ops.panic as settings
	}
	"douane.ops.panic" in ids(ops.violations) with input as facts({}) with data.ops as {}
}

test_a_detector_that_failed_denies if {
	detectors := [{"name": "a", "ok": true, "cause": ""}, {"name": "b", "ok": false, "cause": "timeout"}]
	ids(ops.violations) == {"douane.ops.detector_failed"} with input as facts({"detectors": detectors})
}

test_what_nobody_can_read_is_refused_unless_its_kind_is_accepted if {
	image := facts({"exchange": {"opaque": [{"kind": "image"}], "egress": [], "unknown": []}})
	ids(ops.violations) == {"douane.ops.opaque"} with input as image
	ops.violations == set() with input as image with data.ops.accept_opaque as ["image"]
	ids(ops.violations) == {"douane.ops.opaque"} with input as image with data.ops.accept_opaque as ["audio"]
}

test_calling_out_is_refused_unless_its_kind_is_accepted if {
	search := facts({"exchange": {"opaque": [], "egress": [{"kind": "web_search"}], "unknown": []}})
	ids(ops.violations) == {"douane.ops.egress"} with input as search
	ops.violations == set() with input as search with data.ops.accept_egress as ["web_search"]
}

test_unknown_places_pass_unless_the_settings_refuse_them if {
	unknown := facts({"exchange": {"opaque": [], "egress": [], "unknown": ["/*"]}})
	ops.violations == set() with input as unknown
	ids(ops.violations) == {"douane.ops.unknown_place"} with input as unknown with data.ops.deny_unknown as true
}

test_a_type_that_no_pack_answers_for_denies if {
	ids(ops.violations) == {"douane.ops.unknown_type"} with input as facts({"counts": {"SHOE_SIZE": 1}})
}
