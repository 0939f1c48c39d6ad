package douane.lifecycle_test

import data.douane.lifecycle

# A catalogue of the tests' own, so that no day of the shipped one changes what they say.
models := {
	"chat-1": {"vendor": "Acme", "status": "available", "licence": "Apache-2.0"},
	"chat-0": {"vendor": "Acme", "status": "retired", "replacement": "chat-1"},
	"chat-9": {"vendor": "Acme", "status": "deprecated", "retires": "2026-12-31", "replacement": "chat-10"},
	"chat-10": {"vendor": "Acme", "status": "preview"},
	"labs-chat": {"vendor": "Acme", "status": "available"},
	"chat": {"vendor": "Acme", "status": "available", "alias_of": "chat-1"},
	"known-latest": {"vendor": "Acme", "status": "available"},
	"study-1": {"vendor": "Acme", "status": "available", "licence": "MRL"},
	"house-1": {"vendor": "Acme", "status": "available", "licence": "Modified-MIT"},
	"odd-1": {"vendor": "Acme", "status": "available", "licence": "Nobody-Knows"},
}

asks(model) := served_by(model, "Acme", "2026-11-24")

served_by(model, operator, day) := {
	"leg": "request",
	"principal": {"app": "letters", "purpose": "support"},
	"candidates": [{"id": "one", "model": model, "operator": operator}],
	"time": day,
}

answers(matches) := {
	"leg": "response",
	"principal": {"app": "letters", "purpose": "support"},
	"candidates": [{"id": "one", "model": "chat-0", "operator": "Acme"}],
	"upstream": {"model_matches": matches},
	"time": "2026-11-24",
}

# The ids of everything that the pack says.
said(facts) := {violation.id | some violation in violations} | {rejection.id | some rejection in rejections} if {
	violations := lifecycle.violations with input as facts with data.catalogue.models as models
	rejections := lifecycle.rejections with input as facts with data.catalogue.models as models
}

test_a_known_model_that_is_available_is_nothing_to_say if {
	said(asks("chat-1")) == set()
}

test_names_that_move_are_noted if {
	every name in ["chat-latest", "llama:latest", "chat", "known-latest"] {
		said(asks(name)) == {"douane.lifecycle.alias_noted"}
	}
}

test_names_that_move_can_be_refused_or_allowed if {
	said(asks("chat-latest")) == {"douane.lifecycle.alias"} with data.lifecycle.aliases as "refuse"
	said(asks("chat")) == {"douane.lifecycle.alias"} with data.lifecycle.aliases as "never"
	said(asks("chat")) == set() with data.lifecycle.aliases as "allow"
}

test_models_that_nobody_knows_are_noted_and_can_be_refused_or_allowed if {
	said(asks("gpt-0")) == {"douane.lifecycle.unknown_noted"}
	said(asks("gpt-0")) == {"douane.lifecycle.unknown"} with data.lifecycle.unknown as "refuse"
	said(asks("gpt-0")) == set() with data.lifecycle.unknown as "allow"
}

test_previews_are_noted_and_can_be_refused_or_allowed if {
	every name in ["chat-10", "labs-chat"] {
		said(asks(name)) == {"douane.lifecycle.preview_noted"}
		said(asks(name)) == {"douane.lifecycle.preview"} with data.lifecycle.previews as "refuse"
		said(asks(name)) == set() with data.lifecycle.previews as "allow"
	}
	said(asks("labs-new")) == {"douane.lifecycle.preview_noted", "douane.lifecycle.unknown_noted"}
}

test_a_model_that_its_vendor_ended_is_refused if {
	said(asks("chat-0")) == {"douane.lifecycle.retired"}
	said(served_by("chat-9", "Acme", "2026-12-31")) == {"douane.lifecycle.retired"}
	said(served_by("chat-9", "ACME", "2027-01-01")) == {"douane.lifecycle.retired"}
	said(served_by("chat-9", "unknown", "2027-01-01")) == {"douane.lifecycle.retired"}
}

test_somebody_else_may_go_on_with_it if {
	said(served_by("chat-0", "Ourselves", "2026-11-24")) == {"douane.lifecycle.end_of_life_noted"}
	said(served_by("chat-0", "Ourselves", "2026-11-24")) == {"douane.lifecycle.end_of_life"} with data.lifecycle.end_of_life as "refuse"
}

test_a_model_that_ends_within_the_days_is_noted if {
	said(served_by("chat-9", "Acme", "2026-10-02")) == {"douane.lifecycle.end_of_life_noted"}
	said(served_by("chat-9", "Acme", "2026-10-01")) == set()
	said(served_by("chat-9", "Acme", "2026-12-30")) == {"douane.lifecycle.end_of_life_noted"} with data.lifecycle.end_of_life_days as 1
	said(served_by("chat-9", "Acme", "2026-12-29")) == set() with data.lifecycle.end_of_life_days as 1
}

test_a_model_that_ends_can_be_refused_or_allowed if {
	said(asks("chat-9")) == {"douane.lifecycle.end_of_life"} with data.lifecycle.end_of_life as "refuse"
	said(asks("chat-9")) == set() with data.lifecycle.end_of_life as "allow"
}

test_weights_for_research_are_refused_to_other_purposes if {
	said(served_by("study-1", "Ourselves", "2026-11-24")) == {"douane.lifecycle.licence"}
	said(served_by("study-1", "unknown", "2026-11-24")) == {"douane.lifecycle.licence"}
	said(served_by("study-1", "Ourselves", "2026-11-24")) == set() with data.lifecycle.research_purposes as ["support"]
	said(served_by("study-1", "Ourselves", "2026-11-24")) == set() with data.lifecycle.licensed as ["study-1"]
}

test_a_licence_does_not_bind_the_vendors_own_endpoint if {
	said(asks("study-1")) == set()
}

test_a_licence_with_conditions_or_that_nobody_knows_needs_a_word_of_the_operator if {
	every name in ["house-1", "odd-1"] {
		said(served_by(name, "Ourselves", "2026-11-24")) == {"douane.lifecycle.licence"}
		said(served_by(name, "Ourselves", "2026-11-24")) == {"douane.lifecycle.licence"} with data.lifecycle.research_purposes as ["support"]
		said(served_by(name, "Ourselves", "2026-11-24")) == set() with data.lifecycle.licensed as [name]
	}
}

test_missing_settings_refuse if {
	said(asks("gpt-0")) == {"douane.lifecycle.unknown"} with data.lifecycle as {}
	said(asks("chat")) == {"douane.lifecycle.alias"} with data.lifecycle as {}
	said(asks("chat-10")) == {"douane.lifecycle.preview"} with data.lifecycle as {}
	said(asks("chat-0")) == {"douane.lifecycle.retired"} with data.lifecycle as {}
	said(served_by("chat-0", "Ourselves", "2026-11-24")) == {"douane.lifecycle.end_of_life"} with data.lifecycle as {}
	said(answers(false)) == {"douane.lifecycle.pinned"} with data.lifecycle as {}
}

test_another_model_is_noted_and_refused_where_models_are_pinned if {
	said(answers(true)) == set()
	said(answers(false)) == {"douane.lifecycle.differs"}
	said(answers(false)) == {"douane.lifecycle.pinned"} with data.lifecycle.pinned as true
}
