"""The broker as the web edge meets it: does it answer, and the bell that it carries."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import redis
import structlog

from services.ports.doorbell import QUEUE, TASK

if TYPE_CHECKING:
    from celery import Celery

APART_SECONDS = 0.020
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
    Where enough bells wait already, none is added. The thread starts at the first ring, hence after
    any fork.
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
        app, asked = _app(self._url), client(self._url)
        while not self._closing.is_set():
            self._wanted.wait()
            self._wanted.clear()
            _ring(app, asked)
            time.sleep(self._apart)
        if self._wanted.is_set():
            _ring(app, asked)
        asked.close()
        app.close()


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


def _ring(app: Celery, asked: redis.Redis) -> None:
    try:
        if asked.llen(QUEUE) >= ENOUGH_BELLS:
            return
        app.send_task(TASK, queue=QUEUE, expires=HEARD_WITHIN_SECONDS, retry=False)
    except Exception as error:  # noqa: BLE001 - whatever fails here, the sweeper finds the work
        _log.warning("doorbell.unheard", error=type(error).__name__)
