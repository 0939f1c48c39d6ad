# SPDX-License-Identifier: Apache-2.0
"""The linear model of an injection, as it is shipped: weights in one file, and a manifest that says how they came about.

`injection.json` names the digest of `injection.weights`, what the model was taught and what was measured of it.
`benchmarks/train_injection.py` writes both. A window of text is an attack as far as the sum of the weights of its n-grams says so.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from douane.detect.content.injection_grams import grams
from douane.errors import ConfigRejected

__all__ = ["LEFT", "NEAR_RIGHT", "RIGHT", "Model", "reaches", "read", "shipped"]

LEFT = 64
RIGHT = 128
"""How many characters before and after the beginning of a trigger are judged with it, in its far window."""

NEAR_RIGHT = 64
_NEAR_LEFT = 32
_BLOCK = 1 << 14  # characters that are hashed together, so that memory is bounded
_GAP = 1 << 11  # characters without a trigger that are hashed rather than begun anew behind: to begin costs as much
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Model:
    """Weights for hashed n-grams, in units of `scale`; their length is a power of two.

    A window's score is the logistic of `bias` plus the sum of its weights by the square root of the number of its grams.
    `triggers` are the beginnings of words that a text must have to be judged, see `pattern` in `injection`.
    """

    version: str
    triggers: tuple[str, ...]
    scale: float
    bias: float
    threshold: float
    weights: NDArray[np.int8] = field(repr=False)

    def judge(self, text: str, places: Sequence[int]) -> list[tuple[float, float]]:
        """The scores of the near and of the far window about each of these places, which are in order.

        INVARIANT: they are decided by the `LEFT` + 1 characters before the place and the `RIGHT` + 1 after it, to the last bit.
        """
        judged: list[tuple[float, float]] = []
        for block in _blocks(places):
            start, end = max(0, block[0] - LEFT - 1), block[-1] + RIGHT + 1
            judged += self._judge(text[start:end], np.array(block, np.int64) - start, len(text) - start)
        return judged

    def _judge(self, text: str, places: NDArray[np.int64], length: int) -> Iterator[tuple[float, float]]:
        first, last = reaches(places, length)
        looked = grams(text, len(self.weights).bit_length() - 1)
        # Whole numbers, so that a sum is the same wherever it begins.
        total, count = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
        for table, (low, high) in zip(looked.tables, looked.within(first, last), strict=True):
            sums = np.zeros(len(table) + 1, np.int64)
            self.weights[table].cumsum(out=sums[1:])
            total += sums[high] - sums[low]
            count += high - low
        logits = self.bias + self.scale * total / np.sqrt(np.maximum(count, 1))
        scores = [1 / (1 + math.exp(-logit)) for logit in np.clip(logits, -30, 30).tolist()]
        return zip(scores[: len(places)], scores[len(places) :], strict=True)


def reaches(places: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the windows about these places begin and end in a text of this length: all the near ones, then all the far ones."""
    first = np.concatenate((places - _NEAR_LEFT, places - LEFT))
    last = np.concatenate((places + NEAR_RIGHT, places + RIGHT))
    return np.maximum(first, 0), np.minimum(last, length)


def _blocks(places: Sequence[int]) -> Iterator[Sequence[int]]:
    """Places cut into groups: of a bounded length, and apart where there is much text between two."""
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] - places[at - 1] > _GAP or places[at] - places[start] > _BLOCK:
            yield places[start:at]
            start = at


@lru_cache(maxsize=1)
def shipped() -> Model:
    """The model of this package, read on first use. Raises `ConfigRejected` where its files are not those that were trained."""
    return read(_FOLDER / "injection.json", _FOLDER / "injection.weights")


def read(manifest: Path, weights: Path) -> Model:
    """The model in two files. Raises `ConfigRejected`."""
    said = json.loads(manifest.read_text(encoding="utf-8"))
    raw = weights.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != said["digest"]:
        raise ConfigRejected("`injection.weights` is not the file that `injection.json` names; install the package again")
    return Model(
        f"{said['version']}+{digest[:8]}",
        tuple(said["triggers"]),
        said["scale"],
        said["bias"],
        said["threshold"],
        np.frombuffer(raw, np.int8),
    )
