# SPDX-License-Identifier: Apache-2.0
"""The decision log and whoever reads it."""
