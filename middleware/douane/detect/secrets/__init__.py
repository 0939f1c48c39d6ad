# SPDX-License-Identifier: Apache-2.0
"""Credentials: what opens something."""
