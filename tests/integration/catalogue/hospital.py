"""A hospital on which everything holds, driven as feeds, boards and the calendar drive it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
import yaml
from flask.testing import FlaskClient
from markupsafe import escape

from services.access.accounts import AccountRequest
from services.access.keys import SCOPES
from services.bootstrap import MailOptions, Options, Services
from services.evaluation.judge import Judged
from services.persistence import tables
from services.ports.access import Actor
from tests.worlds import PASSWORD, browser
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)
BEGIN = "2025-02-20"
DEATHS = (104, 101, 106, 103, 99, 105, 102, 107, 100, 103, 102, 104, 103)
HUDDLES = (50, 52, 49, 51, 50, 53, 48, 50, 52, 51, 49, 50, 51)
RETURNS = (10, 11, 9, 10, 12, 10, 9, 11, 10, 10, 11, 9, 10)
LATER = len(DEATHS)
"""The number of the first month, from January 2024, that nobody has told of yet."""
PLAN = """
bigdot: 1
profile: full
organisation: {id: northfield, name: Northfield, zone: Europe/London}
people:
  - {id: cmo, name: Medical director, email: cmo@northfield.example, roles: [executive]}
  - {id: sister, name: Ward sister, email: sister@northfield.example, roles: [owner]}
  - {id: doctor, name: Consultant, email: doctor@northfield.example}
  - {id: coach, name: Improvement coach, email: coach@northfield.example, roles: [advisor]}
  - {id: chair, name: Chair, email: chair@northfield.example, roles: [board]}
  - {id: cfo, name: Finance director, email: cfo@northfield.example, roles: [finance]}
  - {id: patient, name: Patient partner, email: patient@northfield.example, roles: [partner]}
measures:
  - {id: deaths, name: Mortality, kind: value, unit: ratio, direction: decrease, frequency: month,
     owner: sister}
  - {id: huddles, name: Huddles held, kind: value, unit: per cent, direction: increase,
     frequency: month, owner: sister}
  - {id: returns, name: Patients who return, kind: value, unit: per cent, direction: decrease,
     frequency: month, owner: sister}
aims:
  - id: deaths-80
    name: Fewer deaths
    measure: deaths
    baseline: {from: 2024-01, to: 2024-12}
    target: 80
    start: 2025-01
    deadline: 2026-12
    sponsor: cmo
    adopted: {by: Board, on: 2025-01-02, minute: 25/1}
    partners: [patient]
    balancing: [returns]
    drivers:
      - {id: huddle, name: Huddles, share: 1, measure: huddles, target: 95}
projects:
  - id: huddle
    name: Huddle on every ward
    aim_text: Held on 95 % of days
    measure: huddles
    sponsor: cmo
    leader: sister
    clinical_lead: doctor
    advisor: coach
    start: 2025-01-06
    end: 2026-12-18
    serves: [{driver: deaths-80/huddle, effect: 24, reach: 1, belief: 0.9}]
    milestones: [{id: pilot, name: Pilot, due: 2025-03-31}]
"""


class At(NamedTuple):
    """The business clock is moved to noon of a day."""

    day: str


class Post(NamedTuple):
    """A feed posts items to ``/api/v1/kind``."""

    kind: str
    items: tuple[Mapping[str, Any], ...]


class Change(NamedTuple):
    """The board applies a part of the plan anew."""

    part: Mapping[str, Any]


Step = At | Post | Change


def month(number: int) -> str:
    """The label of the number-th month from January 2024, which is 0."""
    return f"{2024 + number // 12}-{number % 12 + 1:02d}"


def post(kind: str, *items: Mapping[str, Any]) -> Post:
    """Items of one kind."""
    return Post(kind, items)


def values(measure: str, numbers: Iterable[float], first: int = LATER, **place: Any) -> Post:
    """Monthly values of a measure from the ``first`` month on."""
    told = ({"measure": measure, "period": month(first + i), "value": v, **place}
            for i, v in enumerate(numbers))  # fmt: skip
    return Post("measurements", tuple(told))


def counts(
    measure: str, pairs: Iterable[tuple[float, float]], first: int = 0, **place: Any
) -> Post:
    """Monthly numerators and denominators of a measure from the ``first`` month on."""
    told = ({"measure": measure, "period": month(first + i), "numerator": n, "denominator": d,
             **place} for i, (n, d) in enumerate(pairs))  # fmt: skip
    return Post("measurements", tuple(told))


def changed(**part: Any) -> Change:
    """A part of the plan, by its keys."""
    return Change({"bigdot": 1, "organisation": {"id": "northfield"}, **part})


def serving(url: str) -> Services:
    """The services of an embedded deployment whose mails wait for nothing."""
    return Services(Options(url, SECRETS, mail=MailOptions(merge_seconds=0), embedded=True))


class Begun(NamedTuple):
    """The hospital's id, its feed's key, and who looks at its pages."""

    id: int
    key: str
    login: str


class Said(NamedTuple):
    """What an expectation says of something, in the stored evaluation in force."""

    tripped: bool
    reason: str
    severity: str | None


@dataclass
class Hospital:
    """The hospital: facts by HTTP or plan, a worker's judging, and what came of it."""

    services: Services
    begun: Begun
    feed: FlaskClient
    reader: FlaskClient

    @classmethod
    def open(cls, url: str, begun: Begun) -> Hospital:
        """The real app over a database, for a feed and for somebody who reads."""
        services = serving(url)
        app = create_app(services, WebOptions(SECRETS, embedded=True))
        return cls(services, begun, app.test_client(), browser(app, begun.login))

    def live(self, steps: Iterable[Step]) -> None:
        """Go through what happens, and judge all that it touches."""
        self.happen(steps)
        self.judge()

    def happen(self, steps: Iterable[Step]) -> None:
        """Go through what happens, without judging it."""
        for step in steps:
            match step:
                case At(day):
                    self.services.clock.freeze(noon(day))
                case Post(kind, items):
                    self.post(kind, items)
                case Change(part):
                    self.apply(part)

    def post(self, kind: str, items: Sequence[Mapping[str, Any]]) -> None:
        """POST as a feed does; every item is kept."""
        lines = "\n".join(json.dumps(item) for item in items)
        headers = {"Authorization": f"Bearer {self.begun.key}"}
        kept = self.feed.post(
            f"/api/v1/{kind}", data=lines, content_type="application/x-ndjson", headers=headers
        )
        assert kept.status_code == 202, kept.get_data(as_text=True)

    def apply(self, part: Mapping[str, Any]) -> None:
        """Lay a part of the plan over what is in force."""
        text = yaml.safe_dump(dict(part), sort_keys=False)
        self.services.plans.apply(self.begun.id, text, author="board", reason="decided")

    def judge(self) -> None:
        """Judge until nothing waits, as a worker does; nothing may fail."""
        subject = tables.subject
        with self.services.engine.begin() as connection:
            connection.execute(subject.update().values(not_before=None))
        while self.services.judge.next() is not Judged.NOTHING:
            pass
        with self.services.engine.connect() as connection:
            failed = connection.scalars(sa.select(subject.c.last_error)).all()
        assert not any(failed), failed

    def stored(self, subject: str) -> dict[tuple[str, str], Said]:
        """What the last stored evaluation of a subject says, by expectation and about."""
        kind, _, key = subject.partition(":")
        query = (
            sa.select(tables.evaluation.c.body)
            .join(tables.subject)
            .where(tables.subject.c.kind == kind, tables.subject.c.key == key)
            .order_by(tables.evaluation.c.id.desc())
        )
        with self.services.engine.connect() as connection:
            body = connection.scalars(query).first()
        assert body is not None, f"{subject} was never judged"
        return {
            (o["expectation"], o["about"]): Said(o["tripped"], o["reason"], o["severity"])
            for o in body["outcomes"]
        }

    def alert(self, expectation: str, about: str) -> Any:
        """The alert's row; None where there never was one."""
        a = tables.alert
        query = sa.select(a).where(a.c.expectation == expectation, a.c.about == about)
        with self.services.engine.connect() as connection:
            return connection.execute(query).first()

    def tripped(self) -> set[tuple[str, str]]:
        """Every expectation that is not met, with what it speaks of."""
        with self.services.engine.connect() as connection:
            subjects = connection.execute(sa.select(tables.subject.c.kind, tables.subject.c.key))
            names = [f"{kind}:{key}" for kind, key in subjects]
        said = (each for name in names for each in self.stored(name).items())
        return {key for key, outcome in said if outcome.tripped}

    def shown(self, path: str) -> str:
        """A page, as somebody who is signed in reads it."""
        page = self.reader.get(path)
        assert page.status_code == 200, path
        return page.get_data(as_text=True)

    def why(self, subject: str) -> dict[tuple[str, str], str]:
        """What ``why`` says of every expectation of the aims that a subject bears on, by about."""
        headers = {"Authorization": f"Bearer {self.begun.key}"}
        found: dict[tuple[str, str], str] = {}
        for aim, _ in self.services.whys.aims_of(self.begun.id, subject):
            answer = self.feed.get(f"/api/v1/aims/{aim}/why", headers=headers)
            assert answer.status_code == 200, answer.get_data(as_text=True)
            found |= {
                (s["expectation"], s["about"]): s["state"]
                for s in answer.get_json()["expectations"]
            }
        return found

    def shows(self, path: str, words: str) -> bool:
        """Whether a page says the words."""
        return str(escape(words)) in self.shown(path)


def noon(day: str) -> datetime:
    """Noon, in UTC."""
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


def prepared(url: str) -> Begun:
    """The hospital on 20 February 2025, everything in order and judged."""
    services = serving(url)
    services.clock.freeze(noon("2025-01-02"))
    identifier = services.plans.create_organisation(PLAN)
    services.plans.apply(identifier, PLAN, author="board", reason="adopted")
    actor = Actor("test", "cli")
    key = services.keys.create(identifier, "warehouse", SCOPES, actor=actor)
    wanted = AccountRequest("cmo@northfield", ("admin", "executive"), password=PASSWORD)
    login = services.accounts.create(identifier, wanted, actor=actor).login
    begun = Begun(identifier, key.secret, login)
    hospital = Hospital(services, begun, _feed(services), _feed(services))
    told = [("deaths", DEATHS), ("huddles", HUDDLES), ("returns", RETURNS)]
    hospital.live(
        [
            At(BEGIN),
            *(values(measure, numbers, 0) for measure, numbers in told),
            post("progress", {"project": "huddle", "score": 1.0, "on": "2025-02-10"}),
            post("reviews", {"project": "huddle", "on": "2025-02-10", "reviewer": "cmo",
                             "executing": "yes", "working": "too early to tell"}),
        ]
    )  # fmt: skip
    services.close()
    return begun


def _feed(services: Services) -> FlaskClient:
    return create_app(services, WebOptions(SECRETS, embedded=True)).test_client()
