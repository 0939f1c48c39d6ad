# SPDX-License-Identifier: Apache-2.0
"""Names in settings that nothing bears: a panic switch for an operator whose name is misspelt would stop nobody."""

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

__all__ = ["strangers"]


def strangers(data: str, known: Mapping[str, AbstractSet[str]]) -> tuple[str, ...]:
    """Names under `ops.panic_for` that the configuration does not have; `known` are its `operators`, `models` and `destinations`.

    `data` is that of a bundle, JSON text. Case and spaces around do not matter, as in the rule.
    """
    switches = (json.loads(data).get("ops") or {}).get("panic_for") or {}
    return tuple(
        f"ops.panic_for.{kind} names `{name}`, which the configuration does not have, so it stops nothing"
        for kind, names in sorted(switches.items())
        if kind in known and isinstance(names, list)
        for name in names
        if str(name).strip().lower() not in {one.strip().lower() for one in known[kind]}
    )
