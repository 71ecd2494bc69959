"""What leaves at once is written leased, handed over once committed, and never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from services.delivery import deliver
from services.evaluation.judge import Judged
from services.persistence import tables
from services.persistence.outbox import DatabaseOutbox
from services.ports.access import Actor
from services.ports.delivery import Slot
from tests.integration.pipeline.conftest import HARM, PLAN, Hospital


class KilledError(BaseException):
    """The worker's end, which nothing in it may catch."""


@dataclass
class Hand:
    """Takes slots as `Deliver` does, and may die on the first; notes what stood in the database."""

    hospital: Hospital
    dies: bool = False
    slots: list[Slot] = field(default_factory=list)
    found: list[tuple[str, int]] = field(default_factory=list)

    def lease(self, now: datetime) -> datetime:
        """As long as real ones."""
        return now + deliver.LEASE

    def send(self, slots: Sequence[Slot], lease: datetime) -> None:
        """Look at the rows on a connection of its own, then die or settle."""
        for slot in slots:
            self.slots.append(slot)
            (row,) = self.hospital.rows(tables.message, tables.message.c.id == slot.leader)
            assert row.due_at == lease
            self.found.append((row.state, row.attempts))
            if self.dies:
                raise KilledError
            DatabaseOutbox(self.hospital.services.engine).sent(slot, lease, 1)


@pytest.fixture
def told(hospital: Hospital) -> Hospital:
    """Harm goes off track; its officer is told by a webhook and the chief executive by mail."""
    actor, url = Actor("test", "cli"), "https://chat.example.org/hook"
    hospital.services.channels.add(hospital.id, "hook", "webhook", url, actor=actor)
    plan = PLAN.replace("{aim: harm-21, to: [cno]}", "{aim: harm-21, to: [cno], by: [hook, mail]}")
    hospital.services.plans.apply(hospital.id, plan, author="advisor", reason="by webhook")
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    return hospital


def _judge(told: Hospital, hand: Hand) -> None:
    with told.services.engine.begin() as connection:
        connection.execute(tables.subject.update().values(not_before=None))
    while told.services.judge.next(hand) is not Judged.NOTHING:
        pass


def test_it_is_handed_over_once_it_is_committed_and_mail_is_not(told: Hospital) -> None:
    hand = Hand(told)
    _judge(told, hand)
    assert [slot.channel for slot in hand.slots] == ["hook"]
    assert hand.found == [("sending", 1)]
    states = {row.channel: row.state for row in told.rows(tables.message) if row.recipient == "cno"}
    assert states == {"hook": "sent", "mail": "owed"}


def test_who_dies_with_it_in_hand_leaves_it_to_the_next_under_the_same_id(told: Hospital) -> None:
    hand = Hand(told, dies=True)
    with pytest.raises(KilledError):
        _judge(told, hand)
    outbox, now = DatabaseOutbox(told.services.engine), told.services.clock.system_now()
    again = now + deliver.LEASE + timedelta(seconds=1)
    held = {slot.channel for slot in outbox.claim(now, now + deliver.LEASE, 99)}
    assert "hook" not in held
    (slot,) = (s for s in outbox.claim(again, again + deliver.LEASE, 99) if s.channel == "hook")
    (lost,) = hand.slots
    assert (slot.message_id, slot.parts) == (lost.message_id, lost.parts)
    assert slot.attempts == lost.attempts + 1


def test_nobody_to_hand_over_to_leaves_it_owed(told: Hospital) -> None:
    told.judge()
    (row,) = told.rows(tables.message, tables.message.c.channel == "hook")
    assert (row.state, row.attempts) == ("owed", 0)
