"""A deployment with Northfield's plan, on either database, with the clock in our hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.bootstrap import MailOptions, Options, Services
from services.evaluation.judge import Judged
from services.persistence import tables
from tests.copies import Copies

PLAN = (Path(__file__).parents[3] / "examples" / "northfield.yaml").read_text()
HSMR = (104, 101, 106, 103, 99, 105, 102, 107, 100, 103, 102, 104, 100, 103, 105, 101, 102, 99)
HARM = (44, 39, 47, 42, 41, 45, 40, 43, 46, 41, 43, 40, 44, 42, 45, 41, 43, 44, 55)


def month(number: int) -> str:
    """The label of the number-th month from January 2024, which is 0."""
    return f"{2024 + number // 12}-{number % 12 + 1:02d}"


@dataclass
class Hospital:
    """Northfield: services, and its id."""

    services: Services
    id: int

    def at(self, year: int, month: int, day: int) -> None:
        """Move business time to noon of a day."""
        self.services.clock.freeze(datetime(year, month, day, 12, tzinfo=UTC))

    def post(self, kind: str, *items: dict[str, Any]) -> list[str]:
        """Hand items in as a feed does; what became of each."""
        results = self.services.intake.record(
            self.id, kind, list(items), actor="feed", source="feed"
        )
        return [result.result for result in results]

    def feed(self, measure: str, values: tuple[float, ...]) -> None:
        """Hand in one value a month from January 2024, each when it is known."""
        items = [{"measure": measure, "period": month(n), "value": v} for n, v in enumerate(values)]
        assert set(self.post("measurements", *items)) <= {"created", "unchanged"}

    def judge(self) -> int:
        """Judge until nothing waits; how many subjects were judged."""
        judged = 0
        with self.services.engine.begin() as connection:
            connection.execute(tables.subject.update().values(not_before=None))
        while self.services.judge.next() is not Judged.NOTHING:
            judged += 1
        return judged

    def deliver(self) -> None:
        """Send until nothing is due."""
        while self.services.deliver.next():
            pass

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """Rows of a table, in the order in which they were made."""
        with self.services.engine.connect() as connection:
            return list(connection.execute(sa.select(table).where(*where).order_by(table.c.id)))

    def status(self, aim: str) -> str | None:
        """The status of an aim by its last evaluation."""
        joined = tables.evaluation.join(tables.subject)
        query = (
            sa.select(tables.evaluation.c.status)
            .select_from(joined)
            .where(tables.subject.c.kind == "aim", tables.subject.c.key == aim)
            .order_by(tables.evaluation.c.id.desc())
            .limit(1)
        )
        with self.services.engine.connect() as connection:
            return connection.scalar(query)


def serving(url: str) -> Services:
    """The services of an embedded deployment whose mails wait for nothing."""
    return Services(Options(url, ("k" * 40,), mail=MailOptions(merge_seconds=0), embedded=True))


def adopted(url: str) -> int:
    """Put Northfield into an empty database, on 2 November 2024; its id."""
    services = serving(url)
    services.clock.freeze(datetime(2024, 11, 2, 12, tzinfo=UTC))
    organisation = services.plans.create_organisation(PLAN)
    services.plans.apply(organisation, PLAN, author="advisor", reason="first")
    services.close()
    return organisation


@pytest.fixture
def begun(copies: Copies) -> tuple[str, int]:
    """A database with Northfield in it, and Northfield's id."""
    return copies.of(adopted)


@pytest.fixture
def database_url(begun: tuple[str, int]) -> str:
    """The database that the hospital is in."""
    return begun[0]


@pytest.fixture
def hospital(begun: tuple[str, int]) -> Iterator[Hospital]:
    """Northfield on 2 November 2024, its plan applied and nothing judged yet."""
    url, organisation = begun
    northfield = Hospital(serving(url), organisation)
    yield northfield
    northfield.services.close()
