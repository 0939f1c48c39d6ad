# SPDX-License-Identifier: Apache-2.0
"""`douane policy eval`: what the gateway would decide about a prompt, a saved request or a document of facts. Nothing is sent or kept."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from douane.cli import policy_report as reports
from douane.cli.policy_stand import add_engine, built_in, configured, country_of, explainer, rehearsing
from douane.cli.policy_text import text
from douane.errors import CallerError, ConfigRejected, DouaneError

if TYPE_CHECKING:
    from douane.exchange import Principal

__all__ = ["add"]

_EVAL = """\
examples:
  douane policy eval --prompt 'Write to anna@example.org'             the shipped policies, one destination in the US, one in the EU
  douane policy eval letter.txt --destination US                      a prompt in a file, one destination, in that country
  douane policy eval --config douane.yaml --request body.json --app helpdesk --show-body
  douane policy eval --config douane.yaml --prompt hello --model small --destination mistral-eu --lines
  douane policy eval --prompt hello --why-not douane.residency.retention
  douane policy eval --input facts.json --json | jq -r '.rules.fired[] | "\\(.path):\\(.line) \\(.id)"'
  douane policy eval --prompt hello --engine opa --opa-url http://127.0.0.1:8181

It takes the very steps of the gateway: read, detect, decide, enforce. Nothing is sent and no record is kept. Values that were found are
never shown without --show-values.
Exit codes: 0 allow, 1 deny, 2 nothing was decided: wrong usage, configuration, policies or request.
"""


def add(verbs: Any) -> None:
    """Add the verb to the parser of `douane policy`."""
    plain = argparse.RawDescriptionHelpFormatter
    verb = verbs.add_parser("eval", help="what would be decided, and by which rules at which lines", epilog=_EVAL, formatter_class=plain)
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", metavar="FILE", help="a prompt in a file; - for standard input")
    what.add_argument("--prompt", metavar="TEXT", help="a prompt")
    what.add_argument("--request", metavar="FILE", help="the body of a chat completions request, as JSON")
    what.add_argument("--input", metavar="FILE", help="a document of facts (policies/schemas/input.schema.json), or a record of the log")
    verb.add_argument("--config", type=Path, metavar="FILE", help="callers, models, destinations, detectors and policies of this gateway")
    verb.add_argument("--tenant", help="who asks; with --config, one of its callers")
    verb.add_argument("--app", help="who asks; with --config, one of its callers")
    verb.add_argument("--model", help="the model asked for (default: the first of the configuration, or what the request says)")
    verb.add_argument("--destination", metavar="ID", help="only this destination; without --config also a country, such as FR")
    add_engine(verb)
    reports.add(verb)
    verb.add_argument(
        "--show-body", action="store_true", help="what the body would have become; its text is shown, values left in it are not"
    )
    verb.add_argument("--show-values", action="store_true", help="show what was found: personal data and secrets")
    verb.set_defaults(run=_eval)


def _eval(options: argparse.Namespace) -> int:
    try:
        report = _of_facts(options) if options.input is not None else _of_request(options)
    except DouaneError as cause:  # 1 would say that it is denied; what a caller did wrong is told as the gateway would answer it
        print(f"douane: {cause} ({cause.code})" if isinstance(cause, CallerError) else f"douane: {cause}", file=sys.stderr)
        return 2
    if options.show_values:
        print("douane: --show-values: WHAT FOLLOWS HOLDS PERSONAL DATA AND SECRETS; keep it out of tickets and logs", file=sys.stderr)
    print(json.dumps(report, ensure_ascii=False) if options.json else text(report, lines=options.lines))
    return 0 if report["verdict"] == "allow" else 1


def _of_facts(options: argparse.Namespace) -> dict[str, Any]:
    from douane.wire.body import Body, BodyLimits

    own = ("tenant", "app", "model", "destination")
    if any(getattr(options, name) is not None for name in own) or options.show_body or options.show_values:
        raise ConfigRejected("`--input` has its caller, model and destinations in it, and no text; leave the options for those out")
    stand = configured(options)
    limits = stand.config.limits
    tree = Body.parse(_read(options.input), BodyLimits(limits.request_bytes, limits.depth, limits.leaves)).tree
    facts = tree.get("input") if isinstance(tree, dict) and "leg" not in tree else tree
    if not isinstance(facts, dict):
        raise ConfigRejected("the document of facts must be an object with `leg`, or hold one under `input`")
    with explainer(stand) as asked:
        return reports.evaluated(stand, asked, json.dumps(facts, ensure_ascii=False), options)


def _of_request(options: argparse.Namespace) -> dict[str, Any]:
    from douane.audit.log import as_event
    from douane.guard import Ask
    from douane.wire import openai
    from douane.wire.body import Body

    stand = configured(options, _built_in(options))
    model = options.model or (next(iter(stand.config.models)) if options.request is None else None)
    raw = _read(options.request) if options.request is not None else _chat(options, model)
    with rehearsing(stand) as (border, guard, records):
        body = Body.parse(raw, border.limits)
        if options.request is not None and options.model is not None and isinstance(body.tree, dict):
            body = Body.parse(body.rewrite(values={"/model": options.model}), border.limits)
        exchange = openai.read_request(body)
        if stand.is_built_in:
            exchange = _renamed(exchange, next(iter(stand.config.models)))
        principal = _principal(border, options, is_built_in=stand.is_built_in)
        candidates = border.routes.candidates(exchange.model)
        if options.destination is not None:
            wanted = (country_of(options.destination) or options.destination).lower() if stand.is_built_in else options.destination
            found = tuple(candidate for candidate in candidates if candidate.id == wanted)
            if not found:
                known = ", ".join(f"`{candidate.id}`" for candidate in candidates)
                raise ConfigRejected(f"no destination of this model is called `{options.destination}`; there are {known}")
            candidates = found
        admission = guard.admit(
            Ask(exchange, principal, candidates),
            lambda edits: body.raw if edits.is_empty else body.rewrite(values=edits.values, keys=edits.keys, removed=edits.removed),
        )
        (record,) = records
    with explainer(stand) as asked:
        report = reports.rehearsed(stand, asked, as_event(record), admission, options)
    if options.show_values:
        for finding in report["findings"]:
            finding["value"] = exchange.segments[finding["segment"]].text[finding["start"] : finding["end"]]
    if options.show_body:
        report |= _body(admission.body, report["edits"].get("left", 0), show_values=options.show_values)
    return report


def _body(body: bytes | None, left: int, *, show_values: bool) -> dict[str, Any]:
    """The body that would leave, and why it is not shown where it is not."""
    if body is None:
        return {"body": None, "withheld": "nothing would leave"}
    if left and not show_values:
        return {"body": None, "withheld": f"{left} values found are left in it"}
    return {"body": body.decode(), "withheld": None}


def _built_in(options: argparse.Namespace) -> Any:
    if options.config is not None:
        return None
    given = {name: getattr(options, name) for name in ("tenant", "app", "model") if getattr(options, name) is not None}
    return built_in(**given, country=country_of(options.destination))


def _renamed(exchange: Any, model: str) -> Any:
    """The exchange as one with the stand's only model: a name in a saved request is text of its caller."""
    from dataclasses import replace

    return replace(exchange, model=model)


def _chat(options: argparse.Namespace, model: str | None) -> bytes:
    text = options.prompt if options.prompt is not None else _read(options.file).decode("utf-8", "surrogateescape")
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as cause:
        raise ConfigRejected(f"`{name}` cannot be read; name a file, or - for standard input") from cause


def _principal(border: Any, options: argparse.Namespace, *, is_built_in: bool) -> "Principal":
    callers = border.callers
    known: list[Principal] = [*callers.by_digest.values(), *([callers.anonymous] if callers.anonymous is not None else [])]
    wanted = {name: value for name in ("tenant", "app") if (value := getattr(options, name)) is not None and not is_built_in}
    found = [one for one in known if all(getattr(one, name) == value for name, value in wanted.items())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(f"`--tenant {one.tenant} --app {one.app}`" for one in known))
    raise ConfigRejected(f"say which caller asks: {names}")
