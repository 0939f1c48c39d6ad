# SPDX-License-Identifier: Apache-2.0
"""Which language a text is in, by py3langid (BSD-3): nothing is fetched, the model stands in its package."""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock

from douane.errors import ConfigRejected

__all__ = ["LANGUAGES", "Languages"]

LANGUAGES = (
    *("bg", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "is", "it", "lb", "lt"),
    *("lv", "mk", "mt", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk"),
    *("ar", "fa", "he", "hi", "id", "ja", "ko", "th", "vi", "zh"),
)
"""Those of Europe, and those of the world that are written most. The fewer there are, the surer a short text."""

_NONE = "zxx"  # the model's word for what is in no language, such as code
_CONFIDENCE = 0.5
_FEWEST_LETTERS = 12
_LETTER = re.compile(r"[^\W\d_]")
_WHOLE = 600
_HEAD, _SAMPLE = 300, 150
_REMEMBERED = 4096

_Classify = Callable[[str], tuple[str, float]]


class Languages:
    """Tells the language of a text as one of `among` (ISO 639-1; without it all of `LANGUAGES`). Thread-safe; keeps no text.

    The model (0.5 s) is loaded with the first text. At most 600 characters of a text are looked at: its beginning, middle and end.
    """

    def __init__(self, among: Sequence[str] | None = None) -> None:
        """Raises `ConfigRejected` for a language that it does not know."""
        self._among = LANGUAGES if among is None else tuple(among)
        unknown = sorted(set(self._among) - set(LANGUAGES))
        if unknown:
            raise ConfigRejected(f"`{unknown[0]}` is no language that can be told; those that can: {', '.join(sorted(LANGUAGES))}")
        self._classify: _Classify | None = None
        self._key = secrets.token_bytes(32)
        self._memory: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def of(self, text: str) -> str:
        """ISO 639-1, or nothing where the text is too short, in no language of these, or could be in several."""
        sample = _sample(text)
        if len(_LETTER.findall(sample)) < _FEWEST_LETTERS:
            return ""
        key = blake2b(sample.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key).digest()
        with self._lock:
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        language, confidence = (self._classify or self._load())(sample)
        told = language if confidence >= _CONFIDENCE and language != _NONE else ""
        with self._lock:
            self._memory[key] = told
            if len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        return told

    def load(self) -> None:
        """Load the model now, not with the first text."""
        if self._classify is None:
            self._load()

    def _load(self) -> _Classify:
        with self._lock:
            if self._classify is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                # One of our own: that of the module is shared by whoever uses it, and may be told to know other languages.
                identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
                identifier.set_languages((*self._among, _NONE))
                self._classify = identifier.classify
            return self._classify


def _sample(text: str) -> str:
    """A text of at most `_WHOLE` characters as it is; of a longer one its head, its middle and its end."""
    if len(text) <= _WHOLE:
        return text
    middle = len(text) // 2
    return "\n".join((text[:_HEAD], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))
