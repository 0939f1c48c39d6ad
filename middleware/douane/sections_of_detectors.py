# SPDX-License-Identifier: Apache-2.0
"""The section `detectors` of `douane.yaml`. What a key means stands in `docs/configuration.md`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = ["DetectorEntry", "HookEntry", "ModelEntry", "RecognizerEntry"]

_Type = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,63}$")]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
_Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecognizerEntry(_Section):
    """A recogniser of Presidio's or of an operator's own (`package.module:Class`); see `douane.detect.presidio.recogniser.Recogniser`."""

    name: str
    types: dict[str, _Type] = {}
    language: str = ""
    context: tuple[str, ...] = ()
    threshold: _Score = 0.4
    arguments: dict[str, object] = {}
    reach: int = Field(default=64, ge=1, le=1024)


class ModelEntry(_Section):
    """A model that finds names, run by an engine of Presidio's; see `douane.detect.presidio.models.Model`."""

    engine: Literal["spacy", "gliner", "transformers"]
    model: str
    digest: str
    labels: dict[str, _Type] | None = None
    threshold: _Score = 0.4


class HookEntry(_Section):
    """A detector of an operator's own; see `douane.detect.hook.Hook`."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
    factory: str
    types: tuple[_Type, ...] = Field(min_length=1)
    settings: dict[str, object] = {}
    pieces: Literal["sentence", "text"] = "sentence"
    deadline_ms: int = Field(default=2000, ge=10, le=60_000)
    memory_mb: int = Field(default=4096, ge=128)


class DetectorEntry(_Section):
    """Which detectors look. `regions` are the countries whose national phone formats are understood.

    `injection`, instructions to a model, is looked for in what it is told. In answers too (`injection_in_answers`), a stream waits for up
    to 153 characters behind each word that may announce one.

    `names` are found by lists and by the words beside them, and with `model` also by the weights that the extra `names` brings. `rules` is
    a file with a document `detectors` where no policies bring one: beside an OPA server.
    """

    regions: tuple[str, ...] = ("FR", "DE", "GB", "ES", "IT", "NL", "BE", "PL", "PT", "AT", "CH", "IE", "LU", "SE", "US")
    names: Literal["lists", "model"] = "lists"
    names_deadline_ms: int = Field(default=10_000, ge=100, le=120_000)
    injection: bool = True
    injection_in_answers: bool = False
    languages: bool = False
    # Spelt as Presidio spells it. Above half a minute Presidio's own time-out would skip a pattern in silence.
    presidio_recognizers: tuple[str | RecognizerEntry, ...] = ()
    presidio_deadline_ms: int = Field(default=2000, ge=100, le=30_000)
    presidio_names: dict[_Language, ModelEntry] = {}
    presidio_names_default: str = ""
    presidio_names_deadline_ms: int = Field(default=5000, ge=100, le=60_000)
    hooks: tuple[HookEntry, ...] = ()
    rules: Path | None = None
    memory_mb: int = Field(default=32, ge=1)

    @model_validator(mode="after")
    def _is_told_apart(self) -> "DetectorEntry":
        names = [hook.name for hook in self.hooks]
        if len(names) != len(set(names)):
            raise ValueError("`hooks` holds a name twice; each detector needs one of its own")
        return self
