# SPDX-License-Identifier: Apache-2.0
"""What looks at texts: the detectors of a configuration, together with those that the policies bring."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from douane.border import Part
from douane.detect.authored.document import Document, read
from douane.detect.authored.sample import proven
from douane.detect.content.canary import Canaries
from douane.detect.content.content import Content
from douane.detect.content.injection import Injection
from douane.detect.content.topics import Topics
from douane.detect.hook import Hook
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.language import Languages
from douane.detect.names.names import Names
from douane.detect.names.rampart import Rampart
from douane.detect.presidio.models import Model
from douane.detect.presidio.names import PresidioNames
from douane.detect.presidio.patterns import PresidioPatterns
from douane.detect.presidio.recogniser import Recogniser
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.detect.selection import Selection
from douane.errors import BundleRejected, ConfigRejected
from douane.finding import Detector
from douane.sections_of_detectors import DetectorEntry, HookEntry, RecognizerEntry

__all__ = ["Inspection"]


class Inspection:
    """The detectors that a configuration names, each made once. `parts` are those that have to be started."""

    def __init__(self, entry: DetectorEntry) -> None:
        """Nothing is started yet. Raises `ConfigRejected`, and `BundleRejected` for the file `rules`."""
        self.parts: tuple[Part, ...] = ()
        languages = Languages() if entry.languages or entry.presidio_names else None
        self._language: Callable[[str], str] | None = languages.of if languages is not None and entry.languages else None
        self._memory_bytes = entry.memory_mb * 2**20
        self._not_in_answers = frozenset() if entry.injection_in_answers else frozenset({Injection.name})
        self._detectors = self._made(entry, languages)
        self.scanner = self.with_policies("{}" if entry.rules is None else _document(entry.rules))

    def with_policies(self, data: str) -> Scan:
        """These detectors and those in the data of a bundle (JSON text). Raises `BundleRejected`."""
        document = read(data)
        authored = proven(document)
        try:
            detectors = [*self._detectors, *_authored(document)]
        except ConfigRejected as cause:
            raise BundleRejected(f"the detectors of the policies: {cause}") from cause
        chosen = [*detectors, authored] if authored.rules else detectors
        selection = Selection({type_: least / 1000 for type_, least in document.thresholds.items()}, document.allow)
        fewer = [detector for detector in chosen if detector.name not in self._not_in_answers]
        count = 1 if len(fewer) == len(chosen) else 2

        def scan(some: Sequence[Detector], answers: Scan | None) -> Scan:
            return Scan(
                some,
                selection=selection,
                more_types=authored.types,
                language=self._language,
                memory_bytes=self._memory_bytes // count,
                answers=answers,
            )

        return scan(chosen, None if count == 1 else scan(fewer, None))

    def _made(self, entry: DetectorEntry, languages: Languages | None) -> list[Detector]:
        made: list[Detector] = [Identifiers(regions=entry.regions), Secrets(), Content()]
        if entry.injection:
            made.append(Injection())
        if entry.names == "model":
            rampart = Rampart(deadline=entry.names_deadline_ms / 1000)
            self._starts("rampart", rampart)
            made.append(rampart)
        if languages is not None:
            self.parts += (Part("languages", languages.load, lambda: True, lambda: None),)
        if entry.presidio_recognizers:
            chosen = [_recogniser(one) for one in entry.presidio_recognizers]
            patterns = PresidioPatterns(deadline=entry.presidio_deadline_ms / 1000, recognisers=chosen)
            self._starts("presidio", patterns)
            made.append(patterns)
        if entry.presidio_names:
            names = PresidioNames(
                {language: Model(**model.model_dump()) for language, model in entry.presidio_names.items()},
                deadline=entry.presidio_names_deadline_ms / 1000,
                default=entry.presidio_names_default,
                languages=languages,
            )
            self._starts("presidio_names", names)
            made.append(names)
        for one in entry.hooks:
            hook = _hook(one)
            self._starts(f"hook {one.name}", hook)
            made.append(hook)
        return made

    def _starts(self, name: str, detector: Rampart | PresidioPatterns | PresidioNames | Hook) -> None:
        self.parts += (Part(name, detector.start, detector.is_ready, detector.close),)


def _authored(document: Document) -> list[Detector]:
    """The detectors of ours that take lists of the authors'."""
    names = document.names
    made: list[Detector] = [
        Names(
            given=names.given,
            family=names.family,
            persons=names.persons,
            places=names.places,
            organisations=names.organizations,
        ),
        Canaries(document.canaries),
    ]
    return [*made, Topics(document.topics)] if document.topics else made


def _recogniser(entry: str | RecognizerEntry) -> str | Recogniser:
    return entry if isinstance(entry, str) else Recogniser(**entry.model_dump())


def _hook(entry: HookEntry) -> Hook:
    return Hook(
        entry.factory,
        types=entry.types,
        name=entry.name,
        settings=entry.settings,
        pieces=entry.pieces,
        deadline=entry.deadline_ms / 1000,
        memory_bytes=entry.memory_mb * 2**20,
    )


def _document(path: Path) -> str:
    """The data that a file with a document `detectors` makes (JSON text)."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return json.dumps({"detectors": document})
    except (OSError, ValueError, TypeError, yaml.YAMLError) as cause:
        raise ConfigRejected(f"`detectors.rules` names `{path}`, which cannot be read as YAML; see policies/detectors/data.yaml") from cause
