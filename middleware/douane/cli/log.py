# SPDX-License-Identifier: Apache-2.0
"""`douane log show` and `douane log tail`: read the decision log."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["add", "add_source", "path"]

_LOG = """\
examples:
  douane log show                                 the last 20 records of var/decisions.sqlite
  douane log show --config douane.yaml --last 100
  douane log show 3f0c1a52                        everything about one decision, by the beginning of its id
  douane log show gateway-1.example/64            the same, by what the header `x-douane-log` said
  douane log show --json | jq .result.verdict     one JSON object a line, with OPA's field names
  douane log tail --json                          new records as they are written; Ctrl-C ends
"""


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    plain = argparse.RawDescriptionHelpFormatter
    log = commands.add_parser("log", help="read the decision log", epilog=_LOG, formatter_class=plain)
    verbs = log.add_subparsers(required=True, metavar="VERB")
    show = verbs.add_parser("show", help="records of the log, oldest first", epilog=_LOG, formatter_class=plain)
    show.add_argument("id", nargs="?", help="only what belongs to this decision: its id, the beginning of it, or what `x-douane-log` says")
    show.add_argument("--since", type=int, default=0, metavar="SEQ", help="only records from this sequence number on")
    show.add_argument("--last", type=_count, metavar="N", help="only the last N (default: 20, all with --since or an id; 0 for all)")
    show.set_defaults(run=_show)
    tail = verbs.add_parser("tail", help="follow the log", epilog=_LOG, formatter_class=plain)
    tail.add_argument("--last", type=_count, default=10, metavar="N", help="begin with the last N (default: 10)")
    tail.set_defaults(run=_tail)
    for verb in (show, tail):
        add_source(verb)
        verb.add_argument("--json", action="store_true", help="one JSON object a line")


def add_source(verb: argparse.ArgumentParser) -> None:
    """Options that say which log is meant; see `path`."""
    where = verb.add_mutually_exclusive_group()
    where.add_argument("--log", type=Path, metavar="FILE", help="the log (default: var/decisions.sqlite)")
    where.add_argument("--config", type=Path, metavar="FILE", help="take the log that this configuration names")


def path(options: argparse.Namespace) -> Path:
    """The log that the options name. Raises `ConfigRejected`."""
    if options.log is not None:
        return Path(options.log)
    if options.config is None:
        return Path("var/decisions.sqlite")
    from douane import config as configuration

    return configuration.read(options.config).log.path


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _show(options: argparse.Namespace) -> int:
    from douane.audit.log import read

    last = options.last if options.last is not None else (None if options.id or options.since else 20)
    events = read(path(options), since=options.since, last=last or None, about=options.id)
    shown = _print(events, as_json=options.json)
    if not shown and options.id:
        print(f"douane: no record of the decision `{options.id}`", file=sys.stderr)
    return 0 if shown or not options.id else 1


def _tail(options: argparse.Namespace) -> int:
    from douane.audit.log import read

    log, since = path(options), 0
    events = list(read(log, last=options.last or 1))
    with contextlib.suppress(KeyboardInterrupt):
        _print(events if options.last else (), as_json=options.json)
        while True:
            since = max([since, *(int(str(event["seq"])) + 1 for event in events)])
            time.sleep(0.3)
            events = list(read(log, since=since))
            _print(events, as_json=options.json)
    return 0


def _print(events: Iterable[Mapping[str, object]], *, as_json: bool) -> int:
    shown = 0
    for event in events:
        print(json.dumps(event, ensure_ascii=False) if as_json else _line(event), flush=True)
        shown += 1
    return shown


def _line(event: Mapping[str, Any]) -> str:
    """One record on one line, for people."""
    custom, input_, result = event["custom"], event.get("input") or {}, event.get("result") or {}
    kind = custom["kind"]
    principal = input_.get("principal", custom)
    parts = [
        f"{event['seq']:>6}",
        event["timestamp"][:23] + "Z",
        f"{kind:<8}",
        event["decision_id"],
        f"{principal.get('tenant', '-')}/{principal.get('app', '-')}",
    ]
    if "exchange" in input_:
        parts.append(f"{input_['exchange']['model']} -> {_where(custom.get('destination'), input_.get('candidates') or ())}")
    if custom.get("ended"):
        parts.append(str(custom["ended"]))
    if "error" in event:
        parts.append(f"error={event['error']['code']}")
    counts = input_.get("counts") or {}
    if counts:
        parts.append("found " + ", ".join(f"{type_} x{count}" for type_, count in sorted(counts.items())))
    edits = custom.get("edits") or {}
    if edits:
        parts.append(", ".join(f"{action} {count}" for action, count in sorted(edits.items())))
    reasons = [reason["id"] for reason in result.get("reasons", ()) if reason["severity"] != "info"]
    if reasons:
        parts.append("because " + ", ".join(reasons))
    if kind == "denied":
        rejected = sorted({f"{rejection['destination']} by {rejection['id']}" for rejection in result.get("rejections", ())})
        parts += [f"rejected {', '.join(rejected)}"] if rejected else []
    if kind == "difference":
        found = custom["difference"]
        parts += [" -> ".join(found["verdict"]), *(f"+{rule}" for rule in found["rules"]["gained"])]
        parts += [*(f"-{rule}" for rule in found["rules"]["lost"]), f"of {custom['of']}"]
    if kind == "outcome":
        parts.append(f"of {custom['exchange']}")
    return "  ".join(parts)


def _where(destination: str | None, candidates: Iterable[Mapping[str, Any]]) -> str:
    """The destination and the countries in which its model is declared to run."""
    countries = next((candidate["inference"] for candidate in candidates if candidate["id"] == destination), ())
    return f"{destination or 'nowhere'} ({', '.join(countries)})" if countries else destination or "nowhere"
