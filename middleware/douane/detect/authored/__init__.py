# SPDX-License-Identifier: Apache-2.0
"""Detectors that authors of policies add as data."""
