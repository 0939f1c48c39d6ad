# SPDX-License-Identifier: Apache-2.0
"""The composition root: reads `douane.yaml` and puts the concrete parts together. The only file that names them."""

import os
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from douane import __version__
from douane.audit.log import SqliteLog
from douane.border import Border, Callers, Part, digest_of_key
from douane.detect.identifiers import Identifiers
from douane.detect.presidio import DEFAULT as PRESIDIO_DEFAULT
from douane.detect.presidio import PresidioPatterns
from douane.detect.scan import Scan
from douane.detect.secrets import Secrets
from douane.errors import ConfigRejected
from douane.exchange import Destination, Principal
from douane.finding import Detector
from douane.guard import Guard
from douane.policy import bundle as bundles
from douane.policy.embedded import EmbeddedEngine
from douane.policy.server import OpaServerEngine
from douane.route import Endpoint, Routes
from douane.wire.body import BodyLimits

__all__ = [
    "CallerEntry",
    "Config",
    "DestinationEntry",
    "DetectorEntry",
    "Limits",
    "Listen",
    "Log",
    "Policies",
    "RouteEntry",
    "compose",
    "environment",
    "load",
    "read",
    "shipped_policies",
    "validated",
]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
_Country = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|UNKNOWN)$")]
_EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_SHORTEST_KEY = 32
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(_Section):
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class Policies(_Section):
    """Which engine decides by which policies. `settings` are merged over the data of the bundle, pack by pack."""

    @model_validator(mode="after")
    def _is_one_engines(self) -> "Policies":
        if self.engine == "opa" and self.path is not None:
            raise ValueError("`path` is for the embedded engine; an OPA server decides by the policies that it was started with")
        return self

    path: Path | None = None
    engine: Literal["embedded", "opa"] = "embedded"
    opa_url: str = "http://127.0.0.1:8181"
    deadline_ms: int = Field(default=250, ge=10, le=60_000)
    memory_mb: int = Field(default=1024, ge=128)
    settings: dict[str, object] = Field(default_factory=dict)


class Log(_Section):
    """The decision log. `origin` names it in receipts: a name without spaces, unique to this gateway."""

    path: Path = Path("var/decisions.sqlite")
    origin: _Name = "douane.local"


class CallerEntry(_Section):
    """Who may ask. The API key is in the environment variable `key_env`; without it the entry is who asks with no known key."""

    tenant: _Name
    app: _Name
    key_env: _EnvName | None = None
    purpose: str = ""
    groups: tuple[str, ...] = ()


class DestinationEntry(_Section):
    """An endpoint and its declared facts; see `Destination` for what each means. What is left out is unknown, and satisfies nothing."""

    id: _Name
    base_url: str
    key_env: _EnvName | None = None
    operator: str = "unknown"
    seat: _Country = "UNKNOWN"
    controller: _Country = "UNKNOWN"
    inference: tuple[_Country, ...] = ("UNKNOWN",)
    storage: tuple[_Country, ...] = ("UNKNOWN",)
    retention_days: int | None = Field(default=None, ge=0)
    training: Literal["never", "opt_out", "opt_in", "forced", "unknown"] = "unknown"
    verified_at: date | None = None
    source: str = ""

    @field_validator("seat", "controller", "inference", "storage", mode="before")
    @classmethod
    def _is_no_boolean(cls, value: object) -> object:
        if value is False or (isinstance(value, list) and False in value):
            raise ValueError('YAML reads NO without quotes as false; write "NO" for Norway')
        return value

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or "@" in value or "?" in value:
            raise ValueError("must be an http(s) URL without credentials and query, such as https://api.example.eu/v1")
        return value.rstrip("/")


class RouteEntry(_Section):
    """One candidate of a model: a destination, and what it calls the model there."""

    destination: _Name
    model: _Name | None = None


class DetectorEntry(_Section):
    """Which detectors look. `regions` are the countries whose national phone formats are understood."""

    presidio: bool = True
    # Spelt as Presidio spells it. Above half a minute Presidio's own time-out would skip a pattern in silence.
    presidio_recognizers: tuple[str, ...] = PRESIDIO_DEFAULT
    presidio_deadline_ms: int = Field(default=2000, ge=100, le=30_000)
    regions: tuple[str, ...] = ("FR", "DE", "GB", "ES", "IT", "NL", "BE", "PL", "PT", "AT", "CH", "IE", "LU", "SE", "US")


class Limits(_Section):
    """Sizes in bytes, times in seconds. Whatever is over a limit is refused, never cut."""

    request_bytes: int = Field(default=8 * 2**20, ge=1024)
    response_bytes: int = Field(default=32 * 2**20, ge=1024)
    depth: int = Field(default=64, ge=4, le=400)
    leaves: int = Field(default=50_000, ge=100)
    connect_seconds: float = Field(default=5.0, gt=0)
    idle_seconds: float = Field(default=120.0, gt=0)
    threads: int = Field(default=16, ge=1, le=256)


class Config(_Section):
    """`douane.yaml`. Keys of upstreams and callers are named here and read from the environment, never written here."""

    listen: Listen = Listen()
    policies: Policies = Policies()
    log: Log = Log()
    callers: tuple[CallerEntry, ...] = ()
    destinations: tuple[DestinationEntry, ...]
    models: dict[_Name, tuple[RouteEntry, ...]] = Field(min_length=1)
    tools: tuple[str, ...] = ()
    detectors: DetectorEntry = DetectorEntry()
    limits: Limits = Limits()
    surrogate_key_env: _EnvName | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Config":
        ids = [entry.id for entry in self.destinations]
        if len(ids) != len(set(ids)):
            raise ValueError("`destinations` holds the same id twice")
        for model, routes in self.models.items():
            for route in routes:
                if route.destination not in ids:
                    raise ValueError(f"`models.{model}` names the destination `{route.destination}`, which `destinations` does not hold")
            if len({route.destination for route in routes}) != len(routes):
                raise ValueError(f"`models.{model}` names a destination twice")
        anonymous = [caller for caller in self.callers if caller.key_env is None]
        if len(anonymous) > 1:
            raise ValueError("`callers` holds more than one entry without `key_env`; at most one may ask without a key")
        if anonymous and self.listen.host not in _LOOPBACK:
            raise ValueError(f"`listen.host` is `{self.listen.host}` and a caller has no `key_env`; off loopback everyone needs a key")
        if not self.callers:
            raise ValueError("`callers` is empty, so nobody may ask; add one with `tenant`, `app` and `key_env`")
        return self


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
    policies = config.policies
    if policies.path is not None:
        policies = policies.model_copy(update={"path": _inside(folder, policies.path)})
    log = config.log.model_copy(update={"path": _inside(folder, config.log.path)})
    return config.model_copy(update={"policies": policies, "log": log})


def validated(value: object, source: str) -> Config:
    """A configuration from what `source` says. Raises `ConfigRejected`."""
    try:
        return Config.model_validate(value)
    except ValidationError as cause:
        lines = [_mended(error["loc"], error["type"], error["msg"]) for error in cause.errors(include_input=False, include_url=False)]
        raise ConfigRejected(f"{source} is wrong:\n  " + "\n  ".join(lines)) from None


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


def shipped_policies() -> Path:
    """The policies that came with this package: the live folder of a checkout, else the copy in the wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent / "policies"
    return checkout if (checkout / "main.rego").is_file() else package / "_policies"


def environment() -> Mapping[str, str]:
    """Where keys come from: the environment of the process."""
    return os.environ


def load(path: str | Path) -> Border:
    """Read a configuration and compose the border. Nothing is started yet. Raises `ConfigRejected`, `BundleRejected`, `LogUnavailable`."""
    return compose(read(Path(path)), environment())


def compose(config: Config, environment: Mapping[str, str]) -> Border:
    """The concrete parts of a configuration, put together. Raises `ConfigRejected`, `BundleRejected`, `LogUnavailable`."""
    destinations = {entry.id: entry for entry in config.destinations}
    endpoints = {id_: Endpoint(e.base_url, _secret(e.key_env, f"destinations.{id_}", environment)) for id_, e in destinations.items()}
    models = {
        model: tuple(_destination(destinations[route.destination], route.model or model) for route in routes)
        for model, routes in config.models.items()
    }
    callers = _callers(config.callers, environment)
    engine = _engine(config.policies)
    scan, parts = _scanner(config.detectors)
    key = _surrogate_key(config.surrogate_key_env, environment)
    log = SqliteLog(config.log.path)  # last of all that may be refused, since it is open from here on
    guard = Guard(
        scanner=scan,
        engine=engine,
        log=log,
        key=key,
        vocabulary=frozenset(models) | frozenset(config.tools),
        labels={"app": "douane", "version": __version__, "origin": config.log.origin},
    )
    limits = config.limits
    return Border(
        guard=guard,
        routes=Routes(models, endpoints),
        callers=callers,
        limits=BodyLimits(limits.request_bytes, limits.depth, limits.leaves),
        answer_limits=BodyLimits(limits.response_bytes, limits.depth, limits.leaves),
        origin=config.log.origin,
        parts=(
            Part("log", lambda: None, log.is_writable, log.close),
            *parts,
            Part("policy", getattr(engine, "start", lambda: None), engine.is_ready, engine.close),
        ),
        executor=ThreadPoolExecutor(limits.threads, thread_name_prefix="douane"),
    )


def _engine(policies: Policies) -> EmbeddedEngine | OpaServerEngine:
    deadline = policies.deadline_ms / 1000
    if policies.engine == "opa":
        if policies.settings:
            raise ConfigRejected("`policies.settings` cannot reach an OPA server; put them into the data that OPA loads")
        return OpaServerEngine(policies.opa_url, deadline=deadline)
    bundle = bundles.read(policies.path or shipped_policies())
    if policies.settings:
        bundle = bundles.override(bundle, policies.settings)
    return EmbeddedEngine(bundle, deadline=deadline, memory_bytes=policies.memory_mb * 2**20)


def _scanner(entry: DetectorEntry) -> tuple[Scan, list[Part]]:
    detectors: list[Detector] = [Identifiers(regions=entry.regions), Secrets()]
    parts: list[Part] = []
    if entry.presidio:
        presidio = PresidioPatterns(deadline=entry.presidio_deadline_ms / 1000, recognisers=entry.presidio_recognizers)
        detectors.append(presidio)
        parts.append(Part("presidio", presidio.start, presidio.is_ready, presidio.close))
    return Scan(detectors), parts


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
    )


def _callers(entries: Sequence[CallerEntry], environment: Mapping[str, str]) -> Callers:
    by_digest: dict[bytes, Principal] = {}
    anonymous: Principal | None = None
    for entry in entries:
        principal = Principal(entry.tenant, entry.app, entry.purpose, entry.groups)
        if entry.key_env is None:
            anonymous = principal
            continue
        digest = digest_of_key(_secret(entry.key_env, f"callers.{entry.app}", environment))
        if digest in by_digest:
            raise ConfigRejected(f"`{entry.key_env}` holds the key of another caller too; give each a key of its own")
        by_digest[digest] = principal
    return Callers(by_digest, anonymous)


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
