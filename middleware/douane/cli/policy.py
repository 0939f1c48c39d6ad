# SPDX-License-Identifier: Apache-2.0
"""`douane policy`: write, test, explain and roll out policies; each verb in a file of its own."""

import argparse
from typing import Any

from douane.cli import policy_build, policy_check, policy_diff, policy_eval, policy_explain, policy_test, policy_verify

__all__ = ["add"]

_POLICY = """\
examples:
  douane policy check                  find what is wrong with ./policies, else with those shipped
  douane policy test                   run their tests
  douane policy eval --prompt hello    what would be decided about a prompt, and why
  douane policy explain 3f0c1a52       why a logged decision was made
  douane policy diff policies next     what other policies would have decided about logged traffic
  douane policy build                  one archive, for douane and for any OPA; `verify` tells what such a one holds

`douane policy VERB --help` has more, and the exit codes. docs/policies.md is about writing and testing them.
"""


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    plain = argparse.RawDescriptionHelpFormatter
    policy = commands.add_parser("policy", help="write, test, explain and roll out policies", epilog=_POLICY, formatter_class=plain)
    verbs = policy.add_subparsers(required=True, metavar="VERB")
    for verb in (policy_check, policy_test, policy_eval, policy_explain, policy_diff, policy_build, policy_verify):
        verb.add(verbs)
