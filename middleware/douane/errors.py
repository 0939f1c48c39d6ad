# SPDX-License-Identifier: Apache-2.0
"""One tree of errors, split by whose fault it is.

    DouaneError
    ├── CallerError            the request cannot be accepted as it was sent; the caller mends it
    │   ├── BodyRejected           not JSON, too large, too deep, duplicate keys, lone surrogates, unknown encoding
    │   ├── ModelUnknown           no endpoint is configured for the model asked for
    │   ├── CallerUnknown          no, or a wrong, API key
    │   └── ShapeRejected          JSON, but not the shape of the protocol
    ├── PolicyError            the decision could not be made; the guard turns it into a deny
    │   ├── PolicyFailed           the policy raised, was undefined, timed out or gave a result that is not the contract's
    │   ├── BundleRejected         the policies cannot be loaded
    │   └── SourceUnreachable      the place that policies come from cannot be asked
    ├── UpstreamError          the model's endpoint failed; its own error bodies are passed on and are no exception
    │   ├── UpstreamUnreachable    no connection, or none in time
    │   └── UpstreamBroken         an answer that cannot be read: truncated, not JSON, not SSE, too large, too late
    └── OwnError               douane itself cannot go on; nothing passes
        ├── ConfigRejected         the configuration is wrong; says which key and what to write instead
        ├── DetectorFailed         a detector raised, timed out or died
        ├── LogUnavailable         the decision log cannot be written
        └── VaultUnavailable       the store of surrogates cannot be reached, written or believed

A message is lower case, without a full stop, names in backticks, and says what to do next. No message carries text of an exchange.
"""

__all__ = [
    "BodyRejected",
    "BundleRejected",
    "CallerError",
    "CallerUnknown",
    "ConfigRejected",
    "DetectorFailed",
    "DouaneError",
    "LogUnavailable",
    "ModelUnknown",
    "OwnError",
    "PolicyError",
    "PolicyFailed",
    "ShapeRejected",
    "SourceUnreachable",
    "UpstreamBroken",
    "UpstreamError",
    "UpstreamUnreachable",
    "VaultUnavailable",
]


class DouaneError(Exception):
    """Root of every error that this package raises on purpose."""


class CallerError(DouaneError):
    """The request cannot be accepted as it was sent.

    `status` is the HTTP status to answer with, `code` a stable machine-readable word. Neither is one that an SDK retries.
    """

    status = 400
    code = "invalid_request"


class BodyRejected(CallerError):
    """The body cannot be read as the JSON that it claims to be, or is over a limit."""

    code = "invalid_body"

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_body") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ShapeRejected(CallerError):
    """JSON, but not what the protocol asks for; `pointer` says where, in names of the protocol only."""

    code = "invalid_shape"

    def __init__(self, message: str, *, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


class ModelUnknown(CallerError):
    """No endpoint is configured for the model asked for."""

    status = 404
    code = "model_not_found"


class CallerUnknown(CallerError):
    """No, or a wrong, API key."""

    status = 401
    code = "invalid_api_key"


class PolicyError(DouaneError):
    """The policy side failed."""


class PolicyFailed(PolicyError):
    """The policy raised, was undefined, timed out, or gave a result outside the contract. Always a deny.

    `cause_code` is one of a closed list, fit for a log: `undefined`, `error`, `timeout`, `crash`, `contract`, `unreachable`.
    """

    def __init__(self, message: str, *, cause_code: str) -> None:
        super().__init__(message)
        self.cause_code = cause_code


class BundleRejected(PolicyError):
    """The policies cannot be loaded: file, line where known, and what to do."""


class SourceUnreachable(PolicyError):
    """The place that policies come from cannot be asked now; what decides goes on deciding. Never names a token or a query."""


class UpstreamError(DouaneError):
    """The model's endpoint failed."""

    status = 502
    code = "upstream_error"


class UpstreamUnreachable(UpstreamError):
    """No connection to the endpoint, or none in time."""

    code = "upstream_unreachable"

    def __init__(self, message: str, *, status: int = 502) -> None:
        super().__init__(message)
        self.status = status


class UpstreamBroken(UpstreamError):
    """The endpoint's answer cannot be read."""

    code = "upstream_broken"


class OwnError(DouaneError):
    """douane itself cannot go on."""


class ConfigRejected(OwnError):
    """The configuration is wrong."""


class DetectorFailed(OwnError):
    """A detector raised, timed out or died; `detector` is its name."""

    def __init__(self, message: str, *, detector: str) -> None:
        super().__init__(message)
        self.detector = detector


class LogUnavailable(OwnError):
    """The decision log cannot be written, so nothing may pass."""


class VaultUnavailable(OwnError):
    """The store of surrogates cannot be reached, written or believed, so nothing may pass that needs it. Never names a value."""
