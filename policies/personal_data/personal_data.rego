# METADATA
# title: Personal data
# description: Pseudonymised towards every destination and restored for the caller; what a model says about others is redacted.
package douane.personal_data

actions := {"pseudonymise", "redact", "leave", "deny"}

types := {type | some type, about in data.types; about.class == "personal"}

found := {type | some type, _ in input.counts; data.types[type].class == "personal"}

# The action of each type that the settings name; every other type has the default.
by_type := data.personal_data.actions if is_object(data.personal_data.actions)

# One comparison for all types without an action of their own: most of them, and asked for in every answer.
with_action(candidates, wanted) := named(candidates, wanted) | (candidates - object.keys(by_type)) if {
	data.personal_data.default_action == wanted
}

with_action(candidates, wanted) := named(candidates, wanted) if data.personal_data.default_action != wanted

named(candidates, wanted) := {type | some type, action in by_type; action == wanted; type in candidates} if by_type

# METADATA
# title: Personal data is pseudonymised
# description: Every finding of these types is replaced by a surrogate before it leaves.
# custom:
#   id: douane.personal_data.pseudonymise
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
obligations contains obligation if {
	input.leg == "request"
	found != set()
	chosen := with_action(found, "pseudonymise")
	count(chosen) > 0
	obligation := {"kind": "pseudonymise", "types": sort(chosen), "rule": "douane.personal_data.pseudonymise"}
}

# METADATA
# title: Personal data is removed
# description: Every finding of these types is removed for good before it leaves.
# custom:
#   id: douane.personal_data.redact
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
obligations contains obligation if {
	input.leg == "request"
	found != set()
	chosen := with_action(found, "redact")
	count(chosen) > 0
	obligation := {"kind": "redact", "types": sort(chosen), "rule": "douane.personal_data.redact", "unknown_only": false}
}

# METADATA
# title: The caller gets its own data back
# description: Surrogates in the answer are replaced by what the caller had sent. Asked for without findings too, since surrogates are none.
# custom:
#   id: douane.personal_data.restore
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
obligations contains obligation if {
	input.leg == "response"
	chosen := with_action(types, "pseudonymise")
	count(chosen) > 0
	obligation := {"kind": "restore", "types": sort(chosen), "rule": "douane.personal_data.restore"}
}

# METADATA
# title: Personal data that the caller did not send is redacted
# description: A model that remembers or invents data about people does not hand it on.
# custom:
#   id: douane.personal_data.unknown_in_output
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
obligations contains obligation if {
	input.leg == "response"
	not data.personal_data.redact_unknown_in_output == false
	chosen := types - with_action(types, "leave")
	count(chosen) > 0
	obligation := {
		"kind": "redact",
		"types": sort(chosen),
		"rule": "douane.personal_data.unknown_in_output",
		"unknown_only": true,
	}
}

# METADATA
# title: A type that may not be sent at all
# description: The settings refuse exchanges that hold this type.
# custom:
#   id: douane.personal_data.denied_type
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
violations contains violation if {
	input.leg == "request"
	found != set()
	chosen := with_action(found, "deny")
	count(chosen) > 0
	violation := {
		"id": "douane.personal_data.denied_type",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the settings refuse %s", [concat(", ", sort(chosen))]),
		"refs": ["GDPR Art. 5(1)(c)"],
	}
}

# METADATA
# title: Special categories are refused
# description: Data of GDPR Art. 9 or Art. 10 is refused rather than transformed, where the settings say so.
# custom:
#   id: douane.personal_data.special_category
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_9/oj
violations contains violation if {
	input.leg == "request"
	not data.personal_data.deny_special == false
	chosen := sort({type | some type in found; data.types[type].special})
	count(chosen) > 0
	violation := {
		"id": "douane.personal_data.special_category",
		"kind": "content",
		"severity": "high",
		"message": sprintf("%s belongs to a special category and is refused", [concat(", ", sort(chosen))]),
		"refs": ["GDPR Art. 9", "GDPR Art. 10"],
	}
}

# METADATA
# title: The settings name no action
# description: Without an action for a type that was found nothing may leave.
# custom:
#   id: douane.personal_data.unconfigured
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
violations contains violation if {
	not is_configured
	violation := {
		"id": "douane.personal_data.unconfigured",
		"kind": "operations",
		"severity": "critical",
		"message": "`personal_data.default_action` or `personal_data.actions` is missing or holds an unknown action",
		"refs": ["GDPR Art. 25"],
	}
}

is_configured if {
	data.personal_data.default_action in actions
	is_object(data.personal_data.actions)
	every _, action in data.personal_data.actions {
		action in actions
	}
	some about in data.types
	about.class == "personal"
}
