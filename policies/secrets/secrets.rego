# METADATA
# title: Secrets
# description: Credentials never leave, and none that the caller did not send arrives.
# schemas:
# - input: schema["input.schema"]
package douane.secrets

settings := data.secrets

known := data.types.secret

# METADATA
# title: The credentials that were found
# description: Their types, in order.
found := sort(object.keys(input.counts) & object.keys(known))

# Whatever is not to be redacted is refused.
refused := sort({type | some type in found; action(type) != "redact"})

action(type) := object.get(settings, ["actions", type], "redact") if {
	settings.deny == false
} else := object.get(settings, ["actions", type], "deny")

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
	found != []
	refused != []
	violation := {
		"id": "douane.secrets.in_request",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the request holds secrets (%s); take them out, and replace credentials that were sent before", [concat(", ", refused)]),
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
	found != []
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
	types := sort(object.keys(known))
	obligation := {"kind": "redact", "types": types, "rule": "douane.secrets.in_output", "unknown_only": true}
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
		"message": "`types.secret` is missing or empty; ship `types/data.yaml` with the policies",
		"refs": ["OWASP LLM02:2025"],
	}
}

is_configured if count(known) > 0
