# SPDX-License-Identifier: Apache-2.0
"""`douane policy diff`: what other policies would have decided about the traffic that the log holds."""

import argparse
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from douane.cli import log as logs
from douane.errors import BundleRejected, ConfigRejected, LogUnavailable

__all__ = ["add"]

_DIFF = """\
examples:
  douane policy diff policies policies-next --log var/decisions.sqlite
  douane policy diff recorded policies-next --config douane.yaml    against what was decided then; settings of the configuration
  douane policy diff main.tar.gz next.tar.gz --last 10000 --json | jq .verdicts
  douane policy diff policies policies-next --each                   one line for each decision that changes

OLD and NEW are folders or bundle archives; OLD may be `recorded`. Exit codes: 0 nothing changes, 1 something does, 2 wrong usage or
policies that cannot be loaded. Nothing is written anywhere.
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    diff = verbs.add_parser(
        "diff",
        help="replay recorded decisions by two sets of policies",
        epilog=_DIFF,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    diff.add_argument("old", metavar="OLD", help="a folder, a bundle archive, or `recorded`")
    diff.add_argument("new", type=Path, metavar="NEW", help="a folder or a bundle archive")
    logs.add_source(diff)
    diff.add_argument("--since", type=int, default=0, metavar="SEQ", help="only records from this sequence number on")
    diff.add_argument("--last", type=int, metavar="N", help="only the last N records")
    diff.add_argument("--each", action="store_true", help="one line for each decision that changes")
    diff.add_argument("--json", action="store_true", help="the outcome as one JSON object; with --each one object a line before it")
    diff.add_argument("--deadline-ms", type=int, default=2000, metavar="MS", help="for each decision (default: 2000)")
    diff.set_defaults(run=_diff)


def _diff(options: argparse.Namespace) -> int:
    from douane.audit.log import read
    from douane.policy.replay import Replay

    with _engines(options) as (old, new):
        running = Replay(old, new)
        try:
            for number, event in enumerate(read(logs.path(options), since=options.since, last=options.last), 1):
                found = running.take(event)
                if found is not None and options.each:
                    about = {"decision_id": event["decision_id"], **found.as_json()}
                    print(json.dumps(about) if options.json else _line(str(event["decision_id"]), found), flush=True)
                if number % 500 == 0 and sys.stderr.isatty():
                    print(f"\r{number} records", end="", file=sys.stderr, flush=True)
        except LogUnavailable as cause:
            raise ConfigRejected(str(cause)) from cause  # not exit code 1, which says that something changes
    outcome = running.outcome
    print(json.dumps(outcome.as_json()) if options.json else _told(outcome))
    return 1 if outcome.changed else 0


@contextlib.contextmanager
def _engines(options: argparse.Namespace) -> Iterator[tuple[Any, Any]]:
    """Both engines, running; the old one is None for what was recorded."""
    from douane.policy.bundles import bundle
    from douane.policy.engines.embedded import EmbeddedEngine

    entry = None
    if options.config is not None:
        from douane import config as configuration

        entry = configuration.read(options.config).policies

    def engine(path: Path) -> EmbeddedEngine:
        policies = bundle.read(path)
        changed = policies if entry is None else configuration.overridden(policies, entry)
        return EmbeddedEngine(changed, deadline=options.deadline_ms / 1000)

    with contextlib.ExitStack() as stack:
        engines = []
        for path in ([] if options.old == "recorded" else [Path(options.old)]) + [options.new]:
            try:
                one = engine(path)
                stack.callback(one.close)
                one.start()
            except BundleRejected as cause:
                raise BundleRejected(f"`{path}`: {cause}") from cause
            engines.append(one)
        yield (engines[0] if len(engines) == 2 else None), engines[-1]


def _line(id_: str, found: Any) -> str:
    verdict = " -> ".join(found.verdict) if found.verdict[0] != found.verdict[1] else found.verdict[0]
    rules = [f"+{rule}" for rule in found.rules_gained] + [f"-{rule}" for rule in found.rules_lost]
    rules += [f"~{rule}" for rule in found.rules_changed]
    return "  ".join([id_, verdict, *rules])


def _told(outcome: Any) -> str:
    lines = [f"{outcome.decisions} decisions replayed, {outcome.changed} change"]
    if outcome.failed:
        lines.append(f"{outcome.failed} could not be made by the new policies, and would be denied")
    lines += _counted("verdict", outcome.verdicts)
    if outcome.rules:
        lines.append("by rule")
        for rule, counts in sorted(outcome.rules.items(), key=lambda item: -item[1].total()):
            told = ", ".join(f"{change} {count}" for change, count in sorted(counts.items()))
            lines.append(f"  {rule}  {told}  (such as {', '.join(outcome.examples[rule])})")
    lines += _counted("by tenant/app", outcome.tenants)
    lines += _counted("by destination", outcome.destinations)
    return "\n".join(lines)


def _counted(title: str, counts: Counter[str]) -> list[str]:
    return [title, *(f"  {name}  {count}" for name, count in counts.most_common())] if counts else []
