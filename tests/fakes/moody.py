# SPDX-License-Identifier: Apache-2.0
"""Policies whose behaviour their data chooses: to deny, to ask for what cannot be done, never to end."""

import json
from pathlib import Path

__all__ = ["moody"]

_MOODY = """\
package douane.main

# METADATA
# title: Everything is denied
# description: A test says so.
# related_resources:
# - ref: https://example.org/mood
# custom: { id: douane.main.denied, severity: high }
reasons contains {"id": "douane.main.denied", "kind": "content", "severity": "high", "message": "a test says no", "refs": []} if {
	data.mood.deny
}

verdict := "deny" if count(reasons) > 0 else := "allow"

# METADATA
# title: A member that cannot be set
# description: There is no such member.
# related_resources:
# - ref: https://example.org/mood
# custom: { id: douane.main.impossible, severity: info }
obligations contains {"kind": "set", "pointer": "/nowhere/at/all", "value": 1, "rule": "douane.main.impossible"} if {
	input.exchange.model == "small"
	data.mood.impossible
}

endless if {
	data.mood.endless
	input.exchange.characters > 0
	count([1 | some a in numbers.range(1, 4000); some b in numbers.range(1, 4000); some c in numbers.range(1, 4000); a + b + c > 0]) > 0
}

decision := {
	"verdict": verdict,
	"obligations": [obligation | some obligation in obligations],
	"reasons": [reason | some reason in reasons],
	"permitted": [candidate.id | some candidate in input.candidates],
	"rejections": [],
} if {
	not endless
}
"""


def moody(folder: Path, **mood: bool) -> Path:
    """A folder of policies with this mood: `deny`, `impossible` (for the model `small`), `endless` (for whatever has a character)."""
    policies = folder / "-".join(["rules", *mood])
    (policies / "mood").mkdir(parents=True, exist_ok=True)
    (policies / "main.rego").write_text(_MOODY)
    (policies / "mood" / "data.json").write_text(json.dumps({"deny": False, "impossible": False, "endless": False, **mood}))
    return policies
