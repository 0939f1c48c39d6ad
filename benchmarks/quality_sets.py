# SPDX-License-Identifier: Apache-2.0
"""The sets that quality is measured on, each run over a scanner; what comes back is numbers only and can be written as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import quality_content
import quality_names
import quality_numbers
import quality_public
import quality_secrets
import quality_technical
from detect.identifiers import held_out
from detect.readings.disguises import CURED, WAYS, disguised, found_whole, values
from douane.detect.scan import Scan
from douane.detect.types import TYPES
from douane.exchange import Segment
from douane.finding import Finding
from quality_sample import Count, Gold, Sample, count, counts

__all__ = ["EXACT_ONLY", "SETS", "find", "measured_jsonl"]

Counts = dict[str, dict[str, dict[str, int]]]
_LABELS = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION"} | {type_: type_ for type_ in TYPES}


def find(scan: Scan, texts: Sequence[str]) -> list[list[Finding]]:
    """Findings of each text for itself, so that a name that one text shows does not help with the next."""
    return [list(scan.scan([Segment("", text, "")]).findings) for text in texts]


def _counted(scan: Scan, samples: Sequence[Sample], by: Callable[[Sample], str] = lambda sample: sample.group) -> Counts:
    found = find(scan, [sample.text for sample in samples])
    return _plain(counts(samples, found, by))


def _plain(total: Mapping[str, Mapping[str, Count]]) -> Counts:
    return {group: {type_: asdict(one) for type_, one in sorted(row.items())} for group, row in total.items()}


def _flagged(scan: Scan, samples: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    """By group: texts, characters, texts with a finding, findings, and these by type."""
    total: dict[str, dict[str, Any]] = {}
    for sample, found in zip(samples, find(scan, [sample.text for sample in samples]), strict=True):
        row = total.setdefault(sample.group, {"texts": 0, "characters": 0, "flagged": 0, "findings": 0, "types": {}})
        row["texts"] += 1
        row["characters"] += len(sample.text)
        row["flagged"] += bool(found)
        row["findings"] += len(found)
        for finding in found:
            row["types"][finding.type] = row["types"].get(finding.type, 0) + 1
    return total


def _names(scan: Scan) -> dict[str, Any]:
    result: dict[str, Any] = {"shapes": {}}
    for class_ in quality_names.CLASSES:
        samples = quality_names.samples(class_)
        found = find(scan, [sample.text for sample in samples])
        result[class_] = _plain(counts(samples, found, lambda sample: sample.group))
        result["shapes"][class_] = _plain(counts(samples, found, lambda sample: sample.shape))
    return result


def _identifiers(scan: Scan) -> dict[str, Any]:
    samples, bare = quality_numbers.in_context(), quality_numbers.bare()
    found = find(scan, [sample.text for sample in samples])
    strong = held_out.strong()
    other = [_of(case) for case in held_out.in_context(1, 6)]
    other_bare = [_of(case, "strong" if case.rule in strong else "weak") for case in held_out.bare(2, 6, usual=True)]
    return {
        "by language": _plain(counts(samples, found, lambda sample: sample.group)),
        "by type": _plain(counts(samples, found, lambda sample: sample.golds[0].type)),
        "missed": _missed(samples, found),
        "bare": _counted(scan, bare),
        "bare, missed": _missed(bare, find(scan, [sample.text for sample in bare])),
        "all kinds": _counted(scan, other, lambda _: "all kinds"),
        "all kinds, bare": _counted(scan, other_bare),
    }


def _of(case: held_out.Case, group: str = "") -> Sample:
    return Sample(group, case.text, (Gold(case.type, case.start, case.end, case.rule),))


def _missed(samples: Sequence[Sample], found: Sequence[Sequence[Finding]]) -> dict[str, int]:
    """How many values of a kind were not found at all, by kind and group."""
    missed: dict[str, int] = {}
    for sample, findings in zip(samples, found, strict=True):
        if not any(one.covered for one in count(sample, findings).values()):
            key = f"{sample.golds[0].group} {sample.group}"
            missed[key] = missed.get(key, 0) + 1
    return missed


def _false_alarms(scan: Scan) -> dict[str, Any]:
    other = [Sample(case.rule, case.text) for case in held_out.negatives(3, 60)]
    return {
        "numbers": _flagged(scan, quality_numbers.nobodys()),
        "more numbers": _flagged(scan, other),
        "technical": _flagged(scan, quality_technical.generated()),
        "plain": _flagged(scan, quality_names.plain()),
        "honest": _flagged(scan, quality_content.honest()),
        "no secrets": _flagged(scan, quality_secrets.none()),
    }


def _standard_library(scan: Scan) -> dict[str, Any]:
    return _flagged(scan, quality_technical.standard_library())


def _secrets(scan: Scan) -> Counts:
    return _counted(scan, quality_secrets.samples())


def _disguises(scan: Scan) -> dict[str, Any]:
    cured = {way.name for way in CURED}
    result = {}
    for way in WAYS:
        fitting = [value for value in values() if way.fits(value)]
        whole = [value.name for value in fitting if found_whole(scan, way, value)]
        result[way.name] = {
            "values": len(fitting),
            "whole": len(whole),
            "cured": way.name in cured,
            "missed": sorted({v.name for v in fitting} - {*whole}),
        }
        assert all(disguised(way, value) for value in fitting)
    return result


def _content(scan: Scan) -> Counts:
    return _counted(scan, quality_content.tricks())


def _injection(scan: Scan) -> dict[str, Any]:
    texts = yaml.safe_load(Path(__file__).with_name("quality_injection.yaml").read_text(encoding="utf-8"))
    result: dict[str, Any] = {}
    for language, kinds in texts.items():
        result[language] = {}
        for kind, lines in kinds.items():
            flagged = sum(any(finding.type == "PROMPT_INJECTION" for finding in found) for found in find(scan, lines))
            result[language][kind] = {"texts": len(lines), "flagged": flagged}
    return result


def _public(scan: Scan) -> dict[str, Any]:
    """Sets that installed packages carry; a set whose package is not there is left out, and that is said."""
    result: dict[str, Any] = {}
    templates = quality_public.templates()
    if templates is not None:
        result["templates"] = _counted(scan, templates, lambda _: "en")
    attacks = quality_public.attacks()
    if attacks is not None:
        found = find(scan, [text for _, _, text in attacks])
        for (kind, language, _), findings in zip(attacks, found, strict=True):
            row = result.setdefault("attacks", {}).setdefault(f"{kind} {language}", {"texts": 0, "flagged": 0})
            row["texts"] += 1
            row["flagged"] += any(finding.type in _ATTACK for finding in findings)
    return result


_ATTACK = frozenset(
    {"PROMPT_INJECTION", "ENCODED_TEXT", "INVISIBLE_TEXT", "MIXED_SCRIPT", "BIDI_CONTROL", "MARKDOWN_IMAGE", "SCRIPT", "HTML_ELEMENT"}
)
SETS: Mapping[str, Callable[[Scan], Mapping[str, Any]]] = {
    "names": _names,
    "false alarms": _false_alarms,
    "identifiers": _identifiers,
    "standard library": _standard_library,
    "secrets": _secrets,
    "disguises": _disguises,
    "content": _content,
    "injection": _injection,
    "public": _public,
}
EXACT_ONLY = frozenset({*SETS} - {"names", "false alarms", "public"})
"""Sets that the names model has no part in."""


def measured_jsonl(path: Path) -> Callable[[Scan], Mapping[str, Any]]:
    """A set of anybody's: lines with `lang`, `text` and `spans` ([start, end, label]), by language. Labels are PER, LOC, ORG or types."""
    samples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        golds = tuple(Gold(_LABELS[label], start, end) for start, end, label in row["spans"] if label in _LABELS)
        samples.append(Sample(row["lang"], row["text"], golds))
    return partial(_counted, samples=samples)
