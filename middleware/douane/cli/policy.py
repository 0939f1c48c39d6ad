# SPDX-License-Identifier: Apache-2.0
"""`douane policy`: write, test, explain and roll out policies; each verb in a file of its own."""

from typing import Any

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    policy = commands.add_parser("policy", help="write, test, explain and roll out policies")
    policy.add_subparsers(required=True, metavar="VERB")
