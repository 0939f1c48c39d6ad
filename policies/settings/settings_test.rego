package douane.settings_test

import data.douane.settings

test_the_shipped_settings_have_no_problem if {
	settings.problems == set()
}

test_what_no_pack_knows_is_a_problem if {
	count(settings.problems) == 1 with data.ops as object.union(data.ops, {"panik": true})
}

test_a_flag_is_true_or_false if {
	count(settings.problems) == 1 with data.models as object.union(data.models, {"pinned": "yes"})
}

test_a_list_is_a_list if {
	count(settings.problems) == 1 with data.models as object.union(data.models, {"default": "*"})
	count(settings.problems) == 1 with data.models as object.union(data.models, {"apps": {"letters": "small"}})
	count(settings.problems) == 1 with data.ops as object.union(data.ops, {"accept_opaque": ["pictures"]})
}

test_actions_are_known_and_so_are_their_types if {
	wrong := {"actions": {"IBAN": "redact"}}
	count(settings.problems) == 1 with data.personal_data as object.union(data.personal_data, wrong)
	odd := {"actions": {"IBAN_CODE": "remove"}}
	count(settings.problems) == 1 with data.personal_data as object.union(data.personal_data, odd)
	count(settings.problems) == 1 with data.personal_data as object.union(data.personal_data, {"default_action": "hide"})
}

test_residency_names_countries_or_groups if {
	every wrong in [
		{"inferense": ["FR"]},
		{"inference": "FR"},
		{"inference": ["Germany"]},
		{"training": ["sometimes"]},
		{"max_retention_days": "a month"},
		{"verified_since": "last year"},
		{"verified_since": 2026},
	] {
		count(settings.problems) == 1 with data.residency as object.union(data.residency, {"apps": {"letters": wrong}})
	}
}

test_residency_takes_what_it_knows if {
	right := {"apps": {"letters": {
		"inference": ["FR", "ADEQUATE"],
		"training": ["never"],
		"max_retention_days": 30,
		"verified_since": "2026-01-31",
	}}}
	settings.problems == set() with data.residency as object.union(data.residency, right)
}
