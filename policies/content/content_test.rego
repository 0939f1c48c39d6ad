package douane.content_test

import data.douane.content

ids(violations) := {violation.id | some violation in violations}

about(topics) := {
	"principal": {"app": "letters"},
	"segments": [],
	"findings": [{"type": "TOPIC", "rule": topic} | some topic in topics],
	"counts": {"TOPIC": count(topics)},
}

written(languages) := {
	"principal": {"app": "letters"},
	"segments": [{"kind": "text", "trust": "user", "language": language} | some language in languages],
	"findings": [],
	"counts": {},
}

test_without_topics_there_is_nothing_to_say if {
	content.violations == set() with input as written([])
}

test_a_topic_is_noted_by_default if {
	ids(content.violations) == {"douane.content.topic_noted"} with input as about(["gambling"])
}

test_a_topic_can_be_refused_to_everyone_and_allowed_to_an_app if {
	ids(content.violations) == {"douane.content.topic_refused"} with input as about(["gambling"])
		with data.content.topics as {"default": {"gambling": "refuse"}, "apps": {}, "others": "note"}
	content.violations == set() with input as about(["gambling"])
		with data.content.topics as {"default": {"gambling": "refuse"}, "apps": {"letters": {"gambling": "allow"}}, "others": "note"}
}

test_a_topic_that_was_found_and_not_told_has_the_action_of_the_others if {
	facts := object.union(about(["gambling"]), {"counts": {"TOPIC": 2000}})
	settings := {"default": {"gambling": "allow"}, "apps": {}, "others": "refuse"}
	ids(content.violations) == {"douane.content.topic_refused"} with input as facts with data.content.topics as settings
}

test_missing_settings_refuse if {
	"douane.content.topic_refused" in ids(content.violations) with input as about(["gambling"]) with data.content as {"topics": {}}
}

test_every_language_is_permitted_by_default if {
	content.violations == set() with input as written(["xx", ""])
}

only(languages, unpermitted) := {"default": languages, "apps": {}, "unpermitted": unpermitted}

test_an_app_can_be_kept_to_some_languages if {
	content.violations == set() with input as written(["fr", ""]) with data.content.languages as only(["fr"], "refuse")
	ids(content.violations) == {"douane.content.language_refused"} with input as written(["fr", "de"])
		with data.content.languages as only(["fr"], "refuse")
	ids(content.violations) == {"douane.content.language_noted"} with input as written(["de"])
		with data.content.languages as only(["fr"], "note")
}

test_what_an_app_says_itself_may_be_in_any_language if {
	facts := {"principal": {"app": "letters"}, "findings": [], "counts": {}, "segments": [{"kind": "text", "trust": "system", "language": "de"}]}
	content.violations == set() with input as facts with data.content.languages as only(["fr"], "refuse")
}

test_languages_that_nobody_tells_are_not_permitted if {
	facts := {"principal": {"app": "letters"}, "findings": [], "counts": {}, "segments": [{"kind": "text", "trust": "user"}]}
	ids(content.violations) == {"douane.content.language_untold"} with input as facts with data.content.languages as only(["fr"], "note")
}
