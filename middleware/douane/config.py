# SPDX-License-Identifier: Apache-2.0
"""The composition root: reads `douane.yaml` and puts the concrete parts together. The only file that names them."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import structlog
import yaml
from pydantic import ValidationError

from douane import __version__
from douane.audit.log import SqliteLog
from douane.border import Border, Callers, Operators, Part, digest_of_key
from douane.decision import Policies as DecidingPolicies
from douane.errors import ConfigRejected
from douane.exchange import Destination, Principal
from douane.finding import Scanner
from douane.guard import Guard
from douane.inspection import Inspection
from douane.policy.bundles import bundle as bundles
from douane.policy.bundles.keys import KeyRing, verification_key
from douane.policy.bundles.settings_file import SettingsFile
from douane.policy.bundles.source import Source, source
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.engines.server import OpaServerEngine
from douane.policy.lease import Fixed
from douane.policy.live import Live
from douane.policy.names import strangers
from douane.policy.preflight import preflight
from douane.policy.rollout import Rollout, Share
from douane.policy.shipped import shipped_policies
from douane.record import DecisionLog
from douane.route import Endpoint, Routes
from douane.sections import LOOPBACK, BundleEntry, CallerEntry, Config, DestinationEntry, Policies, VaultEntry
from douane.status import PolicyStatus, Standing
from douane.surrogates.keys import EnvironmentKeys
from douane.surrogates.realistic import Realistic
from douane.surrogates.sqlite_store import SqliteStore
from douane.wire.body import BodyLimits

__all__ = ["compose", "environment", "fetched", "load", "overridden", "read", "validated"]

_B = TypeVar("_B", bound="BundleEntry")
_SHORTEST_KEY = 32
_log = structlog.get_logger("douane")


def read(path: Path) -> Config:
    """The configuration in a file; relative paths in it are relative to its folder. Raises `ConfigRejected`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigRejected(f"the configuration `{path}` cannot be read; name a file that exists") from cause
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise ConfigRejected(f"the configuration `{path}`{where} is not YAML; mend it there") from cause
    if not isinstance(value, dict):
        raise ConfigRejected(f"the configuration `{path}` is no mapping; begin with `destinations:`")
    config = validated(value, f"the configuration `{path}`")
    folder = path.resolve().parent
    policies = _placed(folder, config.policies)
    if policies.candidate is not None:
        policies = policies.model_copy(update={"candidate": _placed(folder, policies.candidate)})
    log = config.log.model_copy(update={"path": _inside(folder, config.log.path)})
    detectors = config.detectors
    if detectors.rules is not None:
        detectors = detectors.model_copy(update={"rules": _inside(folder, detectors.rules)})
    vault = config.vault
    if vault is not None:
        vault = vault.model_copy(update={"path": _inside(folder, vault.path)})
    return config.model_copy(update={"policies": policies, "log": log, "detectors": detectors, "vault": vault})


def validated(value: object, source: str) -> Config:
    """A configuration from what `source` says. Raises `ConfigRejected`."""
    try:
        return Config.model_validate(value)
    except ValidationError as cause:
        lines = [_mended(error["loc"], error["type"], error["msg"]) for error in cause.errors(include_input=False, include_url=False)]
        raise ConfigRejected(f"{source} is wrong:\n  " + "\n  ".join(lines)) from None


def _placed(folder: Path, entry: _B) -> _B:
    """The entry with its paths relative to the folder."""
    keys = {id_: key.model_copy(update={"file": _inside(folder, key.file)}) for id_, key in entry.keys.items()}
    paths = {
        name: _inside(folder, path) for name in ("path", "persist", "ca", "settings_file") if (path := getattr(entry, name)) is not None
    }
    return entry.model_copy(update={"keys": keys, **paths})


def _inside(folder: Path, path: Path) -> Path:
    return Path(os.path.normpath(folder / path))


def _mended(location: Sequence[str | int], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in location) or "all of it"
    if kind == "string_pattern_mismatch" and str(location[-1]) in {"seat", "controller"} | set("0123456789"):
        return f"`{where}`: must be two capital letters of ISO 3166-1, such as FR, or UNKNOWN"
    if kind == "extra_forbidden" and str(location[-1]).lower() in {"api_key", "key", "token", "secret", "password"}:
        return f"`{where}`: a secret does not stand in this file; put it into the environment and its name into `key_env`"
    if kind == "extra_forbidden":
        return f"`{where}`: unknown key; see docs/configuration.md for those there are"
    return f"`{where}`: {message.removeprefix('Value error, ')}"


def environment() -> Mapping[str, str]:
    """Where keys come from: the environment of the process."""
    return os.environ


def load(path: str | Path) -> Border:
    """Read a configuration and compose the border. Nothing is started yet. Raises what `compose` raises."""
    return compose(read(Path(path)), environment())


def compose(config: Config, environment: Mapping[str, str]) -> Border:
    """The concrete parts of a configuration, put together.

    Raises `ConfigRejected`, `BundleRejected`, `LogUnavailable`, `VaultUnavailable`.
    """
    destinations = {entry.id: entry for entry in config.destinations}
    endpoints = {id_: Endpoint(e.base_url, _secret(e.key_env, f"destinations.{id_}", environment)) for id_, e in destinations.items()}
    models = {
        model: tuple(_destination(destinations[route.destination], route.model or model) for route in routes)
        for model, routes in config.models.items()
    }
    callers = _callers(config.callers, environment)
    labels = {"app": "douane", "version": __version__, "origin": config.log.origin}

    def rehearse(policies: DecidingPolicies) -> None:
        border.rehearse(policies)

    inspection = Inspection(config.detectors)
    key = _surrogate_key(config.surrogate_key_env, environment)
    operators = _operators(config, callers, environment)
    maker = Realistic() if config.realistic_surrogates else None
    with ExitStack() as refused:  # what is refused from here on leaves no file open
        log = SqliteLog(config.log.path)
        refused.callback(log.close)
        store = _store(config.vault, environment)
        if store is not None:
            refused.callback(store.close)
        policies, policy_part, standing = _policies(config.policies, environment, log, labels, rehearse, _names(config), inspection)
        refused.pop_all()
    guard = Guard(
        scanner=inspection.scanner,
        policies=policies,
        log=log,
        key=key,
        vocabulary=frozenset(models) | frozenset(config.tools),
        labels=labels,
        store=store,
        maker=maker,
    )
    limits = config.limits
    border = Border(
        guard=guard,
        routes=Routes(models, endpoints),
        callers=callers,
        limits=BodyLimits(limits.request_bytes, limits.depth, limits.leaves),
        answer_limits=BodyLimits(limits.response_bytes, limits.depth, limits.leaves),
        origin=config.log.origin,
        operators=operators,
        keeps_conversations=store is not None,
        parts=(
            Part("log", lambda: None, log.is_writable, log.close),
            *inspection.parts,
            policy_part,
            *(() if store is None else (Part("vault", lambda: None, lambda: True, store.close),)),
        ),
        executor=ThreadPoolExecutor(limits.threads, thread_name_prefix="douane"),
        standing=standing,
    )
    return border


def _store(entry: VaultEntry | None, environment: Mapping[str, str]) -> SqliteStore | None:
    """The store of surrogates, without what is older than `keep_days`. Raises `ConfigRejected`, `VaultUnavailable`."""
    if entry is None:
        return None
    entry.path.parent.mkdir(parents=True, exist_ok=True)
    store = SqliteStore(entry.path, EnvironmentKeys(environment, entry.key_envs))
    try:
        store.expire(datetime.now(UTC).date() - timedelta(days=entry.keep_days))
    except BaseException:
        store.close()
        raise
    return store


def overridden(bundle: bundles.Bundle, entry: BundleEntry) -> bundles.Bundle:
    """The bundle under the settings of a section, those in its file as they are now included. Raises `BundleRejected`."""
    fetched = None if entry.settings_file is None else SettingsFile(entry.settings_file).fetch(None)
    return _merged(bundle, entry.settings, {} if fetched is None else fetched[0])


def fetched(entry: BundleEntry, environment: Mapping[str, str]) -> bundles.Bundle:
    """The policies of a section with their settings, as a gateway would load them now. Raises `BundleRejected`, `SourceUnreachable`."""
    found = _source(entry, "policies", environment).fetch(None)
    assert found is not None  # nothing is known yet, so whatever there is is news
    return overridden(found.bundle, entry)


def _merged(bundle: bundles.Bundle, *settings: Mapping[str, object]) -> bundles.Bundle:
    for part in settings:
        bundle = bundles.override(bundle, part) if part else bundle
    return bundle


def _policies(
    entry: Policies,
    environment: Mapping[str, str],
    log: DecisionLog,
    labels: Mapping[str, str],
    rehearse: Callable[[DecidingPolicies], None],
    names: Mapping[str, AbstractSet[str]],
    inspection: Inspection,
) -> tuple[DecidingPolicies, Part, Callable[[], Standing]]:
    deadline, memory = entry.deadline_ms / 1000, entry.memory_mb * 2**20
    if entry.engine == "opa":
        if entry.settings or entry.settings_file is not None:
            raise ConfigRejected("settings cannot reach an OPA server; build its bundle with `douane policy build --settings FILE`")
        engine = OpaServerEngine(entry.opa_url, deadline=deadline)
        part = Part("policy", engine.start, engine.is_ready, engine.close)
        return Fixed(engine), part, lambda: Standing((PolicyStatus("active", engine.revision, "", "", "", "", 0, 0),))

    def live(name: str, where: BundleEntry) -> Live:
        # The candidate's are merged last: what holds for the active policies, the panic switch above all, holds for it too.
        own = {} if where is entry else where.settings

        def build(bundle: bundles.Bundle, settings: Mapping[str, object]) -> tuple[EmbeddedEngine, Scanner]:
            bundle = _merged(bundle, entry.settings, settings, own)
            for notice in strangers(bundle.data, names):
                _log.warning("policies_notice", policies=name, notice=notice)
            return EmbeddedEngine(bundle, deadline=deadline, memory_bytes=memory), inspection.with_policies(bundle.data)

        origin = _source(where, f"policies.{name}" if name == "candidate" else "policies", environment)
        settings = None if entry.settings_file is None else SettingsFile(entry.settings_file)
        return Live(name, origin, settings=settings, build=build, preflight=preflight, rehearse=rehearse, period=entry.reload_seconds)

    active = live("active", entry)
    if entry.candidate is None:
        return active, Part("policy", active.start, active.is_ready, active.close), lambda: Standing((active.status(),))
    candidate = live("candidate", entry.candidate)
    share = Share(frozenset(entry.candidate.tenants), entry.candidate.share, entry.candidate.share_of)
    rollout = Rollout(active, candidate, share, log, labels=labels)
    part = Part("policy", rollout.start, rollout.is_ready, rollout.close)
    return rollout, part, lambda: Standing((active.status(), candidate.status()), rollout.comparison)


def _names(config: Config) -> Mapping[str, AbstractSet[str]]:
    """What a panic switch may name."""
    models = {route.model or model for model, routes in config.models.items() for route in routes}
    return {
        "operators": {entry.operator for entry in config.destinations},
        "models": models | set(config.models),
        "destinations": {entry.id for entry in config.destinations},
    }


def _source(entry: BundleEntry, where: str, environment: Mapping[str, str]) -> Source:
    keys = {id_: verification_key(key.file, key.algorithm, scope=key.scope) for id_, key in entry.keys.items()}
    if entry.path is not None and not entry.path.exists():
        raise ConfigRejected(
            f"`{where}.path` names `{entry.path}`, which is not there; name a folder with `main.rego`, or a bundle archive"
        )
    token = None if entry.token_env is None else _secret(entry.token_env, f"{where}.token_env", environment)
    return source(
        entry.url or entry.path or shipped_policies(),
        keys=KeyRing(keys) if keys else None,
        token=token,
        ca=entry.ca,
        persist=entry.persist,
        wait=entry.wait_seconds,
    )


def _destination(entry: DestinationEntry, model: str) -> Destination:
    return Destination(
        id=entry.id,
        model=model,
        operator=entry.operator,
        seat=entry.seat,
        controller=entry.controller,
        inference=entry.inference,
        storage=entry.storage,
        retention_days=entry.retention_days,
        training=entry.training,
        verified_at="" if entry.verified_at is None else entry.verified_at.isoformat(),
        source=entry.source,
        transfer_basis=entry.transfer_basis,
    )


def _callers(entries: Sequence[CallerEntry], environment: Mapping[str, str]) -> Callers:
    by_digest: dict[bytes, Principal] = {}
    anonymous: Principal | None = None
    for entry in entries:
        principal = Principal(entry.tenant, entry.app, entry.purpose, entry.groups, labels=entry.labels)
        if entry.key_env is None:
            anonymous = principal
            continue
        digest = digest_of_key(_secret(entry.key_env, f"callers.{entry.app}", environment))
        if digest in by_digest:
            raise ConfigRejected(f"`{entry.key_env}` holds the key of another caller too; give each a key of its own")
        by_digest[digest] = principal
    return Callers(by_digest, anonymous)


def _operators(config: Config, callers: Callers, environment: Mapping[str, str]) -> Operators:
    if config.operator_key_env is not None:
        digest = digest_of_key(_secret(config.operator_key_env, "operator_key_env", environment))
        if digest in callers.by_digest:
            raise ConfigRejected(f"`{config.operator_key_env}` holds the key of a caller; give operators one of their own")
        return Operators(digest)
    return Operators(None, anyone=config.listen.host in LOOPBACK)


def _secret(name: str | None, where: str, environment: Mapping[str, str]) -> str:
    if name is None:
        return ""
    value = environment.get(name, "")
    if not value:
        raise ConfigRejected(f"`{where}` needs the environment variable `{name}`, which is not set; export it and start again")
    return value


def _surrogate_key(name: str | None, environment: Mapping[str, str]) -> bytes:
    if name is None:
        # Surrogates then stay the same for a conversation as long as this process lives.
        return secrets.token_bytes(32)
    key = _secret(name, "surrogate_key_env", environment).encode()
    if len(key) < _SHORTEST_KEY:
        raise ConfigRejected(
            f"`{name}` holds fewer than {_SHORTEST_KEY} bytes, which could be guessed; make it with `openssl rand -hex 32`"
        )
    return key
