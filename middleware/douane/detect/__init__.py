# SPDX-License-Identifier: Apache-2.0
"""Detectors: what is in a text, and where."""
