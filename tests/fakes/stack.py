# SPDX-License-Identifier: Apache-2.0
"""The real gateway with real parts, composed from a configuration as `douane serve` does it, in front of fake endpoints."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from douane import config as configuration
from douane.audit.log import read
from douane.gateway import gateway
from fakes.serve import served
from fakes.upstream import FakeUpstream, fake_upstream

__all__ = ["Stack", "settings", "stack"]

FACTS = {"operator": "Demo", "retention_days": 0, "training": "never", "verified_at": "2026-11-01"}


@dataclass(slots=True)
class Stack:
    """A running gateway: its base URL, its endpoints, its log."""

    url: str
    paris: FakeUpstream
    virginia: FakeUpstream
    log: Path

    @property
    def base(self) -> str:
        """What a client is given as `base_url`."""
        return f"{self.url}/v1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The records so far."""
        return [dict(event) for event in read(self.log)]

    @property
    def kinds(self) -> list[str]:
        """What kinds of records there are."""
        return [event["custom"]["kind"] for event in self.events]

    @property
    def held(self) -> str:
        """Every byte that the log keeps, its write-ahead file included."""
        return "".join(path.read_bytes().decode("latin-1") for path in self.log.parent.glob(self.log.name + "*"))


def settings(folder: Path, paris: str, virginia: str, *, keyed: bool = False, **changes: Any) -> Path:
    """A configuration: `assistant` prefers Virginia and may go to Paris, `small` is in Paris alone, `frontier` in Virginia alone."""
    value: dict[str, Any] = {
        "log": {"path": str(folder / "decisions.sqlite"), "origin": "test.local"},
        "callers": [{"tenant": "acme", "app": "letters"}],
        "destinations": [
            {"id": "paris", "base_url": paris, "seat": "FR", "controller": "FR", "inference": ["FR"], "storage": ["FR"], **FACTS},
            {"id": "virginia", "base_url": virginia, "seat": "US", "controller": "US", "inference": ["US"], "storage": ["US"], **FACTS},
        ],
        "models": {
            "small": [{"destination": "paris", "model": "small-paris"}],
            "assistant": [
                {"destination": "virginia", "model": "large-virginia"},
                {"destination": "paris", "model": "small-paris"},
            ],
            "frontier": [{"destination": "virginia", "model": "large-virginia"}],
        },
        "tools": ["send_letter"],
        "policies": {"deadline_ms": 5000},
        "limits": {"connect_seconds": 2, "idle_seconds": 1},
    }
    if keyed:
        value["callers"][0]["key_env"] = "APP_KEY"
        value["destinations"][0]["key_env"] = "PARIS_KEY"
    for name, part in changes.items():
        both = {**value[name], **part} if isinstance(part, dict) and isinstance(value.get(name), dict) else part
        value[name] = {key: item for key, item in both.items() if item is not None} if isinstance(both, dict) else both
    path = folder / "douane.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False))
    return path


@contextlib.contextmanager
def stack(folder: Path, **changes: Any) -> Iterator[Stack]:
    """A gateway that serves on loopback while the block runs."""
    with fake_upstream() as paris, fake_upstream() as virginia:
        config = configuration.read(settings(folder, paris.url, virginia.url, **changes))
        keys = {
            "PARIS_KEY": "key-of-paris",
            "APP_KEY": "key-of-the-app",
            "OTHER_KEY": "key-of-another",
            "SECOND_KEY": "key-of-the-second-app",
            "SURROGATE_KEY": "k" * 32,
        }
        border = configuration.compose(config, {**keys, "VAULT_KEY": hashlib.sha256(b"a test").hexdigest()})
        app = gateway(border, connect=config.limits.connect_seconds, idle=config.limits.idle_seconds)
        with served(app) as url:
            yield Stack(url, paris, virginia, config.log.path)
