# METADATA
# title: Residency
# description: A destination is permitted only by its declared facts; inference, storage and controller never stand in for each other.
# schemas:
# - input: schema["input.schema"]
package douane.residency

settings := data.residency

groups := data.jurisdictions.groups

# What the settings say for the exchange: the later of the four wins, key by key. What they do not name permits nothing.
chosen := object.union_n([
	{"inference": [], "storage": [], "controller": [], "training": []},
	object.get(settings, "default", {}),
	object.get(settings, ["tenants", input.principal.tenant], {}),
	object.get(settings, ["purposes", input.principal.purpose], {}),
	object.get(settings, ["apps", input.principal.app], {}),
])

# All of these must hold, so that a label can only narrow what was chosen.
scopes := {chosen} | {object.union(chosen, rules) | some label in input.labels; rules := settings.labels[label]}

# The countries of each list, of which most are the same.
countries := {names: named(names) | some rules in scopes; some names in {rules.inference, rules.storage, rules.controller}}

# A name that is no group is a country, but for the one that would stand for any.
named(names) := {country | some name in names; some country in object.get(groups, name, [name])} - {"UNKNOWN"}

# METADATA
# title: A country is not permitted
# description: The model runs, or something is kept, in a country that the settings do not name for it.
# custom:
#   id: douane.residency.country
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_44/oj
rejections contains rejection if {
	some rules in scopes
	some fact in {"inference", "storage"}
	permitted := countries[rules[fact]]
	some candidate in input.candidates
	refused := sort({country | some country in candidate[fact]; not country in permitted})
	refused != []
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.country",
		"message": sprintf("%s in %s; permitted are %s", [fact, concat(", ", refused), concat(", ", rules[fact])]),
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
	some fact in {"inference", "storage"}
	candidate[fact] == []
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.undeclared",
		"message": sprintf("%s is not declared; permitted are %s", [fact, concat(", ", chosen[fact])]),
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
	some rules in scopes
	permitted := countries[rules.controller]
	some candidate in input.candidates
	not candidate.controller in permitted
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.controller",
		"message": sprintf("controller in %s; permitted are %s", [candidate.controller, concat(", ", rules.controller)]),
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
	some rules in scopes
	some candidate in input.candidates
	not candidate.training in rules.training
	rejection := {
		"destination": candidate.id,
		"id": "douane.residency.training",
		"message": sprintf("training is declared as %s; permitted are %s", [candidate.training, concat(", ", rules.training)]),
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
	some rules in scopes
	limit := rules.max_retention_days
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
	some rules in scopes
	since := rules.verified_since
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
	not is_configured
	violation := {
		"id": "douane.residency.unconfigured",
		"kind": "operations",
		"severity": "critical",
		"message": "`residency` permits no country for inference, storage or controller; name countries or groups of `jurisdictions`",
		"refs": ["GDPR Art. 44"],
	}
}

is_configured if {
	permitted := countries
	every rules in scopes {
		permitted[rules.inference] != set()
		permitted[rules.storage] != set()
		permitted[rules.controller] != set()
	}
}
