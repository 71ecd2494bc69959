"""Log lines as data: structlog and the standard library through one formatter, without secrets."""

from __future__ import annotations

import logging
import math
import re
import sys
import time
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|authorization|cookie|(api|private)_?key$|(^|_)(url|dsn)$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(r"\bbd_[0-9A-Za-z]{8,}|(?<=://)[^/@\s]+@")
_SILENCED = ("apprise",)  # logs destinations in full, with their secrets
_QUIET = (
    "celery.app.trace",
    "kombu",
    "amqp",
    "urllib3",
    "_granian",
    "alembic",
    "celery.beat",
    "celery.worker.strategy",
)


_SELDOM = ("celery.beat",)  # tells of an absent broker each second, with all of its stack
_SELDOM_SECONDS = 60.0


class Seldom(logging.Filter):
    """Lets an error pass, and then none for a minute; what is no error passes."""

    def __init__(self) -> None:
        super().__init__()
        self._next = -math.inf

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; without the stack that came as an argument of it."""
        if record.levelno < logging.ERROR:
            return True
        if (now := time.monotonic()) < self._next:
            return False
        self._next = now + _SELDOM_SECONDS
        record.msg, record.args = record.getMessage().partition("\n")[0], None
        record.exc_info = None
        return True


def configure(
    log_format: Literal["console", "json"] = "console",
    level: str = "info",
    stream: TextIO | None = None,
) -> None:
    """Send every line of the process to ``stream`` (standard error), above ``level``."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _hush()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_described(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what carries a secret: by the field's name, or by what the text looks like."""
    for name, value in event.items():
        event[name] = _redacted(name, value)
    return event


def _redacted(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), inner) for key, inner in value.items()}
    if value is not None and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_blank, value)
    return value


def _blank(match: re.Match[str]) -> str:
    return REDACTED + ("@" if match.group().endswith("@") else "")


def _described() -> list[Processor]:
    """What every line carries, whoever logs it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(log_format: str) -> logging.Formatter:
    renderer: Processor = structlog.processors.JSONRenderer()
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_described(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
    )


def _hush() -> None:
    for name in _SILENCED:
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SELDOM:
        logging.getLogger(name).filters[:] = [Seldom()]
