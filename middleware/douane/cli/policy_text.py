# SPDX-License-Identifier: Apache-2.0
"""The report on one decision for people. Takes the JSON report, so that both say the same."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["text"]

_FINDINGS = 50
_OBLIGED = ("types", "name", "pointer", "value")


def text(report: Mapping[str, Any], *, lines: bool) -> str:
    """The report on several lines; `lines` shows those of the rules that fired."""
    return "\n".join(_all(report, lines))


def _all(report: Mapping[str, Any], lines: bool) -> Iterator[str]:
    principal, policies = report["principal"], report["policies"]
    where = f" -> {report['destination']}" if report["destination"] else ""
    yield f"{report['verdict']}  {report['leg']} of {principal['tenant']}/{principal['app']}, model {report['model']}{where}"
    yield f"policies  {policies['source']}, {policies['revision'] or 'of no known revision'}, engine {report['engine']}"
    if report["failed"]:
        detail = f": {report['failed']['detail']}" if report["failed"]["detail"] else ""
        yield f"no decision of the policies holds ({report['failed']['code']}){detail}"
    yield from _section("findings", map(_finding, report["findings"][:_FINDINGS]))
    if len(report["findings"]) > _FINDINGS:
        yield f"  ... and {len(report['findings']) - _FINDINGS} more; --json has them"
    yield from _section("candidates", (line for candidate in report["candidates"] for line in _candidate(candidate, report["leg"])))
    yield from _result(report["result"])
    if report["edits"]:
        yield "edits  " + ", ".join(f"{action} {count}" for action, count in sorted(report["edits"].items()))
    yield from _rules(report["rules"], lines)
    for one in report["why_not"]:
        yield from _why_not(one, report["rules"]["root"])
    if "body" in report:
        yield "body"
        yield report["body"] if report["body"] is not None else f"  not shown: {report['withheld']}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield title
        yield from (f"  {line}" for line in found)


def _finding(finding: Mapping[str, Any]) -> str:
    start, end, score = (value if isinstance(value := finding.get(name), int) else 0 for name in ("start", "end", "score"))
    value = json.dumps(finding["value"], ensure_ascii=False) if "value" in finding else "*" * min(end - start, 8)
    known = "  known to the caller" if finding.get("known") else ""
    return f"{finding.get('type')}  {finding['place']} {start}-{end}  {value}  {score / 1000:.2f}  {finding.get('detector')}{known}"


def _candidate(candidate: Mapping[str, Any], leg: str) -> Iterator[str]:
    places = [f"{fact} {'+'.join(map(str, candidate[fact]))}" for fact in ("inference", "storage") if isinstance(candidate.get(fact), list)]
    verdict = "" if leg != "request" else "permitted" if candidate["permitted"] else "not permitted"
    facts = ", ".join([*places, f"controller {candidate.get('controller')}"])
    yield "  ".join(part for part in (str(candidate.get("id")), facts, verdict) if part)
    for rejection in candidate["rejections"]:
        yield f"  {rejection['id']}: {rejection['message']}"


def _result(result: Mapping[str, Any]) -> Iterator[str]:
    yield from _section("obligations", map(_obligation, result.get("obligations") or ()))
    yield from _section("reasons", map(_reason, result.get("reasons") or ()))
    observed = result.get("observed")
    if isinstance(observed, Mapping):
        for name, show in (("obligations", _obligation), ("reasons", _reason), ("rejections", _rejection)):
            yield from _section(f"observed {name}, which do not act", map(show, observed.get(name) or ()))


def _obligation(obligation: Mapping[str, Any]) -> str:
    about = [obligation[name] for name in _OBLIGED if name in obligation]
    told = " ".join(", ".join(one) if isinstance(one, list) else json.dumps(one) for one in about)
    only = " unless the caller sent it" if obligation.get("unknown_only") else ""
    return f"{obligation['kind']} {told}{only}  by {obligation['rule']}"


def _reason(reason: Mapping[str, Any]) -> str:
    refs = f"  ({'; '.join(reason['refs'])})" if reason.get("refs") else ""
    return f"{reason['severity']}  {reason['id']}: {reason['message']}{refs}"


def _rejection(rejection: Mapping[str, Any]) -> str:
    return f"{rejection['destination']} by {rejection['id']}: {rejection['message']}"


def _rules(rules: Mapping[str, Any], lines: bool) -> Iterator[str]:
    yield from _section("rules that cannot be explained", iter(rules["failed"]))
    if not (rules["fired"] or rules["quiet"]):
        return
    by = (
        ""
        if rules["by"] == "evaluation"
        else f" (by the ids in the server's result, in the METADATA of {rules['source']}; no line was looked at)"
    )
    yield f"rules that fired: {len(rules['fired'])} of {len(rules['fired']) + len(rules['quiet'])}{by}"
    for rule in rules["fired"]:
        parts = ", ".join(rule["parts"]) or "the decision does not name it"
        yield f"  {_place(rule, rules['root'])}  {rule['id']}  {rule['severity']}  {rule['title']}  [{parts}]"
        for reference in rule["references"]:
            yield "      " + "  ".join(part for part in (reference["title"], reference["url"]) if part)
        for line in rule["held"] if lines else ():
            yield f"      {line['number']:>5}  {line['text']}"


def _place(part: Mapping[str, Any], root: str | None) -> str:
    """`file:line`, as an editor opens it from here."""
    return f"{os.path.join(root, part['path']) if root else part['path']}:{part['line']}"


def _why_not(why: Mapping[str, Any], root: str | None) -> Iterator[str]:
    if why["failed"]:
        yield f"why not {why['id']}: {why['failed']}"
        return
    yield f"why not {why['id']}" + (": it fired" if why["fired"] else "")
    for attempt in why["attempts"]:
        yield from (f"  {line}" for line in _attempt(attempt, root))


def _attempt(attempt: Mapping[str, Any], root: str | None) -> Iterator[str]:
    arguments = ", ".join(_part(part) for part in attempt["arguments"])
    yield f"{_place(attempt, root)}  {attempt['head']}" + (f"  where {arguments}" if arguments else "")
    for line in attempt["held"]:
        yield f"  held     {line['number']:>5}  {line['text']}"
    failing = attempt["failing"]
    if failing:
        word = {"stopped": "did not", "error": "raised", "unclear": "unclear"}.get(attempt["outcome"], "")
        yield f"  {word:<8} {failing['number']:>5}  {failing['text']}"
    if attempt["said"]:
        yield f"                  {attempt['said']}"
    if attempt["outcome"] == "default":
        yield "  a default, which gives way to any other definition that holds"
    elif attempt["outcome"] == "held":
        yield "  held, all of it"
    yield from (f"                  {line}" for line in _values(attempt["values"], attempt["ways"]))
    for because in attempt["because"]:
        yield from (f"      {line}" for line in _attempt(because, root))


def _values(rows: Sequence[Sequence[Mapping[str, Any]]], ways: int) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        if len(rows) > 1:
            yield f"way {number} of {ways}: " + "; ".join(_part(part) for part in row)
        else:
            yield from (_part(part) for part in row)


def _part(part: Mapping[str, Any]) -> str:
    return f"{part['text']} = {', '.join(part['values']) or 'undefined'}"
