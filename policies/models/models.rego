# METADATA
# title: Models
# description: Which app may use which model, and whether the endpoint serves what was asked for.
package douane.models

permitted := object.get(data.models, ["apps", input.principal.app], object.get(data.models, "default", []))

# METADATA
# title: The model is not permitted
# description: The settings do not name this model for this app.
# custom:
#   id: douane.models.not_permitted
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
violations contains violation if {
	input.leg == "request"
	not is_permitted(input.exchange.model)
	violation := {
		"id": "douane.models.not_permitted",
		"kind": "destination",
		"severity": "high",
		"message": "the settings do not permit this model to this app; `GET /v1/models` lists those that are",
		"refs": ["OWASP LLM03:2025"],
	}
}

is_permitted(model) if {
	"*" in permitted
	model != "*"
}

is_permitted(model) if {
	model in permitted
	model != "*"
}

# METADATA
# title: Another model was served, and models are pinned
# description: The endpoint says that it served another model than the one that was decided about.
# custom:
#   id: douane.models.pinned
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
violations contains violation if {
	differs
	not data.models.pinned == false
	violation := {
		"id": "douane.models.pinned",
		"kind": "operations",
		"severity": "medium",
		"message": "the endpoint served another model than the one asked for, and `models.pinned` refuses that",
		"refs": ["OWASP LLM03:2025"],
	}
}

# METADATA
# title: Another model was served
# description: Noted for the record; an alias that the endpoint resolves is the usual cause.
# custom:
#   id: douane.models.differs
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
violations contains violation if {
	differs
	data.models.pinned == false
	violation := {
		"id": "douane.models.differs",
		"kind": "operations",
		"severity": "info",
		"message": "the endpoint says that it served another model than the one asked for",
		"refs": ["OWASP LLM03:2025"],
	}
}

differs if {
	input.leg == "response"
	input.upstream.model_matches == false
}
