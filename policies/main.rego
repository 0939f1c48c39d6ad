# METADATA
# title: The decision
# description: Unites the packs. Any violation above `info` denies; what is undefined denies.
# schemas:
# - input: schema["input.schema"]
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

decision := enforced if {
	is_well_formed
	observing == set()
} else := object.union(enforced, {"observed": observed}) if {
	is_well_formed
}

enforced := {
	"verdict": verdict,
	"obligations": sort(obligations),
	"reasons": sort(violations),
	"permitted": permitted,
	"rejections": sort(rejections),
}

observed := {
	"obligations": sort(all_obligations - obligations),
	"reasons": sort(all_violations - violations),
	"rejections": sort(all_rejections - rejections),
}

default verdict := "deny"

verdict := "allow" if {
	is_well_formed
	every violation in violations {
		violation.severity == "info"
	}
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
	is_array(input.findings)
	is_array(input.segments)
	is_array(input.candidates)
	is_array(input.labels)
	is_array(input.tools.declared)
	is_array(input.tools.called)
}

permitted := [candidate.id |
	rejected := {rejection.destination | some rejection in rejections}
	some candidate in input.candidates
	not candidate.id in rejected
]

# What the packs say; a pack of your own is added here.
all_violations := no_destination | union({
	data.douane.lifecycle.violations,
	data.douane.content.violations,
	data.douane.models.violations,
	data.douane.ops.violations,
	data.douane.owasp_llm.violations,
	data.douane.pci.violations,
	data.douane.personal_data.violations,
	data.douane.residency.violations,
	data.douane.secrets.violations,
})

all_obligations := union({
	data.douane.ops.obligations,
	data.douane.owasp_llm.obligations,
	data.douane.pci.obligations,
	data.douane.personal_data.obligations,
	data.douane.secrets.obligations,
})

all_rejections := union({
	data.douane.lifecycle.rejections,
	data.douane.ops.rejections,
	data.douane.personal_data.rejections,
	data.douane.residency.rejections,
})

# And what of it acts: all but what packs said that are observed, by the pack's name in the id of the rule.
violations := all_violations if {
	observing == set()
} else := {violation | some violation in all_violations; not is_observed(violation.id)}

obligations := all_obligations if {
	observing == set()
} else := {obligation | some obligation in all_obligations; not is_observed(obligation.rule)}

rejections := all_rejections if {
	observing == set()
} else := {rejection | some rejection in all_rejections; not is_observed(rejection.id)}

is_observed(rule) if split(rule, ".")[1] in observing

# METADATA
# title: Packs that settings may observe
# description: The switch that stops everything and a detector that failed are never only looked at, so that `ops` is not among them.
observable := {"content", "lifecycle", "models", "owasp_llm", "pci", "personal_data", "residency", "secrets"}

# Whatever is not exactly `observe` enforces. Where nothing else is said, no pack need be asked for its mode.
observing := set() if {
	data.enforcement == {"default": "enforce", "packs": {}, "apps": {}}
} else := {pack | some pack in observable; mode(pack) == "observe"}

mode(pack) := object.get(data.enforcement, ["apps", input.principal.app, pack], mode_of_all_apps(pack))

mode_of_all_apps(pack) := object.get(data.enforcement, ["packs", pack], object.get(data.enforcement, "default", "enforce"))

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
