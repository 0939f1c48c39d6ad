# SPDX-License-Identifier: Apache-2.0
"""Bundles: read, checked, built, signed, fetched."""
