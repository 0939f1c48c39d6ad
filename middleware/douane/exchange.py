# SPDX-License-Identifier: Apache-2.0
"""What crosses: an exchange of segments between a principal and a destination. Values only; nothing here reads or decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Constraint",
    "ConstraintOf",
    "Destination",
    "Egress",
    "Exchange",
    "Leg",
    "Opaque",
    "Principal",
    "Role",
    "SchemaFormat",
    "Segment",
    "SegmentKind",
    "TransferBasis",
    "Trust",
]

Leg = Literal["request", "response"]
Role = Literal["system", "user", "assistant", "tool", "none"]
Trust = Literal[
    "system",
    "user",
    "model",
    "tool",  # what a tool gave back
    "document",  # what was attached: a file, a page, a search result
]
TransferBasis = Literal[
    "none",
    "scc",  # standard contractual clauses
    "bcr",  # binding corporate rules
    "dpf",  # the recipient is certified under the EU-US Data Privacy Framework
    "derogation",  # an exception for specific situations
]
SegmentKind = Literal[
    "text",  # what people and models wrote: message contents, refusals, predictions
    "name",  # of a participant, a tool, a schema, a file
    "arguments",  # of a tool call: JSON inside a string
    "definition",  # descriptions, schemas and grammars of tools and formats, and their free-form values
    "metadata",  # what the caller attached for the provider: `metadata`, `user`, `stop`, cache keys, location
    "identifier",  # ids that link messages: `tool_call_id`, `id`
    "key",  # the name of a member of a free-form map
    "unknown",  # a string that the protocol map does not know
]


@dataclass(frozen=True, slots=True)
class Segment:
    """One text of an exchange.

    `pointer` is the RFC 6901 JSON Pointer of the string in the body; for kind `key` that of the member whose *name* it is.
    `place` is the same pointer fit for a log: every key that the protocol does not define is `*`. `text` is personal data until
    proved otherwise: it is in no `repr`.
    """

    pointer: str = field(repr=False)
    text: str = field(repr=False)
    place: str
    role: Role = "none"
    kind: SegmentKind = "text"
    trust: Trust = "user"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that no detector can read (an image, audio, a file, an id of state kept by the provider). `kind` is from a closed list."""

    place: str
    kind: Literal["image", "audio", "file", "state", "unknown"]
    length: int


@dataclass(frozen=True, slots=True)
class Egress:
    """Something in the request that makes the provider itself call out: a second destination (`web_search`, a remote image)."""

    place: str
    kind: Literal["web_search", "remote_url", "mcp", "unknown"]


ConstraintOf = Literal["answer", "arguments"]
SchemaFormat = Literal[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "regex",
    "time",
    "uri",
    "uuid",
    "other",
]
"""The formats of JSON Schema 2020-12 (validation, 7.3) that hold a text to a form, and any other."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a JSON schema of the request holds strings to, in the answer or in the arguments of its tools. `format` is told for a format."""

    of: ConstraintOf
    kind: Literal["enum", "format", "length", "pattern"]
    format: SchemaFormat | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One leg of a request to a model, as the lens found it.

    `tools_declared` are names of tools, `tools_at` the pointers of the objects that declare them, in the same order.
    `unknown` holds the places of strings outside the protocol map; they are segments too, of kind `unknown`.
    `choices` is how many answers a request asks for, `output_tokens` how many tokens it lets each have at most; None where it does not say.
    `json_answer` says that the request asks for an answer that is JSON, `constraints` what its schemas hold strings to.
    `model` is what the caller asked for: text of the caller, so never logged unless it is a configured name.
    """

    protocol: str
    leg: Leg
    model: str = field(repr=False)
    stream: bool
    segments: tuple[Segment, ...]
    opaque: tuple[Opaque, ...] = ()
    egress: tuple[Egress, ...] = ()
    unknown: tuple[str, ...] = ()
    tools_declared: tuple[str, ...] = field(default=(), repr=False)
    tools_at: tuple[str, ...] = field(default=(), repr=False)
    tools_called: tuple[str, ...] = field(default=(), repr=False)
    choices: int | None = None
    output_tokens: int | None = None
    json_answer: bool = False
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, from configuration and verified claims, never from the body. `labels` are the classes of data that it declares to send."""

    tenant: str
    app: str
    purpose: str = ""
    groups: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """An endpoint and a model that would receive, with the facts declared for them.

    Countries are ISO 3166-1 alpha-2 codes in upper case, or `UNKNOWN`, which satisfies nothing. `inference` is where the model runs,
    `storage` where anything is kept, `controller` where the ultimate parent sits: three facts that never stand in for each other.
    `retention_days` is None where unknown; 0 means that nothing is kept. `verified_at` is the ISO date at which somebody checked.
    `transfer_basis` is what a transfer of personal data out of the EEA rests on (GDPR Art. 46, 47, 45 with the EU-US Data Privacy
    Framework, 49) where no adequacy decision covers the country.
    """

    id: str
    model: str
    operator: str
    seat: str
    controller: str
    inference: tuple[str, ...]
    storage: tuple[str, ...]
    retention_days: int | None
    training: Literal["never", "opt_out", "opt_in", "forced", "unknown"]
    verified_at: str
    source: str
    transfer_basis: TransferBasis = "none"
