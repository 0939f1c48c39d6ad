# SPDX-License-Identifier: Apache-2.0
"""Finds instructions to the model where there should be no more than text: a small linear model of our own looks where a word gives cause.

What it finds and what it does not is measured: see `measured` in `injection.json`. An instruction that is politely worded inside a
document is seen by nobody; that is a matter of where the document came from, and of policy.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import re2

from douane.detect.content.injection_model import NEAR_RIGHT, RIGHT, Model, shipped
from douane.detect.linear import options
from douane.finding import ReadingKind, Span

__all__ = ["Injection", "pattern"]

_TYPE = "PROMPT_INJECTION"
_REST_OF_WORD = re.compile(r"(?<=\w)\w{1,24}")
_SPACE = re.compile(r"\s")
_BREAK = re.compile(r"[.!?。！？\n]")
_REACH = RIGHT + 25  # from the beginning of a trigger to the last character that decides about its span

# What stands between turns in what a model reads. Nobody writes it in a text, but to end the turn that the text is in.
_MARKS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|eot_id|>", "<|begin_of_text|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<<SYS>>", "<</SYS>>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    *("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "<start_of_turn>", "<end_of_turn>"),
)
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_MARK_SCORE = 0.9
_LONGEST_PART = 24
_MANY = 2 * _REACH  # more than can reach to one place


class Injection:
    """Implements `Detector` with the type `PROMPT_INJECTION`.

    Rule `linear`: a window about a trigger (see `Model`) scores more than `threshold`. Without a threshold it is the manifest's, which one
    harmless text in four hundred exceeds. The span begins with the trigger and ends with the window; one that goes on and on is cut where
    a trigger is the first of its sentence. Rule `mark`: what only a chat template should write.

    In a stream a text is held from a trigger until the characters that decide about it have come, at most 153; text without one is not
    held. Promised for readings whose 65 characters before a trigger, and 153 after it, stand for no more than 256 of the original: a
    stream of escapes only may come out otherwise than the whole. Raises `ConfigRejected` where the model's files are not its own.
    """

    name = "injection"
    sees: frozenset[ReadingKind] = frozenset({"plain", "folded", "unescaped", "decoded"})

    def __init__(self, *, threshold: float | None = None, model: Callable[[], Model] = shipped) -> None:
        self._model = model()
        self._threshold = self._model.threshold if threshold is None else threshold
        self._pattern = pattern(self._model.triggers)
        self._parts = _parts(self._model.triggers)
        self.version = self._model.version

    def detect(self, texts: Sequence[str]) -> Sequence[Sequence[Span]]:
        """See `Detector.detect`."""
        return [(*self._marks(text), *self._windows(text)) for text in texts]

    def horizon(self, text: str) -> int:
        """Where the first trigger begins about which not all characters that decide have come, or what may become a trigger or a mark."""
        tail = max(0, len(text) - _REACH)
        start = max(0, tail - 1)  # with the character that says whether a word begins there
        opens = next((start + place for place in self.places(text[start:]) if start + place >= tail), len(text))
        end = _SPACE.sub(" ", text[-_LONGEST_PART:]).casefold()
        if end.endswith(self._parts):
            opens = min(opens, len(text) - next(len(part) for part in self._parts if end.endswith(part)))
        return opens

    def is_calm(self, text: str) -> bool:
        """True where no trigger and no mark is in the text."""
        return self._pattern.search(text.encode("utf-8", "surrogatepass")) is None and _MARK.search(text) is None

    def places(self, text: str) -> list[int]:
        """Where the triggers of a text begin, in characters: all of them, also one within another."""
        written = text.encode("utf-8", "surrogatepass")
        places = []
        match = self._pattern.search(written)
        while match is not None:
            places.append(match.start())
            match = self._pattern.search(written, match.start() + 1)
        if len(written) == len(text):
            return places
        parts = (written[start:end] for start, end in pairwise([0, *places]))
        return [*accumulate(len(part.decode("utf-8", "surrogatepass")) for part in parts)]

    def _marks(self, text: str) -> Iterator[Span]:
        return (Span(_TYPE, *match.span(), _MARK_SCORE, self.name, "mark") for match in _MARK.finditer(text))

    def _windows(self, text: str) -> Iterator[Span]:
        """Windows that are attacks, united where they overlap; cut at a trigger that is the first after the end of a sentence."""
        places = self.places(text)
        if not places:
            return
        start = previous = high = 0
        best = 0.0
        live: list[tuple[int, float]] = []  # where windows that are attacks end, and their scores; at least those that reach to here
        for place, (near, far) in zip(places, self._model.judge(text, places), strict=True):
            is_cut = high > 0 and (place >= high or _BREAK.search(text, previous, place) is not None)
            if is_cut or len(live) > _MANY:
                live = [(end, score) for end, score in live if end > place]
            if is_cut:
                yield Span(_TYPE, start, min(high, place), best, self.name, "linear")
                start, best = place, max((score for _, score in live), default=0.0)
                high = high if live else 0
            score = max(near, far)
            if score > self._threshold:
                end = min(place + (RIGHT if far > self._threshold else NEAR_RIGHT), len(text))
                rest = _REST_OF_WORD.match(text, end)
                end = rest.end() if rest else end
                live.append((end, score))
                start, high, best = start if high else place, max(high, end), max(best, score)
            previous = place
        if high:
            yield Span(_TYPE, start, high, best, self.name, "linear")


@lru_cache(maxsize=4)
def pattern(triggers: tuple[str, ...]) -> "re2._Regexp[bytes]":
    """One expression for UTF-8 that finds triggers: `word`, `beginning*`, `=Cased`. One that does not begin with ASCII stands anywhere."""
    words: list[str] = []
    others: list[str] = []
    for trigger in triggers:
        bare = trigger.removeprefix("=").removesuffix("*")
        source = r"\s".join(re2.escape(part) for part in bare.split(" "))
        source = f"(?-i:{source})" if trigger.startswith("=") else source
        is_whole = bare[-1].isascii() and bare[-1].isalnum() and not trigger.endswith("*")
        (words if bare[0].isascii() else others).append(source + (r"\b" if is_whole else ""))
    found = rf"\b(?:{'|'.join(words)})" + "".join(f"|{other}" for other in others)
    return re2.compile(f"(?i){found}".encode(), options())


@lru_cache(maxsize=4)
def _parts(triggers: tuple[str, ...]) -> tuple[str, ...]:
    """Beginnings, the longest first, of marks and of those triggers that do not lie within one run: what a text may end with."""
    bare = (trigger.removeprefix("=").removesuffix("*") for trigger in triggers)
    whole = (*_MARKS, *(trigger for trigger in bare if any(character == " " or character >= "\u2000" for character in trigger)))
    return tuple(sorted({one[:length].casefold() for one in whole for length in range(1, len(one))}, key=len, reverse=True))
