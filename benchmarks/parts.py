# SPDX-License-Identifier: Apache-2.0
"""The gateway with parts switched off, one after another, so that what each costs can be told: a gateway for benchmarks only.

    python benchmarks/parts.py --config douane.yaml --without 3 --port 0

Each step leaves out what the steps before it do, and one part more. Nothing here guards anything: never put it before a model.
"""

import argparse
import itertools
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal

import uvicorn

from douane import config
from douane.asgi import App, Passage
from douane.audit.log import SqliteLog
from douane.border import Border
from douane.client import Receive, Scope, Send
from douane.decision import Decision
from douane.enforce import Edits
from douane.exchange import Segment
from douane.finding import Recall, ScanResult
from douane.forward import Forwarder
from douane.gateway import gateway
from douane.guard import Admission, Ask, CarryOut, Guard, Release
from douane.policy.bundles.bundle import Bundle
from douane.policy.engines.embedded import EmbeddedEngine
from douane.policy.lease import Fixed, Held
from douane.record import DecisionRecord
from douane.vault import Vault

__all__ = ["STEPS", "app_without"]

_ALLOW = '{"verdict":"allow","obligations":[],"reasons":[],"permitted":["model"],"rejections":[]}'
_NO_EDITS = Edits()


class _Constant:
    """An engine that always says the same, in process."""

    name = revision = digest = "constant"

    def evaluate(self, document: str) -> str:
        return _ALLOW

    def close(self) -> None: ...


class _Counter:
    """A log that only counts."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def append(self, record: DecisionRecord) -> int:
        return next(self._numbers)

    def close(self) -> None: ...


class _Blind:
    """A scanner that looks at nothing."""

    @property
    def answers(self) -> "_Blind":
        return self

    def scan(self, segments: Sequence[Segment], known: Recall | None = None) -> ScanResult:
        return ScanResult((), ())

    def horizon(self, text: str, floor: int = 0) -> int:
        return len(text)

    def is_calm(self, text: str, since: int = 0) -> bool:
        return True


def _lease(ask: Ask) -> Held:
    return Fixed(_Constant()).lease(ask.principal)


class _Nobody(Guard):
    """A guard that lets everything pass."""

    def admit(self, ask: Ask, carry_out: CarryOut) -> Admission:
        vault = Vault(b"", "", lambda _: False)
        return Admission("", 0, Decision("allow"), ask, ask.candidates[0], carry_out(_NO_EDITS), vault, _lease(ask), self.scanner, 0)

    def release(self, admission: Admission, exchange: object, observed: object, carry_out: CarryOut) -> Release:
        return Release(Decision("allow"), carry_out(_NO_EDITS), 0)


class _AtOnce(ThreadPoolExecutor):
    """An executor without threads."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*arguments, **named))
        return done


def _unevaluated(border: Border) -> Border:
    rule = f"package douane.main\n\ndecision := {_ALLOW}\n"
    engine = EmbeddedEngine(Bundle((("main.rego", rule),), (), "{}", "constant", "sha256:constant"), deadline=1.0)
    engine.start()
    border.guard._policies = Fixed(engine)
    return border


def _undecided(border: Border) -> Border:
    border.guard._policies = Fixed(_Constant())
    return border


def _unsynced(border: Border) -> Border:
    assert isinstance(border.guard._log, SqliteLog)
    border.guard._log._db.execute("PRAGMA synchronous=OFF")
    return border


def _unrecorded(border: Border) -> Border:
    border.guard._log = _Counter()
    return border


def _unseen(border: Border) -> Border:
    border.guard.scanner = _Blind()
    return border


def _unguarded(border: Border) -> Border:
    return replace(border, guard=_Nobody(scanner=_Blind(), policies=Fixed(_Constant()), log=_Counter(), key=b""))


def _unthreaded(border: Border) -> Border:
    return replace(border, executor=_AtOnce(1))


STEPS: tuple[tuple[str, Callable[[Border], Border] | None], ...] = (
    ("evaluating the policy, both legs", _unevaluated),
    ("the hop to the policy's process, twice", _undecided),
    ("fsync of two records", _unsynced),
    ("writing two records", _unrecorded),
    ("detection, both legs", _unseen),
    ("document, result, enforcement, both legs", _unguarded),
    ("the hop to a thread, twice", _unthreaded),
    ("middleware: strict JSON, lens, answer", None),
)
"""What is switched off, in order; after the last step only the forwarder behind uvicorn is left."""


def app_without(path: str, steps: int) -> App:
    """The gateway of a configuration without the first `steps` parts of `STEPS`."""
    border = config.load(path)
    for _, switch_off in STEPS[:steps]:
        if switch_off is None:
            return _forwarder(border)
        border = switch_off(border)
    return gateway(border)


def _forwarder(border: Border) -> App:
    forwarder = Forwarder(border.routes.endpoints, connect=5.0, idle=120.0)
    passage = Passage(border.routes.candidates("instant")[0], "")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await forwarder({**scope, "douane": passage}, receive, send)

    return app


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="a configuration of the gateway")
    parser.add_argument("--without", type=int, default=0, choices=range(len(STEPS) + 1), help="how many parts are switched off")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port))
    app = app_without(options.config, options.without)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # The forwarder alone has nothing to start.
    life: Literal["on", "off"] = "off" if options.without == len(STEPS) else "on"
    server = uvicorn.Config(app, lifespan=life, log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none")
    uvicorn.Server(server).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
