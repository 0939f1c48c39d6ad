# SPDX-License-Identifier: Apache-2.0
"""The command line: `douane serve`, `douane log show`, `douane log tail`.

Exit codes: 0 done, 1 nothing found or the work failed, 2 wrong usage or configuration.
"""

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from douane import __version__
from douane.errors import DouaneError

__all__ = ["main"]

_SERVE = """\
examples:
  douane serve --config douane.yaml
  douane serve --config douane.yaml --check      only check the configuration and the policies, then end
"""
_LOG = """\
examples:
  douane log show                                 the last 20 records of var/decisions.sqlite
  douane log show --config douane.yaml --last 100
  douane log show 3f0c1a52                        everything about one decision, by the beginning of its id
  douane log show gateway-1.example/64            the same, by what the header `x-douane-log` said
  douane log show --json | jq .result.verdict     one JSON object a line, with OPA's field names
  douane log tail --json                          new records as they are written; Ctrl-C ends
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except DouaneError as cause:
        print(f"douane: {cause}", file=sys.stderr)
        return 2 if type(cause).__name__ in ("ConfigRejected", "BundleRejected") else 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="douane", description="Policy-as-code guardrails between applications and language models.")
    parser.add_argument("--version", action="version", version=f"douane {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the gateway", epilog=_SERVE, formatter_class=plain)
    serve.add_argument("--config", type=Path, default=Path("douane.yaml"), metavar="FILE", help="default: douane.yaml")
    serve.add_argument("--host", help="listen here instead of where `listen.host` says")
    serve.add_argument("--port", type=int, help="listen on this port instead of `listen.port`; 0 takes a free one")
    serve.add_argument("--check", action="store_true", help="check the configuration and the policies, then end")
    serve.add_argument("--log-format", choices=("auto", "json", "text"), default="auto", help="default: text on a terminal, else json")
    serve.set_defaults(run=_serve)

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
        where = verb.add_mutually_exclusive_group()
        where.add_argument("--log", type=Path, metavar="FILE", help="the log (default: var/decisions.sqlite)")
        where.add_argument("--config", type=Path, metavar="FILE", help="take the log that this configuration names")
        verb.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


# serve


def _serve(options: argparse.Namespace) -> int:
    import structlog
    import uvicorn

    from douane import config as configuration
    from douane.gateway import gateway
    from douane.operations import configure

    config = configuration.read(options.config)
    said = {name: value for name, value in (("host", options.host), ("port", options.port)) if value is not None}
    listen = config.listen.model_copy(update=said)
    config = configuration.validated(config.model_dump() | {"listen": listen.model_dump()}, "the command line")
    border = configuration.compose(config, configuration.environment())
    if options.check:
        try:
            border.start()
            absent = [part.name for part in border.parts if not part.is_ready()]
        finally:
            border.close()
        if absent:
            print(f"douane: not ready: {', '.join(absent)}; start what it needs, or mend the configuration", file=sys.stderr)
            return 1
        print(f"{options.config}: {len(config.models)} models, {len(config.destinations)} destinations, policies {border.guard.revision}")
        return 0
    configure(as_json=options.log_format == "json" or (options.log_format == "auto" and not sys.stderr.isatty()))
    log = structlog.get_logger("douane")

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own raises the signal once more after it has stopped; but a stop that was asked for is no failure
            numbers = (signal.SIGINT, signal.SIGTERM)
            before = [signal.signal(number, self.handle_exit) for number in numbers]
            try:
                yield
            finally:
                for number, handler in zip(numbers, before, strict=True):
                    signal.signal(number, handler)

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            for server in self.servers if self.started else ():
                host, port = server.sockets[0].getsockname()[:2]
                log.info("listening", url=f"http://{host}:{port}/v1", policies=border.guard.revision, log=str(config.log.path))

    app = gateway(border, connect=config.limits.connect_seconds, idle=config.limits.idle_seconds)
    server = Server(
        uvicorn.Config(
            app,
            host=listen.host,
            port=listen.port,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=10,
        )
    )
    try:
        server.run()
    except SystemExit:  # it could not start, and has said why
        return 1
    log.info("stopped")
    return 0 if server.started else 1


# log


def _path(options: argparse.Namespace) -> Path:
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
    events = read(_path(options), since=options.since, last=last or None, about=options.id)
    shown = _print(events, as_json=options.json)
    if not shown and options.id:
        print(f"douane: no record of the decision `{options.id}`", file=sys.stderr)
    return 0 if shown or not options.id else 1


def _tail(options: argparse.Namespace) -> int:
    from douane.audit.log import read

    path, since = _path(options), 0
    events = list(read(path, last=options.last or 1))
    with contextlib.suppress(KeyboardInterrupt):
        _print(events if options.last else (), as_json=options.json)
        while True:
            since = max([since, *(int(str(event["seq"])) + 1 for event in events)])
            time.sleep(0.3)
            events = list(read(path, since=since))
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
    if kind == "outcome":
        parts.append(f"of {custom['exchange']}")
    return "  ".join(parts)


def _where(destination: str | None, candidates: Iterable[Mapping[str, Any]]) -> str:
    """The destination and the countries in which its model is declared to run."""
    countries = next((candidate["inference"] for candidate in candidates if candidate["id"] == destination), ())
    return f"{destination or 'nowhere'} ({', '.join(countries)})" if countries else destination or "nowhere"
