# SPDX-License-Identifier: Apache-2.0
"""Names of people, places and organisations by Presidio's engines: models of an operator's choice, in a supervised process of their own.

A model is asked only about text of its language; a short line or sentence is in the language of what stands around it. Text whose
language cannot be told is in that of `default`; without one, as text in a language that has no model, it is asked of nobody.
Nothing is downloaded: models are installed, and known by their digest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from douane.detect.language import Languages
from douane.detect.memory import Memory
from douane.detect.presidio.host import Host
from douane.detect.presidio.models import Model, greeting
from douane.detect.presidio.pieces import final, pieces
from douane.detect.unpaired import paired
from douane.errors import ConfigRejected
from douane.finding import ReadingKind, Span

__all__ = ["PresidioNames"]

_LETTER = re.compile(r"[^\W\d_]")
_TELLING = 40  # characters that may tell their language by themselves
_AROUND = 96  # characters before a piece, at the start of a text those from its start, that are looked at too where it does not
_BATCH = 32  # pieces that one deadline is for
_REMEMBERED = 2**22  # bytes of what was found in pieces
_MEMORY = 2**32


class PresidioNames:
    """Names by the model that `models` has for the language (ISO 639-1) of a piece of text. Thread-safe; keeps no text.

    A text is cut into pieces at the ends of lines and sentences, see `douane.detect.presidio.pieces`, and each is looked at by itself, so
    a stream holds back its last sentence. What was found in a piece is remembered under a keyed hash.
    `deadline` (seconds) is for 32 pieces, some 4 kB; one request takes at most five of them. `memory_bytes` is the address space that
    all models together may take.
    """

    name = "presidio_names"
    sees: frozenset[ReadingKind] = frozenset({"plain", "folded", "unescaped"})

    def __init__(
        self,
        models: Mapping[str, Model],
        *,
        deadline: float,
        default: str = "",
        languages: Languages | None = None,
        memory_bytes: int = _MEMORY,
    ) -> None:
        """Nothing is started yet. Raises `ConfigRejected` for a model that is not there or is described wrongly."""
        if default and default not in models:
            raise ConfigRejected(f"`detectors.presidio_names` has no model for its default `{default}`; name one that it has")
        self.version = version("presidio-analyzer")
        self._models = frozenset(models)
        self._default = default
        self._languages = languages or Languages()
        self._host = Host(
            "douane.detect.presidio.names_worker", name=self.name, greeting=greeting(models), deadline=deadline, memory_bytes=memory_bytes
        )
        self._memory = Memory(_REMEMBERED)

    def start(self) -> None:
        """Load the models. Raises `DetectorFailed`, and `ConfigRejected` for a model that is not the one that its digest names."""
        self._host.start()
        self._languages.load()

    def is_ready(self) -> bool:
        """Whether texts could be looked at now."""
        return self._host.worker.is_ready()

    @property
    def pid(self) -> int | None:
        """The process that looks, or None."""
        return self._host.worker.pid

    def close(self) -> None:
        """End the process."""
        self._host.worker.close()

    def is_calm(self, text: str) -> bool:
        """Whether a text has no letter, so no name."""
        return not _LETTER.search(text)

    def horizon(self, text: str) -> int:
        """The start of the last piece; that of the text while it is too short to tell the language of its first pieces."""
        return final(text) if len(text) >= _AROUND else 0

    def detect(self, texts: Sequence[str]) -> list[list[Span]]:
        """Spans of each text. Raises `DetectorFailed`."""
        asked = [(index, start, language, piece) for index, text in enumerate(texts) for start, language, piece in self._asked(text)]
        keys = [self._memory.key(language + piece) for _, _, language, piece in asked]
        known = self._memory.recall(keys)
        unknown = {key: (language, piece) for key, (*_, language, piece) in zip(keys, asked, strict=True) if key not in known}
        if unknown:
            fresh = list(unknown.values())
            batches = (fresh[first : first + _BATCH] for first in range(0, len(fresh), _BATCH))
            found = {
                key: tuple(Span(type_, start, end, score, self.name, rule) for type_, start, end, score, rule in answer)
                for key, answer in zip(unknown, self._host.ask(batches), strict=True)
            }
            self._memory.remember(found)
            known |= found
        spans: list[list[Span]] = [[] for _ in texts]
        for (index, place, *_), key in zip(asked, keys, strict=True):
            spans[index] += (replace(span, start=place + span.start, end=place + span.end) for span in known[key])
        return spans

    def _asked(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Start, language and text of every piece that a model is asked about."""
        for start, end in pieces(text):
            piece = text[start:end]
            if _LETTER.search(piece):
                language = self._language(text, start, end)
                if language in self._models:
                    stripped = piece.strip()
                    yield start + len(piece) - len(piece.lstrip()), language, paired(stripped)

    def _language(self, text: str, start: int, end: int) -> str:
        low, high = _window(start, end)
        alone = self._languages.of(text[start:end]) if end - start >= _TELLING else ""
        return alone or self._languages.of(text[low:high]) or self._default


def _window(start: int, end: int) -> tuple[int, int]:
    """Where the language of a piece may be looked for: in it and before it, and at the start of a text behind it.

    INVARIANT: no more than `_AROUND` characters before the piece matter, so that a stream and the whole text agree on it.
    """
    low = max(0, start - _AROUND)
    return low, max(end, low + _AROUND)
