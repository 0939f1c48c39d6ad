# SPDX-License-Identifier: Apache-2.0
"""`douane serve`: runs the gateway, or only checks what it would run with."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["add"]

_SERVE = """\
examples:
  douane serve --config douane.yaml
  douane serve --config douane.yaml --check      only check the configuration and the policies, then end
"""


def add(commands: Any) -> None:
    """Add the command to a parser's."""
    plain = argparse.RawDescriptionHelpFormatter
    serve = commands.add_parser("serve", help="run the gateway", epilog=_SERVE, formatter_class=plain)
    serve.add_argument("--config", type=Path, default=Path("douane.yaml"), metavar="FILE", help="default: douane.yaml")
    serve.add_argument("--host", help="listen here instead of where `listen.host` says")
    serve.add_argument("--port", type=int, help="listen on this port instead of `listen.port`; 0 takes a free one")
    serve.add_argument("--check", action="store_true", help="check the configuration and the policies, then end")
    serve.add_argument("--log-format", choices=("auto", "json", "text"), default="auto", help="default: text on a terminal, else json")
    serve.set_defaults(run=_serve)


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
            revision = border.guard.revision
        finally:
            border.close()
        if absent:
            print(f"douane: not ready: {', '.join(absent)}; start what it needs, or mend the configuration", file=sys.stderr)
            return 1
        print(f"{options.config}: {len(config.models)} models, {len(config.destinations)} destinations, policies {revision}")
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
