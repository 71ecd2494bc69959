"""Many rows written at once come back as they were given, on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.persistence import tables
from services.persistence.bulk import insert_numbered, insert_rows
from services.persistence.engine import reading, writing

AT = datetime(2026, 10, 5, 9, 30, 0, 250_000, tzinfo=UTC)
ODD = {
    "text": 'a "quoted"\ttab\n\\N, naïve €',
    "none": None,
    "big": 10**25 + 1,
    "list": [1, 2.5, True],
}


def _subject(engine: sa.Engine) -> tuple[int, int]:
    with writing(engine) as connection:
        organisation = tables.organisation.insert().values(
            slug="north", name="North", zone="Europe/London", created_at=AT
        )
        owner = connection.scalar(organisation.returning(tables.organisation.c.id))
        subject = tables.subject.insert().values(
            organisation_id=owner, kind="aim", key="a", sequence=1
        )
        number = connection.scalar(subject.returning(tables.subject.c.id))
    assert owner is not None
    assert number is not None
    return owner, number


def _alert(owner: int, subject: int, n: int) -> dict[str, Any]:
    return {
        "organisation_id": owner,
        "subject_id": subject,
        "expectation": "AIM-01",
        "about": f"aim:{n}",
        "state": "open",
        "severity": "warn",
        "status": None,
        "reason": str(ODD["text"]),
        "opened_at": AT,
        "changed_at": AT,
    }


@pytest.mark.parametrize("many", [1, 3, 12])
def test_rows_come_back_in_their_order_under_the_numbers_told(engine: sa.Engine, many: int) -> None:
    owner, subject = _subject(engine)
    alerts = [_alert(owner, subject, n) for n in range(many)]
    with writing(engine) as connection:
        numbers = insert_numbered(connection, tables.alert, alerts)
        events = [
            {
                "organisation_id": owner,
                "alert_id": number,
                "episode": 1,
                "step": 1,
                "kind": "opened",
                "at": AT,
                "actor": "bigdot",
                "status": None,
                "reason": "",
                "detail": ODD | {"n": number},
            }
            for number in numbers
        ]
        insert_rows(connection, tables.alert_event, events)
        insert_rows(connection, tables.alert_event, [])
    with reading(engine) as connection:
        alert, event = tables.alert.c, tables.alert_event.c
        found = connection.execute(sa.select(tables.alert).order_by(alert.id)).all()
        told = connection.execute(sa.select(tables.alert_event).order_by(event.id)).all()
    assert [(row.id, row.about) for row in found] == [
        (number, f"aim:{n}") for n, number in enumerate(numbers)
    ]
    assert {(row.reason, row.status, row.opened_at, row.step) for row in found} == {
        (ODD["text"], None, AT, 1)
    }
    assert [row.detail for row in told] == [ODD | {"n": number} for number in numbers]
    assert {(row.reason, row.status, row.at) for row in told} == {("", None, AT)}


def test_what_is_numbered_by_itself_goes_on_after_what_was_numbered(engine: sa.Engine) -> None:
    owner, subject = _subject(engine)
    with writing(engine) as connection:
        numbers = insert_numbered(
            connection, tables.alert, [_alert(owner, subject, n) for n in range(6)]
        )
        later = tables.alert.insert().values(_alert(owner, subject, 7)).returning(tables.alert.c.id)
        assert (connection.scalar(later) or 0) > max(numbers)
