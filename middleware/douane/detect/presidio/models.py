# SPDX-License-Identifier: Apache-2.0
"""A model that finds names, described: which engine of Presidio's runs it, where it stands, and by which digest it is known."""

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from douane.detect.language import LANGUAGES
from douane.detect.types import PERSONAL
from douane.errors import ConfigRejected

__all__ = ["LABELS", "Engine", "Model", "folder_of", "greeting"]

Engine: TypeAlias = Literal["spacy", "gliner", "transformers"]

LABELS: Mapping[Engine, Mapping[str, str]] = {
    "spacy": {
        **dict.fromkeys(("PERSON", "PER", "persName"), "PERSON"),
        **dict.fromkeys(("LOC", "GPE", "FAC", "placeName", "geogName"), "LOCATION"),
        **dict.fromkeys(("ORG", "orgName"), "ORGANIZATION"),
    },
    # What such a model is asked for, in words.
    "gliner": {"person": "PERSON", "location": "LOCATION", "address": "STREET_ADDRESS", "organization": "ORGANIZATION"},
    "transformers": {
        **dict.fromkeys(("PER", "PERSON", "PATIENT", "STAFF", "HCW"), "PERSON"),
        **dict.fromkeys(("LOC", "LOCATION", "GPE"), "LOCATION"),
        **dict.fromkeys(("ORG", "ORGANIZATION", "HOSP", "HOSPITAL", "PATORG"), "ORGANIZATION"),
    },
}
"""The labels of models that are taken for a type of the list, where a configuration names no others."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Model:
    """One model and the engine that runs it.

    `model` is an installed package of spaCy's or a path; for the other engines a path. `digest` is that of its folder, see
    `douane.detect.presidio.digest`. `labels` maps the model's labels to types of the list; without them they are those of `LABELS`.
    What scores less than `threshold` is no finding; spaCy has no scores of its own, all that it finds has 0.85.
    """

    engine: Engine
    model: str
    digest: str
    labels: Mapping[str, str] | None = None
    threshold: float = 0.4


def folder_of(model: str) -> Path:
    """Where the data of a model stands; nothing of a package is run. Raises `ConfigRejected`."""
    if "/" in model or model.startswith("."):
        folder = Path(model).resolve()
        if not folder.is_dir():
            raise ConfigRejected(f"the model `{model}` is no folder; name one that exists, nothing is downloaded")
        return folder
    spec = importlib.util.find_spec(model) if model.isidentifier() else None
    for package in (spec.submodule_search_locations or ()) if spec else ():
        inside = [folder for folder in sorted(Path(package).glob(f"{model}-*")) if folder.is_dir()]
        if len(inside) == 1:
            return inside[0].resolve()
    raise ConfigRejected(f"the model `{model}` is not installed; install its package or name its folder, nothing is downloaded")


def greeting(models: Mapping[str, Model]) -> bytes:
    """What the worker is told: JSON, by language. Raises `ConfigRejected`; that a digest is right is for the worker to see."""
    if not models:
        raise ConfigRejected("`detectors.presidio_names` names no model; name one for a language, such as `en`")
    return json.dumps({language: _told(language, model) for language, model in models.items()}).encode()


def _told(language: str, model: Model) -> dict[str, object]:
    where = f"`detectors.presidio_names.{language}`"
    if language not in LANGUAGES:
        raise ConfigRejected(f"{where} is no language that can be told; those that can: {', '.join(sorted(LANGUAGES))}")
    if model.engine not in get_args(Engine):
        raise ConfigRejected(f"{where}: there is no engine `{model.engine}`; there are {', '.join(get_args(Engine))}")
    if not _DIGEST.fullmatch(model.digest):
        raise ConfigRejected(f"{where} has no digest; write what `python -m douane.detect.presidio.digest {model.model}` prints")
    labels = LABELS[model.engine] if model.labels is None else model.labels
    unknown = sorted(set(labels.values()) - set(PERSONAL))
    if unknown or not labels:
        raise ConfigRejected(f"{where}: the labels are for types of personal data; use some of {', '.join(PERSONAL)}")
    if not 0 <= model.threshold <= 1:
        raise ConfigRejected(f"{where}: the threshold is not between 0 and 1")
    return {
        "engine": model.engine,
        "folder": str(folder_of(model.model)),
        "digest": model.digest,
        "labels": dict(labels),
        "threshold": model.threshold,
    }
