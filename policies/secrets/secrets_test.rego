package douane.secrets_test

import data.douane.secrets

ids(violations) := {violation.id | some violation in violations}

test_a_credential_in_a_request_is_refused_and_removed if {
	facts := {"leg": "request", "counts": {"API_KEY": 1, "EMAIL_ADDRESS": 3}}
	ids(secrets.violations) == {"douane.secrets.in_request"} with input as facts
	secrets.obligations == {{"kind": "redact", "types": ["API_KEY"], "rule": "douane.secrets.redact", "unknown_only": false}} with input as facts
}

test_refusing_can_be_switched_off_but_removing_cannot if {
	facts := {"leg": "request", "counts": {"JWT": 1}}
	secrets.violations == set() with input as facts with data.secrets.deny as false
	count(secrets.obligations) == 1 with input as facts with data.secrets.deny as false
}

test_a_missing_setting_refuses if {
	facts := {"leg": "request", "counts": {"JWT": 1}}
	ids(secrets.violations) == {"douane.secrets.in_request"} with input as facts with data.secrets as {}
}

test_a_type_can_have_an_action_of_its_own if {
	facts := {"leg": "request", "counts": {"JWT": 1, "PASSWORD": 1}}
	messages := {violation.message | some violation in secrets.violations} with input as facts with data.secrets.actions as {"PASSWORD": "redact"}
	every message in messages {
		contains(message, "(JWT)")
	}
	secrets.violations == set() with input as facts with data.secrets.actions as {"PASSWORD": "redact", "JWT": "redact"}
	ids(secrets.violations) == {"douane.secrets.in_request"} with input as facts
		with data.secrets.deny as false
		with data.secrets.actions as {"JWT": "deny"}
	ids(secrets.violations) == {"douane.secrets.in_request"} with input as facts
		with data.secrets.deny as false
		with data.secrets.actions as {"JWT": "remove"}
}

test_other_findings_are_not_this_packs_business if {
	facts := {"leg": "request", "counts": {"EMAIL_ADDRESS": 1}}
	secrets.violations == set() with input as facts
	secrets.obligations == set() with input as facts
}

test_credentials_in_an_answer_are_redacted_not_refused if {
	facts := {"leg": "response", "counts": {"PASSWORD": 1}}
	secrets.violations == set() with input as facts
	{[obligation.rule, obligation.unknown_only] | some obligation in secrets.obligations} == {["douane.secrets.in_output", true]} with input as facts
}

test_without_the_list_of_types_everything_is_refused if {
	facts := {"leg": "request", "counts": {}}
	ids(secrets.violations) == {"douane.secrets.unconfigured"} with input as facts with data.types as {}
}
