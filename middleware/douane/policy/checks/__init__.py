# SPDX-License-Identifier: Apache-2.0
"""What `policy.check` looks for: one theme a file, each a function from the program to its problems."""

__all__: list[str] = []
