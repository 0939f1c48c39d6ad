# SPDX-License-Identifier: Apache-2.0
"""Which destinations serve a model: candidates for policy to permit, in the operator's order of preference."""

from collections.abc import Mapping
from dataclasses import dataclass

from douane.errors import ModelUnknown
from douane.exchange import Destination

__all__ = ["Endpoint", "Routes"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a destination is reached. `key` is the secret for its `Authorization: Bearer`, from the environment; in no `repr`."""

    url: str
    key: str

    @property
    def authorization(self) -> dict[str, str]:
        """The header that opens the endpoint; empty where it asks for no key."""
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r})"


@dataclass(frozen=True, slots=True)
class Routes:
    """Models by the name that callers use, each with its candidates; and how destinations are reached, by their id."""

    models: Mapping[str, tuple[Destination, ...]]
    endpoints: Mapping[str, Endpoint]

    def candidates(self, model: str) -> tuple[Destination, ...]:
        """The candidates for a model. Raises `ModelUnknown`."""
        found = self.models.get(model)
        if not found:
            raise ModelUnknown("the model asked for is not configured here; `GET /v1/models` lists those that are")
        return found
