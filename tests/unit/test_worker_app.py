"""What the Celery app is told, where a wrong word would be seen in production only."""

from __future__ import annotations

from kombu.utils.functional import retry_over_time

from workers.app import make_app

LONGER_THAN_CELERY_WOULD = 150


class AwayError(Exception):
    """The broker does not answer."""


def test_a_worker_waits_for_its_broker_however_long_it_is_away() -> None:
    """Celery by itself gives up after a hundred attempts, some fifty minutes."""
    attempts = iter(range(LONGER_THAN_CELERY_WOULD))

    def connect() -> str:
        if next(attempts) < LONGER_THAN_CELERY_WOULD - 1:
            raise AwayError
        return "connected"

    allowed = make_app().conf.broker_connection_max_retries
    found = retry_over_time(
        connect, (AwayError,), max_retries=allowed, interval_start=0, interval_step=0
    )
    assert found == "connected"
