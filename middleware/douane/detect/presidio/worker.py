# SPDX-License-Identifier: Apache-2.0
"""The process that runs Presidio: `python -m douane.detect.presidio.worker`, spoken to by `douane.worker`. It opens no connection."""

import json
import re
from typing import Any

from douane.worker import serve

__all__: list[str] = []

_THRESHOLD = 0.4
"""What a weak pattern reaches with one of its context words among the five words before it, and never without."""

_LEFT_OUT = "PAN (Low)"
"""A pattern that takes any word of ten letters with a year somewhere behind it."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


class _Child:
    """The recognisers of this process, once it was greeted with their names."""

    def greet(self, payload: bytes) -> bytes:
        import tldextract

        # The first e-mail found would fetch the public suffix list; the one in the package does.
        # mypy reads the place as the wrapper function that stands there now.
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # type: ignore[assignment]
        import presidio_analyzer.predefined_recognizers as predefined
        from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
        from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine

        self.types: dict[str, str] = json.loads(payload)
        self.recognisers = [(getattr(predefined, name)(), type_) for name, type_ in self.types.items()]
        for recogniser, _ in self.recognisers:
            recogniser.patterns = [pattern for pattern in recogniser.patterns if pattern.name != _LEFT_OUT]
        # Whole words: as parts of words, `lic` of `duplicate` would speak for a driving licence.
        self.enhancer = LemmaContextAwareEnhancer(context_matching_mode="whole_word")
        self.nlp = NoOpNlpEngine([{"lang_code": "en", "model_name": ""}])
        self.nlp.load()
        self.artifacts: Any = NlpArtifacts  # its type asks for spaCy's Doc; whatever reads it takes plain strings
        self.look("a.first@example.org")
        return b""

    def answer(self, payload: bytes) -> bytes:
        return json.dumps([self.look(text) for text in json.loads(payload)]).encode()

    def look(self, text: str) -> list[tuple[str, int, int, float]]:
        found: list[tuple[str, int, int, float]] = []
        words: Any = None
        for recogniser, type_ in self.recognisers:
            results = recogniser.analyze(text, recogniser.supported_entities, None)
            if not results:
                continue
            if words is None:
                words = self.words(text)
            for result in self.enhancer.enhance_using_context(text, results, words, [recogniser]):
                if result.score >= _THRESHOLD:
                    found.append((type_, result.start, result.end, float(result.score)))
        return found

    def words(self, text: str) -> Any:
        """What the enhancer reads: words and where they stand. spaCy's own tokenizer takes quadratic time for some texts."""
        matches = list(_TOKEN.finditer(text))
        words = [match[0] for match in matches]
        places = [match.start() for match in matches]
        lemmas = [word.lower() for word in words]
        return self.artifacts(entities=[], tokens=words, tokens_indices=places, lemmas=lemmas, nlp_engine=self.nlp, language="en")


if __name__ == "__main__":
    child = _Child()
    serve(child.greet, child.answer)
