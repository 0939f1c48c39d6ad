# METADATA
# title: Settings
# description: What is wrong with the settings of the packs. Asked once, when policies are loaded; a misspelt setting would protect nobody.
package douane.settings

of["models"] := data.models

of["ops"] := data.ops

of["personal_data"] := data.personal_data

of["residency"] := data.residency

of["secrets"] := data.secrets

known := {
	"models": {"default", "apps", "pinned"},
	"ops": {"panic", "accept_opaque", "accept_egress", "deny_unknown"},
	"personal_data": {"default_action", "actions", "deny_special", "redact_unknown_in_output"},
	"residency": {"default", "tenants", "purposes", "apps"},
	"secrets": {"deny"},
}

flags := {
	"models": {"pinned"},
	"ops": {"panic", "deny_unknown"},
	"personal_data": {"deny_special", "redact_unknown_in_output"},
	"secrets": {"deny"},
}

lists := {
	"models": {"default"},
	"ops": {"accept_opaque", "accept_egress"},
}

actions := {"pseudonymise", "redact", "leave", "deny"}

accepted := {
	"accept_opaque": {"image", "audio", "file", "state", "unknown"},
	"accept_egress": {"web_search", "remote_url", "mcp", "unknown"},
}

residency_keys := {"inference", "storage", "controller", "training", "max_retention_days", "verified_since"}

trainings := {"never", "opt_out", "opt_in", "forced", "unknown"}

problems contains sprintf("%s.%s is no setting; those there are: %s", [pack, key, concat(", ", sort(known[pack]))]) if {
	some pack, settings in of
	some key, _ in settings
	not key in known[pack]
}

problems contains sprintf("%s.%s must be true or false", [pack, key]) if {
	some pack, settings in of
	some key, value in settings
	key in flags[pack]
	not is_boolean(value)
}

problems contains sprintf("%s.%s must be a list", [pack, key]) if {
	some pack, settings in of
	some key, value in settings
	key in lists[pack]
	not is_array(value)
}

problems contains sprintf("models.apps.%s must be a list of models", [app]) if {
	some app, models in data.models.apps
	not is_array(models)
}

problems contains sprintf("ops.%s holds %v; possible are: %s", [key, value, concat(", ", sort(values))]) if {
	some key, values in accepted
	some value in data.ops[key]
	not value in values
}

problems contains sprintf("personal_data.actions.%s is no type of types/data.yaml", [type]) if {
	some type, _ in data.personal_data.actions
	not data.types[type]
}

problems contains sprintf("personal_data.actions.%s is %v; possible are: %s", [type, action, concat(", ", sort(actions))]) if {
	some type, action in data.personal_data.actions
	not action in actions
}

problems contains sprintf("personal_data.default_action is %v; possible are: %s", [action, concat(", ", sort(actions))]) if {
	action := data.personal_data.default_action
	not action in actions
}

scopes contains {"name": "default", "rules": data.residency["default"]}

scopes contains {"name": sprintf("%s.%s", [kind, name]), "rules": rules} if {
	some kind in {"tenants", "purposes", "apps"}
	some name, rules in data.residency[kind]
}

problems contains sprintf("residency.%s.%s is no setting; those there are: %s", [scope.name, key, concat(", ", sort(residency_keys))]) if {
	some scope in scopes
	some key, _ in scope.rules
	not key in residency_keys
}

problems contains sprintf("residency.%s.%s must be a list", [scope.name, key]) if {
	some scope in scopes
	some key, value in scope.rules
	key in {"inference", "storage", "controller", "training"}
	not is_array(value)
}

problems contains sprintf("residency.%s.%s holds %v, which is no country (FR) and no group of jurisdictions", [scope.name, key, name]) if {
	some scope in scopes
	some key in {"inference", "storage", "controller"}
	some name in scope.rules[key]
	not is_place(name)
}

is_place(name) if regex.match("^[A-Z][A-Z]$", name)

is_place(name) if data.jurisdictions.groups[name]

problems contains sprintf("residency.%s.training holds %v; possible are: %s", [scope.name, value, concat(", ", sort(trainings))]) if {
	some scope in scopes
	some value in scope.rules.training
	not value in trainings
}

problems contains sprintf("residency.%s.max_retention_days must be a number of days, or null", [scope.name]) if {
	some scope in scopes
	value := scope.rules.max_retention_days
	value != null
	not is_number(value)
}

problems contains sprintf("residency.%s.verified_since must be a day such as \"2026-01-31\", or null", [scope.name]) if {
	some scope in scopes
	value := scope.rules.verified_since
	value != null
	not is_day(value)
}

is_day(value) if {
	is_string(value)
	regex.match("^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$", value)
}
