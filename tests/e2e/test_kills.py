"""Processes killed with -9 at the worst instants: nothing is lost, and little is said twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from services.persistence import tables
from services.ports.access import Actor
from tests.e2e.conftest import PLAN, Northfield
from tests.receivers import Receiver, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def _kept_books(northfield: Northfield, repeats: int) -> None:
    """Every message owed was received, and only what was on its way was received again."""
    owed = {row.id for row in northfield.rows(tables.message)}
    ids = northfield.postbox.ids
    assert northfield.postbox.carried == owed
    assert ids.total() - len(ids) == repeats
    assert set(ids) == {
        row.message_id for row in northfield.rows(tables.message) if row.slot == row.id
    }
    _repeats_are_the_same(northfield)
    told = {(r.alert_id, r.episode, r.step, r.recipient) for r in northfield.rows(tables.message)}
    assert len(told) == len(owed)


def _repeats_are_the_same(northfield: Northfield) -> None:
    first: dict[str, bytes] = {}
    for mail in northfield.postbox.mails:
        name = str(mail["Message-ID"])
        carried = str(mail["X-Bigdot-Messages"]).encode() + str(mail["Subject"]).encode()
        assert first.setdefault(name, carried) == carried


def _again(northfield: Northfield) -> None:
    """The same work anew, after the leases of the dead worker."""
    northfield.leases_run_out()
    northfield.work()
    assert northfield.all_sent(), northfield.states()


def test_killed_between_claim_and_send_nothing_is_lost_and_nothing_repeated(
    northfield: Northfield,
) -> None:
    northfield.feed()
    northfield.postbox.before_mail.clear()
    northfield.start_worker()
    assert northfield.rung_until(northfield.postbox.at_gate.is_set)
    assert northfield.states()["sending"] >= 1
    northfield.plant.kill("worker")
    northfield.postbox.before_mail.set()
    assert not northfield.postbox.mails
    _again(northfield)
    _kept_books(northfield, repeats=0)


def test_killed_with_the_mail_in_the_servers_hand_it_is_sent_once_more_under_its_id(
    northfield: Northfield,
) -> None:
    northfield.feed()
    northfield.postbox.before_answer.clear()
    northfield.start_worker()
    assert northfield.rung_until(northfield.postbox.at_gate.is_set)
    northfield.plant.kill("worker")
    northfield.postbox.before_answer.set()
    assert set(northfield.states()) <= {"sending", "owed"}
    northfield.leases_run_out()
    northfield.start_worker()
    assert northfield.rung_until(northfield.all_sent), northfield.states()
    _kept_books(northfield, repeats=1)


@contextmanager
def _locked(northfield: Northfield, statement: str) -> Iterator[None]:
    """Hold a lock of the database."""
    with northfield.services.engine.begin() as connection:
        connection.execute(sa.text(statement))
        yield


def _worker_waits_for_a_lock(northfield: Northfield) -> bool:
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with northfield.services.engine.connect() as connection:
        return bool(connection.scalar(query))


def test_killed_between_send_and_settle_it_is_sent_once_more_under_its_id(
    northfield: Northfield,
) -> None:
    """The server has taken the mail and said so; that it was sent cannot be written down."""
    northfield.feed()
    northfield.postbox.before_answer.clear()
    northfield.start_worker()
    assert northfield.rung_until(northfield.postbox.at_gate.is_set)
    with _locked(northfield, "SELECT id FROM message FOR UPDATE"):
        northfield.postbox.before_answer.set()
        assert until(lambda: _worker_waits_for_a_lock(northfield))
        northfield.plant.kill("worker")
    assert set(northfield.states()) <= {"sending", "owed"}
    _again(northfield)
    _kept_books(northfield, repeats=1)


def test_killed_after_settling_nothing_is_sent_again(northfield: Northfield) -> None:
    northfield.feed()
    northfield.start_worker()
    assert northfield.rung_until(northfield.all_sent), northfield.states()
    northfield.plant.kill("worker")
    _again(northfield)
    _kept_books(northfield, repeats=0)


def test_killed_while_judging_it_is_judged_again_and_told_once(northfield: Northfield) -> None:
    northfield.feed()
    waiting = len(northfield.rows(tables.subject, tables.subject.c.rank_at.is_not(None)))
    with _locked(northfield, "LOCK TABLE alert IN EXCLUSIVE MODE"):
        northfield.start_worker()
        assert northfield.rung_until(lambda: _worker_waits_for_a_lock(northfield))
        northfield.plant.kill("worker")
    assert not northfield.rows(tables.alert)
    left = northfield.rows(tables.subject, tables.subject.c.rank_at.is_not(None))
    assert 0 < len(left) <= waiting
    _again(northfield)
    _kept_books(northfield, repeats=0)
    alerts = northfield.rows(tables.alert)
    assert [a.status for a in alerts if a.about == "aim:harm-21"] == ["deteriorating"]
    assert len({(a.expectation, a.about) for a in alerts}) == len(alerts)


def test_killed_while_a_webhook_is_answered_it_gets_the_same_message_once_more(
    northfield: Northfield,
) -> None:
    by_hook = PLAN.replace("harm-21, to: [cno]", "harm-21, to: [cno], by: [hook]")
    with Receiver() as receiver:
        channels, actor = northfield.services.channels, Actor("test", "cli")
        channels.add(northfield.id, "hook", "webhook", receiver.url(), actor=actor)
        northfield.services.plans.apply(northfield.id, by_hook, author="board", reason="hook")
        northfield.feed()
        receiver.let_go.clear()
        northfield.start_worker()
        assert northfield.rung_until(lambda: receiver.received)
        northfield.plant.kill("worker")
        receiver.let_go.set()
        _again(northfield)
        (owed,) = northfield.rows(tables.message, tables.message.c.channel == "hook")
        assert [r.message_id for r in receiver.received] == [owed.message_id] * 2
        assert receiver.received[0].body == receiver.received[1].body
