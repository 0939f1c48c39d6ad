# METADATA
# title: Operations
# description: What nobody can see, what calls out, what failed, and the switches that stop everything, or one provider.
# schemas:
# - input: schema["input.schema"]
package douane.ops

settings := data.ops

# METADATA
# title: Everything is stopped
# description: The panic switch is on, or its setting is missing.
# custom:
#   id: douane.ops.panic
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	not settings.panic == false
	violation := {
		"id": "douane.ops.panic",
		"kind": "operations",
		"severity": "critical",
		"message": "everything is stopped by `ops.panic`; an operator sets it to false to go on",
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: A provider, a model or an endpoint is stopped
# description: The panic switch of the destination's operator, of the model or of the destination is on.
# custom:
#   id: douane.ops.panic_for
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
rejections contains rejection if {
	some kind, names in settings.panic_for
	names != []
	some candidate in input.candidates
	stopping := stopped_by(candidate)
	some name in names
	plain(name) in stopping[kind]
	rejection := {
		"destination": candidate.id,
		"id": "douane.ops.panic_for",
		"message": sprintf("stopped by `ops.panic_for.%s` (%s)", [kind, name]),
	}
}

stopped_by(candidate) := names if {
	names := {
		"operators": {plain(candidate.operator)},
		"models": {plain(candidate.model), plain(input.exchange.model)},
		"destinations": {plain(candidate.id)},
	}
}

# In a hurry nobody looks up how a name is written.
plain(name) := lower(trim_space(name))

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
	not is_tolerated(detector.name)
	violation := {
		"id": "douane.ops.detector_failed",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("the detector %s did not look at everything (%s)", [detector.name, detector.cause]),
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: A detector that may fail did not look
# description: Noted for the record; the settings tolerate that this detector fails.
# custom:
#   id: douane.ops.detector_failed_noted
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	some detector in input.detectors
	not detector.ok
	is_tolerated(detector.name)
	violation := {
		"id": "douane.ops.detector_failed_noted",
		"kind": "operations",
		"severity": "info",
		"message": sprintf("the detector %s did not look at everything (%s), and `ops.tolerated_detectors` names it", [detector.name, detector.cause]),
		"refs": ["GDPR Art. 32"],
	}
}

is_tolerated(name) if name in settings.tolerated_detectors

# METADATA
# title: A detector is missing
# description: There is a text, and a detector that the settings ask for is not there.
# custom:
#   id: douane.ops.detector_missing
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
violations contains violation if {
	settings.required_detectors != []
	input.exchange.segments > 0
	there := {detector.name | some detector in input.detectors}
	missing := sort({name | some name in settings.required_detectors; not name in there})
	count(missing) > 0
	violation := {
		"id": "douane.ops.detector_missing",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("`ops.required_detectors` asks for %s, which did not look", [concat(", ", missing)]),
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: A part that no detector can read
# description: Images, audio and files pass only where the settings accept their kind.
# custom:
#   id: douane.ops.opaque
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	input.exchange.opaque != []
	refused := sort(({part.kind | some part in input.exchange.opaque} - {"state"}) - accepted("accept_opaque"))
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
# title: State that the provider keeps
# description: A reference to an earlier response, a conversation or a file at the provider stands for text that nobody sees here.
# custom:
#   id: douane.ops.state
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	some part in input.exchange.opaque
	part.kind == "state"
	not "state" in accepted("accept_opaque")
	violation := {
		"id": "douane.ops.state",
		"kind": "content",
		"severity": "medium",
		"message": "the exchange refers to what the provider keeps, which nobody sees here; `ops.accept_opaque` with `state` would let it pass",
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
	input.exchange.egress != []
	refused := sort({call.kind | some call in input.exchange.egress} - accepted("accept_egress"))
	count(refused) > 0
	violation := {
		"id": "douane.ops.egress",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("the provider would call out: %s; `ops.accept_egress` would let it", [concat(", ", refused)]),
		"refs": ["OWASP LLM06:2025"],
	}
}

accepts_unknown_places if chosen("deny_unknown", true) == false

accepted(setting) := {kind | some kind in chosen(setting, [])}

# What the settings say for the app, else for every app.
chosen(setting, otherwise) := object.get(settings, ["apps", input.principal.app, setting], object.get(settings, setting, otherwise))

# METADATA
# title: Strings at unknown places
# description: The body has strings where the protocol map knows none, and the settings refuse that.
# custom:
#   id: douane.ops.unknown_place
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
violations contains violation if {
	input.exchange.unknown != []
	not accepts_unknown_places
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
	input.counts != {}
	known := (object.keys(data.types.personal) | object.keys(data.types.secret)) | object.keys(data.types.content)
	unknown := sort(object.keys(input.counts) - known)
	unknown != []
	violation := {
		"id": "douane.ops.unknown_type",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("no pack answers for %s; add it to `types/data.yaml`", [concat(", ", unknown)]),
		"refs": ["GDPR Art. 32"],
	}
}

# METADATA
# title: What a stream holds back is bounded in time
# description: Text that could still become part of a finding waits so long at most; then the settings say what becomes of it.
# custom:
#   id: douane.ops.hold
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_32/oj
obligations contains obligation if {
	input.exchange.stream == true
	input.leg == "response"
	obligation := {
		"kind": "hold",
		"milliseconds": data.ops.hold.milliseconds,
		"then": data.ops.hold.then,
		"rule": "douane.ops.hold",
	}
}
