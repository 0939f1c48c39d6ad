package douane.pack

import data.douane["side-ways"].names as elsewhere

# METADATA
# title: Too many
# description: More than the settings say.
# custom: { id: douane.pack.many, severity: high }
# related_resources:
# - ref: https://example.org/many
#   description: A page
violations contains {"id": "douane.pack.many"} if {
	input.leg == "request"
	found != set()
	count(found) > data.limits.most
}

# METADATA
# custom: { id: douane.pack.twice, severity: low }
violations contains violation if {
	input.twice == 1
	violation := {"id": "douane.pack.twice", "message": "one"}
}

# METADATA
# custom: { id: douane.pack.twice, severity: low }
violations contains violation if {
	input.twice == 2
	violation := {"id": "douane.pack.twice", "message": "two"}
}

# METADATA
# custom: { id: douane.pack.obliged, severity: info }
obligations contains {"kind": "redact", "rule": "douane.pack.obliged"} if input.obliged

# METADATA
# custom: { id: douane.pack.unasked, severity: low }
forgotten contains {"id": "douane.pack.unasked"}

# METADATA
# custom: { id: douane.pack.silent, severity: low }
violations contains {"id": "another"} if input.silent

# METADATA
# custom: { id: douane.pack.nobody, severity: low }
violations contains {"id": "douane.pack.nobody"} if {
	some country in input.countries
	not is_permitted(country, found)
}

is_permitted(country, names) if {
	country in data.limits.countries
	"a" in names
}

is_permitted("XX", _) := true

# METADATA
# custom: { id: douane.pack.deep, severity: low }
violations contains {"id": "douane.pack.deep"} if {
	is_ready
}

is_ready if {
	input.leg == "request"
	is_set_up
}

is_set_up if {
	every name, value in input.settings {
		value > 0
		name != "b"
	}
}

# METADATA
# custom: { id: douane.pack.valued, severity: low }
violations contains {"id": "douane.pack.valued"} if {
	count(chosen({1, 2})) > 2
}

chosen(numbers) := wanted if {
	wanted := {number | some number in numbers; number > input.least}
}

# METADATA
# custom: { id: douane.pack.later, severity: low }
violations contains {"id": "douane.pack.later"} if {
	1 < least
	[least] = [input.least]
	least > 5
}

# METADATA
# custom: { id: douane.pack.goes_through, severity: low }
violations contains {"id": "douane.pack.goes_through"} if {
	input.candidates[_].country == "FR"
}

# METADATA
# custom: { id: douane.pack.headless, severity: low }
violations contains {"id": "douane.pack.headless", "message": input.nothing} if {
	input.leg == "request"
}

# METADATA
# custom: { id: douane.pack.modified, severity: low }
violations contains {"id": "douane.pack.modified"} if {
	is_ready with input.leg as "response"
}

# METADATA
# custom: { id: douane.pack.elsewhere, severity: low }
violations contains {"id": "douane.pack.elsewhere"} if {
	elsewhere[input.name] == true
}

# METADATA
# custom: { id: douane.pack.else, severity: low }
violations contains {"id": "douane.pack.else"} if {
	grade == "bad"
}

grade := "good" if {
	input.least == 1
} else := "fair" if {
	input.least == 2
} else := "bad"

found := {name | some name, _ in input.counts; not name in data.limits.ignored}
