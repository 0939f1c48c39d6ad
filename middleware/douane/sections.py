# SPDX-License-Identifier: Apache-2.0
"""The sections of `douane.yaml`: where untrusted YAML becomes values. What a key means stands in `docs/configuration.md`."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from douane.exchange import TransferBasis
from douane.policy.bundles.keys import Algorithm
from douane.sections_of_detectors import DetectorEntry

__all__ = [
    "LOOPBACK",
    "BundleEntry",
    "CallerEntry",
    "CandidateEntry",
    "Config",
    "DestinationEntry",
    "KeyEntry",
    "Limits",
    "Listen",
    "Log",
    "Policies",
    "RouteEntry",
    "VaultEntry",
]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
_Country = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|UNKNOWN)$")]
_EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Listen(_Section):
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class KeyEntry(_Section):
    """A public key that bundles are verified with: a PEM file, its algorithm, and the scope that its signatures must have."""

    file: Path
    algorithm: Algorithm = "RS256"
    scope: str = ""


class BundleEntry(_Section):
    """Where policies come from: a folder or an archive (`path`), or a bundle server (`url`). Settings are merged over their data."""

    path: Path | None = None
    url: str | None = None
    token_env: _EnvName | None = None
    persist: Path | None = None
    ca: Path | None = None
    wait_seconds: int | None = Field(default=None, ge=1, le=600)
    keys: dict[_Name, KeyEntry] = Field(default_factory=dict)
    settings: dict[str, object] = Field(default_factory=dict)
    settings_file: Path | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> "BundleEntry":
        if self.path is not None and self.url is not None:
            raise ValueError("`path` and `url` are two places; name one")
        if self.url is None and any((self.token_env, self.persist, self.ca, self.wait_seconds)):
            raise ValueError("`token_env`, `persist`, `ca` and `wait_seconds` are for a bundle server; name its `url`")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("`url` must be an http(s) URL of a bundle, such as https://bundles.example/douane.tar.gz")
        return self


class CandidateEntry(BundleEntry):
    """Policies evaluated beside the active ones. They decide for `tenants` and for `share` percent of the rest, by default nothing."""

    tenants: tuple[_Name, ...] = ()
    share: float = Field(default=0.0, ge=0, le=100)
    share_of: Literal["tenants", "exchanges"] = "tenants"

    @model_validator(mode="after")
    def _is_under_the_same_file(self) -> "CandidateEntry":
        if self.settings_file is not None:
            raise ValueError("`settings_file` is that of `policies`, which holds for the candidate too; put others into `settings`")
        return self


class Policies(BundleEntry):
    """Which engine decides by which policies. Every `reload_seconds` newer ones are looked for; 0: at start only."""

    engine: Literal["embedded", "opa"] = "embedded"
    opa_url: str = "http://127.0.0.1:8181"
    deadline_ms: int = Field(default=250, ge=10, le=60_000)
    memory_mb: int = Field(default=1024, ge=128)
    reload_seconds: float = Field(default=2.0, ge=0, le=3600, allow_inf_nan=False)
    candidate: CandidateEntry | None = None

    @model_validator(mode="after")
    def _is_one_engines(self) -> "Policies":
        if self.engine == "opa" and self.path is not None:
            raise ValueError("`path` is for the embedded engine; an OPA server decides by the policies that it was started with")
        if self.engine == "opa" and (self.url is not None or self.candidate is not None):
            raise ValueError("`url` and `candidate` are for the embedded engine; an OPA server fetches and activates its own bundles")
        if self.settings_file is not None and self.reload_seconds == 0:
            raise ValueError("`settings_file` is looked at every `reload_seconds`, which is 0: a panic switch in it would never act")
        return self


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
    labels: tuple[_Name, ...] = ()


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
    transfer_basis: TransferBasis = "none"
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


class VaultEntry(_Section):
    """The store of surrogates, for conversations whose history is not sent again; see `docs/surrogates.md`.

    `key_envs` name the variables that hold its keys, the current one first: 32 bytes in base64 or hex each.
    """

    path: Path
    key_envs: tuple[_EnvName, ...] = Field(default=("DOUANE_VAULT_KEY",), min_length=1)
    keep_days: int = Field(default=30, ge=1)


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
    operator_key_env: _EnvName | None = None
    detectors: DetectorEntry = DetectorEntry()
    limits: Limits = Limits()
    surrogate_key_env: _EnvName | None = None
    realistic_surrogates: bool = False
    vault: VaultEntry | None = None

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
        if anonymous and self.listen.host not in LOOPBACK:
            raise ValueError(f"`listen.host` is `{self.listen.host}` and a caller has no `key_env`; off loopback everyone needs a key")
        if not self.callers:
            raise ValueError("`callers` is empty, so nobody may ask; add one with `tenant`, `app` and `key_env`")
        return self
