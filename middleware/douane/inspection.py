# SPDX-License-Identifier: Apache-2.0
"""What looks at texts: the detectors of a configuration, together with those that the policies bring."""

from collections.abc import Sequence

from douane.border import Part
from douane.detect.authored.document import Document, read
from douane.detect.authored.sample import proven
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.presidio.patterns import PresidioPatterns
from douane.detect.scan import Scan
from douane.detect.secrets.secrets import Secrets
from douane.detect.selection import Selection
from douane.finding import Detector
from douane.sections import DetectorEntry

__all__ = ["Inspection"]


class Inspection:
    """The detectors that a configuration names, each made once. `parts` are those that have to be started."""

    def __init__(self, entry: DetectorEntry) -> None:
        """Nothing is started yet. Raises `ConfigRejected`."""
        self.parts: tuple[Part, ...] = ()
        self._entry = entry
        self._detectors: Sequence[Detector] = self._made(entry)
        self.scanner = self.with_rules(Document())

    def with_policies(self, data: str) -> Scan:
        """These detectors and those in the data of a bundle (JSON text). Raises `BundleRejected`."""
        return self.with_rules(read(data))

    def with_rules(self, document: Document) -> Scan:
        """These detectors and those that authors wrote down. Raises `BundleRejected`."""
        authored = proven(document)
        more = (authored,) if authored.rules else ()
        return Scan((*self._detectors, *more), selection=Selection(document.thresholds, document.allow), more_types=authored.types)

    def _made(self, entry: DetectorEntry) -> list[Detector]:
        detectors: list[Detector] = [Identifiers(regions=entry.regions), Secrets()]
        if entry.presidio:
            presidio = PresidioPatterns(deadline=entry.presidio_deadline_ms / 1000, recognisers=entry.presidio_recognizers)
            detectors.append(presidio)
            self.parts += (Part("presidio", presidio.start, presidio.is_ready, presidio.close),)
        return detectors
