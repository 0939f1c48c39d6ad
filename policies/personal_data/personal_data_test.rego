package douane.personal_data_test

import data.douane.personal_data

european := {"id": "eu", "controller": "FR", "inference": ["FR", "NO"], "storage": ["CH"], "transfer_basis": "none"}

found(counts) := {
	"leg": "request",
	"counts": counts,
	"labels": [],
	"principal": {"app": "letters", "purpose": ""},
	"candidates": [european],
}

answer := {"leg": "response", "counts": {}, "labels": [], "principal": {"app": "letters", "purpose": ""}, "candidates": [european]}

ids(violations) := {violation.id | some violation in violations}

does(obligations) := {[obligation.kind, obligation.types] | some obligation in obligations}

test_personal_data_is_pseudonymised_by_default if {
	personal_data.obligations == {{
		"kind": "pseudonymise",
		"types": ["EMAIL_ADDRESS", "IBAN_CODE"],
		"rule": "douane.personal_data.pseudonymise",
	}} with input as found({"IBAN_CODE": 1, "EMAIL_ADDRESS": 2})
	personal_data.violations == set() with input as found({"IBAN_CODE": 1, "EMAIL_ADDRESS": 2})
}

test_credentials_are_not_this_packs_business if {
	personal_data.obligations == set() with input as found({"API_KEY": 1})
}

test_a_type_can_be_redacted_left_or_denied if {
	settings := {"CREDIT_CARD": "redact", "IP_ADDRESS": "leave", "VAT_NUMBER": "deny"}
	counts := {"CREDIT_CARD": 1, "IP_ADDRESS": 1, "VAT_NUMBER": 1}
	does(personal_data.obligations) == {["redact", ["CREDIT_CARD"]]} with input as found(counts) with data.personal_data.actions as settings
	ids(personal_data.violations) == {"douane.personal_data.denied_type"} with input as found(counts) with data.personal_data.actions as settings
}

test_the_caller_gets_its_data_back_and_nobody_elses if {
	obligations := personal_data.obligations with input as answer
	{[obligation.kind, object.get(obligation, "unknown_only", null)] | some obligation in obligations} == {["redact", true], ["restore", null]}
}

test_redaction_of_unknown_data_can_be_switched_off if {
	obligations := personal_data.obligations with input as answer with data.personal_data.redact_unknown_in_output as false
	{obligation.kind | some obligation in obligations} == {"restore"}
}

test_nothing_is_restored_where_nothing_is_pseudonymised if {
	personal_data.obligations == set() with input as answer with data.personal_data.default_action as "leave"
}

test_a_type_that_is_left_is_neither_restored_nor_redacted_in_answers if {
	obligations := personal_data.obligations with input as answer with data.personal_data.actions as {"PERSON": "leave", "IBAN_CODE": "redact"}
	some redact in obligations
	redact.kind == "redact"
	some restore in obligations
	restore.kind == "restore"
	not "PERSON" in redact.types
	"IBAN_CODE" in redact.types
	not "PERSON" in restore.types
	not "IBAN_CODE" in restore.types
	"EMAIL_ADDRESS" in restore.types
}

sensitive := found({"RELIGION": 1, "CRIMINAL_OFFENCE": 1, "EMAIL_ADDRESS": 1})

test_special_categories_are_treated_like_others_by_default if {
	personal_data.violations == set() with input as sensitive
	does(personal_data.obligations) == {["pseudonymise", ["CRIMINAL_OFFENCE", "EMAIL_ADDRESS", "RELIGION"]]} with input as sensitive
}

test_special_categories_and_offences_have_actions_of_their_own if {
	ids(personal_data.violations) == {"douane.personal_data.special_category"} with input as sensitive with data.personal_data.article_9 as "deny"
	ids(personal_data.violations) == {"douane.personal_data.criminal"} with input as sensitive with data.personal_data.article_10 as "deny"
	does(personal_data.obligations) == {
		["redact", ["RELIGION"]],
		["pseudonymise", ["CRIMINAL_OFFENCE", "EMAIL_ADDRESS"]],
	} with input as sensitive with data.personal_data.article_9 as "redact"
}

test_the_action_of_a_type_beats_that_of_its_article if {
	does(personal_data.obligations) == {["redact", ["CRIMINAL_OFFENCE", "RELIGION"]], ["pseudonymise", ["EMAIL_ADDRESS"]]} with input as sensitive
		with data.personal_data.article_9 as "deny"
		with data.personal_data.article_10 as "redact"
		with data.personal_data.actions as {"RELIGION": "redact"}
	personal_data.violations == set() with input as sensitive
		with data.personal_data.article_9 as "deny"
		with data.personal_data.actions as {"RELIGION": "redact"}
}

test_an_action_that_is_none_denies if {
	"douane.personal_data.denied_type" in ids(personal_data.violations) with input as sensitive with data.personal_data.default_action as "forget"
	ids(personal_data.violations) == {"douane.personal_data.special_category"} with input as sensitive
		with data.personal_data.article_9 as "forget"
	ids(personal_data.violations) == {"douane.personal_data.criminal"} with input as sensitive
		with data.personal_data.actions as {"CRIMINAL_OFFENCE": "forget"}
	missing := object.remove(data.personal_data, ["default_action"])
	"douane.personal_data.denied_type" in ids(personal_data.violations) with input as sensitive with data.personal_data as missing
}

# A type whose article is no number, or is not said at all, is one of the others.
test_a_denied_type_is_refused_whatever_its_article_says if {
	every about in [{}, {"article": null}, {"article": "9"}, {"article": 6}, "contact"] {
		known := object.union(data.types.personal, {"BADGE": about})
		ids(personal_data.violations) == {"douane.personal_data.denied_type"} with input as found({"BADGE": 1})
			with data.types.personal as known
			with data.personal_data.actions as {"BADGE": "deny"}
		ids(personal_data.violations) == {"douane.personal_data.denied_type"} with input as found({"BADGE": 1})
			with data.types.personal as known
			with data.personal_data.default_action as "deny"
	}
}

test_each_denied_type_is_told_by_one_rule if {
	messages := {violation.message | some violation in personal_data.violations} with input as sensitive
		with data.personal_data.default_action as "deny"
	messages == {
		"the settings refuse EMAIL_ADDRESS",
		"RELIGION belongs to a special category and is refused",
		"CRIMINAL_OFFENCE is refused",
	}
}

test_settings_or_types_that_are_missing_refuse_everything if {
	every settings in [{}, {"default_action": "leave", "actions": "PERSON"}] {
		"douane.personal_data.unconfigured" in ids(personal_data.violations) with input as found({}) with data.personal_data as settings
	}
	ids(personal_data.violations) == {"douane.personal_data.unconfigured"} with input as found({"EMAIL_ADDRESS": 1}) with data.types as {}
}

labelled(label) := object.union(found({"EMAIL_ADDRESS": 1}), {"labels": [label]})

test_the_data_of_children_is_removed_for_good if {
	obligations := personal_data.obligations with input as labelled("children")
	{[obligation.kind, obligation.rule] | some obligation in obligations} == {
		["pseudonymise", "douane.personal_data.pseudonymise"],
		["redact", "douane.personal_data.labelled"],
	}
	personal_data.violations == set() with input as labelled("children")
}

test_a_label_can_refuse_personal_data if {
	every action in ["deny", "pseudonymise", "forget"] {
		ids(personal_data.violations) == {"douane.personal_data.labelled_denied"} with input as labelled("confidential")
			with data.personal_data.labels as {"confidential": action}
	}
}

test_a_label_that_no_setting_names_changes_nothing if {
	does(personal_data.obligations) == {["pseudonymise", ["EMAIL_ADDRESS"]]} with input as labelled("draft")
	personal_data.violations == set() with input as labelled("draft")
}

test_a_label_says_nothing_where_nothing_was_found if {
	facts := object.union(labelled("children"), {"counts": {"API_KEY": 1}})
	personal_data.obligations == set() with input as object.union(object.remove(facts, ["counts"]), {"counts": {"API_KEY": 1}})
}

test_a_purpose_can_be_asked_for if {
	facts := found({"EMAIL_ADDRESS": 1})
	ids(personal_data.violations) == {"douane.personal_data.no_purpose_noted"} with input as facts with data.personal_data.no_purpose as "note"
	ids(personal_data.violations) == {"douane.personal_data.no_purpose"} with input as facts with data.personal_data.no_purpose as "refuse"
	personal_data.violations == set() with input as object.union(facts, {"principal": {"purpose": "support"}})
		with data.personal_data.no_purpose as "refuse"
	personal_data.violations == set() with input as found({}) with data.personal_data.no_purpose as "refuse"
}

goes_to(changes) := object.union(found({"EMAIL_ADDRESS": 1}), {"candidates": [object.union(european, changes)]})

american := {"controller": "US", "inference": ["US", "FR"], "storage": ["US"]}

is_rejected(facts) if {
	rejections := personal_data.rejections with input as facts
	{rejection.id | some rejection in rejections} == {"douane.personal_data.transfer_basis"}
}

test_the_eea_and_adequate_countries_need_no_basis if {
	not is_rejected(goes_to({}))
	not is_rejected(goes_to({"inference": ["KR"], "controller": "GB"}))
}

test_a_transfer_of_personal_data_elsewhere_needs_a_basis if {
	is_rejected(goes_to({"inference": ["US"]}))
	is_rejected(goes_to({"storage": ["IN"]}))
	is_rejected(goes_to({"controller": "US"}))
	is_rejected(goes_to({"controller": "CA"})) # adequate for some recipients only
	not is_rejected(object.union(object.remove(goes_to(american), ["counts"]), {"counts": {"API_KEY": 1}}))
}

test_a_declared_basis_carries_the_transfer if {
	every basis in ["scc", "bcr", "dpf"] {
		not is_rejected(goes_to(object.union(american, {"transfer_basis": basis})))
	}
	is_rejected(goes_to(object.union(american, {"transfer_basis": "derogation"})))
	is_rejected(goes_to(object.union(american, {"transfer_basis": "trust us"})))
}

test_which_bases_are_accepted_is_a_setting if {
	derogation := goes_to(object.union(american, {"transfer_basis": "derogation"}))
	personal_data.rejections == set() with input as derogation with data.personal_data.transfer_bases as ["derogation"]
	every basis in ["scc", "bcr", "dpf"] {
		facts := goes_to(object.union(american, {"transfer_basis": basis}))
		count(personal_data.rejections) == 1 with input as facts with data.personal_data.transfer_bases as []
	}
}

test_the_privacy_framework_is_about_the_united_states if {
	is_rejected(goes_to({"inference": ["US", "IN"], "transfer_basis": "dpf"}))
	is_rejected(goes_to({"controller": "CA", "transfer_basis": "dpf"}))
}

test_nothing_covers_a_place_that_nobody_knows if {
	every basis in ["scc", "bcr", "dpf", "none"] {
		is_rejected(goes_to({"storage": ["UNKNOWN"], "transfer_basis": basis}))
	}
}

test_a_basis_is_asked_for_whatever_is_done_with_the_data if {
	every action in ["pseudonymise", "redact", "leave"] {
		rejections := personal_data.rejections with input as goes_to(american) with data.personal_data.default_action as action
		count(rejections) == 1
	}
}

test_without_jurisdictions_everything_is_refused if {
	ids(personal_data.violations) == {"douane.personal_data.unconfigured"} with input as goes_to({}) with data.jurisdictions as {}
}

test_an_answer_transfers_nothing if {
	personal_data.rejections == set() with input as object.union(goes_to(american), {"leg": "response"})
}

styled_as(obligations) := {[obligation.kind, object.get(obligation, "style", "label"), obligation.types] | some obligation in obligations}

test_a_type_has_a_style_of_its_own if {
	three := found({"PERSON": 1, "IBAN_CODE": 1, "CREDIT_CARD": 1})
	styled_as(personal_data.obligations) == {
		["pseudonymise", "realistic", ["PERSON"]],
		["pseudonymise", "label", ["IBAN_CODE"]],
		["redact", "mask", ["CREDIT_CARD"]],
	} with input as three
		with data.personal_data.actions as {"CREDIT_CARD": "redact"}
		with data.personal_data.styles as {"PERSON": "realistic", "CREDIT_CARD": "mask"}
}

test_a_style_that_fits_another_action_leaves_no_type_out if {
	styled_as(personal_data.obligations) == {["pseudonymise", "label", ["PERSON"]]} with input as found({"PERSON": 1})
		with data.personal_data.styles as {"PERSON": "mask"}
	does(personal_data.obligations) == {["pseudonymise", ["PERSON"]]} with input as found({"PERSON": 1})
		with data.personal_data as object.remove(data.personal_data, ["styles"])
}

test_originals_are_withheld_from_some if {
	kinds(personal_data.obligations) == {"redact"} with input as answer
		with data.personal_data.withhold_from as {"apps": ["letters"], "groups": []}
	of_group := object.union(answer, {"principal": {"app": "letters", "purpose": "", "groups": ["interns"]}})
	kinds(personal_data.obligations) == {"redact"} with input as of_group
		with data.personal_data.withhold_from as {"apps": [], "groups": ["interns"]}
	kinds(personal_data.obligations) == {"redact", "restore"} with input as of_group
		with data.personal_data.withhold_from as {"apps": ["other"], "groups": ["others"]}
}

kinds(obligations) := {obligation.kind | some obligation in obligations}

asking(constraints) := object.union(found({"PERSON": 1, "EMAIL_ADDRESS": 1}), {"exchange": {"constraints": constraints}})

for_email := [{"of": "answer", "kind": "format", "format": "email"}]

test_where_a_schema_asks_for_a_form_the_style_is_that_of_schemas if {
	label := {["pseudonymise", "label", ["EMAIL_ADDRESS", "PERSON"]]}
	styled_as(personal_data.obligations) == label with input as asking(for_email)
	both := {["pseudonymise", "realistic_valid", ["EMAIL_ADDRESS"]], ["pseudonymise", "label", ["PERSON"]]}
	styled_as(personal_data.obligations) == both with input as asking(for_email)
		with data.personal_data.in_schemas as "realistic_valid"
	every kind in ["length", "pattern"] {
		styled_as(personal_data.obligations) == {["pseudonymise", "realistic", ["EMAIL_ADDRESS", "PERSON"]]} with input as asking([{
			"of": "arguments",
			"kind": kind,
			"format": "",
		}])
			with data.personal_data.in_schemas as "realistic"
	}
	every constraint in [["enum", ""], ["format", "uuid"]] {
		styled_as(personal_data.obligations) == label with input as asking([{"of": "answer", "kind": constraint[0], "format": constraint[1]}])
			with data.personal_data.in_schemas as "realistic"
	}
	styled_as(personal_data.obligations) == label with input as asking(for_email)
		with data.personal_data.in_schemas as "realistic"
		with data.personal_data.styles as {"EMAIL_ADDRESS": "label"}
}

test_where_a_schema_asks_for_a_form_labels_can_be_refused if {
	refused := {"douane.personal_data.in_schemas"}
	ids(personal_data.violations) == refused with input as asking(for_email)
		with data.personal_data.in_schemas as "deny"
	ids(personal_data.violations) == refused with input as asking([{"of": "answer", "kind": "format", "format": "other"}])
		with data.personal_data.in_schemas as "deny"
	every style in ["label", "realistic"] {
		ids(personal_data.violations) == set() with input as asking(for_email)
			with data.personal_data.in_schemas as "deny"
			with data.personal_data.styles as {"EMAIL_ADDRESS": style}
	}
	ids(personal_data.violations) == set() with input as asking(for_email)
	ids(personal_data.violations) == set() with input as asking(for_email)
		with data.personal_data.in_schemas as "deny"
		with data.personal_data.actions as {"EMAIL_ADDRESS": "redact"}
	ids(personal_data.violations) == set() with input as found({"EMAIL_ADDRESS": 1})
		with data.personal_data.in_schemas as "deny"
}
