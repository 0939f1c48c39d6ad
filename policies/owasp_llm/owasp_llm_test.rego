package douane.owasp_llm_test

import data.douane.owasp_llm

facts(changes) := object.union(
	{
		"leg": "request",
		"principal": {"app": "helpdesk"},
		"exchange": {"characters": 40, "segments": 1, "choices": null, "output_tokens": null},
		"counts": {},
		"findings": [],
		"segments": [{"trust": "user"}],
		"tools": {"declared": [], "called": []},
	},
	changes,
)

answer(changes) := facts(object.union({"leg": "response"}, changes))

ids(violations) := {violation.id | some violation in violations}

test_an_ordinary_exchange_passes if {
	every exchange in [facts({"tools": {"declared": ["search", "*"], "called": []}}), answer({"tools": {"declared": [], "called": ["*"]}})] {
		owasp_llm.violations == set() with input as exchange
		owasp_llm.obligations == set() with input as exchange
	}
}

offers(names) := facts({"tools": {"declared": names, "called": []}})

only(names) := object.union(data.owasp_llm.tools, {"apps": {"helpdesk": names}})

test_an_app_can_be_kept_to_some_tools if {
	owasp_llm.violations == set() with input as offers(["search"]) with data.owasp_llm.tools as only(["search"])
	every names in [["search", "pay"], ["*"], ["pay"]] {
		ids(owasp_llm.violations) == {"douane.owasp_llm.tool_declared"} with input as offers(names)
			with data.owasp_llm.tools as only(["search"])
	}
}

test_a_tool_that_is_not_permitted_can_be_dropped_where_it_has_a_name if {
	settings := object.union(only(["search"]), {"declared": "drop"})
	owasp_llm.violations == set() with input as offers(["search", "pay"]) with data.owasp_llm.tools as settings
	owasp_llm.obligations == {{
		"kind": "drop_tool",
		"name": "pay",
		"rule": "douane.owasp_llm.tool_dropped",
	}} with input as offers(["search", "pay"]) with data.owasp_llm.tools as settings
	ids(owasp_llm.violations) == {"douane.owasp_llm.tool_declared"} with input as offers(["pay", "*"]) with data.owasp_llm.tools as settings
}

test_a_call_of_a_tool_that_is_not_permitted_is_refused if {
	calls := answer({"tools": {"declared": [], "called": ["search", "pay"]}})
	owasp_llm.violations == set() with input as calls
	ids(owasp_llm.violations) == {"douane.owasp_llm.tool_called"} with input as calls with data.owasp_llm.tools as only(["search"])
	owasp_llm.violations == set() with input as calls with data.owasp_llm.tools as only(["search", "pay"])
}

beside_tool_text := facts({"tools": {"declared": ["search", "pay"], "called": ["search"]}, "segments": [{"trust": "user"}, {"trust": "tool"}]})

then(declared, names) := {"declared": declared, "default": [], "apps": {"helpdesk": names}}

test_tools_beside_text_of_a_tool_are_noted if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.after_tool_text_noted"} with input as beside_tool_text
	owasp_llm.violations == set() with input as beside_tool_text with data.owasp_llm.after_tool_text as then("note", ["search", "pay"])
	owasp_llm.violations == set() with input as beside_tool_text with data.owasp_llm.after_tool_text as then("note", ["*"])
	owasp_llm.violations == set() with input as beside_tool_text with data.owasp_llm.after_tool_text as then("allow", [])
}

test_tools_beside_text_of_a_tool_can_be_refused_or_dropped if {
	every declared in ["refuse", "never"] {
		ids(owasp_llm.violations) == {"douane.owasp_llm.after_tool_text"} with input as beside_tool_text
			with data.owasp_llm.after_tool_text as then(declared, ["search"])
	}
	owasp_llm.violations == set() with input as beside_tool_text with data.owasp_llm.after_tool_text as then("drop", ["search"])
	{obligation.name | some obligation in owasp_llm.obligations} == {"pay"} with input as beside_tool_text
		with data.owasp_llm.after_tool_text as then("drop", ["search"])
}

test_a_tool_without_a_name_cannot_be_dropped_and_is_refused if {
	nameless := object.union(beside_tool_text, {"tools": {"declared": ["*"]}})
	ids(owasp_llm.violations) == {"douane.owasp_llm.after_tool_text"} with input as nameless
		with data.owasp_llm.after_tool_text as then("drop", [])
}

in_system_prompt(type) := facts({
	"counts": {type: 1},
	"findings": [{"type": type, "segment": 1}],
	"segments": [{"trust": "user"}, {"trust": "system"}],
})

test_a_credential_in_a_system_prompt_is_refused if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.secret_in_system_prompt"} with input as in_system_prompt("API_KEY")
	owasp_llm.violations == set() with input as in_system_prompt("EMAIL_ADDRESS")
	elsewhere := object.union(in_system_prompt("API_KEY"), {"segments": [{"trust": "system"}, {"trust": "user"}]})
	owasp_llm.violations == set() with input as elsewhere
}

test_a_credential_in_a_system_prompt_can_be_noted_or_allowed if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.secret_in_system_prompt_noted"} with input as in_system_prompt("JWT")
		with data.owasp_llm.secret_in_system_prompt as "note"
	owasp_llm.violations == set() with input as in_system_prompt("JWT") with data.owasp_llm.secret_in_system_prompt as "allow"
}

asks(changes) := facts({"exchange": changes})

capped(caps) := {"default": {"choices": 4}, "apps": {"helpdesk": caps}}

test_more_than_the_caps_is_refused if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.caps"} with input as asks({"choices": 17})
	owasp_llm.violations == set() with input as asks({"choices": 16})
	many := [name | some number in numbers.range(1, 129); name := sprintf("tool-%d", [number])]
	ids(owasp_llm.violations) == {"douane.owasp_llm.caps"} with input as offers(many)
	every asked in [{"characters": 41}, {"segments": 2}, {"output_tokens": 101}, {"choices": 5}] {
		ids(owasp_llm.violations) == {"douane.owasp_llm.caps"} with input as asks(asked)
			with data.owasp_llm.caps as capped({"characters": 40, "segments": 1, "output_tokens": 100})
	}
}

test_a_cap_of_an_app_beats_that_of_all if {
	owasp_llm.violations == set() with input as asks({"choices": 5}) with data.owasp_llm.caps as capped({"choices": 5})
}

test_a_cap_that_is_none_refuses if {
	every caps in [{"chioces": 4}, {"characters": null}] {
		ids(owasp_llm.violations) == {"douane.owasp_llm.caps"} with input as asks({}) with data.owasp_llm.caps as capped(caps)
	}
}

test_an_answer_is_capped_where_the_request_names_no_cap if {
	owasp_llm.obligations == {{
		"kind": "set",
		"pointer": "/max_tokens",
		"value": 100,
		"rule": "douane.owasp_llm.output_tokens",
	}} with input as asks({}) with data.owasp_llm.caps as capped({"output_tokens": 100})
	owasp_llm.obligations == set() with input as asks({"output_tokens": 100}) with data.owasp_llm.caps as capped({"output_tokens": 100})
	{obligation.pointer | some obligation in owasp_llm.obligations} == {"/max_completion_tokens"} with input as asks({})
		with data.owasp_llm.caps as capped({"output_tokens": 100})
		with data.owasp_llm.output_tokens_member as "max_completion_tokens"
}

test_what_may_mean_no_limit_is_over_every_cap if {
	every tokens in [0, -1] {
		owasp_llm.violations == set() with input as asks({"output_tokens": tokens})
		ids(owasp_llm.violations) == {"douane.owasp_llm.caps"} with input as asks({"output_tokens": tokens})
			with data.owasp_llm.caps as capped({"output_tokens": 100})
	}
}

test_an_answer_has_no_caps if {
	owasp_llm.violations == set() with input as answer({"exchange": {"characters": 41}}) with data.owasp_llm.caps as capped({"characters": 40})
}

test_content_has_an_action_by_its_type_and_leg if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.content_noted"} with input as facts({"counts": {"PROMPT_INJECTION": 1}})
	owasp_llm.violations == set() with input as facts({"counts": {"MARKDOWN_IMAGE": 1}})
	owasp_llm.obligations == {{
		"kind": "redact",
		"types": ["MARKDOWN_IMAGE", "SYSTEM_PROMPT_LEAK"],
		"rule": "douane.owasp_llm.content_redacted",
		"unknown_only": false,
	}} with input as answer({"counts": {"MARKDOWN_IMAGE": 1, "SYSTEM_PROMPT_LEAK": 1, "SCRIPT": 1}})
}

test_what_a_system_prompt_says_to_the_model_is_no_injection if {
	segments := [{"place": "/messages/0/content", "trust": "system"}, {"place": "/messages/1/content", "trust": "user"}]
	own := {"type": "PROMPT_INJECTION", "segment": 0}
	alone := facts({"counts": {"PROMPT_INJECTION": 1}, "findings": [own], "segments": segments})
	owasp_llm.violations == set() with input as alone
	both := facts({"counts": {"PROMPT_INJECTION": 2}, "findings": [own, {"type": "PROMPT_INJECTION", "segment": 1}], "segments": segments})
	ids(owasp_llm.violations) == {"douane.owasp_llm.content_noted"} with input as both
}

test_content_can_be_refused_and_is_where_no_action_is_named if {
	injected := facts({"counts": {"PROMPT_INJECTION": 1}})
	ids(owasp_llm.violations) == {"douane.owasp_llm.content_refused"} with input as injected
		with data.owasp_llm.content.request.PROMPT_INJECTION as "refuse"
	nothing := object.remove(data.owasp_llm, ["content"])
	ids(owasp_llm.violations) == {"douane.owasp_llm.content_refused"} with input as injected with data.owasp_llm as nothing
	violations := owasp_llm.violations with input as injected with data.owasp_llm as nothing
	[violation.refs | some violation in violations] == [["OWASP LLM01:2025"]]
}

test_missing_settings_permit_no_tool_and_no_credential if {
	ids(owasp_llm.violations) == {"douane.owasp_llm.tool_declared"} with input as offers(["search"]) with data.owasp_llm as {}
	"douane.owasp_llm.after_tool_text" in ids(owasp_llm.violations) with input as beside_tool_text with data.owasp_llm as {}
	ids(owasp_llm.violations) == {"douane.owasp_llm.secret_in_system_prompt"} with input as in_system_prompt("JWT") with data.owasp_llm as {}
	ids(owasp_llm.violations) == {"douane.owasp_llm.tool_called"} with input as answer({"tools": {"declared": [], "called": ["search"]}})
		with data.owasp_llm as {}
}
