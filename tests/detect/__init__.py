# SPDX-License-Identifier: Apache-2.0
"""Tests of the detectors. A package, since `benchmarks` holds a module of the same name."""
