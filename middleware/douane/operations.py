# SPDX-License-Identifier: Apache-2.0
"""The operational log: structlog to standard error, one JSON object a line (or coloured text on a terminal); the server's own lines too.

Events name parts, codes, ids and counts. No text of an exchange is ever given to a logger, and no traceback shows values.
"""

import logging
import sys

import structlog

__all__ = ["configure"]


def configure(*, as_json: bool, level: str = "info") -> None:
    """Send structlog's and the standard library's events to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_values,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, root.level))  # its start and stop are said by ours


def _without_exception_values(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception's message may quote what it choked on, and a traceback may show locals: only the type is kept."""
    told = event.pop("exc_info", None)
    event.pop("stack_info", None)
    kind = told[0] if isinstance(told, tuple) else type(told) if isinstance(told, BaseException) else sys.exc_info()[0] if told else None
    if kind is not None:
        event["exception"] = kind.__name__
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        record.exc_info = record.exc_text = record.stack_info = None
    return event
