"""Projects, their charters, progress and oversight: trips, does not, the edge, the next look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.framework.expectations.register import CATALOGUE
from services.framework.facts import (
    Explanation,
    Facts,
    MilestoneChange,
    MilestoneEvent,
    ProgressScore,
    Review,
    ReviewAction,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Outcome
from services.framework.plan import (
    Adoption,
    Direction,
    Driver,
    Milestone,
    Organisation,
    Person,
    Plan,
    Project,
    ProjectState,
    Serve,
    Switch,
)
from tests.unit.framework.builders import (
    a_measure,
    a_plan,
    an_aim,
    at,
    day,
    judged,
    outcome,
    values,
)

DRIVER = Driver("d", "a", "Sepsis", share=0.4, measure="s", target=95.0)
AIM = an_aim(drivers=(DRIVER,), adopted=Adoption("Board", day("2024-11-01")))
BUNDLE = SeriesKey("s")


def a_project(**changes: Any) -> Project:
    plain = Project(
        "p",
        "Sepsis six",
        day("2024-11-01"),
        day("2025-10-31"),
        "cmo",
        "sister",
        "lead",
        "lead",
        aim_text="95 % within an hour",
        measure="s",
        serves=(Serve("a/d", 6.0, 1.0, 0.75),),
    )
    return replace(plain, **changes)


def the_plan(*projects: Project, **changes: Any) -> Plan:
    bundle = a_measure(id="s", name="Bundle", direction=Direction.INCREASE, unit="%")
    plan = a_plan(AIM, projects=projects or [a_project()])
    return replace(plan, measures={**plan.measures, "s": bundle}, **changes)


def said(expectation: str, plan: Plan, on: str, facts: Facts | None = None, **k: str) -> Outcome:
    subject = k.get("subject", "project:p")
    evaluation = judged(plan, facts or Facts(), subject, at(on))
    return outcome(evaluation, expectation, k.get("about"))


def next_look(expectation: str, plan: Plan, on: str, facts: Facts, subject: str) -> datetime | None:
    """When time alone could change what one expectation says, the others being off."""
    rules = dict.fromkeys(CATALOGUE, Switch.OFF) | {expectation: Switch.ON}
    return judged(replace(plan, rules=rules), facts, subject, at(on)).next_due


def holds_until_next(
    expectation: str, plan: Plan, on: str, facts: Facts | None = None, subject: str = "project:p"
) -> str:
    """The date of the next look, at which what is said does change, and not before."""
    known = facts or Facts()
    coming = next_look(expectation, plan, on, known, subject)
    assert coming is not None
    before, after = (
        outcome(judged(plan, known, subject, instant), expectation)
        for instant in (coming - timedelta(microseconds=1), coming)
    )
    assert before != after
    assert before == outcome(judged(plan, known, subject, at(on)), expectation)
    return coming.astimezone(plan.zone).date().isoformat()


def scores(*given: tuple[str, float], **changes: Any) -> tuple[ProgressScore, ...]:
    return tuple(
        replace(ProgressScore("p", int(score * 2), day(on), at(on)), **changes)
        for on, score in given
    )


def a_review(on: str, **changes: Any) -> Review:
    plain = Review("project:p", day(on), at(on), "cmo", "yes", "yes")
    return replace(plain, **changes)


# --- PRJ-01 --------------------------------------------------------------------------------------


def test_prj_01_is_met_by_a_whole_charter() -> None:
    assert said("PRJ-01", the_plan(), "2025-01-01").reason == "The charter is complete."


@pytest.mark.parametrize(
    ("change", "wanting"),
    [
        ({"aim_text": "Much better"}, "a numeric aim"),
        ({"aim_text": None}, "a numeric aim"),
        ({"end": None}, "an end date"),
        ({"sponsor": None}, "a sponsor"),
        ({"leader": None}, "a day-to-day leader"),
        ({"clinical_lead": None}, "a clinical lead"),
        ({"advisor": None}, "an improvement advisor"),
        ({"measure": None}, "a measure"),
    ],
)
def test_prj_01_names_what_is_wanting(change: dict[str, Any], wanting: str) -> None:
    found = said("PRJ-01", the_plan(a_project(**change)), "2025-01-01")
    assert found.tripped
    assert found.inputs["wanting"] == wanting
    assert found.reason == f"The charter of Sepsis six lacks {wanting}."


def test_prj_01_is_filled_by_an_event_and_not_emptied_by_a_vacancy() -> None:
    taken = RoleChange("project:p", Role.ADVISOR, "lead", day("2024-12-01"), at("2024-12-01"))
    plan = the_plan(a_project(advisor=None))
    assert not said("PRJ-01", plan, "2025-01-01", Facts(roles=(taken,))).tripped
    gone = RoleChange("project:p", Role.LEADER, None, day("2024-12-01"), at("2024-12-01"))
    assert not said("PRJ-01", the_plan(), "2025-01-01", Facts(roles=(gone,))).tripped


@pytest.mark.parametrize("change", [{"strategic": False}, {"state": ProjectState.PAUSED}])
def test_prj_01_asks_nothing_of_local_improvement_nor_of_a_project_at_rest(
    change: dict[str, Any],
) -> None:
    assert not said("PRJ-01", the_plan(a_project(measure=None, **change)), "2025-01-01").tripped


def test_prj_01_waits_for_the_start() -> None:
    plan = the_plan(a_project(measure=None))
    assert holds_until_next("PRJ-01", plan, "2024-10-01") == "2024-11-01"


# --- PRT-03 --------------------------------------------------------------------------------------


def test_prt_03_thirty_days_after_the_charter() -> None:
    plan = the_plan(a_project(serves=()))
    assert not said("PRT-03", plan, "2024-12-01").tripped
    found = said("PRT-03", plan, "2024-12-02")
    assert (found.tripped, found.severity) == (True, "warn")
    assert found.reason.endswith("So do 100% of the strategic projects.")
    assert holds_until_next("PRT-03", plan, "2024-11-05") == "2024-12-02"


def test_prt_03_is_for_information_while_few_projects_are_so() -> None:
    others = [a_project(id=f"q{i}") for i in range(3)]
    found = said("PRT-03", the_plan(a_project(serves=()), *others), "2025-01-01")
    assert (found.severity, found.inputs["share_unlinked"]) == ("info", 0.25)
    two = [a_project(serves=()), a_project(id="q", serves=()), *others]
    assert said("PRT-03", the_plan(*two), "2025-01-01").severity == "warn"


def test_prt_03_counts_from_the_charter_where_it_was_before_the_start() -> None:
    plan = the_plan(a_project(serves=(), chartered_on=day("2024-10-01")))
    assert said("PRT-03", plan, "2024-11-01").tripped


def test_prt_03_sees_that_the_driver_was_ended() -> None:
    ended = replace(AIM, drivers=(replace(DRIVER, ended=day("2025-03-01")),))
    plan = replace(the_plan(), aims={"a": ended})
    assert not said("PRT-03", plan, "2025-02-28").tripped
    assert said("PRT-03", plan, "2025-03-01").tripped
    assert holds_until_next("PRT-03", plan, "2025-02-01") == "2025-03-01"


def test_prt_03_asks_no_driver_of_local_improvement() -> None:
    plan = the_plan(a_project(serves=(), strategic=False))
    assert not said("PRT-03", plan, "2025-01-01").tripped


# --- PRT-04 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["effect", "reach", "belief"])
def test_prt_04_thirty_days_after_the_charter(part: str) -> None:
    serve = Serve("a/d", **({"effect": 6.0, "reach": 1.0, "belief": 0.75} | {part: None}))
    plan = the_plan(a_project(serves=(serve,)))
    assert not said("PRT-04", plan, "2024-12-01").tripped
    found = said("PRT-04", plan, "2024-12-02")
    assert (found.tripped, found.inputs["wanting"]) == (True, part)
    assert holds_until_next("PRT-04", plan, "2024-11-05") == "2024-12-02"


def test_prt_04_is_met_by_a_prediction_even_of_no_effect() -> None:
    assert not said("PRT-04", the_plan(), "2025-01-01").tripped
    nothing = Serve("a/d", 0.0, 0.0, 0.0)
    assert not said("PRT-04", the_plan(a_project(serves=(nothing,))), "2025-01-01").tripped


# --- PRJ-03 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "days"),
    [(0.5, 45), (1.5, 45), (2.0, 90), (2.5, 90), (3.0, 120), (3.5, 120)],
)
def test_prj_03_the_same_score_for_too_long(score: float, days: int) -> None:
    first = date(2025, 1, 10)
    given = [(first + timedelta(days=30 * i)).isoformat() for i in range(6)]
    facts = Facts(scores=scores(*((on, score) for on in given)))
    trips = first + timedelta(days=days + 1)
    early = said("PRJ-03", the_plan(), (trips - timedelta(days=1)).isoformat(), facts)
    late = said("PRJ-03", the_plan(), trips.isoformat(), facts)
    assert (early.tripped, late.tripped, late.severity) == (False, True, "warn")
    assert late.reason == f"Sepsis six has stood at {score} since 2025-01-10."
    assert late.since == datetime(trips.year, trips.month, trips.day, tzinfo=UTC) - timedelta(
        hours=1 if trips > date(2025, 3, 30) else 0
    )


def test_prj_03_a_project_that_implements_may_stand() -> None:
    facts = Facts(scores=scores(*((f"2025-{m:02}-10", 4.0) for m in range(1, 10))))
    assert not said("PRJ-03", the_plan(), "2025-09-20", facts).tripped


def test_prj_03_watches_that_scores_are_given() -> None:
    facts = Facts(scores=scores(("2025-01-10", 2.0)))
    assert not said("PRJ-03", the_plan(), "2025-02-24", facts).tripped
    found = said("PRJ-03", the_plan(), "2025-02-25", facts)
    assert (found.tripped, found.severity) == (True, "watch")
    assert found.reason == "Sepsis six has not been scored since 2025-01-10."
    assert holds_until_next("PRJ-03", the_plan(), "2025-02-01", facts) == "2025-02-25"
    assert holds_until_next("PRJ-03", the_plan(), "2025-02-25", facts) == "2025-04-11"


def test_prj_03_counts_from_the_start_where_no_score_was_ever_given() -> None:
    assert not said("PRJ-03", the_plan(), "2024-12-16").tripped
    assert said("PRJ-03", the_plan(), "2024-12-17").severity == "watch"


@pytest.mark.parametrize("score", [2.0, 1.0])
def test_prj_03_begins_anew_when_the_score_changes(score: float) -> None:
    given = scores(("2025-01-10", 1.5), ("2025-02-20", score))
    assert not said("PRJ-03", the_plan(), "2025-03-01", Facts(scores=given)).tripped


def test_prj_03_begins_anew_when_the_project_is_taken_up_again() -> None:
    back = (
        StateChange("p", ProjectState.PAUSED, day("2025-01-20"), at("2025-01-20")),
        StateChange("p", ProjectState.ACTIVE, day("2025-02-20"), at("2025-02-20")),
    )
    facts = Facts(scores=scores(("2025-01-10", 1.5)), states=back)
    assert not said("PRJ-03", the_plan(), "2025-02-19", facts).tripped
    assert not said("PRJ-03", the_plan(), "2025-04-06", facts).tripped
    assert said("PRJ-03", the_plan(), "2025-04-07", facts).tripped


# --- PRJ-04 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2024-12-26", 2.0),
        ("2025-02-19", 2.5),
        ("2025-05-02", 3.0),
        ("2025-07-14", 3.5),
        ("2025-10-31", 4.0),
    ],
)
def test_prj_04_on_the_day_on_which_a_score_is_expected(on: str, expected: float) -> None:
    behind = Facts(scores=scores(("2024-12-01", expected - 0.5)))
    level = Facts(scores=scores(("2024-12-01", expected)))
    before = (day(on) - timedelta(days=1)).isoformat()
    assert not said("PRJ-04", the_plan(), before, behind).tripped
    found = said("PRJ-04", the_plan(), on, behind)
    assert (found.tripped, found.severity) == (True, "warn")
    assert f"{expected} was expected by {on}" in found.reason
    assert not said("PRJ-04", the_plan(), on, level).tripped
    assert holds_until_next("PRJ-04", the_plan(), before, behind) == on


def test_prj_04_asks_nothing_without_a_score_or_dates() -> None:
    assert not said("PRJ-04", the_plan(), "2025-06-01").tripped
    given = Facts(scores=scores(("2025-01-10", 1.0)))
    assert not said("PRJ-04", the_plan(a_project(end=None)), "2025-06-01", given).tripped


# --- PRJ-05 --------------------------------------------------------------------------------------

FLAT = [48.0, 50.0, 46.0, 48.0, 49.0, 47.0, 48.0, 50.0, 46.0, 48.0]


def _borne(score: float, after: list[float], **changes: Any) -> Outcome:
    series = values([*FLAT, *after], key=BUNDLE)
    facts = Facts(series, scores=scores(("2025-02-10", score), **changes))
    return said("PRJ-05", the_plan(), "2025-04-15", facts)


@pytest.mark.parametrize(
    ("score", "level", "trips"),
    [
        (3.0, 57.3, True),
        (3.0, 57.4, False),
        (4.0, 71.4, True),
        (4.0, 71.5, False),
        (2.5, 48.0, False),
    ],
)
def test_prj_05_by_the_share_of_the_goal(score: float, level: float, trips: bool) -> None:
    found = _borne(score, [level] * 5)
    assert found.tripped is trips
    assert (found.severity == "watch") is trips


def test_prj_05_sustained_results_need_a_signal() -> None:
    assert not _borne(4.5, [90.0] * 5).tripped
    wild = [48.0, 90.0, 6.0, 48.0, 90.0, 6.0, 48.0, 90.0, 6.0, 48.0]
    facts = Facts(values([*wild, 72.0, 73.0], key=BUNDLE), scores=scores(("2025-01-05", 4.5)))
    found = said("PRJ-05", the_plan(), "2025-01-20", facts)
    assert found.reason.endswith("no measure of what it serves shows a signal of improvement.")


def test_prj_05_is_met_by_evidence_in_words() -> None:
    assert not _borne(3.0, [48.0] * 5, evidence="Minutes of the ward round").tripped


def test_prj_05_says_where_nothing_can_bear_a_score_out() -> None:
    found = said("PRJ-05", the_plan(), "2025-04-15", Facts(scores=scores(("2025-02-10", 3.0))))
    assert found.tripped
    assert "no measure" in found.reason


def test_prj_05_waits_for_the_end_of_a_period_whose_value_came_early() -> None:
    series = values([*FLAT, 48.0, 48.0, 90.0, 90.0, 90.0], key=BUNDLE)
    early = tuple(replace(o, known_at=at("2025-01-01")) for o in series[BUNDLE])
    facts = Facts({BUNDLE: early}, scores=scores(("2025-01-05", 3.0)))
    assert holds_until_next("PRJ-05", the_plan(), "2025-02-10", facts) == "2025-03-01"


# --- MIL-02 --------------------------------------------------------------------------------------

PILOT = Milestone("pilot", "p", "Pilot", day("2025-02-28"))
PILOTED = a_project(milestones=(PILOT,))


def moved(to: str, known: str) -> MilestoneEvent:
    return MilestoneEvent("p/pilot", MilestoneChange.REDATED, day(to), at(known))


def test_mil_02_when_a_milestone_is_moved_again() -> None:
    once = Facts(milestones=(moved("2025-03-07", "2025-02-20"),))
    twice = Facts(milestones=(*once.milestones, moved("2025-03-14", "2025-03-06")))
    assert not said("MIL-02", the_plan(PILOTED), "2025-03-06", once).tripped
    found = said("MIL-02", the_plan(PILOTED), "2025-03-06T12:00", twice)
    assert (found.tripped, found.severity, found.about) == (True, "warn", "milestone:p/pilot")
    assert found.reason == "Pilot was re-dated 2 times, by 14 days in all, to 2025-03-14."
    assert found.since == at("2025-03-06")


@pytest.mark.parametrize(("to", "trips"), [("2025-05-30", False), ("2025-05-31", True)])
def test_mil_02_when_it_slips_by_more_than_a_quarter_of_the_project(to: str, trips: bool) -> None:
    facts = Facts(milestones=(moved(to, "2025-02-20"),))
    assert said("MIL-02", the_plan(PILOTED), "2025-03-06", facts).tripped is trips


@pytest.mark.parametrize(("to", "trips"), [("2025-03-30", False), ("2025-03-31", True)])
def test_mil_02_a_short_project_may_slip_by_thirty_days(to: str, trips: bool) -> None:
    facts = Facts(milestones=(moved(to, "2025-02-20"),))
    short = replace(PILOTED, end=day("2025-01-31"))
    assert said("MIL-02", the_plan(short), "2025-03-06", facts).tripped is trips


def test_mil_02_clears_when_the_plan_is_reviewed_or_the_milestone_done() -> None:
    moves = (moved("2025-03-07", "2025-02-20"), moved("2025-03-14", "2025-03-06"))
    old = a_review("2025-03-05", decision="Go on")
    agreed = a_review("2025-03-06", decision="Go on")
    silent = a_review("2025-03-08")
    done = MilestoneEvent("p/pilot", MilestoneChange.COMPLETED, day("2025-03-10"), at("2025-03-10"))
    plan = the_plan(PILOTED)
    assert said(
        "MIL-02", plan, "2025-03-09", Facts(milestones=moves, reviews=(old, silent))
    ).tripped
    assert not said(
        "MIL-02", plan, "2025-03-09", Facts(milestones=moves, reviews=(agreed,))
    ).tripped
    assert not said("MIL-02", plan, "2025-03-10", Facts(milestones=(*moves, done))).tripped


def test_mil_02_is_asked_until_the_milestone_is_ended() -> None:
    plan = the_plan(a_project(milestones=(replace(PILOT, ended=day("2025-04-01")),)))
    moves = (moved("2025-03-07", "2025-02-20"), moved("2025-03-14", "2025-03-06"))
    facts = Facts(milestones=moves)
    assert holds_until_next("MIL-02", plan, "2025-03-10", facts) == "2025-04-01"


# --- REV-01 --------------------------------------------------------------------------------------


def test_rev_01_thirty_five_days_after_the_last_review() -> None:
    facts = Facts(reviews=(a_review("2025-08-12"),))
    assert not said("REV-01", the_plan(), "2025-09-16T22:59", facts).tripped
    found = said("REV-01", the_plan(), "2025-09-16T23:00", facts)
    assert (found.tripped, found.severity) == (True, "warn")
    assert found.reason == (
        "Sepsis six was last reviewed on 2025-08-12; a review is due every 35 days."
    )
    assert holds_until_next("REV-01", the_plan(), "2025-08-20", facts) == "2025-09-17"


def test_rev_01_follows_the_projects_own_cadence() -> None:
    plan = the_plan(a_project(review_every_days=14))
    facts = Facts(reviews=(a_review("2025-08-12"),))
    assert not said("REV-01", plan, "2025-08-26", facts).tripped
    assert said("REV-01", plan, "2025-08-27", facts).tripped


def test_rev_01_counts_from_the_start_before_the_first_review() -> None:
    assert not said("REV-01", the_plan(), "2024-12-06").tripped
    found = said("REV-01", the_plan(), "2024-12-07")
    assert found.reason == (
        "Sepsis six was not reviewed since 2024-11-01; a review is due every 35 days."
    )


@pytest.mark.parametrize(
    ("reviewer", "counts"), [("cmo", True), (None, True), ("boss", True), ("sister", False)]
)
def test_rev_01_a_review_counts_by_who_holds_it(reviewer: str | None, counts: bool) -> None:
    plan = the_plan()
    boss = Person("boss", "Boss", roles=("executive",))
    plan = replace(plan, people={**plan.people, "boss": boss})
    facts = Facts(reviews=(a_review("2025-08-12", reviewer=reviewer),))
    assert said("REV-01", plan, "2025-08-20", facts).tripped is not counts


def test_rev_01_asks_nothing_of_a_stopped_project() -> None:
    stop = StateChange("p", ProjectState.STOPPED, day("2025-01-20"), at("2025-01-20"))
    assert not said("REV-01", the_plan(), "2025-06-01", Facts(states=(stop,))).tripped


# --- REV-02 --------------------------------------------------------------------------------------


def test_rev_02_a_hundred_days_after_the_adoption() -> None:
    assert not said("REV-02", the_plan(), "2025-02-09", subject="aim:a").tripped
    found = said("REV-02", the_plan(), "2025-02-10", subject="aim:a")
    assert (found.tripped, found.audience) == (True, ("board",))
    assert found.reason == (
        "Fewer deaths has not been before the board since 2024-11-01; it is due every 100 days."
    )
    assert holds_until_next("REV-02", the_plan(), "2024-12-01", subject="aim:a") == "2025-02-10"


@pytest.mark.parametrize(("meets", "trips"), [(31, True), (35, True), (36, False), (None, False)])
def test_rev_02_is_stricter_where_the_board_meets_monthly(meets: int | None, trips: bool) -> None:
    own = Organisation("o", "Northfield", "Europe/London", board_meets_days=meets)
    plan = the_plan(organisation=own)
    assert not said("REV-02", plan, "2024-12-16", subject="aim:a").tripped
    assert said("REV-02", plan, "2024-12-17", subject="aim:a").tripped is trips


def test_rev_02_counts_from_the_last_review_of_the_aim() -> None:
    facts = Facts(reviews=(a_review("2025-02-01", subject="aim:a"),))
    assert not said("REV-02", the_plan(), "2025-05-12", facts, subject="aim:a").tripped
    assert said("REV-02", the_plan(), "2025-05-13", facts, subject="aim:a").tripped


# --- REV-03 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["project:p", "aim:a"])
@pytest.mark.parametrize("part", ["executing", "working"])
def test_rev_03_a_review_without_an_answer(subject: str, part: str) -> None:
    open_ = a_review("2025-02-01", subject=subject, **{part: None})
    whole = a_review("2025-03-01", subject=subject)
    found = said("REV-03", the_plan(), "2025-03-05", Facts(reviews=(open_,)), subject=subject)
    assert (found.tripped, found.severity) == (True, "watch")
    assert found.reason.startswith("The review of 2025-02-01 does not say whether")
    both = Facts(reviews=(open_, whole))
    assert not said("REV-03", the_plan(), "2025-03-05", both, subject=subject).tripped


def test_rev_03_an_action_two_weeks_overdue() -> None:
    action = ReviewAction(
        "project:p", "1", "Release the ward clerk", "lead", day("2025-02-01"),
        known_at=at("2025-01-10"), on=day("2025-01-10"),
    )  # fmt: skip
    done = replace(action, on=day("2025-02-10"), done_on=day("2025-02-10"))
    facts = Facts(actions=(action,))
    assert not said("REV-03", the_plan(), "2025-02-15", facts).tripped
    found = said("REV-03", the_plan(), "2025-02-16", facts)
    assert found.reason == "'Release the ward clerk' was due on 2025-02-01."
    assert holds_until_next("REV-03", the_plan(), "2025-01-20", facts) == "2025-02-16"
    assert not said("REV-03", the_plan(), "2025-02-16", Facts(actions=(action, done))).tripped


def test_an_explanation_of_something_else_explains_nothing() -> None:
    other = Explanation("project:p", "REV-01", "Leave", day("2025-02-01"), at("2025-02-01"))
    assert said("REV-01", the_plan(), "2025-06-01", Facts(explanations=(other,))).tripped
