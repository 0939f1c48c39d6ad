package douane.settings_test

import data.douane.settings

test_the_shipped_settings_have_no_problem if {
	settings.problems == set()
}

# One problem, which names what is wrong.
is_told(problems, name) if {
	count(problems) == 1
	some problem in problems
	contains(problem, name)
}

enforcement(changes) := problems if {
	problems := settings.problems with data.enforcement as object.union(data.enforcement, changes)
}

test_modes_and_packs_are_known if {
	is_told(enforcement({"default": "watch"}), "enforcement.default is watch")
	is_told(enforcement({"packs": {"pci": "observed"}}), "enforcement.packs.pci is observed")
	is_told(enforcement({"packs": {"pcy": "observe"}}), "enforcement.packs has pcy")
	is_told(enforcement({"apps": {"letters": {"pcy": "observe"}}}), "enforcement.apps.letters has pcy")
	is_told(enforcement({"apps": {"letters": {"pci": true}}}), "enforcement.apps.letters.pci is true")
	is_told(enforcement({"apps": {"letters": "observe"}}), "enforcement.apps.letters must be a mapping, such as { pci: observe }")
	enforcement({"default": "observe", "packs": {"pci": "enforce"}, "apps": {"letters": {"secrets": "observe"}}}) == set()
}

test_operations_cannot_be_observed if {
	every pack in ["ops", "main", "settings"] {
		is_told(enforcement({"packs": {pack: "observe"}}), sprintf("enforcement.packs has %s", [pack]))
		is_told(enforcement({"apps": {"letters": {pack: "observe"}}}), sprintf("enforcement.apps.letters has %s", [pack]))
	}
}

models(changes) := problems if {
	problems := settings.problems with data.models as object.union(data.models, changes)
}

test_models_are_lists if {
	is_told(models({"default": "*"}), "models.default must be a list")
	is_told(models({"apps": {"letters": "small"}}), "models.apps.letters must be a list")
	is_told(models({"apps": true}), "models.apps must be a mapping")
	is_told(models({"pinned": true}), "models.pinned is no setting")
	models({"apps": {"letters": ["small"]}}) == set()
}

lifecycle(changes) := problems if {
	problems := settings.problems with data.lifecycle as object.union(data.lifecycle, changes)
}

test_what_is_done_about_a_model_is_one_of_three_words if {
	every setting in ["aliases", "unknown", "previews", "end_of_life"] {
		is_told(lifecycle({setting: "warn"}), sprintf("lifecycle.%s is warn", [setting]))
		lifecycle({setting: "refuse"}) == set()
	}
	is_told(lifecycle({"pinned": "yes"}), "lifecycle.pinned must be true or false")
	is_told(lifecycle({"end_of_life_days": "a month"}), "lifecycle.end_of_life_days must be a whole number")
	is_told(lifecycle({"end_of_life_days": -1}), "lifecycle.end_of_life_days must be a whole number")
	is_told(lifecycle({"licensed": [1]}), "lifecycle.licensed must be a list of texts")
}

catalogue(changes) := problems if {
	problems := settings.problems with data.catalogue as object.union(data.catalogue, changes)
}

entry(facts) := catalogue({"models": {"chat-1": object.union({"vendor": "Acme", "status": "available"}, facts)}})

test_the_catalogue_says_what_rules_can_read if {
	entry({"licence": "MRL", "retires": "2028-02-29", "alias_of": "chat-0", "name": "Chat", "replacement": "chat-2"}) == set()
	is_told(entry({"license": "MRL"}), "catalogue.models.chat-1.license is no fact")
	is_told(entry({"licence": "GPL"}), "catalogue.models.chat-1.licence is GPL")
	is_told(entry({"status": "GA"}), "catalogue.models.chat-1.status is GA")
	is_told(entry({"vendor": null}), "catalogue.models.chat-1 needs a vendor")
	is_told(catalogue({"licences": {"EULA": {"use": "some"}}}), "catalogue.licences.EULA.use is some")
	is_told(catalogue({"licences": {"EULA": {"used": "any"}}}), "catalogue.licences.EULA has used")
	is_told(catalogue({"licences": {"EULA": "any"}}), "catalogue.licences.EULA must be a mapping")
	is_told(catalogue({"models": {"chat-1": "retired"}}), "catalogue.models.chat-1 must be a mapping")
	is_told(catalogue({"as_of": 2026}), "catalogue.as_of must be a text")
}

test_a_day_is_one_of_the_calendar if {
	every day in [null, 2026, "soon", "2026-13-01", "2026-02-30", "2027-02-29", "2026-04-31", "2026-1-1", "9999-12-31"] {
		is_told(entry({"retires": day}), "catalogue.models.chat-1.retires must be a day")
	}
}

ops(changes) := problems if {
	problems := settings.problems with data.ops as object.union(data.ops, changes)
}

test_operations_know_their_switches_and_kinds if {
	is_told(ops({"panik": true}), "ops.panik is no setting")
	is_told(ops({"panic": "no"}), "ops.panic must be true or false")
	is_told(ops({"panic_for": {"providers": ["Acme"]}}), "ops.panic_for.providers is no such switch")
	is_told(ops({"panic_for": {"operators": "Acme"}}), "ops.panic_for.operators must be a list")
	is_told(ops({"accept_opaque": ["pictures"]}), "ops.accept_opaque holds pictures")
	is_told(ops({"accept_egress": ["web"]}), "ops.accept_egress holds web")
	is_told(ops({"required_detectors": "presidio"}), "ops.required_detectors must be a list")
}

test_an_app_has_three_settings_of_operations if {
	is_told(ops({"apps": {"letters": {"panic": true}}}), "ops.apps.letters.panic is no setting of an app")
	is_told(ops({"apps": {"letters": {"deny_unknown": "yes"}}}), "ops.apps.letters.deny_unknown is no setting of an app, or has a wrong value")
	is_told(ops({"apps": {"letters": {"accept_opaque": ["pictures"]}}}), "ops.apps.letters.accept_opaque holds pictures")
	is_told(ops({"apps": {"letters": {"accept_egress": ["web"]}}}), "ops.apps.letters.accept_egress holds web")
	is_told(ops({"apps": {"letters": {"accept_egress": "mcp"}}}), "ops.apps.letters.accept_egress must be a list")
	every wrong in [["accept_opaque"], "accept_opaque", true, null] {
		is_told(ops({"apps": {"letters": wrong}}), "ops.apps.letters must be a mapping, such as { accept_opaque: [image] }")
	}
	ops({"apps": {"letters": {"accept_opaque": ["image"], "accept_egress": ["mcp"], "deny_unknown": true}}}) == set()
}

personal_data(changes) := problems if {
	problems := settings.problems with data.personal_data as object.union(data.personal_data, changes)
}

test_actions_are_known_and_so_are_their_types if {
	is_told(personal_data({"actions": {"IBAN": "redact"}}), "personal_data.actions has IBAN")
	is_told(personal_data({"actions": {"API_KEY": "redact"}}), "personal_data.actions has API_KEY")
	is_told(personal_data({"actions": {"IBAN_CODE": "remove"}}), "personal_data.actions.IBAN_CODE is remove")
	is_told(personal_data({"default_action": "hide"}), "personal_data.default_action is hide")
	is_told(personal_data({"article_9": "refuse"}), "personal_data.article_9 is refuse")
	is_told(personal_data({"labels": {"children": "pseudonymise"}}), "personal_data.labels.children is pseudonymise")
	is_told(personal_data({"no_purpose": "deny"}), "personal_data.no_purpose is deny")
	is_told(personal_data({"transfer_bases": ["consent"]}), "personal_data.transfer_bases holds consent")
	is_told(personal_data({"deny_special": true}), "personal_data.deny_special is no setting")
	is_told(personal_data({"styles": {"IBAN": "mask"}}), "personal_data.styles.IBAN is no type")
	is_told(personal_data({"in_schemas": "mask"}), "personal_data.in_schemas is mask")
	is_told(personal_data({"withhold_from": {"apps": "letters"}}), "personal_data.withhold_from.apps must be")
	is_told(personal_data({"withhold_from": {"tenants": []}}), "personal_data.withhold_from.tenants must be")
	personal_data({"article_9": "deny", "article_10": "redact", "transfer_bases": ["derogation"], "no_purpose": "refuse"}) == set()
}

secrets(changes) := problems if {
	problems := settings.problems with data.secrets as object.union(data.secrets, changes)
}

test_secrets_are_refused_or_redacted if {
	is_told(secrets({"actions": {"PASSWORD": "pseudonymise"}}), "secrets.actions.PASSWORD is pseudonymise")
	is_told(secrets({"actions": {"EMAIL_ADDRESS": "redact"}}), "secrets.actions has EMAIL_ADDRESS")
	secrets({"actions": {"PASSWORD": "redact"}}) == set()
}

pci(changes) := problems if {
	problems := settings.problems with data.pci as object.union(data.pci, changes)
}

test_cards_are_redacted_or_refused if {
	is_told(pci({"apps": "shop"}), "pci.apps must be a list")
	is_told(pci({"request": "mask"}), "pci.request is mask")
	is_told(pci({"answer": "keep"}), "pci.answer is keep")
	is_told(pci({"enabled": true}), "pci.enabled is no setting")
}

owasp_llm(changes) := problems if {
	problems := settings.problems with data.owasp_llm as object.union(data.owasp_llm, changes)
}

test_tools_are_lists_with_a_word_about_the_others if {
	every key in ["tools", "after_tool_text"] {
		is_told(owasp_llm({key: {"default": "search"}}), sprintf("owasp_llm.%s.default", [key]))
		is_told(owasp_llm({key: {"apps": {"letters": "search"}}}), sprintf("owasp_llm.%s.apps.letters must be a list", [key]))
		is_told(owasp_llm({key: {"apps": []}}), sprintf("owasp_llm.%s.apps", [key]))
		is_told(owasp_llm({key: {"declared": "ask"}}), sprintf("owasp_llm.%s.declared", [key]))
		is_told(owasp_llm({key: {"app": {}}}), sprintf("owasp_llm.%s.app is no setting", [key]))
		owasp_llm({key: {"declared": "drop", "apps": {"letters": ["search"]}}}) == set()
	}
	is_told(owasp_llm({"tools": {"declared": "note"}}), "owasp_llm.tools.declared")
}

test_caps_are_whole_numbers if {
	is_told(owasp_llm({"caps": {"default": {"choises": 4}}}), "owasp_llm.caps.default.choises is no cap")
	is_told(owasp_llm({"caps": {"apps": {"letters": {"choises": 4}}}}), "owasp_llm.caps.apps.letters.choises is no cap")
	is_told(owasp_llm({"caps": {"app": {}}}), "owasp_llm.caps.app is no setting")
	every limit in [0, -1, "4", null] {
		is_told(owasp_llm({"caps": {"apps": {"letters": {"choices": limit}}}}), "owasp_llm.caps.apps.letters.choices must be a whole number")
	}
	every wrong in [null, 5, true, "tools", ["tools"]] {
		is_told(owasp_llm({"caps": {"default": wrong}}), "owasp_llm.caps.default must be a mapping, such as { output_tokens: 2000 }")
		is_told(owasp_llm({"caps": {"apps": wrong}}), "owasp_llm.caps.apps must be a mapping, such as { helpdesk:")
		is_told(owasp_llm({"caps": {"apps": {"letters": wrong}}}), "owasp_llm.caps.apps.letters must be a mapping")
	}
	is_told(owasp_llm({"output_tokens_member": "max_new_tokens"}), "owasp_llm.output_tokens_member is max_new_tokens")
	owasp_llm({"caps": {"apps": {"letters": {"characters": 1, "segments": 1, "tools": 1, "choices": 1, "output_tokens": 1}}}}) == set()
}

content(changes) := problems if {
	problems := settings.problems with data.content as object.union(data.content, changes)
}

test_topics_have_actions_and_languages_are_lists if {
	is_told(content({"topics": {"gambling": "refuse"}}), "content.topics.gambling is no setting, or has a wrong value")
	is_told(content({"topics": {"others": "deny"}}), "content.topics.others is no setting, or has a wrong value")
	is_told(content({"topics": {"default": {"gambling": "deny"}}}), "content.topics.default.gambling is deny")
	is_told(content({"topics": {"apps": {"letters": {"gambling": "deny"}}}}), "content.topics.apps.letters.gambling is deny")
	is_told(content({"topics": {"apps": {"letters": "deny"}}}), "content.topics.apps.letters must be a mapping, such as { gambling:")
	is_told(content({"languages": {"default": "fr"}}), "content.languages.default is no setting, or has a wrong value")
	is_told(content({"languages": {"unpermitted": "allow"}}), "content.languages.unpermitted is no setting, or has a wrong value")
	is_told(content({"languages": {"apps": {"letters": "fr"}}}), "content.languages.apps.letters")
	content({
		"topics": {"default": {"gambling": "refuse"}, "apps": {"letters": {"gambling": "note"}}, "others": "allow"},
		"languages": {"default": ["*"], "apps": {"letters": ["fr"]}, "unpermitted": "note"},
	}) == set()
	without := object.union(object.remove(data.content, ["topics"]), {"topics": {"default": {}, "apps": {}}})
	problems := settings.problems with data.content as without
	is_told(problems, "content.topics.others is missing")
}

test_content_has_an_action_on_each_leg if {
	is_told(owasp_llm({"content": {"request": {"SCRIPT": "deny"}}}), "owasp_llm.content.request.SCRIPT is deny")
	is_told(owasp_llm({"content": {"response": {"EMAIL_ADDRESS": "note"}}}), "owasp_llm.content.response has EMAIL_ADDRESS")
	is_told(owasp_llm({"content": {"answer": {}}}), "owasp_llm.content.answer is no leg")
	is_told(owasp_llm({"content": {"request": "note"}}), "owasp_llm.content.request must be a mapping")
	is_told(owasp_llm({"secret_in_system_prompt": "deny"}), "owasp_llm.secret_in_system_prompt is deny")
}

residency(rules) := problems if {
	problems := settings.problems with data.residency as object.union(data.residency, {"apps": {"letters": rules}})
}

test_residency_names_countries_or_groups if {
	every wrong in [
		{"inferense": ["FR"]},
		{"inference": "FR"},
		{"inference": ["Germany"]},
		{"storage": ["ZZ"]},
		{"controller": ["fr"]},
		{"controller": ["UNKNOWN"]},
		{"training": ["sometimes"]},
		{"max_retention_days": "a month"},
		{"max_retention_days": -1},
		{"verified_since": "last year"},
		{"verified_since": "2026-02-30"},
		{"verified_since": 2026},
	] {
		is_told(residency(wrong), "residency.apps.letters.")
	}
}

test_residency_takes_what_it_knows if {
	residency({
		"inference": ["FR", "ADEQUATE"],
		"training": ["never"],
		"max_retention_days": 30,
		"verified_since": "2026-01-31",
	}) == set()
}

test_the_rules_of_a_scope_are_a_mapping if {
	every kind in ["tenants", "purposes", "apps", "labels"] {
		every wrong in [["DE"], "DE", true, null] {
			problems := settings.problems with data.residency as object.union(data.residency, {kind: {"health": wrong}})
			is_told(problems, sprintf("residency.%s.health must be a mapping, such as { inference: [FR] }", [kind]))
		}
	}
}

test_labels_are_checked_like_apps if {
	settings_of_labels := object.union(data.residency, {"labels": {"health": {"controller": ["Germany"]}}})
	problems := settings.problems with data.residency as settings_of_labels
	is_told(problems, "residency.labels.health.controller holds Germany")
}

jurisdictions(changes) := problems if {
	problems := settings.problems with data.jurisdictions as object.union(data.jurisdictions, changes)
}

test_jurisdictions_are_groups_of_countries if {
	count(data.jurisdictions.countries) == 249
	is_told(jurisdictions({"group": {}}), "jurisdictions.group is no setting")
	is_told(jurisdictions({"adequacy": ["US"]}), "jurisdictions.adequacy must be a mapping")
	is_told(jurisdictions({"countries": []}), "jurisdictions.countries must name countries")
	is_told(jurisdictions({"countries": array.concat(data.jurisdictions.countries, ["France"])}), "jurisdictions.countries must name countries")
	is_told(jurisdictions({"groups": {"DACH": "DE"}}), "jurisdictions.groups.DACH must be a list of texts")
	is_told(jurisdictions({"groups": {"ADEQUATE": {"US": true}}}), "jurisdictions.groups.ADEQUATE must be a list of texts")
	is_told(jurisdictions({"groups": {"DACH": ["DE", "AT", "ZZ"]}}), "jurisdictions.groups.DACH holds ZZ")
	is_told(jurisdictions({"groups": {"FR": ["US"]}}), "jurisdictions.groups.FR has the name of a country")
	jurisdictions({"groups": {"DACH": ["DE", "AT", "CH"]}}) == set()
}

types(changes) := problems if {
	problems := settings.problems with data.types as object.union(data.types, changes)
}

test_types_are_what_the_packs_can_read if {
	is_told(types({"staff": {}}), "types.staff is no setting")
	every class in ["personal", "secret"] {
		every wrong in ["contact", ["contact"], true, null] {
			is_told(types({class: {"BADGE": wrong}}), sprintf("types.%s.BADGE must be a mapping, such as { notion: ", [class]))
		}
		is_told(types({class: {"BADGE": {"artikle": 9}}}), sprintf("types.%s.BADGE.artikle is no fact", [class]))
		every wrong in ["badge", "9BADGE", "BADGE-9", ""] {
			is_told(types({class: {wrong: {}}}), sprintf("types.%s.%s is no name of a type", [class, wrong]))
		}
		types({class: {"BADGE_9": {"notion": "staff", "shipped": false}}}) == set()
	}
	is_told(types({"content": {"SCRIPT": "LLM05"}}), "types.content.SCRIPT must be a mapping, such as { risk: LLM01 }")
	is_told(types({"secret": {"EMAIL_ADDRESS": {}}}), "types has EMAIL_ADDRESS in several classes (personal, secret)")
}

test_an_article_is_9_or_10_or_none if {
	every wrong in ["9", 6, true, [9], ""] {
		is_told(types({"personal": {"BADGE": {"article": wrong}}}), "types.personal.BADGE.article is ")
	}
	every article in [9, 10, null] {
		types({"personal": {"BADGE": {"article": article}}}) == set()
	}
}

test_what_is_missing_is_a_problem if {
	without := object.remove(data.ops, ["panic"])
	problems := settings.problems with data.ops as without
	is_told(problems, "ops.panic is missing")
	tools := object.union(object.remove(data.owasp_llm, ["tools"]), {"tools": {"default": ["*"], "apps": {}}})
	of_tools := settings.problems with data.owasp_llm as tools
	is_told(of_tools, "owasp_llm.tools.declared is missing")
	capped := object.union(object.remove(data.owasp_llm, ["caps"]), {"caps": {"apps": {}}})
	of_capped := settings.problems with data.owasp_llm as capped
	is_told(of_capped, "owasp_llm.caps.default is missing")
	uncapped := object.union(object.remove(data.owasp_llm, ["caps"]), {"caps": {}})
	of_uncapped := settings.problems with data.owasp_llm as uncapped
	count(of_uncapped) == 2
	without_leg := object.union(object.remove(data.owasp_llm, ["content"]), {"content": {"request": data.owasp_llm.content.request}})
	of_content := settings.problems with data.owasp_llm as without_leg
	count(of_content) == count(data.types.content)
}

test_a_pack_without_its_settings_is_a_problem if {
	problems := settings.problems with data.pci as false
	is_told(problems, "the settings of pci are missing")
	no_types := settings.problems with data.types as false
	is_told(no_types, "the settings of types are missing")
	no_content := settings.problems with data.types as object.union(data.types, {"content": true})
	is_told(no_content, "types.content must be a mapping")
	no_countries := settings.problems with data.jurisdictions as object.remove(data.jurisdictions, ["countries"])
	is_told(no_countries, "jurisdictions.countries is missing")
}

test_a_style_is_one_of_the_action_of_its_type if {
	is_told(personal_data({"styles": {"PERSON": "mask"}}), "personal_data.styles.PERSON is mask")
	is_told(personal_data({"styles": {"LOCATION": "realistic"}}), "personal_data.styles.LOCATION is realistic")
	is_told(personal_data({"actions": {"IBAN_CODE": "redact"}, "styles": {"IBAN_CODE": "realistic"}}), "personal_data.styles.IBAN_CODE")
	is_told(personal_data({"article_9": "redact", "styles": {"RELIGION": "realistic"}}), "personal_data.styles.RELIGION is realistic")
	personal_data({"styles": {"PERSON": "realistic", "IBAN_CODE": "realistic_valid", "RELIGION": "label"}}) == set()
	personal_data({"actions": {"IBAN_CODE": "redact"}, "article_9": "redact", "styles": {"IBAN_CODE": "mask", "RELIGION": "hash"}}) == set()
	personal_data({"default_action": "redact", "styles": {"EMAIL_ADDRESS": "generalise"}}) == set()
}

test_what_is_held_has_a_time_and_an_end if {
	every wrong in [{"milliseconds": -1}, {"milliseconds": "1"}, {"then": "wait"}, {"seconds": 1}] {
		some part, _ in wrong
		problems := settings.problems with data.ops as object.union(data.ops, {"hold": wrong})
		is_told(problems, sprintf("ops.hold.%s is no setting, or has a wrong value", [part]))
	}
	problems := settings.problems with data.ops as object.union(object.remove(data.ops, ["hold"]), {"hold": {"then": "pass"}})
	is_told(problems, "ops.hold.milliseconds is missing")
}
