# METADATA
# title: Lifecycle
# description: Names that move, models that end, previews, licences of weights, and whether the endpoint serves what was asked for.
# schemas:
# - input: schema["input.schema"]
package douane.lifecycle

settings := data.lifecycle

models := data.catalogue.models

licences := data.catalogue.licences

# Candidates of whom there may be something to say; `facts` is empty where the catalogue does not know the model. An answer comes from a
# candidate that its request was decided about.
subjects := [{"candidate": candidate, "facts": facts} |
	input.leg == "request"
	catalogue := models
	endings := object.get(settings, "alias_endings", [])
	some candidate in input.candidates
	facts := object.get(catalogue, candidate.model, {})
	not is_plain(candidate.model, facts, endings)
]

is_plain(model, facts, endings) if {
	facts.status == "available"
	not facts.retires
	not facts.alias_of
	not startswith(model, "labs-")
	not strings.any_suffix_match(model, endings)
}

# What there is to say of them.
concerns := {
	"alias": array.concat(
		[one | some one in subjects; strings.any_suffix_match(one.candidate.model, endings)],
		[one | some one in others; one.facts.alias_of],
	),
	"unknown": [one | some one in strangers; not strings.any_suffix_match(one.candidate.model, endings)],
	"preview": [one | some one in array.concat(strangers, others); is_preview(one)],
	"ended": [one | some one in others; is_over(one.facts)],
	"ending": [one | some one in others; is_ending(one)],
} if {
	endings := object.get(settings, "alias_endings", [])
	strangers := [one | some one in subjects; one.facts == {}]
	others := [one | some one in subjects; one.facts != {}]
}

is_preview(one) if one.facts.status == "preview"

is_preview(one) if startswith(one.candidate.model, "labs-")

is_over(facts) if facts.status == "retired"

is_over(facts) if facts.retires <= input.time

is_ending(one) if {
	is_over(one.facts)
	is_run_by_another(one.candidate)
}

is_ending(one) if {
	not is_over(one.facts)
	nanoseconds(one.facts.retires) - nanoseconds(input.time) <= (((settings.end_of_life_days * 24) * 3600) * 1000) * 1000000
}

nanoseconds(day) := time.parse_rfc3339_ns(sprintf("%sT00:00:00Z", [day]))

# An operator that is not declared may be the vendor, or not: it has neither's rights.
is_run_by_another(candidate) if {
	candidate.operator != "unknown"
	not is_run_by_its_vendor(candidate)
}

is_run_by_its_vendor(candidate) if lower(candidate.operator) == lower(models[candidate.model].vendor)

named(some_of_them) := concat(", ", sort({sprintf("%s (%s)", [one.candidate.model, one.candidate.id]) | some one in some_of_them}))

is_accepted(setting) if settings[setting] in {"allow", "note"}

# Of most candidates there is nothing to say.
rejections contains rejection if {
	subjects != []
	some rejection in refusals
}

violations contains violation if {
	subjects != []
	some violation in remarks
}

# METADATA
# title: A name that moves is refused
# description: The name may come to mean another model without notice, and the settings refuse such names.
# custom:
#   id: douane.lifecycle.alias
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
refusals contains rejection if {
	not is_accepted("aliases")
	some one in concerns.alias
	rejection := {
		"destination": one.candidate.id,
		"id": "douane.lifecycle.alias",
		"message": sprintf("%s may come to mean another model; name the version, or change `lifecycle.aliases`", [one.candidate.model]),
	}
}

# METADATA
# title: A name that moves
# description: Noted for the record; the name may come to mean another model without notice.
# custom:
#   id: douane.lifecycle.alias_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
remarks contains violation if {
	settings.aliases == "note"
	concerns.alias != []
	violation := noted("douane.lifecycle.alias_noted", sprintf("may come to mean another model: %s", [named(concerns.alias)]))
}

# METADATA
# title: A model that nobody knows is refused
# description: The catalogue does not know the name, and the settings refuse what it does not know.
# custom:
#   id: douane.lifecycle.unknown
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
refusals contains rejection if {
	not is_accepted("unknown")
	some one in concerns.unknown
	rejection := {
		"destination": one.candidate.id,
		"id": "douane.lifecycle.unknown",
		"message": sprintf("the catalogue does not know %s; add it under `catalogue.models`, or change `lifecycle.unknown`", [one.candidate.model]),
	}
}

# METADATA
# title: A model that nobody knows
# description: Noted for the record; without an entry in the catalogue nothing is known about licence and end of life.
# custom:
#   id: douane.lifecycle.unknown_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
remarks contains violation if {
	settings.unknown == "note"
	concerns.unknown != []
	violation := noted("douane.lifecycle.unknown_noted", sprintf("not in the catalogue: %s", [named(concerns.unknown)]))
}

# METADATA
# title: A preview is refused
# description: The model is a preview or comes from labs, and the settings refuse such models.
# custom:
#   id: douane.lifecycle.preview
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
refusals contains rejection if {
	not is_accepted("previews")
	some one in concerns.preview
	rejection := {
		"destination": one.candidate.id,
		"id": "douane.lifecycle.preview",
		"message": sprintf("%s is a preview; `lifecycle.previews` refuses those", [one.candidate.model]),
	}
}

# METADATA
# title: A preview
# description: Noted for the record; previews change or end at short notice, and may be under other terms.
# custom:
#   id: douane.lifecycle.preview_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
remarks contains violation if {
	settings.previews == "note"
	concerns.preview != []
	violation := noted("douane.lifecycle.preview_noted", sprintf("previews: %s", [named(concerns.preview)]))
}

# METADATA
# title: A model that was ended
# description: Its vendor, who runs it, has ended it, or has announced its end for a day that is past.
# custom:
#   id: douane.lifecycle.retired
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
refusals contains rejection if {
	some one in concerns.ended
	not is_run_by_another(one.candidate)
	rejection := {
		"destination": one.candidate.id,
		"id": "douane.lifecycle.retired",
		"message": sprintf("%s was ended by its vendor; its successor: %s", [one.candidate.model, successor(one.facts)]),
	}
}

successor(facts) := object.get(facts, "replacement", "not known")

# METADATA
# title: A model that ends is refused
# description: It ends within the days of the settings, or its vendor no longer cares for it, and the settings refuse that.
# custom:
#   id: douane.lifecycle.end_of_life
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
refusals contains rejection if {
	not is_accepted("end_of_life")
	some one in concerns.ending
	rejection := {
		"destination": one.candidate.id,
		"id": "douane.lifecycle.end_of_life",
		"message": sprintf("%s ends or has ended; its successor: %s", [one.candidate.model, successor(one.facts)]),
	}
}

# METADATA
# title: A model that ends
# description: Noted for the record; it ends within the days of the settings, or its vendor no longer cares for it.
# custom:
#   id: douane.lifecycle.end_of_life_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
remarks contains violation if {
	settings.end_of_life == "note"
	concerns.ending != []
	violation := noted("douane.lifecycle.end_of_life_noted", sprintf("ends soon, or was ended by its vendor: %s", [named(concerns.ending)]))
}

# METADATA
# title: The licence of the weights does not permit the purpose
# description: Somebody else than the vendor runs weights whose licence is for research, or conditional, and the caller's purpose is none of that.
# custom:
#   id: douane.lifecycle.licence
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
rejections contains rejection if {
	input.leg == "request"
	known := models
	uses := licences
	some candidate in input.candidates
	licence := known[candidate.model].licence
	not uses[licence].use == "any"
	not is_licensed(candidate, licence)
	rejection := {
		"destination": candidate.id,
		"id": "douane.lifecycle.licence",
		"message": sprintf("the weights of %s are under %s; see `lifecycle.research_purposes` and `lifecycle.licensed`", [candidate.model, licence]),
	}
}

# The vendor's own endpoint is used under the terms of that endpoint.
is_licensed(candidate, _) if is_run_by_its_vendor(candidate)

is_licensed(candidate, _) if candidate.model in settings.licensed

is_licensed(_, licence) if {
	licences[licence].use == "research"
	input.principal.purpose in settings.research_purposes
}

# METADATA
# title: Another model was served, and models are pinned
# description: The endpoint says that it served another model than the one that was decided about.
# custom:
#   id: douane.lifecycle.pinned
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
violations contains violation if {
	input.leg == "response"
	input.upstream.model_matches == false
	not settings.pinned == false
	violation := {
		"id": "douane.lifecycle.pinned",
		"kind": "operations",
		"severity": "medium",
		"message": "the endpoint served another model than the one asked for, and `lifecycle.pinned` refuses that",
		"refs": ["OWASP LLM03:2025"],
	}
}

# METADATA
# title: Another model was served
# description: Noted for the record; an alias that the endpoint resolves is the usual cause.
# custom:
#   id: douane.lifecycle.differs
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm032025-supply-chain/
violations contains violation if {
	input.leg == "response"
	input.upstream.model_matches == false
	settings.pinned == false
	violation := noted("douane.lifecycle.differs", "the endpoint says that it served another model than the one asked for")
}

noted(id, message) := {"id": id, "kind": "operations", "severity": "info", "message": message, "refs": ["OWASP LLM03:2025"]}
