# SPDX-License-Identifier: Apache-2.0
"""`douane policy explain`: a decision of the log, decided again from its recorded facts and explained."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from douane.cli import log as logs
from douane.cli import policy_report as reports
from douane.cli.policy_stand import Stand, add_engine, configured, explainer
from douane.cli.policy_text import text

if TYPE_CHECKING:
    from douane.policy.explaining.explain import Explainer

__all__ = ["add"]

_EXPLAIN = """\
examples:
  douane policy explain 3f0c1a52 --config douane.yaml           by the beginning of its id
  douane policy explain gateway-1.example/64 --log copy.sqlite  by what the header `x-douane-log` said, by the shipped policies
  douane policy explain 3f0c1a52 --config douane.yaml --policies policies-next     what these would decide
  douane policy explain 3f0c1a52 --config douane.yaml --why-not douane.ops.opaque --lines
  douane policy explain 3f0c1a52 --config douane.yaml --json | jq '.records[].policies.same'

Both legs of the exchange are explained. The facts are those recorded, the policies those of today, with the settings of the configuration;
whether they are the ones that decided then is said first. The log may be written meanwhile.
Exit codes: 0 explained, 1 no such decision or no log, 2 wrong usage, configuration or policies.
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    plain = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser("explain", help="which rules made a logged decision", epilog=_EXPLAIN, formatter_class=plain)
    verb.add_argument("id", help="the decision: its id, the beginning of it, or what `x-douane-log` said")
    logs.add_source(verb)
    add_engine(verb)
    reports.add(verb)
    verb.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    from douane.audit.log import read

    events, problem = _one_exchange(list(read(logs.path(options), about=options.id)), options.id)
    if problem:
        print(f"douane: {problem}", file=sys.stderr)
        return 1
    stand = configured(options)
    with explainer(stand) as asked:
        records = [_record(stand, asked, event, options) for event in events]
    told = {"id": options.id, "exchange": events[0]["custom"]["exchange"], "records": records}
    print(json.dumps(told, ensure_ascii=False) if options.json else "\n\n".join(_text(record, options) for record in records))
    return 0


def _one_exchange(events: list[Mapping[str, Any]], about: str) -> tuple[list[Mapping[str, Any]], str]:
    """The records of the one exchange that is meant, or why there is none."""
    origin, _, number = about.rpartition("/")
    if number.isdigit():
        meant = [event for event in events if event["seq"] == int(number) and origin in ("", (event.get("labels") or {}).get("origin"))]
        if meant:
            events = [event for event in events if event["custom"]["exchange"] == meant[0]["custom"]["exchange"]]
        elif origin:
            return [], f"no record {number} of `{origin}` in this log; name the log of that gateway"
    if not events:
        return [], f"no record of the decision `{about}`"
    exchanges = list(dict.fromkeys(str(event["custom"]["exchange"]) for event in events))
    if len(exchanges) > 1:
        return [], f"more than one decision begins with `{about}`; say more of it: {', '.join(exchanges[:5])}"
    return events, ""


def _record(stand: Stand, asked: "Explainer", event: Mapping[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    custom, facts, result = event["custom"], event.get("input"), event.get("result")
    about = (event.get("bundles") or {}).get("douane") or {}
    told: dict[str, Any] = {
        "seq": event["seq"],
        "decision_id": event["decision_id"],
        "kind": custom["kind"],
        "timestamp": event["timestamp"],
        "error": (event.get("error") or {}).get("code"),
        "custom": custom,
        "recorded": {"revision": about.get("revision", ""), "digest": about.get("digest", ""), "result": result},
        "in_place": _in_place(result),
        "policies": None,
        "changed": None,
        "now": None,
    }
    if facts is None:
        return told
    now = reports.evaluated(stand, asked, json.dumps(facts, ensure_ascii=False), options)
    told["policies"] = {**now["policies"], "same": _is_same(told["recorded"], now["policies"])}
    told["changed"] = _changed(result, now)
    told["now"] = now
    return told


def _in_place(result: Any) -> str | None:
    """The id of the deny that took the place of what the policies said, or None: then the recorded result is theirs."""
    for reason in (result or {}).get("reasons") or ():
        if str(reason["id"]).startswith(("douane.engine.", "douane.enforce.")):
            return str(reason["id"])
    return None


def _is_same(recorded: Mapping[str, str], now: Mapping[str, str]) -> bool | None:
    """Whether these policies are those that decided; None where it cannot be told, as of an OPA server's loose files."""
    digests = [next((part for part in (one["digest"], one["revision"]) if part.startswith("sha256:")), "") for one in (recorded, now)]
    if all(digests):
        return digests[0] == digests[1]
    if any(digests) or any(not one["revision"] or "unknown" in one["revision"] for one in (recorded, now)):
        return None
    return recorded["revision"] == now["revision"]


def _changed(result: Any, now: Mapping[str, Any]) -> Any:
    from douane.policy.difference import difference

    today = "" if now["failed"] else json.dumps(now["result"])
    found = difference(json.dumps(result) if result is not None else "", today)
    return None if found is None else found.as_json()


def _text(record: Mapping[str, Any], options: argparse.Namespace) -> str:
    return "\n".join(_lines(record, options))


def _lines(record: Mapping[str, Any], options: argparse.Namespace) -> Iterable[str]:
    custom, recorded, now = record["custom"], record["recorded"], record["now"]
    error = f", error {record['error']}" if record["error"] else ""
    ended = f", ended {custom['ended']}" if custom.get("ended") else ""
    yield f"record {record['seq']}  {record['kind']}{ended}{error}  {record['timestamp']}  {record['decision_id']}"
    if custom["kind"] == "difference":
        yield f"other policies ({recorded['revision']}), beside and without effect: {json.dumps(custom['difference'])}"
        return
    if now is None:
        yield "no facts were recorded, since no policy was asked: nothing can be explained"
        return
    same = record["policies"]["same"]
    told = {True: "the policies are those that decided then", False: "THE POLICIES ARE NOT THOSE THAT DECIDED THEN", None: ""}[same]
    yield told or "whether the policies are those that decided then cannot be told"
    if not same:
        yield f"  then  {recorded['revision']}" + (
            f"  {recorded['digest']}" if recorded["digest"] not in ("", recorded["revision"]) else ""
        )
        yield f"  now   {now['policies']['revision']}  {now['policies']['source']}"
    if record["in_place"]:
        reason = next(one for one in recorded["result"]["reasons"] if one["id"] == record["in_place"])
        yield f"the recorded deny took the place of what the policies said: {reason['id']}: {reason['message']}"
        yield "what they say to these facts:"
    elif record["changed"]:
        yield "the decision is another one today"
        yield from _difference(recorded["result"], record["changed"])
        yield "today:"
    else:
        yield "the decision is the same today:"
    yield text(now, lines=options.lines)


def _identity(about: Mapping[str, str]) -> str:
    return " ".join(dict.fromkeys(part for part in (about["revision"], about["digest"]) if part)) or "unknown"


def _difference(result: Mapping[str, Any], changed: Mapping[str, Any]) -> Iterable[str]:
    before, after = changed["verdict"]
    yield f"  verdict  {before} then, {after} now"
    for name in ("rules", "destinations"):
        for change, items in changed[name].items():
            if items:
                yield f"  {name} {change}  {', '.join(items)}"
    for reason in result.get("reasons") or ():
        yield f"  then  {reason['severity']}  {reason['id']}: {reason['message']}"
    for obligation in result.get("obligations") or ():
        yield f"  then  {obligation['kind']} {', '.join(obligation.get('types') or ())}  by {obligation['rule']}"
