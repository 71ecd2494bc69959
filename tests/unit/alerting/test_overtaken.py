"""What a further step makes of messages that still wait, and who hears of an end."""

from __future__ import annotations

import pytest

from services.alerting.lifecycle import Change, Decision
from services.alerting.overtaken import Heard, To, hears, overtaken, told_of_wrong
from services.framework.judgement import Status

ANN, ANN_HOOK, BEN = To("ann", "mail"), To("ann", "hook"), To("ben", "mail")


def _decision(change: Change, status: Status | None = None) -> Decision:
    return Decision(change, "why", status=status)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change.RESOLVE, "resolved before it was sent"),
        (Change.OPEN, "opened again before it was sent"),
    ],
)
def test_an_end_and_a_reopening_take_back_all_that_waits(change: Change, why: str) -> None:
    assert overtaken(_decision(change), {1: ANN, 2: BEN}, ()) == {1: why, 2: why}


@pytest.mark.parametrize("change", [Change.STEP, Change.ANNOUNCE])
def test_another_step_replaces_what_waits_for_the_same_person_and_channel(change: Change) -> None:
    dropped = overtaken(_decision(change), {1: ANN, 2: ANN_HOOK, 3: BEN}, (ANN, BEN))
    assert dropped == dict.fromkeys((1, 3), "replaced by a later message before it was sent")


def test_who_was_told_is_who_last_heard_that_something_was_wrong() -> None:
    heard = [Heard(ANN, "open"), Heard(BEN, "open"), Heard(BEN, "step"), Heard(ANN, "resolve")]
    assert told_of_wrong(heard) == (BEN,)
    assert told_of_wrong([*heard, Heard(ANN, "open")]) == (ANN, BEN)


def test_an_end_is_told_to_who_was_told_of_the_trouble() -> None:
    ended = _decision(Change.RESOLVE, Status.ON_TRACK)
    assert hears(ended, (ANN, ANN_HOOK, BEN), (ANN,)) == {ANN}
    assert hears(ended, (ANN_HOOK, BEN), (ANN,)) == {ANN_HOOK}, "the route's channel changed since"


@pytest.mark.parametrize("status", [Status.ACHIEVED, Status.CLOSE])
def test_reaching_the_aim_is_news_to_all(status: Status) -> None:
    assert hears(_decision(Change.RESOLVE, status), (ANN, BEN), ()) == {ANN, BEN}


def test_trouble_is_told_to_all() -> None:
    assert hears(_decision(Change.STEP, Status.SLIPPING), (ANN, BEN), (ANN,)) == {ANN, BEN}
