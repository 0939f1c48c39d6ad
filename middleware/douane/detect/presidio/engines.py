# SPDX-License-Identifier: Apache-2.0
"""Presidio's engines for names, each as a function from a piece of text to what a model finds in it. Only the worker asks for them.

Only spaCy was run with real models. GLiNER and transformers follow the interfaces that Presidio and they document; their weights were
not at hand, so they were run with a stand-in of the same interface.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from douane.detect.presidio.host import Host

__all__ = ["Look", "loaded"]

Look: TypeAlias = Callable[[str], list[tuple[str, int, int, float]]]
"""From a piece of text to label, start, end, score."""

# What of a spaCy pipeline has no part in finding names.
_EXCLUDED = (
    "tagger",
    "parser",
    "lemmatizer",
    "trainable_lemmatizer",
    "attribute_ruler",
    "morphologizer",
    "senter",
    "sentencizer",
    "textcat",
)
_LISTENERS = ("tok2vec", "transformer")
_ALL = 100_000  # characters: no chunker of Presidio's cuts what is a piece already


def loaded(engine: str, folder: Path, language: str, labels: Mapping[str, str]) -> Look:
    """The model in a folder, ready. Whatever it raises means that it cannot be used."""
    try:
        return _ENGINES[engine](folder, language, labels)
    except ImportError as cause:
        raise Host.rejected(f"the engine `{engine}` is not installed; install the extra of this name") from cause
    except OSError as cause:
        raise Host.rejected(f"the model for `{language}` cannot be loaded by `{engine}` ({type(cause).__name__})") from cause


def _spacy(folder: Path, language: str, labels: Mapping[str, str]) -> Look:
    import spacy
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    class Pinned(SpacyNlpEngine):
        """Loads what stands in the folder, and only what names need. Its own `load` would download a model that is not there."""

        def load(self) -> None:
            components: Mapping[str, Any] = spacy.util.load_config(folder / "config.cfg")["components"]
            kept = {name: part for name, part in components.items() if name not in (*_EXCLUDED, *_LISTENERS)}
            unheard = [name for name in _LISTENERS if name in components and "Listener" not in str(kept)]
            loaded: Any = {language: spacy.util.load_model_from_path(folder, exclude=[*_EXCLUDED, *unheard])}
            self.nlp = loaded

    # A label that is none of ours is ignored by its absence from what the recogniser supports.
    configuration = NerModelConfiguration(model_to_presidio_entity_mapping={label: label for label in labels})
    natural = Pinned([{"lang_code": language, "model_name": str(folder)}], configuration)
    natural.load()
    entities = list(labels)
    recogniser = SpacyRecognizer(supported_language=language, supported_entities=entities)

    def look(text: str) -> list[tuple[str, int, int, float]]:
        return _taken(recogniser.analyze(text, entities, natural.process_text(text, language)))

    return look


def _gliner(folder: Path, language: str, labels: Mapping[str, str]) -> Look:
    from presidio_analyzer.predefined_recognizers import GLiNERRecognizer

    recogniser = GLiNERRecognizer(
        supported_language=language,
        entity_mapping={label: label for label in labels},
        model_name=str(folder),
        threshold=0.0,
        map_location="cpu",
        chunk_size=_ALL,
        local_files_only=True,
    )
    entities = list(labels)
    return lambda text: _taken(recogniser.analyze(text, entities))


def _transformers(folder: Path, language: str, labels: Mapping[str, str]) -> Look:
    from presidio_analyzer.predefined_recognizers import HuggingFaceNerRecognizer

    recogniser: Any = HuggingFaceNerRecognizer(
        supported_language=language,
        label_mapping={label: label for label in labels},
        model_name=str(folder),
        threshold=0.0,
        aggregation_strategy="simple",
        device="cpu",
        chunk_size=_ALL,
    )
    strict = recogniser.ner_pipeline = _Strict(recogniser.ner_pipeline)

    def look(text: str) -> list[tuple[str, int, int, float]]:
        found = _taken(recogniser.analyze(text, list(labels)))
        strict.raise_if_failed()
        return found

    return look


class _Strict:
    """A pipeline that says what it did not look at: Presidio takes its failure for nothing found, and the pipeline cuts long texts off."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._longest = min(
            getattr(pipeline.tokenizer, "model_max_length", _ALL), getattr(pipeline.model.config, "max_position_embeddings", _ALL) - 2
        )
        self._failure: Exception | None = None

    def __call__(self, text: str) -> list[dict[str, Any]]:
        try:
            return self._look(text, 0)
        except Exception as failure:  # kept: who asks would swallow it
            self._failure = failure
            raise

    def raise_if_failed(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _look(self, text: str, start: int) -> list[dict[str, Any]]:
        if len(self._pipeline.tokenizer(text)["input_ids"]) > self._longest:
            middle = text.rfind(" ", 1, len(text) // 2) + 1 or len(text) // 2
            if not middle:
                raise ValueError("a character is longer than the model can see")
            return self._look(text[:middle], start) + self._look(text[middle:], start + middle)
        return [found | {"start": found["start"] + start, "end": found["end"] + start} for found in self._pipeline(text)]


def _taken(results: Any) -> list[tuple[str, int, int, float]]:
    return [(result.entity_type, int(result.start), int(result.end), float(result.score)) for result in results]


_ENGINES: Mapping[str, Callable[[Path, str, Mapping[str, str]], Look]] = {
    "spacy": _spacy,
    "gliner": _gliner,
    "transformers": _transformers,
}
