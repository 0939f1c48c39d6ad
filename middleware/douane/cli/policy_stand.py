# SPDX-License-Identifier: Apache-2.0
"""What `douane policy eval` and `explain` stand on: a configuration, its policies, and the gateway's parts without its log."""

import argparse
import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.errors import ConfigRejected

if TYPE_CHECKING:
    from douane.border import Border
    from douane.guard import Guard
    from douane.policy.bundles.bundle import Bundle
    from douane.policy.explaining.explain import Explainer
    from douane.record import DecisionRecord
    from douane.sections import Config

__all__ = ["MODEL", "Stand", "add_engine", "built_in", "configured", "country_of", "explainer", "rehearsing"]

MODEL = "any"
"""What the built-in stand calls the model, whatever a saved request asks for."""

_COUNTRY = re.compile(r"[A-Z]{2}|UNKNOWN")
_FACTS = {"base_url": "http://127.0.0.1:9/v1", "operator": "example", "retention_days": 0, "training": "never"}
_PATIENCE = 20
"""An explanation evaluates more than a decision does, perhaps on a busy machine: it may take this many times a decision's deadline."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A configuration with its policies; `is_built_in` where no file was named."""

    config: "Config"
    bundle: "Bundle"
    is_built_in: bool

    @property
    def source(self) -> str:
        """Where the policies are: a folder or archive as one would write it from here, or a URL."""
        from douane.policy.shipped import shipped_policies

        policies = self.config.policies
        if policies.url is not None:
            return policies.url
        path = str(policies.path or shipped_policies())
        near = os.path.relpath(path)
        return path if near.startswith("..") else near

    @property
    def root(self) -> str | None:
        """The folder that the modules' paths are relative to, where there is one."""
        return self.source if os.path.isdir(self.source) else None


def add_engine(verb: argparse.ArgumentParser) -> None:
    """Options that say what decides."""
    verb.add_argument("--policies", type=Path, metavar="PATH", help="decide by these instead of the configuration's, or the shipped ones")
    verb.add_argument("--engine", choices=("embedded", "opa"), help="default: the configuration's, else embedded")
    verb.add_argument(
        "--opa-url", metavar="URL", help="the OPA server for --engine opa (default: the configuration's, or http://127.0.0.1:8181)"
    )


def built_in(*, tenant: str = "example", app: str = "example", model: str = MODEL, country: str | None = None) -> "Config":
    """A configuration of one caller and two destinations, in the EU and in the US, or of one in a country. Raises `ConfigRejected`."""
    from douane import config as configuration

    countries = {"us": "US", "eu": "FR"} if country is None else {country.lower(): country}
    destinations = [
        {"id": id_, "seat": code, "controller": code, "inference": [code], "storage": [code], **_FACTS} for id_, code in countries.items()
    ]
    routes = {model: [{"destination": id_} for id_ in countries]}
    callers = [{"tenant": tenant, "app": app}]
    return configuration.validated({"callers": callers, "destinations": destinations, "models": routes}, "the command line")


def country_of(destination: str | None) -> str | None:
    """The country that `--destination FR` describes; None for what is an id, or nothing."""
    return destination if destination is not None and _COUNTRY.fullmatch(destination) else None


def configured(options: argparse.Namespace, config: "Config | None" = None) -> Stand:
    """The configuration that the options name, or this one where they name none, with what they change in it.

    Raises `ConfigRejected` and `BundleRejected`.
    """
    from douane import config as configuration
    from douane.sections import Policies

    path = getattr(options, "config", None)
    settled = configuration.read(path) if path is not None else config if config is not None else built_in()
    policies = settled.policies
    if options.policies is not None:
        kept = {name: getattr(policies, name) for name in ("engine", "opa_url", "deadline_ms", "memory_mb", "settings", "settings_file")}
        policies = Policies(**kept).model_copy(update={"path": options.policies})
    # Only what decides: no candidate beside it, no look for news, no copy for the next start.
    changes: dict[str, Any] = {"candidate": None, "reload_seconds": 0.0, "persist": None}
    changes |= {name: value for name in ("engine", "opa_url") if (value := getattr(options, name)) is not None}
    policies = policies.model_copy(update=changes)
    if options.opa_url is not None and policies.engine != "opa":
        raise ConfigRejected("`--opa-url` is where `--engine opa` asks; add that")
    if policies.engine == "opa" and (policies.settings or policies.settings_file is not None):
        raise ConfigRejected("settings cannot reach an OPA server; build its bundle with `douane policy build --settings FILE`")
    bundle = configuration.fetched(policies, configuration.environment())
    return Stand(settled.model_copy(update={"policies": policies}), bundle, path is None)


def explainer(stand: Stand) -> "contextlib.closing[Explainer]":
    """Whoever explains what these policies decide, for a `with`."""
    from douane.policy.explaining.explain import Explainer

    policies, bundle = stand.config.policies, stand.bundle
    deadline = max(1.0, _PATIENCE * policies.deadline_ms / 1000)
    return contextlib.closing(Explainer(bundle.modules, bundle.data, deadline=deadline, memory_bytes=policies.memory_mb * 2**20))


class _Keys(Mapping[str, str]):
    """The environment with a placeholder for every key that is not there: nothing is sent, so no key of anybody's is needed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> str:
        return self._environment.get(name) or f"a placeholder for the key that {name} would hold"

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


class _Kept:
    """A log that keeps its records for as long as it is asked: nothing of a rehearsal is for good."""

    def __init__(self) -> None:
        self.records: list[DecisionRecord] = []

    def append(self, record: "DecisionRecord") -> int:
        """See `DecisionLog`."""
        self.records.append(record)
        return len(self.records) - 1

    def close(self) -> None:
        """See `DecisionLog`."""


@contextlib.contextmanager
def rehearsing(stand: Stand) -> "Iterator[tuple[Border, Guard, list[DecisionRecord]]]":
    """The gateway's parts as it would compose them, a guard of them that is running, and the records that this guard would have left.

    The policies are taken as they are, whether or not the gateway would load them. Raises `ConfigRejected` and `BundleRejected`.
    """
    from douane import config as configuration
    from douane.guard import Guard
    from douane.inspection import Inspection
    from douane.policy.engines.embedded import EmbeddedEngine
    from douane.policy.engines.server import OpaServerEngine
    from douane.policy.lease import Fixed

    config, policies = stand.config, stand.config.policies
    kept = _Kept()
    with tempfile.TemporaryDirectory(prefix="douane-eval-") as folder, contextlib.ExitStack() as stack:
        unused = type(config.log)(path=Path(folder) / "unused.sqlite")  # a border without a log cannot be composed
        border = configuration.compose(config.model_copy(update={"log": unused}), _Keys(configuration.environment()))
        stack.callback(border.close)
        inspection = Inspection(config.detectors)
        for part in inspection.parts:
            stack.callback(part.close)
            part.start()
        scanner = inspection.scanner
        deadline = policies.deadline_ms / 1000
        engine: EmbeddedEngine | OpaServerEngine
        if policies.engine == "opa":
            engine = OpaServerEngine(policies.opa_url, deadline=deadline)
        else:
            scanner = inspection.with_policies(stand.bundle.data)
            engine = EmbeddedEngine(stand.bundle, deadline=deadline, memory_bytes=policies.memory_mb * 2**20)
        stack.callback(engine.close)
        engine.start()
        border.rehearse(Fixed(engine))
        guard = Guard(
            scanner=scanner,
            policies=Fixed(engine),
            log=kept,
            key=secrets.token_bytes(32),
            vocabulary=frozenset(config.models) | frozenset(config.tools),
        )
        yield border, guard, kept.records
