# SPDX-License-Identifier: Apache-2.0
"""Vendors' formats: what is in a body, and how it is rewritten."""
