# METADATA
# title: Secrets
# description: Credentials never leave, and none that the caller did not send arrives.
package douane.secrets

types := {type | some type, about in data.types; about.class == "secret"}

found := sort({type | some type, _ in input.counts; data.types[type].class == "secret"})

# METADATA
# title: A credential in a request
# description: A key, token, password or connection string was found, and the exchange is refused.
# custom:
#   id: douane.secrets.in_request
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	input.leg == "request"
	not data.secrets.deny == false
	count(found) > 0
	violation := {
		"id": "douane.secrets.in_request",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the request holds credentials (%s); take them out and, if they were sent before, replace them", [concat(", ", found)]),
		"refs": ["OWASP LLM02:2025"],
	}
}

# METADATA
# title: Credentials are removed from a request
# description: Where the settings do not refuse the exchange, credentials are removed for good before it leaves.
# custom:
#   id: douane.secrets.redact
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
obligations contains obligation if {
	input.leg == "request"
	count(found) > 0
	obligation := {"kind": "redact", "types": found, "rule": "douane.secrets.redact", "unknown_only": false}
}

# METADATA
# title: Credentials in an answer are redacted
# description: A credential that the caller did not send does not arrive.
# custom:
#   id: douane.secrets.in_output
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
obligations contains obligation if {
	input.leg == "response"
	count(types) > 0
	obligation := {"kind": "redact", "types": sort(types), "rule": "douane.secrets.in_output", "unknown_only": true}
}

# METADATA
# title: The list of types is missing
# description: Without it no credential could be told from other findings.
# custom:
#   id: douane.secrets.unconfigured
#   severity: critical
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	not is_configured
	violation := {
		"id": "douane.secrets.unconfigured",
		"kind": "operations",
		"severity": "critical",
		"message": "`types` holds no type of class `secret`; ship `types/data.yaml` with the policies",
		"refs": ["OWASP LLM02:2025"],
	}
}

is_configured if {
	some about in data.types
	about.class == "secret"
}
