"""Doing what waits: judge, then send, until nothing waits or the time is spent."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

from services.bootstrap import Services
from services.evaluation.judge import Judged

BUDGET_SECONDS = 20.0
BEAT_EVERY = timedelta(seconds=10)


class Drain:
    """Drains what is stale and what is owed; safe in any number of threads and processes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._host = socket.gethostname()
        self._beaten = 0.0
        self._guard = threading.Lock()

    def run(self) -> None:
        """Judge and send until nothing waits, or ring for another turn when the time is spent."""
        end = time.monotonic() + BUDGET_SECONDS
        while time.monotonic() < end:
            judged = self._services.judge.several(self._services.deliver)
            if judged is Judged.QUIET:
                continue
            sent = self._services.deliver.next()
            if judged is Judged.NOTHING and not sent:
                return
        self._services.doorbell.ring()

    def tick(self) -> None:
        """What no bell announced, and a sign of life now and then."""
        self._beat()
        self.run()

    def _beat(self) -> None:
        """Only beat sends ticks, so that a tick that arrives is a sign of both.

        A tick goes to any process of a worker, so that the worker of the host is what is alive.
        """
        with self._guard:
            due = time.monotonic() - self._beaten >= BEAT_EVERY.total_seconds()
            if due:
                self._beaten = time.monotonic()
        if due:
            names = (f"worker {self._host}", "beat")
            self._services.heartbeats.beat(names, self._services.clock.system_now())
