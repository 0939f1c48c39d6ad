# SPDX-License-Identifier: Apache-2.0
"""Our detectors as recognisers of Presidio's, for anyone's `AnalyzerEngine`. Imports Presidio, so nothing of ours imports this module."""

from collections.abc import Sequence
from typing import Any

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, LocalRecognizer, RecognizerResult

from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.secrets.secrets import Secrets
from douane.detect.settle import settle
from douane.detect.types import PERSONAL, SECRET
from douane.finding import Detector

__all__ = ["DetectorRecognizer", "recognizers"]

_OF_A_MODEL = ("PERSON", "LOCATION", "ORGANIZATION")


class DetectorRecognizer(LocalRecognizer):
    """A detector as a recogniser; its entities are types of `douane.detect.types`, its results have no overlaps among themselves.

    Words around a value were looked at by the detector: Presidio's own context neither is needed nor changes a score.
    """

    name: str

    def __init__(self, detector: Detector, entities: Sequence[str], *, language: str) -> None:
        self._detector = detector
        self.name = f"Douane{detector.name.title().replace('_', '')}Recognizer"
        super().__init__(
            supported_entities=list(entities),
            name=self.name,
            supported_language=language,
            version=detector.version,
        )

    def load(self) -> None:
        """Nothing: a detector loads what it needs when it is first asked."""

    def analyze(self, text: str, entities: Sequence[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """What the detector finds of these entities. Raises `DetectorFailed`, where a recogniser of Presidio's would find nothing."""
        (spans,) = self._detector.detect([text])
        return [
            RecognizerResult(
                entity_type=span.type,
                start=span.start,
                end=span.end,
                score=span.score,
                analysis_explanation=AnalysisExplanation(recognizer=self.name, original_score=span.score, pattern_name=span.rule),
                recognition_metadata={
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                },
            )
            for span in settle(spans)
            if span.type in entities
        ]


def recognizers(languages: Sequence[str] = ("en",)) -> list[EntityRecognizer]:
    """Recognisers for identifiers and for secrets, in each of the languages: to Presidio a recogniser has one, ours know no difference."""
    personal = [type_ for type_ in PERSONAL if type_ not in _OF_A_MODEL]
    parts: tuple[tuple[Detector, Sequence[str]], ...] = ((Identifiers(), personal), (Secrets(), SECRET))
    return [DetectorRecognizer(detector, entities, language=language) for language in languages for detector, entities in parts]
