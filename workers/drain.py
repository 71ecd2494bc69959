"""Doing what waits: judge, then send, until nothing waits or the time is spent."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from datetime import timedelta

import structlog

from services.bootstrap import Services
from services.evaluation.judge import Judged

BUDGET_SECONDS = 20.0
FIRST_AUDIT_SECONDS = 60.0
BEAT_EVERY = timedelta(seconds=10)
AUDIT_EVERY = timedelta(hours=1)
AUDITED = timedelta(days=2)
AUDITOR = "auditor"
_log = structlog.get_logger("bigdot.worker")
DIGESTS_EVERY = timedelta(seconds=30)


class Drain:
    """Drains what is stale and what is owed; safe in any number of threads and processes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._host = socket.gethostname()
        self._beaten = 0.0
        self._audited = time.monotonic() - AUDIT_EVERY.total_seconds() + FIRST_AUDIT_SECONDS
        self._digested = 0.0
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
        """What no bell announced; now and then a sign of life, digests, and a look at the books."""
        self._beat()
        self.run()
        self._digest()
        self._audit()

    def _digest(self) -> None:
        """Owe the digests that are due; while the clock is held, nobody's day goes by."""
        with self._guard:
            due = time.monotonic() - self._digested >= DIGESTS_EVERY.total_seconds()
            if due:
                self._digested = time.monotonic()
        if due and not self._services.clock.is_held():
            self._services.digests.due()

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

    def _audit(self) -> None:
        """Look through what came lately, and keep how much of it does not fit."""
        with self._guard:
            due = time.monotonic() - self._audited >= AUDIT_EVERY.total_seconds()
            if due:
                self._audited = time.monotonic()
        if due:
            found = self._services.auditor.audit(AUDITED)
            if not found.clean:
                kinds = Counter(flaw.kind.value for flaw in found.flaws)
                _log.error("bigdot.audit", **kinds)
            told = {"flaws": len(found.flaws)}
            self._services.heartbeats.beat((AUDITOR,), self._services.clock.system_now(), told)
