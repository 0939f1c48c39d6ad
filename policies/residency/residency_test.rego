package douane.residency_test

import data.douane.residency

endpoint := {
	"id": "one",
	"controller": "FR",
	"inference": ["FR"],
	"storage": ["DE", "IS"],
	"retention_days": 30,
	"training": "never",
	"verified_at": "2026-11-01",
}

principal := {"tenant": "acme", "app": "letters", "purpose": "support"}

facts(changes) := {"principal": principal, "labels": [], "candidates": [object.union(endpoint, changes)]}

labelled(labels, changes) := object.union(facts(changes), {"labels": labels})

ids(rejections) := {rejection.id | some rejection in rejections}

test_a_destination_whose_every_fact_holds_is_not_rejected if {
	residency.rejections == set() with input as facts({})
	residency.violations == set() with input as facts({})
}

test_inference_storage_and_controller_never_stand_in_for_each_other if {
	ids(residency.rejections) == {"douane.residency.country"} with input as facts({"inference": ["FR", "US"]})
	ids(residency.rejections) == {"douane.residency.country"} with input as facts({"storage": ["US"]})
	ids(residency.rejections) == {"douane.residency.controller"} with input as facts({"controller": "US"})
}

test_what_is_unknown_satisfies_nothing if {
	every changes in [{"inference": ["UNKNOWN"]}, {"storage": ["UNKNOWN"]}, {"controller": "UNKNOWN"}, {"inference": []}, {"storage": []}] {
		count(residency.rejections) == 1 with input as facts(changes)
	}
}

test_unknown_is_no_country_even_where_a_setting_names_it if {
	rules := {"inference": ["UNKNOWN", "EEA"], "storage": ["EEA"], "controller": ["EEA"], "training": ["never"]}
	count(residency.rejections) == 1 with input as facts({"inference": ["UNKNOWN"]}) with data.residency["default"] as rules
}

test_a_country_can_be_named_beside_a_group if {
	residency.rejections == set() with input as facts({"inference": ["CH"]})
		with data.residency["default"].inference as ["EEA", "CH"]
}

test_an_operator_that_trains_is_rejected if {
	every training in ["opt_out", "forced", "unknown"] {
		ids(residency.rejections) == {"douane.residency.training"} with input as facts({"training": training})
	}
	residency.rejections == set() with input as facts({"training": "opt_in"})
}

test_retention_over_the_limit_or_unknown_is_rejected if {
	every days in [31, null] {
		ids(residency.rejections) == {"douane.residency.retention"} with input as facts({"retention_days": days})
			with data.residency["default"].max_retention_days as 30
	}
	residency.rejections == set() with input as facts({"retention_days": 30}) with data.residency["default"].max_retention_days as 30
	residency.rejections == set() with input as facts({"retention_days": null})
}

test_facts_that_were_not_checked_since_are_rejected if {
	every day in ["", "2026-10-31"] {
		ids(residency.rejections) == {"douane.residency.stale_facts"} with input as facts({"verified_at": day})
			with data.residency["default"].verified_since as "2026-11-01"
	}
	residency.rejections == set() with input as facts({}) with data.residency["default"].verified_since as "2026-11-01"
}

test_an_app_wins_over_a_purpose_and_a_purpose_over_a_tenant if {
	american := facts({"inference": ["US"]})
	residency.rejections == set() with input as american with data.residency.tenants as {"acme": {"inference": ["US"]}}
	count(residency.rejections) == 1 with input as american
		with data.residency.tenants as {"acme": {"inference": ["US"]}}
		with data.residency.purposes as {"support": {"inference": ["EEA"]}}
	residency.rejections == set() with input as american
		with data.residency.purposes as {"support": {"inference": ["EEA"]}}
		with data.residency.apps as {"letters": {"inference": ["US"]}}
}

test_missing_settings_permit_nothing if {
	every settings in [{}, {"default": {}}, {"default": {"inference": ["EEA"]}}] {
		count(residency.rejections) > 0 with input as facts({}) with data.residency as settings
		"douane.residency.unconfigured" in ids(residency.violations) with input as facts({}) with data.residency as settings
	}
}

test_a_label_narrows_what_was_chosen if {
	rules := {"health": {"controller": ["DE"]}, "strict": {"max_retention_days": 7, "verified_since": "2026-11-10", "training": ["opt_in"]}}
	residency.rejections == set() with input as labelled([], {}) with data.residency.labels as rules
	residency.rejections == set() with input as labelled(["draft"], {}) with data.residency.labels as rules
	ids(residency.rejections) == {"douane.residency.controller"} with input as labelled(["health"], {}) with data.residency.labels as rules
	residency.rejections == set() with input as labelled(["health"], {"controller": "DE"}) with data.residency.labels as rules
	ids(residency.rejections) == {
		"douane.residency.controller",
		"douane.residency.retention",
		"douane.residency.stale_facts",
		"douane.residency.training",
	} with input as labelled(["health", "strict"], {}) with data.residency.labels as rules
}

test_a_label_never_widens if {
	rules := {"open": {"inference": ["US"], "storage": ["US"], "controller": ["US"]}}
	american := {"inference": ["US"], "storage": ["US"], "controller": "US"}
	count(residency.rejections) > 0 with input as labelled(["open"], american) with data.residency.labels as rules
	count(residency.rejections) > 0 with input as labelled(["open"], {}) with data.residency.labels as rules
}

test_a_label_that_leaves_no_country_is_said if {
	ids(residency.violations) == {"douane.residency.unconfigured"} with input as labelled(["none"], {})
		with data.residency.labels as {"none": {"storage": []}}
}

test_without_jurisdictions_nothing_is_permitted if {
	count(residency.rejections) > 0 with input as facts({}) with data.jurisdictions as {}
	ids(residency.violations) == {"douane.residency.unconfigured"} with input as facts({}) with data.jurisdictions as {}
}
