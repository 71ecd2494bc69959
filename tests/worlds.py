"""Organisations beside each other, each with an aim, a project, an alert, a mail, people, a key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from services.access.accounts import AccountRequest
from services.access.keys import SCOPES
from services.bootstrap import Services
from services.persistence import tables
from services.persistence.engine import writing
from services.ports.access import Actor

ACTOR = Actor("test", "cli")
PASSWORD = "four words are enough"
AT = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class World:
    """One organisation and the names of what it has."""

    organisation_id: int
    slug: str
    aim: str
    project: str
    alert_id: int
    mail_id: int
    key_id: int
    key: str
    logins: dict[str, str]

    @property
    def bearer(self) -> dict[str, str]:
        """The headers of a request with the organisation's key."""
        return {"Authorization": f"Bearer {self.key}"}


def make_world(services: Services, slug: str) -> World:
    """An organisation ``slug``, in which somebody of every role can sign in."""
    owner = services.organisations.create(slug, f"{slug.title()} Health", "Europe/London")
    issued = services.keys.create(owner.id, f"{slug} feed", SCOPES, actor=ACTOR)
    with writing(services.engine) as connection:
        alert_id = _declare(connection, owner.id, slug)
        mail_id = _mail(connection, owner.id, slug)
    logins = {}
    for role in ("admin", "executive", "owner", "viewer"):
        wanted = AccountRequest(
            f"{role}@{slug}", (role,), password=PASSWORD, person=f"{slug}-{role}"
        )
        logins[role] = services.accounts.create(owner.id, wanted, actor=ACTOR).login
    return World(
        owner.id,
        slug,
        f"{slug}-aim",
        f"{slug}-project",
        alert_id,
        mail_id,
        issued.record.id,
        issued.secret,
        logins,
    )


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> int:
    """Sign in as a browser does; the status of the answer (303 where it worked)."""
    form = {"csrf_token": csrf_token(client), "login": login, "password": password}
    return client.post("/sign-in", data=form).status_code


def csrf_token(client: FlaskClient, page: str = "/sign-in") -> str:
    """The token that a form of ``page`` carries."""
    found = csrf_token_in(client.get(page).get_data(as_text=True))
    assert found, f"{page} has no form"
    return found


def csrf_token_in(html: str) -> str:
    """The token that the first form of ``html`` carries, empty where there is none."""
    found = _TOKEN.search(html)
    return found.group(1) if found else ""


def browser(app: Flask, login: str | None = None) -> FlaskClient:
    """A new browser, signed in as ``login`` if given."""
    client = app.test_client()
    if login is not None:
        assert sign_in(client, login) == 303
    return client


def rows_of(engine: sa.Engine, *, leaving_out: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Every row of every table, by table."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in tables.metadata.sorted_tables
            if table.name not in leaving_out
        }


def document(slug: str) -> dict[str, Any]:
    """A plan whose every name is its organisation's own."""
    return {
        "bigdot": 1,
        "organisation": {"id": slug, "name": slug.title(), "zone": "Europe/London"},
        "people": [
            {"id": f"{slug}-executive", "name": f"{slug} chief", "roles": ["executive"]},
            {"id": f"{slug}-owner", "name": f"{slug} sister", "roles": ["owner"]},
        ],
        "measures": [
            {
                "id": f"{slug}-measure",
                "name": f"{slug} mortality",
                "kind": "value",
                "direction": "decrease",
                "frequency": "month",
            }
        ],
        "aims": [
            {
                "id": f"{slug}-aim",
                "name": f"{slug} secret aim",
                "measure": f"{slug}-measure",
                "baseline": {"value": 103},
                "target": 88,
                "start": "2026-01",
                "deadline": "2027-12",
                "sponsor": f"{slug}-executive",
                "drivers": [{"id": "driver", "name": f"{slug} driver"}],
            }
        ],
        "projects": [
            {
                "id": f"{slug}-project",
                "name": f"{slug} secret project",
                "sponsor": f"{slug}-executive",
                "leader": f"{slug}-owner",
                "start": "2026-01-01",
                "end": "2027-06-30",
                "serves": [{"driver": f"{slug}-aim/driver"}],
                "milestones": [{"id": "pilot", "name": "Pilot", "due": "2026-06-30"}],
            }
        ],
    }


def _declare(connection: sa.Connection, organisation_id: int, slug: str) -> int:
    _insert(
        connection,
        tables.plan_version,
        organisation_id=organisation_id,
        version=1,
        document=document(slug),
        known_at=AT,
        effective_from=AT,
        author="board",
        reason="adopted",
    )
    connection.execute(
        tables.organisation.update()
        .where(tables.organisation.c.id == organisation_id)
        .values(plan_version=1)
    )
    subjects = {
        kind: _insert(
            connection, tables.subject, organisation_id=organisation_id, kind=kind, key=key
        )
        for kind, key in (
            ("aim", f"{slug}-aim"),
            ("project", f"{slug}-project"),
            ("measure", f"{slug}-measure"),
            ("organisation", slug),
        )
    }
    for part in ("executive", "owner"):
        person = {"kind": "person", "key": f"{slug}-{part}"}
        _insert(connection, tables.subject, organisation_id=organisation_id, **person)
    _judge(connection, organisation_id, slug, subjects["aim"])
    return _raise(connection, organisation_id, slug, subjects["aim"])


def _judge(connection: sa.Connection, organisation_id: int, slug: str, subject_id: int) -> None:
    _insert(
        connection,
        tables.evaluation,
        organisation_id=organisation_id,
        subject_id=subject_id,
        as_of=AT,
        valid_to=AT,
        status="off_track",
        reason=f"{slug} is behind",
        outcome_hash=b"x",
        body={"outcomes": [], "verdict": None},
        plan_version=1,
        engine_version="1",
        seen={f"measure:{slug}-measure": 1},
    )


def _raise(connection: sa.Connection, organisation_id: int, slug: str, subject_id: int) -> int:
    alert_id = _insert(
        connection,
        tables.alert,
        organisation_id=organisation_id,
        subject_id=subject_id,
        expectation="STATUS",
        about=f"aim:{slug}-aim",
        state="open",
        severity="crit",
        status="off_track",
        reason=f"{slug} is behind",
        opened_at=AT,
        changed_at=AT,
    )
    _insert(
        connection,
        tables.alert_event,
        organisation_id=organisation_id,
        alert_id=alert_id,
        episode=1,
        step=1,
        kind="opened",
        at=AT,
        actor="bigdot",
        reason=f"{slug} is behind",
        detail={},
    )
    return alert_id


def _mail(connection: sa.Connection, organisation_id: int, slug: str) -> int:
    said = f"{slug} is behind"
    return _insert(
        connection,
        tables.mailbox,
        organisation_id=organisation_id,
        message_id=f"<1@{slug}>",
        to=f"{slug}@hospital.example",
        subject=said,
        sent_at=AT,
        text=said,
        html=f"<html><head></head><body>{said}</body></html>",
        raw=said.encode(),
    )


def _insert(connection: sa.Connection, table: sa.Table, **values: Any) -> int:
    inserted = connection.execute(table.insert().values(**values).returning(table.c.id))
    return int(inserted.scalar_one())
