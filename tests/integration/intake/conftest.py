"""A hospital that takes measurements in, at an instant that stands still, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from services.access.keys import SCOPES
from services.bootstrap import Options, Services
from services.persistence import tables
from services.ports.access import Actor
from tests.copies import Copies
from web.app import create_app
from web.context import WebOptions

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = ("intake-tests-are-no-secret-at-all",)
PLAN = """
bigdot: 1
organisation: {id: northfield, name: Northfield, zone: Europe/London}
sites: [{id: royal, name: Royal}, {id: general, name: General, ended: 2026-06-01}]
strata: [{id: most-deprived, name: Most deprived}]
people:
  - {id: cmo, name: Medical director, email: cmo@northfield.example, roles: [executive]}
  - {id: sister, name: ED sister, email: sister@northfield.example, roles: [owner]}
measures:
  - {id: hsmr, name: HSMR, kind: value, direction: decrease, frequency: month, valid: [0, 300],
     per: 100, owner: cmo}
  - {id: bundle, name: Sepsis bundle, kind: proportion, direction: increase, frequency: month,
     rollup: sum}
  - {id: falls, name: Falls, kind: rate, direction: decrease, frequency: week, per: 1000}
  - {id: never, name: Never events, kind: events, direction: decrease, frequency: month}
  - {id: fed, name: Fed by one, kind: value, direction: decrease, frequency: month,
     feed: warehouse}
  - {id: gone, name: Ended, kind: value, direction: decrease, frequency: month,
     ended: 2026-06-01}
aims:
  - id: hsmr-88
    name: Fewer deaths
    measure: hsmr
    baseline: {value: 103}
    target: 88
    start: 2025-11
    deadline: 2026-12
    sponsor: cmo
    drivers:
      - {id: sepsis, name: Sepsis, share: 0.4, measure: bundle}
projects:
  - id: sepsis-ed
    name: Sepsis six
    sponsor: cmo
    leader: sister
    serves: [{driver: hsmr-88/sepsis, effect: 6, reach: 1, belief: 0.75}]
    start: 2025-11-01
    end: 2026-12-31
    milestones: [{id: pilot, name: Pilot, due: 2026-02-28}]
"""


class Begun(NamedTuple):
    """The hospital's id, and its feed's key."""

    id: int
    key_id: int
    secret: str


def serving(url: str) -> Services:
    """The services over a database."""
    return Services(Options(database_url=url, secret_keys=SECRET))


def adopted(url: str) -> Begun:
    """Put the hospital into an empty database."""
    services = serving(url)
    services.clock.freeze(NOW)
    organisation = services.plans.create_organisation(PLAN)
    services.plans.apply(organisation, PLAN, author="board", reason="adopted")
    issued = services.keys.create(organisation, "warehouse", SCOPES, actor=Actor("t", "cli"))
    services.close()
    return Begun(organisation, issued.record.id, issued.secret)


class Hospital:
    """The services over one database, with a key and ways to look at what was kept."""

    def __init__(self, url: str, begun: Begun) -> None:
        self.services = serving(url)
        self.id, self.key_id, self.secret = begun

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """Every row of a table, in the order in which they came."""
        with self.services.engine.connect() as connection:
            query = sa.select(table).order_by(*table.primary_key)
            return [dict(row) for row in connection.execute(query).mappings()]

    def values(self) -> list[tuple[Any, ...]]:
        """(measure, value, version, current, flag) of every measurement, in order."""
        rows = self.rows(tables.measurement)
        names = ("measure", "value", "version", "current", "flag")
        return [tuple(row[name] for name in names) for row in rows]

    def stale(self) -> dict[str, int]:
        """The sequence of every subject."""
        return {f"{r['kind']}:{r['key']}": r["sequence"] for r in self.rows(tables.subject)}

    def record(self, kind: str, *items: dict[str, Any], source: str = "warehouse") -> list[str]:
        """Record items as a form would; the result of each."""
        found = self.services.intake.record(
            self.id, kind, list(items), actor="person:sister", source=source
        )
        return [each.result for each in found]


@pytest.fixture
def hospital(copies: Copies) -> Iterator[Hospital]:
    """A hospital on either database."""
    made = Hospital(*copies.of(adopted))
    yield made
    made.services.close()


@pytest.fixture
def on_postgres(postgres_copies: Copies) -> Iterator[Hospital]:
    """A hospital on PostgreSQL."""
    made = Hospital(*postgres_copies.of(adopted))
    yield made
    made.services.close()


@pytest.fixture
def client(hospital: Hospital) -> FlaskClient:
    """A feed of the hospital, with its key in every request."""
    app = create_app(hospital.services, WebOptions(secret_keys=SECRET, embedded=True))
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {hospital.secret}"
    return made


def value(amount: object = 99.0, period: str = "2026-10", **more: Any) -> dict[str, Any]:
    """A value of the mortality ratio."""
    return {"measure": "hsmr", "period": period, "value": amount, **more}
