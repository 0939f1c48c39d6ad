package douane.main

import data.douane.pack

# METADATA
# title: Nothing was decided
# custom: { id: douane.main.default, severity: critical }
default decision := {"verdict": "deny", "reasons": [{"id": "douane.main.default"}]}

decision := {"verdict": "deny", "reasons": pack.violations, "obligations": pack.obligations} if {
	input.leg == "request"
}
