"""Web, worker, beat, broker and mail server as in production: through outages, kills and stops."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.plant import Client, Plant, environment, running
from services.access.keys import SCOPES
from services.bootstrap import Options, Services
from services.persistence import tables
from services.ports.access import Actor
from tests.e2e.conftest import HARM, NOW, PLAN, SECRET, WITHIN, Northfield
from tests.receivers import until
from tests.servers import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
RECONNECT = 60.0
VALUES: list[dict[str, object]] = [
    {"measure": "harm", "period": f"{2024 + n // 12}-{n % 12 + 1:02d}", "value": value}
    for n, value in enumerate(HARM)
]


def _subjects(northfield: Northfield) -> str:
    return "\n".join(str(mail["Subject"]) for mail in northfield.postbox.mails)


def _heard(northfield: Northfield) -> bool:
    return set(northfield.states()) == {"sent"} and northfield.postbox.carried == {
        row.id for row in northfield.rows(tables.message)
    }


def _beaten_since(northfield: Northfield, instant: Any) -> bool:
    with northfield.services.engine.connect() as connection:
        beats = connection.execute(sa.select(tables.heartbeat)).all()
    kinds = {row.name.partition(" ")[0] for row in beats if row.beat_at > instant}
    return kinds == {"worker", "beat"}


def test_an_event_reaches_the_mail_server_and_an_outage_of_the_broker_costs_time_only(
    northfield: Northfield,
) -> None:
    plant, feed = northfield.plant, northfield.client()
    northfield.own_broker()
    for name in ("web", "worker", "beat"):
        plant.start(name, name)
    plant.wait_ready()
    assert feed.post("/api/v1/measurements", VALUES).json()["created"] == len(VALUES)
    assert until(lambda: "Deteriorating: Less harm" in _subjects(northfield), WITHIN)
    assert until(lambda: _heard(northfield), WITHIN), northfield.states()

    plant.kill("broker")
    vacant: dict[str, object] = {
        "project": "falls",
        "role": "leader",
        "person": None,
        "on": "2025-08-10",
    }
    assert feed.post("/api/v1/projects", [vacant], patience=WITHIN).status == 202
    assert feed.get("/readyz").status == 503
    assert feed.get("/readyz?part=web").status in {200, 503}
    back = northfield.services.clock.system_now()
    program, *words = plant.commands["broker"]
    plant.start("broker", *map(str, words), program=Path(program))

    assert until(lambda: "Role vacant: Falls prevention" in _subjects(northfield), RECONNECT)
    assert until(lambda: _heard(northfield), WITHIN), northfield.states()
    assert until(lambda: _beaten_since(northfield, back), RECONNECT)
    assert feed.get("/readyz").json()["status"] == "ready"
    assert set(northfield.postbox.ids.values()) == {1}, "nothing twice"


def _stopped(plant: Plant, *names: str) -> tuple[list[int], float]:
    """Ask the processes to stop as an operator does; their exit codes, and how long it took."""
    began = time.monotonic()
    asked = [plant.processes.pop(name) for name in names]
    for process in asked:
        os.kill(process.pid, signal.SIGTERM)
    return [process.wait(20) for process in asked], time.monotonic() - began


def test_worker_and_beat_end_what_they_are_at_and_keep_no_lease(northfield: Northfield) -> None:
    northfield.feed()
    northfield.postbox.before_answer.clear()
    northfield.start_worker()
    northfield.plant.start("beat", "beat")
    assert until(northfield.postbox.at_gate.is_set, WITHIN), "the tick found it without a bell"
    assert northfield.states()["sending"] >= 1
    worker = northfield.plant.processes["worker"]
    os.kill(worker.pid, signal.SIGTERM)
    time.sleep(0.3)  # long enough for a worker that would let go of the mail to do so
    assert worker.poll() is None, "it has a mail in hand"
    northfield.postbox.before_answer.set()
    codes, seconds = _stopped(northfield.plant, "worker", "beat")
    assert codes == [0, 0]
    assert seconds < 10
    assert set(northfield.states()) <= {"sent", "owed"}
    sent = {r.id for r in northfield.rows(tables.message, tables.message.c.state == "sent")}
    assert northfield.postbox.carried == sent
    assert "Traceback" not in (northfield.plant.folder / "worker.log").read_text()
    northfield.work()
    assert _heard(northfield)
    assert set(northfield.postbox.ids.values()) == {1}


def test_a_mail_on_its_way_when_the_broker_dies_arrives_and_is_written_down(
    northfield: Northfield,
) -> None:
    northfield.own_broker()
    northfield.feed()
    northfield.postbox.before_answer.clear()
    northfield.start_worker()
    assert northfield.rung_until(northfield.postbox.at_gate.is_set)
    northfield.plant.kill("broker")
    log = northfield.plant.folder / "worker.log"
    assert until(lambda: "Trying to re-establish" in log.read_text(), WITHIN), log.read_text()
    northfield.postbox.before_answer.set()
    assert until(lambda: not northfield.states()["sending"], WITHIN), northfield.states()
    sent = {r.id for r in northfield.rows(tables.message, tables.message.c.state == "sent")}
    assert sent
    assert northfield.postbox.carried == sent
    assert set(northfield.postbox.ids.values()) == {1}


def test_an_idle_worker_and_beat_stop_at_once(northfield: Northfield) -> None:
    northfield.start_worker()
    northfield.plant.start("beat", "beat")
    start = northfield.services.clock.system_now()
    assert until(lambda: _beaten_since(northfield, start), WITHIN)
    assert until(lambda: not northfield.states()["sending"], WITHIN)
    codes, seconds = _stopped(northfield.plant, "beat", "worker")
    assert codes == [0, 0]
    assert seconds < 10


@pytest.fixture(params=["sqlite", "postgresql"])
def make_web(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[], tuple[Plant, Services, str]]:
    """Northfield on either database, for a web process that has no broker and no worker."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url = str(request.getfixturevalue(name))

    def make() -> tuple[Plant, Services, str]:
        services = Services(Options(url, (SECRET,)))
        services.clock.freeze(NOW)
        organisation = services.plans.create_organisation(PLAN)
        services.plans.apply(organisation, PLAN, author="board", reason="adopted")
        key = services.keys.create(organisation, "feed", SCOPES, actor=Actor("t", "cli")).secret
        port = free_port()
        told = environment(
            database_url=url, secret_key=SECRET, port=port, data_dir=tmp_path / "data"
        )
        return Plant(tmp_path, port, told), services, key

    return make


def test_what_was_accepted_outlives_the_web_process_that_is_killed_right_after(
    make_web: Callable[[], tuple[Plant, Services, str]],
) -> None:
    plant, services, key = make_web()
    value: dict[str, object] = {"measure": "hsmr", "period": "2025-07", "value": 97.5, "id": "e-1"}
    with running(plant):
        plant.start("web", "web")
        plant.wait_ready("/readyz?part=web")
        with closing(Client(plant.port, key)) as feed:
            answer = feed.post("/api/v1/measurements", [value])
            plant.kill("web")
        assert answer.status == 202
        assert answer.json()["created"] == 1
        with services.engine.connect() as connection:
            kept = connection.execute(sa.select(tables.measurement)).all()
            journal = connection.scalar(sa.select(sa.func.count()).select_from(tables.journal))
            stale = connection.execute(
                sa.select(tables.subject.c.kind, tables.subject.c.key).where(
                    tables.subject.c.sequence > 1
                )
            ).all()
        assert [(row.measure, row.period, float(row.value)) for row in kept] == [
            ("hsmr", kept[0].period, 97.5)
        ]
        assert journal == 1
        assert {tuple(row) for row in stale} >= {("measure", "hsmr"), ("aim", "hsmr-88")}
        plant.start("web", "web")
        plant.wait_ready("/readyz?part=web")
        with closing(Client(plant.port, key)) as feed:
            again = feed.post("/api/v1/measurements", [value])
        assert again.status == 202
        assert again.body == answer.body
    services.close()
