"""The auditor: clean where all of it fits; each thing that does not is named, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from config.settings import settings
from services.alerting.auditing import Kind
from services.persistence import tables
from services.persistence.engine import writing
from tests.integration.pipeline.conftest import Hospital
from web.cli import main

Break = Callable[[sa.Connection], Any]
_MESSAGE, _ALERT = tables.message, tables.alert


def _some(connection: sa.Connection, table: sa.Table, *those: sa.ColumnElement[bool]) -> int:
    found = connection.scalar(sa.select(table.c.id).where(*those).order_by(table.c.id).limit(1))
    assert found is not None
    return int(found)


def _closed_by_hand(connection: sa.Connection) -> None:
    one = _some(connection, _ALERT, _ALERT.c.state == "open", _ALERT.c.expectation == "MIL-01")
    connection.execute(_ALERT.update().where(_ALERT.c.id == one).values(state="resolved"))


def _status_closed_by_hand(connection: sa.Connection) -> None:
    one = _some(connection, _ALERT, _ALERT.c.state == "open", _ALERT.c.expectation == "STATUS")
    connection.execute(_ALERT.update().where(_ALERT.c.id == one).values(state="resolved"))


def _left_open(connection: sa.Connection) -> None:
    row = connection.execute(sa.select(_ALERT).where(_ALERT.c.expectation == "MIL-01")).first()
    assert row is not None
    other = dict(row._mapping) | {"id": row.id + 1000, "about": "milestone:sepsis/none"}
    connection.execute(_ALERT.insert().values(other | {"state": "open", "step": 9}))


def _called_sent(connection: sa.Connection) -> None:
    attempt = tables.delivery_attempt
    one = _some(connection, _MESSAGE, _MESSAGE.c.state == "sent")
    connection.execute(attempt.delete().where(attempt.c.message_id == one))


def _dropped_silently(connection: sa.Connection) -> None:
    one = _some(connection, _MESSAGE, _MESSAGE.c.state == "sent")
    values = {"state": "dropped", "last_error": None}
    connection.execute(_MESSAGE.update().where(_MESSAGE.c.id == one).values(values))


def _forgotten(connection: sa.Connection) -> None:
    row = connection.execute(sa.select(_MESSAGE).where(_MESSAGE.c.state == "sent")).first()
    assert row is not None
    long_ago = row.owed_at - timedelta(hours=2)
    waits = {"state": "owed", "closed_at": None, "owed_at": long_ago, "due_at": long_ago}
    connection.execute(_MESSAGE.update().where(_MESSAGE.c.id == row.id).values(waits))


def _lost(connection: sa.Connection) -> None:
    one = _some(connection, _ALERT, _ALERT.c.state == "open", _ALERT.c.expectation == "STATUS")
    mine = sa.select(_MESSAGE.c.id).where(_MESSAGE.c.alert_id == one)
    attempt = tables.delivery_attempt
    connection.execute(attempt.delete().where(attempt.c.message_id.in_(mine)))
    connection.execute(_MESSAGE.delete().where(_MESSAGE.c.alert_id == one))


BROKEN: list[tuple[Break, Kind, str]] = [
    (_closed_by_hand, Kind.UNOPENED, "it fails, and no alert of it is open"),
    (_status_closed_by_hand, Kind.UNOPENED, "and no alert of it is open"),
    (_left_open, Kind.UNENDED, "its alert is open, and it does not fail"),
    (_called_sent, Kind.UNPROVED, "called sent, and no attempt says so"),
    (_dropped_silently, Kind.UNPROVED, "dropped, and nobody knows why"),
    (_forgotten, Kind.UNSENT, "not sent: no attempt was made"),
    (_lost, Kind.UNTOLD, "nobody is named who hears of it (open)"),
]


def test_all_of_it_fits_after_judging_and_sending(northfield: Hospital) -> None:
    found = northfield.services.auditor.audit()
    assert found.flaws == ()
    assert min(found.looked_at) > 0
    lately = northfield.services.auditor.audit(timedelta(days=1))
    assert lately.clean


@pytest.mark.parametrize(
    ("broken", "kind", "why"), BROKEN, ids=[each[0].__name__[1:] for each in BROKEN]
)
def test_what_does_not_fit_is_named(
    northfield: Hospital, broken: Break, kind: Kind, why: str
) -> None:
    with writing(northfield.services.engine) as connection:
        broken(connection)
    (flaw,) = northfield.services.auditor.audit().flaws
    assert (flaw.kind, flaw.organisation) == (kind, "northfield")
    assert why in flaw.why


@pytest.fixture
def as_set(northfield: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings by which the command finds the hospital's database."""
    url = northfield.services.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("BIGDOT_DATABASE_URL", url)
    monkeypatch.setenv("BIGDOT_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("BIGDOT_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("as_set")
def test_the_command_ends_with_1_where_something_does_not_fit(northfield: Hospital) -> None:
    clean = CliRunner().invoke(main, ["audit"])
    assert clean.exit_code == 0, clean.output
    assert "all of it fits" in clean.output
    with writing(northfield.services.engine) as connection:
        _closed_by_hand(connection)
    told = CliRunner().invoke(main, ["audit", "--json"])
    said = json.loads(told.output)
    assert (told.exit_code, said["clean"], said["flaws"][0]["kind"]) == (1, False, "unopened")
    assert "MIL-01" in CliRunner().invoke(main, ["audit"]).output
