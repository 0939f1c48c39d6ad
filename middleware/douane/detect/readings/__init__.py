# SPDX-License-Identifier: Apache-2.0
"""The ways in which a text may be read, each with an exact map back."""
