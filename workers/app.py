"""The Celery app. The broker is a doorbell: what it loses costs time, never work."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery import Celery, signals
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel

from services.ports.doorbell import QUEUE
from workers import process

TICK = "bigdot.tick"
TICK_SECONDS = 1.0
FIRST_TICK_SECONDS = 10.0
VISIBILITY_SECONDS = 300
HARD_LIMIT_SECONDS = 120
SOFT_LIMIT_SECONDS = 90


def make_app() -> Celery:
    """The app, without settings: those are read when a worker or beat starts."""
    made = Celery("bigdot", include=["workers.tasks"])
    made.conf.update(
        task_default_queue=QUEUE,
        # A bell is acknowledged as it is heard: what a dead worker leaves, the next tick finds.
        task_acks_late=False,
        task_ignore_result=True,
        task_time_limit=HARD_LIMIT_SECONDS,
        task_soft_time_limit=SOFT_LIMIT_SECONDS,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        # What a lost broker does not stop: a mail that is on its way, and the note that it went.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        # A broker may be away for a weekend; whoever gave up would have to be started by hand.
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        beat_schedule={
            "tick": {
                "task": TICK,
                "schedule": TICK_SECONDS,
                "options": {"expires": TICK_SECONDS, "queue": QUEUE},
            }
        },
    )
    return made


def _connect(made: Celery) -> Celery:
    """Signals: settings and logging are read, and services made, when a process starts."""
    signals.setup_logging.connect(process.configure_logging, weak=False)
    signals.worker_init.connect(_restore_no_bells, weak=False)
    signals.worker_init.connect(process.make_ready, weak=False)
    signals.worker_process_init.connect(process.forget, weak=False)
    signals.worker_process_shutdown.connect(process.forget, weak=False)
    signals.worker_shutdown.connect(process.forget, weak=False)
    signals.beat_init.connect(_tick_at_once, weak=False)
    made.on_configure.connect(_address, weak=False)
    return made


def _restore_no_bells(**_: object) -> None:
    """Put no unheard bell back when a connection closes.

    It is not worth it, and Kombu tries it over the connection that was just lost, whose failure
    ends the worker.
    """
    Channel.do_restore = False


def _tick_at_once(sender: Any, **_: object) -> None:
    """Beat's first tick, without which a deployment waits for a whole interval to be ready."""
    with suppress(OperationalError):
        sender.app.send_task(TICK, queue=QUEUE, expires=FIRST_TICK_SECONDS, retry=False)


def _address(sender: Celery, **_: object) -> None:
    sender.conf.update(broker_url=process.broker_url())


app = _connect(make_app())
