# SPDX-License-Identifier: Apache-2.0
"""The page on quality says what a run gives, and what is promised there is kept."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

import quality
import quality_content
import quality_names
import quality_numbers
import quality_secrets
import quality_technical
from douane.detect.names.lists import NAME, lists
from douane.detect.names.words import lowered
from douane.finding import Finding
from quality_aims import AIMS, Aim
from quality_public import versions
from quality_sample import Count, Gold, Sample, count
from quality_tables import MODEL, rendered, tables

TOLERANCE = 0.03
"""Of a figure of the model: as a difference, or as a share of the larger one; counts may differ by one."""

# Aims whose figures are the model's or the Python's: what is held of them is tested below.
_NOT_EXACT = frozenset(aim.name for aim in AIMS if aim.subject == "model" or "standard library" in aim.name)
TEMPLATE = Path(quality.__file__).with_name("quality_page.md").read_text(encoding="utf-8")
Results = dict[str, Mapping[str, Any]]


@cache
def by_lists() -> Results:
    return {"lists": quality.measured("lists")}


@cache
def with_model() -> Results:
    if find_spec("onnxruntime") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("the extra `names` is not installed, which CI does not accept")
        pytest.skip("THE EXTRA `names` IS NOT INSTALLED, so no figure of the model is compared")
    return {**by_lists(), "model": quality.measured("model")}


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if not line.startswith("| ---")]


def written() -> dict[str, list[list[str]]]:
    """The tables of the page by their names."""
    found = re.findall(r"(?:^\|.*\n?)+", quality.PAGE.read_text(encoding="utf-8"), re.M)
    names = re.findall(r"^\{\{(.+)\}\}$", TEMPLATE, re.M)
    return dict(zip(names, map(cells, found), strict=True))


def compared(results: Results) -> Iterator[tuple[str, str, str, str, bool]]:
    """Table, row, the cell on the page and that of the run, and whether the figure is the model's; of all that is to be equal."""
    page, run = written(), tables(results)
    for name, table in run.items():
        if name == "standard library" or (name == "public" and len(versions()) < 2):
            continue
        for row, (said, got) in enumerate(zip_longest(page[name], cells(rendered(table)))):
            for column, (one, other) in enumerate(zip_longest(said or [], got or [])):
                if name == "aims" and row and page[name][row][0] in _NOT_EXACT:
                    continue
                yield name, " ".join(said or got), one, other, row > 0 and MODEL in page[name][0][column]


def is_near(said: str, got: str) -> bool:
    one, other = float(said), float(got)
    return abs(one - other) <= (1 if said.isdigit() else max(TOLERANCE, TOLERANCE * max(one, other)))


def test_the_page_says_what_a_run_gives() -> None:
    wrong = [(name, row, said, got) for name, row, said, got, is_models in compared(by_lists()) if not is_models and said != got]
    assert wrong == [], "write the page again: python benchmarks/quality.py --write"


def test_the_text_of_the_page_is_that_of_its_template() -> None:
    parts = re.split(r"\{\{.+?\}\}", TEMPLATE)
    page = quality.PAGE.read_text(encoding="utf-8")
    assert [part for part in parts if part not in page] == []


@pytest.mark.slow
def test_the_figures_of_the_model_are_what_a_run_gives() -> None:
    figures = [(name, row, said, got) for name, row, said, got, is_models in compared(with_model()) if is_models and "–" not in (said, got)]
    assert len(figures) > 300
    assert [figure for figure in figures if not is_near(*figure[2:])] == [], "write the page again: python benchmarks/quality.py --write"


@pytest.mark.parametrize("aim", [aim for aim in AIMS if aim.subject == "lists"], ids=lambda aim: aim.name)
def test_what_is_held_is_kept(aim: Aim) -> None:
    value = aim.value(by_lists())
    assert value is not None
    assert aim.holds(value, aim.held), f"{value:.4f} where {aim.held} is held"


@pytest.mark.slow
@pytest.mark.parametrize("aim", [aim for aim in AIMS if aim.subject == "model"], ids=lambda aim: aim.name)
def test_what_is_held_of_the_model_is_kept(aim: Aim) -> None:
    value = aim.value(with_model())
    assert value is not None
    assert aim.holds(value, aim.held), f"{value:.4f} where {aim.held} is held"


SETS: Mapping[str, Callable[[], Sequence[Sample]]] = {
    **{class_: partial(quality_names.samples, class_) for class_ in quality_names.CLASSES},
    "in context": quality_numbers.in_context,
    "bare": quality_numbers.bare,
    "secrets": quality_secrets.samples,
    "tricks": quality_content.tricks,
}


@pytest.mark.parametrize("name", SETS)
def test_every_value_stands_where_it_is_said_to_stand(name: str) -> None:
    for sample in SETS[name]():
        assert sample.golds
        for gold in sample.golds:
            value = sample.text[gold.start : gold.end]
            assert 0 <= gold.start < gold.end <= len(sample.text)
            assert value == value.strip()
        assert not re.search(r"<[pgfiuqrlosm]>|<[tx]:|\{[A-Z]\d+\}", sample.text)


@pytest.mark.parametrize("language", quality_names.languages())
def test_who_is_said_to_be_in_no_list_is_in_none(language: str) -> None:
    known = lists().words
    for sample in quality_names.samples("none listed"):
        for gold in sample.golds if sample.group == language else ():
            if gold.type == "PERSON":
                words = re.split(r"[ \-.]+", lowered(sample.text[gold.start : gold.end]))
                assert [word for word in words if len(word) > 1 and known.get(word, 0) & NAME] == []


def test_every_official_language_of_the_union_has_texts_and_false_alarms() -> None:
    union = {"bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr"} | {
        "hu",
        "it",
        "lt",
        "lv",
        "mt",
        "nl",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "sv",
    }
    assert set(quality_names.languages()) == union
    assert {sample.group for sample in quality_names.plain()} == union
    assert union <= {sample.group for sample in quality_numbers.in_context()}


def test_no_secret_of_the_sets_stands_in_a_source() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(quality.__file__).parent.glob("quality*")))
    tokens = [
        sample.text[gold.start : gold.end] for sample in quality_secrets.samples() for gold in sample.golds if gold.end - gold.start > 8
    ]
    assert [token for token in tokens if token in source] == []


def test_technical_texts_are_the_same_size_everywhere() -> None:
    assert {len(sample.text) for sample in quality_technical.generated()} == {4000}


def finding(type_: str, start: int, end: int) -> Finding:
    return Finding(type_, 0, start, end, 1.0, "fake")


def test_what_is_counted_is_what_overlaps_and_what_leaks() -> None:
    sample = Sample("en", "0123456789", (Gold("PERSON", 0, 4), Gold("PERSON", 6, 8)))
    counted = count(sample, [finding("PERSON", 2, 5), finding("LOCATION", 6, 7), finding("PERSON", 9, 10)])
    assert counted["PERSON"] == Count(golds=2, typed=1, covered=2, found=2, right=1, characters=6, leaked=3)
    assert counted["LOCATION"] == Count(found=1)


def test_f2_weighs_recall_twice() -> None:
    one = Count(golds=4, typed=1, found=2, right=2)
    assert one.f2 == pytest.approx(5 * 1.0 * 0.25 / (4 * 1.0 + 0.25))
    assert Count().f2 == 0.0


def test_a_file_of_ones_own_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"lang": "en", "text": "Dear Anna Smith, hello", "spans": [[5, 15, "PER"], [17, 22, "MISC"]]}\n', encoding="utf-8")
    assert quality.main(["--detector", "lists", "--jsonl", str(path)]) == 0
    assert "recall 1.000" in capsys.readouterr().out


def test_writing_needs_everything_to_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        quality.main(["--detector", "lists", "--write"])
    assert "names model" in capsys.readouterr().err
