# SPDX-License-Identifier: Apache-2.0
"""Policy-as-code guardrails between applications and language models.

Importing this package is cheap: no network, no file, no model. The names that an application needs are loaded on first use.
"""

__version__ = "0.1.0"
