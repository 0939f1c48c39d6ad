# SPDX-License-Identifier: Apache-2.0
"""Policies and the engines that evaluate them."""
