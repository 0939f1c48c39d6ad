# SPDX-License-Identifier: Apache-2.0
"""Presidio as a host: its recognisers and its engines as detectors, and ours as recognisers of it."""
