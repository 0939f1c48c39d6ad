# METADATA
# title: Settings
# description: What is wrong with the settings of the packs. Asked once, when policies are loaded; a misspelt setting would protect nobody.
package douane.settings

given contains ["catalogue", data.catalogue]

given contains ["content", data.content]

given contains ["enforcement", data.enforcement]

given contains ["jurisdictions", data.jurisdictions]

given contains ["lifecycle", data.lifecycle]

given contains ["models", data.models]

given contains ["ops", data.ops]

given contains ["owasp_llm", data.owasp_llm]

given contains ["pci", data.pci]

given contains ["personal_data", data.personal_data]

given contains ["residency", data.residency]

given contains ["secrets", data.secrets]

given contains ["types", data.types]

of := {pack: settings | some [pack, settings] in given; is_object(settings)}

# Every setting and what it must be: flag, list (of texts), map, number (whole, not negative), text, or one of some words.
kinds := {
	"catalogue": {"as_of": "text", "source": "text", "licences": "map", "models": "map"},
	"content": {"topics": "map", "languages": "map"},
	"enforcement": {"default": modes, "packs": "map", "apps": "map"},
	"jurisdictions": {"as_of": "text", "source": "text", "countries": "list", "groups": "map", "adequacy": "map"},
	"lifecycle": {
		"aliases": concerns,
		"alias_endings": "list",
		"unknown": concerns,
		"previews": concerns,
		"end_of_life": concerns,
		"end_of_life_days": "number",
		"research_purposes": "list",
		"licensed": "list",
		"pinned": "flag",
	},
	"models": {"default": "list", "apps": "map"},
	"ops": {
		"panic": "flag",
		"panic_for": "map",
		"accept_opaque": "list",
		"accept_egress": "list",
		"deny_unknown": "flag",
		"apps": "map",
		"required_detectors": "list",
		"tolerated_detectors": "list",
		"hold": "map",
	},
	"owasp_llm": {
		"tools": "map",
		"after_tool_text": "map",
		"secret_in_system_prompt": concerns,
		"caps": "map",
		"output_tokens_member": {"max_tokens", "max_completion_tokens"},
		"content": "map",
	},
	"pci": {"apps": "list", "request": {"redact", "deny"}, "answer": {"redact", "redact_unknown"}},
	"personal_data": {
		"default_action": actions,
		"actions": "map",
		"styles": "map",
		"in_schemas": {"deny", "label", "realistic", "realistic_valid"},
		"article_9": (actions | {"default"}),
		"article_10": (actions | {"default"}),
		"labels": "map",
		"no_purpose": concerns,
		"transfer_bases": "list",
		"redact_unknown_in_output": "flag",
		"left_in_output": "list",
		"withhold_from": "map",
	},
	"residency": {"default": "map", "tenants": "map", "purposes": "map", "apps": "map", "labels": "map"},
	"secrets": {"deny": "flag", "actions": "map"},
	"types": {"personal": "map", "secret": "map", "content": "map"},
}

modes := {"enforce", "observe"}

concerns := {"allow", "note", "refuse"}

actions := {"pseudonymise", "redact", "leave", "deny"}

problems contains sprintf("%s.%s is no setting; those there are: %s", [pack, key, listed(object.keys(known))]) if {
	some pack, settings in of
	known := kinds[pack]
	some key, _ in settings
	not known[key]
}

problems contains sprintf("the settings of %s are missing, or are no mapping; the pack comes with some", [pack]) if {
	some pack, _ in kinds
	not of[pack]
}

problems contains sprintf("%s.%s is missing; give it a value of %s/data.yaml", [pack, key, pack]) if {
	some pack, settings in of
	some key, _ in kinds[pack]
	not key in object.keys(settings)
}

problems contains sprintf("%s.%s is %v; possible are: %s", [pack, key, value, listed(kind)]) if {
	some pack, settings in of
	some key, value in settings
	kind := kinds[pack][key]
	is_set(kind)
	not value in kind
}

problems contains sprintf("%s.%s must be %s", [pack, key, asked]) if {
	some pack, settings in of
	some key, value in settings
	kind := kinds[pack][key]
	is_string(kind)
	asked := wanted[kind]
	not is_of(kind, value)
}

wanted := {
	"flag": "true or false",
	"list": "a list of texts",
	"map": "a mapping",
	"number": "a whole number",
	"text": "a text",
}

is_of("flag", value) if is_boolean(value)

is_of("list", value) if is_texts(value)

is_of("map", value) if is_object(value)

is_of("number", value) if is_count(value)

is_of("text", value) if is_string(value)

is_texts(value) if {
	is_array(value)
	every item in value {
		is_string(item)
	}
}

is_count(value) if {
	is_number(value)
	value >= 0
	floor(value) == value
}

listed(words) := concat(", ", sort(words))

# For what comes inside: nothing where the setting is none of that kind, which is a problem said above.
map_of(pack, key) := value if {
	value := of[pack][key]
	is_object(value)
} else := {}

as_map(value) := value if {
	is_object(value)
} else := {}

as_list(value) := value if {
	is_array(value)
} else := []

# A day that the calendar has, such as 2026-01-31, in years that nanoseconds can count.
is_day(value) if {
	is_string(value)
	regex.match("^(19|20|21)[0-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", value)
	first := time.parse_rfc3339_ns(sprintf("%s-01T00:00:00Z", [substring(value, 0, 7)]))
	day := to_number(trim_left(substring(value, 8, 2), "0"))
	time.date(time.add_date(first, 0, 0, day - 1))[1] == to_number(trim_left(substring(value, 5, 2), "0"))
}

# What a key of a map inside a pack's settings may be; for maps whose keys are not the operator's own.
problems contains sprintf("%s has %s, which it cannot have; possible are: %s", [map.at, key, listed(map.keys)]) if {
	some map in closed
	some key, _ in as_map(map.value)
	not key in map.keys
}

# And what every value of it must be one of.
problems contains sprintf("%s.%s is %v; possible are: %s", [map.at, key, value, listed(map.values)]) if {
	some map in closed
	some key, value in as_map(map.value)
	key in map.keys
	values := map.values
	not value in values
}

problems contains sprintf("%s holds %v; possible are: %s", [list.at, value, listed(list.values)]) if {
	some list in chosen_from
	some value in as_list(list.value)
	not value in list.values
}

problems contains sprintf("%s must be a list of texts", [list.at]) if {
	some list in texts
	not is_texts(list.value)
}

# What reads a part of such a map finds nothing where it is none, so that the rules would see no setting at all.
problems contains sprintf("%s must be a mapping, such as %s", [mapping.at, mapping.example]) if {
	some mapping in mappings
	value := mapping.value
	not is_object(value)
}

# The packs, in their order

# Catalogue

closed contains {"at": sprintf("catalogue.licences.%s", [name]), "value": licence, "keys": {"use"}, "values": {"any", "research", "conditional"}} if {
	some name, licence in map_of("catalogue", "licences")
}

mappings contains {"at": sprintf("catalogue.licences.%s", [name]), "value": licence, "example": "{ use: research }"} if {
	some name, licence in map_of("catalogue", "licences")
}

mappings contains {"at": sprintf("catalogue.models.%s", [model]), "value": entry, "example": "{ vendor: Acme }"} if {
	some model, entry in map_of("catalogue", "models")
}

facts_of_models := {"vendor", "name", "licence", "status", "retires", "replacement", "alias_of"}

problems contains sprintf("catalogue.models.%s.%s is no fact; those there are: %s", [model, key, listed(facts_of_models)]) if {
	some model, entry in map_of("catalogue", "models")
	some key, _ in as_map(entry)
	not key in facts_of_models
}

problems contains sprintf("catalogue.models.%s needs a vendor, by the name that `destinations[].operator` has", [model]) if {
	some model, entry in map_of("catalogue", "models")
	is_object(entry)
	not is_string(object.get(entry, "vendor", null))
}

problems contains sprintf("catalogue.models.%s.status is %v; possible are: %s", [model, status, listed(states)]) if {
	some model, entry in map_of("catalogue", "models")
	status := as_map(entry).status
	not status in states
}

states := {"available", "preview", "deprecated", "retired"}

problems contains sprintf("catalogue.models.%s.licence is %v, which `catalogue.licences` does not have", [model, licence]) if {
	some model, entry in map_of("catalogue", "models")
	licence := as_map(entry).licence
	not licence in object.keys(map_of("catalogue", "licences"))
}

problems contains sprintf("catalogue.models.%s.retires must be a day such as \"2026-01-31\"", [model]) if {
	some model, entry in map_of("catalogue", "models")
	some "retires", day in as_map(entry)
	not is_day(day)
}

# Enforcement

closed contains {"at": "enforcement.packs", "value": map_of("enforcement", "packs"), "keys": data.douane.main.observable, "values": modes}

closed contains {"at": sprintf("enforcement.apps.%s", [app]), "value": packs, "keys": data.douane.main.observable, "values": modes} if {
	some app, packs in map_of("enforcement", "apps")
}

mappings contains {"at": sprintf("enforcement.apps.%s", [app]), "value": packs, "example": "{ pci: observe }"} if {
	some app, packs in map_of("enforcement", "apps")
}

# Jurisdictions

countries := {name | some name in as_list(of.jurisdictions.countries)}

problems contains "jurisdictions.countries must name countries by two letters, such as FR" if {
	names := of.jurisdictions.countries
	not are_countries(names)
}

are_countries(names) if {
	is_texts(names)
	count(names) > 0
	every name in names {
		regex.match("^[A-Z][A-Z]$", name)
	}
}

texts contains {"at": sprintf("jurisdictions.groups.%s", [group]), "value": names} if {
	some group, names in map_of("jurisdictions", "groups")
}

problems contains sprintf("jurisdictions.groups.%s holds %v, which is no country of `jurisdictions.countries` (FR)", [group, name]) if {
	count(countries) > 0
	some group, names in map_of("jurisdictions", "groups")
	some name in as_list(names)
	not name in countries
}

# It would be read in the place of the country.
problems contains sprintf("jurisdictions.groups.%s has the name of a country; give the group another", [group]) if {
	some group, _ in map_of("jurisdictions", "groups")
	group in countries
}

# Models

texts contains {"at": sprintf("models.apps.%s", [app]), "value": models} if some app, models in map_of("models", "apps")

# Operations

opaque := {"image", "audio", "file", "state", "unknown"}

egress := {"web_search", "remote_url", "mcp", "unknown"}

texts contains {"at": sprintf("ops.panic_for.%s", [kind]), "value": names} if some kind, names in map_of("ops", "panic_for")

problems contains sprintf("ops.panic_for.%s is no such switch; possible are: %s", [kind, listed(switches)]) if {
	some kind, _ in map_of("ops", "panic_for")
	not kind in switches
}

switches := {"operators", "models", "destinations"}

parts_of_hold := {"milliseconds", "then"}

problems contains sprintf("ops.hold.%s is no setting, or has a wrong value", [part]) if {
	some part, value in map_of("ops", "hold")
	not is_of_hold(part, value)
}

problems contains sprintf("ops.hold.%s is missing", [part]) if {
	of.ops
	some part in parts_of_hold
	not part in object.keys(map_of("ops", "hold"))
}

is_of_hold("milliseconds", value) if is_of("number", value)

is_of_hold("then", value) if value in {"deny", "redact", "pass"}

chosen_from contains {"at": "ops.accept_opaque", "value": of.ops.accept_opaque, "values": opaque}

chosen_from contains {"at": "ops.accept_egress", "value": of.ops.accept_egress, "values": egress}

chosen_from contains {"at": sprintf("ops.apps.%s.accept_opaque", [app]), "value": value, "values": opaque} if {
	some app, settings in map_of("ops", "apps")
	value := as_map(settings).accept_opaque
}

chosen_from contains {"at": sprintf("ops.apps.%s.accept_egress", [app]), "value": value, "values": egress} if {
	some app, settings in map_of("ops", "apps")
	value := as_map(settings).accept_egress
}

mappings contains {"at": sprintf("ops.apps.%s", [app]), "value": settings, "example": "{ accept_opaque: [image] }"} if {
	some app, settings in map_of("ops", "apps")
}

texts contains {"at": sprintf("ops.apps.%s.%s", [app, key]), "value": value} if {
	some app, settings in map_of("ops", "apps")
	some key, value in as_map(settings)
	key in {"accept_opaque", "accept_egress"}
}

problems contains sprintf("ops.apps.%s.%s is no setting of an app, or has a wrong value", [app, key]) if {
	some app, settings in map_of("ops", "apps")
	some key, value in as_map(settings)
	not is_of_app(key, value)
}

is_of_app(key, _) if key in {"accept_opaque", "accept_egress"}

is_of_app("deny_unknown", value) if is_boolean(value)

# Personal data and secrets

closed contains {"at": "personal_data.actions", "value": map_of("personal_data", "actions"), "keys": types, "values": actions} if {
	types := types_of("personal")
}

# The style of a type that is left or denied would never act; that of another action would be a label.
problems contains sprintf("personal_data.styles.%s is %v, which is no style for what is done with it; possible are: %s", [type, style, possible]) if {
	some type, style in map_of("personal_data", "styles")
	type in types_of("personal")
	styles := object.get(styles_of, action_of(type), {"label"})
	not style in styles
	possible := listed(styles)
}

problems contains sprintf("personal_data.styles.%s is no type of personal data", [type]) if {
	types := types_of("personal")
	some type, _ in map_of("personal_data", "styles")
	not type in types
}

styles_of := {
	"pseudonymise": {"label", "realistic", "realistic_valid"},
	"redact": {"label", "generalise", "hash", "mask"},
}

action_of(type) := map_of("personal_data", "actions")[type]

action_of(type) := action if {
	not type in object.keys(map_of("personal_data", "actions"))
	article := sprintf("article_%v", [object.get(map_of("types", "personal"), [type, "article"], "")])
	action := by_article(object.get(of.personal_data, article, "default"))
}

by_article(action) := action if action != "default"

by_article("default") := of.personal_data.default_action

problems contains sprintf("personal_data.withhold_from.%s must be a list of texts; its parts are apps, groups", [part]) if {
	some part, value in map_of("personal_data", "withhold_from")
	not is_of_withheld(part, value)
}

is_of_withheld(part, value) if {
	part in {"apps", "groups"}
	is_texts(value)
}

problems contains sprintf("personal_data.labels.%s is %v; possible are: deny, redact", [label, action]) if {
	some label, action in map_of("personal_data", "labels")
	not action in {"redact", "deny"}
}

chosen_from contains {"at": "personal_data.left_in_output", "value": of.personal_data.left_in_output, "values": types} if {
	types := types_of("personal")
}

chosen_from contains {
	"at": "personal_data.transfer_bases",
	"value": of.personal_data.transfer_bases,
	"values": {"scc", "bcr", "dpf", "derogation"},
}

closed contains {"at": "secrets.actions", "value": map_of("secrets", "actions"), "keys": types, "values": {"deny", "redact"}} if {
	types := types_of("secret")
}

# Content

parts_of_content := {
	"topics": {"default", "apps", "others"},
	"languages": {"default", "apps", "unpermitted"},
}

problems contains sprintf("content.%s.%s is no setting, or has a wrong value", [key, part]) if {
	some key, _ in parts_of_content
	some part, value in map_of("content", key)
	not is_of_content(key, part, value)
}

problems contains sprintf("content.%s.%s is missing", [key, part]) if {
	some key, parts in parts_of_content
	map_of("content", key) != {}
	some part in parts
	not part in object.keys(map_of("content", key))
}

is_of_content("topics", "default", value) if is_object(value)

is_of_content(_, "apps", value) if is_object(value)

is_of_content("topics", "others", value) if value in concerns

is_of_content("languages", "default", value) if is_texts(value)

is_of_content("languages", "unpermitted", value) if value in {"refuse", "note"}

texts contains {"at": sprintf("content.languages.apps.%s", [app]), "value": languages} if {
	some app, languages in as_map(map_of("content", "languages").apps)
}

topics_at["content.topics.default"] := topics if topics := map_of("content", "topics")["default"]

topics_at[sprintf("content.topics.apps.%s", [app])] := topics if some app, topics in as_map(map_of("content", "topics").apps)

mappings contains {"at": at, "value": topics, "example": "{ gambling: refuse }"} if some at, topics in topics_at

problems contains sprintf("%s.%s is %v; possible are: %s", [at, topic, action, listed(concerns)]) if {
	some at, topics in topics_at
	some topic, action in as_map(topics)
	not action in concerns
}

# OWASP

problems contains sprintf("owasp_llm.%s.%s is no setting, or has a wrong value", [key, part]) if {
	some key in {"tools", "after_tool_text"}
	some part, value in map_of("owasp_llm", key)
	not is_of_tools(key, part, value)
}

problems contains sprintf("owasp_llm.%s.%s is missing", [key, part]) if {
	some key in {"tools", "after_tool_text"}
	map_of("owasp_llm", key) != {}
	some part in {"default", "apps", "declared"}
	not part in object.keys(map_of("owasp_llm", key))
}

is_of_tools(_, "default", value) if is_texts(value)

is_of_tools(_, "apps", value) if is_object(value)

is_of_tools("tools", "declared", value) if value in {"refuse", "drop"}

is_of_tools("after_tool_text", "declared", value) if value in {"allow", "note", "refuse", "drop"}

texts contains {"at": sprintf("owasp_llm.%s.apps.%s", [key, app]), "value": tools} if {
	some key in {"tools", "after_tool_text"}
	some app, tools in as_map(map_of("owasp_llm", key).apps)
}

problems contains sprintf("owasp_llm.caps.%s is missing; give it a mapping of caps, {} for none", [part]) if {
	parts := of.owasp_llm.caps
	is_object(parts)
	some part in {"default", "apps"}
	not part in object.keys(parts)
}

mappings contains {"at": "owasp_llm.caps.apps", "value": apps, "example": "{ helpdesk: { output_tokens: 2000 } }"} if {
	some "apps", apps in map_of("owasp_llm", "caps")
}

mappings contains {"at": cap.at, "value": cap.value, "example": "{ output_tokens: 2000 }"} if some cap in caps

caps contains {"at": "owasp_llm.caps.default", "value": map_of("owasp_llm", "caps")["default"]}

caps contains {"at": sprintf("owasp_llm.caps.apps.%s", [app]), "value": value} if some app, value in as_map(map_of("owasp_llm", "caps").apps)

problems contains sprintf("owasp_llm.caps.%s is no setting; those there are: apps, default", [key]) if {
	some key, _ in map_of("owasp_llm", "caps")
	not key in {"default", "apps"}
}

problems contains sprintf("%s.%s is no cap; those there are: %s", [cap.at, name, listed(capped)]) if {
	some cap in caps
	some name, _ in as_map(cap.value)
	not name in capped
}

problems contains sprintf("%s.%s must be a whole number above 0", [cap.at, name]) if {
	some cap in caps
	some name, limit in as_map(cap.value)
	not is_cap(limit)
}

capped := {"characters", "segments", "tools", "choices", "output_tokens"}

is_cap(limit) if {
	is_count(limit)
	limit > 0
}

mappings contains {"at": sprintf("owasp_llm.content.%s", [leg]), "value": value, "example": "{ SCRIPT: note }"} if {
	some leg, value in map_of("owasp_llm", "content")
}

closed contains {
	"at": sprintf("owasp_llm.content.%s", [leg]),
	"value": as_map(object.get(map_of("owasp_llm", "content"), leg, {})),
	"keys": types,
	"values": (concerns | {"redact"}),
} if {
	types := types_of("content")
	some leg in {"request", "response"}
}

problems contains sprintf("owasp_llm.content.%s.%s is missing, and is refused so", [leg, type]) if {
	some leg in {"request", "response"}
	content := map_of("owasp_llm", "content")
	content != {}
	actions_of_leg := object.get(content, leg, {})
	is_object(actions_of_leg)
	some type, _ in map_of("types", "content")
	not type in object.keys(actions_of_leg)
}

problems contains sprintf("owasp_llm.content.%s is no leg; those there are: request, response", [leg]) if {
	some leg, _ in map_of("owasp_llm", "content")
	not leg in {"request", "response"}
}

# Residency

residency_keys := {"inference", "storage", "controller", "training", "max_retention_days", "verified_since"}

trainings := {"never", "opt_out", "opt_in", "forced", "unknown"}

scopes contains {"name": "default", "rules": map_of("residency", "default")}

scopes contains {"name": sprintf("%s.%s", [kind, name]), "rules": as_map(rules)} if {
	some kind in {"tenants", "purposes", "apps", "labels"}
	some name, rules in map_of("residency", kind)
}

mappings contains {"at": sprintf("residency.%s.%s", [kind, name]), "value": rules, "example": "{ inference: [FR] }"} if {
	some kind in {"tenants", "purposes", "apps", "labels"}
	some name, rules in map_of("residency", kind)
}

problems contains sprintf("residency.%s.%s is no setting; those there are: %s", [scope.name, key, listed(residency_keys)]) if {
	some scope in scopes
	some key, _ in scope.rules
	not key in residency_keys
}

texts contains {"at": sprintf("residency.%s.%s", [scope.name, key]), "value": value} if {
	some scope in scopes
	some key, value in scope.rules
	key in {"inference", "storage", "controller", "training"}
}

problems contains sprintf("residency.%s.%s holds %v, which is no country (FR) and no group of `jurisdictions`", [scope.name, key, name]) if {
	count(countries) > 0
	some scope in scopes
	some key in {"inference", "storage", "controller"}
	some name in as_list(scope.rules[key])
	not is_place(name)
}

is_place(name) if name in countries

is_place(name) if name in object.keys(map_of("jurisdictions", "groups"))

chosen_from contains {"at": sprintf("residency.%s.training", [scope.name]), "value": value, "values": trainings} if {
	some scope in scopes
	value := scope.rules.training
}

problems contains sprintf("residency.%s.max_retention_days must be a number of days, or null", [scope.name]) if {
	some scope in scopes
	value := scope.rules.max_retention_days
	value != null
	not is_count(value)
}

problems contains sprintf("residency.%s.verified_since must be a day such as \"2026-01-31\", or null", [scope.name]) if {
	some scope in scopes
	value := scope.rules.verified_since
	value != null
	not is_day(value)
}

# Types

# Undefined where there are none to choose from, which is a problem said above.
types_of(class) := types if {
	known := of.types[class]
	is_object(known)
	types := object.keys(known)
}

facts_of_types := {
	"personal": {"notion", "article", "shipped"},
	"secret": {"notion", "shipped"},
	"content": {"risk", "shipped"},
}

mappings contains {"at": sprintf("types.%s.%s", [class, type]), "value": about, "example": example} if {
	some class, example in {"personal": "{ notion: contact }", "secret": "{ notion: credential }", "content": "{ risk: LLM01 }"}
	some type, about in map_of("types", class)
}

problems contains sprintf("types.%s.%s.%s is no fact; those there are: %s", [class, type, key, listed(facts)]) if {
	some class, facts in facts_of_types
	some type, about in map_of("types", class)
	some key, _ in as_map(about)
	not key in facts
}

problems contains sprintf("types.%s.%s is no name of a type; write capitals, digits and _, such as STAFF_NUMBER", [class, type]) if {
	some class, _ in facts_of_types
	some type, _ in map_of("types", class)
	not regex.match("^[A-Z][A-Z0-9_]*$", type)
}

problems contains sprintf("types.personal.%s.article is %v; write 9, 10 or null, as a number", [type, article]) if {
	some type, about in map_of("types", "personal")
	some "article", article in as_map(about)
	not article in {null, 9, 10}
}

problems contains sprintf("types has %s in several classes (%s); leave it in one", [type, listed(classes)]) if {
	some class, _ in facts_of_types
	some type, _ in map_of("types", class)
	classes := {other | some other, _ in facts_of_types; type in object.keys(map_of("types", other))}
	count(classes) > 1
}
