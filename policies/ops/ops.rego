# METADATA
# title: Operations
# description: What nobody can see, what calls out, what failed, and the switch that stops everything.
package douane.ops

# METADATA
# title: Everything is stopped
# description: The panic switch is on, or its setting is missing.
# custom:
#   id: douane.ops.panic
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	not data.ops.panic == false
	violation := {
		"id": "douane.ops.panic",
		"kind": "operations",
		"severity": "critical",
		"message": "everything is stopped by `ops.panic`; an operator sets it to false to go on",
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: A detector did not look
# description: A detector failed or timed out, so nobody knows what the exchange holds.
# custom:
#   id: douane.ops.detector_failed
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	some detector in input.detectors
	not detector.ok
	violation := {
		"id": "douane.ops.detector_failed",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("the detector %s did not look at everything (%s)", [detector.name, detector.cause]),
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: A part that no detector can read
# description: Images, audio, files and state kept by the provider pass only where the settings accept their kind.
# custom:
#   id: douane.ops.opaque
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	kinds := {part.kind | some part in input.exchange.opaque}
	refused := sort({kind | some kind in kinds; not kind in object.get(data.ops, "accept_opaque", [])})
	count(refused) > 0
	violation := {
		"id": "douane.ops.opaque",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("no detector can read these parts: %s; `ops.accept_opaque` would let them pass", [concat(", ", refused)]),
		"refs": ["OWASP LLM02:2025"],
	}
}

# METADATA
# title: Something makes the provider call out
# description: A web search or a remote file is a second destination, which nobody decided about.
# custom:
#   id: douane.ops.egress
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
violations contains violation if {
	kinds := {call.kind | some call in input.exchange.egress}
	refused := sort({kind | some kind in kinds; not kind in object.get(data.ops, "accept_egress", [])})
	count(refused) > 0
	violation := {
		"id": "douane.ops.egress",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("the provider would call out: %s; `ops.accept_egress` would let it", [concat(", ", refused)]),
		"refs": ["OWASP LLM06:2025"],
	}
}

# METADATA
# title: Strings at unknown places
# description: The body has strings where the protocol map knows none, and the settings refuse that.
# custom:
#   id: douane.ops.unknown_place
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	not data.ops.deny_unknown == false
	count(input.exchange.unknown) > 0
	violation := {
		"id": "douane.ops.unknown_place",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("%d strings stand at places that the protocol does not name", [count(input.exchange.unknown)]),
		"refs": ["OWASP LLM02:2025"],
	}
}

# METADATA
# title: A finding of an unknown type
# description: A detector found something that no pack answers for.
# custom:
#   id: douane.ops.unknown_type
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	unknown := sort({type | some type, _ in input.counts; not data.types[type]})
	count(unknown) > 0
	violation := {
		"id": "douane.ops.unknown_type",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("no pack answers for %s; add it to `types/data.yaml`", [concat(", ", unknown)]),
		"refs": ["GDPR Art. 32"],
	}
}
