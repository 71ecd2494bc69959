"""The two questions: each row of the table, its edges, and when time alone changes the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.diagnosis import diagnose
from services.framework.expectations.catalogue import Situation
from services.framework.facts import (
    Explanation,
    Facts,
    MilestoneChange,
    MilestoneEvent,
    ProgressScore,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Answer, Diagnosis, Severity, Subject
from services.framework.plan import (
    Direction,
    Driver,
    Intent,
    Milestone,
    Plan,
    Project,
    ProjectState,
    Serve,
)
from tests.unit.framework.asking import asked, changes_on
from tests.unit.framework.builders import a_measure, a_plan, an_aim, at, day, judged, values

BASE = [103.0, 101.0, 105.0, 102.0, 104.0] * 2
UP = [48.0, 50.0, 46.0, 49.0, 47.0] * 2
DRIVERS = tuple(Driver(d, "a", d.upper(), share=0.5, measure=d, target=95.0) for d in ("x", "y"))
FLAT = [103.0, 104.0, 102.0, 104.0, 103.0, 101.0] * 3
BETTER = [102.0, 101.0, 99.0, 97.0, 95.0, 93.0, 92.0, 91.0, 90.0, 90.0, 89.0, 89.0]
STILL = [48.0, 49.0, 47.0, 49.0, 48.0, 46.0] * 3
MOVED = [50.0, 55.0, 61.0, 68.0, 74.0, 80.0, 84.0, 87.0, 90.0, 91.0, 92.0, 93.0]
LAST = 14


def _project(name: str, driver: str, **changes: Any) -> Project:
    plain = Project(
        name,
        name.upper(),
        day("2024-11-01"),
        day("2025-12-31"),
        "cmo",
        "sister",
        serves=(Serve(f"a/{driver}", 5.0, 1.0, 0.8),),
    )
    return replace(plain, **changes)


def _plan(*projects: Project, drivers: tuple[Driver, ...] = DRIVERS, **changes: Any) -> Plan:
    own = [
        a_measure(id=d.measure, name=d.name, direction=Direction.INCREASE)
        for d in drivers
        if d.measure
    ]
    plan = a_plan(
        an_aim(drivers=drivers, **changes),
        projects=projects or (_project("p", "x"), _project("q", "y")),
    )
    return replace(plan, measures={**plan.measures, **{m.id: m for m in own}})


def _facts(
    many: int,
    aim: list[float] | None = None,
    x: list[float] | None = None,
    y: list[float] | None = None,
    **events: Any,
) -> Facts:
    """So many months since the start; flat and still unless said otherwise."""
    series = values([*BASE, *(aim or FLAT)[:many]])
    series |= values([*UP, *(x or STILL)[:many]], key=SeriesKey("x"))
    series |= values([*UP, *(y or STILL)[:many]], key=SeriesKey("y"))
    return Facts(series, **events)


def _on(many: int) -> str:
    month = 11 + many
    return f"{2024 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-15"


def _diagnosis(plan: Plan, facts: Facts, on: str) -> Diagnosis:
    found = judged(plan, facts, "aim:a", at(on)).diagnosis
    assert found is not None
    return found


def _left(project: str, on: str) -> RoleChange:
    return RoleChange(f"project:{project}", Role.LEADER, None, day(on), at("2024-11-01"))


VACANT: dict[str, Any] = {"roles": (_left("p", "2024-12-01"),)}


# --- DGN-01 --------------------------------------------------------------------------------------


def test_dgn_01_when_nothing_moves_and_the_projects_do_not_go_as_planned() -> None:
    facts = _facts(4, **VACANT)
    found = asked("DGN-01", _plan(), _on(4), facts)
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert found.reason == (
        "50% of the projects, by weight, go as planned: P (no leader since 2024-12-01)."
    )
    answer = _diagnosis(_plan(), facts, _on(4))
    assert (answer.executing, answer.drivers_move, answer.aim_moves) == (False, False, False)
    assert answer.answer.response.endswith("Do not change the theory.")


def test_dgn_01_not_before_a_quarter_of_the_time() -> None:
    assert not asked("DGN-01", _plan(), _on(3), _facts(3, **VACANT)).tripped
    assert _diagnosis(_plan(), _facts(3, **VACANT), _on(3)).answer is Answer.TOO_EARLY


@pytest.mark.parametrize(("effect", "trips"), [(7.0, False), (6.9, True)])
def test_dgn_01_by_the_weight_of_what_goes_as_planned(effect: float, trips: bool) -> None:
    """The vacant project brings the rest of 10: at 0.7 the strategy counts as executed."""
    projects = (
        _project("p", "x", serves=(Serve("a/x", 10.0 - effect, 1.0, 1.0),)),
        _project("q", "y", serves=(Serve("a/y", effect, 1.0, 1.0),)),
    )
    facts = _facts(5, **VACANT)
    assert asked("DGN-01", _plan(*projects), _on(5), facts).tripped is trips


def test_dgn_01_clears_when_the_projects_go_as_planned_for_two_periods() -> None:
    filled = RoleChange("project:p", Role.LEADER, "lead", day("2025-03-10"), at("2024-11-01"))
    roles = (_left("p", "2024-12-01"), filled)
    for many, trips in ((4, True), (5, True), (6, False)):
        found = asked("DGN-01", _plan(), _on(many), _facts(many, roles=roles))
        assert found.tripped is trips, many
    assert asked("DGN-01", _plan(), _on(5), _facts(5, roles=roles)).reason == (
        "The projects go as planned again, for less than two periods; neither drivers nor aim move."
    )


def test_dgn_01_waits_for_the_vacancy_to_be_one() -> None:
    left: dict[str, Any] = {"roles": (_left("p", "2025-03-10"),)}
    assert changes_on("DGN-01", _plan(), "2025-03-12", _facts(4, **left)) == "2025-03-18"


def _holdup(**events: Any) -> list[tuple[str, str]]:
    pilot = Milestone("pilot", "p", "Pilot", day("2025-01-20"))
    plan = _plan(_project("p", "x", milestones=(pilot,)), _project("q", "y"))
    answer = _diagnosis(plan, _facts(4, **events), _on(4))
    return [(p.id, p.reason) for p in answer.projects if not p.executing]


def _scored(*given: tuple[str, int]) -> dict[str, Any]:
    return {"scores": tuple(ProgressScore("q", s, day(on), at(on)) for on, s in given)}


def test_what_holds_a_project_up() -> None:
    done = MilestoneEvent("p/pilot", MilestoneChange.COMPLETED, day("2025-01-20"), at("2025-01-20"))
    kept: dict[str, Any] = {"milestones": (done,)}
    assert _holdup() == [("p", "Pilot was due on 2025-01-20")]
    assert _holdup(**kept) == []
    stuck = _scored(("2025-01-10", 4), ("2025-01-20", 3), ("2025-01-28", 3), ("2025-03-10", 3))
    assert _holdup(**kept, **stuck) == [("q", "at 1.5 since 2025-01-20")]
    behind = _scored(("2025-01-10", 3), ("2025-02-20", 2))
    assert _holdup(**kept, **behind) == [("q", "at 1.0, when 2.5 was expected")]
    paused = StateChange("q", ProjectState.PAUSED, day("2025-02-01"), at("2025-02-01"))
    assert _holdup(**kept, states=(paused,)) == [("q", "paused since 2025-02-01")]


def test_a_project_without_a_score_is_want_of_paper_not_of_execution() -> None:
    assert _diagnosis(_plan(), _facts(4), _on(4)).index == 1.0


@pytest.mark.parametrize(
    ("state", "sustainer", "index"),
    [
        (ProjectState.STOPPED, None, 0.0),
        (ProjectState.COMPLETED, "lead", 0.5),
        (ProjectState.COMPLETED, None, 0.0),
    ],
)
def test_what_becomes_of_the_index_when_a_project_ends(
    state: ProjectState, sustainer: str | None, index: float
) -> None:
    ended = StateChange("q", state, day("2025-02-01"), at("2025-02-01"), sustainer=sustainer)
    assert _diagnosis(_plan(), _facts(4, states=(ended,), **VACANT), _on(4)).index == index


def test_weights_are_predictions_and_where_none_is_made_their_mean() -> None:
    projects = (
        _project("p", "x", serves=(Serve("a/x", 6.0, 0.5, 1.0),)),
        _project("q", "y", serves=(Serve("a/y", None, 1.0, 1.0),)),
        _project("r", "y", serves=(Serve("a/y", 5.0, 1.0, 1.0), Serve("b/z", 90.0, 1.0, 1.0))),
        _project("s", "y", strategic=False),
    )
    answer = _diagnosis(_plan(*projects), _facts(4), _on(4))
    assert [(p.id, p.weight) for p in answer.projects] == [("p", 3.0), ("q", 4.0), ("r", 5.0)]


# --- DGN-03 --------------------------------------------------------------------------------------


def test_dgn_03_when_the_projects_go_as_planned_and_nothing_moves() -> None:
    assert not asked("DGN-03", _plan(), _on(5), _facts(5)).tripped
    found = asked("DGN-03", _plan(), _on(6), _facts(6))
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.inputs["elapsed"] == round(6 / 14, 3)
    assert _diagnosis(_plan(), _facts(6), _on(6)).answer is Answer.CHANGES_INEFFECTIVE


@pytest.mark.parametrize(("threshold", "trips"), [(6 / 14, True), (6 / 14 + 0.01, False)])
def test_dgn_03_at_the_edge_of_its_time(threshold: float, trips: bool) -> None:
    plan = replace(_plan(), parameters={"DGN-03.elapsed": threshold})
    assert asked("DGN-03", plan, _on(6), _facts(6)).tripped is trips


def test_dgn_03_ends_when_half_of_the_drivers_weight_has_moved() -> None:
    assert not asked("DGN-03", _plan(), _on(8), _facts(8, x=MOVED)).tripped
    lighter = tuple(replace(d, share=s) for d, s in zip(DRIVERS, (0.4, 0.6), strict=True))
    assert asked("DGN-03", _plan(drivers=lighter), _on(8), _facts(8, x=MOVED)).tripped


def test_dgn_03_waits_for_the_end_of_the_period() -> None:
    early = _facts(6)
    known = {
        key: tuple(replace(o, known_at=at("2025-03-01")) for o in rows)
        for key, rows in early.observations.items()
    }
    assert changes_on("DGN-03", _plan(), "2025-04-10", replace(early, observations=known)) == (
        "2025-05-01"
    )


# --- DGN-02 --------------------------------------------------------------------------------------


def test_dgn_02_three_periods_after_the_drivers_moved() -> None:
    """The driver shifts with its sixth value; the aim is given three periods more."""
    assert not asked("DGN-02", _plan(), _on(8), _facts(8, x=MOVED)).tripped
    found = asked("DGN-02", _plan(), _on(9), _facts(9, x=MOVED))
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert found.audience == ("sponsor", "executive", "board")
    assert found.reason == (
        "X moved by 2025-04; 3 periods later the aim shows no signal of improvement."
    )


def test_dgn_02_gives_the_lag_that_the_plan_declares() -> None:
    plan = replace(_plan(), parameters={"DGN-02.lag": 4})
    assert not asked("DGN-02", plan, _on(9), _facts(9, x=MOVED)).tripped
    assert asked("DGN-02", plan, _on(10), _facts(10, x=MOVED)).tripped


def test_dgn_02_gives_a_revised_theory_the_same_time() -> None:
    added = Driver("z", "a", "Z", share=0.1, linked_on=day("2025-06-10"))
    plan = _plan(drivers=(*DRIVERS, added))
    x_and_y = _facts(10, x=MOVED, y=MOVED)
    assert not asked("DGN-02", plan, _on(10), x_and_y).tripped
    assert asked("DGN-02", plan, _on(11), _facts(11, x=MOVED, y=MOVED)).tripped


def test_dgn_02_clears_when_the_aim_improves() -> None:
    facts = _facts(9, x=MOVED, aim=BETTER)
    assert not asked("DGN-02", _plan(), _on(9), facts).tripped
    assert _diagnosis(_plan(), facts, _on(9)).answer is Answer.WORKING


def test_a_driver_has_moved_too_when_its_last_three_values_are_at_its_goal() -> None:
    there = [48.0, 49.0, 47.0, 95.0, 95.0, 96.0]
    near = [48.0, 49.0, 47.0, 95.0, 94.9, 96.0]
    moves = _diagnosis(_plan(), _facts(6, x=there, y=near), _on(6)).drivers
    assert [(m.id, m.moved, str(m.since)) for m in moves] == [
        ("x", True, "2025-04"),
        ("y", False, "None"),
    ]


def test_a_shift_that_is_long_over_moves_nothing_any_more() -> None:
    back = [*MOVED[:6], *[48.0, 47.0, 49.0] * 4]
    for many, moved in ((11, True), (12, False)):
        moves = _diagnosis(_plan(), _facts(many, x=back), _on(many)).drivers
        assert moves[0].moved is moved


# --- DGN-04 --------------------------------------------------------------------------------------


def test_dgn_04_when_the_aim_improves_and_its_drivers_do_not() -> None:
    facts = _facts(8, aim=BETTER)
    found = asked("DGN-04", _plan(), _on(8), facts)
    assert (found.tripped, found.severity) == (True, Severity.INFO)
    assert not asked("DGN-04", _plan(), _on(8), _facts(8, aim=BETTER, x=MOVED)).tripped


def test_dgn_04_is_not_said_while_the_drivers_begin_to_move() -> None:
    facts = _facts(5, aim=[90.0, 88.0, 88.0, 87.0, 87.0], x=MOVED)
    assert not asked("DGN-04", _plan(), _on(5), facts).tripped
    assert "begin to move" in _diagnosis(_plan(), facts, _on(5)).reason


def test_dgn_04_clears_when_an_explanation_is_recorded() -> None:
    told = Explanation("aim:a", "DGN-04", "A new ward opened.", day("2025-07-01"), at("2025-07-01"))
    facts = _facts(8, aim=BETTER, explanations=(told,))
    assert asked("DGN-04", _plan(), "2025-06-30", facts).tripped
    found = asked("DGN-04", _plan(), "2025-07-02", facts)
    assert (found.tripped, found.reason) == (
        False,
        "Explained on 2025-07-01: A new ward opened.",
    )
    other = replace(told, expectation="DGN-02")
    assert asked(
        "DGN-04", _plan(), "2025-07-02", _facts(8, aim=BETTER, explanations=(other,))
    ).tripped


# --- the rest of the table -----------------------------------------------------------------------


def test_nobody_can_tell_where_the_unmeasured_would_decide() -> None:
    unmeasured = (replace(DRIVERS[0], measure=None), DRIVERS[1])
    answer = _diagnosis(_plan(drivers=unmeasured), _facts(6), _on(6))
    assert answer.answer is Answer.UNSEEN
    assert answer.reason == "Nobody can tell whether the drivers move: X."
    light = (replace(DRIVERS[0], measure=None, share=0.3), replace(DRIVERS[1], share=0.7))
    assert _diagnosis(_plan(drivers=light), _facts(6), _on(6)).answer is Answer.CHANGES_INEFFECTIVE


def test_nobody_can_tell_without_a_baseline_or_a_project() -> None:
    short = Facts(values([*FLAT[:6]], first="2024-11"))
    assert _diagnosis(_plan(), short, _on(6)).answer is Answer.UNSEEN
    bare = replace(_plan(), projects={})
    assert _diagnosis(bare, _facts(6), _on(6)).answer is Answer.UNSEEN


def test_it_is_too_early_before_the_first_value() -> None:
    answer = _diagnosis(_plan(), _facts(0), "2024-11-20")
    assert (answer.answer, answer.elapsed) == (Answer.TOO_EARLY, None)


@pytest.mark.parametrize("changes", [{"intent": Intent.HOLD}, {"drivers": ()}])
def test_the_questions_are_not_asked_without_a_theory(changes: dict[str, Any]) -> None:
    assert _diagnosis(_plan(**changes), _facts(6), _on(6)).answer is Answer.NOT_ASKED


def test_the_drivers_weigh_the_same_where_one_has_no_share() -> None:
    uneven = (replace(DRIVERS[0], share=0.9), replace(DRIVERS[1], share=None))
    weights = [d.weight for d in _diagnosis(_plan(drivers=uneven), _facts(6), _on(6)).drivers]
    assert weights == [1.0, 1.0]


def test_an_aim_that_deteriorates_does_not_move() -> None:
    odd = [90.0, 88.0, 120.0, 125.0, 130.0, 130.0]
    assert _diagnosis(_plan(), _facts(6, aim=odd), _on(6)).aim_moves is False


def test_every_answer_has_words_and_a_response() -> None:
    for answer in Answer:
        assert answer.words
        assert answer.response.endswith(".")


def test_a_diagnosis_is_worked_out_once() -> None:
    plan = _plan()
    situation = Situation(plan, _facts(6), Subject.parse("aim:a"), at(_on(6)))
    aim = plan.aims["a"]
    assert diagnose(situation, aim) is diagnose(situation, aim)
