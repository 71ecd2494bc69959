"""The bell reaches the broker, seldom enough, and never stands in the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from celery import Celery

from services.ports.doorbell import QUEUE, TASK
from web.broker import ENOUGH_BELLS, BrokerDoorbell, answers


@pytest.fixture
def broker(redis_url: str) -> Iterator[redis.Redis]:
    """The broker, to look into."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def _until(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return False


def test_a_ring_is_a_message_that_a_worker_understands(redis_url: str, broker: redis.Redis) -> None:
    bell = BrokerDoorbell(redis_url)
    bell.ring()
    assert _until(lambda: broker.llen(QUEUE) == 1)
    bell.close()
    reader = Celery("reader", broker=redis_url, set_as_current=False)
    with reader.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get(timeout=2)
        assert message.headers["task"] == TASK
        assert message.headers["expires"]
        message.ack()
    reader.close()


def test_many_rings_are_few_messages_and_the_last_is_heard(
    redis_url: str, broker: redis.Redis
) -> None:
    bell = BrokerDoorbell(redis_url, apart=0.1)
    bell.ring()
    assert _until(lambda: broker.llen(QUEUE) == 1)
    for _ in range(1000):
        bell.ring()
    assert _until(lambda: broker.llen(QUEUE) == 2)
    time.sleep(0.3)
    assert broker.llen(QUEUE) == 2
    bell.close()


def test_bells_that_nobody_hears_do_not_pile_up(redis_url: str, broker: redis.Redis) -> None:
    broker.rpush(QUEUE, *(["x"] * ENOUGH_BELLS))
    bell = BrokerDoorbell(redis_url, apart=0.0)
    bell.ring()
    bell.close()
    assert broker.llen(QUEUE) == ENOUGH_BELLS


def test_a_ring_before_closing_is_heard(redis_url: str, broker: redis.Redis) -> None:
    bell = BrokerDoorbell(redis_url)
    bell.ring()
    bell.close()
    assert broker.llen(QUEUE) >= 1


def test_without_a_broker_a_ring_takes_no_time_and_fails_nobody() -> None:
    bell = BrokerDoorbell("redis://127.0.0.1:1/0")
    started = time.monotonic()
    for _ in range(100):
        bell.ring()
    assert time.monotonic() - started < 0.5
    bell.close()


def test_it_is_known_whether_the_broker_answers(redis_url: str) -> None:
    assert answers(redis_url)
    assert not answers("redis://127.0.0.1:1/0", 0.2)
    assert not answers("redis+socket:///nonexistent/socket", 0.2)
