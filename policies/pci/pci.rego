# METADATA
# title: Payment cards
# description: Card numbers never leave and are never displayed; what proves that a card is at hand is refused. After PCI DSS 4.0.1.
# schemas:
# - input: schema["input.schema"]
package douane.pci

settings := data.pci

applies if not names_apps

applies if "*" in settings.apps

applies if input.principal.app in settings.apps

names_apps if is_array(settings.apps)

# METADATA
# title: A security code, a track or a PIN
# description: Sensitive authentication data must not be kept, not even encrypted. It is refused in requests and in answers, for every app.
# custom:
#   id: douane.pci.authentication_data
#   severity: critical
# related_resources:
# - ref: https://www.pcisecuritystandards.org/document_library/
violations contains violation if {
	found := sort(object.keys(input.counts) & {"CARD_SECURITY_CODE", "CARD_TRACK", "CARD_PIN"})
	found != []
	violation := {
		"id": "douane.pci.authentication_data",
		"kind": "content",
		"severity": "critical",
		"message": sprintf("sensitive authentication data of a payment card (%s); it is needed for no chat", [concat(", ", found)]),
		"refs": ["PCI DSS 3.3.1"],
	}
}

# METADATA
# title: A card number is refused
# description: The settings refuse requests of these apps that hold a card number.
# custom:
#   id: douane.pci.number_denied
#   severity: high
# related_resources:
# - ref: https://www.pcisecuritystandards.org/document_library/
violations contains violation if {
	input.leg == "request"
	input.counts.CREDIT_CARD > 0
	applies
	not settings.request == "redact"
	violation := {
		"id": "douane.pci.number_denied",
		"kind": "content",
		"severity": "high",
		"message": "the request holds a card number, and `pci.request` refuses that",
		"refs": ["PCI DSS 3.5.1"],
	}
}

# METADATA
# title: A card number is removed
# description: Removed for good before it leaves, not pseudonymised. Where `personal_data` asks for a surrogate too, removal wins.
# custom:
#   id: douane.pci.number
#   severity: info
# related_resources:
# - ref: https://www.pcisecuritystandards.org/document_library/
obligations contains obligation if {
	input.leg == "request"
	input.counts.CREDIT_CARD > 0
	applies
	obligation := {"kind": "redact", "types": ["CREDIT_CARD"], "rule": "douane.pci.number", "unknown_only": false}
}

default keeps_known := false

keeps_known if settings.answer == "redact_unknown"

# METADATA
# title: A card number is not displayed
# description: Removed from answers, also where the caller had sent it, unless the settings keep those.
# custom:
#   id: douane.pci.number_in_answer
#   severity: info
# related_resources:
# - ref: https://www.pcisecuritystandards.org/document_library/
obligations contains obligation if {
	input.leg == "response"
	input.counts.CREDIT_CARD > 0
	applies
	obligation := {
		"kind": "redact",
		"types": ["CREDIT_CARD"],
		"rule": "douane.pci.number_in_answer",
		"unknown_only": keeps_known,
	}
}
