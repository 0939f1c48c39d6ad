# SPDX-License-Identifier: Apache-2.0
"""How well identifiers are told from other numbers, on a set that is held out; the thresholds are what the documentation promises."""

import random
import sysconfig
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from detect.identifiers.held_out import Case, bare, in_context, negatives, strong
from detect.samples import REGIONS
from douane.detect.identifiers.identifiers import Identifiers
from douane.detect.settle import settle

IDENTIFIERS = Identifiers(REGIONS)
EACH = 10
SAMPLES = {"faker", "phonenumbers", "presidio_analyzer", "stdnum"}  # packages whose sources are full of them


def recall(cases: Iterable[Case]) -> tuple[float, float]:
    """The share of values that a finding covers whole, and the share that one of the right type does."""
    total = found = typed = 0
    for case in cases:
        spans = [span for span in settle(IDENTIFIERS.detect([case.text])[0]) if span.start <= case.start and case.end <= span.end]
        total += 1
        found += bool(spans)
        typed += any(span.type == case.type for span in spans)
    return found / total, typed / total


def test_in_context_98_of_100_are_found_and_97_by_their_type() -> None:
    found, typed = recall(in_context(1, EACH))
    assert found >= 0.98
    assert typed >= 0.97


def test_strong_kinds_are_found_bare_98_times_of_100() -> None:
    kinds = strong()
    found, _ = recall(case for case in bare(2, EACH) if case.rule in kinds)
    assert found >= 0.98


def test_all_kinds_with_a_check_are_found_bare_85_times_of_100_as_they_are_usually_written() -> None:
    assert recall(bare(2, EACH, usual=True))[0] >= 0.85


def test_all_kinds_with_a_check_are_found_bare_78_times_of_100_in_any_writing() -> None:
    assert recall(bare(2, EACH))[0] >= 0.78


def test_of_numbers_that_are_no_personal_data_at_most_one_in_100_is_taken_in_each_class() -> None:
    total, taken = Counter[str](), Counter[str]()
    for case in negatives(3, 1000):
        total[case.rule] += 1
        taken[case.rule] += bool(IDENTIFIERS.detect([case.text])[0])
    assert {name: count / total[name] for name, count in taken.items() if count > total[name] / 100} == {}


def test_source_code_gives_at_most_one_false_finding_in_100_kb() -> None:
    """Addresses for e-mail in it are true ones, so they do not count."""
    roots = [Path(sysconfig.get_paths()["stdlib"]) / part for part in ("asyncio", "email", "json", "http", "concurrent", "encodings")]
    roots += [path for path in Path(pytest.__file__).parents[1].iterdir() if path.is_dir() and path.name not in SAMPLES]
    files = sorted(path for root in roots for path in root.rglob("*.py"))
    random.Random(4).shuffle(files)
    length = false = 0
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")[:30_000]
        length += len(text)
        false += sum(span.type != "EMAIL_ADDRESS" for span in settle(IDENTIFIERS.detect([text])[0]))
        if length > 1_500_000:
            break
    assert false / length <= 1 / 100_000


def test_logs_give_at_most_one_false_finding_in_100_kb() -> None:
    drawn = random.Random(5)
    lines = (
        f"2024-0{drawn.randrange(1, 10)}-1{drawn.randrange(10)}T12:{drawn.randrange(10, 60)}:56.{drawn.randrange(1000):03}Z [INFO] "
        f"pid={drawn.randrange(99999)} req={drawn.getrandbits(64):016x} took {drawn.randrange(10**7)} us status=200 "
        f"bytes={drawn.randrange(10**9)} ts={drawn.randrange(16 * 10**11, 18 * 10**11)} lat={drawn.uniform(0, 90):.6f} "
        f"shard={drawn.randrange(10**5)}/{drawn.randrange(100)} trace=0x{drawn.getrandbits(32):x}"
        for _ in range(5000)
    )
    text = "\n".join(lines)
    assert len(settle(IDENTIFIERS.detect([text])[0])) / len(text) <= 1 / 100_000
