"""Everything on this machine: broker, web, worker and beat over one data folder."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from web.supervisor import broker, programs
from web.supervisor.apart import apart
from web.supervisor.children import Program
from web.supervisor.folder import LOGS
from web.supervisor.supervisor import Supervisor

T = TypeVar("T")
READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05
FRUGAL = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Memory and idle threads that small processes have no use for."""


class NotReadyError(Exception):
    """The processes run and do not work together; the message says what is missing."""


@contextmanager
def embedded(
    settings: programs.Serving,
    broker_url: str | None,
    environment: Mapping[str, str],
    prepare: Callable[[], T],
    say: Callable[[str], None],
) -> Iterator[tuple[Supervisor, T]]:
    """All processes started, and what ``prepare`` gave; on leaving, all stopped.

    What makes others ask the database (beat, by its ticks) is started when ``prepare`` is done; the
    others start meanwhile. ``broker_url`` None: a local broker is started in the data folder.
    """
    folder = settings.data_dir.absolute()
    with Supervisor(folder / LOGS, say) as supervisor:
        url = broker_url or start_broker(supervisor, folder)
        shared = {**FRUGAL, **environment, "BIGDOT_BROKER_URL": url}
        supervisor.start(Program("web", programs.web(settings), shared))
        supervisor.start(Program("worker", programs.worker(settings), shared))
        found = apart(prepare)
        supervisor.start(Program("beat", programs.beat(settings), shared))
        yield supervisor, found


def start_broker(supervisor: Supervisor, folder: Path) -> str:
    """Start the local broker and wait until it answers; gives its URL."""
    supervisor.start(broker.broker_program(folder))
    _wait(supervisor, lambda: None if broker.answers(folder) else "the broker does not answer")
    return broker.broker_url(folder)


def wait_until_ready(supervisor: Supervisor, url: str) -> None:
    """Watch until the deployment at ``url`` says that it is ready. Raises NotReadyError."""
    _wait(supervisor, lambda: _missing(f"{url}/readyz"))


def _wait(supervisor: Supervisor, missing: Callable[[], str | None]) -> None:
    end = time.monotonic() + READY_WITHIN_SECONDS
    while (lacks := missing()) is not None:
        if time.monotonic() > end:
            raise NotReadyError(f"{lacks}, after {READY_WITHIN_SECONDS:.0f} s")
        supervisor.watch(LOOK_EVERY_SECONDS)


def _missing(url: str) -> str | None:
    """What ``/readyz`` misses; None when nothing."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own http address
            return None
    except urllib.error.HTTPError as error:
        reasons = json.loads(error.read() or b"{}").get("reasons", {})
        return "; ".join(f"{part} {text}" for part, text in reasons.items()) or str(error)
    except OSError:
        return "the web server does not answer"
