# METADATA
# title: OWASP Top 10 for LLM applications, 2025
# description: Tools, caps, system prompts and content, as far as facts tell. What they do not tell stands in the README.
# schemas:
# - input: schema["input.schema"]
package douane.owasp_llm

settings := data.owasp_llm

known := data.types.content

# Each part is asked only where the exchange has what it is about.
violations contains violation if {
	input.leg == "request"
	input.tools.declared != []
	some violation in about_tools
}

violations contains violation if {
	input.leg == "request"
	data.douane.secrets.found != []
	some violation in about_system_prompts
}

violations contains violation if {
	content != set()
	some violation in about_content
}

obligations contains obligation if {
	input.leg == "request"
	input.tools.declared != []
	some obligation in dropped_tools
}

permitted_by(setting) := object.get(settings, [setting, "apps", input.principal.app], object.get(settings, [setting, "default"], []))

# Names of tools that a setting does not permit to the app.
unpermitted(names, setting) := set() if {
	"*" in permitted_by(setting)
} else := {name | some name in names} - {name | some name in permitted_by(setting)}

declared := unpermitted(input.tools.declared, "tools")

# Calls that stand in the history have happened; what counts is what may be called next.
declared_after_tool_text := unpermitted(input.tools.declared, "after_tool_text") if {
	not settings.after_tool_text.declared == "allow"
	some segment in input.segments
	segment.trust in {"tool", "document"}
}

# `*` stands for tools that the configuration does not name: they cannot be dropped by that name.
is_to_be_dropped(name, setting) if {
	settings[setting].declared == "drop"
	name != "*"
}

# METADATA
# title: A tool that is not permitted
# description: The request declares a tool that the settings do not permit to this app.
# custom:
#   id: douane.owasp_llm.tool_declared
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
about_tools contains violation if {
	declared != set()
	names := sort({name | some name in declared; not is_to_be_dropped(name, "tools")})
	count(names) > 0
	violation := {
		"id": "douane.owasp_llm.tool_declared",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the settings do not permit these tools to this app: %s (* is any that `tools` does not name)", [concat(", ", names)]),
		"refs": ["OWASP LLM06:2025"],
	}
}

# METADATA
# title: A tool is offered beside text of a tool
# description: The request holds text that came from a tool, which may tell the model what to do, and declares tools that the settings do not permit then.
# custom:
#   id: douane.owasp_llm.after_tool_text
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
about_tools contains violation if {
	declared_after_tool_text != set()
	not settings.after_tool_text.declared == "note"
	names := sort({name | some name in declared_after_tool_text; not is_to_be_dropped(name, "after_tool_text")})
	count(names) > 0
	violation := {
		"id": "douane.owasp_llm.after_tool_text",
		"kind": "content",
		"severity": "high",
		"message": sprintf("beside text of a tool the settings do not permit these tools: %s", [concat(", ", names)]),
		"refs": ["OWASP LLM01:2025", "OWASP LLM06:2025"],
	}
}

# METADATA
# title: Tools beside text of a tool
# description: Noted for the record; text that came from a tool may tell the model which tool to call next.
# custom:
#   id: douane.owasp_llm.after_tool_text_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
about_tools contains violation if {
	declared_after_tool_text != set()
	settings.after_tool_text.declared == "note"
	violation := {
		"id": "douane.owasp_llm.after_tool_text_noted",
		"kind": "content",
		"severity": "info",
		"message": sprintf("tools are offered beside text of a tool: %s", [concat(", ", sort(declared_after_tool_text))]),
		"refs": ["OWASP LLM01:2025", "OWASP LLM06:2025"],
	}
}

# METADATA
# title: A tool is dropped
# description: A tool that the settings do not permit, at all or beside text of a tool, is taken out of the request.
# custom:
#   id: douane.owasp_llm.tool_dropped
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
dropped_tools contains obligation if {
	some name in declared
	is_to_be_dropped(name, "tools")
	obligation := {"kind": "drop_tool", "name": name, "rule": "douane.owasp_llm.tool_dropped"}
}

dropped_tools contains obligation if {
	some name in declared_after_tool_text
	is_to_be_dropped(name, "after_tool_text")
	obligation := {"kind": "drop_tool", "name": name, "rule": "douane.owasp_llm.tool_dropped"}
}

# METADATA
# title: The model calls a tool that is not permitted
# description: The answer calls a tool that the settings do not permit to this app, declared or not.
# custom:
#   id: douane.owasp_llm.tool_called
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm062025-excessive-agency/
violations contains violation if {
	input.leg == "response"
	input.tools.called != []
	names := sort(unpermitted(input.tools.called, "tools"))
	count(names) > 0
	violation := {
		"id": "douane.owasp_llm.tool_called",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the model calls tools that the settings do not permit to this app: %s", [concat(", ", names)]),
		"refs": ["OWASP LLM06:2025"],
	}
}

accepts_secrets if settings.secret_in_system_prompt in {"allow", "note"}

# Of the first findings that are told one by one; the prompts of the system come first.
secrets_in_system_prompts := {finding.type |
	types := data.douane.secrets.found
	some finding in input.findings
	finding.type in types
	input.segments[finding.segment].trust == "system"
}

# METADATA
# title: A credential in a system prompt
# description: Whatever a system prompt holds can be talked out of the model.
# custom:
#   id: douane.owasp_llm.secret_in_system_prompt
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
about_system_prompts contains violation if {
	secrets_in_system_prompts != set()
	not accepts_secrets
	violation := {
		"id": "douane.owasp_llm.secret_in_system_prompt",
		"kind": "content",
		"severity": "high",
		"message": sprintf("a system prompt holds secrets (%s); keep them in the application", [concat(", ", sort(secrets_in_system_prompts))]),
		"refs": ["OWASP LLM07:2025"],
	}
}

# METADATA
# title: A credential in a system prompt, noted
# description: Noted for the record; whatever a system prompt holds can be talked out of the model.
# custom:
#   id: douane.owasp_llm.secret_in_system_prompt_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
about_system_prompts contains violation if {
	secrets_in_system_prompts != set()
	settings.secret_in_system_prompt == "note"
	violation := {
		"id": "douane.owasp_llm.secret_in_system_prompt_noted",
		"kind": "content",
		"severity": "info",
		"message": sprintf("a system prompt holds secrets (%s)", [concat(", ", sort(secrets_in_system_prompts))]),
		"refs": ["OWASP LLM07:2025"],
	}
}

caps := limits if {
	of_app := settings.caps.apps[input.principal.app]
	limits := object.union(settings.caps["default"], of_app)
} else := limits if {
	limits := settings.caps["default"]
}

# What is not asked for is null, and less than any number.
exceeded contains name if {
	limits := caps
	asked := {
		"characters": input.exchange.characters,
		"segments": input.exchange.segments,
		"tools": count(input.tools.declared),
		"choices": input.exchange.choices,
		"output_tokens": input.exchange.output_tokens,
	}
	some name, limit in limits
	not is_within(asked, name, limit)
}

is_within(asked, name, limit) if asked[name] <= limit

# Below 1, some endpoints know no limit.
exceeded contains "output_tokens" if {
	caps.output_tokens
	is_number(input.exchange.output_tokens)
	input.exchange.output_tokens < 1
}

# METADATA
# title: More than the caps permit
# description: The request is larger, or asks for more, than the settings permit to this app.
# custom:
#   id: douane.owasp_llm.caps
#   severity: medium
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/
violations contains violation if {
	input.leg == "request"
	exceeded != set()
	violation := {
		"id": "douane.owasp_llm.caps",
		"kind": "content",
		"severity": "medium",
		"message": sprintf("the request asks for too much: %s", [concat(", ", [sprintf("%s (at most %v)", [name, caps[name]]) | some name in sort(exceeded)])]),
		"refs": ["OWASP LLM10:2025"],
	}
}

names_a_limit if is_number(input.exchange.output_tokens)

# METADATA
# title: The tokens of an answer are capped
# description: A request that names no cap of its own gets that of the settings; one that names a higher one is refused.
# custom:
#   id: douane.owasp_llm.output_tokens
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/
obligations contains obligation if {
	input.leg == "request"
	is_number(caps.output_tokens)
	not names_a_limit
	obligation := {
		"kind": "set",
		"pointer": sprintf("/%s", [settings.output_tokens_member]),
		"value": caps.output_tokens,
		"rule": "douane.owasp_llm.output_tokens",
	}
}

content := {type | some type in (object.keys(input.counts) & object.keys(known)); not is_of_the_app(type)}

# A system prompt gives instructions, and holds the canary that is looked for elsewhere.
is_of_the_app(type) if {
	input.leg == "request"
	type in {"PROMPT_INJECTION", "SYSTEM_PROMPT_LEAK"}
	own := [finding | some finding in input.findings; finding.type == type; input.segments[finding.segment].trust == "system"]
	count(own) == input.counts[type]
}

is_accepted(type) if settings.content[input.leg][type] in {"allow", "note", "redact"}

with_action(action) := sort({type | some type in content; settings.content[input.leg][type] == action})

risks(types) := sort({sprintf("OWASP %s:2025", [known[type].risk]) | some type in types})

# METADATA
# title: Content that is refused
# description: The settings refuse exchanges that hold content of this type, or name no action for it.
# custom:
#   id: douane.owasp_llm.content_refused
#   severity: high
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
# - ref: https://genai.owasp.org/llmrisk/llm052025-improper-output-handling/
# - ref: https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
about_content contains violation if {
	types := sort({type | some type in content; not is_accepted(type)})
	count(types) > 0
	violation := {
		"id": "douane.owasp_llm.content_refused",
		"kind": "content",
		"severity": "high",
		"message": sprintf("the settings refuse %s", [concat(", ", types)]),
		"refs": risks(types),
	}
}

# METADATA
# title: Content that is noted
# description: Noted for the record, where the settings say so.
# custom:
#   id: douane.owasp_llm.content_noted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
# - ref: https://genai.owasp.org/llmrisk/llm052025-improper-output-handling/
# - ref: https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
about_content contains violation if {
	types := with_action("note")
	count(types) > 0
	violation := {
		"id": "douane.owasp_llm.content_noted",
		"kind": "content",
		"severity": "info",
		"message": sprintf("the exchange holds %s", [concat(", ", types)]),
		"refs": risks(types),
	}
}

# METADATA
# title: Content that is removed
# description: Removed for good, where the settings say so, also where the caller itself had sent it.
# custom:
#   id: douane.owasp_llm.content_redacted
#   severity: info
# related_resources:
# - ref: https://genai.owasp.org/llmrisk/llm01-prompt-injection/
# - ref: https://genai.owasp.org/llmrisk/llm052025-improper-output-handling/
# - ref: https://genai.owasp.org/llmrisk/llm072025-system-prompt-leakage/
obligations contains obligation if {
	content != set()
	types := with_action("redact")
	count(types) > 0
	obligation := {"kind": "redact", "types": types, "rule": "douane.owasp_llm.content_redacted", "unknown_only": false}
}
