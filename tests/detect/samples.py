# SPDX-License-Identifier: Apache-2.0
"""Synthetic values that pass their checksums, made from templates: `#` is any digit, `@` any capital letter."""

import importlib
import random
import re
from functools import cache
from string import ascii_uppercase, digits

__all__ = ["CARDS", "IBANS", "LETTERED_SAMPLES", "PLAIN_SAMPLES", "SECRET_SAMPLES", "invalid", "sample"]
