# SPDX-License-Identifier: Apache-2.0
"""The tables of `docs/quality.md`, made from what the sets gave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quality_aims import reached
from quality_names import CLASSES
from quality_sample import Count, share
from quality_technical import STANDARD_LIBRARY

__all__ = ["MODEL", "Table", "rendered", "tables"]

MODEL = "with the model"
"""Ends the name of every column whose figures are a network's, which may differ a little from one processor to another."""

Results = Mapping[str, Mapping[str, Any]]
_NAMED = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS"})
_STANDING = frozenset({"EMAIL_ADDRESS", "IP_ADDRESS"})
_CONTENT = frozenset(
    {
        "PROMPT_INJECTION",
        "HTML_ELEMENT",
        "SCRIPT",
        "MARKDOWN_IMAGE",
        "INVISIBLE_TEXT",
        "BIDI_CONTROL",
        "MIXED_SCRIPT",
        "ENCODED_TEXT",
        "TOPIC",
    }
)


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of cells, all text; a cell that was not measured is a dash."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def rendered(table: Table) -> str:
    """As Markdown."""
    lines = [table.columns, tuple("---" if not place else "--:" for place in range(len(table.columns))), *table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tables(results: Results) -> dict[str, Table]:
    """By the name that the page knows them by. `results` holds `lists`, and `model` where the names model was there."""
    lists, model = results["lists"], results.get("model", {})
    made = {
        "aims": _aims(results),
        "persons": _persons(lists["names"], model.get("names")),
        "persons in detail": _detail(lists["names"], model.get("names")),
        "shapes": _shapes(lists["names"], model.get("names")),
        "places": _places(lists["names"], model.get("names")),
        "false alarms": _false_alarms(lists["false alarms"], model.get("false alarms")),
        "standard library": _standard_library(lists["standard library"][STANDARD_LIBRARY]),
        "identifiers by type": _by_type(lists["identifiers"]["by type"], "type"),
        "identifiers by language": _by_type(lists["identifiers"]["by language"], "language"),
        "bare": _bare(lists["identifiers"]),
        "secrets": _secrets(lists["secrets"]),
        "disguises": _disguises(lists["disguises"]),
        "content": _content(lists["content"]),
        "injection": _injection(lists["injection"]),
        "public": _public(lists["public"], model.get("public")),
    }
    return made


def _number(value: float) -> str:
    return f"{value:.2f}"


def _count(row: Mapping[str, Any] | None) -> Count:
    return Count(**row) if row else Count()


def _sum(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())


def _aims(results: Results) -> Table:
    rows = []
    for aim, value in reached(results):
        shown = "–" if value is None else f"{value:.{aim.places}f}"
        verdict = "–" if value is None else "yes" if aim.holds(value) else "**no**"
        rows.append((aim.name, f"{'at most' if aim.is_ceiling else 'at least'} {aim.wanted:g}", shown, verdict))
    return Table(("aim", "wanted", "reached", "holds"), tuple(rows))


def _of(names: Mapping[str, Any] | None, class_: str, language: str, type_: str = "PERSON") -> Count | None:
    return None if names is None else _count(names[class_].get(language, {}).get(type_))


def _f2(one: Count | None) -> str:
    return "–" if one is None else _number(one.f2)


def _persons(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    columns = ("language", *CLASSES, *(f"{class_}, {MODEL}" for class_ in CLASSES))
    rows = []
    for language in lists["common"]:
        cells = [_of(names, class_, language) for names in (lists, model) for class_ in CLASSES]
        rows.append((language, *map(_f2, cells)))
    totals = [
        None if names is None else _sum(_count(row.get("PERSON")) for row in names[class_].values())
        for names in (lists, model)
        for class_ in CLASSES
    ]
    return Table(columns, (*rows, ("all", *map(_f2, totals))))


def _detail(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    parts = ("recall", "precision", "leak")
    rows = []
    for language in (*lists["common"], "all"):
        cells: list[str] = []
        for names in (lists, model):
            if names is None:
                cells += ["–"] * len(parts)
                continue
            chosen = names["common"] if language == "all" else (language,)
            one = _sum(_of(names, class_, each) or Count() for class_ in CLASSES for each in chosen)
            cells += [_number(getattr(one, part)) for part in parts]
        rows.append((language, *cells))
    return Table(("language", *parts, *(f"{part}, {MODEL}" for part in parts)), tuple(rows))


def _shapes(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    rows = []
    for shape in lists["shapes"]["common"]:
        cells: list[str] = []
        for names in (lists, model):
            one = None if names is None else _sum(_count(names["shapes"][class_][shape].get("PERSON")) for class_ in CLASSES)
            cells += ["–", "–", "–"] if one is None else [_number(one.recall), _number(one.precision), _number(one.f2)]
        rows.append((shape, *cells))
    return Table(
        ("kind of text", "recall", "precision", "F2", *(f"{part}, {MODEL}" for part in ("recall", "precision", "F2"))), tuple(rows)
    )


def _places(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    wanted = (("common", "LOCATION"), ("none listed", "LOCATION"), ("", "ORGANIZATION"), ("", "STREET_ADDRESS"))
    titles = ("place, listed", "place, in no list", "organisation", "street")
    rows = []
    for language in (*lists["common"], "all", "precision, all"):
        cells: list[str] = []
        for names in (lists, model):
            for class_, type_ in wanted:
                if names is None:
                    cells.append("–")
                    continue
                chosen = names["common"] if language.endswith("all") else (language,)
                one = _sum(_of(names, each, other, type_) or Count() for each in ((class_,) if class_ else CLASSES) for other in chosen)
                cells.append("–" if not one.golds else _number(one.precision if language.startswith("precision") else one.recall))
        rows.append((language, *cells))
    return Table(("language", *titles, *(f"{title}, {MODEL}" for title in titles)), tuple(rows))


def _false_alarms(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    titles = {"numbers": "", "more numbers": " (second set)", "technical": "", "plain": "", "honest": "", "no secrets": ""}
    rows = []
    for name, title in titles.items():
        groups = lists[name]
        for group in sorted(groups, key=lambda each: (name != "plain", each)) if name == "plain" else groups:
            other = None if model is None else model[name][group]
            row = groups[group]
            label = f"plain sentences, {group}" if name == "plain" else f"{_TITLES.get(group, group)}{title}"
            rows.append(
                (
                    label,
                    str(row["texts"]),
                    str(row["flagged"]),
                    _number(10_000 * share(row["findings"], row["characters"])),
                    ", ".join(sorted(row["types"])) or "–",
                    "–" if other is None else str(other["flagged"]),
                    "–" if other is None else _number(10_000 * share(other["findings"], other["characters"])),
                )
            )
    return Table(
        ("text", "texts", "with a finding", "findings in 10 kB", "types", f"texts with a finding, {MODEL}", f"findings in 10 kB, {MODEL}"),
        tuple(rows),
    )


_TITLES = {"honest": "many scripts, emoji, markup", "no secret": "placeholders, code and prose about secrets"}


def _standard_library(row: Mapping[str, Any]) -> Table:
    kinds: dict[str, int] = {"numbers and secrets": 0, "e-mail and IP addresses": 0, "names": 0, "content": 0}
    for type_, found in row["types"].items():
        kinds[
            "names"
            if type_ in _NAMED
            else "e-mail and IP addresses"
            if type_ in _STANDING
            else "content"
            if type_ in _CONTENT
            else "numbers and secrets"
        ] += found
    per = 10_000 / row["characters"]
    return Table(("findings in 10 kB of", *kinds), ((STANDARD_LIBRARY, *(f"{per * found:.3f}" for found in kinds.values())),))


def _by_type(rows: Mapping[str, Any], title: str) -> Table:
    made = []
    for name, row in sorted(rows.items()):
        one = _sum(map(_count, row.values()))
        made.append(
            (name, str(one.golds), _number(one.any_recall), *(_number(value) for value in (one.recall, one.precision, one.f2, one.leak)))
        )
    one = _sum(_count(each) for row in rows.values() for each in row.values())
    made.append(
        ("all", str(one.golds), _number(one.any_recall), *(_number(value) for value in (one.recall, one.precision, one.f2, one.leak)))
    )
    return Table((title, "values", "found", "found as its type", "precision", "F2", "leak"), tuple(made))


def _bare(identifiers: Mapping[str, Any]) -> Table:
    rows = []
    for title, name in (("this set", "bare"), ("all kinds", "all kinds, bare")):
        groups = {group: _sum(map(_count, row.values())) for group, row in identifiers[name].items()}
        groups["all"] = _sum(groups.values())
        rows += [
            (f"{title}, {group}", str(one.golds), _number(one.any_recall), _number(one.recall)) for group, one in sorted(groups.items())
        ]
    missed = sorted(identifiers["bare, missed"].items())
    rows += [(f"missed: {kind.rpartition(' ')[0]}", "8", _number(1 - number / 8), "–") for kind, number in missed]
    return Table(("without a word beside it", "values", "found", "found as its type"), tuple(rows))


def _secrets(rows: Mapping[str, Any]) -> Table:
    made = [(provider, _sum(map(_count, row.values()))) for provider, row in rows.items()]
    made.append(("all", _sum(one for _, one in made)))
    return Table(
        ("secret", "values", "found as its type", "leak"),
        tuple((name, str(one.golds), _number(one.recall), _number(one.leak)) for name, one in made),
    )


def _disguises(ways: Mapping[str, Any]) -> Table:
    groups = (("all ways", list(ways.values())), ("ways with a safe cure", [way for way in ways.values() if way["cured"]]))
    rows = [
        (
            title,
            f"{sum(way['whole'] for way in chosen)} of {sum(way['values'] for way in chosen)}",
            f"{sum(way['whole'] == way['values'] for way in chosen)} of {len(chosen)}",
        )
        for title, chosen in groups
    ]
    partial = [
        (name, f"{way['whole']} of {way['values']}", "no cure" if not way["cured"] else "")
        for name, way in ways.items()
        if way["whole"] < way["values"]
    ]
    return Table(("disguise", "values found whole", "ways in which all are"), (*rows, *partial))


def _content(rows: Mapping[str, Any]) -> Table:
    made = []
    for trick, row in rows.items():
        type_, one = next((type_, _count(each)) for type_, each in row.items() if each["golds"])
        made.append((trick, type_, f"{one.typed} of {one.golds}"))
    return Table(("trick", "type", "found"), tuple(made))


def _injection(rows: Mapping[str, Any]) -> Table:
    kinds = ("direct", "jailbreak", "harmless")
    made = [(language, *(f"{row[kind]['flagged']} of {row[kind]['texts']}" for kind in kinds)) for language, row in rows.items()]
    sums = tuple(
        f"{sum(row[kind]['flagged'] for row in rows.values())} of {sum(row[kind]['texts'] for row in rows.values())}" for kind in kinds
    )
    return Table(("language", "direct, found", "jailbreak, found", "harmless, taken for one"), (*made, ("all", *sums)))


def _public(lists: Mapping[str, Any], model: Mapping[str, Any] | None) -> Table:
    rows: list[tuple[str, ...]] = []
    for type_, row in lists.get("templates", {}).get("en", {}).items():
        one, other = _count(row), None if model is None else _count(model.get("templates", {}).get("en", {}).get(type_))
        if one.golds:
            rows.append((f"presidio-evaluator: {type_}", str(one.golds), _number(one.recall), _number(one.precision), *_pair(other)))
    for name, row in sorted(lists.get("attacks", {}).items()):
        rows.append((f"bastioncorpus: {name}", str(row["texts"]), _number(share(row["flagged"], row["texts"])), "–", "–", "–"))
    return Table(("public set", "values or texts", "found", "precision", f"found, {MODEL}", f"precision, {MODEL}"), tuple(rows))


def _pair(one: Count | None) -> Sequence[str]:
    return ("–", "–") if one is None else (_number(one.recall), _number(one.precision))
