"""What a worker process has: made after any fork, when first used, from the settings."""

from __future__ import annotations

import os
import threading

from config import logging
from config.settings import settings
from services.bootstrap import Services
from services.configured import service_options
from workers.bell import Bell
from workers.drain import Drain

NICENESS = 5
_held: list[tuple[Services, Drain]] = []
_guard = threading.Lock()


def drain() -> Drain:
    """The process's drain."""
    with _guard:
        if not _held:
            services = Services(service_options(settings()), Bell())
            _held.append((services, Drain(services)))
        return _held[0][1]


def forget(**_: object) -> None:
    """Give back what the process holds; a child of a fork uses nothing of its parent's."""
    with _guard:
        held = _held.pop() if _held else None
    if held is not None:
        held[0].close()


def give_way(**_: object) -> None:
    """Where web and worker share a machine, taking facts in and showing pages go first."""
    os.nice(NICENESS)


def broker_url() -> str | None:
    """Where the doorbell hangs."""
    return settings().broker


def configure_logging(**_: object) -> None:
    """Log as the settings say; Celery's own set-up is left out."""
    logging.configure(settings().log_format, settings().log_level)
