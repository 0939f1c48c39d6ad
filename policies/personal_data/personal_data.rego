# METADATA
# title: Personal data
# description: Pseudonymised towards every destination and restored for the caller; what a model says about others is redacted.
# schemas:
# - input: schema["input.schema"]
package douane.personal_data

settings := data.personal_data

known := data.types.personal

types := object.keys(known)

found := object.keys(input.counts) & types

# The action of each type that the settings name, itself or by its article; every other type has the default.
by_type := chosen if {
	settings.article_9 == "default"
	settings.article_10 == "default"
	chosen := settings.actions
} else := chosen if {
	is_object(settings.actions)
	chosen := object.union(by_article("article_9", 9), object.union(by_article("article_10", 10), settings.actions))
}

by_article(setting, article) := {type: settings[setting] |
	settings[setting] != "default"
	some type, about in known
	about.article == article
}

# What was found, of the types that have an action of their own, and the rest, which has the default.
apart := {type: action | some type, action in by_type; type in found}

rest := found - object.keys(by_type)

found_for(wanted) := chosen if {
	settings.default_action == wanted
	chosen := {type | some type, action in apart; action == wanted} | rest
} else := {type | some type, action in apart; action == wanted}

# Whatever is no other action.
denied := chosen if {
	not defaults_to_transforming
	chosen := {type | some type, action in apart; not action in transforming} | rest
} else := {type | some type, action in apart; not action in transforming}

transforming := {"pseudonymise", "redact", "leave"}

defaults_to_transforming if settings.default_action in transforming

# Whatever else `article` says, or does not say, a type that is denied is denied.
denied_by_article := {type | some article in {9, 10}; some type in denied_under(article)}

denied_under(article) := sort({type | some type in denied; known[type].article == article})

# Of all types, found or not.
types_for(wanted) := chosen if {
	settings.default_action == wanted
	chosen := named(wanted) | (types - object.keys(by_type))
} else := named(wanted)

named(wanted) := {type | some type, action in by_type; action == wanted; type in types}

realistic := {"realistic", "realistic_valid"}

partial := {"generalise", "hash", "mask"}

# Whatever is no style of the action is a label: no type is left out because of a word that fits another action.
labelled(chosen, others) := {type | some type in chosen; not object.get(styles, type, "label") in others}

styled(chosen, style) := {type | some type in chosen; styles[type] == style}

# Where a schema holds strings to a form, and nothing is said of a type itself, it is replaced as the settings say for schemas.
styles := chosen if {
	input.exchange.constraints
	settings.in_schemas in realistic
	chosen := object.union({type: settings.in_schemas | some type in shaped}, object.get(settings, "styles", {}))
} else := object.get(settings, "styles", {})

# Types that would have to stand where the schema asks for a form that no label has.
shaped := {type | some constraint in input.exchange.constraints; some type in held_to(constraint)}

held_to(constraint) := types if constraint.kind in {"length", "pattern"}

held_to(constraint) := object.get(formats, constraint.format, types) if constraint.kind == "format"

# Any other format may be one of any type. What a list allows stands in the schema itself, and is replaced there as in the text.
formats := {
	"date": set(),
	"date-time": set(),
	"duration": set(),
	"email": {"EMAIL_ADDRESS"},
	"hostname": set(),
	"idn-email": {"EMAIL_ADDRESS"},
	"idn-hostname": set(),
	"ipv4": {"IP_ADDRESS"},
	"ipv6": {"IP_ADDRESS"},
	"regex": set(),
	"time": set(),
	"uri": set(),
	"uuid": set(),
}

violations contains violation if {
	input.leg == "request"
	found != set()
	denied != set()
	some violation in denials
}

# METADATA
# title: Personal data is pseudonymised
# description: Every finding of these types is replaced by a surrogate before it leaves.
# custom:
#   id: douane.personal_data.pseudonymise
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
obligations contains obligation if {
	input.leg == "request"
	found != set()
	chosen := sort(labelled(found_for("pseudonymise"), realistic))
	chosen != []
	obligation := {"kind": "pseudonymise", "types": chosen, "rule": "douane.personal_data.pseudonymise"}
}

# METADATA
# title: Personal data is replaced by what looks like it
# description: Every finding of these types is replaced by a realistic surrogate before it leaves.
# custom:
#   id: douane.personal_data.realistic
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
obligations contains obligation if {
	styles != {}
	input.leg == "request"
	found != set()
	some style in realistic
	chosen := sort(styled(found_for("pseudonymise"), style))
	chosen != []
	obligation := {"kind": "pseudonymise", "types": chosen, "style": style, "rule": "douane.personal_data.realistic"}
}

# METADATA
# title: No label where a schema asks for a form
# description: A JSON schema of the request holds strings to a form that the label of these types would not have, and the settings refuse that.
# custom:
#   id: douane.personal_data.in_schemas
#   severity: medium
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
violations contains violation if {
	input.exchange.constraints
	input.leg == "request"
	settings.in_schemas == "deny"
	found != set()
	chosen := sort((labelled(found_for("pseudonymise"), realistic) & shaped) - unasked)
	chosen != []
	violation := {
		"id": "douane.personal_data.in_schemas",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("a JSON schema of the request asks for a form that no label of %s has; an operator can give it a realistic one under `personal_data.styles`", [concat(", ", chosen)]),
		"refs": ["GDPR Art. 25"],
	}
}

# Types of which the settings say themselves that a label is wanted.
unasked := {type | some type, _ in settings.styles}

# METADATA
# title: Personal data is removed
# description: Every finding of these types is removed for good before it leaves.
# custom:
#   id: douane.personal_data.redact
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
obligations contains obligation if {
	input.leg == "request"
	found != set()
	chosen := sort(labelled(found_for("redact"), partial))
	chosen != []
	obligation := {"kind": "redact", "types": chosen, "rule": "douane.personal_data.redact", "unknown_only": false}
}

# METADATA
# title: Personal data is masked, hashed or generalised
# description: Of every finding of these types only a part, a keyed hash or its class leaves.
# custom:
#   id: douane.personal_data.partial
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
obligations contains obligation if {
	settings.styles != {}
	input.leg == "request"
	found != set()
	some style in partial
	chosen := sort(styled(found_for("redact"), style))
	chosen != []
	obligation := {"kind": "redact", "types": chosen, "style": style, "rule": "douane.personal_data.partial", "unknown_only": false}
}

# METADATA
# title: The caller gets its own data back
# description: Surrogates in the answer are replaced by what the caller had sent. Asked for without findings too, since surrogates are none.
# custom:
#   id: douane.personal_data.restore
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
obligations contains obligation if {
	input.leg == "response"
	not is_withheld
	chosen := types_for("pseudonymise")
	chosen != set()
	obligation := {"kind": "restore", "types": sort(chosen), "rule": "douane.personal_data.restore"}
}

is_withheld if input.principal.app in settings.withhold_from.apps

is_withheld if {
	some group in input.principal.groups
	group in settings.withhold_from.groups
}

# METADATA
# title: Personal data that the caller did not send is redacted
# description: A model that remembers or invents data about people does not hand it on.
# custom:
#   id: douane.personal_data.unknown_in_output
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/
obligations contains obligation if {
	input.leg == "response"
	not settings.redact_unknown_in_output == false
	chosen := (types - types_for("leave")) - {type | some type in settings.left_in_output}
	chosen != set()
	obligation := {
		"kind": "redact",
		"types": sort(chosen),
		"rule": "douane.personal_data.unknown_in_output",
		"unknown_only": true,
	}
}

# METADATA
# title: Personal data of a labelled exchange is removed
# description: Where the caller's label asks for it, as for the data of children, findings are removed for good before they leave.
# custom:
#   id: douane.personal_data.labelled
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_8/oj
obligations contains obligation if {
	input.labels != []
	input.leg == "request"
	found != set()
	"redact" in actions_of_labels
	obligation := {"kind": "redact", "types": sort(found), "rule": "douane.personal_data.labelled", "unknown_only": false}
}

# METADATA
# title: Personal data may not be sent under this label
# description: The settings refuse exchanges with this label that hold personal data.
# custom:
#   id: douane.personal_data.labelled_denied
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_8/oj
violations contains violation if {
	input.labels != []
	input.leg == "request"
	found != set()
	some action in actions_of_labels
	action != "redact"
	violation := {
		"id": "douane.personal_data.labelled_denied",
		"kind": "content",
		"severity": "high",
		"message": sprintf("under this caller's labels the settings refuse personal data (%s)", [concat(", ", sort(found))]),
		"refs": ["GDPR Art. 5(1)(c)", "GDPR Art. 8"],
	}
}

actions_of_labels := {settings.labels[label] | some label in input.labels}

# METADATA
# title: A type that may not be sent at all
# description: The settings refuse exchanges that hold this type.
# custom:
#   id: douane.personal_data.denied_type
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
denials contains violation if {
	chosen := sort(denied - denied_by_article)
	chosen != []
	violation := {
		"id": "douane.personal_data.denied_type",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the settings refuse %s", [concat(", ", chosen)]),
		"refs": ["GDPR Art. 5(1)(c)"],
	}
}

# METADATA
# title: Special categories are refused
# description: Data of GDPR Art. 9 is refused rather than transformed, where the settings say so.
# custom:
#   id: douane.personal_data.special_category
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_9/oj
denials contains violation if {
	chosen := denied_under(9)
	chosen != []
	violation := {
		"id": "douane.personal_data.special_category",
		"kind": "content",
		"severity": "high",
		"message": sprintf("%s belongs to a special category and is refused", [concat(", ", chosen)]),
		"refs": ["GDPR Art. 9"],
	}
}

# METADATA
# title: Criminal convictions and offences are refused
# description: Data of GDPR Art. 10 is refused rather than transformed, where the settings say so.
# custom:
#   id: douane.personal_data.criminal
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_10/oj
denials contains violation if {
	chosen := denied_under(10)
	chosen != []
	violation := {
		"id": "douane.personal_data.criminal",
		"kind": "content",
		"severity": "high",
		"message": sprintf("%s is refused", [concat(", ", chosen)]),
		"refs": ["GDPR Art. 10"],
	}
}

accepts_no_purpose if settings.no_purpose in {"allow", "note"}

# METADATA
# title: Personal data for no purpose
# description: The caller declares no purpose, and the settings refuse personal data without one.
# custom:
#   id: douane.personal_data.no_purpose
#   severity: medium
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
violations contains violation if {
	input.principal.purpose == ""
	input.leg == "request"
	found != set()
	not accepts_no_purpose
	violation := {
		"id": "douane.personal_data.no_purpose",
		"kind": "operations",
		"severity": "medium",
		"message": "personal data is sent by a caller that declares no purpose; an operator declares it under `callers[].purpose`",
		"refs": ["GDPR Art. 5(1)(b)"],
	}
}

# METADATA
# title: Personal data for no declared purpose
# description: Noted for the record; the caller declares no purpose.
# custom:
#   id: douane.personal_data.no_purpose_noted
#   severity: info
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_5/oj
violations contains violation if {
	input.principal.purpose == ""
	input.leg == "request"
	found != set()
	settings.no_purpose == "note"
	violation := {
		"id": "douane.personal_data.no_purpose_noted",
		"kind": "operations",
		"severity": "info",
		"message": "personal data is sent by a caller that declares no purpose",
		"refs": ["GDPR Art. 5(1)(b)"],
	}
}

# What needs no basis: the EEA, and countries with a decision of the Commission without conditions (Art. 45).
eea := data.jurisdictions.groups.EEA

adequate := data.jurisdictions.groups.ADEQUATE

# METADATA
# title: A transfer without a basis
# description: Personal data would reach a country without an adequacy decision, and the destination declares no basis that the settings accept. What is pseudonymised is still personal data.
# custom:
#   id: douane.personal_data.transfer_basis
#   severity: high
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_46/oj
rejections contains rejection if {
	input.leg == "request"
	found != set()
	of_eea := eea
	of_adequate := adequate
	some candidate in input.candidates
	places := array.concat(array.concat(candidate.inference, candidate.storage), [candidate.controller])
	countries := sort({country | some country in places; not country in of_eea; not country in of_adequate})
	countries != []
	basis := object.get(candidate, "transfer_basis", "none")
	not rests_on_a_basis(basis, countries)
	rejection := {
		"destination": candidate.id,
		"id": "douane.personal_data.transfer_basis",
		"message": sprintf("personal data would reach %s on no accepted basis (declared: %s)", [concat(", ", countries), basis]),
	}
}

# The Data Privacy Framework is a decision about certified recipients in the United States. Nothing covers a place that nobody knows.
rests_on_a_basis("dpf", countries) if {
	"dpf" in settings.transfer_bases
	countries == ["US"]
}

rests_on_a_basis(basis, countries) if {
	basis in {"scc", "bcr", "derogation"}
	basis in settings.transfer_bases
	not "UNKNOWN" in countries
}

# METADATA
# title: Types, actions or jurisdictions are missing
# description: Without them no personal data could be told from other findings, and no adequate country from another.
# custom:
#   id: douane.personal_data.unconfigured
#   severity: critical
# related_resources:
# - ref: https://eur-lex.europa.eu/eli/reg/2016/679/art_25/oj
violations contains violation if {
	not is_configured
	violation := {
		"id": "douane.personal_data.unconfigured",
		"kind": "operations",
		"severity": "critical",
		"message": "`types.personal`, `personal_data.actions` or `jurisdictions.groups` is missing; ship all three `data.yaml` with the policies",
		"refs": ["GDPR Art. 25"],
	}
}

is_configured if {
	count(known) > 0
	data.jurisdictions.groups.EEA
	data.jurisdictions.groups.ADEQUATE
	is_object(settings.actions)
}
