package douane.personal_data_test

import data.douane.personal_data

found(counts) := {"leg": "request", "counts": counts}

test_personal_data_is_pseudonymised_by_default if {
	personal_data.obligations == {{
		"kind": "pseudonymise",
		"types": ["EMAIL_ADDRESS", "IBAN_CODE"],
		"rule": "douane.personal_data.pseudonymise",
	}} with input as found({"IBAN_CODE": 1, "EMAIL_ADDRESS": 2})
}

test_credentials_are_not_this_packs_business if {
	personal_data.obligations == set() with input as found({"API_KEY": 1})
}

test_a_type_can_be_redacted_left_or_denied if {
	settings := {"CREDIT_CARD": "redact", "IP_ADDRESS": "leave", "HEALTH_ID": "deny"}
	counts := {"CREDIT_CARD": 1, "IP_ADDRESS": 1, "HEALTH_ID": 1}
	obligations := personal_data.obligations with input as found(counts) with data.personal_data.actions as settings
	{[obligation.kind, obligation.types] | some obligation in obligations} == {["redact", ["CREDIT_CARD"]]}
	violations := personal_data.violations with input as found(counts) with data.personal_data.actions as settings
	{violation.id | some violation in violations} == {"douane.personal_data.denied_type"}
}

test_the_caller_gets_its_data_back_and_nobody_elses if {
	obligations := personal_data.obligations with input as {"leg": "response", "counts": {}}
	{[obligation.kind, object.get(obligation, "unknown_only", null)] | some obligation in obligations} == {["redact", true], ["restore", null]}
}

test_redaction_of_unknown_data_can_be_switched_off if {
	obligations := personal_data.obligations with input as {"leg": "response", "counts": {}}
		with data.personal_data.redact_unknown_in_output as false
	{obligation.kind | some obligation in obligations} == {"restore"}
}

test_nothing_is_restored_where_nothing_is_pseudonymised if {
	obligations := personal_data.obligations with input as {"leg": "response", "counts": {}} with data.personal_data.default_action as "leave"
	obligations == set()
}

test_special_categories_can_be_refused if {
	facts := found({"HEALTH_ID": 1, "EMAIL_ADDRESS": 1})
	personal_data.violations == set() with input as facts
	violations := personal_data.violations with input as facts with data.personal_data.deny_special as true
	{violation.id | some violation in violations} == {"douane.personal_data.special_category"}
}

test_settings_that_are_missing_or_unknown_refuse_everything if {
	every settings in [{}, {"default_action": "forget", "actions": {}}, {"default_action": "leave", "actions": {"PERSON": "forget"}}] {
		violations := personal_data.violations with input as found({}) with data.personal_data as settings
		"douane.personal_data.unconfigured" in {violation.id | some violation in violations}
	}
}

test_without_the_list_of_types_everything_is_refused if {
	violations := personal_data.violations with input as found({"EMAIL_ADDRESS": 1}) with data.types as {}
	{violation.id | some violation in violations} == {"douane.personal_data.unconfigured"}
}
