# METADATA
# title: The decision
# description: Unites the packs. Any violation above `info` denies; what is undefined denies.
package douane.main

# METADATA
# title: No decision could be derived
# description: The facts are not those of the contract, or a pack is missing.
# entrypoint: true
# custom:
#   id: douane.main.undefined
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
default decision := {
	"verdict": "deny",
	"obligations": [],
	"reasons": [{
		"id": "douane.main.undefined",
		"kind": "operations",
		"severity": "critical",
		"message": "no decision could be derived from these facts; the contract is `schemas/input.schema.json`",
		"refs": ["GDPR Art. 25"],
	}],
	"permitted": [],
	"rejections": [],
}

decision := {
	"verdict": verdict,
	"obligations": sort(obligations),
	"reasons": sort(violations),
	"permitted": permitted,
	"rejections": sort(rejections),
} if {
	is_well_formed
}

default verdict := "deny"

verdict := "allow" if {
	is_well_formed
	count(blocking) == 0
}

is_well_formed if {
	input.leg in {"request", "response"}
	is_object(input.counts)
	is_object(input.exchange)
	is_object(input.principal)
	is_array(input.exchange.opaque)
	is_array(input.exchange.egress)
	is_array(input.exchange.unknown)
	is_array(input.detectors)
	is_array(input.candidates)
}

blocking := {violation | some violation in violations; violation.severity != "info"}

permitted := [candidate.id | some candidate in input.candidates; not candidate.id in rejected]

rejected := {rejection.destination | some rejection in rejections}

rejections := data.douane.residency.rejections

obligations := data.douane.personal_data.obligations | data.douane.secrets.obligations

violations := union({
	no_destination,
	data.douane.models.violations,
	data.douane.ops.violations,
	data.douane.personal_data.violations,
	data.douane.residency.violations,
	data.douane.secrets.violations,
})

# METADATA
# title: No destination is permitted
# description: None of the endpoints that serve the model is permitted for this exchange.
# custom:
#   id: douane.main.no_destination
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj
no_destination contains violation if {
	input.leg == "request"
	count(permitted) == 0
	violation := {
		"id": "douane.main.no_destination",
		"kind": "destination",
		"severity": "high",
		"message": sprintf("no destination that serves this model is permitted (candidates: %d)", [count(input.candidates)]),
		"refs": ["GDPR Art. 44"],
	}
}
