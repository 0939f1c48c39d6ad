package douane.pci_test

import data.douane.pci

facts(leg, counts) := {"leg": leg, "counts": counts, "principal": {"app": "shop"}}

card := {"CREDIT_CARD": 1, "EMAIL_ADDRESS": 1}

ids(violations) := {violation.id | some violation in violations}

rules(obligations) := {[obligation.rule, obligation.types, obligation.unknown_only] | some obligation in obligations}

test_card_numbers_are_left_to_personal_data_for_other_apps if {
	every leg in ["request", "response"] {
		pci.violations == set() with input as facts(leg, card)
		pci.obligations == set() with input as facts(leg, card)
		pci.obligations == set() with input as facts(leg, card) with data.pci.apps as ["checkout"]
	}
}

test_a_card_number_of_these_apps_is_removed_for_good if {
	every apps in [["shop"], ["*"]] {
		rules(pci.obligations) == {["douane.pci.number", ["CREDIT_CARD"], false]} with input as facts("request", card) with data.pci.apps as apps
		pci.violations == set() with input as facts("request", card) with data.pci.apps as apps
	}
	pci.obligations == set() with input as facts("request", {"EMAIL_ADDRESS": 1}) with data.pci.apps as ["shop"]
}

test_a_request_with_a_card_number_can_be_refused if {
	every setting in ["deny", "mask", null] {
		ids(pci.violations) == {"douane.pci.number_denied"} with input as facts("request", card)
			with data.pci.apps as ["shop"]
			with data.pci.request as setting
	}
}

test_a_card_number_in_an_answer_is_removed_known_or_not if {
	rules(pci.obligations) == {["douane.pci.number_in_answer", ["CREDIT_CARD"], false]} with input as facts("response", card)
		with data.pci.apps as ["shop"]
	rules(pci.obligations) == {["douane.pci.number_in_answer", ["CREDIT_CARD"], true]} with input as facts("response", card)
		with data.pci.apps as ["shop"]
		with data.pci.answer as "redact_unknown"
	rules(pci.obligations) == {["douane.pci.number_in_answer", ["CREDIT_CARD"], false]} with input as facts("response", card)
		with data.pci as {"apps": ["shop"]}
}

test_what_proves_that_a_card_is_at_hand_is_refused_for_every_app if {
	every leg in ["request", "response"] {
		every type in ["CARD_SECURITY_CODE", "CARD_TRACK", "CARD_PIN"] {
			ids(pci.violations) == {"douane.pci.authentication_data"} with input as facts(leg, {type: 1})
		}
	}
}

test_missing_settings_are_about_every_app if {
	count(pci.obligations) == 1 with input as facts("request", card) with data.pci as {}
	ids(pci.violations) == {"douane.pci.number_denied"} with input as facts("request", card) with data.pci as {}
}
