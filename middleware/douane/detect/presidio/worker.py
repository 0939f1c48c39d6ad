# SPDX-License-Identifier: Apache-2.0
"""The process that runs Presidio's recognisers: `python -m douane.detect.presidio.worker`, spoken to by `douane.worker`."""

import importlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from douane.detect.presidio.context import Phrases, Words, boosted
from douane.detect.presidio.host import Answer, Host
from douane.detect.presidio.offline import shut
from douane.worker import serve

__all__: list[str] = []

_LEFT_OUT = "PAN (Low)"
"""A pattern that takes any word of ten letters with a year somewhere behind it."""


@dataclass(frozen=True, slots=True)
class _Hosted:
    recogniser: Any
    entities: list[str]
    types: Mapping[str, str]
    phrases: Phrases
    threshold: float
    rule: str
    is_ours_to_boost: bool  # a recogniser may know better than we how its context speaks
    reads_words: bool


class _Child:
    """The recognisers of this process, once it was greeted with them."""

    def greet(self, payload: bytes) -> bytes:
        shut()
        logging.disable(logging.CRITICAL)  # what a recogniser says may quote what it looked at
        from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

        self.nlp = NoOpNlpEngine([{"lang_code": "en", "model_name": ""}])
        self.nlp.load()
        self.artifacts: Any = NlpArtifacts  # its type asks for spaCy's Doc; whatever reads it takes plain strings
        self.hosted = [_hosted(entry) for entry in json.loads(payload)]
        self.look("a.first@example.org")
        return b""

    def answer(self, payload: bytes) -> bytes:
        return json.dumps([self.look(text) for text in json.loads(payload)]).encode()

    def look(self, text: str) -> Answer:
        found: Answer = []
        words: Words | None = None
        for one in self.hosted:
            artifacts = None
            if one.reads_words:
                words = words or Words(text)
                artifacts = self.read(words)
            results = one.recogniser.analyze(text, one.entities, artifacts)
            if results and not one.is_ours_to_boost:
                artifacts = artifacts or self.read(words := words or Words(text))
                results = one.recogniser.enhance_using_context(text, results, [], artifacts, None)
            for result in results or ():
                type_ = one.types.get(result.entity_type)
                if type_ is None:
                    continue
                score = float(result.score)
                if one.is_ours_to_boost:
                    words = words or Words(text)
                    score = boosted(score, one.phrases, words, result.start)
                if score >= one.threshold:
                    found.append((type_, int(result.start), int(result.end), min(1.0, max(0.0, score)), one.rule))
        return found

    def read(self, words: Words) -> Any:
        """What a recogniser that reads words is given. spaCy's own tokenizer takes quadratic time for some texts."""
        return self.artifacts(
            entities=[], tokens=words.words, tokens_indices=words.starts, lemmas=words.words, nlp_engine=self.nlp, language="en"
        )


def _hosted(entry: Mapping[str, Any]) -> _Hosted:
    from presidio_analyzer import EntityRecognizer

    name, arguments = entry["name"], dict(entry["arguments"])
    if entry["language"]:
        arguments["supported_language"] = entry["language"]
    recogniser = _made(name, arguments)
    if name == "InPanRecognizer":
        recogniser.patterns = [pattern for pattern in recogniser.patterns if pattern.name != _LEFT_OUT]
    entities = list(recogniser.get_supported_entities())
    types = dict.fromkeys(entities, entry["types"]["*"]) if "*" in entry["types"] else entry["types"]
    unknown = sorted(set(types) - set(entities))
    if unknown:
        raise Host.rejected(f"`{name}` finds no `{unknown[0]}`; it finds {', '.join(sorted(entities))}")
    return _Hosted(
        recogniser,
        [entity for entity in entities if entity in types],
        types,
        Phrases.of((*(recogniser.context or ()), *entry["context"])),
        entry["threshold"],
        name.rpartition(":")[2],
        type(recogniser).enhance_using_context is EntityRecognizer.enhance_using_context,
        ":" in name,
    )


def _made(name: str, arguments: Mapping[str, Any]) -> Any:
    from presidio_analyzer import EntityRecognizer, RemoteRecognizer

    module, _, attribute = name.rpartition(":")
    try:
        kind = getattr(importlib.import_module(module or "presidio_analyzer.predefined_recognizers"), attribute)
    except (ImportError, AttributeError) as cause:
        raise Host.rejected(f"`{name}` cannot be imported; install the package that it is in") from cause
    if not (isinstance(kind, type) and issubclass(kind, EntityRecognizer)):
        raise Host.rejected(f"`{name}` is no recogniser; name a class that derives from `EntityRecognizer`")
    if issubclass(kind, RemoteRecognizer):
        raise Host.rejected(f"`{name}` asks another service, and nothing here may; use one that looks by itself")
    try:
        return kind(**arguments)
    except (TypeError, ValueError, ImportError, OSError) as cause:
        raise Host.rejected(f"`{name}` cannot be made with the arguments {_listed(arguments)} ({type(cause).__name__})") from cause


def _listed(arguments: Mapping[str, Any]) -> str:
    names: Sequence[str] = [f"`{argument}`" for argument in arguments]
    return ", ".join(names) or "that it has by itself"


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
