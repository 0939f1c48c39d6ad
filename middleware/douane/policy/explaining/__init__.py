# SPDX-License-Identifier: Apache-2.0
"""Why a decision fell: which rules fired, and why others did not."""
