# METADATA
# title: Models
# description: Which app may use which model.
# schemas:
# - input: schema["input.schema"]
package douane.models

settings := data.models

permitted := object.get(settings, ["apps", input.principal.app], object.get(settings, "default", []))

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
