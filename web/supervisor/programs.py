"""The command line of each process, the same whether a supervisor or an operator starts it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Protocol

BACKLOG = 1024
FORGETFUL = "celery.beat:Scheduler"
"""The scheduler that writes nothing: what ticks each second has nothing to catch up with."""


class Serving(Protocol):
    """The settings that processes are started by."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def web_processes(self) -> int: ...
    @property
    def web_threads(self) -> int: ...
    @property
    def worker_concurrency(self) -> int: ...
    @property
    def embedded(self) -> bool: ...
    @property
    def data_dir(self) -> Path: ...
    @property
    def log_level(self) -> str: ...


def web(settings: Serving, host: str | None = None, port: int | None = None) -> list[str]:
    """The web server: Granian over ``web.wsgi:app``."""
    options = {
        "--interface": "wsgi",
        "--host": host or settings.host,
        "--port": port or settings.port,
        "--workers": settings.web_processes,
        "--blocking-threads": settings.web_threads,
        "--backlog": BACKLOG,
        "--workers-kill-timeout": 5,
        "--log-level": settings.log_level,
    }
    words = [str(word) for pair in options.items() for word in pair]
    flags = ["--factory", "--no-ws", "--respawn-failed-workers"]
    return [sys.executable, "-m", "granian", *words, *flags, "web.wsgi:app"]


def worker(settings: Serving, concurrency: int | None = None) -> list[str]:
    """A worker: threads embedded, where memory is dear; else processes."""
    pool = "threads" if settings.embedded else "prefork"
    many = concurrency or settings.worker_concurrency
    return [
        *_celery("worker", settings),
        *("--pool", pool, "--concurrency", str(many)),
        *("--without-gossip", "--without-mingle"),
    ]


def beat(settings: Serving) -> list[str]:
    """The clock that ticks; it writes no file."""
    return [*_celery("beat", settings), "--scheduler", FORGETFUL, "--pidfile", ""]


def _celery(what: str, settings: Serving) -> list[str]:
    level = ["--loglevel", settings.log_level]
    return [sys.executable, "-m", "celery", "-A", "workers.app", "--quiet", what, *level]
