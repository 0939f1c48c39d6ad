# SPDX-License-Identifier: Apache-2.0
"""A panic switch for a name that nothing bears is told."""

import json

from douane.policy.names import strangers

KNOWN = {"operators": {"Example AI"}, "models": {"small"}, "destinations": {"paris"}}


def test_a_name_that_the_configuration_does_not_have_is_told_whatever_its_case() -> None:
    data = {"ops": {"panic_for": {"operators": [" example ai", "Exmaple AI"], "models": ["small"], "destinations": ["rome"]}}}
    told = strangers(json.dumps(data), KNOWN)
    assert [notice.split("`")[1] for notice in told] == ["rome", "Exmaple AI"]


def test_settings_without_switches_are_quiet() -> None:
    assert strangers("{}", KNOWN) == ()
    assert strangers('{"ops": {"panic_for": null}}', KNOWN) == ()
