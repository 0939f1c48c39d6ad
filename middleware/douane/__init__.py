# SPDX-License-Identifier: Apache-2.0
"""Policy-as-code guardrails between applications and language models.

    from douane import GuardMiddleware, load

    app.add_middleware(GuardMiddleware, border=load("douane.yaml"))

Importing this package is cheap: no network, no file, no model. The names that an application needs are loaded on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from douane.asgi import GuardMiddleware, Passage
    from douane.config import load

__all__ = ["GuardMiddleware", "Passage", "__version__", "load"]

__version__ = "0.1.0"

_HOMES = {"GuardMiddleware": "douane.asgi", "Passage": "douane.asgi", "load": "douane.config"}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `douane` has no `{name}`")
    from importlib import import_module

    return getattr(import_module(home), name)
