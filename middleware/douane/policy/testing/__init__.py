# SPDX-License-Identifier: Apache-2.0
"""Tests of policies, as `opa test` runs them."""
