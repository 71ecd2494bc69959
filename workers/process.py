"""What a worker process has: made after any fork, when first used, from the settings.

What is costly to import is imported by whoever needs it: beat, which only ticks, never does.
"""

from __future__ import annotations

import gc
import os
import threading
from typing import TYPE_CHECKING

from config.settings import settings

if TYPE_CHECKING:
    from services.bootstrap import Services
    from workers.drain import Drain

NICENESS = 10
_COLLECTED_AFTER = (50_000, 20, 50)
_held: list[tuple[Services, Drain]] = []
_guard = threading.Lock()


def drain() -> Drain:
    """The process's drain."""
    from workers.drain import Drain  # noqa: PLC0415

    with _guard:
        if not _held:
            services = _services()
            _held.append((services, Drain(services)))
        return _held[0][1]


def forget(**_: object) -> None:
    """Give back what the process holds; a child of a fork uses nothing of its parent's."""
    with _guard:
        held = _held.pop() if _held else None
    if held is not None:
        held[0].close()


def make_ready(**_options: object) -> None:
    """Import what judging and sending need, before any fork, so that children share it.

    Where web and worker share a machine, taking facts in and showing pages go first.
    """
    os.nice(NICENESS)
    services = _services()
    _ = services.judge, services.deliver
    services.close()
    collect_seldom()


def collect_seldom() -> None:
    """Look for unreachable cycles seldom: judging makes next to none, and holds large plans.

    By Python's own thresholds the search takes a twelfth of the time that judging takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def _services() -> Services:
    from services.bootstrap import Services  # noqa: PLC0415
    from services.configured import service_options  # noqa: PLC0415
    from workers.bell import Bell  # noqa: PLC0415

    return Services(service_options(settings()), Bell())


def broker_url() -> str | None:
    """Where the doorbell hangs."""
    return settings().broker


def configure_logging(**_: object) -> None:
    """Log as the settings say; Celery's own set-up is left out."""
    from config import logging  # noqa: PLC0415

    logging.configure(settings().log_format, settings().log_level)
