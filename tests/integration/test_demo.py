"""The demo's two years, told to the services without a server between: what came of them, and when.

The replay moves the shared clock, so what the pages say of the past can be held to the story.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from services.bootstrap import MailOptions, Options, Services
from services.evaluation.judge import Judged
from services.evaluation.recompute import Recomputed, recompute
from services.framework.judgement import SubjectKind
from services.persistence import migrate, tables
from tests.integration.pages.conftest import words_in
from web.app import create_app
from web.context import WebOptions
from web.demo.replay import Api, replay
from web.demo.story import tell

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")


@dataclass
class Workers:
    """A bell that judges and sends before it returns."""

    services: Services = field(init=False)

    def ring(self) -> None:
        """Judge and send until nothing waits."""
        while self.services.judge.next() is not Judged.NOTHING or self.services.deliver.next():
            pass


@dataclass(frozen=True, slots=True)
class Told(Api):
    """The API without HTTP."""

    services: Services
    organisation: int

    def post(self, path: str, items: tuple[dict[str, Any], ...]) -> None:
        results = self.services.intake.record(
            self.organisation, path, list(items), actor="demo", source="demo"
        )
        assert {result.result for result in results} <= {"created"}, results


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay left: its alerts, and each evaluation made again from the journal."""

    alerts: dict[tuple[str, str], Any]
    again: list[Recomputed]
    harm: str


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """The two years, told and judged, and every judgement judged again."""
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('demo')) / 'bigdot.db'}"
    migrate.upgrade(url)
    bell = Workers()
    mail = MailOptions(merge_seconds=0)
    services = Services(Options(url, ("k" * 40,), mail=mail, embedded=True, demo=True), bell)
    bell.services = services
    story = tell(NOW)
    services.clock.freeze(story.adopted)
    tenant = services.plans.create_organisation(story.plan)
    services.plans.apply(tenant, story.plan, author="Board", reason="Adopted")
    steps = replay(services, Told("", "", services, tenant), story, fast=True)
    assert len(list(steps)) == len(story.steps)
    with services.engine.connect() as connection:
        found = list(connection.execute(sa.select(tables.alert)))
        stored = list(connection.scalars(sa.select(tables.evaluation.c.id)))
    again = [recompute(services.evaluation_store, tenant, number) for number in stored]
    guest = create_app(services, WebOptions(("k" * 40,), embedded=True, demo=True)).test_client()
    harm = words_in(guest.get("/aims/harm-21").get_data(as_text=True))
    services.close()
    return Replayed({(alert.expectation, alert.about): alert for alert in found}, again, harm)


@pytest.fixture
def alerts(replayed: Replayed) -> dict[tuple[str, str], Any]:
    """Every alert at the end of the replay, by expectation and what it is about."""
    return replayed.alerts


def _day(at: datetime) -> str:
    return at.astimezone(ZONE).date().isoformat()


def test_a_past_alert_opened_when_it_fell_due_and_ended_when_it_was_put_right(
    alerts: dict[tuple[str, str], Any],
) -> None:
    pilot = alerts["MIL-01", "milestone:medicines/pilot"]
    assert (_day(pilot.opened_at), _day(pilot.resolved_at)) == ("2026-08-05", "2026-10-14")
    leader = alerts["PRJ-02", "project:medicines/leader"]
    assert (_day(leader.opened_at), _day(leader.resolved_at)) == ("2026-08-11", "2026-11-02")
    over = [alert for alert in alerts.values() if alert.resolved_at is not None]
    assert all(alert.opened_at < alert.resolved_at for alert in over)


def test_what_was_done_in_time_had_no_alert(alerts: dict[tuple[str, str], Any]) -> None:
    assert ("MIL-01", "milestone:infections/bundles") not in alerts
    assert ("MIL-01", "milestone:escalation/outreach") not in alerts


def test_at_the_end_one_aim_is_off_track_and_the_value_left_out_is_late(
    alerts: dict[tuple[str, str], Any],
) -> None:
    waits = {key: alert for key, alert in alerts.items() if alert.state == "open"}
    assert [key for key in waits if key[0] == "STATUS"] == [("STATUS", "aim:harm-21")]
    assert _day(waits["DAT-01", "measure:hsmr"].opened_at) == "2026-11-21"


def test_an_aim_without_weak_links_names_what_is_held_up_all_the_same(replayed: Replayed) -> None:
    assert "No: 0% of the projects, by weight, go as planned" in replayed.harm
    assert (
        "None: every driver has a project, and every project its people and dates. Held up all the "
        "same: Medicines reconciliation at every handover, Infection prevention bundles, Falls "
        "prevention."
    ) in replayed.harm


def test_every_evaluation_comes_out_the_same_when_it_is_made_again(replayed: Replayed) -> None:
    kinds = {made.evaluation.subject.kind for made in replayed.again}
    assert kinds == set(SubjectKind)
    assert len(replayed.again) > 100
    differs = {
        f"{made.evaluation.subject} as of {made.evaluation.as_of}": made.differs
        for made in replayed.again
        if not made.holds
    }
    assert differs == {}
