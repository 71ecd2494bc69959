"""Alive, ready, and the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from socket import gethostname

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from services.bootstrap import Options, Services
from services.persistence import tables
from services.persistence.engine import writing
from tests.worlds import AT, World
from web.app import create_app
from web.context import WebOptions
from workers.drain import Drain

SECRETS = ("k" * 40,)


def _beat(services: Services, ago: timedelta = timedelta(0)) -> None:
    at = services.clock.system_now() - ago
    with writing(services.engine) as connection:
        connection.execute(tables.heartbeat.delete())
        for name in ("worker:here", "beat"):
            connection.execute(tables.heartbeat.insert().values(name=name, beat_at=at, detail={}))


@pytest.fixture
def whole(database_url: str, redis_url: str) -> Iterator[Services]:
    """A deployment with a broker."""
    held = Services(Options(database_url, SECRETS, broker_url=redis_url, embedded=True))
    yield held
    held.close()


def _ready(services: Services, query: str = "") -> tuple[int, dict[str, str]]:
    app = create_app(services, WebOptions(SECRETS))
    answer = app.test_client().get(f"/readyz{query}")
    assert answer.json is not None
    return answer.status_code, answer.json["reasons"]


def test_the_process_is_alive_without_a_database() -> None:
    held = Services(Options("sqlite:////nonexistent/x.db", SECRETS))
    client = create_app(held, WebOptions(SECRETS)).test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["reasons"] == {"database": "does not answer"}


def test_a_whole_deployment_is_ready(whole: Services) -> None:
    _beat(whole)
    assert _ready(whole) == (200, {})


def test_what_stands_still_is_named(whole: Services) -> None:
    status, reasons = _ready(whole)
    assert status == 503
    assert set(reasons) == {"worker", "beat"}
    _beat(whole, timedelta(minutes=2))
    assert set(_ready(whole)[1]) == {"worker", "beat"}
    long_ago = whole.clock.system_now() - timedelta(minutes=6)
    with writing(whole.engine) as connection:
        connection.execute(
            tables.organisation.insert().values(slug="x", name="x", zone="UTC", created_at=AT)
        )
        connection.execute(
            tables.subject.insert().values(
                organisation_id=1, kind="aim", key="x", rank_at=long_ago, marked_at=long_ago
            )
        )
    _beat(whole)
    status, reasons = _ready(whole)
    assert status == 503
    assert set(reasons) == {"judging"}


def test_each_worker_is_known_by_its_host_and_forgotten_when_silent_for_a_day(
    whole: Services,
) -> None:
    now, gone = whole.clock.system_now(), ("worker gone",)
    whole.heartbeats.beat(gone, now - timedelta(hours=25))
    whole.heartbeats.beat(("worker away",), now - timedelta(hours=23))
    for second in (-10, 0):
        whole.heartbeats.beat(("worker here", "beat"), now + timedelta(seconds=second))
    found = whole.health.health().heartbeats
    assert found.keys() == {"worker away", "worker here", "beat"}
    assert {found["worker here"], found["beat"]} == {now}


def test_the_sign_of_life_is_of_the_worker_whichever_process_gives_it(whole: Services) -> None:
    for _ in range(2):
        Drain(whole).tick()
    assert whole.health.health().heartbeats.keys() == {f"worker {gethostname()}", "beat"}


def test_a_balancer_is_not_told_of_workers(whole: Services) -> None:
    assert _ready(whole, "?part=web") == (200, {})


def test_a_broker_that_is_away_is_named(database_url: str) -> None:
    held = Services(Options(database_url, SECRETS, broker_url="redis://127.0.0.1:1/0"))
    _beat(held)
    assert _ready(held) == (503, {"broker": "does not answer"})
    held.close()


def test_an_old_schema_is_named(whole: Services) -> None:
    with writing(whole.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'old'")
    status, reasons = _ready(whole, "?part=web")
    assert status == 503
    assert "bigdot db upgrade" in reasons["schema"]


def test_the_figures_count_what_is_there(
    client: FlaskClient, services: Services, ours: World
) -> None:
    _beat(services, timedelta(seconds=5))
    text = client.get("/metrics").get_data(as_text=True)
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["bigdot_evaluations_total",] == 1
    assert found["bigdot_alerts", "open"] == 1
    assert 5 <= found["bigdot_heartbeat_age_seconds", "beat"] < 60
    assert found["bigdot_oldest_stale_seconds",] == 0
    assert all(name.startswith("bigdot_") for name, *_ in found)
    assert "north" not in text


def test_in_production_the_figures_need_the_operators_token(
    make_app: Callable[..., Flask], ours: World
) -> None:
    closed = make_app().test_client()
    assert closed.get("/metrics", headers=ours.bearer).status_code == 404
    guarded = make_app(metrics_token="m" * 32).test_client()
    assert guarded.get("/metrics").status_code == 401
    assert guarded.get("/metrics", headers=ours.bearer).status_code == 401
    token = {"Authorization": "Bearer " + "m" * 32}
    assert guarded.get("/metrics", headers=token).status_code == 200
    exposed = make_app(embedded=True, exposed=True).test_client()
    assert exposed.get("/metrics").status_code == 404
