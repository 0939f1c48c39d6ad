# METADATA
# title: Residency
# description: A destination is permitted only by its declared facts; inference, storage and controller never stand in for each other.
package douane.residency

countries_of := {"inference", "storage"}

rules := object.union_n([
	object.get(data.residency, "default", {}),
	object.get(data.residency, ["tenants", input.principal.tenant], {}),
	object.get(data.residency, ["purposes", input.principal.purpose], {}),
	object.get(data.residency, ["apps", input.principal.app], {}),
])

is_permitted(country, fact) if {
	some name in object.get(rules, fact, [])
	country in members(name)
}

members(name) := data.jurisdictions.groups[name]

# A country stands for itself; two letters, so that UNKNOWN never does.
members(name) := [name] if {
	not data.jurisdictions.groups[name]
	count(name) == 2
}

names_a_country(fact) if {
	some name in object.get(rules, fact, [])
	count(members(name)) > 0
}

listed(fact) := concat(", ", object.get(rules, fact, []))

# METADATA
# title: A country is not permitted
# description: The model runs, or something is kept, in a country that the settings do not name for it.
# custom:
#   id: douane.residency.country
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj
rejections contains rejection if {
	some candidate in input.candidates
	some fact in countries_of
	refused := sort({country | some country in candidate[fact]; not is_permitted(country, fact)})
	count(refused) > 0
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.country",
		"message": sprintf("%s in %s; permitted are %s", [fact, concat(", ", refused), listed(fact)]),
	}
}

# METADATA
# title: A place is not declared
# description: A destination that does not say where it runs or keeps data satisfies no rule.
# custom:
#   id: douane.residency.undeclared
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj
rejections contains rejection if {
	some candidate in input.candidates
	some fact in countries_of
	count(candidate[fact]) == 0
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.undeclared",
		"message": sprintf("%s is not declared; permitted are %s", [fact, listed(fact)]),
	}
}

# METADATA
# title: The controller's country is not permitted
# description: The operator's ultimate parent is under the law of a country that the settings do not name.
# custom:
#   id: douane.residency.controller
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_48/oj
rejections contains rejection if {
	some candidate in input.candidates
	not is_permitted(candidate.controller, "controller")
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.controller",
		"message": sprintf("controller in %s; permitted are %s", [candidate.controller, listed("controller")]),
	}
}

# METADATA
# title: Training on what is sent
# description: The operator may train on what it receives in a way that the settings do not accept.
# custom:
#   id: douane.residency.training
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_28/oj
rejections contains rejection if {
	some candidate in input.candidates
	not candidate.training in object.get(rules, "training", [])
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.training",
		"message": sprintf("training is declared as %s; permitted are %s", [candidate.training, listed("training")]),
	}
}

# METADATA
# title: Kept for too long
# description: The operator keeps what it receives for longer than the settings accept, or does not say for how long.
# custom:
#   id: douane.residency.retention
#   severity: medium
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
rejections contains rejection if {
	limit := object.get(rules, "max_retention_days", null)
	limit != null
	some candidate in input.candidates
	not is_kept_at_most(candidate, limit)
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.retention",
		"message": sprintf("kept for %s; permitted are %d days", [kept(candidate), limit]),
	}
}

is_kept_at_most(candidate, limit) if {
	is_number(candidate.retention_days)
	candidate.retention_days <= limit
}

kept(candidate) := sprintf("%d days", [candidate.retention_days]) if is_number(candidate.retention_days)

kept(candidate) := "an unknown time" if not is_number(candidate.retention_days)

# METADATA
# title: Facts that nobody checked lately
# description: The destination's facts were checked before the day from which the settings accept them, or never.
# custom:
#   id: douane.residency.stale_facts
#   severity: medium
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_28/oj
rejections contains rejection if {
	since := object.get(rules, "verified_since", null)
	since != null
	some candidate in input.candidates
	candidate.verified_at < since
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.stale_facts",
		"message": sprintf("its facts were not checked since %s", [since]),
	}
}

# METADATA
# title: The settings name no countries
# description: Without lists of countries, or without the groups that they name, no destination can be permitted.
# custom:
#   id: douane.residency.unconfigured
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj
violations contains violation if {
	some fact in {"inference", "storage", "controller"}
	not names_a_country(fact)
	violation := {
		"id": "douane.residency.unconfigured",
		"kind": "operations",
		"severity": "critical",
		"message": sprintf("`residency` permits no country for %s; name countries or groups of `jurisdictions`", [fact]),
		"refs": ["GDPR Art. 44"],
	}
}
