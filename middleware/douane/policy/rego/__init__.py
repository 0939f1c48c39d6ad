# SPDX-License-Identifier: Apache-2.0
"""Rego as text: read into trees with places and METADATA."""
