"""The worked example, lived through HTTP, the plan and the judging, day by day for 15 months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.access.keys import SCOPES
from services.framework.facts import Facts
from services.framework.plan import Aim, Plan, Project
from services.persistence import tables
from services.ports.access import Actor
from tests.integration.catalogue.hospital import Begun, Change, Hospital, serving
from tests.unit.framework.worked_example import END, OF_THE_TABLE, TABLE, facts, plan
from tests.unit.framework.worked_example import Change as Said
from web.app import create_app
from web.context import WebOptions

BEGIN = date(2024, 11, 1)
Told = dict[date, list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def northfield(sqlite_url: str) -> Iterator[Hospital]:
    """Northfield on the day on which its board adopts three aims."""
    services = serving(sqlite_url)
    services.clock.freeze(_instant(BEGIN, 0))
    document = _document(plan())
    identifier = services.organisations.create("o", "Northfield Health", "Europe/London").id
    key = services.keys.create(identifier, "feed", SCOPES, actor=Actor("test", "cli"))
    feed = create_app(services, WebOptions(("k" * 40,), embedded=True)).test_client()
    hospital = Hospital(services, Begun(identifier, key.secret, ""), feed, feed)
    hospital.happen([Change(document)])
    yield hospital
    services.close()


def test_every_line_of_the_table_on_its_day_and_no_other(northfield: Hospital) -> None:
    found = sorted(change for change in _lived(northfield) if change.expectation in OF_THE_TABLE)
    assert found == TABLE


def _lived(hospital: Hospital) -> Iterator[Said]:
    """What is newly said on each day: at its first minute, and once its facts have come."""
    told, known = _told(facts()), _Known(hospital)
    for ordinal in range(BEGIN.toordinal(), END.toordinal()):
        day = date.fromordinal(ordinal)
        if day != BEGIN:
            hospital.services.clock.freeze(_instant(day, 0))
            hospital.judge()
        hospital.services.clock.freeze(_instant(day, 8))
        for kind, items in _by_kind(told[day]).items():
            hospital.post(kind, items)
        hospital.judge()
        yield from known.news(day)


class _Known:
    """What the stored evaluations said when they were last looked at."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._last = 0
        self._said: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)

    def news(self, day: date) -> Iterator[Said]:
        """What evaluations stored since say anew, or no longer."""
        e = tables.evaluation.c
        query = sa.select(e.id, e.subject_id, e.body).where(e.id > self._last).order_by(e.id)
        with self._hospital.services.engine.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            self._last = row.id
            before, says = self._said[row.subject_id], _says(row.body)
            yield from (Said(str(day), *key, "over") for key in before.keys() - says.keys())
            yield from (Said(str(day), *k, v) for k, v in says.items() if before.get(k) != v)
            self._said[row.subject_id] = says


def _says(body: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    outcomes = (o for o in body["outcomes"] if o["tripped"])
    return {(o["expectation"], o["about"]): o["severity"] for o in outcomes}


def _instant(day: date, hour: int) -> datetime:
    """An hour and a minute of a day: past midnight in London also in summer."""
    return datetime(day.year, day.month, day.day, hour, 1, tzinfo=UTC)


def _told(known: Facts) -> Told:
    """What is posted on which day; what was known before the first day, on the first."""
    told: Told = defaultdict(list)
    for key, observations in known.observations.items():
        for o in observations:
            item = {"measure": key.measure, "period": o.period.label, "value": o.value}
            told[_day(o.known_at)].append(("measurements", item))
    for m in known.milestones:
        project, _, milestone = m.milestone.partition("/")
        item = {"project": project, "milestone": milestone, "change": m.change.value}
        told[_day(m.known_at)].append(("milestones", item | {"on": str(m.on)}))
    for s in known.scores:
        item = {"project": s.project, "score": s.score, "on": str(s.on), "evidence": s.evidence}
        told[_day(s.known_at)].append(("progress", item))
    for r in known.reviews:
        kind, _, identifier = r.subject.partition(":")
        said = {"reviewer": r.reviewer, "executing": r.executing, "working": r.working}
        told[_day(r.known_at)].append(("reviews", {kind: identifier, "on": str(r.on), **said}))
    for left in known.roles:
        item = {"project": left.subject.partition(":")[2], "role": left.role.value}
        told[_day(left.known_at)].append(
            ("projects", item | {"person": left.person, "on": str(left.on)})
        )
    return told


def _day(known: datetime) -> date:
    return max(known.date(), BEGIN)


def _by_kind(told: list[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for kind, item in told:
        found[kind].append(item)
    return found


def _document(of: Plan) -> dict[str, Any]:
    """The plan as a file has it."""
    return {
        "bigdot": 1,
        "profile": of.profile.value,
        "organisation": {
            "id": of.organisation.id,
            "name": of.organisation.name,
            "zone": of.organisation.zone,
        },
        "people": [
            {"id": p.id, "name": p.name, "roles": list(p.roles)} for p in of.people.values()
        ],
        "measures": [
            {
                "id": m.id,
                "name": m.name,
                "kind": m.kind.value,
                "direction": m.direction.value,
                "frequency": m.frequency.value,
                "unit": m.unit,
                "owner": m.owner,
            }
            for m in of.measures.values()
        ],
        "aims": [_aim(aim) for aim in of.aims.values()],
        "projects": [_project(project) for project in of.projects.values()],
        "parameters": dict(of.parameters),
    }


def _aim(aim: Aim) -> dict[str, Any]:
    (judged,) = aim.measures
    assert aim.adopted is not None
    return {
        "id": aim.id,
        "name": aim.name,
        "measure": judged.measure,
        "baseline": {"from": str(judged.baseline.first), "to": str(judged.baseline.last)},
        "target": judged.target,
        "start": str(aim.start),
        "deadline": str(aim.deadline),
        "sponsor": aim.sponsor,
        "adopted": {"by": "Board", "on": str(aim.adopted.on), "minute": aim.adopted.minute},
        "partners": list(aim.partners),
        "drivers": [
            {"id": d.id, "name": d.name, "share": d.share}
            | ({"measure": d.measure} if d.measure else {})
            for d in aim.drivers
        ],
    }


def _project(project: Project) -> dict[str, Any]:
    (serve,) = project.serves
    return {
        "id": project.id,
        "name": project.name,
        "aim_text": project.aim_text,
        "start": str(project.start),
        "end": str(project.end),
        "sponsor": project.sponsor,
        "leader": project.leader,
        "clinical_lead": project.clinical_lead,
        "advisor": project.advisor,
        "measure": project.measure,
        "serves": [
            {
                "driver": serve.driver,
                "effect": serve.effect,
                "reach": serve.reach,
                "belief": serve.belief,
            }
        ],
        "milestones": [{"id": m.id, "name": m.name, "due": str(m.due)} for m in project.milestones],
    }
