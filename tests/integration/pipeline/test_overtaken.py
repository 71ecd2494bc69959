"""A message that waits when its alert moves on: dropped with the reason, and nobody misled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.bootstrap import Services
from services.persistence import tables
from services.persistence.outbox import DatabaseOutbox
from services.ports.delivery import SendFailedError, Slot
from tests.integration.pipeline.conftest import Hospital
from tests.integration.pipeline.test_merging import WINDOW, _Time, time

__all__ = ["time"]
DROPPED = "resolved before it was sent"


@pytest.fixture
def waiting(hospital: Hospital) -> Hospital:
    """Northfield, where a mail waits for ten minutes and all that was late is told."""
    options = hospital.services.options
    mail = replace(options.mail, merge_seconds=WINDOW.total_seconds())
    hospital.services.close()
    hospital.services = Services(replace(options, mail=mail))
    hospital.at(2025, 8, 20)
    hospital.judge()
    with hospital.services.engine.begin() as connection:
        connection.execute(
            tables.message.update().values(due_at=hospital.services.clock.system_now())
        )
    hospital.deliver()
    return hospital


def _leader(hospital: Hospital, person: str | None, day: int) -> None:
    change = {"project": "falls", "role": "leader", "person": person, "on": f"2025-08-{day}"}
    assert hospital.post("projects", change) == ["created"]
    hospital.judge()


def _told(hospital: Hospital) -> list[tuple[str, str | None]]:
    """The state of each message about the vacancy, and what was noted of it."""
    (alert,) = hospital.rows(
        tables.alert,
        tables.alert.c.about == "project:falls/leader",
        tables.alert.c.expectation == "PRJ-02",
    )
    rows = hospital.rows(tables.message, tables.message.c.alert_id == alert.id)
    return [(row.state, row.last_error) for row in rows]


def _mails(hospital: Hospital) -> list[str]:
    return [str(row.subject) for row in hospital.rows(tables.mailbox)]


def _claim(hospital: Hospital) -> Slot:
    outbox, now = DatabaseOutbox(hospital.services.engine), hospital.services.clock.system_now()
    (slot,) = outbox.claim(now, now + timedelta(minutes=5), 9)
    return slot


def test_neither_trouble_nor_its_end_is_told_if_it_ended_before_the_mail_left(
    waiting: Hospital, time: _Time
) -> None:
    before = _mails(waiting)
    _leader(waiting, None, 10)
    time.later += WINDOW / 2
    _leader(waiting, "ed-sister", 11)
    assert _told(waiting) == [("dropped", DROPPED)]
    time.later += WINDOW * 2
    waiting.deliver()
    assert _mails(waiting) == before


def test_who_was_told_of_the_trouble_is_told_of_its_end(waiting: Hospital, time: _Time) -> None:
    before = len(_mails(waiting))
    _leader(waiting, None, 10)
    time.later += WINDOW * 2
    waiting.deliver()
    _leader(waiting, "ed-sister", 11)
    time.later += WINDOW * 2
    waiting.deliver()
    assert _told(waiting) == [("sent", None), ("sent", None)]
    assert [one.partition(":")[0] for one in _mails(waiting)[before:]] == [
        "Role vacant",
        "Resolved",
    ]


def test_an_end_that_waits_is_taken_back_when_it_opens_again(
    waiting: Hospital, time: _Time
) -> None:
    _leader(waiting, None, 10)
    time.later += WINDOW * 2
    waiting.deliver()
    _leader(waiting, "ed-sister", 11)
    _leader(waiting, None, 12)
    _leader(waiting, "ed-sister", 13)
    reopened = "opened again before it was sent"
    assert _told(waiting)[1:] == [("dropped", reopened), ("dropped", DROPPED), ("owed", None)]


def test_what_is_being_sent_is_left_alone_and_its_end_is_told(
    waiting: Hospital, time: _Time
) -> None:
    _leader(waiting, None, 10)
    time.later += WINDOW * 2
    _claim(waiting)
    _leader(waiting, "ed-sister", 11)
    assert _told(waiting) == [("sending", None), ("owed", None)]


@pytest.mark.parametrize(("unknown", "states"), [(True, ["owed", "owed"]), (False, ["dropped"])])
def test_only_what_surely_did_not_arrive_is_taken_back(
    waiting: Hospital, time: _Time, unknown: bool, states: list[str]
) -> None:
    _leader(waiting, None, 10)
    time.later += WINDOW * 2
    slot, now = _claim(waiting), waiting.services.clock.system_now()
    error = SendFailedError("lost", unknown=unknown)
    DatabaseOutbox(waiting.services.engine).postpone(slot, error, now, now + WINDOW)
    _leader(waiting, "ed-sister", 11)
    assert [one for one, _ in _told(waiting)] == states


def test_what_shared_a_mail_with_a_dropped_message_is_still_sent(
    waiting: Hospital, time: _Time
) -> None:
    _leader(waiting, None, 10)
    waiting.post(
        "projects", {"project": "sepsis", "role": "leader", "person": None, "on": "2025-08-10"}
    )
    waiting.judge()
    time.later += WINDOW * 2
    outbox, now = DatabaseOutbox(waiting.services.engine), waiting.services.clock.system_now()
    slots = outbox.claim(now, now + timedelta(minutes=5), 9)
    for slot in slots:
        outbox.postpone(slot, SendFailedError("refused"), now, now + WINDOW)
    parts = {part.id for slot in slots for part in slot.parts}
    _leader(waiting, "ed-sister", 11)
    time.later += WINDOW * 2
    waiting.deliver()
    states = [row.state for row in waiting.rows(tables.message) if row.id in parts]
    assert len(states) > 1
    assert sorted(set(states)) == ["dropped", "sent"]
