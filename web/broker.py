"""The broker as the web edge meets it: does it answer, and the bell that it carries."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import redis
import structlog

from services.ports.doorbell import QUEUE, TASK

if TYPE_CHECKING:
    from celery import Celery

APART_SECONDS = 0.020
CROWDED = 5
HEARD_WITHIN_SECONDS = 5.0
ENOUGH_BELLS = 50
SOCKET_SECONDS = 2.0
_log = structlog.get_logger("bigdot.web")


def client(url: str, timeout: float = SOCKET_SECONDS) -> redis.Redis:
    """A client of the broker at ``url``, written as Celery writes it (``redis+socket://`` too)."""
    plain = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
    return redis.Redis.from_url(plain, socket_timeout=timeout, socket_connect_timeout=timeout)


def answers(url: str, timeout: float = SOCKET_SECONDS) -> bool:
    """Whether the broker answers."""
    try:
        with client(url, timeout) as asked:
            return bool(asked.ping())
    except (redis.RedisError, OSError):
        return False


class BrokerDoorbell:
    """Rings by a Celery message, from a thread of its own, at most once in 20 ms.

    A ring waits for nothing and never fails: while the broker is away the sweeper finds the work.
    Where enough bells wait already, none is added, and the next look is five times as far off. A
    broker that is away is told of once, and once when it is back. The thread starts at the first
    ring, hence after any fork.
    """

    def __init__(self, broker_url: str, apart: float = APART_SECONDS) -> None:
        self._url = broker_url
        self._apart = apart
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Say that there may be work."""
        self._wanted.set()
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Ring what is still to be rung, and stop."""
        self._closing.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(2 * SOCKET_SECONDS)

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        with closing(_Bell(self._url)) as bell:
            while not self._closing.is_set():
                self._wanted.wait()
                self._wanted.clear()
                crowded = not bell.ring()
                self._closing.wait(self._apart * CROWDED if crowded else self._apart)
            if self._wanted.is_set():
                bell.ring()


class _Bell:
    """The connections that a bell is rung by, and whether it was heard last."""

    def __init__(self, url: str) -> None:
        self._app = _app(url)
        self._asked = client(url)
        self._heard = True

    def ring(self) -> bool:
        """False where enough bells wait already, or nobody hears."""
        try:
            wanted = self._asked.llen(QUEUE) < ENOUGH_BELLS
            if wanted:
                self._app.send_task(TASK, queue=QUEUE, expires=HEARD_WITHIN_SECONDS, retry=False)
        except Exception as error:  # noqa: BLE001 - whatever fails, the sweeper finds the work
            self._tell(heard=False, error=type(error).__name__)
            return False
        self._tell(heard=True)
        return wanted

    def close(self) -> None:
        """Give the connections back."""
        self._asked.close()
        self._app.close()

    def _tell(self, *, heard: bool, error: str = "") -> None:
        if heard is not self._heard:
            self._heard = heard
            if heard:
                _log.info("doorbell.heard")
            else:
                _log.warning("doorbell.unheard", error=error)


def _app(url: str) -> Celery:
    """A Celery app that only sends; imported late, for it costs memory."""
    from celery import Celery  # noqa: PLC0415

    app = Celery("bigdot", broker=url, set_as_current=False)
    app.conf.update(
        broker_transport_options={"socket_timeout": SOCKET_SECONDS, "socket_keepalive": True},
        broker_connection_retry=False,
        task_ignore_result=True,
    )
    return app
