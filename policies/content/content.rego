# METADATA
# title: Content
# description: What may be spoken about, and in which languages.
# schemas:
# - input: schema["input.schema"]
package douane.content

settings := data.content

told := [finding.rule | some finding in input.findings; finding.type == "TOPIC"]

topics := {topic | some topic in told}

# Not every finding of very many is told one by one: what is not told has the action of the others.
topics_beyond := {"*"} if {
	input.counts.TOPIC > count(told)
} else := set()

found := topics | topics_beyond

action_of(topic) := action if {
	by_default := object.get(settings.topics, ["default", topic], object.get(settings.topics, "others", "refuse"))
	action := object.get(settings.topics, ["apps", input.principal.app, topic], by_default)
}

accepted := {topic | some topic in found; action_of(topic) in {"allow", "note"}}

# Whatever is no other action.
refused := found - accepted

noted := {topic | some topic in found; action_of(topic) == "note"}

# METADATA
# title: A topic that is refused
# description: A text is about something that the settings refuse to this app, by the words that `detectors.topics` lists.
# custom:
#   id: douane.content.topic_refused
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
violations contains violation if {
	input.counts.TOPIC
	refused != set()
	violation := {
		"id": "douane.content.topic_refused",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the settings refuse this app to speak about: %s", [concat(", ", sort(refused))]),
		"refs": ["OWASP LLM01:2025"],
	}
}

# METADATA
# title: A topic that is noted
# description: Noted for the record, where the settings say so.
# custom:
#   id: douane.content.topic_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
violations contains violation if {
	input.counts.TOPIC
	noted != set()
	violation := {
		"id": "douane.content.topic_noted",
		"kind": "content",
		"severity": "info",
		"message": sprintf("the exchange is about: %s", [concat(", ", sort(noted))]),
		"refs": ["OWASP LLM01:2025"],
	}
}

permitted := object.get(settings.languages, ["apps", input.principal.app], object.get(settings.languages, "default", []))

is_unlimited if "*" in permitted

# What an app says in its own name is its affair.
texts := [segment | some segment in input.segments; segment.kind == "text"; segment.trust != "system"]

spoken := {segment.language | some segment in texts; segment.language != ""}

unpermitted := spoken - {language | some language in permitted}

accepts_unpermitted if settings.languages.unpermitted == "note"

# METADATA
# title: A language that is not permitted
# description: A text is written in a language that the settings do not permit to this app.
# custom:
#   id: douane.content.language_refused
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
violations contains violation if {
	not is_unlimited
	not accepts_unpermitted
	unpermitted != set()
	violation := {
		"id": "douane.content.language_refused",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("the settings do not permit these languages to this app: %s", [concat(", ", sort(unpermitted))]),
		"refs": ["OWASP LLM01:2025"],
	}
}

# METADATA
# title: A language that is not permitted, noted
# description: Noted for the record, where the settings say so.
# custom:
#   id: douane.content.language_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
violations contains violation if {
	not is_unlimited
	accepts_unpermitted
	unpermitted != set()
	violation := {
		"id": "douane.content.language_noted",
		"kind": "content",
		"severity": "info",
		"message": sprintf("a text is written in: %s", [concat(", ", sort(unpermitted))]),
		"refs": ["OWASP LLM01:2025"],
	}
}

is_told(segment) if is_string(segment.language)

# METADATA
# title: Nobody tells the languages
# description: The settings permit some languages only, and no detector looked which ones there are.
# custom:
#   id: douane.content.language_untold
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
violations contains violation if {
	not is_unlimited
	untold := [segment | some segment in texts; not is_told(segment)]
	count(untold) > 0
	violation := {
		"id": "douane.content.language_untold",
		"kind": "operations",
		"severity": "high",
		"message": "the settings permit some languages only, and nobody tells which ones there are; switch `detectors.languages` on",
		"refs": ["OWASP LLM01:2025"],
	}
}
