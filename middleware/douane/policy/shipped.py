# SPDX-License-Identifier: Apache-2.0
"""Where the policies are that came with this package."""

from pathlib import Path

__all__ = ["shipped_policies"]


def shipped_policies() -> Path:
    """The live folder of a checkout, else the copy in the wheel."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1] / "policies"
    return checkout if (checkout / "main.rego").is_file() else package / "_policies"
