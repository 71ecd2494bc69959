"""REV-01 and REV-02 follow the board's dates and leave: trips, does not, edges, next looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.framework.cadence import Due, before_the_board, meetings_from, once_back
from services.framework.facts import Facts, StateChange
from services.framework.plan import Away, Organisation, Person, Plan, ProjectState
from tests.unit.framework.builders import at, day
from tests.unit.framework.test_expectations_projects import (
    a_project,
    a_review,
    holds_until_next,
    said,
    the_plan,
)

DATES = ("2025-01-16", "2025-03-20", "2025-05-15")
REVIEWED = Facts(reviews=(a_review("2025-01-10"),))


def a_board(*dates: str, every: int | None = None) -> Organisation:
    meetings = tuple(day(each) for each in dates)
    return Organisation("o", "Northfield", "Europe/London", 1, every, meetings)


def following(board: Organisation) -> Plan:
    """A project that is reviewed before each meeting of the board."""
    return the_plan(a_project(review="board"), organisation=board)


def away(*leaves: Away, plan: Plan | None = None, **others: tuple[Away, ...]) -> Plan:
    """The plan, whose sponsor has these leaves; others have theirs."""
    plan = plan or the_plan()
    each = {"cmo": leaves, **others}
    people = {name: Person(name, name.upper(), away=mine) for name, mine in each.items()}
    return replace(plan, people={**plan.people, **people})


def leave(since: str, until: str, cover: str | None = None) -> Away:
    return Away(day(since), day(until), cover)


# --- before the board meets ----------------------------------------------------------------------


def test_a_review_is_due_a_week_before_the_boards_meeting_after_the_one_that_it_served() -> None:
    plan = following(a_board(*DATES))
    assert not said("REV-01", plan, "2025-03-13", REVIEWED).tripped
    found = said("REV-01", plan, "2025-03-14", REVIEWED)
    assert (found.tripped, found.inputs["due"]) == (True, "2025-03-13")
    assert found.reason == (
        "Sepsis six was last reviewed on 2025-01-10; a review is due before the board's meeting of "
        "2025-03-20."
    )
    assert holds_until_next("REV-01", plan, "2025-02-01", REVIEWED) == "2025-03-14"


def test_a_review_in_the_week_before_the_meeting_is_late_and_serves_it() -> None:
    plan = following(a_board(*DATES))
    late = Facts(reviews=(a_review("2025-03-18"),))
    assert not said("REV-01", plan, "2025-05-08", late).tripped
    assert said("REV-01", plan, "2025-05-09", late).tripped
    on_the_day = Facts(reviews=(a_review("2025-03-20"),))
    assert not said("REV-01", plan, "2025-05-08", on_the_day).tripped


def test_a_project_that_began_is_due_before_the_first_meeting_that_leaves_a_week() -> None:
    plan = following(a_board("2024-11-08", "2024-12-12"))
    assert not said("REV-01", plan, "2024-12-05").tripped
    assert said("REV-01", plan, "2024-12-06").tripped
    earlier = following(a_board("2024-11-09", "2024-12-12"))
    assert said("REV-01", earlier, "2024-11-03").tripped


def test_the_days_before_the_meeting_are_the_plans() -> None:
    plan = replace(following(a_board(*DATES)), parameters={"REV-01.board_days": 0})
    assert not said("REV-01", plan, "2025-03-20", REVIEWED).tripped
    assert said("REV-01", plan, "2025-03-21", REVIEWED).tripped


def test_after_the_last_date_the_board_meets_as_often_as_it_says() -> None:
    board = a_board("2025-01-16", every=60)
    found = meetings_from(board, day("2025-01-17"))
    assert [next(found), next(found)] == [day("2025-03-17"), day("2025-05-16")]
    assert list(meetings_from(a_board(*DATES), day("2025-03-20"))) == [
        day("2025-03-20"),
        day("2025-05-15"),
    ]
    assert list(meetings_from(a_board(every=30), day("2025-03-20"))) == []
    plan = following(board)
    assert not said("REV-01", plan, "2025-03-10", REVIEWED).tripped
    assert said("REV-01", plan, "2025-03-11", REVIEWED).tripped


@pytest.mark.parametrize(("every", "due"), [(28, "2025-02-07"), (None, "2025-02-14")])
def test_without_dates_a_review_is_due_as_often_as_the_board_meets_or_as_any(
    every: int | None, due: str
) -> None:
    plan, after = following(a_board(every=every)), day(due) + timedelta(days=1)
    assert not said("REV-01", plan, due, REVIEWED).tripped
    assert said("REV-01", plan, after.isoformat(), REVIEWED).tripped


def test_meetings_closer_than_the_notice_leave_a_day_at_least() -> None:
    weekly = a_board("2025-01-16", "2025-01-18")
    found = before_the_board(weekly, day("2025-01-16"), 7, reviewed=True)
    assert found == Due(day("2025-01-17"), day("2025-01-18"))
    assert before_the_board(weekly, day("2025-01-17"), 7, reviewed=True) is None


def test_a_project_that_does_not_follow_the_board_is_reviewed_by_days() -> None:
    plan = the_plan(organisation=a_board(*DATES, every=28))
    assert not said("REV-01", plan, "2025-02-14", REVIEWED).tripped
    assert said("REV-01", plan, "2025-02-15", REVIEWED).tripped


# --- leave ---------------------------------------------------------------------------------------


def test_a_review_waits_for_a_sponsor_who_is_away_and_whom_nobody_covers() -> None:
    plan = away(leave("2025-02-10", "2025-02-20"))
    assert not said("REV-01", plan, "2025-02-28", REVIEWED).tripped
    found = said("REV-01", plan, "2025-03-01", REVIEWED)
    assert found.tripped
    assert found.reason == (
        "Sepsis six was last reviewed on 2025-01-10; a review is due every 35 days; its sponsor "
        "was away, and waited for until 2025-02-28."
    )
    assert holds_until_next("REV-01", plan, "2025-02-16", REVIEWED) == "2025-03-01"


@pytest.mark.parametrize(
    ("since", "until", "waits"),
    [
        ("2025-02-14", "2025-02-20", True),
        ("2025-02-15", "2025-02-20", False),
        ("2025-02-01", "2025-02-14", True),
        ("2025-02-01", "2025-02-13", False),
    ],
)
def test_it_waits_where_the_day_on_which_it_is_due_is_one_of_the_leave(
    since: str, until: str, waits: bool
) -> None:
    assert said("REV-01", away(leave(since, until)), "2025-02-15", REVIEWED).tripped is not waits


def test_it_does_not_wait_where_somebody_covers_and_their_review_counts() -> None:
    plan = away(leave("2025-02-10", "2025-02-20", "sister"))
    assert said("REV-01", plan, "2025-02-15", REVIEWED).tripped
    by_cover = a_review("2025-02-12", reviewer="sister")
    assert not said("REV-01", plan, "2025-02-15", Facts(reviews=(by_cover,))).tripped
    too_late = a_review("2025-02-21", reviewer="sister")
    assert said("REV-01", plan, "2025-03-15", Facts(reviews=(too_late,))).tripped


def test_it_waits_where_whoever_covers_is_away_too() -> None:
    plan = away(
        leave("2025-02-10", "2025-02-20", "sister"), sister=(leave("2025-02-01", "2025-03-01"),)
    )
    assert not said("REV-01", plan, "2025-02-28", REVIEWED).tripped
    assert said("REV-01", plan, "2025-03-01", REVIEWED).tripped


def test_it_waits_sixty_days_at_most_also_over_one_leave_after_another() -> None:
    long = away(leave("2025-02-10", "2025-12-31"))
    assert not said("REV-01", long, "2025-04-15", REVIEWED).tripped
    assert said("REV-01", long, "2025-04-16", REVIEWED).tripped
    twice = away(leave("2025-02-10", "2025-02-20"), leave("2025-02-25", "2025-03-05"))
    due = Due(day("2025-02-14"))
    assert once_back(twice, "cmo", due, 7) == Due(day("2025-03-13"), None, True)
    assert once_back(twice, "cmo", Due(day("2025-03-06")), 7) == Due(day("2025-03-06"))
    assert once_back(twice, None, due, 7) is due
    assert once_back(twice, "cmo", due, 0) == Due(day("2025-02-21"), None, True)


def test_a_review_before_the_board_waits_too() -> None:
    plan = away(leave("2025-03-10", "2025-03-14"), plan=following(a_board(*DATES)))
    assert not said("REV-01", plan, "2025-03-22", REVIEWED).tripped
    assert said("REV-01", plan, "2025-03-23", REVIEWED).reason == (
        "Sepsis six was last reviewed on 2025-01-10; a review is due before the board's meeting of "
        "2025-03-20; its sponsor was away, and waited for until 2025-03-22."
    )


# --- a pause -------------------------------------------------------------------------------------


def paused(until: str | None, **changes: Any) -> Facts:
    plain = StateChange("p", ProjectState.PAUSED, day("2025-02-01"), at("2025-02-01"))
    change = replace(plain, until=day(until) if until else None, **changes)
    return Facts(states=(change,))


def test_a_pause_is_to_be_decided_anew_from_the_day_that_it_names() -> None:
    facts = paused("2025-06-01")
    before = said("REV-01", the_plan(), "2025-05-31T22:59", facts)
    assert (before.tripped, before.reason) == (False, "Sepsis six is paused until 2025-06-01.")
    found = said("REV-01", the_plan(), "2025-05-31T23:00", facts)
    assert (found.tripped, found.audience) == (True, ("sponsor", "executive"))
    assert found.reason == (
        "Sepsis six was paused from 2025-02-01 until 2025-06-01; whether it goes on is to be "
        "decided anew."
    )
    assert holds_until_next("REV-01", the_plan(), "2025-03-01", facts) == "2025-06-01"


def test_a_pause_that_names_no_day_and_what_was_decided_since_ask_nothing() -> None:
    on = "2025-09-01"
    assert said("REV-01", the_plan(), on, paused(None)).reason == "Sepsis six is paused."
    (pause,) = paused("2025-06-01").states
    longer = replace(pause, on=day("2025-06-02"), until=day("2025-10-01"))
    stopped = replace(pause, on=day("2025-06-02"), state=ProjectState.STOPPED, until=None)
    for decided in (longer, stopped):
        assert not said("REV-01", the_plan(), on, Facts(states=(pause, decided))).tripped
    declared = the_plan(a_project(state=ProjectState.PAUSED))
    assert said("REV-01", declared, on).reason == "Sepsis six is paused."
    local = the_plan(a_project(strategic=False))
    for facts in (paused("2025-06-01"), Facts()):
        outcome = said("REV-01", local, on, facts)
        assert (outcome.tripped, outcome.reason) == (False, "Local improvement.")
    back = replace(pause, on=day("2025-08-20"), state=ProjectState.ACTIVE, until=None)
    found = said("REV-01", the_plan(), "2025-09-25", Facts(states=(pause, back)))
    assert found.reason.endswith(
        "was not reviewed since 2025-08-20; a review is due every 35 days."
    )


# --- REV-02: an aim before the board -------------------------------------------------------------


@pytest.mark.parametrize(
    ("meeting", "due"),
    [
        ("2025-02-09", "2025-02-09"),
        ("2025-02-10", "2025-02-10"),
        ("2025-03-06", "2025-03-06"),
        ("2025-05-20", "2025-05-20"),
        ("2025-05-21", "2025-02-09"),
        ("2024-11-01", "2025-02-09"),
    ],
)
def test_an_aim_is_not_due_before_the_board_meets_unless_that_is_twice_as_long_away(
    meeting: str, due: str
) -> None:
    plan, after = the_plan(organisation=a_board(meeting)), day(due) + timedelta(days=1)
    assert not said("REV-02", plan, due, subject="aim:a").tripped
    assert said("REV-02", plan, after.isoformat(), subject="aim:a").tripped


def test_an_aim_is_due_by_days_where_the_board_meets_on_the_very_day() -> None:
    plan = the_plan(organisation=a_board("2025-02-09"))
    assert said("REV-02", plan, "2025-02-10", subject="aim:a").reason.endswith("every 100 days.")


def test_an_aim_that_was_not_put_before_the_board_names_the_meeting() -> None:
    plan = the_plan(organisation=a_board("2024-11-01", "2025-03-06"))
    assert said("REV-02", plan, "2025-03-07", subject="aim:a").reason == (
        "Fewer deaths has not been before the board since 2024-11-01; it was due at the meeting of "
        "2025-03-06."
    )
    assert holds_until_next("REV-02", plan, "2025-02-12", subject="aim:a") == "2025-03-07"
