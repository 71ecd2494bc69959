"""Mail waits a while for more to tell the same person; other channels wait for nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from services.bootstrap import Services
from services.delivery import deliver
from services.persistence import tables
from services.persistence.clock import DatabaseClock
from services.persistence.outbox import DatabaseOutbox
from services.ports.access import Actor
from tests.integration.pipeline.conftest import HARM, PLAN, Hospital
from tests.receivers import Receiver

WINDOW = timedelta(minutes=10)
MAIL = tables.message.c.channel == "mail"
CNO = tables.message.c.recipient == "cno"


@dataclass
class _Time:
    """How much later it is than the machine says."""

    later: timedelta = timedelta(0)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> _Time:
    """System time in our hand."""
    held, real = _Time(), DatabaseClock.system_now

    def system_now(clock: DatabaseClock) -> datetime:
        return real(clock) + held.later

    monkeypatch.setattr(DatabaseClock, "system_now", system_now)
    return held


@pytest.fixture
def waiting(hospital: Hospital) -> Hospital:
    """Northfield, where a mail waits for ten minutes; receivers on this machine are allowed."""
    options = hospital.services.options
    mail = replace(options.mail, merge_seconds=WINDOW.total_seconds())
    hospital.services.close()
    hospital.services = Services(replace(options, mail=mail, channel_allow_hosts=("127.0.0.1",)))
    return hospital


def _mails(hospital: Hospital, to: str = "cno@northfield.example") -> list[Message]:
    rows = hospital.rows(tables.mailbox, tables.mailbox.c.to == to)
    return [message_from_bytes(bytes(row.raw)) for row in rows]


def _carried(mail: Message) -> set[int]:
    return {int(one) for one in str(mail["X-Bigdot-Messages"]).split(", ")}


def _owed(hospital: Hospital) -> list[Any]:
    return hospital.rows(tables.message, MAIL, CNO)


def _harm_rises(hospital: Hospital) -> None:
    """The chief nursing officer is to hear of the aim."""
    hospital.feed("harm", HARM)
    hospital.judge()


def _a_role_is_vacant(hospital: Hospital) -> None:
    """The chief nursing officer, who sponsors the project, is to hear of its vacancy."""
    change = {"project": "falls", "role": "leader", "person": None, "on": "2025-08-10"}
    assert hospital.post("projects", change) == ["created"]
    hospital.judge()


def _quietly(hospital: Hospital) -> None:
    """Let all that is late already be told, so that what follows is all there is."""
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM[:18])
    hospital.judge()


def test_two_alerts_for_one_person_are_one_mail_that_names_both(
    waiting: Hospital, time: _Time
) -> None:
    _quietly(waiting)
    time.later += WINDOW * 2
    waiting.deliver()
    before, known = len(_mails(waiting)), {row.id for row in _owed(waiting)}
    _harm_rises(waiting)
    time.later += WINDOW / 2
    _a_role_is_vacant(waiting)
    new = [row for row in _owed(waiting) if row.id not in known]
    assert len({row.alert_id for row in new}) == len(new) == 2
    waiting.deliver()
    assert len(_mails(waiting)) == before, "both wait"
    time.later += WINDOW / 2 + timedelta(seconds=1)
    waiting.deliver()
    (mail,) = _mails(waiting)[before:]
    assert _carried(mail) == {row.id for row in new}
    leader = min(new, key=lambda row: row.id)
    assert mail["Message-ID"] == leader.message_id
    after = [row for row in _owed(waiting) if row.id not in known]
    assert {(row.state, row.slot) for row in after} == {("sent", leader.id)}
    said = str(mail.get_payload(0).get_payload(decode=True).decode())  # type: ignore[union-attr]
    assert "DETERIORATING: Less harm" in said
    assert "ROLE VACANT: Falls prevention" in said
    time.later += WINDOW * 2
    waiting.deliver()
    assert len(_mails(waiting)) == before + 1


def test_what_comes_after_the_mail_is_another_mail(waiting: Hospital, time: _Time) -> None:
    _quietly(waiting)
    time.later += WINDOW * 2
    waiting.deliver()
    before = len(_mails(waiting))
    _harm_rises(waiting)
    time.later += WINDOW + timedelta(seconds=1)
    waiting.deliver()
    _a_role_is_vacant(waiting)
    time.later += WINDOW + timedelta(seconds=1)
    waiting.deliver()
    first, second = _mails(waiting)[before:]
    assert first["Message-ID"] != second["Message-ID"]
    assert not _carried(first) & _carried(second)


def test_what_is_owed_while_a_mail_is_being_sent_does_not_change_that_mail(
    waiting: Hospital, time: _Time
) -> None:
    _quietly(waiting)
    time.later += WINDOW * 2
    waiting.deliver()
    known = {row.id for row in _owed(waiting)}
    _harm_rises(waiting)
    time.later += WINDOW + timedelta(seconds=1)
    outbox = DatabaseOutbox(waiting.services.engine)
    now = waiting.services.clock.system_now()
    (lost,) = [s for s in outbox.claim(now, now + deliver.LEASE, 99) if s.recipient == "cno"]
    _a_role_is_vacant(waiting)
    time.later += deliver.LEASE + WINDOW + timedelta(seconds=1)
    waiting.deliver()
    sent = {str(m["Message-ID"]): _carried(m) for m in _mails(waiting)}
    assert sent[lost.message_id] == {part.id for part in lost.parts}
    (late,) = {row.id for row in _owed(waiting)} - known - sent[lost.message_id]
    assert [ids for ids in sent.values() if late in ids] == [{late}]


def test_two_people_never_share_a_mail(waiting: Hospital, time: _Time) -> None:
    _quietly(waiting)
    _harm_rises(waiting)
    time.later += WINDOW * 2
    waiting.deliver()
    of = {row.id: row.recipient for row in waiting.rows(tables.message, MAIL)}
    mails = waiting.rows(tables.mailbox)
    assert len(mails) == len(set(of.values())) > 2
    for row in mails:
        people = {of[one] for one in _carried(message_from_bytes(bytes(row.raw)))}
        assert len(people) == 1


def test_a_webhook_does_not_wait(waiting: Hospital, time: _Time) -> None:
    both = PLAN.replace("harm-21, to: [cno]", "harm-21, to: [cno], by: [mail, hook]")
    with Receiver() as receiver:
        channels, actor = waiting.services.channels, Actor("test", "cli")
        channels.add(waiting.id, "hook", "webhook", receiver.url(), actor=actor)
        waiting.services.plans.apply(waiting.id, both, author="advisor", reason="both")
        waiting.at(2025, 8, 20)
        _harm_rises(waiting)
        waiting.deliver()
        assert [r.json()["state"] for r in receiver.received] == ["Deteriorating"]
        assert not _mails(waiting)
        time.later += WINDOW + timedelta(seconds=1)
        waiting.deliver()
        assert len(receiver.received) == len(_mails(waiting)) == 1
