# SPDX-License-Identifier: Apache-2.0
"""What stands for a value, and how it is known again when it comes back."""
